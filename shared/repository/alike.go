package repository

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/catalog"
	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/index"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// This file finds who is alike a record that is being made (DUP-03, DUP-08, API-07). It looks at what the caller may read
// and nothing else, so that no score tells of what is hidden; bank accounts, national numbers and documents are never looked
// at.

// scored are the kinds whose records are compared, and the columns that are features; see feature.
var scored = map[string][]string{
	"contact": {"firstName", "nickname", "prefix", "lastName", "birthDate", "gender", "emails.address", "phones.number",
		"addresses.street", "addresses.number", "addresses.box", "addresses.postcode", "addresses.town"},
	"company": {"name", "taxNumber", "website", "emails.address", "phones.number",
		"addresses.street", "addresses.number", "addresses.box", "addresses.postcode", "addresses.town"},
}

// ScoredKinds lists the kinds whose duplicates are looked for.
func ScoredKinds() []string { return []string{"contact", "company"} }

// Candidate is a record that is alike another.
type Candidate struct {
	ID    string
	Title string
	Level dedupe.Level // dedupe.Same or dedupe.Likely
	Score dedupe.Score
}

// maxCandidates is how many are told at most, and maxBlock how many records one way of looking for them gives.
const (
	maxCandidates = 10
	maxBlock      = 60
)

// Alike tells who is alike a new record, or the one with its id, the most alike first, at most ten. body is the record as Create
// takes it, complete or as far as it is typed; what is wrong in it is passed over. Only the records and fields the grant may read
// are looked at. The fault is Denied for who reads nothing.
func (r *Repository) Alike(ctx context.Context, g policy.Grant, kind string, body []byte) ([]Candidate, error) {
	if err := g.Allow(policy.Read); err != nil {
		return nil, err
	}
	if scored[kind] == nil {
		return nil, fault.New(fault.NotFound, "not_found")
	}
	m, err := r.glance(ctx, g)
	if err != nil || m.shelf == nil {
		return nil, err
	}
	rec, err := r.typed(kind, body, m.cfg)
	if err != nil {
		return nil, err
	}
	return r.alike(ctx, g, m.shelf, kind, rec)
}

// document is what the JSON of a record says that is a feature, for either kind.
type document struct {
	ID        string `json:"id"`
	FirstName string `json:"firstName"`
	Nickname  string `json:"nickname"`
	Prefix    string `json:"prefix"`
	LastName  string `json:"lastName"`
	BirthDate string `json:"birthDate"`
	Gender    string `json:"gender"`
	Name      string `json:"name"`
	TaxNumber string `json:"taxNumber"`
	Website   string `json:"website"`
	Emails    []struct {
		Address string `json:"address"`
	} `json:"emails"`
	Phones []struct {
		Number string `json:"number"`
	} `json:"phones"`
	Addresses []struct {
		Street   string `json:"street"`
		Number   string `json:"number"`
		Box      string `json:"box"`
		Postcode string `json:"postcode"`
		Town     string `json:"town"`
	} `json:"addresses"`
}

// typed gives the features of a record as it is typed.
func (r *Repository) typed(kind string, body []byte, cfg *setting.Config) (*dedupe.Record, error) {
	return features(kind, body, func(number string) string {
		if r.Phones != nil {
			if e164, _, code := r.Phones.Read(number, cfg.Settings.Country); code == "" {
				return e164
			}
		}
		return number
	})
}

// features makes a record of the scorer of the JSON of a record; dialled gives a telephone number as records keep it.
func features(kind string, body []byte, dialled func(number string) string) (*dedupe.Record, error) {
	var d document
	if err := json.Unmarshal(body, &d); err != nil {
		return nil, fault.New(fault.Malformed, "malformed")
	}
	rec := &dedupe.Record{ID: d.ID, Company: kind == "company", First: d.FirstName, Nick: d.Nickname, Prefix: d.Prefix, Last: d.LastName, Birth: d.BirthDate,
		Gender: d.Gender, Name: d.Name, Tax: d.TaxNumber, Website: d.Website}
	for _, e := range d.Emails {
		if e.Address != "" {
			rec.Emails = append(rec.Emails, e.Address)
		}
	}
	for _, p := range d.Phones {
		if number := dialled(p.Number); number != "" {
			rec.Phones = append(rec.Phones, number)
		}
	}
	for _, a := range d.Addresses {
		rec.Places = append(rec.Places, dedupe.Place{Street: a.Street, Number: a.Number, Box: a.Box, Postcode: a.Postcode, Town: a.Town})
	}
	return rec, nil
}

// alike looks for candidates in the index and scores them.
func (r *Repository) alike(ctx context.Context, g policy.Grant, shelf *catalog.Shelf, kind string, rec *dedupe.Record) ([]Candidate, error) {
	view, err := shelf.View(kind)
	if err != nil {
		return nil, err
	}
	now := r.Clock.Now().In(shelf.Config().Settings.Zone())
	var ids []string
	for _, where := range likely(rec) {
		answer, err := view.Find(index.Request{Where: where, Limit: maxBlock, Now: now, Grant: g})
		if err != nil {
			continue // the caller may not read the field
		}
		for _, hit := range answer.Hits {
			if hit.ID != rec.ID && !slices.Contains(ids, hit.ID) {
				ids = append(ids, hit.ID)
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	c := dedupe.NewCorpus()
	c.Add(rec)
	paths := scored[kind]
	for _, id := range ids {
		c.Add(feature(kind, id, paths, view.Values(id, paths, g)))
	}
	var away *aparts
	if rec.ID != "" { // of a new record nobody has said anything
		if away, err = r.apart(ctx, g, kind, view); err != nil {
			return nil, err
		}
	}
	s := c.Among(frequencies{view, g, now}, rec)
	t := shelf.Config().Settings.Thresholds()
	var all []Candidate
	for i, id := range ids {
		score := s.Score(0, i+1)
		level := t.Level(score)
		if level == dedupe.Unlikely || away != nil && away.are(rec.ID, id) {
			continue
		}
		title, _, _ := view.Title(id, g)
		all = append(all, Candidate{ID: id, Title: title, Level: level, Score: score})
	}
	slices.SortFunc(all, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score.Points, a.Score.Points), cmp.Compare(a.ID, b.ID))
	})
	return all[:min(len(all), maxCandidates)], nil
}

// likely gives the questions that find who may be alike, each by some of the keys that two records of one share.
func likely(rec *dedupe.Record) []query.Expr {
	is := func(field, value string) query.Expr { return query.Term{Field: field, Op: query.Is, Value: value} }
	has := func(field, value string) query.Expr { return query.Term{Field: field, Op: query.Has, Value: value} }
	var all []query.Expr
	var ways query.Or
	for _, e := range rec.Emails {
		ways = append(ways, is("emails.address", e))
	}
	for _, p := range rec.Phones {
		ways = append(ways, is("phones.number", p))
	}
	if len(ways) > 0 {
		all = append(all, ways)
	}
	if len(rec.Birth) == len(time.DateOnly) {
		if _, err := time.Parse(time.DateOnly, rec.Birth); err == nil {
			dates := query.Or{is("birthDate", rec.Birth)}
			turned := rec.Birth[:5] + rec.Birth[8:] + rec.Birth[4:7]
			if _, err := time.Parse(time.DateOnly, turned); err == nil && turned != rec.Birth {
				dates = append(dates, is("birthDate", turned))
			}
			all = append(all, dates)
		}
	}
	name := strings.TrimSpace(rec.First + " " + rec.Last)
	if rec.Company {
		name = rec.Name
		if rec.Tax != "" {
			all = append(all, is("taxNumber", rec.Tax))
		}
		words := fold.Words(rec.Name)
		slices.SortStableFunc(words, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
		for _, w := range words[:min(len(words), 2)] {
			all = append(all, query.Text{Words: w})
		}
	}
	if name != "" {
		all = append(all, query.Text{Words: name})
	}
	if rec.Last != "" {
		if forms := dedupe.Forms(rec.First); len(forms) > 0 {
			var any query.Or
			for _, form := range forms {
				any = append(any, has("firstName", form))
			}
			all = append(all, query.And{has("lastName", rec.Last), any})
		}
		if first := fold.String(rec.First); first != "" {
			all = append(all, query.And{has("lastName", rec.Last), has("firstName", string([]rune(first)[:1]))})
		}
	}
	for _, p := range rec.Places {
		if p.Postcode == "" {
			continue
		}
		if p.Number != "" {
			all = append(all, query.And{is("addresses.postcode", p.Postcode), is("addresses.number", p.Number)})
		}
		for _, part := range []string{rec.Last, rec.First} {
			if part != "" {
				all = append(all, query.And{is("addresses.postcode", p.Postcode), query.Text{Words: part}})
			}
		}
	}
	return all
}

// feature makes a record of the scorer of what the index holds.
func feature(kind, id string, paths []string, cells []index.Cell) *dedupe.Record {
	rec := &dedupe.Record{ID: id, Company: kind == "company"}
	for _, c := range cells {
		switch paths[c.Path] {
		case "firstName":
			rec.First = c.Text
		case "nickname":
			rec.Nick = c.Text
		case "prefix":
			rec.Prefix = c.Text
		case "lastName":
			rec.Last = c.Text
		case "birthDate":
			rec.Birth = day(c.Number)
		case "gender":
			rec.Gender = c.Text
		case "name":
			rec.Name = c.Text
		case "taxNumber":
			rec.Tax = c.Text
		case "website":
			rec.Website = c.Text
		case "emails.address":
			rec.Emails = append(rec.Emails, c.Text)
		case "phones.number":
			rec.Phones = append(rec.Phones, c.Text)
		default:
			for len(rec.Places) <= c.At {
				rec.Places = append(rec.Places, dedupe.Place{})
			}
			p := &rec.Places[c.At]
			switch paths[c.Path] {
			case "addresses.street":
				p.Street = c.Text
			case "addresses.number":
				p.Number = c.Text
			case "addresses.box":
				p.Box = c.Text
			case "addresses.postcode":
				p.Postcode = c.Text
			case "addresses.town":
				p.Town = c.Text
			}
		}
	}
	return rec
}

// day writes a date counted in days since 1970.
func day(days int64) string {
	return time.Unix(days*24*60*60, 0).UTC().Format(time.DateOnly)
}

// frequencies tell how often values occur in an organisation.
type frequencies struct {
	view catalog.View
	g    policy.Grant
	now  time.Time
}

// fieldOf are the columns of the scorer's fields.
var fieldOf = map[string]string{"firstName": "firstName", "lastName": "lastName", "name": "name", "birthDate": "birthDate", "email": "emails.address",
	"phone": "phones.number", "street": "addresses.street", "postcode": "addresses.postcode", "town": "addresses.town"}

func (f frequencies) Size() int {
	live, _ := f.view.Len()
	return live
}

func (f frequencies) Count(field, value string) int {
	op := query.Is
	if field == "name" {
		op = query.Has
	}
	answer, err := f.view.Find(index.Request{Where: query.Term{Field: fieldOf[field], Op: op, Value: value}, Count: true, Now: f.now, Grant: f.g})
	if err != nil {
		return 0
	}
	return answer.Total
}

// guard refuses a new record that is the same as one there is (API-07), and where it is to ask, one that is likely the same as
// one the caller has not seen. It names those the caller may see; who may read nothing is refused nothing, since a refusal
// would tell.
func (r *Repository) guard(ctx context.Context, w Write, m moment, k *record.Kind, rec record.Record) error {
	if !w.Guard || m.shelf == nil || scored[k.Name] == nil || !w.Grant.Can(policy.Read) {
		return nil
	}
	body, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	features, err := r.typed(k.Name, body, m.cfg)
	if err != nil {
		return err
	}
	features.ID = ""
	candidates, err := r.alike(ctx, w.Grant, m.shelf, k.Name, features)
	if err != nil {
		return err
	}
	refuse := func(code string, of func(Candidate) bool) error {
		refused := fault.New(fault.Conflict, code)
		for _, c := range candidates {
			if of(c) {
				refused.Clashes = append(refused.Clashes, fault.Clash{ID: c.ID, Title: c.Title})
			}
		}
		if len(refused.Clashes) == 0 {
			return nil
		}
		refused.Args = fault.Args{"count": strconv.Itoa(len(refused.Clashes))}
		return refused
	}
	if err := refuse(Duplicate, func(c Candidate) bool { return c.Level == dedupe.Same }); err != nil || !w.Ask {
		return err
	}
	return refuse(MayBe, func(c Candidate) bool { return !slices.Contains(w.Seen, c.ID) })
}

// The codes of the faults of a record that is there already, and of one that may be.
const (
	Duplicate = "duplicate"
	MayBe     = "maybe_duplicate"
)
