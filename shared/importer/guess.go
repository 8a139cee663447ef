package importer

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/iban"
	"github.com/muster-crm/muster/shared/parse"
	"github.com/muster-crm/muster/shared/phone"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/sheet"
)

// sampleRows is how much of a file is looked at to guess its mapping.
const sampleRows = 200

// Guess is what a file looks like: its parts and the mapping its headers and values suggest.
type Guess struct {
	Format         string   `json:"format"`
	Encoding       string   `json:"encoding,omitempty"`
	Encodings      []string `json:"encodings,omitempty" doc:"What it can be read as"`
	Sheet          string   `json:"sheet,omitempty"`
	Sheets         []string `json:"sheets,omitempty"`
	HeaderRow      int      `json:"headerRow" doc:"Line of the header in the file, 0: there is none"`
	DefaultCountry string   `json:"defaultCountry"`
	Columns        []Column `json:"columns"`
}

// guess looks at the beginning of a file. plan, when given, says which sheet, encoding and header row were chosen.
// What the caller may not write is not guessed, see fills.
func guess(book book, plan *Plan, cfg *setting.Config, grant policy.Grant) (*Guess, error) {
	sample, err := book.Sample(plan.Sheet, sampleRows)
	if err != nil {
		return nil, err
	}
	layout := layoutOf(book, sample, plan)
	g := &Guess{Format: string(book.Format()), Encoding: book.Encoding(), Sheet: cmp.Or(plan.Sheet, book.Default().Name), HeaderRow: layout.HeaderLine}
	if g.Encoding != "" {
		g.Encodings = sheet.Encodings()
	}
	for _, s := range book.Sheets() {
		if !s.Hidden && s.Name != "" {
			g.Sheets = append(g.Sheets, s.Name)
		}
	}
	used := map[string]bool{}
	reading := &Plan{DefaultCountry: cfg.Settings.Country, cfg: cfg}
	for i, header := range layout.Headers {
		values := columnValues(sample, layout, i)
		c := Column{Header: header, Samples: slices.Clone(values[:min(3, len(values))])}
		if g.Format == string(VCard) {
			c.Field = header
		} else {
			c.Field = field(header, values, layout.HeaderRow >= 0, used, reading)
		}
		if c.Field != "" && !fills(grant, cfg, c.Field) {
			c.Field = ""
		}
		if c.Field == "" {
			c.Ignore = true
		}
		if isDateField(c.Field, cfg.Fields) {
			order, ambiguous := parse.DateOrder(values)
			c.DateFormat, c.Ambiguous = order.String(), ambiguous
		}
		used[c.Field] = true
		g.Columns = append(g.Columns, c)
	}
	settleNames(g.Columns, sample, layout)
	settleStreets(g.Columns)
	settleBirth(g.Columns)
	for i := range g.Columns {
		if c := &g.Columns[i]; c.Ignore && layout.HeaderRow >= 0 {
			c.NewType = newType(columnValues(sample, layout, i))
		}
	}
	shorten(g.Columns)
	g.DefaultCountry = country(g.Columns, sample, layout, cfg.Settings.Country)
	return g, nil
}

// Bytes of all headers, and of all samples, that a guess keeps: it is a part of the job's record.
const guessBytes = 8 << 10

// shorten cuts headers and samples to what a page shows of them.
func shorten(columns []Column) {
	most := min(160, guessBytes/max(1, len(columns)))
	for i := range columns {
		columns[i].Header = clip(columns[i].Header, most)
		for n, s := range columns[i].Samples {
			columns[i].Samples[n] = clip(s, most/3)
		}
	}
}

// clip cuts a text at a number of bytes.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

func layoutOf(book book, sample []sheet.Row, plan *Plan) sheet.Layout {
	if c, ok := book.(*cards); ok {
		return c.layout()
	}
	if plan.HeaderRow != nil {
		if layout, ok := sheet.LayoutAt(sample, *plan.HeaderRow); ok {
			return layout
		}
	}
	return sheet.FindLayout(sample)
}

// columnValues lists the values of a column below the header, without the empty ones.
func columnValues(sample []sheet.Row, layout sheet.Layout, column int) []string {
	var values []string
	for _, row := range sample {
		if layout.Skip(row) != "" {
			continue
		}
		if v := row.Text(column); v != "" {
			values = append(values, v)
		}
	}
	return values
}

// field guesses where a column goes, by its header first and by its values where the header says nothing or too little.
func field(header string, values []string, headed bool, used map[string]bool, plan *Plan) string {
	name := ""
	if headed {
		name = lookup()[plain(header)]
		if system, ok := strings.CutPrefix(header, "externalIds."); ok && system != "" {
			name = header // as exports head them
		}
		// A field the organisation made itself is meant before one of ours that it may never have seen.
		if own := ownHeaded(header, values, plan.cfg.Fields); own != "" && !slices.ContainsFunc(first, func(t target) bool { return t.name == name }) {
			name = own
		}
	}
	switch {
	case name == "" && !headed:
		name = byContent(values, used)
	case (name == "number" || name == "externalIds.import" || name == "") && mostly(values, isRecordID):
		name = "id" // as exports have it
	case mostly(values, rowKeyShape.MatchString):
		name = RowKey // as our own file of rejected rows has it
	case name == "number" && !mostly(values, isNumber):
		name = "externalIds.import" // M000123 is no number of ours
	case name == "addresses.street" && mostly(values, hasHouseNumber):
		name = "addresses.street:line"
	case name == "phones.number:fixed" && mostly(values, isMobile):
		name = "phones.number:mobile"
	case (name == "type" || name == "status") && !mostly(values, func(s string) bool { _, ok := codeOf(plan.lists(), name, s); return ok }):
		name = ""
	case name == "birthDate" && len(values) > 0 && !slices.ContainsFunc(values, isDate):
		name = ""
	case slices.Contains(strict, name) && len(values) > 0 && !mostly(values, func(s string) bool { return plan.reads(name, s) }):
		name = ""
	case name == "family" && !households(values):
		name = ""
	case used[name] && plain(header) == "roepnaam":
		name = "nickname" // what somebody is called, beside the first name
	}
	if used[name] && !sharedTarget(name) {
		return ""
	}
	return name
}

// ownHeaded finds the organisation's own field that is called like a column and can hold what is in it.
func ownHeaded(header string, values []string, fields []record.CustomField) string {
	for _, f := range fields {
		if f.Kind == contact.Name && !fileField(f) && (plain(f.Label) == plain(header) || plain(f.Name) == plain(header)) && takes(f, values) {
			return "custom." + f.Name
		}
	}
	return ""
}

// isDateField tells whether a target holds dates, whose order is to be found out.
func isDateField(name string, fields []record.CustomField) bool {
	own := ownField(fields, strings.TrimPrefix(name, "custom."))
	return name == "birthDate" || name == "groups.from" || name == "groups.to" || own != nil && own.Type == "date" && strings.HasPrefix(name, "custom.")
}

// option finds the option that a cell names, whatever its case and accents; "" when it names none.
func option(options []string, value string) string {
	folded := fold.String(strings.TrimSpace(value))
	for _, o := range options {
		if fold.String(o) == folded {
			return o
		}
	}
	return ""
}

// byContent guesses a column without a header. Only what is unmistakable is guessed, and names: the first two columns of
// short texts.
func byContent(values []string, used map[string]bool) string {
	switch {
	case len(values) == 0:
		return ""
	case mostly(values, func(s string) bool { return strings.Contains(s, "@") }):
		return "emails.address"
	case mostly(values, isBirth):
		return "birthDate"
	case mostly(values, isMobile):
		return "phones.number:mobile"
	case !used["iban"] && mostly(values, iban.Valid):
		return "iban"
	case !used["identityDocument.number"] && mostly(values, isIdentityCard):
		return "identityDocument.number"
	case !used["nationalNumber.number"] && isNationalNumber(values):
		return "nationalNumber.number"
	case !used["nationalities"] && mostly(values, func(s string) bool { _, ok := demonym(s); return ok }):
		return "nationalities"
	case !used["firstName"]:
		return "firstName"
	case !used["lastName"]:
		return "lastName"
	}
	return ""
}

// settleNames corrects what single headers cannot tell: "Naam" is the last name beside "Voornaam" and the full name
// alone; a full name beside first and last is ignored.
func settleNames(columns []Column, sample []sheet.Row, layout sheet.Layout) {
	at := func(name string) int {
		return slices.IndexFunc(columns, func(c Column) bool { return c.Field == name })
	}
	first, last, full := at("firstName"), at("lastName"), at("name:full")
	switch {
	case first < 0 && full < 0 && last >= 0:
		columns[last].Field = "name:full"
	case full >= 0 && (first >= 0 || last >= 0) && anyValues(sample, layout, first, last):
		columns[full].Field, columns[full].Ignore = "", true
	case full >= 0:
		for _, i := range []int{first, last} {
			if i >= 0 {
				columns[i].Field, columns[i].Ignore = "", true
			}
		}
	}
}

// settleStreets leaves the digits in a street's name alone where the numbers of houses have a column of their own.
func settleStreets(columns []Column) {
	line := slices.IndexFunc(columns, func(c Column) bool { return c.Field == "addresses.street:line" })
	street := slices.ContainsFunc(columns, func(c Column) bool { return c.Field == "addresses.street" })
	if line >= 0 && !street && slices.ContainsFunc(columns, func(c Column) bool { return c.Field == "addresses.number" }) {
		columns[line].Field = "addresses.street"
	}
}

// settleBirth makes a "birthday" of one or two digits the day, beside the year or month of birth; some address books
// export the three apart. Alone it is no birth date.
func settleBirth(columns []Column) {
	at := func(name string) int {
		return slices.IndexFunc(columns, func(c Column) bool { return c.Field == name })
	}
	i := at("birthDate")
	if i < 0 || slices.ContainsFunc(columns[i].Samples, func(s string) bool { return len(s) > 2 }) {
		return
	}
	parts := at("birthDate:year") >= 0 || at("birthDate:month") >= 0
	switch {
	case parts && at("birthDate:day") < 0:
		columns[i].Field, columns[i].DateFormat, columns[i].Ambiguous = "birthDate:day", "", false
	case parts || len(columns[i].Samples) > 0:
		columns[i] = Column{Header: columns[i].Header, Samples: columns[i].Samples, Ignore: true}
	}
}

func anyValues(sample []sheet.Row, layout sheet.Layout, columns ...int) bool {
	return slices.ContainsFunc(columns, func(i int) bool { return i >= 0 && len(columnValues(sample, layout, i)) > 0 })
}

// mostly reports whether four of five values are of a sort, and there are any.
func mostly(values []string, is func(string) bool) bool {
	n := 0
	for _, v := range values {
		if is(v) {
			n++
		}
	}
	return n > 0 && n*5 >= len(values)*4
}

// households tells whether values may name families: words, of which none comes back as often as no family has members.
func households(values []string) bool {
	times := map[string]int{}
	for _, v := range values {
		if times[v]++; times[v] > 12 {
			return false
		}
	}
	return mostly(values, func(s string) bool {
		_, flag := parse.Bool(s)
		return !flag && !isNumber(s)
	})
}

func isRecordID(s string) bool { return recordID.MatchString(s) }

// recordID is how the ids of contacts look.
var recordID = regexp.MustCompile(`^con_[0-9a-z]{26}$`)

func isNumber(s string) bool {
	return s != "" && len(s) <= 12 && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

func isDate(s string) bool {
	if parse.Missing(s) {
		return true
	}
	for _, order := range []parse.Order{parse.DMY, parse.MDY, parse.YMD} {
		if _, ok := parse.Date(s, parse.DateRule{Order: order}); ok || len(s) <= 8 && strings.ContainsAny(s, "./-") {
			return true
		}
	}
	return isNumber(s) && (len(s) == 5 || len(s) <= 2) || dateShape.MatchString(s)
}

// dateShape is how dates are written that do not exist: a column of birth dates may hold nothing else.
var dateShape = regexp.MustCompile(`^\d{1,4}[-./ ]\d{1,2}[-./ ]\d{1,4}$`)

func isBirth(s string) bool { return len(s) >= 8 && !isNumber(s) && isDate(s) }

func hasHouseNumber(s string) bool {
	_, number, _ := parse.Street(s)
	return number != ""
}

func isMobile(s string) bool {
	if parse.Missing(s) {
		return true
	}
	digits := 0
	for _, r := range s {
		if r >= '0' && r <= '9' {
			digits++
		} else if !strings.ContainsRune(" +-./()", r) {
			return false
		}
	}
	if digits < 9 || digits > 15 {
		return false
	}
	for _, country := range guessCountries {
		if n, err := phone.Parse(s, country); err == nil && n.Line == phone.Mobile {
			return true
		}
	}
	return false
}

// guessCountries are the countries a file's national numbers are tried in when the organisation's own does not fit.
var guessCountries = []string{"BE", "NL", "FR", "ES", "GB", "DE", "LU", "IT", "PT", "IE", "AT", "CH"}

// country guesses the country of numbers and addresses without one: the organisation's, unless another fits clearly
// better. The same digits are often a number in several countries; that a column of mobiles holds mobiles there, the
// domains of e-mail addresses and the shape of postcodes tell them apart.
func country(columns []Column, sample []sheet.Row, layout sheet.Layout, own string) string {
	score := map[string]int{} // by country
	fits := map[string]bool{} // it is more than the shape of postcodes
	numbers := 0
	for i, c := range columns {
		t, _ := targetOf(c.Field)
		for _, v := range columnValues(sample, layout, i) {
			switch {
			case parse.Missing(v):
			case strings.HasPrefix(c.Field, "phones.") && !strings.HasPrefix(v, "+") && !strings.HasPrefix(v, "00") && numbers < maxNumbers:
				numbers++
				for _, country := range append([]string{own}, guessCountries...) {
					if got, err := phone.Parse(v, country); err == nil && got.Line != "" && (!t.mobile() || got.Line == phone.Mobile) {
						fits[country] = true
						score[country] += 3
					}
				}
			case strings.HasPrefix(c.Field, "emails."):
				domain := strings.ToUpper(v[strings.LastIndexByte(v, '.')+1:])
				if domain == "UK" {
					domain = "GB"
				}
				fits[domain] = true
				score[domain]++
			case c.Field == "addresses.postcode" || c.Field == "addresses:text":
				if c.Field == "addresses:text" {
					v = parse.Address(v).Postcode
				}
				for country, shape := range postcodes {
					if shape.MatchString(v) {
						score[country]++
					}
				}
			}
		}
	}
	best, most := own, score[own]
	for _, c := range guessCountries {
		if fits[c] && score[c] > most && score[c] > score[own]+score[own]/5 {
			best, most = c, score[c]
		}
	}
	return best
}

// maxNumbers is how many numbers are looked at.
const maxNumbers = 50

// postcodes are the shapes of postcodes.
var postcodes = func() map[string]*regexp.Regexp {
	m := map[string]*regexp.Regexp{"NL": regexp.MustCompile(`^\d{4} ?[A-Z]{2}$`), "GB": regexp.MustCompile(`^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$`),
		"PT": regexp.MustCompile(`^\d{4}-\d{3}$`)}
	for _, c := range []string{"BE", "LU", "AT", "CH"} {
		m[c] = regexp.MustCompile(`^\d{4}$`)
	}
	for _, c := range []string{"FR", "ES", "DE", "IT"} {
		m[c] = regexp.MustCompile(`^\d{5}$`)
	}
	return m
}()

// column is a column of a plan, ready to be read.
type column struct {
	Column
	target
	order   parse.Order
	genders parse.Genders
	own     *record.CustomField // of the organisation, when it goes to one
}

// columns readies the columns of a plan against the sample of the file.
func columnsOf(plan *Plan, sample []sheet.Row, layout sheet.Layout, fields []record.CustomField) []*column {
	var all []*column
	for i, c := range plan.Columns {
		col := &column{Column: c}
		if !c.Ignore {
			col.target, _ = targetOf(c.Field)
			values := columnValues(sample, layout, i)
			col.genders = parse.GendersOf(values)
			if own, ok := strings.CutPrefix(c.Field, "custom."); ok {
				col.own = ownField(fields, own)
			}
			if order, ok := parse.OrderNamed(c.DateFormat); ok {
				col.order = order
			} else {
				col.order, _ = parse.DateOrder(values)
			}
		}
		all = append(all, col)
	}
	return all
}
