package dedupe

// agreement is how two values compare, the worse the smaller; 0 where one of them is missing.
type agreement uint8

const (
	unknown agreement = iota
	different
	kin    // names that are alike, as those of brothers and sisters are
	middle // one is the second name of the other; of companies, each has a word of its own beside what they share
	rough
	initial
	part
	sounds
	short
	near
	swapped
	equal
)

// said gives how an agreement is told.
var said = [...]Agreement{different: Different, kin: Different, middle: Part, rough: Close, initial: Initial, part: Part, sounds: Sounds, short: Short, near: Close,
	swapped: Swapped, equal: Equal}

// alike tells how two texts agree but for typing mistakes.
func alike(a, b *value) agreement {
	n := max(len(a.text), len(b.text))
	if n < 3 {
		return different
	}
	most := min(max(n/3, 1), 3)
	if apart(a.have, b.have) > most {
		return different
	}
	switch d := distance(a.text, b.text, most); {
	case d == 1 && (n > 4 || a.have == b.have), d == 2 && n > 8, d == 3 && n > 13: // of a short text, only letters that have changed places
		return near
	case d <= most && (n > 4 || a.text[0] == b.text[0]):
		return rough
	}
	return different
}

// lastNames tells how two surnames agree.
func lastNames(a, b *value) agreement {
	how := alike(a, b)
	if how == near {
		return near
	}
	if a.core == b.core && len(a.core) > 3 {
		return near
	}
	if a.partsOf() != nil || b.partsOf() != nil {
		if how := among(a, b); how != unknown {
			return how
		}
	}
	if a.sound == b.sound && a.loud > 2 {
		return sounds
	}
	return how
}

// among tells whether one name has the words of the other among its own, or their initials; unknown when not.
func among(a, b *value) agreement {
	x, y := a.list(), b.list()
	if len(x) > len(y) {
		x, y = y, x
	}
	whole, initials := 0, 0
	for _, w := range x {
		for _, v := range y {
			if w == v || len(w) > 3 && len(v) > 3 && distance(w, v, 1) <= 1 {
				whole++
				break
			}
			if (len(w) == 1 || len(v) == 1) && w[0] == v[0] {
				initials++
				break
			}
		}
	}
	switch {
	case whole == 0 || whole+initials < len(x):
		if whole == 0 && initials == len(x) && initials > 0 {
			return initial
		}
		if whole > 0 && len(x[0]) > 2 { // each has a word that the other has not
			return kin
		}
		return unknown
	case len(x) == len(y):
		return near
	}
	return part
}

func (v *value) list() []string {
	if parts := v.partsOf(); parts != nil {
		return parts
	}
	if v.core != "" {
		return []string{v.core}
	}
	return []string{v.text}
}

// names is firstNames or lastNames, remembered.
func (c *Corpus) names(which int, a, b int32) agreement {
	if a == 0 || b == 0 {
		return unknown
	}
	if a == b {
		return equal
	}
	if a > b {
		a, b = b, a
	}
	t := c.tables[which].values
	return c.remember(which, a, b, func() agreement {
		switch which {
		case firsts:
			return c.firstNames(&t[a], &t[b])
		case lasts:
			return lastNames(&t[a], &t[b])
		case streets:
			return streetNames(&t[a], &t[b])
		case towns:
			return townNames(&t[a], &t[b])
		}
		return alike(&t[a], &t[b])
	})
}

// crossings stands for the comparison of first names with surnames.
const crossings = nTables

// remember gives how two values compare as it was found out before, or finds it out.
func (c *Corpus) remember(which int, a, b int32, find func() agreement) agreement {
	pair := uint64(which)<<60 | uint64(a)<<30 | uint64(b)
	slot := &c.cache[(pair*0x9E3779B97F4A7C15)>>(64-c.bits)]
	if slot.pair == pair {
		return slot.was
	}
	how := find()
	*slot = remembered{pair, how}
	return how
}

// firstBits is what the agreement of first names adds; bits are those of the more frequent one.
func firstBits(how agreement, bits float64) float64 {
	switch how {
	case equal:
		return bits
	case near:
		return bits - 1
	case short:
		return max(bits-2.5, 2)
	case sounds:
		return bits - 2.5
	case part:
		return bits - 2.5
	case initial:
		return 3.3
	case rough, middle:
		return 0
	case kin:
		return -3
	case different:
		return -8
	}
	return 0
}

// lastBits is what the agreement of surnames adds.
func lastBits(how agreement, bits float64) float64 {
	switch how {
	case equal:
		return bits
	case near:
		return bits - 2
	case sounds:
		return bits - 2.5
	case part:
		return bits - 3
	case rough, initial:
		return 1
	case kin:
		return -1
	case different:
		return -4
	}
	return 0
}
