package acceptance

import (
	"fmt"
	"net/url"
	"testing"
	"time"
)

// bulk starts a bulk action and gives it as it is at its end.
func (c *client) bulk(action string, target, params map[string]any) *answer {
	c.t.Helper()
	return c.awaitBulk(c.call("POST", "/v1/bulks", map[string]any{"action": action, "target": target, "params": params}).want(201).text("id"))
}

func (c *client) awaitBulk(id string) *answer {
	c.t.Helper()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		a := c.call("GET", "/v1/bulks/"+id, nil).want(200)
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

func (c *client) undoBulk(id string) *answer {
	c.t.Helper()
	c.call("POST", "/v1/bulks/"+id+"/undo", nil).want(200)
	return c.awaitBulk(id)
}

// three makes contacts and gives their ids.
func (c *client) three() []any {
	c.t.Helper()
	var ids []any
	for _, p := range []map[string]any{{"firstName": "Ann", "tags": []any{"board"}, "type": "donor"}, {"firstName": "Bob"}, {"firstName": "Cas", "status": "withdrawn"}} {
		ids = append(ids, c.call("POST", "/v1/contacts", p).want(201).text("id"))
	}
	return ids
}

// counts tells what became of records: done, unchanged, skipped, failed.
func counts(a *answer) string {
	return fmt.Sprint(a.number("counts.done"), a.number("counts.unchanged"), a.number("counts.skipped"), a.number("counts.failed"))
}

// BULK-04, 05, 08, 09: one tag or value for all; those that have it count as unchanged.
func TestBULK04_AddOrRemoveATag(t *testing.T) { values(t, "tag.add", "tag.remove") }
func TestBULK05_ChangeCategory(t *testing.T)  { values(t, "category") }
func TestBULK08_ChangeStatus(t *testing.T)    { values(t, "status") }
func TestBULK09_ChangeType(t *testing.T)      { values(t, "type") }

func values(t *testing.T, actions ...string) {
	c := begin(t)
	c.call("POST", "/v1/lists/category/values", map[string]any{"label": "Youth"}).want(201)
	c.call("POST", "/v1/lists/category/values", map[string]any{"label": "Old", "retired": true}).want(201)
	for _, action := range actions {
		t.Run(action, func(t *testing.T) {
			w := map[string]struct {
				params, bad map[string]any
				q, counts   string
				found       int
			}{
				"tag.add":    {map[string]any{"tag": "Board"}, map[string]any{"tag": ""}, "tag:board", "2 1 0 0", 3},
				"tag.remove": {map[string]any{"tag": "board"}, map[string]any{}, "tag:board", "1 2 0 0", 0},
				"category":   {map[string]any{"category": "youth"}, map[string]any{"category": "old"}, "category:youth", "3 0 0 0", 3},
				"status":     {map[string]any{"status": "withdrawn"}, map[string]any{"status": "gone"}, "status:withdrawn", "2 1 0 0", 3},
				"type":       {map[string]any{"type": "donor"}, map[string]any{"type": "pirate"}, "type:donor", "2 1 0 0", 3},
			}[action]
			ids := c.three()
			target := map[string]any{"ids": ids}
			c.call("POST", "/v1/bulks", map[string]any{"action": action, "target": target, "params": w.bad}).want(422)
			done := c.bulk(action, target, w.params)
			if got := counts(done); got != w.counts {
				t.Errorf("%s", got)
			}
			if n := c.total(url.QueryEscape(w.q)); n != w.found {
				t.Errorf("%d found", n)
			}
			c.undoBulk(done.text("id"))
			c.bulk("delete", target, map[string]any{"count": 3})
		})
	}
}

// BULK-15: deletion is confirmed by the count.
func TestBULK15_Delete(t *testing.T) {
	c := begin(t)
	ids := c.three()
	for _, params := range []map[string]any{{}, {"count": 2}} {
		c.call("POST", "/v1/bulks", map[string]any{"action": "delete", "target": map[string]any{"ids": ids}, "params": params}).want(422)
	}
	if got := counts(c.bulk("delete", map[string]any{"ids": ids}, map[string]any{"count": 3})); got != "3 0 0 0" || c.total("") != 0 {
		t.Errorf("%s, %d left", got, c.total(""))
	}
}

// BULK-16: a bad value is refused before any record changes; without one the field is cleared.
func TestBULK16_OwnFields(t *testing.T) {
	c := begin(t)
	c.call("POST", "/v1/fields", map[string]any{"for": "contact", "name": "size", "label": "Size", "type": "choice", "options": []any{"S", "M"}}).want(201)
	target := map[string]any{"ids": c.three()}
	c.call("POST", "/v1/bulks", map[string]any{"action": "custom", "target": target, "params": map[string]any{"field": "size", "value": "XXL"}}).want(422)
	if got := counts(c.bulk("custom", target, map[string]any{"field": "size", "value": "M"})); got != "3 0 0 0" || c.total("size:M") != 3 {
		t.Errorf("%s", got)
	}
	if got := counts(c.bulk("custom", target, map[string]any{"field": "size"})); got != "3 0 0 0" || c.total("size:*") != 0 {
		t.Errorf("%s", got)
	}
}

// BULK-21: count, samples and who is skipped come first; an empty target is an error, never all.
func TestBULK21_CountAndSampleFirst(t *testing.T) {
	c := begin(t)
	ids := append(c.three(), "con_nobody")
	p := c.call("POST", "/v1/bulks", map[string]any{"action": "tag.add", "target": map[string]any{"ids": ids}, "params": map[string]any{"tag": "board"}, "dryRun": true}).want(200)
	if counts(p) != "2 1 1 0" || p.number("counts.total") != 4 || p.text("exceptions.0.id") != "con_nobody" || p.text("samples.0.title") == "" {
		t.Errorf("%v", p.at("counts"))
	}
	if c.total("tag:board") != 1 {
		t.Error("the preview wrote")
	}
	for _, target := range []map[string]any{{}, {"ids": []any{}}, {"q": " "}, {"q": "tag:nobody"}} {
		for _, dry := range []bool{true, false} {
			c.call("POST", "/v1/bulks", map[string]any{"action": "tag.add", "target": target, "params": map[string]any{"tag": "x"}, "dryRun": dry}).want(422)
		}
	}
}

// BULK-22: each record ends with its result, which can be asked for.
func TestBULK22_PerItemResult(t *testing.T) {
	c := begin(t)
	done := c.bulk("tag.add", map[string]any{"ids": append(c.three(), "con_nobody")}, map[string]any{"tag": "board"})
	for result, n := range map[string]int{"": 4, "done": 2, "unchanged": 1, "skipped": 1, "failed": 0} {
		at := "/v1/bulks/" + done.text("id") + "/items"
		if result != "" {
			at += "?result=" + result
		}
		items, _ := c.call("GET", at, nil).want(200).at("items").([]any)
		if len(items) != n {
			t.Errorf("%q: %d", result, len(items))
		}
	}
	if c.call("GET", "/v1/bulks/"+done.text("id")+"/items?result=skipped", nil).want(200).text("items.0.reason") == "" {
		t.Error("no reason")
	}
}

// BULK-23: one action reverts the batch; what was edited since is kept and listed, field by field.
func TestBULK23_UndoABatch(t *testing.T) {
	c := begin(t)
	ids := c.three()
	done := c.bulk("tag.add", map[string]any{"ids": ids}, map[string]any{"tag": "x"})
	c.call("PATCH", "/v1/contacts/"+ids[0].(string), map[string]any{"nickname": "Ay"}, "If-Match", "*").want(200)
	c.call("PATCH", "/v1/contacts/"+ids[1].(string), map[string]any{"nickname": "Bee", "tags": []any{"x", "y"}}, "If-Match", "*").want(200)
	undone := c.undoBulk(done.text("id"))
	if undone.text("state") != "undone" || undone.number("counts.undone") != 2 || undone.number("counts.kept") != 1 || c.total("tag:x") != 1 || c.total("tag:y+nickname:*") != 1 || c.total("nickname:*") != 2 {
		t.Errorf("%v", undone.at("counts"))
	}
	if a := c.call("GET", "/v1/bulks/"+done.text("id")+"/items?result=kept", nil).want(200); a.text("items.0.id") != ids[1] || a.text("items.0.reasons.0.path") != "tags" ||
		a.text("items.0.reasons.0.code") != "edited_since" || a.text("items.0.reason") == "" {
		t.Errorf("%s", a.raw)
	}
	c.call("POST", "/v1/bulks/"+done.text("id")+"/undo", nil).want(409)
}
