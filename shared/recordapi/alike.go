package recordapi

import (
	"github.com/muster-crm/muster/shared/dedupe"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/repository"
)

// Reason tells how one field of two records compares.
type Reason struct {
	Field     string `json:"field" enum:"firstName,lastName,name,birthDate,gender,email,phone,street,town,taxNumber,website"`
	Agreement string `json:"agreement" enum:"same,close,sound,short,part,initial,swapped,different"`
	Text      string `json:"text" doc:"In the caller's language"`
}

// Reasons tells what a score comes from, in a language. It holds no values.
func Reasons(p *i18n.Printer, s dedupe.Score) []Reason {
	all := []Reason{}
	for _, r := range s.Reasons {
		all = append(all, Reason{Field: r.Field, Agreement: string(r.Agreement),
			Text: p.T("alike.reason", "field", p.T("alike.field."+r.Field), "how", p.T("alike.how."+string(r.Agreement)))})
	}
	return all
}

// Candidate is a record that is alike one being made.
type Candidate struct {
	ID      string   `json:"id"`
	Title   string   `json:"title"`
	Level   string   `json:"level" enum:"same,likely"`
	Score   int      `json:"score" doc:"0 to 100"`
	Reasons []Reason `json:"reasons"`
}

// Candidates tells of the records that are alike.
func Candidates(p *i18n.Printer, found []repository.Candidate) []Candidate {
	all := []Candidate{}
	for _, c := range found {
		all = append(all, Candidate{ID: c.ID, Title: c.Title, Level: string(c.Level), Score: c.Score.Points, Reasons: Reasons(p, c.Score)})
	}
	return all
}
