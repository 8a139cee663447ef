// Package file keeps what people upload: documents of contacts, families, companies and groups, photos of people, logos.
//
// An upload goes from the browser straight into the bucket, to a place for what nobody has judged, where a rule of the
// bucket removes it after two days. Only what has been judged by its content (documents, see Judge) or made anew (photos
// and logos, see packages photo and svg) is kept, in another place and under the hash of its bytes: so nothing that is
// sent later can take the place of what was judged, whoever holds the form.
//
// Keys. A file is a child record of its owner, "fil_..._con_...". Objects: tmp/<org>/<id> what was uploaded,
// files/<org>/<id>/<hash>/whole the file, .../320 and .../96 thumbnails; files/<org>/logo/<hash>/... the organisation's
// logo. Due items of topic "upload" put records whose upload never came into the trash a day later.
//
// Guarantees. A file that is ready has been judged, and its object is the one that was. Objects stay with the records in
// the trash, and with photos that were replaced, until they are erased. Originals leave only as attachments from the
// bucket's own address, good for five minutes; what pages show is thumbnails we made.
package file

import (
	"regexp"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind.
const Name = "file"

// idPrefix begins the ids of files.
const idPrefix = "fil"

// Kind describes files.
func Kind() *record.Kind {
	return record.Define[File](Name, "files", idPrefix, record.Order("name"), record.Under(contact.Name, family.Name, company.Name, group.Name))
}

// File is a file of a contact, a family, a company or a group.
type File struct {
	record.Meta
	Owner   string  `json:"owner,omitempty" field:"ref=contact|family|company|group,system" readOnly:"true"`
	Name    string  `json:"name,omitempty" field:"required,max=200,find=words,class=contact"`
	Purpose Purpose `json:"purpose,omitempty" field:"code,system" readOnly:"true" enum:"document,photo,logo"`
	State   State   `json:"state,omitempty" field:"code,system" readOnly:"true" enum:"pending,ready"`
	Type    string  `json:"type,omitempty" field:"code,system" readOnly:"true" doc:"Media type, found out from the content"`
	Size    int64   `json:"size,omitempty" field:"system" readOnly:"true" doc:"Bytes"`
	SHA     string  `json:"sha,omitempty" field:"code,system,unindexed" readOnly:"true" doc:"SHA-256 of the bytes, in hex"`
}

// Purpose says what a file is for.
type Purpose string

// The purposes.
const (
	Document Purpose = "document"
	Photo    Purpose = "photo" // of a contact
	Logo     Purpose = "logo"  // of a company
)

// State says how far a file is.
type State string

// The states.
const (
	Pending State = "pending" // waits for its upload
	Ready   State = "ready"
)

// Title gives the name.
func (f *File) Title() string { return f.Name }

// Normalize makes the name a harmless one that ends in what the file is.
func (f *File) Normalize(*record.Env) {
	if f.Purpose == "" {
		f.Purpose = Document
	}
	if f.State == "" {
		f.State = Pending
	}
	f.Name = clean(f.Name)
	if form := formOf(f.Type); form != nil && f.Name != "" {
		f.Name = form.named(f.Name)
	}
}

// Limit is how many bytes a file for a purpose may have.
func (p Purpose) Limit() int64 {
	switch p {
	case Photo:
		return 10 << 20
	case Logo:
		return 5 << 20
	}
	return 25 << 20
}

// fits reports whether files for the purpose belong to records of a kind.
func (p Purpose) fits(kind string) bool {
	switch p {
	case Photo:
		return kind == contact.Name
	case Logo:
		return kind == company.Name
	}
	return p == Document
}

// idShape is how the ids of files look.
var idShape = regexp.MustCompile(`^fil_[0-9a-z]{26}_[a-z]{3}_[0-9a-z]{26}$`)

// logoPrefix begins the ids of uploads of the organisation's logo; hashShape is how it is named once it is kept.
const logoPrefix = "upl"

var (
	logoShape = regexp.MustCompile(`^upl_[0-9a-z]{26}$`)
	hashShape = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

// ownerOf gives the owner that is part of a file's id.
func ownerOf(id string) string {
	return id[strings.IndexByte(id[len(idPrefix)+1:], '_')+len(idPrefix)+2:]
}

// begun tells when an id was made.
func begun(id string) (time.Time, error) {
	u, err := ulid.ParseStrict(strings.ToUpper(id[len(idPrefix)+1 : len(idPrefix)+1+ulid.EncodedSize]))
	return u.Timestamp().UTC(), err
}
