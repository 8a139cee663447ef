// Package fault is how Muster says no.
//
// Every error that reaches a caller is a *Fault: a kind (what the caller can do about it), a stable code (what
// programs match on and what the message catalogues translate), arguments for the sentence, and, for bad input,
// one Field per wrong value. A fault never holds a sentence of its own: people read the catalogue's text for the
// code in their language, so the same refusal reads well in a page, an import result and the API.
//
// errors.Is works on the kind: errors.Is(err, fault.NotFound).
package fault

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Kind says what sort of refusal a fault is. Kinds are errors themselves, so that errors.Is(err, fault.Stale) holds
// for every fault of that kind.
type Kind uint8

// The kinds. package httpapi maps each to one HTTP status.
const (
	Internal        Kind = iota // a defect of ours; its text is never shown
	Malformed                   // the request cannot be read at all
	Invalid                     // the request is readable, its values are not acceptable
	Unauthenticated             // nobody is signed in
	Denied                      // the caller may not do this
	NotFound                    // there is no such thing, or it is outside the caller's scope
	Conflict                    // it clashes with other data
	Stale                       // the record moved on since the caller read it
	TooLarge                    // more bytes than accepted
	Unsupported                 // a content type that is not read here
	Unconditional               // a write that needs an If-Match came without
	Exhausted                   // a limit is used up; try later
	Unavailable                 // something needed does not answer; try again
)

var kindNames = [...]string{"internal", "malformed", "invalid", "unauthenticated", "denied", "not_found", "conflict",
	"stale", "too_large", "unsupported", "unconditional", "exhausted", "unavailable"}

func (k Kind) String() string { return kindNames[k] }

// Error makes a kind usable as the target of errors.Is.
func (k Kind) Error() string { return kindNames[k] }

// Kinds lists every kind.
func Kinds() []Kind {
	all := make([]Kind, len(kindNames))
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// Args are the values a message's sentence needs, by name.
type Args map[string]string

// Field is one wrong value: where (a path such as "emails[1].address"), which rule (Code), and what the sentence needs.
type Field struct {
	Path string
	Code string
	Args Args
}

// Clash names a record the refused write clashes with. Only records the caller may see are listed.
type Clash struct {
	ID    string `json:"id"`
	Field string `json:"field"`
	Title string `json:"title"`
}

// Fault is an error of a kind.
type Fault struct {
	Kind    Kind
	Code    string
	Args    Args
	Fields  []Field
	Clashes []Clash
	Current any           // with Stale: the record as it is now
	Retry   time.Duration // with Exhausted and Unavailable: when to try again; 0 is "soon"
	cause   error
}

// New makes a fault of a kind and code; pairs are the names and values of its arguments.
func New(kind Kind, code string, pairs ...string) *Fault {
	return &Fault{Kind: kind, Code: code, Args: args(pairs)}
}

// Wrap makes a fault that keeps its cause for the log.
func Wrap(kind Kind, code string, cause error) *Fault {
	return &Fault{Kind: kind, Code: code, cause: cause}
}

// Bad makes an Invalid fault about one field.
func Bad(path, code string, pairs ...string) *Fault {
	return &Fault{Kind: Invalid, Code: "invalid", Fields: []Field{At(path, code, pairs...)}}
}

// At makes a Field.
func At(path, code string, pairs ...string) Field {
	return Field{Path: path, Code: code, Args: args(pairs)}
}

// Fields makes an Invalid fault of the given field faults, or nil when there are none.
func Fields(fields []Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Fault{Kind: Invalid, Code: "invalid", Fields: fields}
}

func args(pairs []string) Args {
	if len(pairs) == 0 {
		return nil
	}
	if len(pairs)%2 != 0 {
		panic("fault: arguments come in pairs of name and value")
	}
	a := Args{}
	for i := 0; i < len(pairs); i += 2 {
		a[pairs[i]] = pairs[i+1]
	}
	return a
}

// Move gives err with each of its field faults where a caller knows the field: at to(path). An error without field faults stays as
// it is.
func Move(err error, to func(path string) string) error {
	var f *Fault
	if !errors.As(err, &f) || len(f.Fields) == 0 {
		return err
	}
	moved := *f
	moved.Fields = slices.Clone(f.Fields)
	for i := range moved.Fields {
		moved.Fields[i].Path = to(moved.Fields[i].Path)
	}
	return &moved
}

// Error describes the fault for logs. It holds codes, paths and the cause, never an argument's value, since those
// may be personal data.
func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.Kind.String())
	if f.Code != "" && f.Code != f.Kind.String() {
		b.WriteString(": " + f.Code)
	}
	for _, field := range f.Fields {
		fmt.Fprintf(&b, " [%s %s]", field.Path, field.Code)
	}
	if len(f.Args) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(slices.Sorted(maps.Keys(f.Args)), ", "))
	}
	if f.cause != nil {
		b.WriteString(": " + f.cause.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.cause }

// Is reports whether target is this fault's kind.
func (f *Fault) Is(target error) bool {
	kind, ok := target.(Kind)
	return ok && kind == f.Kind
}

// From gives the fault in err's chain; an error that is none becomes an Internal fault with err as its cause.
// From(nil) is nil.
func From(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return Wrap(Internal, "internal", err)
}
