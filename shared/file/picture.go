package file

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/photo"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/svg"
)

const svgType = "image/svg+xml"

// pictures makes of an uploaded photo or logo what is kept of it.
func pictures(ctx context.Context, data []byte, p Purpose) (map[string]part, error) {
	if p == Logo && svg.Likely(data) {
		drawing, err := svg.Clean(data)
		if err != nil {
			return nil, err
		}
		return map[string]part{whole: {svgType, drawing}}, nil // it is sharp at every size
	}
	style := photo.Portrait
	if p == Logo {
		style = photo.Logo
	}
	made, err := photo.Make(ctx, data, style)
	if err != nil {
		if p == Logo && errors.Is(err, fault.Invalid) && code(err) == "photo_type" {
			err = fault.Bad("file", "logo_type")
		}
		return nil, err
	}
	parts := map[string]part{}
	for name, pic := range map[string]photo.Picture{whole: made.Whole, size(photo.Large): made.Large, size(photo.Small): made.Small} {
		parts[name] = part{pic.Type, pic.Data}
	}
	return parts, nil
}

func size(n int) string { return strconv.Itoa(n) }

// code gives the code of a fault of one field.
func code(err error) string {
	if f := fault.From(err); len(f.Fields) == 1 {
		return f.Fields[0].Code
	}
	return ""
}

// pictured gives the member of an owner that holds its picture, nil for owners without one.
func pictured(rec record.Record) *string {
	switch r := rec.(type) {
	case *contact.Contact:
		return &r.Photo
	case *company.Company:
		return &r.Logo
	}
	return nil
}

// purposeOf is what the picture of a kind is for.
func purposeOf(kind string) Purpose {
	if kind == company.Name {
		return Logo
	}
	return Photo
}

// SetPicture makes an uploaded file the photo of a contact or the logo of a company, named by kind and id. The file is one
// that Begin was called for, or a form of Offer was sent with. The one before stays, for history to bring back. Faults:
// those of Ready; Invalid at "file" (bad_reference) for a file of something else; those of an edit.
func (f *Files) SetPicture(ctx context.Context, w repository.Write, kind, owner string, version int64, id string) (repository.Result, error) {
	if err := w.Grant.Allow(policy.Edit); err != nil {
		return repository.Result{}, err
	}
	owner, err := f.owner(ctx, w.Grant, kind, owner)
	if err != nil {
		return repository.Result{}, err
	}
	p := purposeOf(kind)
	ours, err := f.owns(ctx, w.Grant, kind, owner, id)
	if err != nil {
		return repository.Result{}, err
	}
	if !ours || !p.fits(kind) {
		return repository.Result{}, fault.Bad("file", "bad_reference")
	}
	plain := repository.Write{Grant: w.Grant, Batch: w.Batch}
	res, err := f.Ready(ctx, plain, id)
	if errors.Is(err, fault.NotFound) {
		res, err = f.Adopt(ctx, plain, kind, owner, id, string(p), p)
	}
	if err != nil {
		return repository.Result{}, err
	}
	if made, ok := res.Record.(*File); !ok || made.Purpose != p {
		return repository.Result{}, fault.Bad("file", "bad_reference")
	}
	return f.setPicture(ctx, w, kind, owner, version, id)
}

// RemovePicture takes the picture of a contact or company away. It stays for history to bring back.
func (f *Files) RemovePicture(ctx context.Context, w repository.Write, kind, owner string, version int64) (repository.Result, error) {
	return f.setPicture(ctx, w, kind, owner, version, "")
}

func (f *Files) setPicture(ctx context.Context, w repository.Write, kind, owner string, version int64, id string) (repository.Result, error) {
	return f.Records.Alter(ctx, w, kind, owner, version, func(rec record.Record) error {
		at := pictured(rec)
		if at == nil {
			return fault.New(fault.NotFound, "not_found")
		}
		*at = id
		return nil
	})
}

// PictureOf gives the id of the photo or logo of a record. Faults: NotFound, also when there is none.
func (f *Files) PictureOf(ctx context.Context, g policy.Grant, kind, owner string) (string, error) {
	rec, err := f.Records.Get(ctx, g, kind, owner)
	if err != nil {
		return "", err
	}
	if at := pictured(rec); at != nil && *at != "" {
		return *at, nil
	}
	return "", fault.New(fault.NotFound, "not_found")
}

// Sandbox is the content security policy that pictures are answered with: whatever they are taken for, they do nothing.
const Sandbox = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

// Image is a picture to be shown.
type Image struct {
	Type string
	Size int64 // bytes
	Body io.ReadCloser
}

// Thumbnail opens the thumbnail of a photo or logo in a size of photo.Sizes. Its bytes never change: the id is that of one
// picture. Faults: NotFound.
func (f *Files) Thumbnail(ctx context.Context, g policy.Grant, id string, pixels int) (Image, error) {
	there, err := f.get(ctx, g, id)
	if err != nil {
		return Image{}, err
	}
	if there.State != Ready || there.Purpose == Document {
		return Image{}, fault.New(fault.NotFound, "not_found")
	}
	return f.image(ctx, g.Tenant(), id, there.SHA, pixels)
}

func (f *Files) image(ctx context.Context, t org.Tenant, id, sha string, pixels int) (Image, error) {
	body, info, err := f.Blobs.Get(ctx, object(t, id, sha, size(pixels)))
	if errors.Is(err, fault.NotFound) {
		body, info, err = f.Blobs.Get(ctx, object(t, id, sha, whole)) // a drawing has but one size
		if err == nil && info.ContentType != svgType {
			body.Close()
			return Image{}, fault.New(fault.NotFound, "not_found")
		}
	}
	return Image{info.ContentType, info.Size, body}, err
}

// The organisation's own logo is kept beside its settings, which are no owner of files.

// logoID stands where ids of files stand in the names of objects.
const logoID = "logo"

// OfferLogo gives a form that the organisation's logo is sent with; back, when given, is where the browser then goes.
func (f *Files) OfferLogo(ctx context.Context, g policy.Grant, back func(id string) string) (Upload, error) {
	if err := g.Allow(policy.Manage); err != nil {
		return Upload{}, err
	}
	id, redirect := f.Records.IDs.New(logoPrefix), ""
	if back != nil {
		redirect = back(id)
	}
	form, err := f.sign(ctx, g.Tenant(), id, Logo, redirect)
	return Upload{form, id}, err
}

// SetLogo makes what was sent with a form of OfferLogo the organisation's logo. Faults: as Ready's, and an edit's.
func (f *Files) SetLogo(ctx context.Context, w repository.Write, version int64, id string) (repository.Result, error) {
	if err := w.Grant.Allow(policy.Manage); err != nil {
		return repository.Result{}, err
	}
	if !logoShape.MatchString(id) {
		return repository.Result{}, fault.Bad("file", "bad_reference")
	}
	t := w.Grant.Tenant()
	k, err := f.take(ctx, incoming(t, id), Logo)
	if err == nil {
		err = f.keep(ctx, t, logoID, k)
	}
	if errors.Is(err, fault.Invalid) {
		f.drop(ctx, incoming(t, id))
	}
	if err != nil {
		return repository.Result{}, err
	}
	return f.setLogo(ctx, w, version, k.sha[:32])
}

// RemoveLogo takes the organisation's logo away.
func (f *Files) RemoveLogo(ctx context.Context, w repository.Write, version int64) (repository.Result, error) {
	return f.setLogo(ctx, w, version, "")
}

func (f *Files) setLogo(ctx context.Context, w repository.Write, version int64, sha string) (repository.Result, error) {
	return f.Records.Alter(ctx, w, setting.Name, setting.Owner, version, func(rec record.Record) error {
		s, ok := rec.(*setting.Settings)
		if !ok {
			return errors.New("file: settings of another type")
		}
		s.Logo = sha
		return nil
	})
}

// OwnLogo opens the logo of an organisation by the name its settings have for it. Faults: NotFound.
func (f *Files) OwnLogo(ctx context.Context, g policy.Grant, name string, pixels int) (Image, error) {
	if !hashShape.MatchString(name) {
		return Image{}, fault.New(fault.NotFound, "not_found")
	}
	return f.image(ctx, g.Tenant(), logoID, name, pixels)
}
