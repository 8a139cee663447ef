package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// parallel sends n requests at once and counts the answers by status.
func (c *client) parallel(n int, send func(i int) (*answer, error)) (map[int]int, []*answer) {
	c.t.Helper()
	answers := make([]*answer, n)
	errs := make([]error, n)
	var group sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-begin
			answers[i], errs[i] = send(i)
		})
	}
	close(begin)
	group.Wait()
	counts := map[int]int{}
	for i, a := range answers {
		if errs[i] != nil {
			c.t.Fatal(errs[i])
		}
		counts[a.status]++
	}
	return counts, answers
}

// policy sets what happens to keys that are taken.
func (c *client) policy(key, value string) {
	c.t.Helper()
	settings := c.call("GET", "/v1/settings", nil).want(http.StatusOK)
	c.call("PATCH", "/v1/settings", map[string]any{"keyPolicy": map[string]any{key: value}}, "If-Match", settings.header.Get("ETag")).want(http.StatusOK)
}

// REC-01: whatever somebody is to the organisation, they are in one list, and the contact type says what.
func TestREC01_OneContactStore(t *testing.T) {
	c := begin(t)
	types := []string{"member", "student", "customer", "donor", "volunteer", "supplier", "partner"}
	for _, typ := range types {
		c.contact(map[string]any{"firstName": "Ann", "lastName": typ, "type": typ})
	}
	t.Run("one kind in one list", func(t *testing.T) {
		list := c.call("GET", "/v1/contacts?count=true", nil).want(http.StatusOK)
		if list.number("total") != len(types) {
			t.Errorf("total %d, want %d", list.number("total"), len(types))
		}
		for _, item := range list.list("items") {
			if dig(item, "kind") != "contact" {
				t.Errorf("kind %v", dig(item, "kind"))
			}
		}
	})
	t.Run("the type tells what they are", func(t *testing.T) {
		for _, typ := range types {
			found := c.call("GET", "/v1/contacts?count=true&q=type:"+typ, nil).want(http.StatusOK)
			if found.number("total") != 1 || found.text("items.0.lastName") != typ {
				t.Errorf("type:%s found %s", typ, found.raw)
			}
		}
	})
}

// REC-04: a first name of 1 to 100 characters is needed; a last name is not, and has 100 at most.
func TestREC04_Name(t *testing.T) {
	c := begin(t)
	for _, tt := range []struct {
		name   string
		body   map[string]any
		status int
		codes  map[string]string
	}{
		{"first name alone", map[string]any{"firstName": "Jo"}, 201, nil},
		{"first name missing", map[string]any{"lastName": "Peeters"}, 422, map[string]string{"firstName": "required"}},
		{"first name of blanks", map[string]any{"firstName": " \t "}, 422, map[string]string{"firstName": "required"}},
		{"first name of 100", map[string]any{"firstName": strings.Repeat("é", 100)}, 201, nil},
		{"first name of 101", map[string]any{"firstName": strings.Repeat("é", 101)}, 422, map[string]string{"firstName": "too_long"}},
		{"last name of 100", map[string]any{"firstName": "Jo", "lastName": strings.Repeat("x", 100)}, 201, nil},
		{"last name of 101", map[string]any{"firstName": "Jo", "lastName": strings.Repeat("x", 101)}, 422, map[string]string{"lastName": "too_long"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := c.call("POST", "/v1/contacts", tt.body).want(tt.status)
			for path, code := range tt.codes {
				if a.codes()[path] != code {
					t.Errorf("%s: %q, want %q", path, a.codes()[path], code)
				}
			}
		})
	}
	t.Run("trimmed", func(t *testing.T) {
		a := c.call("POST", "/v1/contacts", map[string]any{"firstName": "  Jan  ", "lastName": " Peeters "}).want(201)
		if a.text("firstName") != "Jan" || a.text("lastName") != "Peeters" {
			t.Errorf("stored %s", a.raw)
		}
	})
	t.Run("bad input saves nothing", func(t *testing.T) {
		if n := c.call("GET", "/v1/contacts?count=true", nil).want(200).number("total"); n != 4 {
			t.Errorf("%d contacts, want the 4 that were accepted", n)
		}
	})
}

// REC-09: an e-mail address and a mobile are one person's, as the organisation's policy has it.
func TestREC09_UniqueKeysThatHold(t *testing.T) {
	c := begin(t)
	t.Run("warn by default for e-mails, folded", func(t *testing.T) {
		first := c.contact(map[string]any{"firstName": "An", "emails": []any{map[string]any{"address": "familie@example.org"}}})
		a := c.call("POST", "/v1/contacts", map[string]any{"firstName": "Bo", "emails": []any{map[string]any{"address": "Familie@EXAMPLE.org"}}}).want(201)
		if a.text("warnings.0.code") != "email_shared" || a.text("warnings.0.conflicts.0.id") != first {
			t.Errorf("answer names no holder: %s", a.raw)
		}
	})
	t.Run("block by default for mobiles, in E.164", func(t *testing.T) {
		holder := c.contact(map[string]any{"firstName": "Cas", "phones": []any{map[string]any{"line": "mobile", "number": "0471 56 54 31"}}})
		a := c.call("POST", "/v1/contacts", map[string]any{"firstName": "Dan", "phones": []any{map[string]any{"line": "mobile", "number": "+32471565431"}}}).want(409)
		if a.text("code") != "mobile_taken" || a.text("conflicts.0.id") != holder || a.text("conflicts.0.title") != "Cas" {
			t.Errorf("conflict %s", a.raw)
		}
	})
	t.Run("a fixed line is nobody's alone", func(t *testing.T) {
		for range 2 {
			c.contact(map[string]any{"firstName": "Eva", "phones": []any{map[string]any{"line": "fixed", "number": "02 512 34 56"}}})
		}
	})
	t.Run("under block, of 100 at once one wins", func(t *testing.T) {
		c.policy("email", "block")
		counts, _ := c.parallel(100, func(i int) (*answer, error) {
			return c.send("POST", "/v1/contacts", map[string]any{"firstName": fmt.Sprint("Racer ", i), "emails": []any{map[string]any{"address": "race@example.org"}}})
		})
		if counts[http.StatusCreated] != 1 || counts[http.StatusConflict] != 99 {
			t.Errorf("answers %v, want one 201 and 99 409", counts)
		}
		if n := c.call("GET", "/v1/contacts?count=true&q=race@example.org", nil).want(200).number("total"); n != 1 {
			t.Errorf("%d contacts hold the address", n)
		}
	})
	t.Run("or share inside a family", func(t *testing.T) {
		c.policy("email", "family")
		shared := func(name string) map[string]any {
			return map[string]any{"firstName": name, "emails": []any{map[string]any{"address": "us@example.org"}}}
		}
		parent, child := c.contact(shared("Fay")), c.contact(map[string]any{"firstName": "Gil"})
		mail := map[string]any{"emails": shared("")["emails"]}
		if a := c.patch(child, mail).want(409); a.text("code") != "email_taken" {
			t.Errorf("a stranger: %s", a.raw)
		}
		c.create("families", map[string]any{"name": "Us", "members": []any{map[string]any{"contact": parent, "role": "parent"}, map[string]any{"contact": child, "role": "child"}}})
		c.patch(child, mail).want(200)
		c.call("POST", "/v1/contacts", shared("Hal")).want(409)
	})
	t.Run("a login name is always unique", func(t *testing.T) {
		body := map[string]any{"email": "second@example.org", "name": "Second", "role": "editor", "language": "en"}
		c.call("POST", "/v1/users", body).want(201)
		c.call("POST", "/v1/users", body).want(409)
	})
}
