package query

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/muster-crm/muster/shared/fold"
)

// A date in a query is one of
//
//	2010  2010-05  2010-05-21           a year, a month, a day
//	today  -30d  +2w  -3m  -1y          days that move
//	this-week  last-month  next-year    periods that move; weeks begin on Monday
//	*-05  *-05-21  *-today  *-+7d       the same every year
//	2010-05-21T10:30  2010-05-21T10:30:00Z  now  -12h     instants only: a minute, a point in time
//
// each of which is a span of time. readDate makes the canonical form, bounds resolves it.

const (
	dayForm    = "2006-01-02"
	minuteForm = "2006-01-02T15:04"
	pointForm  = "2006-01-02T15:04:05.999Z"
)

var (
	isoDate    = regexp.MustCompile(`^(\d{4})(?:[-/.](\d{1,2}))?(?:[-/.](\d{1,2}))?$`)
	typedDate  = regexp.MustCompile(`^(?:(\d{1,2})[-/.])?(\d{1,2})[-/.](\d{4})$`)
	yearlyDate = regexp.MustCompile(`^(\d{1,2})(?:[-/.](\d{1,2}))?$`)
	movingDate = regexp.MustCompile(`^([+-])(\d{1,4})([dwmyh])$`)
	movingSpan = regexp.MustCompile(`^(?:this|last|next)-(?:week|month|year)$`)
)

// dayWords are the words for days, folded, in the languages of the product.
var dayWords = map[string]string{
	"today": "today", "vandaag": "today", "aujourd'hui": "today", "hoy": "today",
	"yesterday": "yesterday", "gisteren": "yesterday", "hier": "yesterday", "ayer": "yesterday",
	"tomorrow": "tomorrow", "morgen": "tomorrow", "demain": "tomorrow", "manana": "tomorrow",
}

const yearly = "*-"

func isYearly(field Field, value string) bool {
	return (field.Type == TypeDate || field.Type == TypeInstant) && strings.HasPrefix(value, yearly)
}

// readDate gives the canonical form of a date as people write it.
func readDate(s string, instant bool) (string, bool) {
	if rest, ok := strings.CutPrefix(s, yearly); ok {
		if m := yearlyDate.FindStringSubmatch(rest); m != nil {
			day, ok := calendar("2000", m[1], m[2]) // a leap year, for the 29th of February
			return yearly + strings.TrimPrefix(day, "2000-"), ok
		}
		moving, ok := readMoving(rest, false)
		return yearly + moving, ok && !strings.HasSuffix(moving, "-year")
	}
	if m := isoDate.FindStringSubmatch(s); m != nil {
		return calendar(m[1], m[2], m[3])
	}
	if m := typedDate.FindStringSubmatch(s); m != nil {
		return calendar(m[3], m[2], m[1])
	}
	if moving, ok := readMoving(s, instant); ok {
		return moving, true
	}
	if instant {
		s = strings.Replace(s, " ", "T", 1)
		if t, err := time.Parse(minuteForm, s); err == nil && t.Year() > 0 {
			return s, true
		}
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil && t.UTC().Year() > 0 && t.UTC().Year() < 10000 {
			return point(t), true
		}
	}
	return "", false
}

// calendar makes a year, month or day of its parts; month and day may be empty.
func calendar(year, month, day string) (string, bool) {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	switch {
	case y == 0 || month != "" && (m < 1 || m > 12):
		return "", false
	case month == "":
		return year, true
	case day == "":
		return fmt.Sprintf("%s-%02d", year, m), true
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return t.Format(dayForm), t.Day() == d && int(t.Month()) == m
}

func readMoving(s string, instant bool) (string, bool) {
	word := strings.NewReplacer(" ", "-", "_", "-").Replace(strings.ToLower(s))
	if m := movingDate.FindStringSubmatch(word); m != nil && (m[3] != "h" || instant) {
		n, _ := strconv.Atoi(m[2])
		return m[1] + strconv.Itoa(n) + m[3], true
	}
	if movingSpan.MatchString(word) || word == "now" && instant {
		return word, true
	}
	day, ok := dayWords[fold.String(s)]
	return day, ok
}

// point writes an instant as the API does, to the millisecond.
func point(t time.Time) string { return t.UTC().Format(pointForm) }

// bounds gives the first and the last day, or for instants the first and the last millisecond, of a canonical date.
func bounds(value string, now time.Time, instant bool) (first, last string) {
	if !instant {
		from, to := span(value, now)
		return from.Format(dayForm), to.AddDate(0, 0, -1).Format(dayForm)
	}
	if t, ok := moment(value, now); ok {
		return point(t), point(t)
	}
	from, to := span(value, now)
	return point(local(from, now)), point(local(to, now).Add(-time.Millisecond))
}

// moment reads what is a point in time.
func moment(value string, now time.Time) (time.Time, bool) {
	if value == "now" {
		return now, true
	}
	if m := movingDate.FindStringSubmatch(value); m != nil && m[3] == "h" {
		n, _ := strconv.Atoi(m[1] + m[2])
		return now.Add(time.Duration(n) * time.Hour), true
	}
	t, err := time.Parse(time.RFC3339Nano, value)
	return t, err == nil
}

// local gives the instant at which the clocks where now is show t, or, where they skip t, the instant they do so.
func local(t, now time.Time) time.Time {
	u := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, now.Location())
	shown := time.Date(u.Year(), u.Month(), u.Day(), u.Hour(), u.Minute(), 0, 0, time.UTC)
	return u.Add(max(0, t.Sub(shown)))
}

// span gives the beginning and the end of a canonical date that is no moment, as the clocks where now is show them,
// but written in UTC: there, unlike in many places, every day has a midnight.
func span(value string, now time.Time) (from, to time.Time) {
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	month := today.AddDate(0, 0, 1-today.Day())
	year := month.AddDate(0, 1-int(month.Month()), 0)
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	switch value {
	case "today":
		return today, today.AddDate(0, 0, 1)
	case "yesterday":
		return today.AddDate(0, 0, -1), today
	case "tomorrow":
		return today.AddDate(0, 0, 1), today.AddDate(0, 0, 2)
	}
	if m := movingDate.FindStringSubmatch(value); m != nil {
		n, _ := strconv.Atoi(m[1] + m[2])
		switch m[3] {
		case "d":
			from = today.AddDate(0, 0, n)
		case "w":
			from = today.AddDate(0, 0, 7*n)
		case "m":
			from = addMonths(today, n)
		case "y":
			from = addMonths(today, 12*n)
		}
		return from, from.AddDate(0, 0, 1)
	}
	if movingSpan.MatchString(value) {
		which, unit, _ := strings.Cut(value, "-")
		n := map[string]int{"last": -1, "this": 0, "next": 1}[which]
		switch unit {
		case "week":
			return monday.AddDate(0, 0, 7*n), monday.AddDate(0, 0, 7*n+7)
		case "month":
			return month.AddDate(0, n, 0), month.AddDate(0, n+1, 0)
		default:
			return year.AddDate(n, 0, 0), year.AddDate(n+1, 0, 0)
		}
	}
	if t, err := time.Parse(minuteForm, value); err == nil {
		return t, t.Add(time.Minute)
	}
	if t, err := time.Parse(dayForm, value); err == nil {
		return t, t.AddDate(0, 0, 1)
	}
	if t, err := time.Parse("2006-01", value); err == nil {
		return t, t.AddDate(0, 1, 0)
	}
	t, _ := time.Parse("2006", value)
	return t, t.AddDate(1, 0, 0)
}

// addMonths gives the same day n months later, or the last day of that month where it has no such day.
func addMonths(t time.Time, n int) time.Time {
	month := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := month.AddDate(0, 1, -1).Day()
	return month.AddDate(0, 0, min(t.Day(), last)-1)
}

// Resolve replaces periods and moving dates in e by calendar dates and instants, as they are at now in now's time
// zone, which is to be the organisation's. What it gives is to be evaluated, not kept. Fields gives the types.
func Resolve(e Expr, fields Fields, now time.Time) Expr {
	switch e := e.(type) {
	case And:
		return And(resolveAll(e, fields, now))
	case Or:
		return Or(resolveAll(e, fields, now))
	case Not:
		return Not{Resolve(e.Expr, fields, now)}
	case Term:
		field, ok := find(fields, e.Field)
		if ok && e.Op != Filled && e.Op != Yearly && (field.Type == TypeDate || field.Type == TypeInstant) {
			return e.resolve(field, now)
		}
	}
	return e
}

func resolveAll(parts []Expr, fields Fields, now time.Time) []Expr {
	out := make([]Expr, len(parts))
	for i, e := range parts {
		out[i] = Resolve(e, fields, now)
	}
	return out
}

func (t Term) resolve(field Field, now time.Time) Term {
	first, last := t.Value, t.Value
	if t.Op == Within {
		first, last = Bounds(t.Value)
	}
	if isYearly(field, first) {
		from, _ := daysOfYear(first, now)
		_, to := daysOfYear(last, now)
		t.Op, t.Value = Yearly, from+".."+to
		return t
	}
	from, _ := bounds(first, now, field.Type == TypeInstant)
	_, to := bounds(last, now, field.Type == TypeInstant)
	switch {
	case t.Op == Less || t.Op == AtLeast:
		t.Value = from
	case t.Op == AtMost || t.Op == More:
		t.Value = to
	case from == to && t.Op != Within:
		t.Value = from
	default:
		t.Op, t.Value = Within, from+".."+to
	}
	return t
}

// daysOfYear gives the first and the last month and day of a date that is the same every year. Whoever is born on
// 29 February has the 28th in a year without one.
func daysOfYear(value string, now time.Time) (first, last string) {
	const form = "01-02"
	value = strings.TrimPrefix(value, yearly)
	if yearlyDate.MatchString(value) {
		from, to := span("2000-"+value, now)
		return from.Format(form), to.AddDate(0, 0, -1).Format(form)
	}
	from, to := span(value, now)
	if to.Month() == time.March && to.Day() == 1 {
		return from.Format(form), "02-29"
	}
	return from.Format(form), to.AddDate(0, 0, -1).Format(form)
}
