package dedupe

// date is a birth date.
type date struct {
	year, month, day int16
	digits           [8]byte
}

// readDate reads "2006-01-02", "2006-01" and "2006", with zeros for what is not known. Dates that stand for none are none.
func readDate(s string) (date, bool) {
	switch len(s) {
	case 4:
		s += "-00-00"
	case 7:
		s += "-00"
	}
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
	if d.year == 0 || d.month == 1 && d.day == 1 && (d.year == 1900 || d.year == 1970) {
		return date{}, false
	}
	return d, true
}

// partial tells that a date is known but for its day.
func (d *date) partial() bool { return d.day == 0 || d.month == 0 }

// most gives the bits that a date can add: those of a year or a month for a part of one, and few for the first of January, which
// very many write who do not know better.
func (d *date) most() float64 {
	switch {
	case d.month == 0:
		return 5.5
	case d.day == 0:
		return 9
	case d.month == 1 && d.day == 1:
		return 9.5
	}
	return 14
}

// compare tells how two dates agree, and what that adds beside the bits of the date itself. Dates that have nothing in common are
// different: nobody mistypes a date that far.
func (d *date) compare(e *date) (how agreement, bits float64) {
	if d.partial() || e.partial() {
		return d.roughly(e)
	}
	if *d == *e {
		return equal, 0
	}
	if d.year == e.year && d.month == e.day && d.day == e.month {
		return swapped, -4
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
		return near, -8
	case wrong == 2 && first < 7 && d.digits[first] == e.digits[first+1] && d.digits[first+1] == e.digits[first]:
		return near, -7
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
		return near, -11
	case d.year == e.year && (d.month == 1 && d.day == 1 || e.month == 1 && e.day == 1):
		return part, -5
	case wrong == 2:
		return rough, -15
	case d.year == e.year && wrong == 3:
		return rough, -16
	}
	return different, -23
}

// roughly compares dates of which one is known in part.
func (d *date) roughly(e *date) (agreement, float64) {
	switch {
	case d.year != e.year:
		wrong := 0
		for i := range 4 {
			if d.digits[i] != e.digits[i] {
				wrong++
			}
		}
		if wrong == 1 && (d.year-e.year)*(d.year-e.year) <= 4 {
			return rough, -7
		}
		return different, -14
	case d.month > 0 && e.month > 0 && d.month != e.month:
		return rough, -9
	}
	return part, 0
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
