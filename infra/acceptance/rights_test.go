package acceptance

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/infra/template"
)

// may says by hand who may do what: o owner, a admin, e editor, r reader, + everybody, signed in or not. The operations
// are those of the published document, whose routes are those of the template.
var may = map[string]string{
	"create-contact": "oae", "list-contact": "oaer", "batch-contact": "oaer", "get-contact": "oaer", "patch-contact": "oae", "trash-contact": "oae",
	"restore-contact": "oae", "history-of-contact": "oaer", "revert-contact": "oae", "upsert-contact": "oae", "profile-contact": "oaer", "check-contact": "oaer",
	"search-kind": "oaer", "search-all": "oaer",
	"create-import": "oae", "list-imports": "oae", "get-import": "oae", "plan-import": "oae", "preview-import": "oae", "run-import": "oae",
	"cancel-import": "oae", "rows-of-import": "oae", "errors-of-import": "oae",
	"sign-in": "+", "redeem-link": "+", "request-reset": "+", "confirm-email": "+", "health": "+", "openapi": "+",
	"list-sessions": "oaer", "sign-out": "oaer", "sign-out-everywhere": "oaer",
	"get-me": "oaer", "patch-me": "oaer", "change-password": "oaer", "change-email": "oaer", "list-kinds": "oaer",
	"create-user": "oa", "list-users": "oa", "get-user": "oa", "patch-user": "oa", "trash-user": "oa", "restore-user": "oa", "history-of-user": "oa",
	"invite-user": "oa", "reset-user": "oa", "block-user": "oa", "unblock-user": "oa",
	"get-settings": "oaer", "patch-settings": "oa",
	"create-field": "oa", "list-field": "oaer", "batch-field": "oaer", "get-field": "oaer", "patch-field": "oa", "trash-field": "oa", "restore-field": "oa",
	"history-of-field": "oaer", "revert-field": "oa",
}

// TestRights asks every operation in every role, about things there are not: whoever may not is told so before anything
// else is looked at.
func TestRights(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(need.Root(), "functions/accounts/app/openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			ID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	owner := begin(t)
	clients := map[byte]*client{'o': owner, '-': {t: t, site: owner.site}}
	for letter, role := range map[byte]string{'a': "admin", 'e': "editor", 'r': "reader"} {
		clients[letter] = owner.colleague(role)
	}
	bodies := map[string]any{
		"sign-in": map[string]any{"login": "nobody@example.org", "password": "not a password"}, "redeem-link": map[string]any{"token": "none"},
		"request-reset": nil, "confirm-email": map[string]any{"token": "none"}, "plan-import": map[string]any{},
		"create-import":   map[string]any{"kind": "contact", "fileName": "x.csv", "size": 10},
		"change-password": map[string]any{"current": "wrong", "password": "a long enough secret"},
		"change-email":    map[string]any{"password": "wrong", "email": "x@example.org"},
		"create-user":     map[string]any{"email": "", "name": "", "role": "reader", "language": "en"},
		"block-user":      map[string]any{"reason": "x"}, "check-contact": map[string]any{"email": "x@example.org"}, "search-kind": map[string]any{},
		"batch-contact": map[string]any{"items": []any{map[string]any{}}}, "batch-field": map[string]any{"items": []any{map[string]any{}}},
		"restore-contact": nil, "revert-contact": nil, "restore-field": nil, "revert-field": nil,
	}
	seen := map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			seen[op.ID] = true
			allowed, known := may[op.ID]
			if !known {
				t.Errorf("%s %s (%s) is not in the matrix", method, path, op.ID)
				continue
			}
			if op.ID == "sign-out-everywhere" || op.ID == "request-reset" {
				continue // ends the sessions asked with; takes its time on purpose
			}
			at := strings.NewReplacer("{id}", "con_00000000000000000000000000", "{kind}", "contact", "{entry}", "1").Replace(path)
			if op.ID == "upsert-contact" {
				at = "/v1/contacts/ext:none:none"
			}
			if op.ID == "search-all" {
				at += "?q=ann"
			}
			for letter, c := range clients {
				var body any
				if method != "get" && method != "delete" {
					if given, ok := bodies[op.ID]; ok {
						body = given
					} else {
						body = map[string]any{}
					}
				}
				a := c.call(strings.ToUpper(method), at, body, "If-Match", "*")
				want := "let through"
				switch {
				case allowed == "+":
				case letter == '-':
					want = "401"
				case !strings.ContainsRune(allowed, rune(letter)):
					want = "403"
				}
				got := "let through"
				switch {
				case a.status == http.StatusForbidden:
					got = "403"
				case a.status == http.StatusUnauthorized && letter == '-' && allowed != "+":
					got = "401"
				}
				if got != want {
					t.Errorf("%s by %c: %s (%d %s), want %s", op.ID, letter, got, a.status, a.raw, want)
				}
			}
		}
	}
	for id := range may {
		if !seen[id] {
			t.Errorf("%s is in the matrix and in no document", id)
		}
	}
	t.Run("every route of the template leads to an operation", func(t *testing.T) {
		document, _, err := template.Find(need.Root())
		if err != nil {
			t.Fatal(err)
		}
		model, err := document.Resolve(template.Parameters{"OwnerEmail": "owner@example.org", "MailFrom": "muster@example.org"})
		if err != nil {
			t.Fatal(err)
		}
		var operations []template.Operation
		for path, methods := range doc.Paths {
			for method := range methods {
				function := "accounts"
				for _, name := range []string{"contacts", "search", "imports"} {
					if strings.HasPrefix(path, "/v1/"+name) {
						function = name
					}
				}
				operations = append(operations, template.Operation{Function: function, Method: strings.ToUpper(method), Path: path})
			}
		}
		for _, complaint := range model.Misrouted(operations) {
			t.Error(complaint)
		}
	})
}

// colleague makes a user in a role and gives their client.
func (c *client) colleague(role string) *client {
	c.t.Helper()
	login := role + "@example.org"
	c.call("POST", "/v1/users", map[string]any{"email": login, "name": role, "role": role, "language": "en"}).want(http.StatusCreated)
	token, err := c.site.Accounts.Link(c.t.Context(), login)
	if err != nil {
		c.t.Fatal(err)
	}
	a := (&client{t: c.t, site: c.site}).call("POST", "/v1/sessions/link", map[string]any{"token": token, "password": "another long secret"})
	if a.status/100 != 2 {
		c.t.Fatalf("link: %d %s", a.status, a.raw)
	}
	return &client{t: c.t, site: c.site, token: a.text("token")}
}
