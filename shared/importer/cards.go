package importer

import (
	"io"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/sheet"
	"github.com/muster-crm/muster/shared/vcard"
)

// Business cards as rows (IMP-01): each card is a row, each thing cards can say a column, named by the target it goes to.
// What no card of the file says is no column; the languages somebody speaks are none, since an organisation chooses the few
// it writes in. So cards are mapped, previewed, matched and handed back like any list.

// VCard is the format of a file of business cards.
const VCard sheet.Format = "vcard"

// cardColumns are what cards can say, by target.
var cardColumns = []struct {
	target string
	value  func(p *vcard.Person) string
}{
	{"externalIds.vcard", func(p *vcard.Person) string { return p.UID }},
	{"firstName", func(p *vcard.Person) string { return strings.TrimSpace(p.FirstName + " " + p.Middle) }},
	{"prefix", func(p *vcard.Person) string { return p.Prefix }},
	{"lastName", func(p *vcard.Person) string { return p.LastName }},
	{"name:full", func(p *vcard.Person) string {
		if p.FirstName+p.Middle+p.LastName != "" {
			return ""
		}
		return p.FullName
	}},
	{"title", func(p *vcard.Person) string { return p.Honorific }},
	{"suffix", func(p *vcard.Person) string { return p.Suffix }},
	{"nickname", func(p *vcard.Person) string { return p.Nickname }},
	{"birthDate", func(p *vcard.Person) string { return p.BirthDate }},
	{"gender", func(p *vcard.Person) string {
		if p.Gender == "male" || p.Gender == "female" {
			return p.Gender
		}
		return ""
	}},
	{"emails.address", emailsOf("")},
	{"emails.address:work", emailsOf("work")},
	{"phones.number:mobile", phonesOf("mobile")},
	{"phones.number:fixed", phonesOf("fixed")},
	{"phones.number:work", phonesOf("work")},
	{"addresses.street", placed(func(a *vcard.Address) string {
		if a.Number+a.Box != "" {
			return a.Street
		}
		return ""
	})},
	{"addresses.street:line", placed(func(a *vcard.Address) string {
		if a.Number+a.Box == "" {
			return a.Street
		}
		return ""
	})},
	{"addresses.number", placed(func(a *vcard.Address) string { return a.Number })},
	{"addresses.box", placed(func(a *vcard.Address) string { return a.Box })},
	{"addresses.postcode", placed(func(a *vcard.Address) string { return a.Postcode })},
	{"addresses.town", placed(func(a *vcard.Address) string { return a.Town })},
	{"addresses.region", placed(func(a *vcard.Address) string { return a.Region })},
	{"addresses.country", placed(func(a *vcard.Address) string {
		if a.Code != "" {
			return a.Code
		}
		return a.Country
	})},
	{"website", func(p *vcard.Person) string {
		if len(p.Websites) == 0 {
			return ""
		}
		return p.Websites[0]
	}},
	{"occupation", func(p *vcard.Person) string { return p.Occupation }},
	{"work.employer", func(p *vcard.Person) string { return p.Employer }},
	{"work.role", func(p *vcard.Person) string { return p.JobTitle }},
	{"tags", func(p *vcard.Person) string { return enclosed(p.Categories) }},
}

// emailsOf joins the addresses of a sort, the main one first.
func emailsOf(sort string) func(*vcard.Person) string {
	return func(p *vcard.Person) string {
		return joined(p.Emails, func(w vcard.Way) bool { return slices.Contains(w.Types, "work") == (sort == "work") })
	}
}

// phonesOf joins the numbers of a sort; a fax or a pager is no telephone.
func phonesOf(sort string) func(*vcard.Person) string {
	return func(p *vcard.Person) string {
		return joined(p.Phones, func(w vcard.Way) bool {
			mobile := slices.Contains(w.Types, "cell") || slices.Contains(w.Types, "iphone")
			work := slices.Contains(w.Types, "work") && !mobile
			switch {
			case slices.Contains(w.Types, "fax") || slices.Contains(w.Types, "pager"):
				return false
			case sort == "mobile":
				return mobile
			case sort == "work":
				return work
			}
			return !mobile && !work
		})
	}
}

func joined(ways []vcard.Way, of func(vcard.Way) bool) string {
	var all []string
	for _, w := range ways {
		switch {
		case w.Value == "" || !of(w) || slices.Contains(all, w.Value):
		case w.Main:
			all = slices.Insert(all, 0, w.Value)
		default:
			all = append(all, w.Value)
		}
	}
	return strings.Join(all, "; ")
}

// enclosed joins values so that those that hold what stands between them are read as one.
func enclosed(values []string) string {
	var all []string
	for _, v := range values {
		if strings.ContainsAny(v, parting+`"`) {
			v = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
		}
		all = append(all, v)
	}
	return strings.Join(all, "; ")
}

// placed gives a part of the main address, or of the first.
func placed(part func(*vcard.Address) string) func(*vcard.Person) string {
	return func(p *vcard.Person) string {
		if len(p.Addresses) == 0 {
			return ""
		}
		at := max(0, slices.IndexFunc(p.Addresses, func(a vcard.Address) bool { return a.Main }))
		return part(&p.Addresses[at])
	}
}

// cards is a file of business cards.
type cards struct {
	object blob.Object
	used   []int // of cardColumns
}

// openCards reads through a file once to learn what its cards say. Faults: those of package vcard; file_empty when none
// of them is of a person.
func openCards(object blob.Object) (*cards, error) {
	c := &cards{object: object}
	says := make([]bool, len(cardColumns))
	people := 0
	r := vcard.NewReader(io.NewSectionReader(object, 0, object.Size()))
	for r.Next() {
		p := r.Card().Person()
		if p.Kind != "" {
			continue
		}
		people++
		for i, column := range cardColumns {
			says[i] = says[i] || column.value(&p) != ""
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	if people == 0 {
		return nil, fault.New(fault.Invalid, "file_empty")
	}
	for i := range says {
		if says[i] {
			c.used = append(c.used, i)
		}
	}
	return c, nil
}

func (c *cards) Format() sheet.Format  { return VCard }
func (c *cards) Encoding() string      { return "" }
func (c *cards) Comma() rune           { return 0 }
func (c *cards) Sheets() []sheet.Sheet { return []sheet.Sheet{{}} }
func (c *cards) Default() sheet.Sheet  { return sheet.Sheet{} }
func (c *cards) Each(string) (rows, error) {
	return &cardRows{c: c, r: vcard.NewReader(io.NewSectionReader(c.object, 0, c.object.Size()))}, nil
}

// layout has no header: the columns are named by where they go.
func (c *cards) layout() sheet.Layout {
	l := sheet.Layout{HeaderRow: -1, Columns: len(c.used)}
	for _, i := range c.used {
		l.Headers = append(l.Headers, cardColumns[i].target)
	}
	return l
}

func (c *cards) Sample(_ string, n int) ([]sheet.Row, error) {
	r, err := c.Each("")
	if err != nil {
		return nil, err
	}
	var sample []sheet.Row
	for len(sample) < n && r.Next() {
		sample = append(sample, r.Row().Clone())
	}
	return sample, r.Err()
}

// cardRows walks over the cards of people.
type cardRows struct {
	c   *cards
	r   *vcard.Reader
	row sheet.Row
}

func (r *cardRows) Next() bool {
	for r.r.Next() {
		card := r.r.Card()
		p := card.Person()
		if p.Kind != "" {
			continue
		}
		r.row = sheet.Row{Line: card.Line, Cells: r.row.Cells[:0]}
		for _, i := range r.c.used {
			cell := sheet.Cell{}
			if text := cardColumns[i].value(&p); text != "" {
				cell = sheet.T(text)
			}
			r.row.Cells = append(r.row.Cells, cell)
		}
		return true
	}
	return false
}

func (r *cardRows) Row() sheet.Row { return r.row }
func (r *cardRows) Err() error     { return r.r.Err() }
func (r *cardRows) Close()         {}
