package file_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/blob/dirblob"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/idem"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/mail/dirmail"
	"github.com/muster-crm/muster/shared/photo"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

// house is one organisation with files, as the function of files has it: without an index.
type house struct {
	*file.Files
	t     *testing.T
	k     *kernel.Kernel
	clock *clock.Manual
	owner policy.Grant
	post  http.Handler
}

const base = "http://localhost:3000/_blob"

func open(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, clock: clock.At(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))}
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), h.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	h.k = kernel.New(kernel.Ports{Store: s, Kinds: product.Kinds(), Clock: h.clock, Unlisted: true})
	bucket, err := dirblob.Open(filepath.Join(t.TempDir(), "blobs"), dirblob.Options{Base: base, Ring: h.k.Ring, Clock: h.clock})
	if err != nil {
		t.Fatal(err)
	}
	box, err := dirmail.Open(filepath.Join(t.TempDir(), "mail"), h.clock)
	if err != nil {
		t.Fatal(err)
	}
	accounts := account.New(account.Ports{Store: s, Log: h.k.Commits, Directory: h.k.Directory, Records: h.k.Records, Ring: h.k.Ring,
		Clock: h.clock, IDs: h.k.IDs, Mail: box, From: mail.Address{Address: "muster@example.org"}})
	founded, err := accounts.Found(t.Context(), account.Founding{Name: "Harbour Choir", Language: "en", Country: "BE", TimeZone: "Europe/Brussels",
		OwnerName: "Olga", OwnerEmail: "olga@example.org", Password: "grey pebbles, blue kettle"}, "console")
	if err != nil {
		t.Fatal(err)
	}
	h.owner, h.post = founded.Grant.Via("api"), bucket.Handler()
	h.Files = file.New(file.Ports{Records: h.k.Records, Blobs: bucket})
	return h
}

func (h *house) write() repository.Write { return repository.Write{Grant: h.owner} }

func (h *house) as(role policy.Role) policy.Grant {
	return policy.For(policy.Actor{ID: "usr_1"}, role).In(h.owner.Tenant())
}

func (h *house) make(kind, body string) string {
	h.t.Helper()
	res, err := h.Records.Create(h.t.Context(), h.write(), kind, []byte(body))
	if err != nil {
		h.t.Fatal(err)
	}
	return res.Record.Base().ID
}

func (h *house) contact() string { return h.make("contact", `{"firstName":"Ann"}`) }
func (h *house) company() string { return h.make("company", `{"name":"Acme"}`) }

// send posts a form with its file, as a browser does, and gives the status and where it leads.
func (h *house) send(up file.Upload, data []byte) (int, string) {
	h.t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for name, value := range up.Fields {
		_ = w.WriteField(name, value)
	}
	part, err := w.CreateFormFile("file", "x")
	if err != nil {
		h.t.Fatal(err)
	}
	_, _ = part.Write(data)
	_ = w.Close()
	r := httptest.NewRequest(up.Method, up.URL, &form)
	r.Header.Set("Content-Type", w.FormDataContentType())
	got := httptest.NewRecorder()
	h.post.ServeHTTP(got, r)
	return got.Code, got.Header().Get("Location")
}

// fetch gets what lies at an address.
func (h *house) fetch(address string) *httptest.ResponseRecorder {
	got := httptest.NewRecorder()
	h.post.ServeHTTP(got, httptest.NewRequest("GET", address, nil))
	return got
}

// begin makes a file of an owner and sends its bytes.
func (h *house) begin(kind, owner, name string, p file.Purpose, data []byte) string {
	h.t.Helper()
	_, up, err := h.Begin(h.t.Context(), h.write(), kind, owner, name, int64(len(data)), p)
	if err != nil {
		h.t.Fatal(err)
	}
	if status, _ := h.send(up, data); status != http.StatusCreated {
		h.t.Fatalf("upload: %d", status)
	}
	return up.ID
}

func (h *house) file(id string) *file.File {
	h.t.Helper()
	rec, err := h.Records.Get(h.t.Context(), h.owner, file.Name, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return rec.(*file.File)
}

// documents lists the documents of an owner.
func (h *house) documents(kind, owner string) ([]*file.File, error) {
	around, err := h.Records.Around(h.t.Context(), h.owner, kind, owner)
	return file.Documents(around.Children[file.Name]), err
}

// objects lists the bucket, each name without the organisation.
func (h *house) objects() []string {
	h.t.Helper()
	all, err := h.Blobs.List(h.t.Context(), "", "", 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	var names []string
	for _, o := range all {
		names = append(names, strings.Replace(o.Key, "/"+h.owner.Tenant().ID()+"/", "/", 1))
	}
	return names
}

// stranger gives an id like another, of nothing there is.
func stranger(id string) string {
	if last := len(id) - 1; id[last] == '0' {
		return id[:last] + "1"
	}
	return id[:len(id)-1] + "0"
}

func kindOf(err error) fault.Kind {
	if err == nil {
		return 255
	}
	return fault.From(err).Kind
}

func TestDocument(t *testing.T) {
	h := open(t)
	ctx, owner := t.Context(), h.contact()
	key := idem.Key{Caller: "a", Route: "b", Name: "c", Body: "d"}
	w := h.write()
	w.Key = key
	res, up, err := h.Begin(ctx, w, "contact", owner, "../Certificate\u202e.html", int64(len(pdf)), file.Document)
	if err != nil {
		t.Fatal(err)
	}
	rec := res.Record.(*file.File)
	if rec.Owner != owner || rec.State != file.Pending || rec.Name != "Certificate.html" || !strings.HasSuffix(up.ID, owner) || rec.ID != up.ID {
		t.Errorf("%+v", rec)
	}
	again, same, err := h.Begin(ctx, w, "contact", owner, "../Certificate\u202e.html", int64(len(pdf)), file.Document)
	if err != nil || !again.Replayed || same.ID != up.ID {
		t.Errorf("sent again: %+v, %v", again, err)
	}
	if _, err := h.Ready(ctx, h.write(), up.ID); kindOf(err) != fault.Conflict {
		t.Errorf("ready before it is there: %v", err)
	}
	if _, err := h.Download(ctx, h.owner, up.ID); kindOf(err) != fault.Conflict {
		t.Errorf("fetched before it is there: %v", err)
	}
	if status, _ := h.send(up, []byte(pdf)); status != http.StatusCreated {
		t.Fatalf("upload: %d", status)
	}
	for range 2 { // twice is once
		res, err := h.Ready(ctx, h.write(), up.ID)
		if err != nil {
			t.Fatal(err)
		}
		rec = res.Record.(*file.File)
	}
	sum := sha256.Sum256([]byte(pdf))
	want := &file.File{Meta: rec.Meta, Owner: owner, Name: "Certificate.html.pdf", Purpose: file.Document, State: file.Ready, Type: "application/pdf",
		Size: int64(len(pdf)), SHA: hex.EncodeToString(sum[:])}
	if diff := cmp.Diff(want, rec); diff != "" || rec.Version != 2 {
		t.Errorf("version %d %s", rec.Version, diff)
	}
	if diff := cmp.Diff([]string{"files/" + up.ID + "/" + rec.SHA[:32] + "/whole"}, h.objects()); diff != "" {
		t.Error(diff)
	}

	// The form is still good for an hour: what is sent with it now is nobody's.
	if status, _ := h.send(up, []byte("<script>alert(1)</script>")); status != http.StatusCreated {
		t.Fatalf("upload: %d", status)
	}
	if _, err := h.Ready(ctx, h.write(), up.ID); err != nil {
		t.Error(err)
	}
	at, err := h.Download(ctx, h.as(policy.Reader), up.ID)
	if err != nil || !at.ExpiresAt.Equal(h.clock.Now().Add(5*time.Minute)) {
		t.Fatalf("%+v, %v", at, err)
	}
	got := h.fetch(at.URL)
	if got.Body.String() != pdf || got.Header().Get("Content-Type") != "application/pdf" ||
		got.Header().Get("Content-Disposition") != `attachment; filename="Certificate.html.pdf"` || got.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v %q", got.Header(), got.Body)
	}
	h.clock.Advance(5*time.Minute + time.Second)
	if got := h.fetch(at.URL); got.Code != http.StatusForbidden {
		t.Errorf("after five minutes: %d", got.Code)
	}

	list, err := h.documents("contact", owner)
	if err != nil || len(list) != 1 || list[0].ID != up.ID {
		t.Errorf("%v, %v", list, err)
	}
	res, err = h.Records.Patch(ctx, h.write(), file.Name, up.ID, 2, []byte(`{"name":"a/b.exe"}`))
	if err != nil || res.Record.(*file.File).Name != "b.exe.pdf" {
		t.Errorf("renamed: %+v, %v", res.Record, err)
	}
	for _, body := range []string{`{"type":"text/html"}`, `{"sha":"00"}`, `{"state":"pending"}`, `{"owner":"` + h.contact() + `"}`, `{"name":null}`, `{"purpose":"photo"}`} {
		if _, err := h.Records.Patch(ctx, h.write(), file.Name, up.ID, 3, []byte(body)); kindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", body, err)
		}
	}

	// In the trash it is gone from everywhere but the bucket, and comes back whole.
	if _, err := h.Records.Trash(ctx, h.write(), file.Name, up.ID, 3); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Download(ctx, h.as(policy.Reader), up.ID); kindOf(err) != fault.NotFound {
		t.Errorf("fetched from the trash: %v", err)
	}
	if list, err := h.documents("contact", owner); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := h.Records.Restore(ctx, h.write(), file.Name, up.ID, 4, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Records.Trash(ctx, h.write(), "contact", owner, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Download(ctx, h.owner, up.ID); kindOf(err) != fault.NotFound {
		t.Errorf("fetched from somebody in the trash: %v", err)
	}
	if _, err := h.Records.Restore(ctx, h.write(), "contact", owner, 2, ""); err != nil {
		t.Fatal(err)
	}
	if at, err := h.Download(ctx, h.owner, up.ID); err != nil || h.fetch(at.URL).Body.String() != pdf {
		t.Errorf("restored: %v", err)
	}
}

func TestBeginRefuses(t *testing.T) {
	h := open(t)
	ctx, ann, acme := t.Context(), h.contact(), h.company()
	gone := h.contact()
	if _, err := h.Records.Trash(ctx, h.write(), "contact", gone, 1); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind, owner, name string
		size              int64
		p                 file.Purpose
		want              string
	}{
		{"contact", ann, "", 1, file.Document, "invalid [name required]"},
		{"contact", ann, "/", 1, file.Document, "invalid [name required]"},
		{"contact", ann, strings.Repeat("x", 201), 1, file.Document, "invalid [name too_long]"},
		{"contact", ann, "a", 0, file.Document, "invalid [size file_empty]"},
		{"contact", ann, "a", 25<<20 + 1, file.Document, "invalid [size file_too_large]"},
		{"contact", ann, "a", 10<<20 + 1, file.Photo, "invalid [size file_too_large]"},
		{"company", acme, "a", 5<<20 + 1, file.Logo, "invalid [size file_too_large]"},
		{"contact", ann, "a", 1, file.Logo, "invalid [purpose bad_choice]"},
		{"company", acme, "a", 1, file.Photo, "invalid [purpose bad_choice]"},
		{"contact", ann, "a", 1, "poem", "invalid [purpose bad_choice]"},
		{"contact", acme, "a", 1, file.Document, "not_found"},
		{"company", ann, "a", 1, file.Logo, "not_found"},
		{"contact", stranger(ann), "a", 1, file.Document, "not_found"},
		{"contact", "con_../../x", "a", 1, file.Document, "not_found"},
		{"contact", gone, "a", 1, file.Document, "conflict: trashed"},
	} {
		_, _, err := h.Begin(ctx, h.write(), c.kind, c.owner, c.name, c.size, c.p)
		got := "<nil>"
		if err != nil {
			got, _, _ = strings.Cut(err.Error(), " (")
		}
		if got != c.want {
			t.Errorf("%s %s %.20q of %d for %s: %s, want %s", c.kind, c.owner, c.name, c.size, c.p, got, c.want)
		}
	}
	reader := repository.Write{Grant: h.as(policy.Reader)}
	if _, _, err := h.Begin(ctx, reader, "contact", ann, "a", 1, file.Document); kindOf(err) != fault.Denied {
		t.Errorf("a reader begins: %v", err)
	}
	if _, err := h.Ready(ctx, reader, "fil_x"); kindOf(err) != fault.Denied {
		t.Errorf("a reader ends: %v", err)
	}
	if _, err := h.SetPicture(ctx, reader, "contact", ann, 1, "fil_x"); kindOf(err) != fault.Denied {
		t.Errorf("a reader sets a photo: %v", err)
	}
	if names := h.objects(); len(names) != 0 {
		t.Errorf("refusals left %v", names)
	}
}

// What is no document is refused and removed, and the form is good for another try.
func TestRefusedIsRemoved(t *testing.T) {
	h := open(t)
	ctx, owner := t.Context(), h.contact()
	id := h.begin("contact", owner, "harmless.pdf", file.Document, []byte("<script>alert(1)</script>"))
	if _, err := h.Ready(ctx, h.write(), id); refusal(err) != "file_type" {
		t.Fatal(err)
	}
	if names := h.objects(); len(names) != 0 {
		t.Errorf("left %v", names)
	}
	if _, err := h.Ready(ctx, h.write(), id); kindOf(err) != fault.Conflict {
		t.Errorf("asked again: %v", err)
	}
	if got := h.file(id); got.State != file.Pending || got.Version != 1 {
		t.Errorf("%+v", got)
	}
	up := file.Upload{ID: id}
	var err error
	if up.Upload, err = h.Blobs.SignUpload(ctx, h.owner.Tenant().Blob("tmp", id), blob.UploadOptions{MaxBytes: 1000, Expires: time.Hour}); err != nil {
		t.Fatal(err)
	}
	h.send(up, []byte(pdf))
	if _, err := h.Ready(ctx, h.write(), id); err != nil || h.file(id).State != file.Ready {
		t.Errorf("second try: %v", err)
	}
}

// The size of an upload is held by the form, not believed.
func TestTooLarge(t *testing.T) {
	h := open(t)
	_, up, err := h.Begin(t.Context(), h.write(), "company", h.company(), "logo.png", 10, file.Logo)
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := h.send(up, append(pic(t), make([]byte, 5<<20)...)); status != http.StatusBadRequest {
		t.Errorf("6 MB for 5: %d", status)
	}
}

func TestPage(t *testing.T) {
	h := open(t)
	ctx, owner := t.Context(), h.contact()
	back := func(id string) string { return "http://localhost:3000/back?" + url.Values{"id": {id}}.Encode() }
	up, err := h.Offer(ctx, h.owner, "contact", owner, file.Document, back)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Adopt(ctx, h.write(), "contact", owner, up.ID, "x", file.Document); kindOf(err) != fault.Conflict {
		t.Errorf("adopted before it is there: %v", err)
	}
	status, to := h.send(up, []byte(pdf))
	if u, err := url.Parse(to); status != http.StatusSeeOther || err != nil || u.Query().Get("id") != up.ID {
		t.Fatalf("%d to %s", status, to)
	}
	other := h.contact()
	for _, bad := range []struct{ owner, id string }{{other, up.ID}, {owner, "fil_x"}, {owner, "../" + up.ID}, {owner, ""}, {owner, strings.ToUpper(up.ID)}} {
		if _, err := h.Adopt(ctx, h.write(), "contact", bad.owner, bad.id, "x", file.Document); kindOf(err) != fault.NotFound {
			t.Errorf("%v: %v", bad, err)
		}
	}
	for range 2 {
		res, err := h.Adopt(ctx, h.write(), "contact", owner, up.ID, strings.Repeat("long ", 60)+".PDF", file.Document)
		if err != nil {
			t.Fatal(err)
		}
		if f := res.Record.(*file.File); f.State != file.Ready || f.Owner != owner || f.Version != 1 || !strings.HasSuffix(f.Name, ".PDF") || len(f.Name) > 200 {
			t.Errorf("%+v", f)
		}
	}
	// Nobody owes an upload that came: nothing is due.
	h.clock.Advance(48 * time.Hour)
	if due, err := h.k.Directory.DueBy(ctx, h.clock.Now(), 100); err != nil || len(due) != 0 {
		t.Errorf("%v, %v", due, err)
	}
	if _, err := h.Offer(ctx, h.owner, "company", h.company(), file.Photo, back); kindOf(err) != fault.NotFound {
		t.Errorf("a company's photo: %v", err)
	}
	if _, err := h.Offer(ctx, h.as(policy.Reader), "contact", owner, file.Document, back); kindOf(err) != fault.Denied {
		t.Errorf("a reader: %v", err)
	}
}

func TestPhoto(t *testing.T) {
	h := open(t)
	ctx, owner := t.Context(), h.contact()
	photoOf := func() string {
		rec, err := h.Records.Get(ctx, h.owner, "contact", owner)
		if err != nil {
			t.Fatal(err)
		}
		return rec.(*contact.Contact).Photo
	}
	first := h.begin("contact", owner, "me.jpg", file.Photo, jpg(t))
	if _, err := h.SetPicture(ctx, h.write(), "contact", owner, 1, first); err != nil {
		t.Fatal(err)
	}
	second := h.begin("contact", owner, "me.png", file.Photo, pic(t))
	if _, err := h.SetPicture(ctx, h.write(), "contact", owner, 1, second); kindOf(err) != fault.Stale {
		t.Errorf("over a newer version: %v", err)
	}
	if _, err := h.SetPicture(ctx, h.write(), "contact", owner, 2, second); err != nil {
		t.Fatal(err)
	}
	if photoOf() != second {
		t.Errorf("the photo is %s", photoOf())
	}
	sha := func(id string) string { return "files/" + id + "/" + h.file(id).SHA[:32] + "/" }
	want := []string{sha(first) + "320", sha(first) + "96", sha(first) + "whole", sha(second) + "320", sha(second) + "96", sha(second) + "whole"}
	slices.Sort(want)
	if diff := cmp.Diff(want, h.objects()); diff != "" {
		t.Error(diff)
	}
	for _, pixels := range photo.Sizes() {
		img, err := h.Thumbnail(ctx, h.as(policy.Reader), second, pixels)
		if err != nil || img.Type != "image/jpeg" {
			t.Fatalf("%d: %+v, %v", pixels, img, err)
		}
		data, err := io.ReadAll(img.Body)
		img.Body.Close()
		if err != nil || int64(len(data)) != img.Size || !bytes.HasPrefix(data, []byte("\xff\xd8\xff")) {
			t.Errorf("%d: %d bytes of %d, %v", pixels, len(data), img.Size, err)
		}
	}
	for _, id := range []string{"fil_x", owner, stranger(first)} {
		if _, err := h.Thumbnail(ctx, h.owner, id, 96); kindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := h.Thumbnail(ctx, h.owner, second, 97); kindOf(err) != fault.NotFound {
		t.Errorf("a size there is not: %v", err)
	}
	document := h.begin("contact", owner, "a.pdf", file.Document, []byte(pdf))
	if _, err := h.Ready(ctx, h.write(), document); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Thumbnail(ctx, h.owner, document, 96); kindOf(err) != fault.NotFound {
		t.Errorf("a document's thumbnail: %v", err)
	}
	if list, err := h.documents("contact", owner); err != nil || len(list) != 1 || list[0].ID != document {
		t.Errorf("documents: %v, %v", list, err)
	}

	// What is not the contact's photo does not become it.
	another := h.begin("contact", h.contact(), "x.jpg", file.Photo, jpg(t))
	for _, id := range []string{document, another, "fil_x", "", owner} {
		if _, err := h.SetPicture(ctx, h.write(), "contact", owner, 3, id); refusal(err) != "bad_reference" {
			t.Errorf("%s: %v", id, err)
		}
	}
	bad := h.begin("contact", owner, "x.jpg", file.Photo, []byte(pdf))
	if _, err := h.SetPicture(ctx, h.write(), "contact", owner, 3, bad); refusal(err) != "photo_type" {
		t.Errorf("a PDF as photo: %v", err)
	}

	if _, err := h.RemovePicture(ctx, h.write(), "contact", owner, 3); err != nil || photoOf() != "" {
		t.Errorf("removed: %s, %v", photoOf(), err)
	}
	changes, _, err := h.Records.History(ctx, h.owner, "contact", owner, 0, 10)
	if err != nil || len(changes) != 4 {
		t.Fatalf("%d changes, %v", len(changes), err)
	}
	// Nothing is final: history brings one photo back after the other.
	for i, want := range []string{second, first, ""} {
		if _, err := h.Records.Revert(ctx, h.write(), "contact", owner, int64(4+i), changes[i].Seq, nil); err != nil || photoOf() != want {
			t.Errorf("taken back %d: %q, want %q, %v", i, photoOf(), want, err)
		}
	}
	if _, err := h.Records.Patch(ctx, h.write(), "contact", owner, repository.AnyVersion, []byte(`{"photo":"`+another+`"}`)); kindOf(err) != fault.Invalid {
		t.Errorf("a photo by patch: %v", err)
	}
}

func TestPagePhoto(t *testing.T) {
	h := open(t)
	ctx, owner := t.Context(), h.contact()
	up, err := h.Offer(ctx, h.owner, "contact", owner, file.Photo, func(string) string { return "http://localhost:3000/back" })
	if err != nil {
		t.Fatal(err)
	}
	h.send(up, pic(t))
	for range 2 {
		res, err := h.SetPicture(ctx, h.write(), "contact", owner, repository.AnyVersion, up.ID)
		if err != nil || res.Record.(*contact.Contact).Photo != up.ID || res.Record.Base().Version != 2 {
			t.Fatalf("%+v, %v", res.Record, err)
		}
	}
}

const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script>alert(1)</script><rect width="1" height="1" onclick="x()"/></svg>`

func TestLogos(t *testing.T) {
	h := open(t)
	ctx, owner := t.Context(), h.company()
	for i, c := range []struct {
		data        []byte
		media, want string
	}{
		{pic(t), "image/png", ""}, {jpg(t), "image/jpeg", ""}, {[]byte("<?xml version='1.0'?>" + drawing), "image/svg+xml", ""},
		{[]byte(pdf), "", "logo_type"}, {[]byte("<html><svg/></html>"), "", "svg_type"}, {[]byte(drawing[:90]), "", "file_damaged"},
	} {
		id := h.begin("company", owner, fmt.Sprint("logo", i), file.Logo, c.data)
		res, err := h.SetPicture(ctx, h.write(), "company", owner, repository.AnyVersion, id)
		if refusal(err) != c.want {
			t.Errorf("%d: %v, want %s", i, err, c.want)
		}
		if err != nil {
			continue
		}
		if res.Record.(*company.Company).Logo != id || h.file(id).Type != c.media {
			t.Errorf("%d: %+v %+v", i, res.Record, h.file(id))
		}
		img, err := h.Thumbnail(ctx, h.owner, id, 96)
		if err != nil || img.Type != c.media {
			t.Fatalf("%d: %+v, %v", i, img, err)
		}
		data, _ := io.ReadAll(img.Body)
		img.Body.Close()
		if bytes.Contains(data, []byte("script")) || bytes.Contains(data, []byte("onclick")) {
			t.Errorf("%d: %s", i, data)
		}
	}
}

func TestOwnLogo(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	up, err := h.OfferLogo(ctx, h.owner, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.SetLogo(ctx, h.write(), repository.AnyVersion, up.ID); kindOf(err) != fault.Conflict {
		t.Errorf("before it is there: %v", err)
	}
	h.send(up, []byte(drawing))
	res, err := h.SetLogo(ctx, h.write(), repository.AnyVersion, up.ID)
	if err != nil {
		t.Fatal(err)
	}
	name := res.Record.(*setting.Settings).Logo
	img, err := h.OwnLogo(ctx, h.as(policy.Reader), name, 96)
	if err != nil || img.Type != "image/svg+xml" {
		t.Fatalf("%+v, %v", img, err)
	}
	img.Body.Close()
	for _, bad := range []string{"", "x", strings.Repeat("0", 32), "../" + name} {
		if _, err := h.OwnLogo(ctx, h.owner, bad, 96); kindOf(err) != fault.NotFound {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "fil_x", "upl_../../x"} {
		if _, err := h.SetLogo(ctx, h.write(), repository.AnyVersion, bad); refusal(err) != "bad_reference" {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if res, err := h.RemoveLogo(ctx, h.write(), repository.AnyVersion); err != nil || res.Record.(*setting.Settings).Logo != "" {
		t.Errorf("removed: %v", err)
	}
	editor := h.as(policy.Editor)
	if _, err := h.OfferLogo(ctx, editor, nil); kindOf(err) != fault.Denied {
		t.Errorf("an editor: %v", err)
	}
	if _, err := h.SetLogo(ctx, repository.Write{Grant: editor}, repository.AnyVersion, up.ID); kindOf(err) != fault.Denied {
		t.Errorf("an editor: %v", err)
	}
}
