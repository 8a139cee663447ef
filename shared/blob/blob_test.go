package blob_test

import (
	"errors"
	"io"
	"mime"
	"path"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
)

func TestKeys(t *testing.T) {
	for _, key := range []string{"a", "A", "0", "a.b", "a..b", "org_1/imports/job_01jd/source", "-", "_", "a=b",
		strings.Repeat("x", blob.MaxSegment), strings.Repeat("a/", blob.MaxKey/2-1) + "bb"} {
		if err := blob.CheckKey(key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func FuzzCheckKey(f *testing.F) {
	for _, seed := range []string{"a/b", "../a", "a//b", "a/.b", "C:\\x", "a%2fb", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if blob.CheckKey(key) != nil {
			return
		}
		if path.Clean("/root/"+key) != "/root/"+key || len(key) > blob.MaxKey || strings.ContainsAny(key, "\\%:?#\x00") || strings.Contains(key, "/.") {
			t.Errorf("%q is taken", key)
		}
	})
}

func FuzzDisposition(f *testing.F) {
	for _, seed := range []string{"a.txt", "ü.pdf", "a\"b", "a\r\nb", "100%", strings.Repeat("ä", 300) + ".pdf", "\xff", "a;b=c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		o, err := blob.DownloadOptions{FileName: given, Expires: time.Minute}.Filled("folder/key")
		if err != nil {
			t.Fatal(err)
		}
		name := o.FileName
		if name == "" || len(name) > 255 || !utf8.ValidString(name) || strings.ContainsAny(name, "/\\\r\n\x00\"<>|:*?") {
			t.Errorf("%q gives the name %q", given, name)
		}
		value := blob.Disposition(name)
		kind, params, err := mime.ParseMediaType(value)
		if err != nil || kind != "attachment" || params["filename"] != name {
			t.Errorf("%q gives %q, read as %q (%v)", given, value, params["filename"], err)
		}
		for _, c := range []byte(value) {
			if c < ' ' || c > '~' {
				t.Fatalf("%q gives a header that is no ASCII: %q", given, value)
			}
		}
	})
}

func TestLongFileNamesKeepTheirExtension(t *testing.T) {
	o, err := blob.DownloadOptions{FileName: strings.Repeat("ä", 300) + ".pdf", Expires: time.Minute}.Filled("k")
	if err != nil || !strings.HasSuffix(o.FileName, "ä.pdf") || len(o.FileName) > 200 {
		t.Errorf("%q, %v", o.FileName, err)
	}
}

func TestLimited(t *testing.T) {
	for max, want := range map[int64]bool{0: true, 4: false, 5: true, 6: true} {
		data, err := io.ReadAll(blob.Limited(strings.NewReader("12345"), max))
		if want && (err != nil || string(data) != "12345") || !want && !errors.Is(err, fault.TooLarge) {
			t.Errorf("at most %d: %q, %v", max, data, err)
		}
	}
}
