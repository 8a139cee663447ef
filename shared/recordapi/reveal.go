package recordapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

type revealInput struct {
	IDInput
	Body struct {
		Fields []string `json:"fields" minItems:"1" maxItems:"50" doc:"Paths of sensitive fields, such as iban or custom.size"`
	}
}

type revealOutput struct {
	Body struct {
		Values map[string]json.RawMessage `json:"values" doc:"By path; empty ones are absent"`
	}
}

// reveal shows sensitive values in full to those who may, and notes it. It is no write that a repetition could do twice:
// each answer is an access of its own.
func (c collection) reveal() {
	if !slices.ContainsFunc(c.kind.Fields, func(f *record.Field) bool { return f.Class == policy.Sensitive || f.Type == record.Values }) {
		return
	}
	op := c.operation(http.MethodPost, "/{id}/reveal", "reveal", "Read sensitive fields of a "+c.kind.Name+" in full; the access is noted")
	op.Errors = []int{http.StatusUnprocessableEntity}
	Answers(&op, http.StatusOK, Object(Members{"values": {Type: huma.TypeObject, AdditionalProperties: &huma.Schema{}, Description: "By path; empty ones are absent"}}))
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *revealInput) (*revealOutput, error) {
		w, err := Write(ctx, "", nil)
		if err != nil {
			return nil, err
		}
		out := &revealOutput{}
		out.Body.Values, err = c.Records.Reveal(ctx, w, c.kind.Name, in.ID, in.Body.Fields)
		return out, err
	})
}
