package blob

import (
	"io"
	"mime"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/fault"
)

// CheckKey refuses keys the port does not take. A key is segments of 1 to MaxSegment bytes out of a-z A-Z 0-9 - _ . =,
// parted by single slashes, none of them starting with a dot; MaxKey bytes in all. So no key needs escaping in an
// address, and none can climb out of a folder.
func CheckKey(key string) error {
	if len(key) > MaxKey {
		return fault.Bad("key", "too_long")
	}
	for segment := range strings.SplitSeq(key, "/") {
		if segment == "" || len(segment) > MaxSegment || segment[0] == '.' || !plain(segment) {
			return fault.Bad("key", "format")
		}
	}
	return nil
}

// CheckList refuses a prefix or a place to go on from that no key could have, and limits out of range.
func CheckList(prefix, after string, limit int) error {
	if limit < 1 || limit > MaxList {
		return fault.Bad("limit", "range")
	}
	for _, p := range []struct{ name, value string }{{"prefix", prefix}, {"after", after}} {
		if len(p.value) > MaxKey || !plain(strings.ReplaceAll(p.value, "/", "")) {
			return fault.Bad(p.name, "format")
		}
	}
	return nil
}

func plain(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-_.=", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// CheckCompose refuses what no Compose can be made of.
func CheckCompose(key string, parts []string, o Options) error {
	switch {
	case len(parts) < 1 || len(parts) > MaxParts:
		return fault.Bad("parts", "range")
	case o.IfAbsent:
		return fault.Bad("ifAbsent", "format")
	case o.MaxBytes != 0:
		return fault.Bad("maxBytes", "range")
	}
	for _, k := range append([]string{key}, parts...) {
		if err := CheckKey(k); err != nil {
			return err
		}
	}
	return nil
}

// SmallPart is the fault of a part that is none.
func SmallPart() error { return fault.Bad("parts", "too_small") }

// Filled gives the options with defaults filled in, or says what is wrong with them. Drivers call it first.
func (o Options) Filled() (Options, error) {
	var err error
	o.ContentType, err = mediaType(o.ContentType, DefaultType)
	if err == nil && o.MaxBytes < 0 {
		err = fault.Bad("maxBytes", "range")
	}
	return o, err
}

// Filled gives the options with defaults filled in, or says what is wrong with them. Drivers call it first.
func (o UploadOptions) Filled() (UploadOptions, error) {
	var err error
	if o.ContentType, err = mediaType(o.ContentType, DefaultType); err != nil {
		return o, err
	}
	if o.MaxBytes < 1 || o.MaxBytes > MaxUpload {
		return o, fault.Bad("maxBytes", "range")
	}
	if o.Redirect != "" {
		u, err := url.Parse(o.Redirect)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return o, fault.Bad("redirect", "format")
		}
	}
	return o, lifetime(o.Expires)
}

// Filled gives the options with defaults filled in, or says what is wrong with them. Drivers call it first. An empty
// ContentType stays empty: the object's own.
func (o DownloadOptions) Filled(key string) (DownloadOptions, error) {
	var err error
	if o.ContentType, err = mediaType(o.ContentType, ""); err != nil {
		return o, err
	}
	if o.FileName = cleanName(o.FileName); o.FileName == "" {
		o.FileName = path.Base(key)
	}
	return o, lifetime(o.Expires)
}

func lifetime(d time.Duration) error {
	if d < time.Second || d > MaxLifetime {
		return fault.Bad("expires", "range")
	}
	return nil
}

func mediaType(value, def string) (string, error) {
	if value == "" {
		return def, nil
	}
	main, params, err := mime.ParseMediaType(value)
	if err != nil || !strings.Contains(main, "/") || len(value) > 255 {
		return "", fault.Bad("contentType", "format")
	}
	return mime.FormatMediaType(main, params), nil
}

// maxName is how many bytes of a file name a download keeps; file systems end at 255.
const maxName = 200

// cleanName makes a file name fit for any computer: no folders, no control or direction-changing characters, no
// characters Windows refuses, no dots at its ends.
func cleanName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.Is(unicode.Cf, r), unicode.IsControl(r):
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if len(name) > maxName {
		ext := path.Ext(name)
		if len(ext) > 10 {
			ext = ""
		}
		cut := name[:maxName-len(ext)]
		for !utf8.ValidString(cut) {
			cut = cut[:len(cut)-1]
		}
		name = strings.TrimRight(cut, " .") + ext
	}
	return name
}

// Disposition is the Content-Disposition of a download under the given file name (RFC 6266: a plain spelling for old
// programs and, when that differs, the real one in UTF-8).
func Disposition(name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r > '~' || r < ' ' || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, name)
	value := `attachment; filename="` + ascii + `"`
	if ascii != name {
		value += "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	}
	return value
}

// Limited gives a reader of r that fails with Excess after more than max bytes; max 0 is no limit.
func Limited(r io.Reader, max int64) io.Reader {
	if max == 0 {
		return r
	}
	return &limited{r: r, left: max}
}

type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, Excess()
	}
	return n, err
}
