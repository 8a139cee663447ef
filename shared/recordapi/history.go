package recordapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/deed"
	"github.com/muster-crm/muster/shared/httpapi"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Entry is a line of a record's history.
type Entry struct {
	Seq       int64                `json:"seq" doc:"Of the organisation's log; 0 for what changed nothing: exported, printed"`
	At        time.Time            `json:"at"`
	Actor     string               `json:"actor"`
	ActorName string               `json:"actorName,omitempty"`
	ActingFor string               `json:"actingFor,omitempty"`
	Batch     string               `json:"batch,omitempty"`
	Action    string               `json:"action"`
	Version   int64                `json:"version"`
	Changes   []record.FieldChange `json:"changes"`
	Of        string               `json:"of,omitempty" doc:"The id of the record it happened to, where that was merged into this one"`
	Text      string               `json:"text" doc:"A sentence in the caller's language"`
}

type historyInput struct {
	IDInput
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor"`
	Field  string `query:"field" doc:"Only changes of this field"`
	Actor  string `query:"actor" doc:"Only changes by this user"`
	From   string `query:"from" format:"date" doc:"Only changes on or after this day"`
	To     string `query:"to" format:"date" doc:"Only changes on or before this day"`
}

type historyOutput struct {
	Body struct {
		Items []Entry `json:"items"`
		Next  string  `json:"next,omitempty"`
	}
}

func (c collection) history() {
	op := c.operation(http.MethodGet, "/{id}/history", "history-of", "Read the history of a "+c.kind.Name+", newest first")
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *historyInput) (*historyOutput, error) {
		g := httpapi.Caller(ctx).Grant
		question := strings.Join([]string{"history", c.kind.Name, in.ID, in.Field, in.Actor, in.From, in.To}, "\n")
		var from repository.StoryPlace
		if in.Cursor != "" {
			if err := c.Cursors.Open(ctx, g, question, in.Cursor, &from); err != nil {
				return nil, err
			}
		}
		filter := repository.HistoryFilter{Field: in.Field, Actor: in.Actor, From: record.Date(in.From), To: record.Date(in.To)}
		lines, next, err := c.Records.Story(ctx, g, c.kind.Name, in.ID, filter, from, in.Limit)
		if err != nil {
			return nil, err
		}
		out := &historyOutput{}
		if out.Body.Items, err = c.lines(ctx, g, lines); err != nil {
			return nil, err
		}
		if next != nil {
			out.Body.Next, err = c.Cursors.Seal(ctx, g, question, *next)
		}
		return out, err
	})
}

// lines gives a record's story as the API shows it: changes, and among them what was done with the record, which has no
// version and no place in the log.
func (c collection) lines(ctx context.Context, g policy.Grant, lines []repository.Line) ([]Entry, error) {
	var changes []record.Change
	for _, line := range lines {
		if line.Change != nil {
			changes = append(changes, *line.Change)
		}
	}
	told, err := c.Entries(ctx, g, c.kind, changes)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, 0, len(lines))
	for _, line := range lines {
		if line.Change != nil {
			entries, told = append(entries, told[0]), told[1:]
			continue
		}
		d := line.Deed
		entries = append(entries, Entry{At: d.At, Of: line.Of, Actor: d.Actor, ActorName: d.Name, ActingFor: d.For, Batch: d.Ref, Action: c.kind.Name + "." + string(d.Act),
			Changes: []record.FieldChange{}, Text: deed.Sentence(httpapi.Printer(ctx), *d)})
	}
	return entries, nil
}

// Entries gives changes as the API shows them, with the organisation's words.
func (a *API) Entries(ctx context.Context, g policy.Grant, k *record.Kind, changes []record.Change) ([]Entry, error) {
	words, err := a.Records.Words(ctx, g, k, changes...)
	if err != nil {
		return nil, err
	}
	return Entries(ctx, k, changes, words), nil
}

// Entries gives changes as the API shows them.
func Entries(ctx context.Context, k *record.Kind, changes []record.Change, words ...record.Own) []Entry {
	p := httpapi.Printer(ctx)
	entries := make([]Entry, 0, len(changes))
	for _, ch := range changes {
		e := Entry{Seq: ch.Seq, Of: ch.Of, At: ch.At, Actor: ch.Actor, ActorName: ch.Name, ActingFor: ch.For, Batch: ch.Batch, Action: ch.Action,
			Version: ch.Revision, Changes: ch.Fields, Text: record.Sentence(p, k, ch, words...)}
		if e.Changes == nil {
			e.Changes = []record.FieldChange{}
		}
		entries = append(entries, e)
	}
	return entries
}

type revertInput struct {
	IDInput
	Entry   int64  `path:"entry" doc:"The entry's seq"`
	IfMatch string `header:"If-Match"`
	Key     string `header:"Idempotency-Key" maxLength:"257"`
	Body    *struct {
		Fields []string `json:"fields,omitempty" maxItems:"300" doc:"Take back these fields only, also where they were edited since"`
		Whole  bool     `json:"whole,omitempty" doc:"Make the record, or those fields of it, what it was after this entry"`
	}
}

func (c collection) revert() {
	op := c.operation(http.MethodPost, "/{id}/history/{entry}/revert", "revert", "Take one change of a "+c.kind.Name+" back")
	c.answers(&op, http.StatusOK)
	op.Errors = []int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity}
	httpapi.Handle(c.API.API, op, func(ctx context.Context, in *revertInput) (*Single, error) {
		version, err := Version(in.IfMatch)
		if err != nil {
			return nil, err
		}
		var fields []string
		asked := ""
		if in.Body != nil {
			fields, asked = in.Body.Fields, strings.Join(in.Body.Fields, "\n")
		}
		whole := in.Body != nil && in.Body.Whole
		if whole {
			asked += "\nwhole"
		}
		w, err := Write(ctx, in.Key, []byte(asked))
		if err != nil {
			return nil, err
		}
		if whole {
			return answer(c.Records.RestoreTo(ctx, w, c.kind.Name, in.ID, version, in.Entry, fields))
		}
		return answer(c.Records.Revert(ctx, w, c.kind.Name, in.ID, version, in.Entry, fields))
	})
}
