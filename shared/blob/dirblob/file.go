package dirblob

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
)

const (
	extension = ".blob"
	mark      = "MUSTERB1"
	tailBytes = 4 + len(mark) // the JSON's length, the mark
	maxFooter = 1024
)

// footer describes an object at the end of its file.
type footer struct {
	Type     string    `json:"type"`
	ETag     string    `json:"etag"`
	Modified time.Time `json:"modified"`
}

func (f footer) bytes() []byte {
	out, _ := json.Marshal(f) // two strings and a time always marshal
	out = binary.BigEndian.AppendUint32(out, uint32(len(out)))
	return append(out, mark...)
}

func (f footer) info(key string, size int64) blob.Info {
	return blob.Info{Key: key, Size: size, ContentType: f.Type, ETag: f.ETag, Modified: f.Modified}
}

// readFooter reads a file's footer and gives it with the size of the object before it. A file that has none was not
// written by this package: an Internal fault.
func readFooter(file *os.File) (footer, int64, error) {
	var f footer
	stat, err := file.Stat()
	if err != nil {
		return f, 0, err
	}
	tail := make([]byte, min(stat.Size(), maxFooter))
	if _, err := file.ReadAt(tail, stat.Size()-int64(len(tail))); err != nil {
		return f, 0, err
	}
	text, ok := strings.CutSuffix(string(tail), mark)
	if !ok || len(text) < 4 {
		return f, 0, damaged()
	}
	length := int64(binary.BigEndian.Uint32([]byte(text[len(text)-4:])))
	text = text[:len(text)-4]
	if length > int64(len(text)) || json.Unmarshal([]byte(text[int64(len(text))-length:]), &f) != nil {
		return f, 0, damaged()
	}
	return f, stat.Size() - int64(tailBytes) - length, nil
}

func damaged() error { return fault.New(fault.Internal, "blob_damaged") }

// unanswered makes a fault of a disk's error, without the path in it. Faults stay what they are.
func unanswered(err error) error {
	var f *fault.Fault
	if errors.As(err, &f) {
		return err
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		err = l.Err
	}
	return blob.Unanswered(err)
}

// path is where the object of a valid key lies.
func (b *Bucket) path(key string) string {
	segments := strings.Split(key, "/")
	last := len(segments) - 1
	for i, segment := range segments {
		segments[i] = encode(segment, i == last)
	}
	return filepath.Join(b.objects, filepath.Join(segments...)) + extension
}

const hexDigits = "0123456789abcdef"

func encode(segment string, file bool) string {
	var out strings.Builder
	for _, c := range []byte(segment) {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_', c == '.' && file:
			out.WriteByte(c)
		default:
			out.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
		}
	}
	return out.String()
}

// decode reads a name that encode wrote; ok is false for all others.
func decode(name string, file bool) (segment string, ok bool) {
	var out strings.Builder
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c == '%' && i+2 < len(name) {
			c = byte(strings.IndexByte(hexDigits, name[i+1])<<4 | strings.IndexByte(hexDigits, name[i+2]))
			i += 2
		}
		out.WriteByte(c)
	}
	return out.String(), encode(out.String(), file) == name
}

// keys gives, sorted, the keys that begin with prefix and come after the key after. Files of others are passed over.
func (b *Bucket) keys(ctx context.Context, prefix, after string) ([]string, error) {
	var found []string
	var walk func(folder, parent string) error
	walk = func(folder, parent string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		entries, err := os.ReadDir(folder)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed with its last object since its parent was read
		}
		if err != nil {
			return unanswered(err)
		}
		for _, entry := range entries {
			if entry.IsDir() {
				segment, ok := decode(entry.Name(), false)
				below := parent + segment + "/"
				if !ok || !strings.HasPrefix(below, prefix) && !strings.HasPrefix(prefix, below) ||
					below < after && !strings.HasPrefix(after, below) {
					continue
				}
				if err := walk(filepath.Join(folder, entry.Name()), below); err != nil {
					return err
				}
				continue
			}
			name, isBlob := strings.CutSuffix(entry.Name(), extension)
			segment, ok := decode(name, true)
			key := parent + segment
			if isBlob && ok && entry.Type().IsRegular() && strings.HasPrefix(key, prefix) && key > after {
				found = append(found, key)
			}
		}
		return nil
	}
	if err := walk(b.objects, ""); err != nil {
		return nil, err
	}
	slices.Sort(found)
	return found, nil
}
