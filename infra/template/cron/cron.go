// Package cron reads the schedule expressions of EventBridge Scheduler: rate(5 minutes), cron(0 8 ? * MON-FRI *),
// at(2026-11-21T10:00:00). It tells when they fire next.
//
// A cron expression has six fields: minutes, hours, day of month, month, day of week (1 is Sunday), year. They take
// values, names, lists, ranges and steps; day of month takes L and 15W too, day of week 6L (the last Friday) and 2#1
// (the first Monday). One of the two days must be `?`.
package cron

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Expression says when something happens.
type Expression struct {
	every time.Duration // rate
	at    time.Time     // at
	cron  *fields
}

// Parse reads an expression.
func Parse(s string) (Expression, error) {
	kind, rest, ok := strings.Cut(s, "(")
	inner, closed := strings.CutSuffix(rest, ")")
	if !ok || !closed {
		return Expression{}, fmt.Errorf("cron: %q is not rate(...), cron(...) or at(...)", s)
	}
	var e Expression
	var err error
	switch kind {
	case "rate":
		e.every, err = rate(inner)
	case "cron":
		e.cron, err = parseFields(inner)
	case "at":
		e.at, err = time.Parse("2006-01-02T15:04:05", inner)
	default:
		err = errors.New("neither rate, cron nor at")
	}
	if err != nil {
		return Expression{}, fmt.Errorf("cron: %q: %w", s, err)
	}
	return e, nil
}

// Next gives the first time after t, in t's zone, and false when there is none any more. A rate counts from t.
func (e Expression) Next(t time.Time) (time.Time, bool) {
	switch {
	case e.every > 0:
		return t.Add(e.every), true
	case e.cron != nil:
		return e.cron.next(t)
	}
	at := time.Date(e.at.Year(), e.at.Month(), e.at.Day(), e.at.Hour(), e.at.Minute(), e.at.Second(), 0, t.Location())
	return at, at.After(t)
}

func rate(s string) (time.Duration, error) {
	number, unit, _ := strings.Cut(s, " ")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > 10000 {
		return 0, errors.New("a rate is a whole number from 1 to 10000 and a unit")
	}
	if n > 1 {
		var plural bool
		if unit, plural = strings.CutSuffix(unit, "s"); !plural {
			return 0, errors.New("the unit of more than one is plural")
		}
	}
	units := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	if units[unit] == 0 {
		return 0, fmt.Errorf("%q is no unit", unit)
	}
	return time.Duration(n) * units[unit], nil
}

// set is a set of whole numbers from 0 to 63.
type set uint64

func (s set) has(i int) bool { return i >= 0 && i < 64 && s&(1<<i) != 0 }

type fields struct {
	minutes, hours, months set
	years                  func(int) bool
	day                    func(time.Time) bool
}

var (
	monthNames = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	dayNames   = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

const firstYear, lastYear = 1970, 2199

func parseFields(s string) (*fields, error) {
	parts := strings.Fields(s)
	if len(parts) != 6 {
		return nil, fmt.Errorf("has %d fields, not 6", len(parts))
	}
	f := &fields{}
	var err [5]error
	f.minutes, err[0] = parseSet(parts[0], 0, 59, nil)
	f.hours, err[1] = parseSet(parts[1], 0, 23, nil)
	f.months, err[2] = parseSet(parts[3], 1, 12, monthNames)
	f.years, err[3] = parseYears(parts[5])
	switch {
	case (parts[2] == "?") == (parts[4] == "?"):
		err[4] = errors.New("one of day of month and day of week must be ?")
	case parts[4] == "?":
		f.day, err[4] = parseMonthDay(parts[2])
	default:
		f.day, err[4] = parseWeekDay(parts[4])
	}
	return f, errors.Join(err[:]...)
}

// each calls add with every number a list of values, ranges and steps names.
func each(s string, low, high int, names []string, add func(int)) error {
	number := func(s string) (int, error) {
		for i, name := range names {
			if strings.EqualFold(s, name) {
				return low + i, nil
			}
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < low || n > high {
			return 0, fmt.Errorf("%q is not within %d-%d", s, low, high)
		}
		return n, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			var err error
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return fmt.Errorf("%q is no step", stepText)
			}
		}
		from, to := low, high
		if span != "*" {
			first, last, isRange := strings.Cut(span, "-")
			var err error
			if from, err = number(first); err != nil {
				return err
			}
			switch {
			case isRange:
				if to, err = number(last); err != nil {
					return err
				}
				if to < from {
					return fmt.Errorf("%q runs backwards", span)
				}
			case !stepped:
				to = from
			}
		}
		for n := from; n <= to; n += step {
			add(n)
		}
	}
	return nil
}

func parseSet(s string, low, high int, names []string) (set, error) {
	var out set
	err := each(s, low, high, names, func(n int) { out |= 1 << n })
	return out, err
}

func parseYears(s string) (func(int) bool, error) {
	years := map[int]bool{}
	err := each(s, firstYear, lastYear, nil, func(n int) { years[n] = true })
	return func(y int) bool { return years[y] }, err
}

func lastOfMonth(t time.Time) int {
	return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func parseMonthDay(s string) (func(time.Time) bool, error) {
	if s == "L" {
		return func(t time.Time) bool { return t.Day() == lastOfMonth(t) }, nil
	}
	if day, ok := strings.CutSuffix(s, "W"); ok {
		n, err := strconv.Atoi(day)
		if err != nil || n < 1 || n > 31 {
			return nil, fmt.Errorf("%q is no day of the month", s)
		}
		return func(t time.Time) bool { return t.Day() == nearestWeekday(t, n) }, nil
	}
	days, err := parseSet(s, 1, 31, nil)
	return func(t time.Time) bool { return days.has(t.Day()) }, err
}

// nearestWeekday gives the working day of t's month nearest to its day n, 0 when the month has no day n.
func nearestWeekday(t time.Time, n int) int {
	last := lastOfMonth(t)
	if n > last {
		return 0
	}
	switch time.Date(t.Year(), t.Month(), n, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if n == 1 {
			return 3
		}
		return n - 1
	case time.Sunday:
		if n == last {
			return n - 2
		}
		return n + 1
	}
	return n
}

func parseWeekDay(s string) (func(time.Time) bool, error) {
	one := func(s string) (time.Weekday, error) {
		days, err := parseSet(s, 1, 7, dayNames)
		for d := 1; d <= 7; d++ {
			if days == 1<<d {
				return time.Weekday(d - 1), err
			}
		}
		return 0, fmt.Errorf("%q is no day of the week", s)
	}
	if s == "L" {
		return func(t time.Time) bool { return t.Weekday() == time.Saturday }, nil
	}
	if name, ok := strings.CutSuffix(s, "L"); ok {
		day, err := one(name)
		return func(t time.Time) bool { return t.Weekday() == day && t.Day() > lastOfMonth(t)-7 }, err
	}
	if name, nth, ok := strings.Cut(s, "#"); ok {
		day, err := one(name)
		n, numberErr := strconv.Atoi(nth)
		if numberErr != nil || n < 1 || n > 5 {
			err = fmt.Errorf("%q is not from 1 to 5", nth)
		}
		return func(t time.Time) bool { return t.Weekday() == day && (t.Day()+6)/7 == n }, err
	}
	days, err := parseSet(s, 1, 7, dayNames)
	return func(t time.Time) bool { return days.has(int(t.Weekday()) + 1) }, err
}

// next walks from t to the next match, by months, days, hours and minutes, so that far matches are found quickly. Hours
// a change of clocks leaves out do not fire.
func (f *fields) next(t time.Time) (time.Time, bool) {
	zone := t.Location()
	t = t.Truncate(time.Minute).Add(time.Minute)
	for t.Year() <= lastYear {
		y, m, d := t.Date()
		// Where a change of clocks leaves out midnight, its time may be one of the day before: then an hour on.
		forward := func(y int, m time.Month, d int) time.Time {
			if midnight := time.Date(y, m, d, 0, 0, 0, 0, zone); midnight.After(t) {
				return midnight
			}
			return t.Add(time.Hour)
		}
		switch {
		case !f.years(y):
			t = forward(y+1, 1, 1)
		case !f.months.has(int(m)):
			t = forward(y, m+1, 1)
		case !f.day(t):
			t = forward(y, m, d+1)
		case !f.hours.has(t.Hour()):
			t = t.Add(time.Duration(60-t.Minute()) * time.Minute)
		case !f.minutes.has(t.Minute()):
			t = t.Add(time.Minute)
		default:
			return t, true
		}
	}
	return time.Time{}, false
}
