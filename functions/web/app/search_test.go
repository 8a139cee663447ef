package app

import (
	"net/url"
	"strings"
	"testing"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
)

// sendClauses gives the builder's parts as its form sends them.
func sendClauses(c *clause, id string, form url.Values, all []askable) {
	if c.join == "" {
		if len(c.values) > 1 && c.op != ".." && c.op != "!.." && c.field != "type" {
			c.spread() // as the page does where there is nothing to tick
		}
	}
	if c.join != "" {
		form.Add("n", id+":g")
		form.Set("j."+id, c.join)
		for i, part := range c.parts {
			sendClauses(part, id+"."+string(rune('0'+i)), form, all)
		}
		return
	}
	form.Add("n", id+":c")
	form.Set("f."+id, c.field)
	form.Set("o."+id, c.op)
	form["v."+id] = c.values
	if strings.HasSuffix(c.op, "..") {
		form["v."+id], form["w."+id] = c.values[:1], c.values[1:]
	}
}

// The builder says the same as the filter line: whatever is read into it and sent back is the expression it was.
func TestBuilderKeepsExpressions(t *testing.T) {
	kinds := product.Kinds()
	k, _ := kinds.Kind(contact.Name)
	fields := kinds.QueryFields(k, nil)
	for _, text := range []string{
		"", "jan", "jan peeters", `"jan peeters"`, "-jan", "town:Gent", "-town:Gent", "town=Gent", "town~en", "email:*", "-email:*", "age:10..20", "-age:10..20", "age>=18", "age<3",
		"birthDate:2010-05", "birthDate:*-this-month", "birthDate<-18y", "createdAt:-7d..today", "newsletter:true", "-newsletter:false", "iban:*",
		"type:member,donor", "-type:member,donor", "type:member OR type=donor", "tag:a,b", "-tag:a,b", "town:Gent OR town:Aalst", "company:harbour", `company.town:"Sint-Niklaas"`,
		"a (b OR c) -(d e)", "NOT (a OR (b c))", "(a OR (b (c OR (d e))))", "-(-(a OR b) c)", "tag:x (town:Gent OR -email:* OR (age:..5 jan))",
	} {
		where, err := query.Parse(text, fields)
		if err != nil {
			t.Fatal(text, err)
		}
		form := url.Values{}
		sendClauses(clauses(where), "0", form, nil)
		root, _, err := readClauses(form)
		if err != nil {
			t.Fatal(text, err)
		}
		again, ok := root.expression(fields)
		if again == nil {
			again = query.All
		}
		if got, want := query.Format(again), query.Format(where); !ok || got != want {
			t.Errorf("%s comes back as %q, not %q (%v)", text, got, want, form)
		}
	}
}

// What a form of the builder may say, no page can: it is refused or read, and never more than there is room for.
func TestBuilderForms(t *testing.T) {
	for what, n := range map[string][]string{"no root": {"0.1:c"}, "a condition above": {"0:g", "0.0:c", "0.0.0:c"}, "a condition as root": {"0:c"}, "two roots": {"0:g", "1:g"}} {
		if _, _, err := readClauses(url.Values{"n": n}); err == nil {
			t.Errorf("%s is read", what)
		}
	}
	root, by, err := readClauses(url.Values{"n": {"0:g", "0.1:c", "0.0:g", "0.0.7:c"}, "j.0": {"sometimes"}})
	if err != nil || root.join != joinAll || len(root.parts) != 2 || by["0.0.7"] == nil {
		t.Errorf("%+v %v", root, err)
	}
	root.remove(by["0.0.7"])
	if len(by["0.0"].parts) != 0 {
		t.Error("not removed")
	}
}

// Every comparison of every type has its words, and is one the query language allows.
func TestBuilderComparisons(t *testing.T) {
	for typ, ops := range builderOps {
		for _, op := range ops {
			rest, _ := strings.CutPrefix(op, "!")
			if !typ.Allows(query.Op(rest)) {
				t.Errorf("%s is not compared by %s", typ, op)
			}
			if opKeys[rest] == "" {
				t.Errorf("%s has no words", op)
			}
		}
	}
	for _, typ := range []record.Type{record.Text, record.Code, record.Email, record.Phone, record.Number, record.Day, record.Instant, record.Flag} {
		if len(builderOps[query.Type(typ)]) == 0 {
			t.Errorf("%s cannot be compared", typ)
		}
	}
}
