package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Ports are what files stand on.
type Ports struct {
	Records *repository.Repository
	Blobs   blob.Bucket
}

// Files keeps files.
type Files struct{ Ports }

// New makes Files.
func New(p Ports) *Files { return &Files{p} }

const (
	uploadLife   = time.Hour       // of the form a file is sent with
	downloadLife = 5 * time.Minute // of the address a file is fetched at (DOC-01)
)

// incoming names the object an upload arrives in.
func incoming(t org.Tenant, id string) string { return t.Blob("tmp", id) }

// object names a part of what is kept: "whole" or the size of a thumbnail.
func object(t org.Tenant, id, sha, part string) string {
	return t.Blob("files", id+"/"+sha[:min(len(sha), 32)]+"/"+part)
}

const whole = "whole"

// Upload is a form and what it is for.
type Upload struct {
	blob.Upload
	ID string // of the file it becomes
}

// Begin makes a record of a file and the form its bytes are sent with, of a record named by its kind and id. Once sent,
// Ready is to be called, or for pictures SetPicture. Faults: Invalid for a missing or too long name, a size of none or too
// much, a purpose that is not the owner's; NotFound and Conflict (trashed) for the owner.
func (f *Files) Begin(ctx context.Context, w repository.Write, kind, owner, name string, size int64, p Purpose) (repository.Result, Upload, error) {
	owner, err := f.owner(ctx, w.Grant, kind, owner)
	if err != nil {
		return repository.Result{}, Upload{}, err
	}
	var faults []fault.Field
	switch {
	case size < 1:
		faults = append(faults, fault.At("size", "file_empty"))
	case size > p.Limit():
		faults = append(faults, fault.At("size", "file_too_large"))
	}
	if !p.fits(kind) {
		faults = append(faults, fault.At("purpose", "bad_choice"))
	}
	if clean(name) == "" {
		faults = append(faults, fault.At("name", "required"))
	}
	if err := fault.Fields(faults); err != nil {
		return repository.Result{}, Upload{}, err
	}
	rec := &File{Name: name, Purpose: p, State: Pending, Size: size}
	if err := f.adopt(rec, record.ChildID(f.Records.IDs.New(idPrefix), owner)); err != nil {
		return repository.Result{}, Upload{}, err
	}
	due, err := unfinished(w.Grant.Tenant(), rec.ID)
	if err != nil {
		return repository.Result{}, Upload{}, err
	}
	w.Due = append(w.Due, due)
	res, err := f.Records.Make(ctx, w, Name, rec)
	if err != nil {
		return repository.Result{}, Upload{}, err
	}
	// The answer to an earlier equal request names another file, and its form is signed anew.
	id := res.Record.Base().ID
	form, err := f.sign(ctx, w.Grant.Tenant(), id, p, "")
	return res, Upload{form, id}, err
}

// adopt puts a record under the owner its id names.
func (f *Files) adopt(rec *File, id string) error {
	k, err := f.Records.Kind(Name)
	if err != nil {
		return err
	}
	rec.Kind, rec.ID = Name, id
	k.Adopt(rec, ownerOf(id))
	return nil
}

func (f *Files) sign(ctx context.Context, t org.Tenant, id string, p Purpose, back string) (blob.Upload, error) {
	return f.Blobs.SignUpload(ctx, incoming(t, id), blob.UploadOptions{MaxBytes: p.Limit(), Expires: uploadLife, Redirect: back})
}

// owner gives the id of a record of a kind that may own files, which may be named by an external id, or by that of one
// merged into it.
func (f *Files) owner(ctx context.Context, g policy.Grant, kind, id string) (string, error) {
	if err := g.Allow(policy.Create); err != nil {
		return "", err
	}
	k, err := f.Records.Kind(kind)
	if err != nil {
		return "", err
	}
	if id, err = f.Records.Resolve(ctx, g, kind, id); err != nil {
		return "", err
	}
	if !strings.HasPrefix(id, k.Prefix+"_") {
		return "", fault.New(fault.NotFound, "not_found")
	}
	return f.Records.Root(ctx, g, kind, id)
}

// owns tells whether an id is of a file of an owner's, or of one that was merged into it since the file was offered.
func (f *Files) owns(ctx context.Context, g policy.Grant, kind, owner, id string) (bool, error) {
	if !idShape.MatchString(id) {
		return false, nil
	}
	end, err := f.Records.Root(ctx, g, kind, ownerOf(id))
	return end == owner, err
}

// Offer gives a form that a page sends a file with before there is a record of it; no name or size need be known.
// Afterwards the browser goes to the address back gives for the id, where Adopt is to be called, or SetPicture.
func (f *Files) Offer(ctx context.Context, g policy.Grant, kind, owner string, p Purpose, back func(id string) string) (Upload, error) {
	owner, err := f.owner(ctx, g, kind, owner)
	if err != nil {
		return Upload{}, err
	}
	rec, err := f.Records.Get(ctx, g, kind, owner)
	if err != nil {
		return Upload{}, err
	}
	switch {
	case rec.Base().DeletedAt != nil:
		return Upload{}, fault.New(fault.Conflict, "trashed")
	case !p.fits(kind):
		return Upload{}, fault.New(fault.NotFound, "not_found")
	}
	id := record.ChildID(f.Records.IDs.New(idPrefix), owner)
	form, err := f.sign(ctx, g.Tenant(), id, p, back(id))
	return Upload{form, id}, err
}

// Adopt makes a file of what was sent with a form of Offer; called again it gives the same file. Faults: as Ready's, and
// NotFound when it is no file of the owner's.
func (f *Files) Adopt(ctx context.Context, w repository.Write, kind, owner, id, name string, p Purpose) (repository.Result, error) {
	owner, err := f.owner(ctx, w.Grant, kind, owner)
	if err != nil {
		return repository.Result{}, err
	}
	ours, err := f.owns(ctx, w.Grant, kind, owner, id)
	if err != nil {
		return repository.Result{}, err
	}
	if !ours || !p.fits(kind) {
		return repository.Result{}, fault.New(fault.NotFound, "not_found")
	}
	there, err := f.Records.Get(ctx, w.Grant, Name, id)
	if err == nil {
		return repository.Result{Record: there, Replayed: true}, nil
	}
	if !errors.Is(err, fault.NotFound) {
		return repository.Result{}, err
	}
	rec := &File{Name: CleanName(name), Purpose: p}
	if err := f.adopt(rec, id); err != nil {
		return repository.Result{}, err
	}
	if err := f.judge(ctx, w.Grant.Tenant(), rec); err != nil {
		return repository.Result{}, err
	}
	res, err := f.Records.Make(ctx, w, Name, rec)
	if errors.Is(err, fault.Stale) {
		// The browser came twice: the other request has made it.
		there, err := f.Records.Get(ctx, w.Grant, Name, id)
		return repository.Result{Record: there, Replayed: true}, err
	}
	if err == nil {
		f.drop(ctx, incoming(w.Grant.Tenant(), id))
	}
	return res, err
}

// Ready judges the upload of a file and keeps it; called again it changes nothing. What is refused is removed, and the
// file waits for another upload. Faults: NotFound; Conflict (not_uploaded, trashed); Invalid at "file" as Judge and photo
// and svg say it.
func (f *Files) Ready(ctx context.Context, w repository.Write, id string) (repository.Result, error) {
	if err := w.Grant.Allow(policy.Create); err != nil {
		return repository.Result{}, err
	}
	there, err := f.get(ctx, w.Grant, id)
	if err != nil {
		return repository.Result{}, err
	}
	switch {
	case there.State == Ready:
		return repository.Result{Record: there}, nil
	case there.DeletedAt != nil:
		return repository.Result{}, fault.New(fault.Conflict, "trashed")
	}
	judged := *there
	if err := f.judge(ctx, w.Grant.Tenant(), &judged); err != nil {
		return repository.Result{}, err
	}
	res, err := f.Records.Alter(ctx, w, Name, id, repository.AnyVersion, func(rec record.Record) error {
		if now, ok := rec.(*File); ok && now.State != Ready {
			now.State, now.Type, now.Size, now.SHA = judged.State, judged.Type, judged.Size, judged.SHA
		}
		return nil
	})
	if err == nil {
		f.drop(ctx, incoming(w.Grant.Tenant(), id))
	}
	return res, err
}

func (f *Files) get(ctx context.Context, g policy.Grant, id string) (*File, error) {
	rec, err := f.Records.Get(ctx, g, Name, id)
	if err != nil {
		return nil, err
	}
	there, ok := rec.(*File)
	if !ok {
		return nil, errors.New("file: a file of another type")
	}
	return there, nil
}

// judge reads what was uploaded for a file, judges it, keeps it, and says in the record what it is. What is refused is
// removed.
func (f *Files) judge(ctx context.Context, t org.Tenant, rec *File) error {
	key := incoming(t, rec.ID)
	k, err := f.take(ctx, key, rec.Purpose)
	if err == nil {
		err = f.keep(ctx, t, rec.ID, k)
	}
	if errors.Is(err, fault.Invalid) {
		f.drop(ctx, key)
	}
	if err != nil {
		return err
	}
	rec.State, rec.Type, rec.Size, rec.SHA = Ready, k.parts[whole].media, int64(len(k.parts[whole].data)), k.sha
	return nil
}

// kept is what an upload becomes.
type kept struct {
	sha   string // of the whole
	parts map[string]part
}

type part struct {
	media string
	data  []byte
}

// take reads an upload and judges it.
func (f *Files) take(ctx context.Context, key string, p Purpose) (kept, error) {
	in, _, err := f.Blobs.Get(ctx, key)
	if errors.Is(err, fault.NotFound) {
		return kept{}, fault.New(fault.Conflict, "not_uploaded")
	}
	if err != nil {
		return kept{}, err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, p.Limit()+1))
	if err != nil {
		return kept{}, err
	}
	if int64(len(data)) > p.Limit() {
		return kept{}, fault.Bad("file", "file_too_large")
	}
	k := kept{parts: map[string]part{}}
	if p == Document {
		form, err := Judge(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return kept{}, err
		}
		k.parts[whole] = part{form.Media, data}
	} else if k.parts, err = pictures(ctx, data, p); err != nil {
		return kept{}, err
	}
	sum := sha256.Sum256(k.parts[whole].data)
	k.sha = hex.EncodeToString(sum[:])
	return k, nil
}

// keep stores the parts of a file under its id.
func (f *Files) keep(ctx context.Context, t org.Tenant, id string, k kept) error {
	for name, p := range k.parts {
		if _, err := f.Blobs.Put(ctx, object(t, id, k.sha, name), bytes.NewReader(p.data), blob.Options{ContentType: p.media}); err != nil {
			return err
		}
	}
	return nil
}

// drop removes an upload that is done with. That it stays does no harm: a rule of the bucket removes it.
func (f *Files) drop(ctx context.Context, key string) {
	_ = f.Blobs.Delete(ctx, key)
}

// Address is where something can be fetched.
type Address struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// Download gives the address at which a file can be fetched as an attachment, for five minutes. Faults: NotFound;
// Conflict (not_uploaded) while it is not ready.
func (f *Files) Download(ctx context.Context, g policy.Grant, id string) (Address, error) {
	there, err := f.get(ctx, g, id)
	if err != nil {
		return Address{}, err
	}
	if !g.Fields(policy.Read, policy.Contact) {
		return Address{}, fault.New(fault.Denied, "denied")
	}
	if there.State != Ready {
		return Address{}, fault.New(fault.Conflict, "not_uploaded")
	}
	expires := f.Records.Clock.Now().Add(downloadLife)
	url, err := f.Blobs.SignDownload(ctx, object(g.Tenant(), id, there.SHA, whole), blob.DownloadOptions{FileName: there.Name, ContentType: there.Type, Expires: downloadLife})
	return Address{url, expires}, err
}

// Documents picks the documents that are ready out of the files of a record, as Repository.Around gives them: newest first.
func Documents(children []record.Record) []*File {
	var documents []*File
	for _, rec := range children {
		if f, ok := rec.(*File); ok && f.Purpose == Document && f.State == Ready && f.DeletedAt == nil {
			documents = append(documents, f)
		}
	}
	return documents
}
