package recordapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/repository"
)

// MaxBatch is how many items one batch may hold (API-06).
const MaxBatch = 100

type batchInput struct {
	Key string `header:"Idempotency-Key" maxLength:"250"`
	AllowDuplicate
	Body struct {
		Items []json.RawMessage `json:"items" minItems:"1" maxItems:"100" doc:"New records; or, with id and version, merge patches of existing ones"`
	}
}

type batchOutput struct {
	Body struct {
		Results []batchResult `json:"results"`
	}
}

type batchResult struct {
	Status  int              `json:"status"`
	Record  *Body            `json:"record,omitempty"`
	Problem *httpapi.Problem `json:"problem,omitempty"`
}

func (c collection) batch() {
	op := c.operation(http.MethodPost, "/batch", "batch", "Create or change up to 100 "+c.kind.Plural+", each by itself")
	op.MaxBodyBytes = 5 << 20
	Answers(&op, http.StatusOK, Object(Members{"results": List(Object(Members{"status": Whole("As of a request of its own"),
		"record": c.schema(), "problem": c.Like(httpapi.Problem{})}, "record", "problem"))}))
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *batchInput) (*batchOutput, error) {
		out := &batchOutput{}
		for i, item := range in.Body.Items {
			res, status, err := c.item(ctx, in, i, item)
			if err != nil {
				out.Body.Results = append(out.Body.Results, batchResult{Status: httpapi.Status(fault.From(err).Kind), Problem: c.Problem(ctx, err)})
				continue
			}
			one, err := Answer(status, res.Record, res.Warnings)
			if err != nil {
				return nil, err
			}
			out.Body.Results = append(out.Body.Results, batchResult{Status: status, Record: &one.Body})
		}
		return out, nil
	})
}

// item does one item of a batch: with an id it is a patch of the version it names, without one a new record.
func (c collection) item(ctx context.Context, in *batchInput, i int, raw json.RawMessage) (repository.Result, int, error) {
	k, err := httpapi.Key(ctx, in.Key, raw, strconv.Itoa(i))
	if err != nil {
		return repository.Result{}, 0, err
	}
	w := repository.Write{Grant: httpapi.Caller(ctx).Grant, Key: k, Guard: !in.Allow}
	var target struct {
		ID      *string `json:"id"`
		Version *int64  `json:"version"`
	}
	if err := json.Unmarshal(raw, &target); err != nil || !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return repository.Result{}, 0, fault.New(fault.Malformed, "malformed")
	}
	if target.ID == nil {
		res, err := c.Records.Create(ctx, w, c.kind.Name, raw)
		return res, http.StatusCreated, err
	}
	if target.Version == nil {
		return repository.Result{}, 0, fault.New(fault.Unconditional, "if_match_required")
	}
	res, err := c.Records.Patch(ctx, w, c.kind.Name, *target.ID, *target.Version, raw)
	return res, http.StatusOK, err
}
