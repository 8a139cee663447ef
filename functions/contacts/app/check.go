package app

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/recordapi"
)

type checkInput struct {
	Body struct {
		Email  string `json:"email,omitempty" maxLength:"300"`
		Mobile string `json:"mobile,omitempty" maxLength:"60"`
		Phone  string `json:"phone,omitempty" maxLength:"60"`
		ID     string `json:"id,omitempty" maxLength:"64" doc:"The contact being edited, which may have the value"`
		// What else is known of somebody: with any of it the answer tells who is alike.
		FirstName string    `json:"firstName,omitempty" maxLength:"100"`
		Nickname  string    `json:"nickname,omitempty" maxLength:"100"`
		Prefix    string    `json:"prefix,omitempty" maxLength:"30"`
		LastName  string    `json:"lastName,omitempty" maxLength:"100"`
		BirthDate string    `json:"birthDate,omitempty" maxLength:"10"`
		Gender    string    `json:"gender,omitempty" maxLength:"20"`
		Emails    []mailbox `json:"emails,omitempty" maxItems:"10"`
		Phones    []line    `json:"phones,omitempty" maxItems:"10"`
		Addresses []address `json:"addresses,omitempty" maxItems:"20"`
	}
}

type mailbox struct {
	Address string `json:"address" maxLength:"300"`
}

type line struct {
	Number string `json:"number" maxLength:"60"`
}

type address struct {
	Street   string `json:"street,omitempty" maxLength:"255"`
	Number   string `json:"number,omitempty" maxLength:"20"`
	Box      string `json:"box,omitempty" maxLength:"20"`
	Postcode string `json:"postcode,omitempty" maxLength:"20"`
	Town     string `json:"town,omitempty" maxLength:"100"`
}

// named tells whether somebody is described, not just one value.
func (in *checkInput) named() bool {
	b := in.Body
	return b.FirstName+b.Nickname+b.Prefix+b.LastName+b.BirthDate != "" || len(b.Emails)+len(b.Phones)+len(b.Addresses) > 0
}

// described gives what is known as the JSON of a contact.
func (in *checkInput) described() ([]byte, error) {
	b := in.Body
	if b.Email != "" {
		b.Emails = append(b.Emails, mailbox{b.Email})
	}
	for _, number := range []string{b.Mobile, b.Phone} {
		if number != "" {
			b.Phones = append(b.Phones, line{number})
		}
	}
	return json.Marshal(b)
}

type checkOutput struct {
	Body struct {
		Valid     bool                  `json:"valid"`
		Value     string                `json:"value,omitempty" doc:"The value as it would be stored"`
		Taken     bool                  `json:"taken" doc:"Somebody else has it"`
		Refused   bool                  `json:"refused" doc:"The key policy does not let it pass"`
		Conflicts []fault.Clash         `json:"conflicts,omitempty" doc:"The holders the caller may see"`
		Problem   *httpapi.ProblemField `json:"problem,omitempty"`

		Candidates []recordapi.Candidate `json:"candidates,omitempty" doc:"Who is alike, the most alike first, where a name or a list of values is given"`
	}
}

func check(a *recordapi.API) {
	op := huma.Operation{Method: http.MethodPost, Path: "/v1/contacts/check", OperationID: "check-contact",
		Summary: "Check an e-mail address or number while it is typed, and tell who is alike", Tags: []string{"contacts"}, Errors: []int{http.StatusUnprocessableEntity}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *checkInput) (*checkOutput, error) {
		out := &checkOutput{}
		if in.named() {
			described, err := in.described()
			if err != nil {
				return nil, err
			}
			found, err := a.Records.Alike(ctx, httpapi.Caller(ctx).Grant, contact.Name, described)
			if err != nil {
				return nil, err
			}
			out.Body.Candidates = recordapi.Candidates(httpapi.Printer(ctx), found)
			if in.Body.Email+in.Body.Mobile+in.Body.Phone == "" {
				out.Body.Valid = true
				return out, nil
			}
		}
		res, err := contact.Check(ctx, a.Records, httpapi.Caller(ctx).Grant, contact.Typed{Email: in.Body.Email,
			Mobile: in.Body.Mobile, Phone: in.Body.Phone, ID: in.Body.ID})
		if err != nil {
			return nil, err
		}
		out.Body.Valid, out.Body.Value = res.Problem == nil, res.Value
		out.Body.Taken, out.Body.Refused, out.Body.Conflicts = res.Taken, res.Refused, res.Holders
		if res.Problem != nil {
			out.Body.Problem = &httpapi.ProblemField{Path: res.Problem.Path, Code: res.Problem.Code,
				Message: httpapi.Printer(ctx).Field(*res.Problem)}
		}
		return out, nil
	})
}
