package acceptance

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	accounts "github.com/muster-crm/muster/functions/accounts/app"
	contacts "github.com/muster-crm/muster/functions/contacts/app"
	files "github.com/muster-crm/muster/functions/files/app"
	imports "github.com/muster-crm/muster/functions/imports/app"
	merges "github.com/muster-crm/muster/functions/merge/app"
	search "github.com/muster-crm/muster/functions/search/app"
	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/infra/template"
	"github.com/muster-crm/muster/shared/httpapi"
)

// may says by hand who may do what: o owner, a admin, e editor, r reader, + everybody, signed in or not. The operations
// are those of the published document, whose routes are those of the template.
var may = map[string]string{
	"upsert-contact": "oae", "check-contact": "oaer", "list-accesses": "oa",
	"set-photo-of-contact": "oae", "remove-photo-of-contact": "oae", "photo-of-contact": "oaer",
	"set-logo-of-company": "oae", "remove-logo-of-company": "oae", "logo-of-company": "oaer",
	"ready-file": "oae", "download-file": "oaer",
	"list-duplicates": "oaer", "dismiss-duplicates": "oae",
	"search-kind": "oaer", "search-all": "oaer", "statistics-of-kind": "oaer",
	"create-import": "oae", "list-imports": "oae", "get-import": "oae", "plan-import": "oae", "preview-import": "oae", "run-import": "oae",
	"cancel-import": "oae", "rows-of-import": "oae", "errors-of-import": "oae", "undo-import": "oae",
	"list-mapping": "oae", "keep-mapping": "oae",
	"create-export": "oae", "list-exports": "oae", "get-export": "oae", "cancel-export": "oae", "file-of-export": "oae",
	"create-bulk": "oae", "list-bulks": "oae", "get-bulk": "oae", "cancel-bulk": "oae", "undo-bulk": "oae", "items-of-bulk": "oae",
	"preview-merge": "oae", "create-merge": "oae", "list-merges": "oaer", "get-merge": "oaer", "undo-merge": "oae",
	"create-backup": "o", "list-backups": "o", "get-backup": "o", "cancel-backup": "o", "file-of-backup": "o",
	"create-restore": "o", "list-restores": "o", "get-restore": "o", "check-restore": "o", "run-restore": "o", "cancel-restore": "o",
	"sign-in": "+", "redeem-link": "+", "request-reset": "+", "confirm-email": "+", "health": "+", "openapi": "+",
	"list-sessions": "oaer", "sign-out": "oaer", "sign-out-everywhere": "oaer",
	"get-me": "oaer", "patch-me": "oaer", "change-password": "oaer", "change-email": "oaer", "list-kinds": "oaer",
	"create-user": "oa", "list-users": "oa", "get-user": "oa", "patch-user": "oa", "trash-user": "oa", "restore-user": "oa", "history-of-user": "oa",
	"invite-user": "oa", "reset-user": "oa", "block-user": "oa", "unblock-user": "oa",
	"get-settings": "oaer", "patch-settings": "oa",
	"create-logo": "oa", "set-logo": "oa", "remove-logo": "oa", "logo": "oaer",
	"get-root-entity": "oaer", "set-current-season": "oa", "set-default-store": "oa",
	"list-lists": "oaer", "values-of-list": "oaer", "create-value-of-list": "oa", "list-tags": "oaer",
	"create-rewrite": "oa", "get-rewrite": "oa", "cancel-rewrite": "oa", "undo-rewrite": "oa",
}

// every says the same of the operations that every kind of a group has. What is done to each item of a batch is told in its
// result.
var every = []struct{ roles, verbs, kinds string }{
	{"oae", "create patch trash restore revert", "contact family company group"},
	{"oaer", "list get history-of profile batch", "contact family company group"},
	{"oa", "reveal", "contact family company group"},
	{"oae", "patch trash restore revert", "note reminder call ticket service satisfaction file"},
	{"oaer", "list get history-of", "note reminder call ticket service satisfaction file"},
	{"oae", "create", "note-of reminder-of call-of ticket-of service-of satisfaction-of file-of"},
	{"oaer", "list", "note-of reminder-of call-of ticket-of service-of satisfaction-of file-of"},
	{"oa", "create patch trash restore revert", "field value entity season store clientGroup"},
	{"oaer", "list get history-of batch", "field entity season store clientGroup"},
	{"oaer", "get history-of batch", "value"},
	{"oaer", "create patch trash restore revert list get history-of batch results-of", "search"}, // each their own
	{"oaer", "create patch trash restore revert get history-of batch", "mapping"},                // of those there are, readers see none
}

func init() {
	for _, e := range every {
		for verb := range strings.FieldsSeq(e.verbs) {
			for kind := range strings.FieldsSeq(e.kinds) {
				owners := []string{""}
				if strings.HasSuffix(kind, "-of") {
					owners = []string{"-contact", "-family", "-company"}
					if kind == "note-of" || kind == "file-of" {
						owners = append(owners, "-group")
					}
				}
				for _, owner := range owners {
					may[verb+"-"+kind+owner] = e.roles
				}
			}
		}
	}
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
		"create-bulk":     map[string]any{"action": "tag.add", "target": map[string]any{"ids": []any{"con_none"}}, "params": map[string]any{"tag": "x"}},
		"create-export":   map[string]any{"kind": "contact", "format": "csv"},
		"create-merge":    map[string]any{"kind": "contact", "main": "con_none", "others": []any{"con_nobody"}},
		"preview-merge":   map[string]any{"kind": "contact", "main": "con_none", "others": []any{"con_nobody"}},
		"create-restore":  map[string]any{"fileName": "x.tar.gz", "size": 10},
		"keep-mapping":    map[string]any{"name": "x"},
		"create-import":   map[string]any{"kind": "contact", "fileName": "x.csv", "size": 10},
		"change-password": map[string]any{"current": "wrong", "password": "a long enough secret"},
		"create-rewrite":  map[string]any{"of": "tags", "from": []any{"a"}, "to": "b"},
		"set-logo":        map[string]any{"file": "upl_none"}, "create-logo": map[string]any{"name": "x.png", "size": 10},
		"set-photo-of-contact": map[string]any{"file": "fil_none"}, "set-logo-of-company": map[string]any{"file": "fil_none"},
		"change-email":       map[string]any{"password": "wrong", "email": "x@example.org"},
		"create-user":        map[string]any{"email": "", "name": "", "role": "reader", "language": "en"},
		"dismiss-duplicates": map[string]any{"ids": []any{"con_none", "con_nobody"}},
		"block-user":         map[string]any{"reason": "x"}, "check-contact": map[string]any{"email": "x@example.org"}, "search-kind": map[string]any{},
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
			at := strings.NewReplacer("{id}", "con_00000000000000000000000000", "{kind}", "contact", "{entry}", "1", "{list}", "status", "{size}", "96").Replace(path)
			if op.ID == "upsert-contact" {
				at = "/v1/contacts/ext:none:none"
			}
			if op.ID == "search-all" {
				at += "?q=ann"
			}
			for letter, c := range clients {
				var body any
				if method != "get" && method != "delete" {
					verb, _, _ := strings.Cut(op.ID, "-")
					given, ok := bodies[op.ID]
					switch {
					case ok:
						body = given
					case verb == "reveal":
						body = map[string]any{"fields": []any{"iban"}}
					case strings.HasPrefix(op.ID, "create-file-of-"):
						body = map[string]any{"name": "x.pdf", "size": 10}
					case verb == "batch":
						body = map[string]any{"items": []any{map[string]any{}}}
					case verb != "restore" && verb != "revert":
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
		for function, api := range map[string]*httpapi.API{"accounts": accounts.API(accounts.Ports{}), "contacts": contacts.API(contacts.Ports{}),
			"files": files.API(files.Ports{}), "imports": imports.API(imports.Ports{}), "merge": merges.API(merges.Ports{}), "search": search.API(search.Ports{})} {
			for path, item := range api.OpenAPI().Paths {
				for method, op := range map[string]*huma.Operation{"GET": item.Get, "PUT": item.Put, "POST": item.Post, "DELETE": item.Delete, "PATCH": item.Patch} {
					if op != nil {
						operations = append(operations, template.Operation{Function: function, Method: method, Path: path})
					}
				}
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
