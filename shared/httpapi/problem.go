package httpapi

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/fault"
)

// statuses maps kinds of faults to HTTP: the only place that does.
var statuses = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Malformed:       http.StatusBadRequest,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Denied:          http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Stale:           http.StatusPreconditionFailed,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.Unsupported:     http.StatusUnsupportedMediaType,
	fault.Unconditional:   http.StatusPreconditionRequired,
	fault.Exhausted:       http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// Status gives the HTTP status of a kind of fault.
func Status(k fault.Kind) int { return statuses[k] }

// Problem is an error as the API shows it (RFC 9457).
type Problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Code      string         `json:"code"`
	RequestID string         `json:"requestId"`
	Errors    []ProblemField `json:"errors,omitempty"`
	Conflicts []fault.Clash  `json:"conflicts,omitempty"`
	Current   any            `json:"current,omitempty"`

	retry string
}

// ProblemField is one wrong value.
type ProblemField struct {
	Path    string `json:"path"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (p *Problem) Error() string { return p.Code }

// GetStatus gives the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType gives the media type of problems.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// write answers with the problem outside any operation.
func (p *Problem) write(w http.ResponseWriter) {
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

// GetHeaders gives Retry-After and WWW-Authenticate where they belong.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	switch p.Status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", p.retry)
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="muster"`)
	}
	return h
}

// render gives a fault as the API shows it to whoever sent the request of ctx.
func render(r *request, f *fault.Fault) *Problem {
	status := statuses[f.Kind]
	p := &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: f.Code, Detail: r.printer.Fault(f),
		RequestID: r.id, Conflicts: f.Clashes, Current: f.Current}
	if f.Kind == fault.Internal {
		p.Code = "internal"
	}
	for _, field := range f.Fields {
		p.Errors = append(p.Errors, ProblemField{Path: field.Path, Code: field.Code, Message: r.printer.Field(field)})
	}
	seconds := int64(f.Retry.Seconds())
	p.retry = strconv.FormatInt(max(seconds, 1), 10)
	return p
}

// requestFault turns what huma has against a request into a fault.
func requestFault(status int, errs []error) *fault.Fault {
	f := fault.New(fault.Invalid, "invalid")
	switch status {
	case http.StatusBadRequest:
		f = fault.New(fault.Malformed, "malformed")
	case http.StatusRequestEntityTooLarge:
		f = fault.New(fault.TooLarge, "too_large")
	case http.StatusUnsupportedMediaType:
		f = fault.New(fault.Unsupported, "unsupported")
	case http.StatusInternalServerError:
		f = fault.New(fault.Internal, "internal")
	}
	for _, err := range errs {
		detailer, ok := err.(huma.ErrorDetailer)
		if !ok {
			continue
		}
		d := detailer.ErrorDetail()
		f.Fields = append(f.Fields, requestField(d))
	}
	return f
}

// requestField gives one complaint of huma's as a field fault, with the codes the rest of Muster uses.
func requestField(d *huma.ErrorDetail) fault.Field {
	path := d.Location
	for _, where := range []string{"body.", "query.", "path.", "header."} {
		path = strings.TrimPrefix(path, where)
	}
	for _, rule := range []struct{ begins, code string }{
		{"expected required property ", "required"},
		{"required ", "required"},
		{"unexpected property", "unknown_member"},
		{"unknown query parameter", "unknown_member"},
		{"expected length <=", "too_long"},
		{"expected length >=", "required"},
		{"expected array length <=", "too_many"},
		{"expected value to be one of", "bad_choice"},
		{"expected number", "bad_value"},
		{"invalid ", "bad_value"},
	} {
		if !strings.HasPrefix(d.Message, rule.begins) {
			continue
		}
		rest := strings.TrimPrefix(d.Message, rule.begins)
		switch rule.code {
		case "required":
			if name, _, ok := strings.Cut(rest, " to be present"); ok && path == "body" {
				path = name
			} else if ok {
				path += "." + name
			}
		case "too_long", "too_many":
			return fault.At(path, rule.code, "max", strings.TrimSpace(rest))
		}
		return fault.At(path, rule.code)
	}
	return fault.At(path, "bad_value")
}
