package app

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/recordapi"
	"github.com/muster-crm/muster/shared/repository"
)

type duplicatesInput struct {
	Kind   string `query:"kind" enum:"contact,company" doc:"Of one kind; of all by default"`
	Level  string `query:"level" enum:"same,likely" doc:"Of one level; both by default"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"2000"`
}

type duplicatesOutput struct {
	Body struct {
		Items []duplicates `json:"items"`
		Next  string       `json:"next,omitempty" doc:"The cursor of the next page"`
		Total int          `json:"total"`
		Night *look        `json:"lastNight,omitempty" doc:"What the look of the last night found; absent before the first"`
	}
}

type look struct {
	At     time.Time `json:"at"`
	Same   int       `json:"same" doc:"Groups"`
	Likely int       `json:"likely" doc:"Pairs"`
}

type duplicates struct {
	Kind    string             `json:"kind"`
	IDs     []string           `json:"ids" doc:"Of level same, every two of them are the same; of level likely there are two"`
	Titles  []string           `json:"titles"`
	Level   string             `json:"level" enum:"same,likely"`
	Score   int                `json:"score" doc:"0 to 100, of the most alike two"`
	Reasons []recordapi.Reason `json:"reasons" doc:"Field by field, of the most alike two"`
}

func listDuplicates(a *recordapi.API) {
	op := huma.Operation{Method: http.MethodGet, Path: "/v1/duplicates", OperationID: "list-duplicates",
		Summary: "List records that seem to be one, as they are now: the most alike first", Tags: []string{"duplicates"}, Errors: []int{http.StatusUnprocessableEntity}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *duplicatesInput) (*duplicatesOutput, error) {
		g := httpapi.Caller(ctx).Grant
		question := "duplicates\n" + in.Kind + "\n" + in.Level
		from := 0
		if in.Cursor != "" {
			place := ""
			err := a.Cursors.Open(ctx, g, question, in.Cursor, &place)
			if err != nil {
				return nil, err
			}
			if from, err = strconv.Atoi(place); err != nil {
				return nil, fault.Bad("cursor", "bad_cursor")
			}
		}
		found, err := a.Records.FindDuplicates(ctx, g, repository.DuplicatesQuestion{Kind: in.Kind, Level: dedupe.Level(in.Level)})
		if err != nil {
			return nil, err
		}
		night, err := a.Records.LastLook(ctx, g)
		if err != nil {
			return nil, err
		}
		out := &duplicatesOutput{}
		if !night.At.IsZero() {
			out.Body.Night = &look{night.At, night.Same, night.Likely}
		}
		out.Body.Items, out.Body.Total = []duplicates{}, len(found)
		from = min(from, len(found))
		for _, d := range found[from:min(from+in.Limit, len(found))] {
			out.Body.Items = append(out.Body.Items, duplicates{Kind: d.Kind, IDs: d.IDs, Titles: d.Titles, Level: string(d.Level), Score: d.Score.Points,
				Reasons: recordapi.Reasons(httpapi.Printer(ctx), d.Score)})
		}
		if from+in.Limit < len(found) {
			out.Body.Next, err = a.Cursors.Seal(ctx, g, question, strconv.Itoa(from+in.Limit))
		}
		return out, err
	})
}

type dismissInput struct {
	Body struct {
		IDs   []string `json:"ids" minItems:"2" maxItems:"10" doc:"Records of one kind, no two of which are the same"`
		Later bool     `json:"later,omitempty" doc:"Only for a week"`
		Undo  bool     `json:"undo,omitempty" doc:"They may be offered again"`
	}
}

type dismissOutput struct {
	Body struct {
		IDs []string `json:"ids"`
	}
}

func dismissDuplicates(a *recordapi.API) {
	op := huma.Operation{Method: http.MethodPost, Path: "/v1/duplicates/dismiss", OperationID: "dismiss-duplicates",
		Summary: "Note that records are no duplicates, until a field that is scored changes", Tags: []string{"duplicates"},
		Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity}}
	httpapi.Handle(a.API, op, func(ctx context.Context, in *dismissInput) (*dismissOutput, error) {
		how := repository.NotDuplicate
		switch {
		case in.Body.Undo:
			how = repository.OfferAgain
		case in.Body.Later:
			how = repository.PutOff
		}
		err := a.Records.Dismiss(ctx, repository.Write{Grant: httpapi.Caller(ctx).Grant}, in.Body.IDs, how)
		if err != nil {
			return nil, err
		}
		out := &dismissOutput{}
		out.Body.IDs = in.Body.IDs
		return out, nil
	})
}
