package file_test

import (
	"net/url"
	"testing"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/merge"
	"github.com/muster-crm/muster/shared/repository"
)

// A file begun through the old id of a merged record is the survivor's. One that was offered before the merge lies with the
// record it was offered for, and is taken in as the survivor's; both are the survivor's until the merge is undone.
func TestMergedOwners(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	a, b, stray := h.contact(), h.contact(), h.contact()
	back := func(id string) string { return "http://localhost:3000/back?" + url.Values{"id": {id}}.Encode() }
	offered, err := h.Offer(ctx, h.owner, "contact", b, file.Document, back)
	if err != nil {
		t.Fatal(err)
	}
	portrait, err := h.Offer(ctx, h.owner, "contact", b, file.Photo, back)
	if err != nil {
		t.Fatal(err)
	}
	merges := merge.New(h.Records)
	m, _, err := merges.Do(ctx, h.write(), merge.Request{Kind: "contact", Main: a, Others: []string{b}})
	if err != nil {
		t.Fatal(err)
	}
	h.send(offered, []byte(pdf))
	h.send(portrait, jpg(t))
	if _, err := h.Adopt(ctx, h.write(), "contact", stray, offered.ID, "x", file.Document); kindOf(err) != fault.NotFound {
		t.Errorf("of somebody else: %v", err)
	}
	if _, err := h.SetPicture(ctx, h.write(), "contact", stray, repository.AnyVersion, portrait.ID); kindOf(err) != fault.Invalid {
		t.Errorf("a photo of somebody else: %v", err)
	}
	res, err := h.Adopt(ctx, h.write(), "contact", a, offered.ID, "letter.pdf", file.Document)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.SetPicture(ctx, h.write(), "contact", b, repository.AnyVersion, portrait.ID); err != nil {
		t.Fatal(err)
	}
	if id, err := h.PictureOf(ctx, h.owner, "contact", a); err != nil || id != portrait.ID {
		t.Errorf("the photo is %s, %v", id, err)
	}
	begun := h.begin("contact", b, "later.pdf", file.Document, []byte(pdf))
	if _, err := h.Ready(ctx, h.write(), begun); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{res.Record.Base().ID, begun, portrait.ID} {
		if got := h.file(id).Owner; got != a {
			t.Errorf("%s is %s's", id, got)
		}
	}
	if _, err := h.Download(ctx, h.owner, offered.ID); err != nil {
		t.Error(err)
	}
	if _, _, err := merges.Undo(ctx, h.write(), m.ID, repository.DropNone); err != nil {
		t.Fatal(err)
	}
	for id, owner := range map[string]string{begun: a, offered.ID: b, portrait.ID: b} {
		if got := h.file(id).Owner; got != owner {
			t.Errorf("in the end %s is %s's", id, got)
		}
	}
	if _, err := h.Thumbnail(ctx, h.owner, portrait.ID, 96); err != nil {
		t.Errorf("the photo stays to be seen: %v", err)
	}
}
