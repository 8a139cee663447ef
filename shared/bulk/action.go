package bulk

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Action is something that can be done with many records at once.
type Action struct {
	Name   string
	Field  string        // the member it changes: it is for kinds that have it; "" for all
	Need   policy.Action // the right it takes
	Params []string      // the names of its parameters, the first of which is the value
	Final  bool          // what it does cannot be taken back: mails that were sent
	plan   func(context.Context, *Bulks, repository.Write, *record.Kind, *Action, Params) (todo, error)
}

// Params are the parameters of an action, by name.
type Params map[string]json.RawMessage

// actions is what can be done with records, one line each.
var actions = []Action{
	{Name: "tag.add", Field: "tags", Need: policy.Edit, Params: []string{"tag"}, plan: addTag},
	{Name: "tag.remove", Field: "tags", Need: policy.Edit, Params: []string{"tag"}, plan: removeTag},
	{Name: "category", Field: "category", Need: policy.Edit, Params: []string{"category"}, plan: setMember},
	{Name: "type", Field: "type", Need: policy.Edit, Params: []string{"type"}, plan: setMember},
	{Name: "status", Field: "status", Need: policy.Edit, Params: []string{"status"}, plan: setMember},
	{Name: "entity", Field: "entity", Need: policy.Edit, Params: []string{"entity"}, plan: setMember},
	{Name: "group.add", Field: "groups", Need: policy.Edit, Params: []string{"group", "function", "from"}, plan: addToGroup},
	{Name: "group.remove", Field: "groups", Need: policy.Edit, Params: []string{"group", "to"}, plan: removeFromGroup},
	{Name: "custom", Field: "custom", Need: policy.Edit, Params: []string{"value", "field"}, plan: setOwn},
	{Name: Delete, Need: policy.Trash, Params: []string{"count"}, plan: trash},
}

// userActions is what can be done with those who sign in, see user.go.
var userActions = []Action{
	{Name: "grant", Need: policy.Manage, Params: []string{"role"}, plan: grantRole},
	{Name: "withdraw", Need: policy.Manage, Params: []string{"role"}, plan: withdrawRole},
	{Name: "invite", Need: policy.Manage, Final: true, plan: sendInvitation},
	{Name: "reset", Need: policy.Manage, Final: true, plan: sendReset},
}

func tableOf(k *record.Kind) []Action {
	if k.Name == account.Name {
		return userActions
	}
	return actions
}

// Delete is the action that puts records into the trash; it names their number, to be sure.
const Delete = "delete"

// Actions lists what the caller may do with records of a kind.
func (b *Bulks) Actions(g policy.Grant, k *record.Kind) []Action {
	return slices.DeleteFunc(ActionsOf(k), func(a Action) bool { return !g.Can(a.Need) })
}

// ActionsOf lists what can be done with records of a kind.
func ActionsOf(k *record.Kind) []Action {
	return slices.DeleteFunc(slices.Clone(tableOf(k)), func(a Action) bool { return !a.fits(k) })
}

// fits tells whether records of a kind can have it done to them.
func (a *Action) fits(k *record.Kind) bool {
	if k.Name == account.Name {
		return true
	}
	if k.Managed || !k.Indexed || len(k.Under) > 0 {
		return false
	}
	f, ok := k.Member(a.Field)
	return a.Field == "" || ok && !f.System
}

// find finds an action. The fault is Invalid when records of the kind know none of that name.
func find(name string, k *record.Kind) (*Action, error) {
	table := tableOf(k)
	for i := range table {
		if table[i].Name == name && table[i].fits(k) {
			return &table[i], nil
		}
	}
	return nil, fault.Bad("action", "bad_choice")
}

// Skip is what a step answers to leave a record out for a reason that is no refusal: it is in the group already.
func Skip(code string, pairs ...string) error {
	return skipped{fault.New(fault.Conflict, code, pairs...)}
}

type skipped struct{ error }

func (s skipped) Unwrap() error { return s.error }

// todo is an action with its parameters, ready to be done.
type todo struct {
	user userStep // what becomes of one user, instead of the step

	step func(record.Record) (repository.Step, error) // what becomes of one record
	same query.Expr                                   // the records it leaves as they are, as far as the index knows them; nil: it does not
	sure int                                          // how many records it is to be done with; -1: any number
}

// text reads a parameter that is a text.
func (p Params) text(name string) (string, error) {
	var s string
	if raw := p[name]; raw != nil {
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", fault.Bad("params."+name, "bad_type", "type", "text")
		}
	}
	return record.Clean(s, false), nil
}

// patching is a step that puts the same patch on every record.
func patching(members map[string]any) (func(record.Record) (repository.Step, error), []byte, error) {
	patch, err := json.Marshal(members)
	return func(record.Record) (repository.Step, error) { return repository.Step{Patch: patch}, nil }, patch, err
}

// acceptable refuses values that no record could take, at the parameter they came with.
func (b *Bulks) acceptable(ctx context.Context, w repository.Write, k *record.Kind, patch []byte, param string) error {
	err := b.Records.Acceptable(ctx, w, k.Name, patch)
	f := fault.From(err)
	if f == nil || len(f.Fields) == 0 {
		return err
	}
	moved := *f
	moved.Fields = slices.Clone(f.Fields[:1])
	moved.Fields[0].Path = "params." + param
	return &moved
}

// tag reads the tag of an action and gives it the spelling it has already.
func (b *Bulks) tag(ctx context.Context, w repository.Write, k *record.Kind, p Params) (string, error) {
	tag, err := p.text("tag")
	if err != nil {
		return "", err
	}
	if tag == "" {
		return "", fault.Bad("params.tag", "required")
	}
	patch, err := json.Marshal(map[string]any{"tags": []string{tag}})
	if err != nil {
		return "", err
	}
	return tag, b.acceptable(ctx, w, k, patch, "tag")
}

// tagged tells whether a record has a tag, whatever its case and accents.
func tagged(k *record.Kind, tag string) func(record.Record) bool {
	folded := fold.String(tag)
	return func(rec record.Record) bool {
		return slices.ContainsFunc(k.Strings(rec, "tags"), func(t string) bool { return fold.String(t) == folded })
	}
}

func addTag(ctx context.Context, b *Bulks, w repository.Write, k *record.Kind, _ *Action, p Params) (todo, error) {
	tag, err := b.tag(ctx, w, k, p)
	if err != nil {
		return todo{}, err
	}
	has := tagged(k, tag)
	return todo{same: query.Term{Field: "tags", Op: query.Has, Value: tag}, sure: -1, step: func(rec record.Record) (repository.Step, error) {
		if has(rec) {
			return repository.Step{}, nil
		}
		patch, err := json.Marshal(map[string]any{"tags": append(slices.Clone(k.Strings(rec, "tags")), tag)})
		return repository.Step{Patch: patch}, err
	}}, nil
}

func removeTag(ctx context.Context, b *Bulks, w repository.Write, k *record.Kind, _ *Action, p Params) (todo, error) {
	tag, err := b.tag(ctx, w, k, p)
	if err != nil {
		return todo{}, err
	}
	has, folded := tagged(k, tag), fold.String(tag)
	same := query.Not{Expr: query.Term{Field: "tags", Op: query.Has, Value: tag}}
	return todo{same: same, sure: -1, step: func(rec record.Record) (repository.Step, error) {
		if !has(rec) {
			return repository.Step{}, nil
		}
		rest := slices.DeleteFunc(slices.Clone(k.Strings(rec, "tags")), func(t string) bool { return fold.String(t) == folded })
		patch, err := json.Marshal(map[string]any{"tags": append([]string{}, rest...)})
		return repository.Step{Patch: patch}, err
	}}, nil
}

// setMember gives a member one value in all records; an empty one clears it.
func setMember(ctx context.Context, b *Bulks, w repository.Write, k *record.Kind, a *Action, p Params) (todo, error) {
	name := a.Params[0]
	if _, given := p[name]; !given {
		return todo{}, fault.Bad("params."+name, "required")
	}
	value, err := p.text(name)
	if err != nil {
		return todo{}, err
	}
	var to any
	same := query.Expr(query.Not{Expr: query.Term{Field: a.Field, Op: query.Filled}})
	if value != "" {
		to, same = value, query.Term{Field: a.Field, Op: query.Is, Value: value}
	}
	step, patch, err := patching(map[string]any{a.Field: to})
	if err != nil {
		return todo{}, err
	}
	return todo{step: step, same: same, sure: -1}, b.acceptable(ctx, w, k, patch, name)
}

// setOwn gives a field of the organisation's own one value in all records; without a value it is cleared.
func setOwn(ctx context.Context, b *Bulks, w repository.Write, k *record.Kind, _ *Action, p Params) (todo, error) {
	name, err := p.text("field")
	if err != nil {
		return todo{}, err
	}
	cfg, err := b.Records.Config(ctx, w.Grant)
	if err != nil {
		return todo{}, err
	}
	field, ok := k.At("custom."+name, cfg.Fields)
	if !ok || field.Own == nil || field.Own.Name != name {
		return todo{}, fault.Bad("params.field", "bad_choice")
	}
	if !w.Grant.Fields(policy.Edit, field.Class) {
		return todo{}, fault.New(fault.Denied, "denied")
	}
	value := p["value"]
	clear := len(value) == 0 || string(value) == "null" || strings.Trim(string(value), `" `) == ""
	if clear && field.Own.Required {
		return todo{}, fault.Bad("params.value", "required")
	}
	var to any
	if !clear {
		to = value
	}
	step, patch, err := patching(map[string]any{"custom": map[string]any{name: to}})
	if err != nil {
		return todo{}, err
	}
	t := todo{step: step, sure: -1}
	var text string
	switch {
	case clear && field.Indexed:
		t.same = query.Not{Expr: query.Term{Field: "custom." + name, Op: query.Filled}}
	case field.Indexed && !field.List && len(field.Ref) == 0 && field.Class != policy.Sensitive && json.Unmarshal(value, &text) == nil &&
		(field.Type == record.Code || field.Type == record.Day):
		t.same = query.Term{Field: "custom." + name, Op: query.Is, Value: text}
	}
	return t, b.acceptable(ctx, w, k, patch, "value")
}

// trash puts records into the trash, as many as the caller says there are.
func trash(_ context.Context, _ *Bulks, _ repository.Write, _ *record.Kind, _ *Action, p Params) (todo, error) {
	t := todo{sure: -1, step: func(record.Record) (repository.Step, error) { return repository.Step{Trash: true}, nil }}
	if raw, ok := p["count"]; ok {
		if err := json.Unmarshal(raw, &t.sure); err != nil || t.sure < 0 {
			return todo{}, fault.Bad("params.count", "bad_type", "type", "number")
		}
	}
	return t, nil
}
