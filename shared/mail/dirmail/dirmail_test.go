package dirmail_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/mail/dirmail"
	"github.com/muster-crm/muster/shared/mail/mailtest"
)

func open(t *testing.T, dir string) (*dirmail.Box, *clock.Manual) {
	t.Helper()
	at := clock.At(mailtest.Now)
	b, err := dirmail.Open(dir, at)
	if err != nil {
		t.Fatal(err)
	}
	return b, at
}

func TestSuite(t *testing.T) {
	mailtest.Run(t, func(t *testing.T) mailtest.Rig {
		dir := t.TempDir()
		b, _ := open(t, dir)
		return mailtest.Rig{Sender: b, Sent: func() []mailtest.Sent {
			var sent []mailtest.Sent
			files, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				raw, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				sent = append(sent, mailtest.Sent{ID: strings.TrimSuffix(filepath.Base(file), ".eml"), Raw: raw})
			}
			return sent
		}}
	})
}

func TestInbox(t *testing.T) {
	dir := t.TempDir()
	b, at := open(t, dir)
	if all, err := b.List(t.Context(), "", 10); err != nil || len(all) != 0 {
		t.Errorf("an empty box: %v, %v", all, err)
	}
	var ids []string
	for i, subject := range []string{"one", "two", "three", "four", "five"} {
		m := mailtest.Plain()
		m.Subject = subject
		id, err := b.Send(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
		if i%2 == 1 {
			at.Advance(time.Second) // else two were sent at the same time
		}
	}
	slices.Reverse(ids)
	for name, text := range map[string]string{"notes.txt": "x", "new-123": "x", "20260301t120001.000-000009-aaaaaa.eml": "damaged"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		before string
		limit  int
		want   []string
	}{
		{"", 10, ids}, {"", 2, ids[:2]}, {ids[1], 2, ids[2:4]}, {ids[4], 2, nil}, {ids[2], 10, ids[3:]},
	} {
		all, err := b.List(t.Context(), c.before, c.limit)
		var got []string
		for _, m := range all {
			got = append(got, m.ID)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("List(%q, %d) = %v, %v; want %v", c.before, c.limit, got, err, c.want)
		}
	}
	again, _ := open(t, dir)
	m, err := again.Open(t.Context(), ids[0])
	if err != nil || m.Subject != "five" || m.ID != ids[0] || !m.Date.Equal(mailtest.Now.Add(2*time.Second)) {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestOpenOfWhatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	box := filepath.Join(dir, "box")
	b, _ := open(t, box)
	if err := os.WriteFile(filepath.Join(dir, "secret.eml"), []byte("Date: Sun, 01 Mar 2026 12:00:00 +0000\r\n\r\nsecret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"", "..", "../secret", "..%2fsecret", `..\secret`, "20260301t120000.000-000001-aaaaaa",
		"20260301t120000.000-000001-aaaaaa/../../secret"} {
		if _, err := b.Open(t.Context(), id); !errors.Is(err, fault.NotFound) {
			t.Errorf("Open(%q): %v", id, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	dir := f.TempDir()
	b, err := dirmail.Open(dir, clock.At(mailtest.Now))
	if err != nil {
		f.Fatal(err)
	}
	m := mailtest.Plain()
	m.HTML = `<a href="https://example.org/">x</a>`
	id, err := b.Send(f.Context(), m)
	if err != nil {
		f.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, id+".eml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte("Date: Sun, 01 Mar 2026 12:00:00 +0000\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\n--x--"))
	f.Add([]byte("Date: Sun, 01 Mar 2026 12:00:00 +0000\nContent-Transfer-Encoding: base64\n\n####"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := dirmail.Parse(raw)
		if err != nil && !errors.Is(err, fault.Internal) {
			t.Errorf("%v", err)
		}
		for _, link := range m.Links {
			if !strings.Contains(link, "http") {
				t.Errorf("link %q", link)
			}
		}
	})
}
