package app

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/saved"
)

// The advanced search (SRCH-10): conditions in groups within each other, made of the same expression the filter line has
// and written back as it. Every button sends the whole form, which comes again as it is to be; nothing is kept.

func builderRoutes(l *look) []Route {
	at := l.home() + "/advanced"
	return []Route{
		{Method: http.MethodGet, Path: at, Title: "builder.title", Need: policy.Read, handle: (*App).builder},
		{Method: http.MethodPost, Path: at, Title: "builder.title", Need: policy.Read, handle: (*App).build},
	}
}

// How the parts of a group are joined.
const (
	joinAll    = "all"
	joinAny    = "any"
	joinNone   = "none"
	joinNotAll = "notAll"
)

// anyText is the field of conditions on words, wherever they stand.
const anyTextField = "*"

// clause is a part of the builder: a group of parts, or a condition.
type clause struct {
	join  string // of a group; "" for a condition
	parts []*clause

	field, op string
	values    []string // what the comparison takes; of a choice, those that count
	fault     *fault.Field
	fresh     bool
}

// maxNested is how deep groups lie in each other at most: one Not takes a level too.
const maxNested = query.MaxDepth

// clauses reads an expression into the builder; the outermost is a group.
func clauses(e query.Expr) *clause {
	c := clauseOf(query.Normal(e))
	if c.join == "" {
		c = &clause{join: joinAll, parts: []*clause{c}}
	}
	return c
}

func clauseOf(e query.Expr) *clause {
	group := func(join string, parts []query.Expr) *clause {
		g := &clause{join: join}
		for _, part := range parts {
			g.parts = append(g.parts, clauseOf(part))
		}
		return g
	}
	switch e := e.(type) {
	case query.And:
		return group(joinAll, e)
	case query.Or:
		if one := alternatives(e); one != nil {
			return one
		}
		return group(joinAny, e)
	case query.Not:
		inner := clauseOf(e.Expr)
		switch inner.join {
		case joinAll:
			inner.join = joinNotAll
		case joinAny:
			inner.join = joinNone
		case joinNone:
			inner.join = joinAny
		case joinNotAll:
			inner.join = joinAll
		default:
			if rest, negative := strings.CutPrefix(inner.op, "!"); negative {
				inner.op = rest
			} else {
				inner.op = "!" + inner.op
			}
		}
		return inner
	case query.Text:
		op := string(query.Has)
		if e.Phrase {
			op = `"`
		}
		return &clause{field: anyTextField, op: op, values: []string{e.Words}}
	case query.Term:
		from, to := e.Value, ""
		if e.Op == query.Within {
			from, to = query.Bounds(e.Value)
			return &clause{field: e.Field, op: string(e.Op), values: []string{from, to}}
		}
		return &clause{field: e.Field, op: string(e.Op), values: []string{from}}
	}
	return &clause{join: joinAll}
}

// alternatives makes one condition of alternatives that differ in their values alone.
func alternatives(e query.Or) *clause {
	one := &clause{}
	for i, part := range e {
		t, ok := part.(query.Term)
		if !ok || t.Op != query.Has && t.Op != query.Is || i > 0 && (t.Field != one.field || string(t.Op) != one.op) {
			return nil
		}
		one.field, one.op = t.Field, string(t.Op)
		one.values = append(one.values, t.Value)
	}
	return one
}

// spread makes a group of a choice among values of a field that has none to tick.
func (c *clause) spread() {
	op, negative := strings.CutPrefix(c.op, "!")
	parts := make([]*clause, len(c.values))
	for i, v := range c.values {
		parts[i] = &clause{field: c.field, op: op, values: []string{v}}
	}
	*c = clause{join: joinAny, parts: parts}
	if negative {
		c.join = joinNone
	}
}

// comparisons are what fields of a type are compared by in the builder, each with its negation where that says more.
var builderOps = map[query.Type][]string{
	query.TypeText:    {":", "!:", "=", "!=", "~", "!~", "*", "!*"},
	query.TypeCode:    {":", "!:", "*", "!*"},
	query.TypeEmail:   {"~", "!~", "=", "!=", "*", "!*"},
	query.TypePhone:   {"~", "!~", "=", "!=", "*", "!*"},
	query.TypeNumber:  {"=", "!=", "<", "<=", ">", ">=", "..", "!..", "*", "!*"},
	query.TypeDate:    {":", "!:", "<", "<=", ">", ">=", "..", "!..", "*", "!*"},
	query.TypeInstant: {":", "!:", "<", "<=", ">", ">=", "..", "!..", "*", "!*"},
	query.TypeFlag:    {":", "*", "!*"},
	query.TypeFilled:  {"*", "!*"},
}

// opKeys name the comparisons in the catalogues.
var opKeys = map[string]string{":": "has", "=": "is", "~": "contains", "<": "less", "<=": "atMost", ">": "more", ">=": "atLeast", "..": "within", "*": "filled", `"`: "phrase"}

// opsOf gives the comparisons of a field.
func opsOf(a askable) []string {
	switch a.Path {
	case anyTextField:
		return []string{":", "!:", `"`, `!"`}
	case saved.Field:
		return []string{":", "!:"}
	}
	return builderOps[a.Type]
}

// fit brings a comparison read from an expression to one the field offers: some are the same for its type.
func fit(a askable, op string) string {
	ops := opsOf(a)
	if slices.Contains(ops, op) {
		return op
	}
	rest, negative := strings.CutPrefix(op, "!")
	same := map[string]string{":": "=", "=": ":"}[rest]
	if negative {
		same = "!" + same
	}
	if slices.Contains(ops, same) {
		return same
	}
	return ops[0]
}

// opLabel says a comparison in words, which depend on what is compared.
func (x *exchange) opLabel(a askable, op string) string {
	rest, negative := strings.CutPrefix(op, "!")
	key := "builder.op." + opKeys[rest]
	for _, special := range []string{key + "." + string(a.Type), key} {
		if negative && x.p.Has(special+".not") {
			return x.p.T(special + ".not")
		}
		if !negative && x.p.Has(special) {
			return x.p.T(special)
		}
	}
	return op
}

// builder shows the expression of the address.
func (a *App) builder(x *exchange) error {
	k, err := x.of(x.look())
	if err != nil {
		return err
	}
	text := strings.TrimSpace(x.r.URL.Query().Get("q"))
	where, err := x.parseFor(k, text)
	if f := fault.From(err); err != nil && f.Kind == fault.Invalid {
		l := &listing{exchange: x, look: x.look(), kind: k, q: text, wrong: f}
		return x.showBuilder(k, &clause{join: joinAll}, l.queryError().Text)
	}
	if err != nil {
		return err
	}
	root := clauses(where)
	if len(root.parts) == 0 {
		root.parts = []*clause{{field: anyTextField, op: ":"}}
	}
	return x.showBuilder(k, root, "")
}

// advanced leads to the builder with what the list asks.
func (l *listing) advanced() ui.Action {
	href := l.home() + "/advanced"
	if l.q != "" {
		href += "?" + url.Values{"q": {l.q}}.Encode()
	}
	return ui.Action{Label: l.p.T("builder.open"), Icon: "search", Href: href}
}

// build does what a button of the builder says.
func (a *App) build(x *exchange) error {
	l := x.look()
	k, err := x.of(l)
	if err != nil {
		return err
	}
	form, err := x.form()
	if err != nil {
		return err
	}
	root, by, err := readClauses(form)
	if err != nil {
		return err
	}
	do, id, _ := strings.Cut(form.Get(ui.BuilderName), " ")
	switch at := by[id]; {
	case do == ui.BuilderAdd && at != nil:
		at.parts = append(at.parts, &clause{field: anyTextField, op: ":", fresh: true})
	case do == ui.BuilderNest && at != nil:
		at.parts = append(at.parts, &clause{join: joinAny, fresh: true, parts: []*clause{{field: anyTextField, op: ":"}}})
	case do == ui.BuilderRemove && at != nil && at != root:
		root.remove(at)
	case do == ui.BuilderAsk, do == ui.BuilderSave:
		where, err := x.express(k, root)
		if err != nil {
			return err
		}
		if where == nil {
			return x.showBuilder(k, root, "")
		}
		if err := query.Limits(where); err != nil {
			return x.showBuilder(k, root, x.p.Field(fault.From(err).Fields[0]))
		}
		values := url.Values{}
		if text := x.spelled(k, where); text != "" {
			values.Set("q", text)
		}
		if do == ui.BuilderSave {
			values.Set("for", k.Name)
			return x.redirect(savedPath + "/new?" + values.Encode())
		}
		return x.redirect(strings.TrimSuffix(l.home()+"?"+values.Encode(), "?"))
	}
	return x.showBuilder(k, root, "")
}

// readClauses reads the form: the parts in the order of the page, each under the id that tells where it lies.
func readClauses(form url.Values) (root *clause, by map[string]*clause, err error) {
	by = map[string]*clause{}
	for _, n := range form["n"][:min(len(form["n"]), 4*query.MaxConditions)] {
		id, what, _ := strings.Cut(n, ":")
		c := &clause{field: form.Get("f." + id), op: form.Get("o." + id), values: form["v."+id]}
		if strings.HasSuffix(c.op, string(query.Within)) {
			c.values = []string{form.Get("v." + id), form.Get("w." + id)}
		}
		if what == "g" {
			c = &clause{join: form.Get("j." + id)}
			if !slices.Contains([]string{joinAll, joinAny, joinNone, joinNotAll}, c.join) {
				c.join = joinAll
			}
		}
		i := strings.LastIndexByte(id, '.')
		switch {
		case i < 0 && root == nil && c.join != "":
			root = c
		case i < 0 || by[id[:i]] == nil || by[id[:i]].join == "" || strings.Count(id, ".") > 2*maxNested:
			return nil, nil, fault.New(fault.Malformed, "malformed")
		default:
			by[id[:i]].parts = append(by[id[:i]].parts, c)
		}
		by[id] = c
	}
	if root == nil {
		root = &clause{join: joinAll}
	}
	return root, by, nil
}

func (c *clause) remove(gone *clause) {
	c.parts = slices.DeleteFunc(c.parts, func(p *clause) bool { return p == gone })
	for _, p := range c.parts {
		p.remove(gone)
	}
}

// express makes the expression; nil when some condition is wrong, which then says so. Groups and conditions that say
// nothing are left out.
func (x *exchange) express(k *record.Kind, root *clause) (query.Expr, error) {
	if _, err := x.parseFor(k, ""); err != nil {
		return nil, err
	}
	e, ok := root.expression(x.fields[k.Name])
	if !ok {
		return nil, nil
	}
	if e == nil {
		e = query.All
	}
	return query.Normal(e), nil
}

// expression gives what a part says, nil for nothing; ok is false when something in it is wrong.
func (c *clause) expression(fields query.Fields) (e query.Expr, ok bool) {
	if c.join == "" {
		return c.condition(fields)
	}
	ok = true
	var parts []query.Expr
	for _, p := range c.parts {
		e, good := p.expression(fields)
		ok = ok && good
		if e != nil {
			parts = append(parts, e)
		}
	}
	if len(parts) == 0 {
		return nil, ok
	}
	switch c.join {
	case joinAny:
		e = query.Or(parts)
	case joinNone:
		e = query.Not{Expr: query.Or(parts)}
	case joinNotAll:
		e = query.Not{Expr: query.And(parts)}
	default:
		e = query.And(parts)
	}
	return query.Normal(e), ok
}

// condition reads one condition as the structured form of the query language has it, so that its rules are the only ones.
func (c *clause) condition(fields query.Fields) (query.Expr, bool) {
	op, negative := strings.CutPrefix(c.op, "!")
	values := slices.DeleteFunc(slices.Clone(c.values), func(v string) bool { return strings.TrimSpace(v) == "" })
	wire := map[string]any{"field": c.field, "op": op}
	switch {
	case c.field == anyTextField && len(values) == 0:
		return nil, true // a line nobody has filled in
	case c.field == anyTextField:
		wire = map[string]any{"text": values[0], "phrase": op == `"`}
	case op == string(query.Filled):
	case len(values) == 0:
		c.fault = &fault.Field{Path: "value", Code: "required"}
		return nil, false
	case op == string(query.Within):
		wire["value"] = strings.TrimSpace(c.values[0]) + ".." + strings.TrimSpace(c.values[len(c.values)-1])
	case len(values) == 1:
		wire["value"] = values[0]
	default:
		wire["value"] = values
	}
	raw, err := json.Marshal(wire)
	if err != nil {
		return nil, false
	}
	e, err := query.ParseJSON(raw, fields)
	if err != nil {
		f := fault.From(err)
		c.fault = &fault.Field{Path: "value", Code: f.Code, Args: f.Args}
		if len(f.Fields) > 0 {
			c.fault = &f.Fields[0]
		}
		return nil, false
	}
	if negative {
		e = query.Not{Expr: e}
	}
	return e, true
}

// showBuilder shows the builder with what is in it.
func (x *exchange) showBuilder(k *record.Kind, root *clause, wrong string) error {
	l := x.look()
	all, err := x.asks(k)
	if err != nil {
		return err
	}
	all = append([]askable{{Field: query.Field{Path: anyTextField, Type: query.TypeText}, label: x.p.T("builder.anywhere")}}, all...)
	b := &building{exchange: x, kind: k, all: all, fields: fieldOptions(all)}
	v := ui.Builder{Action: l.home() + "/advanced", Error: wrong, Cancel: l.home(), Root: b.group(root, "0", 1)}
	where, err := x.express(k, copyOf(root))
	if err != nil {
		return err
	}
	status := http.StatusOK
	if where != nil {
		v.Text = x.spelled(k, where)
		if v.Text != "" {
			v.Cancel += "?" + url.Values{"q": {v.Text}}.Encode()
		}
	} else {
		v.Wrong = true
	}
	if b.wrong {
		status = http.StatusUnprocessableEntity
	}
	if wrong != "" {
		status = http.StatusUnprocessableEntity
	}
	return x.show(view{Trail: []ui.Link{{Label: x.p.T(l.title()), Href: v.Cancel}, {Label: x.p.T("builder.title")}}, Status: status},
		ui.PageHeader(x.p, ui.Header{Title: x.p.T("builder.title"), Sub: x.p.T("builder.lead")}), ui.BuilderView(x.p, v))
}

// copyOf gives parts whose faults are their own.
func copyOf(c *clause) *clause {
	same := *c
	same.parts = make([]*clause, len(c.parts))
	for i, p := range c.parts {
		same.parts[i] = copyOf(p)
	}
	return &same
}

// building makes the view of a builder.
type building struct {
	*exchange
	kind   *record.Kind
	all    []askable
	fields []ui.Option
	wrong  bool
}

func (b *building) group(c *clause, id string, depth int) ui.BuilderGroup {
	g := ui.BuilderGroup{ID: id, Root: depth == 1, Deeper: depth < maxNested, Focus: c.fresh}
	g.Join = ui.Select{Base: ui.Base{Name: "j." + id, Label: b.p.T("builder.join")}, Value: c.join}
	for _, join := range []string{joinAll, joinAny, joinNone, joinNotAll} {
		g.Join.Options = append(g.Join.Options, ui.Option{Value: join, Label: b.p.T("builder.join." + join)})
	}
	for i, part := range c.parts {
		at := id + "." + strconv.Itoa(i)
		if part.join == "" {
			if a, ok := findAsk(b.all, part.field); len(part.values) > 1 && ok && strings.TrimPrefix(part.op, "!") != string(query.Within) && !tickable(b.options(b.kind.Name, a)) {
				part.spread()
			}
		}
		if part.join != "" {
			inner := b.group(part, at, depth+1)
			g.Items = append(g.Items, ui.BuilderItem{Group: &inner})
			continue
		}
		line := b.condition(part, at)
		g.Items = append(g.Items, ui.BuilderItem{Condition: &line})
	}
	return g
}

// mostTicked is how many values of a field are ticked; of more, one is chosen from a list.
const mostTicked = 12

func tickable(options []ui.Option) bool { return len(options) > 2 && len(options) <= mostTicked }

func (b *building) condition(c *clause, id string) ui.BuilderCondition {
	a, ok := findAsk(b.all, c.field)
	fields := b.fields
	if !ok { // a field further away, or one that is gone: it stays as it is
		a = askable{Field: query.Field{Path: c.field, Type: query.TypeText}, label: c.field}
		if f, there := b.exchange.fields[b.kind.Name].Field(c.field); there {
			a.Field = f
		}
		fields = append(slices.Clone(fields), ui.Option{Value: a.Path, Label: a.label})
	}
	op := fit(a, c.op)
	line := ui.BuilderCondition{ID: id, Name: a.name(), Focus: c.fresh}
	line.Field = ui.Select{Base: ui.Base{Name: "f." + id, Label: b.p.T("builder.field")}, Value: a.Path, Options: fields}
	line.Op = ui.Select{Base: ui.Base{Name: "o." + id, Label: b.p.T("builder.op")}, Value: op}
	for _, o := range opsOf(a) {
		line.Op.Options = append(line.Op.Options, ui.Option{Value: o, Label: b.opLabel(a, o)})
	}
	base := ui.Base{Name: "v." + id, Label: b.p.T("builder.value")}
	if c.fault != nil {
		b.wrong = true
		told := fault.Field{Path: c.fault.Path, Code: c.fault.Code, Args: fault.Args{"operator": b.opLabel(a, op), "field": a.label, "name": c.fault.Args["word"]}}
		for name, value := range c.fault.Args {
			if told.Args[name] == "" {
				told.Args[name] = value
			}
		}
		base.Error = b.p.Field(told)
	}
	line.Values = b.values(a, strings.TrimPrefix(op, "!"), base, c.values)
	return line
}

// values are the fields that a comparison's value is given in.
func (b *building) values(a askable, op string, base ui.Base, given []string) []ui.Field {
	one := ""
	if len(given) > 0 {
		one = given[0]
	}
	options := b.options(b.kind.Name, a)
	switch {
	case op == string(query.Filled):
		if base.Error != "" {
			return []ui.Field{ui.Fixed{Base: base}}
		}
		return nil
	case op == string(query.Within):
		to := base
		base.Label, to.Label, to.Error, to.Name = b.p.T("builder.from"), b.p.T("builder.to"), "", "w"+strings.TrimPrefix(base.Name, "v")
		second := ""
		if len(given) > 1 {
			second = given[1]
		}
		return []ui.Field{b.plain(a, base, one), b.plain(a, to, second)}
	case tickable(options):
		return []ui.Field{ui.Choices{Base: base, Values: given, Options: options}}
	case len(options) > 0:
		if one != "" && !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == one }) {
			options = append(options, ui.Option{Value: one, Label: one})
		}
		return []ui.Field{ui.Select{Base: base, Value: one, Options: options, Empty: "–"}}
	}
	return []ui.Field{b.plain(a, base, one)}
}

// plain is a line for a value, with what may stand in it.
func (b *building) plain(a askable, base ui.Base, value string) ui.Text {
	t := ui.Text{Base: base, Value: value, Max: 255}
	switch a.Type {
	case query.TypeNumber:
		t.Mode = "decimal"
	case query.TypeDate, query.TypeInstant:
		t.Options = []string{"today", "this-month", "last-month", "this-year", "last-year", "-30d", "-1y", "+30d", "*-this-month"}
		t.Placeholder = b.p.T("builder.date")
	case query.TypeCode, query.TypeText:
		if a.Path != anyTextField {
			t.Options = b.known(b.kind.Name, a.Path, "", 20)
		}
	}
	return t
}
