package sheet

import (
	"archive/zip"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
)

// Limits of the archive.
const (
	maxDirectory = 4 << 20  // bytes read to list the entries
	maxEntries   = 10_000   // entries; a workbook has some ten to some hundred
	maxRatio     = 200      // expansion of an entry above freeUnzip bytes; tables stay below 50
	freeUnzip    = 32 << 20 // bytes an entry may expand to whatever its ratio
)

var errArchive = errors.New("the archive is broken")

// archive is the zip that a workbook is. Entries are found by name and read as streams; none is written anywhere, so a
// name is only a name. Sizes stated in the archive are not believed: the stream is cut at its own limits, and its
// checksum is compared at its end.
type archive struct {
	entries map[string]*zip.File // by folded name; nil where a name occurs twice
}

func openArchive(src *source) (*archive, error) {
	src.budget = maxDirectory
	z, err := zip.NewReader(src, src.size)
	src.budget = 0
	if err != nil {
		return nil, err
	}
	if len(z.File) > maxEntries {
		return nil, errArchive
	}
	a := &archive{entries: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		name := fold(f.Name)
		if _, twice := a.entries[name]; twice {
			f = nil
		}
		a.entries[name] = f
	}
	return a, nil
}

// fold makes part names comparable: case does not count, and some writers use backslashes.
func fold(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

func (a *archive) has(name string) bool {
	_, ok := a.entries[fold(name)]
	return ok
}

// hasUnder says whether any entry lies in a folder.
func (a *archive) hasUnder(folder string) bool {
	for name := range a.entries {
		if strings.HasPrefix(name, folder) {
			return true
		}
	}
	return false
}

// open gives the content of an entry. Closing it is optional but returns its decompressor's memory early.
func (a *archive) open(name string) (io.ReadCloser, error) {
	f := a.entries[fold(name)]
	if f == nil {
		return nil, errArchive
	}
	if f.Flags&1 != 0 {
		return nil, fault.New(fault.Unsupported, "file_encrypted")
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	limit := min(max(min(f.CompressedSize64, MaxBytes)*maxRatio, freeUnzip), maxUnzip)
	return &limited{r: r, left: int64(limit)}, nil
}

// limited refuses an entry that expands beyond its limit.
type limited struct {
	r    io.ReadCloser
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, fault.New(fault.TooLarge, "file_unzips_too_large")
	}
	return n, err
}

func (l *limited) Close() error { return l.r.Close() }

// resolve gives the name of the part that a relationship of the part base points to.
func resolve(base, target string) string {
	target = strings.ReplaceAll(target, `\`, "/")
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(path.Clean(target), "/")
	}
	return strings.TrimPrefix(path.Clean("/"+path.Join(path.Dir(base), target)), "/")
}
