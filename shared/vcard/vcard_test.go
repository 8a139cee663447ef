package vcard_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/vcard"
)

func people(t testing.TB, file string) []vcard.Person {
	t.Helper()
	cards, err := all([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	var people []vcard.Person
	for _, c := range cards {
		people = append(people, c.Person())
	}
	return people
}

func all(file []byte) (cards []vcard.Card, err error) {
	r := vcard.NewReader(bytes.NewReader(file))
	for r.Next() {
		cards = append(cards, r.Card())
	}
	return cards, r.Err()
}

// Cards that telephones, mail programs and the standards' own examples have.
func TestRealFiles(t *testing.T) {
	name := func(file string) []vcard.Person {
		raw, err := os.ReadFile(filepath.Join(need.TestData(t, "contacts"), file))
		if err != nil {
			t.Fatal(err)
		}
		return people(t, string(raw))
	}
	outlook := name("outlook-2003.vcf")
	want := vcard.Person{FullName: "John Doe III", FirstName: "John", LastName: "Doe", Honorific: "Mr.", Suffix: "III", Nickname: "Joey", BirthDate: "1980-03-21",
		Emails: []vcard.Way{{Value: "jdoe@hotmail.com", Main: true}},
		Phones: []vcard.Way{{Value: "BusinessPhone", Types: []string{"work"}}, {Value: "HomePhone", Types: []string{"home"}}, {Value: "MobilePhone", Types: []string{"cell"}},
			{Value: "BusinessFaxPhone", Types: []string{"work", "fax"}}},
		Addresses: []vcard.Address{{Types: []string{"work"}, Street: "123 Main St, TheOffice", Town: "Austin", Region: "TX", Postcode: "12345", Country: "United States of America"}},
		Websites:  []string{"http://web-page-address.com"}, Employer: "Company, The", Department: "TheDepartment", JobTitle: "The Job Title", Occupation: "TheProfession",
		Note: "This is the note field!!\nSecond line\n\nThird line is empty"}
	if diff := cmp.Diff([]vcard.Person{want}, outlook); diff != "" {
		t.Error(diff)
	}

	rfc := name("rfc6350-example.vcf")
	want = vcard.Person{FullName: "Simon Perreault", FirstName: "Simon", LastName: "Perreault", Suffix: "ing. jr, M.Sc.", Gender: "male", Languages: []string{"fr", "en"},
		Emails: []vcard.Way{{Value: "simon.perreault@viagenie.ca", Types: []string{"work"}}},
		Phones: []vcard.Way{{Value: "+1-418-656-9254 ext 102", Types: []string{"work"}, Main: true}, {Value: "+1-418-262-6501", Types: []string{"work", "cell", "video"}}},
		Addresses: []vcard.Address{{Types: []string{"work"}, Street: "2875 Laurier, Suite D2-630", Town: "Quebec", Region: "QC", Postcode: "G1V 2M2",
			Country: "Canada"}},
		Websites: []string{"http://nomis80.org"}, Employer: "Viagenie"}
	if diff := cmp.Diff([]vcard.Person{want}, rfc); diff != "" {
		t.Error(diff)
	}

	old := name("rfc2426-example.vcf")
	if len(old) != 2 || old[0].Addresses[0].Street != "6544 Battleford Drive" || old[0].Addresses[0].Town != "Raleigh" || old[1].Addresses[0].Region != "CA" ||
		!old[0].Emails[0].Main || old[0].Emails[1].Main || old[1].Phones[1].Types[0] != "fax" {
		t.Errorf("%+v", old)
	}

	phone := name("John_Doe_IPHONE.vcf")
	if len(phone) != 1 {
		t.Fatalf("%d cards", len(phone))
	}
	john := phone[0]
	if john.Middle != "Richter, James" || john.BirthDate != "2012-06-06" || len(john.Phones) != 7 || john.Phones[6].Label != "AssistantPhone" || john.Websites[0] != "http://www.ibm.com" ||
		john.Addresses[0].Street != "Silicon Alley 5" || john.Addresses[1].Street != "Street4, Building 6, Floor 8" || john.Department != "Accounting" {
		t.Errorf("%+v", john)
	}

	for file, want := range map[string]int{"gmail-list.vcf": 3, "basic_vcard_addressbook.vcf": 2} {
		if got := name(file); len(got) != want || got[0].Emails[0].Value == "" {
			t.Errorf("%s: %d cards, want %d", file, len(got), want)
		}
	}
}

// What single lines of all dialects say.
func TestDialects(t *testing.T) {
	const begin, end = "BEGIN:VCARD\r\nVERSION:", "\r\nEND:VCARD\r\n"
	for line, want := range map[string]vcard.Person{
		"2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=C3=85=6B=\r\nesson;Zo=C3=AB;;;": {FirstName: "Zoë", LastName: "Åkesson"},
		"2.1\r\nN;CHARSET=ISO-8859-1;QUOTED-PRINTABLE:M=FCller;J=F6rg":                     {FirstName: "Jörg", LastName: "Müller"},
		"2.1\r\nFN:M\xfcller":                                         {FullName: "Müller"},
		"2.1\r\nNOTE:a long\r\n  text":                                {Note: "a long  text"},
		"3.0\r\nNOTE:a lo\r\n ng text\\, with\\nlines\\; and \\\\ it": {Note: "a long text, with\nlines; and \\ it"},
		"3.0\r\nNOTE:a\r\nNOTE:b":                                     {Note: "a\nb"},
		"4.0\nCATEGORIES:a\\,b,c":                                     {Categories: []string{"a,b", "c"}},
		"2.1\nCATEGORIES:a;b":                                         {Categories: []string{"a", "b"}},
		"4.0\rBDAY:19850612T101500Z\rGENDER:F;woman":                  {BirthDate: "1985-06-12", Gender: "female"},
		"3.0\r\nBDAY;X-APPLE-OMIT-YEAR=1604:1604-02-03":               {},
		"3.0\r\nBDAY:1985-02-30":                                      {},
		"4.0\r\nN;SORT-AS=\"Berghe,Jan\":van den Berghe;Jan;;;":       {FirstName: "Jan", Prefix: "van den", LastName: "Berghe"},
		"4.0\r\nADR;CC=be;TYPE=home:;;Kerkstraat 1/3;Gent;;9000;België;;3;;1;Kerkstraat;;;;;;": {Addresses: []vcard.Address{{Types: []string{"home"}, Street: "Kerkstraat", Number: "1",
			Box: "3", Town: "Gent", Postcode: "9000", Country: "België", Code: "BE"}}},
		"4.0\r\nADR:PO Box 7;;;Gent":                                             {Addresses: []vcard.Address{{Street: "PO Box 7", Town: "Gent"}}},
		"4.0\r\nADR:;;;;;;":                                                      {},
		"2.1\r\nPHOTO;BASE64:\r\nAAAABBBB\r\nCCCC\r\n\r\nFN:Jan":                 {FullName: "Jan"},
		"2.1\r\nAGENT:\r\nBEGIN:VCARD\r\nFN:Other\r\nEND:VCARD\r\nFN:Jan":        {FullName: "Jan"},
		"4.0\r\nEMAIL;PREF=2:b@example.org\r\nEMAIL;PREF=1:mailto:a@example.org": {Emails: []vcard.Way{{Value: "b@example.org"}, {Value: "a@example.org", Main: true}}},
		"4.0\r\nTEL;TYPE=\"home,cell\":1\r\nX.TEL;CELL;PREF:2":                   {Phones: []vcard.Way{{Value: "1", Types: []string{"home", "cell"}}, {Value: "2", Types: []string{"cell"}, Main: true}}},
		"4.0\r\nKIND:org\r\nORG:ACME;Sales":                                      {Kind: "org", Employer: "ACME", Department: "Sales"},
		"4.0\r\nNOTE;X=\"a:b\":c":                                                {Note: "c"},
	} {
		got := people(t, begin+line+end)
		if diff := cmp.Diff([]vcard.Person{want}, got); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
	}
}

// What comes in another character set, is cut off or runs on, is read all the same and says so.
func TestFlaws(t *testing.T) {
	utf16 := []byte{0xFF, 0xFE}
	for _, r := range "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoë\r\nEND:VCARD\r\n" {
		utf16 = append(utf16, byte(r), byte(r>>8))
	}
	if got := people(t, string(utf16)); len(got) != 1 || got[0].FullName != "Zoë" {
		t.Errorf("%+v", got)
	}
	for file, want := range map[string][]bool{
		"BEGIN:VCARD\nFN:a\nEND:VCARD":                                     {false},
		"\ufeffbegin : vcard\nFN:a\nend:vcard\n\n\nBEGIN:VCARD\nEND:VCARD": {false, false},
		"BEGIN:VCARD\nFN:a":                                                {true},
		"BEGIN:VCARD\nFN:a\nBEGIN:VCARD\nFN:b\nEND:VCARD":                  {true, false},
		"BEGIN:VCARD\nno property\nFN:a\nEND:VCARD":                        {true},
		"BEGIN:VCARD\nNOTE:" + strings.Repeat("x", 2<<20) + "\nEND:VCARD":  {true},
		"BEGIN:VCARD\n" + strings.Repeat("TEL:1\n", 1001) + "END:VCARD":    {true},
	} {
		cards, err := all([]byte(file))
		var got []bool
		for _, c := range cards {
			got = append(got, c.Flaw)
		}
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%.60q: %v, %v, want %v", file, got, err, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for file, want := range map[string]string{
		"":             "file_empty",
		"a,b\n1,2\n":   "file_empty",
		"BEGIN:VCARDS": "file_empty",
		"BEGIN:VCARD\n" + strings.Repeat("NOTE:"+strings.Repeat("x", 1<<19)+"\n", 9) + "END:VCARD":                   "file_damaged",
		"BEGIN:VCARD\nNOTE:" + strings.Repeat("\n "+strings.Repeat("x", 1<<16), 20) + "\n" + strings.Repeat("y:", 9): "",
	} {
		_, err := all([]byte(file))
		if err == nil && want != "" || err != nil && fault.From(err).Code != want {
			t.Errorf("%.40q: %v, want %q", file, err, want)
		}
	}
	broken := errors.New("broken")
	r := vcard.NewReader(failing{broken})
	if r.Next() || !errors.Is(r.Err(), broken) {
		t.Errorf("%v", r.Err())
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestLooks(t *testing.T) {
	for head, want := range map[string]bool{"BEGIN:VCARD\r\nVERS": true, "\ufeff\r\n begin:vcard": true, "naam;BEGIN:VCARD": false, "": false, "BEGIN:VCALENDAR\n": false} {
		if vcard.Looks([]byte(head)) != want {
			t.Errorf("%q", head)
		}
	}
}

// Lines are at most 75 bytes, and no character is torn.
func TestFolding(t *testing.T) {
	var b bytes.Buffer
	w := vcard.NewWriter(&b, vcard.V4)
	long := strings.Repeat("aé€𝄞", 100)
	if err := w.Card(vcard.Person{FullName: "x", Note: long}.Card(vcard.V4)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(b.String(), "\r\n") {
		if len(line) > 75 || strings.ToValidUTF8(line, "!") != line {
			t.Errorf("%d bytes: %q", len(line), line)
		}
	}
	if got := people(t, b.String()); got[0].Note != long {
		t.Errorf("%q", got[0].Note)
	}
}

// texts draws texts as records have them: without spaces around them or control characters.
func texts(label string) func(*rapid.T) string {
	words := rapid.StringMatching(`[\p{L}\p{Nd}\p{So}"';:,.=\\^%&()<>-]{1,12}`)
	return func(t *rapid.T) string {
		s := words.Draw(t, label)
		for range rapid.IntRange(0, 3).Draw(t, "words") {
			s += rapid.SampledFrom([]string{" ", "\n", " \t"}).Draw(t, "space") + words.Draw(t, label)
		}
		return s
	}
}

func line(t *rapid.T) string {
	return rapid.StringMatching(`[\p{L}\p{Nd}"';:,.=\\^%&()<>-]{1,30}( [\p{L}";:,\\-]{1,60})?`).Draw(t, "line")
}

func maybe(t *rapid.T, make func(*rapid.T) string) string {
	if rapid.Bool().Draw(t, "there") {
		return make(t)
	}
	return ""
}

// A card written and read is the same, in both versions.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SampledFrom([]vcard.Version{vcard.V3, vcard.V4}).Draw(t, "version")
		p := vcard.Person{FullName: line(t), FirstName: line(t), Middle: maybe(t, line), LastName: maybe(t, line), Honorific: maybe(t, line),
			Suffix: maybe(t, line), Nickname: maybe(t, func(t *rapid.T) string { return strings.ReplaceAll(line(t), ",", "") }), UID: maybe(t, line),
			BirthDate: maybe(t, func(t *rapid.T) string { return rapid.SampledFrom([]string{"1900-01-01", "2024-02-29"}).Draw(t, "day") }),
			Gender:    rapid.SampledFrom([]string{"", "male", "female", "other"}).Draw(t, "gender"),
			Employer:  maybe(t, line), JobTitle: maybe(t, line), Occupation: maybe(t, line), Note: maybe(t, texts("note"))}
		p.Nickname = strings.TrimSpace(p.Nickname)
		if p.LastName != "" {
			p.Prefix = maybe(t, func(t *rapid.T) string { return rapid.SampledFrom([]string{"van", "de la", "d'"}).Draw(t, "prefix") })
		}
		if p.Employer != "" {
			p.Department = maybe(t, line)
		}
		some := func(label string) int { return rapid.IntRange(0, 3).Draw(t, label) }
		kinds := func() []string {
			return rapid.SampledFrom([][]string{nil, {"home"}, {"work", "fax"}, {"cell"}}).Draw(t, "types")
		}
		for range some("languages") {
			p.Languages = append(p.Languages, rapid.SampledFrom([]string{"nl", "fr-BE"}).Draw(t, "language"))
		}
		for n := range some("emails") {
			p.Emails = append(p.Emails, vcard.Way{Value: "a" + line(t), Types: kinds(), Label: maybe(t, line), Main: n == 1})
		}
		for n := range some("phones") {
			p.Phones = append(p.Phones, vcard.Way{Value: "+32" + line(t), Types: kinds(), Label: maybe(t, line), Main: n == 0})
		}
		for range some("sites") {
			p.Websites = append(p.Websites, "https://example.org/"+line(t))
		}
		for range some("tags") {
			p.Categories = append(p.Categories, line(t))
		}
		for range some("addresses") {
			a := vcard.Address{Types: kinds(), Label: maybe(t, line), Street: line(t), Town: maybe(t, line), Region: maybe(t, line), Postcode: maybe(t, line), Country: maybe(t, line)}
			if v == vcard.V4 {
				a.Number, a.Box, a.Code = maybe(t, line), maybe(t, line), maybe(t, func(*rapid.T) string { return "BE" })
			}
			p.Addresses = append(p.Addresses, a)
		}
		var b bytes.Buffer
		w := vcard.NewWriter(&b, v)
		if err := errors.Join(w.Card(p.Card(v)), w.Card(p.Card(v)), w.Close()); err != nil {
			t.Fatal(err)
		}
		cards, err := all(b.Bytes())
		if err != nil || len(cards) != 2 {
			t.Fatalf("%d cards, %v", len(cards), err)
		}
		for _, c := range cards {
			if diff := cmp.Diff(p, c.Person()); diff != "" || c.Flaw || c.Version != v {
				t.Fatalf("%s%s%+v", diff, b.String(), c)
			}
		}
	})
}

// Whatever is read ends, and is written as cards that read as the same people.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=ISO-8859-1;QUOTED-PRINTABLE:M=FC=\r\nller;J=F6rg\r\nTEL;CELL:0471\r\nPHOTO;BASE64:\r\n  AAAA\r\n\r\nEND:VCARD\r\n",
		"BEGIN:VCARD\nVERSION:4.0\nFN:a\nADR;CC=be:;;Kerkstraat 1;Gent;;9000;;;3;;1;Kerkstraat;;;;;;\nitem1.EMAIL;PREF=1;TYPE=\"work,x\":a@example.org\nitem1.X-ABLabel:_$!<Other>!$_\nEND:VCARD",
		"BEGIN:VCARD\nAGENT:\nBEGIN:VCARD\nEND:VCARD\nN:van den Berghe;Jan\nSORT-STRING:Berghe\nEND:VCARD",
		"\xff\xfeB\x00", "BEGIN:VCARD\nX;Y=^n^^^';Z:\\", "BEGIN:VCARD\rVERSION:3.0\rN:;;;\r\r\nGENDER:;x\nBDAY:--0203",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		cards, err := all(file)
		if err != nil {
			return
		}
		for _, v := range []vcard.Version{vcard.V3, vcard.V4} {
			var first, second bytes.Buffer
			one, two := vcard.NewWriter(&first, v), vcard.NewWriter(&second, v)
			for _, c := range cards {
				if err := one.Card(c.Person().Card(v)); err != nil {
					t.Fatal(err)
				}
			}
			one.Close()
			again, err := all(first.Bytes())
			if err != nil || len(again) != len(cards) {
				t.Fatalf("%d cards became %d, %v: %q", len(cards), len(again), err, first.String())
			}
			for _, c := range again {
				if c.Flaw {
					t.Fatalf("a flaw in what was written: %q", first.String())
				}
				if err := two.Card(c.Person().Card(v)); err != nil {
					t.Fatal(err)
				}
			}
			two.Close()
			if len(again) > 0 && len(second.Bytes()) == 0 {
				t.Fatal("nothing was written the second time")
			}
		}
	})
}
