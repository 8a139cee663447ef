package acceptance

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// API-08: whatever takes longer than a request, or can be taken back, is a resource like any other: it is created, read,
// listed, stopped while it can be, and undone.
func TestAPI08_ProcessesAsResources(t *testing.T) {
	c := begin(t)
	main, other, third := c.contact(with("lastName", "Janssens")), c.contact(with("lastName", "Devos")), c.contact(with("lastName", "Maes"))
	ids := map[string]string{
		"imports": c.upload("one.csv", []byte("First name;Last name\nImported;Once\n")),
		"bulks":   c.call("POST", "/v1/bulks", map[string]any{"action": "tag.add", "target": map[string]any{"ids": []any{third}}, "params": map[string]any{"tag": "Rowers"}}).want(http.StatusCreated).text("id"),
		"exports": c.call("POST", "/v1/exports", map[string]any{"kind": "contact", "format": "csv"}).want(http.StatusCreated).text("id"),
	}
	c.awaitBulk(ids["bulks"])
	c.waitFor("/v1/exports/" + ids["exports"])
	ids["merges"] = c.merge("contact", main, other).text("id")
	for plural, id := range ids {
		t.Run(plural+" are read and listed", func(t *testing.T) {
			c.t = t
			if got := c.at(plural + "/" + id).text("id"); got != id {
				t.Errorf("read as %q", got)
			}
			items := c.call("GET", "/v1/"+plural, nil).want(http.StatusOK).list("items")
			if !slices.ContainsFunc(items, func(item any) bool { return fmt.Sprint(dig(item, "id")) == id }) {
				t.Errorf("%s is not in the list of %d", id, len(items))
			}
			c.call("GET", "/v1/"+plural+"/"+id+"x", nil).want(http.StatusNotFound)
		})
	}
	t.Run("stopped while they can be", func(t *testing.T) {
		c.t = t
		waiting := c.upload("two.csv", []byte("First name\nNever\n"))
		c.call("POST", "/v1/imports/"+waiting+"/cancel", nil).want(http.StatusOK)
		if state := c.await(waiting).text("state"); state != "cancelled" {
			t.Errorf("an import that was stopped is %s", state)
		}
		for _, plural := range []string{"bulks", "exports"} {
			if a := c.call("POST", "/v1/"+plural+"/"+ids[plural]+"/cancel", nil).want(http.StatusConflict); a.text("code") != "job_ended" {
				t.Errorf("%s at its end: %s", plural, a.raw)
			}
		}
	})
	t.Run("and taken back", func(t *testing.T) {
		c.t = t
		c.call("POST", "/v1/imports/"+ids["imports"]+"/preview", nil).want(http.StatusOK)
		c.await(ids["imports"])
		if c.run(ids["imports"]); c.total("imported") != 1 {
			t.Fatal("nobody was imported")
		}
		c.call("POST", "/v1/merges/"+ids["merges"]+"/undo", nil).want(http.StatusOK)
		c.undoBulk(ids["bulks"])
		c.call("POST", "/v1/imports/"+ids["imports"]+"/undo", nil).want(http.StatusOK)
		c.await(ids["imports"])
		if n := c.total(""); n != 3 {
			t.Errorf("%d contacts, want the three there were", n)
		}
		if tags := c.get(third).list("tags"); len(tags) != 0 {
			t.Errorf("tags %v", tags)
		}
	})
}
