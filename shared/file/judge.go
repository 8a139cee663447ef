package file

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
)

// Form is a kind of document that is taken.
type Form struct {
	Media string
	Ends  []string // what names of such files end in; the first is given to one that ends in something else
	open  func(r io.ReaderAt, size int64) error
}

// The forms of documents (DOC-01).
var forms = []*Form{
	{"application/pdf", []string{".pdf"}, openPDF},
	{"image/jpeg", []string{".jpg", ".jpeg", ".jpe", ".jfif"}, openJPEG},
	{"image/png", []string{".png"}, openPNG},
	{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", []string{".docx"}, nil},
	{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", []string{".xlsx"}, nil},
	{"application/vnd.openxmlformats-officedocument.presentationml.presentation", []string{".pptx"}, nil},
}

// Ends lists what names of documents may end in, for the dialogs in which they are chosen.
func Ends() []string {
	var all []string
	for _, f := range forms {
		all = append(all, f.Ends...)
	}
	return all
}

// formOf finds a form by its media type; nil when it is none of ours.
func formOf(media string) *Form {
	for _, f := range forms {
		if f.Media == media {
			return f
		}
	}
	return nil
}

// Judge tells by its content what a document is; names and stated types count for nothing. It reads with bounded memory
// and unpacks nothing it keeps. Faults at the path "file": file_type for everything that is not taken, file_damaged,
// file_encrypted, file_macros, file_unzips_too_large, file_empty; other faults are those of reading.
func Judge(r io.ReaderAt, size int64) (*Form, error) {
	if size < 1 {
		return nil, fault.Bad("file", "file_empty")
	}
	head := make([]byte, min(size, headBytes))
	if _, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	in := &reading{r: r}
	form, err := judge(in, size, head)
	if in.err != nil {
		return nil, in.err // not the document's fault
	}
	return form, err
}

// headBytes is how much of a file is looked at for what it begins with.
const headBytes = 1 << 10

func judge(r io.ReaderAt, size int64, head []byte) (*Form, error) {
	switch {
	case bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"), []byte("%PDF-")):
		return forms[0], forms[0].open(r, size)
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return forms[1], forms[1].open(r, size)
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return forms[2], forms[2].open(r, size)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return openOffice(r, size)
	}
	return nil, fault.Bad("file", "file_type")
}

// reading notes the error of what it reads from, so that it can be told from a document that is not whole.
type reading struct {
	r   io.ReaderAt
	err error
}

func (r *reading) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, io.EOF // where a document says something lies is its own affair
	}
	n, err := r.r.ReadAt(p, off)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

func damaged() error { return fault.Bad("file", "file_damaged") }

// tailBytes is how far from its end the mark may stand that ends a document: some programs write something behind it.
const tailBytes = 64 << 10

// ends refuses a document whose end is missing: an upload or a copy that broke off.
func ends(r io.ReaderAt, size int64, mark []byte) error {
	tail := make([]byte, min(size, tailBytes))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return err
	}
	if !bytes.Contains(tail, mark) {
		return damaged()
	}
	return nil
}

func openPDF(r io.ReaderAt, size int64) error { return ends(r, size, []byte("%%EOF")) }

func openJPEG(r io.ReaderAt, size int64) error {
	return picture(jpeg.DecodeConfig, r, size, []byte{0xff, 0xd9})
}

func openPNG(r io.ReaderAt, size int64) error {
	return picture(png.DecodeConfig, r, size, []byte("IEND"))
}

// picture reads the header of a picture; its pixels are not looked at, since documents are never shown by us.
func picture(header func(io.Reader) (image.Config, error), r io.ReaderAt, size int64, mark []byte) error {
	c, err := header(io.NewSectionReader(r, 0, size))
	if err != nil || c.Width < 1 || c.Height < 1 {
		return damaged()
	}
	return ends(r, size, mark)
}

// named gives a file the end its content calls for, so that no program takes it for something else.
func (f *Form) named(name string) string {
	if slices.Contains(f.Ends, strings.ToLower(path.Ext(name))) {
		return name
	}
	return cut(name, maxName-len(f.Ends[0])) + f.Ends[0]
}
