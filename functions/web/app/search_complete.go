package app

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/saved"
)

// Completing what is typed in a filter line: the names of fields, their values, saved searches. The global box offers the
// values of a condition too, as lists to open.

func completeRoutes(l *look) []Route {
	return []Route{{Method: http.MethodGet, Path: l.home() + "/complete", Title: "search.results", Need: policy.Read, Part: true, handle: (*App).complete}}
}

// completePath completes the filter line of a kind.
func (l *look) completePath() string { return l.home() + "/complete" }

// How many completions there are at most, of a value's and of a word's.
const (
	maxCompletions = 8
	maxWordFields  = 5
	maxWordValues  = 2 // a field
)

// dateWords are the dates that move, as they are offered, with what they are called in the catalogues; those of birthdays,
// the same every year, are for dates alone.
var dateWords = []struct{ word, key string }{
	{"*-today", "birthdayToday"}, {"*-this-month", "birthdayMonth"}, {"*-next-month", "birthdayNext"}, {"*-today..*-+30d", "birthdaySoon"},
	{"today", "today"}, {"yesterday", "yesterday"}, {"tomorrow", "tomorrow"}, {"this-week", "thisWeek"}, {"last-week", "lastWeek"},
	{"this-month", "thisMonth"}, {"last-month", "lastMonth"}, {"next-month", "nextMonth"}, {"this-year", "thisYear"}, {"last-year", "lastYear"},
	{"-7d..today", "sevenDays"}, {"-30d..today", "thirtyDays"}, {"today..+30d", "soon"},
}

// complete answers a filter line while it is typed in: q is its text up to the caret.
func (a *App) complete(x *exchange) error {
	k, err := x.of(x.look())
	if err != nil {
		return err
	}
	found, err := x.completions(k, x.look(), x.r.URL.Query().Get("q"))
	if err != nil {
		return err
	}
	return x.part(ui.Completions(x.p, found))
}

// completions gives what may go on at the end of a text.
func (x *exchange) completions(k *record.Kind, l *look, text string) ([]ui.Completion, error) {
	if _, err := x.parseFor(k, ""); err != nil {
		return nil, err
	}
	t, ok := query.Typing(text, x.fields[k.Name])
	if !ok {
		return nil, nil
	}
	all, err := x.asks(k)
	if err != nil {
		return nil, err
	}
	before := text[:min(t.Start, len(text))]
	if t.Field.Path != "" {
		return x.valueCompletions(k, all, before, t), nil
	}
	return x.wordCompletions(k, l, all, before, t.Word), nil
}

// begins tells whether a word of a text begins with what is typed.
func begins(text, typed string) bool {
	text, typed = fold.String(text), fold.String(typed)
	if strings.HasPrefix(text, typed) {
		return true
	}
	return slices.ContainsFunc(fold.Words(text), func(word string) bool { return strings.HasPrefix(word, typed) })
}

// valueCompletions are values of the field behind its name.
func (x *exchange) valueCompletions(k *record.Kind, all []askable, before string, t query.Typed) []ui.Completion {
	a, known := findAsk(all, t.Field.Path)
	if !known {
		a = askable{Field: t.Field}
	}
	var found []ui.Completion
	add := func(value, label, help string) {
		text := before + query.Value(value) + " "
		if len(found) < maxCompletions && !slices.ContainsFunc(found, func(c ui.Completion) bool { return c.Text == text }) {
			found = append(found, ui.Completion{Text: text, Label: label, Help: help})
		}
	}
	typed := strings.TrimSpace(t.Word)
	switch options := x.options(k.Name, a); {
	case len(options) > 0:
		for _, o := range options {
			if label := strings.TrimSpace(o.Label); begins(label, typed) || begins(o.Value, typed) {
				add(o.Value, label, "")
			}
		}
	case a.Path == query.State:
		if x.can(policy.Restore) {
			add(query.Trashed, query.Trashed, x.p.T("nav.trash"))
		}
	case a.Type == query.TypeDate || a.Type == query.TypeInstant:
		for _, d := range dateWords {
			yearly := strings.HasPrefix(d.word, "*")
			label := x.p.T("complete." + d.key)
			if yearly && a.Type == query.TypeInstant || !strings.HasPrefix(strings.TrimPrefix(d.word, "*-"), typed) && !strings.HasPrefix(d.word, typed) && !begins(label, typed) {
				continue
			}
			if len(found) < maxCompletions {
				found = append(found, ui.Completion{Text: before + d.word + " ", Label: d.word, Help: label})
			}
		}
	case a.Type == query.TypeText || a.Type == query.TypeCode || a.Type == query.TypeEmail:
		buckets, err := x.app.Records.Suggest(x.ctx(), x.who.Grant, k.Name, t.Field.Path, typed, maxCompletions)
		if err != nil {
			return nil // it is only to help
		}
		for _, b := range buckets {
			if b.Values[0] != "" {
				add(b.Values[0], b.Values[0], x.p.Number(int64(b.Count)))
			}
		}
	}
	if typed != "" || t.Signs != ":" && t.Signs != "=" || a.Path == saved.Field || a.Path == query.State {
		return found
	}
	filled := ui.Completion{Text: before + "* ", Label: "*", Help: x.p.T("builder.op.filled")}
	if start := strings.LastIndexAny(before, " (") + 1; strings.HasPrefix(before[start:], "-") { // most want those without any
		filled.Help = x.p.T("builder.op.filled.not")
		return append([]ui.Completion{filled}, found[:min(len(found), maxCompletions-1)]...)
	}
	return append(found[:min(len(found), maxCompletions-1)], filled)
}

// wordCompletions are the fields, saved searches and frequent values that a word may be the beginning of.
func (x *exchange) wordCompletions(k *record.Kind, l *look, all []askable, before, word string) []ui.Completion {
	if len([]rune(word)) < 2 {
		return nil
	}
	var found []ui.Completion
	for _, near := range []bool{true, false} { // the kind's own fields first
		for _, a := range all {
			if (a.group == "") == near && len(found) < maxWordFields && (begins(a.label, word) || strings.HasPrefix(strings.ToLower(a.short), strings.ToLower(word))) && strings.TrimSuffix(a.short, ":") != "" {
				found = append(found, ui.Completion{Text: before + a.short + ":", Label: a.short + ":", Help: a.name(), More: true})
			}
		}
	}
	for _, s := range x.book().Of(k.Name) {
		if begins(s.Name, word) && len(found) < maxCompletions {
			found = append(found, ui.Completion{Text: before + saved.Field + ":" + query.Value(s.Name) + " ", Label: s.Name, Help: x.p.T("kind.search")})
		}
	}
	for _, f := range l.facets {
		a, ok := findAsk(all, f.path)
		if !ok || a.Type != query.TypeText && a.Type != query.TypeCode {
			continue
		}
		if options := x.options(k.Name, a); options != nil {
			for _, o := range options {
				if begins(o.Label, word) && len(found) < maxCompletions {
					found = append(found, ui.Completion{Text: before + a.short + ":" + query.Value(o.Value) + " ", Label: a.short + ":" + o.Label, Help: a.label})
				}
			}
			continue
		}
		for _, value := range x.known(k.Name, f.path, word, maxWordValues) {
			if len(found) < maxCompletions {
				found = append(found, ui.Completion{Text: before + a.short + ":" + query.Value(value) + " ", Label: a.short + ":" + value, Help: a.label})
			}
		}
	}
	return found
}

// filters are the lists that a condition being typed in the global box leads to, and saved searches of that name.
func (x *exchange) filters(k *record.Kind, l *look, text string) ([]ui.Suggestion, error) {
	var found []ui.Suggestion
	for _, s := range x.book().Of(k.Name) {
		if begins(s.Name, text) && len(found) < maxOthers {
			found = append(found, ui.Suggestion{Title: s.Name, Sub: joinDots(x.p.T("kind.search"), x.p.T(l.title())), Href: savedHref(l, k, x.columnsOf(l, k), s), Icon: "star"})
		}
	}
	if _, err := x.parseFor(k, ""); err != nil {
		return nil, err
	}
	t, ok := query.Typing(text, x.fields[k.Name])
	if !ok || t.Field.Path == "" {
		return found, nil
	}
	all, err := x.asks(k)
	if err != nil {
		return nil, err
	}
	a, _ := findAsk(all, t.Field.Path)
	for _, c := range x.valueCompletions(k, all, text[:min(t.Start, len(text))], t) {
		q := strings.TrimSpace(c.Text)
		if len(found) < maxCompletions {
			found = append(found, ui.Suggestion{Title: c.Label, Sub: joinDots(a.name(), c.Help), Href: l.home() + "?" + url.Values{"q": {q}}.Encode(), Icon: "filter"})
		}
	}
	return found, nil
}
