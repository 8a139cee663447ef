package dedupe

// date is a birth date.
type date struct {
	year, month, day int16
	digits           [8]byte
}

// readDate reads "2006-01-02". Dates that stand for none are none.
func readDate(s string) (date, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return date{}, false
	}
	var d date
	k := 0
	for i := range len(s) {
		if i == 4 || i == 7 {
			continue
		}
		if s[i] < '0' || s[i] > '9' {
			return date{}, false
		}
		d.digits[k] = s[i]
		k++
	}
	number := func(from, to int) (n int16) {
		for _, c := range d.digits[from:to] {
			n = n*10 + int16(c-'0')
		}
		return n
	}
	d.year, d.month, d.day = number(0, 4), number(4, 6), number(6, 8)
	if d.month == 1 && d.day == 1 && (d.year == 1900 || d.year == 1970) {
		return date{}, false
	}
	return d, true
}

// compare tells how two dates agree, and what that adds beside the bits of the date itself. clear tells that they have
// nothing in common: nobody mistypes a date that far.
func (d *date) compare(e *date) (how agreement, bits float64) {
	if *d == *e {
		return equal, 0
	}
	if d.year == e.year && d.month == e.day && d.day == e.month {
		return swapped, -3.5
	}
	wrong := 0
	first := -1
	for i := range d.digits {
		if d.digits[i] != e.digits[i] {
			if wrong++; first < 0 {
				first = i
			}
		}
	}
	switch {
	case wrong == 1:
		return near, -7
	case wrong == 2 && first < 7 && d.digits[first] == e.digits[first+1] && d.digits[first+1] == e.digits[first]:
		return near, -6
	}
	same := 0
	if d.year == e.year {
		same++
	}
	if d.month == e.month {
		same++
	}
	if d.day == e.day {
		same++
	}
	switch {
	case same == 2:
		return near, -10
	case wrong == 2:
		return rough, -14
	case d.year == e.year && wrong == 3:
		return rough, -15
	}
	return different, -22
}

// close tells whether two dates are equal but for a mistake, or have two parts in common.
func (d *date) close(e *date) bool {
	same := 0
	if d.year == e.year {
		same++
	}
	if d.month == e.month {
		same++
	}
	if d.day == e.day {
		same++
	}
	return same > 1 || d.year == e.year && d.month == e.day && d.day == e.month
}
