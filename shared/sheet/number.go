package sheet

import (
	"math"
	"strconv"
	"time"
)

// maxSerial is the day number of 31 December 9999 in the system that starts in 1900.
const maxSerial = 2_958_465

// appendValue adds what a stored number shows as under a format, and says of what kind that is.
func appendValue(dst, raw []byte, f *numFormat, from1904 bool) ([]byte, Kind) {
	if !numeric(raw) {
		return append(dst, raw...), Text
	}
	switch f.kind {
	case formatNumber:
		return appendNumber(dst, raw), Number
	case formatDigits:
		if whole(raw) {
			return appendDigits(dst, f.pattern, raw), Text
		}
		return appendNumber(dst, raw), Number
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return append(dst, raw...), Text
	}
	if f.kind == formatWords {
		word := f.sections[0]
		if v < 0 {
			word = f.sections[1]
		} else if v == 0 {
			word = f.sections[2]
		}
		if word == "TRUE" || word == "FALSE" {
			return append(dst, word...), Bool
		}
		return append(dst, word...), Text
	}
	if out, kind := appendSerial(dst, v, f.kind, from1904); kind != Empty {
		return out, kind
	}
	return appendNumber(dst, raw), Number
}

// appendSerial adds the date or time a day number stands for. Kind Empty says that it stands for none.
//
// In the system of 1900 day 60 is 29 February 1900, which never was: Excel keeps it for files of Lotus 1-2-3, and
// shows it, so it is shown here too. A time of midnight beside a date is left out: exports of databases add it to
// every date.
func appendSerial(dst []byte, v float64, kind formatKind, from1904 bool) ([]byte, Kind) {
	if v < 0 || v >= maxSerial+1 {
		return dst, Empty
	}
	if kind == formatEither {
		if kind = formatDate; v < 1 {
			kind = formatTime
		}
	}
	seconds := int64(math.Round(v * 86400))
	if kind == formatElapsed {
		return appendClock(dst, seconds), Time
	}
	day := seconds / 86400
	seconds %= 86400
	if kind == formatTime {
		return appendClock(dst, seconds), Time
	}
	if kind == formatDate {
		day = int64(v)
		seconds = 0
	}
	switch {
	case from1904:
		day += 1462
	case day == 0 && kind == formatStamp && seconds > 0:
		return appendClock(dst, seconds), Time
	case day == 0:
		return dst, Empty // 0 January 1900
	}
	if day == 60 && !from1904 {
		dst = append(dst, "1900-02-29"...)
	} else {
		if day < 60 {
			day++
		}
		// 25,569 is the number of 1 January 1970
		dst = time.Unix((day-25569)*86400, 0).UTC().AppendFormat(dst, "2006-01-02")
	}
	if seconds > 0 {
		dst = append(dst, 'T')
		dst = appendClock(dst, seconds)
	}
	return dst, Date
}

func appendClock(dst []byte, seconds int64) []byte {
	two := func(n int64) {
		if n < 10 {
			dst = append(dst, '0')
		}
		dst = strconv.AppendInt(dst, n, 10)
	}
	two(seconds / 3600)
	dst = append(dst, ':')
	two(seconds / 60 % 60)
	dst = append(dst, ':')
	two(seconds % 60)
	return dst
}

// appendISO adds a value of type "d", which holds an ISO date, time or both, in the form of this package.
func appendISO(dst, raw []byte) ([]byte, Kind) {
	for _, layout := range []string{"2006-01-02", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999",
		"2006-01-02T15:04", "15:04:05.999999999", "15:04"} {
		t, err := time.Parse(layout, string(raw))
		switch {
		case err != nil:
		case layout[0] == '1':
			return t.AppendFormat(dst, "15:04:05"), Time
		case t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0:
			return t.AppendFormat(dst, "2006-01-02"), Date
		default:
			return t.AppendFormat(dst, "2006-01-02T15:04:05"), Date
		}
	}
	return append(dst, raw...), Text
}

// numeric says whether a text is a decimal number as XML Schema writes one.
func numeric(s []byte) bool {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		i++
	}
	digits := 0
	for ; i < len(s) && isDigit(s[i]); i++ {
		digits++
	}
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && isDigit(s[i]); i++ {
			digits++
		}
	}
	if digits == 0 {
		return false
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		if i++; i < len(s) && (s[i] == '-' || s[i] == '+') {
			i++
		}
		first := i
		for ; i < len(s) && isDigit(s[i]); i++ {
		}
		if i == first {
			return false
		}
	}
	return i == len(s)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// whole says whether a number is written with digits alone.
func whole(s []byte) bool {
	for _, c := range s {
		if !isDigit(c) {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 18
}

// appendNumber adds a number as it is shown: 15 significant digits, no zeros that say nothing, no exponent unless the
// number is of 1e21 and more or below 1e-9.
func appendNumber(dst, raw []byte) []byte {
	if whole(raw) && len(raw) <= 15 && (raw[0] != '0' || len(raw) == 1) {
		return append(dst, raw...) // by far the most
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	if err != nil {
		return append(dst, raw...) // beyond the range
	}
	if v == 0 {
		return append(dst, '0')
	}
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', 14, 64), 64) // 15 digits
	if a := math.Abs(v); a >= 1e21 || a < 1e-9 {
		return strconv.AppendFloat(dst, v, 'E', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}
