package i18n

import (
	"strconv"
	"strings"
	"time"
)

// Separators of numbers. A narrow no-break space keeps French numbers in one piece.
var grouping = map[Language]string{English: ",", Dutch: ".", Spanish: ".", French: "\u202f"}

// Number writes a whole number with its thousands apart. Spanish leaves numbers of four digits in one piece.
func (p *Printer) Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "\u2212", digits[1:]
	}
	if len(digits) < 4 || (p.language == Spanish && len(digits) == 4) {
		return sign + digits
	}
	var b strings.Builder
	b.WriteString(sign)
	head := len(digits) % 3
	b.WriteString(digits[:head])
	for i := head; i < len(digits); i += 3 {
		if i > 0 {
			b.WriteString(grouping[p.language])
		}
		b.WriteString(digits[i : i+3])
	}
	return b.String()
}

// Decimal writes n tenths: Decimal(15) is "1.5" or "1,5", Decimal(20) is "2".
func (p *Printer) Decimal(n int64) string {
	whole, tenth := n/10, n%10
	if tenth == 0 {
		return p.Number(whole)
	}
	mark := ","
	if p.language == English {
		mark = "."
	}
	return p.Number(whole) + mark + strconv.FormatInt(tenth, 10)
}

// Size writes a number of bytes for people: "812 bytes", "34 KB", "5.2 MB".
func (p *Printer) Size(bytes int64) string {
	switch {
	case bytes < 1000:
		return p.N("size.bytes", int(bytes))
	case bytes < 1000_000:
		return p.T("size.kilo", "n", (bytes+500)/1000)
	case bytes < 1000_000_000:
		return p.T("size.mega", "n", p.Decimal((bytes+50_000)/100_000))
	}
	return p.T("size.giga", "n", p.Decimal((bytes+50_000_000)/100_000_000))
}

// Age writes an age in years.
func (p *Printer) Age(years int) string { return p.N("age.years", years) }

// List joins words as a sentence does: "Ann, Bob and Cis".
func (p *Printer) List(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " " + p.joint(items[last]) + " " + items[last]
}

// joint is the word for "and" before next: in Spanish "y" becomes "e" before the sound i.
func (p *Printer) joint(next string) string {
	if p.language == Spanish {
		w := strings.ToLower(next)
		if strings.HasPrefix(w, "i") || strings.HasPrefix(w, "í") ||
			(strings.HasPrefix(w, "hi") && !strings.HasPrefix(w, "hie") && !strings.HasPrefix(w, "hia")) {
			return "e"
		}
	}
	return p.T("list.and")
}

// ShortDate writes a calendar date in figures: 21/11/2026, in Dutch 21-11-2026.
func (p *Printer) ShortDate(t time.Time) string {
	if p.language == Dutch {
		return t.Format("02-01-2006")
	}
	return t.Format("02/01/2006")
}

// LongDate writes a calendar date in words: 21 November 2026.
func (p *Printer) LongDate(t time.Time) string {
	day := strconv.Itoa(t.Day())
	if p.language == French && t.Day() == 1 {
		day = "1er"
	}
	return p.T("date.long", "day", day, "month", p.Month(t.Month()), "year", strconv.Itoa(t.Year()))
}

// Month is the name of a month as it stands inside a date.
func (p *Printer) Month(m time.Month) string { return p.T("date.month." + strconv.Itoa(int(m))) }

// Weekday is the name of a day of the week as it stands before a date.
func (p *Printer) Weekday(d time.Weekday) string { return p.T("date.weekday." + strconv.Itoa(int(d))) }

// Date writes a calendar date of the API (2026-11-21) as ShortDate does. What is no such date comes back as it is.
func (p *Printer) Date(iso string) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return p.ShortDate(t)
}

// Day is the calendar date of an instant in the printer's zone, in figures.
func (p *Printer) Day(t time.Time) string { return p.ShortDate(t.In(p.zone)) }

// Time is the time of day of an instant in the printer's zone: 14:05.
func (p *Printer) Time(t time.Time) string { return t.In(p.zone).Format("15:04") }

// Moment is date and time of an instant in the printer's zone: 21 November 2026, 14:05.
func (p *Printer) Moment(t time.Time) string {
	return p.T("date.moment", "date", p.LongDate(t.In(p.zone)), "time", p.Time(t))
}

// DayHeading names the day of an instant above a list: Today, Yesterday, else Saturday 21 November 2026.
func (p *Printer) DayHeading(t, now time.Time) string {
	local := t.In(p.zone)
	switch p.daysBefore(t, now) {
	case 0:
		return p.T("date.today")
	case 1:
		return p.T("date.yesterday")
	}
	return p.T("date.heading", "weekday", p.Weekday(local.Weekday()), "date", p.LongDate(local))
}

// Relative says how long ago (or ahead) an instant is: "just now", "3 minutes ago", "yesterday", "in 5 days"; beyond
// 30 days it is the long date.
func (p *Printer) Relative(t, now time.Time) string {
	ago := now.Sub(t)
	direction := "ago"
	if ago < 0 {
		ago, direction = -ago, "ahead"
	}
	days := p.daysBefore(t, now)
	switch {
	case ago < time.Minute:
		return p.T("relative.now")
	case ago < time.Hour:
		return p.N("relative."+direction+".minutes", int(ago/time.Minute))
	case days == 0 || ago < 6*time.Hour:
		return p.N("relative."+direction+".hours", int(ago/time.Hour))
	case days == 1:
		return p.T("relative.yesterday")
	case days == -1:
		return p.T("relative.tomorrow")
	case days > 0 && days <= 30:
		return p.N("relative.ago.days", days)
	case days < 0 && days >= -30:
		return p.N("relative.ahead.days", -days)
	}
	return p.LongDate(t.In(p.zone))
}

// daysBefore counts the midnights of the printer's zone between t and now; it is negative for a t in the future.
func (p *Printer) daysBefore(t, now time.Time) int {
	date := func(t time.Time) time.Time {
		y, m, d := t.In(p.zone).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	return int(date(now).Sub(date(t)) / (24 * time.Hour))
}

// Duration writes a length of time in its largest fitting unit, rounded up: "40 seconds", "3 minutes", "2 hours".
func (p *Printer) Duration(d time.Duration) string {
	up := func(unit time.Duration) int { return int((d + unit - 1) / unit) }
	switch {
	case up(time.Second) < 60:
		return p.N("duration.seconds", up(time.Second))
	case up(time.Minute) < 60:
		return p.N("duration.minutes", up(time.Minute))
	case up(time.Hour) < 48:
		return p.N("duration.hours", up(time.Hour))
	}
	return p.N("duration.days", up(24*time.Hour))
}
