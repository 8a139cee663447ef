package acceptance

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/need"
)

// waitFor asks for a process until it is in none of the passing states.
func (c *client) waitFor(path string) *answer {
	c.t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		a := c.call("GET", path, nil).want(http.StatusOK)
		if state := a.text("state"); state != "queued" && state != "running" {
			return a
		}
		select {
		case <-c.t.Context().Done():
			c.t.Fatal(c.t.Context().Err())
		case <-again.C:
		}
	}
}

// backup makes a backup and fetches its file.
func (c *client) backup() []byte {
	c.t.Helper()
	id := c.call("POST", "/v1/backups", nil).want(http.StatusCreated).text("id")
	if state := c.waitFor("/v1/backups/" + id).text("state"); state != "done" {
		c.t.Fatalf("the backup is %s", state)
	}
	resp, err := http.Get(c.call("GET", "/v1/backups/"+id+"/file", nil).want(http.StatusOK).text("url"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	file, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		c.t.Fatal(resp.StatusCode, err)
	}
	if !strings.Contains(resp.Header.Get("Content-Disposition"), "attachment") {
		c.t.Errorf("not an attachment: %s", resp.Header.Get("Content-Disposition"))
	}
	return file
}

// sendForm posts a file with the form an answer holds.
func (c *client) sendForm(a *answer, content []byte) {
	c.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	fields, _ := a.at("upload.fields").(map[string]any)
	for field, value := range fields {
		if err := w.WriteField(field, fmt.Sprint(value)); err != nil {
			c.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "file")
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := part.Write(content); err != nil {
		c.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		c.t.Fatal(err)
	}
	resp, err := http.Post(a.text("upload.url"), w.FormDataContentType(), &form)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		raw, _ := io.ReadAll(resp.Body)
		c.t.Fatalf("upload: status %d: %s", resp.StatusCode, raw)
	}
}

// checked sends a file to be restored and has it read.
func (c *client) checked(file []byte) (id string, a *answer) {
	c.t.Helper()
	a = c.call("POST", "/v1/restores", map[string]any{"fileName": "club.muster.tar.gz", "size": len(file)}).want(http.StatusCreated)
	id = a.text("id")
	c.sendForm(a, file)
	c.call("POST", "/v1/restores/"+id+"/check", nil).want(http.StatusOK)
	return id, c.waitFor("/v1/restores/" + id)
}

// people lists the contacts of an organisation with all that is in them.
func (c *client) people() []any {
	c.t.Helper()
	return c.call("GET", "/v1/contacts?sort=number&limit=200&fields=*", nil).want(http.StatusOK).list("items")
}

// A whole organisation fits in one file and comes out of it as it was: records, numbers, versions, history. The file is
// made and restored through the API, in the pages and by the program itself, and one that is not whole changes nothing
// (IMP-17).
func TestIMP17_BackUpMoveRestore(t *testing.T) {
	home := begin(t)
	home.call("POST", "/v1/fields", map[string]any{"for": "contact", "name": "boat", "label": "Boat", "type": "text"}).want(http.StatusCreated)
	first := home.contact(map[string]any{"firstName": "Ann", "lastName": "Peeters", "emails": []any{map[string]any{"address": "ann@example.org"}}, "custom": map[string]any{"boat": "Vaurien"}})
	home.call("PATCH", "/v1/contacts/"+first, map[string]any{"nickname": "Annie"}, "If-Match", "*").want(http.StatusOK)
	mapped := home.call("POST", "/v1/mappings", map[string]any{"name": "Club list", "columns": []any{map[string]any{"header": "Voornaam", "field": "firstName"}}}).want(http.StatusCreated).text("id")
	second := home.contact(map[string]any{"firstName": "Bo", "lastName": "Claes"})
	home.call("DELETE", "/v1/contacts/"+second, nil, "If-Match", "*").want(http.StatusOK)
	file := home.backup()

	t.Run("what comes back is what was", func(t *testing.T) {
		away := begin(t)
		id, a := away.checked(file)
		if a.text("state") != "previewed" || a.text("holds.organisation") == "" {
			t.Fatalf("%s", a.raw)
		}
		if n := len(away.people()); n != 0 {
			t.Errorf("%d contacts before anything was to be written", n)
		}
		away.call("POST", "/v1/restores/"+id+"/run", nil).want(http.StatusOK)
		if a := away.waitFor("/v1/restores/" + id); a.text("state") != "done" {
			t.Fatalf("%s", a.raw)
		}
		for _, path := range []string{"/v1/contacts?sort=number&fields=*&q=", "/v1/contacts?q=is:trashed&fields=*", "/v1/contacts/" + first + "/history", "/v1/mappings", "/v1/mappings/" + mapped + "/history"} {
			want, got := home.call("GET", path, nil).want(http.StatusOK), away.call("GET", path, nil).want(http.StatusOK)
			own := strings.NewReplacer(home.call("GET", "/v1/me", nil).text("user.id"), "me")
			other := strings.NewReplacer(away.call("GET", "/v1/me", nil).text("user.id"), "me")
			if diff := cmp.Diff(own.Replace(string(want.raw)), other.Replace(string(got.raw))); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", path, diff)
			}
		}
		if n := away.call("POST", "/v1/contacts", map[string]any{"firstName": "New"}).want(http.StatusCreated).number("number"); n != 3 {
			t.Errorf("the next number is %d", n)
		}
		again := away.call("POST", "/v1/contacts", map[string]any{"firstName": "X", "emails": []any{map[string]any{"address": "ann@example.org"}}}).want(http.StatusCreated)
		if len(again.list("warnings")) != 1 {
			t.Errorf("the address is not known to be Ann's: %s", again.raw)
		}
	})
	t.Run("it is checked whole before anything is written", func(t *testing.T) {
		away := begin(t)
		for name, broken := range map[string][]byte{"cut": file[:len(file)-50], "no backup": []byte("Dear reader,"), "altered": append(append([]byte{}, file[:len(file)/2]...), file[len(file)/2+1:]...)} {
			id, a := away.checked(broken)
			if a.text("state") != "failed" || a.text("failure.code") != "backup_damaged" {
				t.Errorf("%s: %s", name, a.raw)
			}
			away.call("POST", "/v1/restores/"+id+"/run", nil).want(http.StatusConflict)
		}
		if n := len(away.people()); n != 0 {
			t.Errorf("%d contacts", n)
		}
	})
	t.Run("an organisation that holds something is left alone", func(t *testing.T) {
		if code := home.call("POST", "/v1/restores", map[string]any{"fileName": "x", "size": 10}).want(http.StatusConflict).text("code"); code != "holds_records" {
			t.Errorf("%s", code)
		}
	})
	t.Run("by the program itself, into another place", func(t *testing.T) {
		dir := t.TempDir()
		binary := filepath.Join(dir, "muster")
		if out, err := exec.Command("go", "build", "-C", need.Root(), "-o", binary, "./infra/local").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		p := launch(t, binary, filepath.Join(dir, "one"))
		p.contact(map[string]any{"firstName": "Ann", "lastName": "Peeters"})
		want := p.people()
		p.kill()
		file := filepath.Join(dir, "club.muster.tar.gz")
		run := func(args ...string) string {
			t.Helper()
			command := exec.Command(binary, append(args, "-addr", "127.0.0.1:0", "-template", filepath.Join(need.Root(), "template.yaml"))...)
			out, err := command.CombinedOutput()
			if err != nil {
				t.Fatalf("%v: %v: %s", args, err, out)
			}
			return string(out)
		}
		if said := run("-data", filepath.Join(dir, "one"), "-backup", file); !strings.Contains(said, file) {
			t.Errorf("said %q", said)
		}
		if said := run("-data", filepath.Join(dir, "two"), "-restore", file); !strings.Contains(said, "/welcome/") {
			t.Errorf("said %q", said)
		}
		said := run("-data", filepath.Join(dir, "two"), "-backup", filepath.Join(dir, "again.tar.gz"))
		if !strings.Contains(said, "again.tar.gz") || len(want) != 1 {
			t.Errorf("said %q", said)
		}
	})
	t.Run("in the pages", func(t *testing.T) {
		b := home.tab(t)
		b.open("/settings/backup")
		b.holds("main", "Restore a backup", "holds records already")
		b.Follow(".page-actions button.primary")
		b.until("main", "Done")
		name := filepath.Join(t.TempDir(), "club.muster.tar.gz")
		if err := os.WriteFile(name, file, 0o600); err != nil {
			t.Fatal(err)
		}
		b = begin(t).tab(t)
		b.open("/settings/backup")
		b.File("input[type=file]", name)
		b.save("#upload")
		b.until("main", "The backup is whole")
		b.Follow(".alert-actions button")
		b.until("main", "The organisation is restored")
		b.open("/contacts")
		b.holds("main", "Ann Peeters")
	})
}
