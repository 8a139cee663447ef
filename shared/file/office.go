package file

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
)

// Limits of documents that are archives.
const (
	maxDirectory = 4 << 20 // bytes read to list the entries
	maxEntries   = 10_000  // entries
	maxTypes     = 1 << 20 // bytes of the list of types
)

// maxUnpacked is how many bytes all entries have, unpacked; tests do with fewer.
var maxUnpacked int64 = 512 << 20

// mains are the types of the main part of a document, by what follows from them.
var mains = map[string]*Form{
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml":   forms[3],
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml":         forms[4],
	"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": forms[5],
	"application/vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml":    nil,
	"application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml":   nil,
	"application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml":      nil,
	"application/vnd.openxmlformats-officedocument.presentationml.template.main+xml":     nil,
	"application/vnd.ms-word.document.macroenabled.main+xml":                             nil,
	"application/vnd.ms-excel.sheet.macroenabled.main+xml":                               nil,
	"application/vnd.ms-powerpoint.presentation.macroenabled.main+xml":                   nil,
}

// typesPart lists the types of all parts of a document.
const typesPart = "[Content_Types].xml"

var errEnough = errors.New("file: read enough")

// rationed gives at most so many bytes, over all reads.
type rationed struct {
	r    io.ReaderAt
	left int64
}

func (r *rationed) ReadAt(p []byte, off int64) (int, error) {
	if r.left -= int64(len(p)); r.left < 0 {
		return 0, errEnough
	}
	return r.r.ReadAt(p, off)
}

// openOffice judges an archive: its directory is small, its types say which document it is, the part it is made of is
// there, nothing in it runs, and all of it unpacks to what its checksums say without growing beyond measure. Sizes that
// the archive states are not believed.
func openOffice(r io.ReaderAt, size int64) (*Form, error) {
	ration := &rationed{r: r, left: maxDirectory}
	z, err := zip.NewReader(ration, size)
	if err != nil || len(z.File) > maxEntries {
		return nil, damaged()
	}
	ration.left = 1 << 62 // what follows has limits of its own
	parts := map[string]*zip.File{}
	for _, f := range z.File {
		name := partName(f.Name)
		if parts[name] != nil {
			return nil, damaged() // which of the two counts, programs do not agree on
		}
		parts[name] = f
		if f.Flags&1 != 0 {
			return nil, fault.Bad("file", "file_encrypted")
		}
	}
	types := parts[partName(typesPart)]
	if types == nil {
		return nil, fault.Bad("file", "file_type") // some other archive
	}
	form, err := readTypes(types, parts)
	if err != nil {
		return nil, err
	}
	for name := range parts {
		if strings.HasSuffix(name, "vbaproject.bin") || strings.HasSuffix(name, "vbadata.xml") {
			return nil, fault.Bad("file", "file_macros")
		}
	}
	return form, unpack(z.File)
}

// partName makes names of parts comparable: case does not count, and some programs write backslashes.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// readTypes finds out which document an archive is.
func readTypes(types *zip.File, parts map[string]*zip.File) (*Form, error) {
	in, err := types.Open()
	if err != nil {
		return nil, damaged()
	}
	defer in.Close()
	var form *Form
	for d := xml.NewDecoder(io.LimitReader(in, maxTypes)); ; {
		token, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, damaged()
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "Override" {
			continue
		}
		var media, part string
		for _, a := range start.Attr {
			switch a.Name.Local {
			case "ContentType":
				media = strings.ToLower(strings.TrimSpace(a.Value))
			case "PartName":
				part = partName(a.Value)
			}
		}
		if strings.Contains(media, "macroenabled") {
			return nil, fault.Bad("file", "file_macros")
		}
		if found, main := mains[media]; main {
			if found == nil || form != nil {
				return nil, fault.Bad("file", "file_type")
			}
			if parts[part] == nil {
				return nil, damaged()
			}
			form = found
		}
	}
	if form == nil {
		return nil, fault.Bad("file", "file_type")
	}
	return form, nil
}

// unpack reads every entry to its end, keeping nothing.
func unpack(entries []*zip.File) error {
	left := maxUnpacked
	for _, f := range entries {
		in, err := f.Open()
		if err != nil {
			return damaged()
		}
		n, err := io.Copy(io.Discard, io.LimitReader(in, left+1))
		in.Close()
		if left -= n; left < 0 {
			return fault.Bad("file", "file_unzips_too_large")
		}
		if err != nil {
			return damaged()
		}
	}
	return nil
}
