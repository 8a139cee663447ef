package cron_test

import (
	"testing"
	"time"

	"github.com/muster-crm/muster/infra/template/cron"
)

func TestNext(t *testing.T) {
	const layout = "2006-01-02 15:04 Mon"
	brussels, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		t.Fatal(err)
	}
	saoPaulo, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 11, 21, 10, 11, 12, 0, time.UTC) // a Saturday
	for _, c := range []struct {
		expression string
		from       time.Time
		want       []string // the following times; "" is none
	}{
		{"rate(1 minute)", from, []string{"2026-11-21 10:12 Sat", "2026-11-21 10:13 Sat"}},
		{"rate(2 days)", from, []string{"2026-11-23 10:11 Mon"}},
		{"at(2026-12-01T08:00:00)", from, []string{"2026-12-01 08:00 Tue", ""}},
		{"cron(* * * * ? *)", from, []string{"2026-11-21 10:12 Sat", "2026-11-21 10:13 Sat"}},
		{"cron(0/15 * * * ? *)", from, []string{"2026-11-21 10:15 Sat", "2026-11-21 10:30 Sat"}},
		{"cron(0 8 ? * MON-FRI *)", from, []string{"2026-11-23 08:00 Mon", "2026-11-24 08:00 Tue"}},
		{"cron(0 8 ? * 2,4 *)", from, []string{"2026-11-23 08:00 Mon", "2026-11-25 08:00 Wed"}},
		{"cron(30 23 31 * ? *)", from, []string{"2026-12-31 23:30 Thu", "2027-01-31 23:30 Sun", "2027-03-31 23:30 Wed"}},
		{"cron(0 6 L * ? *)", from, []string{"2026-11-30 06:00 Mon", "2026-12-31 06:00 Thu"}},
		{"cron(0 6 15W * ? *)", from, []string{"2026-12-15 06:00 Tue", "2027-01-15 06:00 Fri", "2027-02-15 06:00 Mon"}},
		{"cron(0 6 1W 5 ? 2027)", from, []string{"2027-05-03 06:00 Mon", ""}},
		{"cron(0 6 31W 10 ? 2027)", from, []string{"2027-10-29 06:00 Fri", ""}},
		{"cron(0 6 ? * 6L *)", from, []string{"2026-11-27 06:00 Fri", "2026-12-25 06:00 Fri"}},
		{"cron(0 6 ? * MON#1 *)", from, []string{"2026-12-07 06:00 Mon", "2027-01-04 06:00 Mon"}},
		{"cron(0 6 29 FEB ? *)", from, []string{"2028-02-29 06:00 Tue"}},
		{"cron(0 0 1 1 ? 2020)", from, []string{""}},
		{"cron(0 5 * * ? *)", time.Date(2018, 11, 3, 12, 0, 0, 0, saoPaulo), []string{"2018-11-04 05:00 Sun"}}, // no midnight that day
		{"cron(30 2 * * ? *)", time.Date(2027, 3, 27, 12, 0, 0, 0, brussels), []string{"2027-03-29 02:30 Mon"}},
	} {
		e, err := cron.Parse(c.expression)
		if err != nil {
			t.Errorf("%s: %v", c.expression, err)
			continue
		}
		at := c.from
		for _, want := range c.want {
			got := ""
			next, ok := e.Next(at)
			if ok {
				got, at = next.Format(layout), next
			}
			if got != want {
				t.Errorf("%s fires %q, want %q", c.expression, got, want)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{
		"", "rate", "rate()", "rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)", "rate(2 weeks)", "rate(99999999999 days)", "rate(-1 minutes)",
		"cron()", "cron(* * * * *)", "cron(* * * * * *)", "cron(* * ? * ? *)", "cron(60 * * * ? *)", "cron(0 24 * * ? *)",
		"cron(0 0 0 * ? *)", "cron(0 0 ? * 8 *)", "cron(0 0 ? * MO *)", "cron(5-1 * * * ? *)", "cron(0/0 * * * ? *)",
		"cron(0 0 32W * ? *)", "cron(0 0 ? * MON#6 *)", "cron(0 0 ? * 9L *)", "cron(0 0 1 13 ? *)", "cron(0 0 1 1 ? 1969)",
		"at(2026-13-01T00:00:00)", "at(tomorrow)", "every(1 minute)", "rate(1 minute", "0 8 * * *",
	} {
		if _, err := cron.Parse(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("cron(0/15 8-18 ? JAN,DEC MON-FRI 2026-2030)")
	f.Add("rate(5 minutes)")
	f.Add("cron(0 0 31W * ? *)")
	f.Fuzz(func(t *testing.T, s string) {
		e, err := cron.Parse(s)
		if err != nil {
			return
		}
		from := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
		if next, ok := e.Next(from); ok && !next.After(from) {
			t.Errorf("%q fires at %v, which is not after %v", s, next, from)
		}
	})
}
