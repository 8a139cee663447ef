package importer

import (
	"bytes"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// memory is a file that was sent.
type memory struct{ *bytes.Reader }

func (memory) Close() error    { return nil }
func (memory) Info() blob.Info { return blob.Info{} }
func (m memory) Size() int64   { return m.Reader.Size() }

// FuzzFile sends anything as a list. Whatever it is, it is refused with a fault or guessed; what is guessed is a plan that its
// rows can be read by, and a row that went into a contact once says nothing new the second time.
func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		"Voornaam;Naam;E-mail;GSM;Geboren;Tags\nAnn;Nys;ann@example.org;0471 00 00 01;1/2/1980;a, b\n",
		"ID\tGroepen\tGezin\tRol in het gezin\nx\tU15\tNys\touder\n",
		"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Zoë\r\nTEL;TYPE=cell:+32471000001\r\nADR:;;Kerkstraat 1;Gent;;9000;BE\r\nEND:VCARD\r\n",
		"Straat;Nummer;Gemeente;Land\nKerkstraat;1;Gent;BE\n",
		"a\"b;c\n\"x\ny\";z\n", "\xff\xfe", "PK\x03\x04", "",
	} {
		f.Add([]byte(seed))
	}
	cfg := &setting.Config{Settings: &setting.Settings{Country: "BE"}}
	grant := policy.For(policy.Actor{ID: "usr_1"}, policy.Owner)
	f.Fuzz(func(t *testing.T, content []byte) {
		object := memory{bytes.NewReader(content)}
		g, err := lookAt(object, &Plan{}, cfg, grant)
		if err != nil {
			if fault.From(err).Kind == fault.Internal {
				t.Fatalf("%v", err)
			}
			return
		}
		plan := &Plan{Mode: Merging, Rule: Overwrite, Columns: g.Columns, DefaultCountry: "BE", BadCell: Drop, now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), cfg: cfg}
		book, err := openBook(object, plan)
		if err != nil {
			t.Fatal(err)
		}
		sample, err := book.Sample("", 20)
		if err != nil {
			return
		}
		columns := columnsOf(plan, sample, layoutOf(book, sample, plan), nil)
		for _, row := range sample {
			d, _, _ := convert(plan, columns, row)
			first, err := d.onto(&contact.Contact{Meta: record.Meta{ID: "con_1"}, FirstName: "Ann", Gender: "unstated"}, columns)
			if err != nil {
				t.Fatal(err)
			}
			settle(first)
			second, err := d.onto(first, columns)
			if err != nil {
				t.Fatal(err)
			}
			settle(second)
			if changes, err := kind.Diff(first, second); err != nil || len(changes) > 0 {
				t.Fatalf("a row that went in changes %s when it comes again: %s > %s (%v)", changes[0].Field, changes[0].From, changes[0].To, err)
			}
		}
	})
}

// settle brings a contact into the form it is stored in, as far as that matters to what comes again.
func settle(c *contact.Contact) {
	_ = kind.Check(c, &record.Env{Now: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Before: c})
}
