package query

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestResolve(t *testing.T) {
	brussels, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		t.Fatal(err)
	}
	saturday := time.Date(2026, 11, 21, 0, 30, 0, 0, brussels) // still the 20th in UTC
	for _, c := range []struct {
		text string
		now  time.Time
		want Expr
	}{
		{"birthDate:2010-05-21", saturday, has("birthDate", "2010-05-21")},
		{"birthDate=2010-05", saturday, cond("birthDate", Within, "2010-05-01..2010-05-31")},
		{"birthDate:2008-02", saturday, cond("birthDate", Within, "2008-02-01..2008-02-29")},
		{"birthDate:2010", saturday, cond("birthDate", Within, "2010-01-01..2010-12-31")},
		{"birthDate<2010", saturday, cond("birthDate", Less, "2010-01-01")},
		{"birthDate<=2010", saturday, cond("birthDate", AtMost, "2010-12-31")},
		{"birthDate>2010", saturday, cond("birthDate", More, "2010-12-31")},
		{"birthDate>=2010-05", saturday, cond("birthDate", AtLeast, "2010-05-01")},
		{"birthDate:2010..2011-02", saturday, cond("birthDate", Within, "2010-01-01..2011-02-28")},
		{"birthDate:today..+30d", saturday, cond("birthDate", Within, "2026-11-21..2026-12-21")},
		{"birthDate:today..today", saturday, cond("birthDate", Within, "2026-11-21..2026-11-21")},
		{"birthDate:yesterday", saturday, has("birthDate", "2026-11-20")},
		{"birthDate:tomorrow", saturday, has("birthDate", "2026-11-22")},
		{"birthDate:-2w", saturday, has("birthDate", "2026-11-07")},
		{"birthDate:+3m", time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC), has("birthDate", "2027-02-28")},
		{"birthDate:-1y", time.Date(2028, 2, 29, 9, 0, 0, 0, time.UTC), has("birthDate", "2027-02-28")},
		{"birthDate:-14m", time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC), has("birthDate", "2024-11-30")},
		{"birthDate:this-week", saturday, cond("birthDate", Within, "2026-11-16..2026-11-22")},
		{"birthDate:next-week", time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), cond("birthDate", Within, "2026-11-23..2026-11-29")},
		{"birthDate:last-month", time.Date(2027, 1, 31, 9, 0, 0, 0, time.UTC), cond("birthDate", Within, "2026-12-01..2026-12-31")},
		{"birthDate:last-year..today", saturday, cond("birthDate", Within, "2025-01-01..2026-11-21")},
		{"birthDate:*", saturday, cond("birthDate", Filled, "")},

		{"birthDate:*-05-21", saturday, cond("birthDate", Yearly, "05-21..05-21")},
		{"birthDate:*-02", saturday, cond("birthDate", Yearly, "02-01..02-29")},
		{"birthDate:*-12-28..*-01-03", saturday, cond("birthDate", Yearly, "12-28..01-03")},
		{"birthDate:*-today..*-+60d", saturday, cond("birthDate", Yearly, "11-21..01-20")},
		{"birthDate:*-today", time.Date(2027, 2, 28, 9, 0, 0, 0, time.UTC), cond("birthDate", Yearly, "02-28..02-29")},
		{"birthDate:*-today", time.Date(2028, 2, 28, 9, 0, 0, 0, time.UTC), cond("birthDate", Yearly, "02-28..02-28")},
		{"birthDate:*-this-month", time.Date(2027, 2, 3, 9, 0, 0, 0, time.UTC), cond("birthDate", Yearly, "02-01..02-29")},
		{"birthDate:*-this-week", time.Date(2026, 12, 31, 9, 0, 0, 0, time.UTC), cond("birthDate", Yearly, "12-28..01-03")},

		{"createdAt:2026-05-01", saturday, cond("createdAt", Within, "2026-04-30T22:00:00Z..2026-05-01T21:59:59.999Z")},
		{"createdAt<today", saturday, cond("createdAt", Less, "2026-11-20T23:00:00Z")},
		{"createdAt>-30d", saturday, cond("createdAt", More, "2026-10-22T21:59:59.999Z")},
		{"createdAt>-12h", saturday, cond("createdAt", More, "2026-11-20T11:30:00Z")},
		{"createdAt<=now", saturday, cond("createdAt", AtMost, "2026-11-20T23:30:00Z")},
		{"createdAt:2026-05-01T10:30", saturday, cond("createdAt", Within, "2026-05-01T08:30:00Z..2026-05-01T08:30:59.999Z")},
		{"createdAt=2026-05-01T10:30:00.25Z", saturday, cond("createdAt", Is, "2026-05-01T10:30:00.25Z")},
		{"createdAt:-12h..now", saturday, cond("createdAt", Within, "2026-11-20T11:30:00Z..2026-11-20T23:30:00Z")},

		{"(age:2010 OR -birthDate:today) today", saturday, And{Or{has("age", "2010"), Not{has("birthDate", "2026-11-21")}}, w("today")}},
	} {
		got := Resolve(mustParse(t, c.text), contact, c.now)
		if diff := cmp.Diff(c.want, got, alike); diff != "" {
			t.Errorf("%s at %s (-want +got):\n%s", c.text, c.now, diff)
		}
	}
}

// TestMidnight takes a place where the clocks skip midnight: a day is a day all the same.
func TestMidnight(t *testing.T) {
	saoPaulo, err := time.LoadLocation("America/Sao_Paulo")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2018, 11, 4, 12, 0, 0, 0, saoPaulo)
	if got := Resolve(mustParse(t, "birthDate:today"), contact, now); !cmp.Equal(got, Expr(has("birthDate", "2018-11-04")), alike) {
		t.Errorf("today is %+v", got)
	}
	got := Resolve(mustParse(t, "createdAt:today"), contact, now)
	if want := cond("createdAt", Within, "2018-11-04T03:00:00Z..2018-11-05T01:59:59.999Z"); !cmp.Equal(got, Expr(want), alike) {
		t.Errorf("today is %+v, want %+v", got, want)
	}
}

// TestResolveEveryDay compares periods with the calendar, day by day through a leap year and its neighbours.
func TestResolveEveryDay(t *testing.T) {
	for now := time.Date(2027, 1, 1, 15, 0, 0, 0, time.UTC); now.Year() < 2030; now = now.AddDate(0, 0, 1) {
		within := func(text string, day time.Time) bool {
			term := Resolve(mustParse(t, "birthDate:"+text), contact, now).(Term)
			first, last := Bounds(term.Value)
			d := day.Format(dayForm)
			return first <= d && d <= last
		}
		for delta := -40; delta <= 40; delta++ {
			day := now.AddDate(0, 0, delta)
			if want := day.Year() == now.Year() && day.Month() == now.Month(); within("this-month", day) != want {
				t.Fatalf("on %s, %s in this month: want %v", now, day, want)
			}
			ny, nw := now.ISOWeek()
			dy, dw := day.ISOWeek()
			if want := ny == dy && nw == dw; within("this-week", day) != want {
				t.Fatalf("on %s, %s in this week: want %v", now, day, want)
			}
		}
	}
}
