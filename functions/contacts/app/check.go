package app

import (
	"context"
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
	}
}

type checkOutput struct {
	Body struct {
		Valid     bool                  `json:"valid"`
		Value     string                `json:"value,omitempty" doc:"The value as it would be stored"`
		Taken     bool                  `json:"taken" doc:"Somebody else has it"`
		Refused   bool                  `json:"refused" doc:"The key policy does not let it pass"`
		Conflicts []fault.Clash         `json:"conflicts,omitempty" doc:"The holders the caller may see"`
		Problem   *httpapi.ProblemField `json:"problem,omitempty"`
	}
}

func check(a *recordapi.API) {
	op := huma.Operation{Method: http.MethodPost, Path: "/v1/contacts/check", OperationID: "check-contact",
		Summary: "Check an e-mail address or number while it is typed", Tags: []string{"contacts"}, Errors: []int{http.StatusUnprocessableEntity}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *checkInput) (*checkOutput, error) {
		res, err := contact.Check(ctx, a.Records, httpapi.Caller(ctx).Grant, contact.Typed{Email: in.Body.Email,
			Mobile: in.Body.Mobile, Phone: in.Body.Phone, ID: in.Body.ID})
		if err != nil {
			return nil, err
		}
		out := &checkOutput{}
		out.Body.Valid, out.Body.Value = res.Problem == nil, res.Value
		out.Body.Taken, out.Body.Refused, out.Body.Conflicts = res.Taken, res.Refused, res.Holders
		if res.Problem != nil {
			out.Body.Problem = &httpapi.ProblemField{Path: res.Problem.Path, Code: res.Problem.Code,
				Message: httpapi.Printer(ctx).Field(*res.Problem)}
		}
		return out, nil
	})
}
