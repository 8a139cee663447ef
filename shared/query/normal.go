package query

import (
	"strconv"

	"github.com/muster-crm/muster/shared/fault"
)

// Normal gives e in the one form that Parse makes and Format prints: no And within an And, no Or within an Or, none
// with a single part, no All among the parts of an And, Not of All for what never holds, words that could not be
// written bare as phrases, and no words of nothing but punctuation beside others. It selects what e selects.
func Normal(e Expr) Expr {
	switch e := e.(type) {
	case nil:
		return All
	case And:
		return and(normals(e))
	case Or:
		return or(normals(e))
	case Not:
		return Not{Normal(e.Expr)}
	case Text:
		e.Words = squeeze(e.Words)
		e.Phrase = e.Phrase || !bare(e.Words)
		return e
	}
	return e
}

func normals(parts []Expr) []Expr {
	out := make([]Expr, len(parts))
	for i, e := range parts {
		out[i] = Normal(e)
	}
	return out
}

// and joins normal parts.
func and(parts []Expr) Expr {
	var flat And
	for _, e := range parts {
		if inner, ok := e.(And); ok {
			flat = append(flat, inner...)
		} else {
			flat = append(flat, e)
		}
	}
	if words := flat.without(isPunctuation); len(words) > 0 {
		flat = words
	}
	for i := range flat {
		flat.separate(i)
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return flat
}

func (a And) without(drop func(Expr) bool) And {
	var out And
	for _, e := range a {
		if !drop(e) {
			out = append(out, e)
		}
	}
	return out
}

func isPunctuation(e Expr) bool {
	text, ok := e.(Text)
	return ok && !text.Phrase && punctuation(text.Words)
}

// separate makes a phrase of the word behind word i where the two would be read as one telephone number.
func (a And) separate(i int) {
	first, ok := a[i].(Text)
	if !ok || first.Phrase || !dials(first.Words) {
		return
	}
	line := first.Words
	for _, e := range a[i+1 : min(len(a), i+maxDigits+1)] {
		text, ok := e.(Text)
		if !ok || text.Phrase {
			break
		}
		line += " " + text.Words
	}
	if _, size := telephone(line); size > len(first.Words) {
		next := a[i+1].(Text)
		next.Phrase = true
		a[i+1] = next
	}
}

// or joins normal parts.
func or(parts []Expr) Expr {
	var flat Or
	for _, e := range parts {
		if inner, ok := e.(Or); ok {
			flat = append(flat, inner...)
		} else {
			flat = append(flat, e)
		}
	}
	switch len(flat) {
	case 0:
		return Not{All}
	case 1:
		return flat[0]
	}
	return flat
}

// exceeds finds the limit that a normal tree is over: the fault's code, the limit, and the position of the part that
// is too much. The code is empty when all is well.
func exceeds(e Expr) (code string, limit, pos int) {
	conditions := 0
	var visit func(e Expr, depth int)
	visit = func(e Expr, depth int) {
		if code != "" {
			return
		}
		switch e := e.(type) {
		case Term, Text:
			if conditions++; conditions > MaxConditions {
				code, limit, pos = TooMany, MaxConditions, position(e)
			}
			return
		case And:
			for _, part := range e {
				visit(part, depth+1)
			}
		case Or:
			for _, part := range e {
				visit(part, depth+1)
			}
		case Not:
			visit(e.Expr, depth+1)
		}
		if depth == MaxDepth && code == "" {
			code, limit, pos = TooDeep, MaxDepth, position(e)
		}
	}
	visit(e, 0)
	if code == "" && len(Format(e)) > MaxLength {
		return TooLong, MaxLength, 0
	}
	return code, limit, pos
}

// Limits refuses an expression that is beyond the limits of one: too_many, too_deep or too_long at Path.
func Limits(e Expr) error {
	if code, limit, pos := exceeds(Normal(e)); code != "" {
		return fault.Bad(Path, code, "pos", strconv.Itoa(pos), "max", strconv.Itoa(limit))
	}
	return nil
}

// position is that of the first condition in e.
func position(e Expr) int {
	first := -1
	Walk(e, func(e Expr) bool {
		at := -1
		switch e := e.(type) {
		case Term:
			at = e.Pos
		case Text:
			at = e.Pos
		}
		if first < 0 {
			first = at
		}
		return first < 0
	})
	return max(first, 0)
}

// Walk calls visit for e and all below it, parents first; where visit says false it does not go deeper.
func Walk(e Expr, visit func(Expr) bool) {
	if e == nil || !visit(e) {
		return
	}
	switch e := e.(type) {
	case And:
		for _, part := range e {
			Walk(part, visit)
		}
	case Or:
		for _, part := range e {
			Walk(part, visit)
		}
	case Not:
		Walk(e.Expr, visit)
	}
}

// Chips gives the parts of e that must all hold, each in the text form: the chips of a filter line.
func Chips(e Expr) []string {
	parts := conjuncts(e)
	chips := make([]string, len(parts))
	for i, part := range parts {
		chips[i] = Format(part)
	}
	return chips
}

// Without gives e without chip i.
func Without(e Expr, i int) Expr {
	parts := conjuncts(e)
	if i < 0 || i >= len(parts) {
		return Normal(e)
	}
	return and(append(parts[:i:i], parts[i+1:]...))
}

// With gives e with one more chip, or as it is when it has that chip already.
func With(e, chip Expr) Expr {
	parts := conjuncts(e)
	for _, add := range conjuncts(chip) {
		known := false
		for _, part := range parts {
			known = known || Format(part) == Format(add)
		}
		if !known {
			parts = append(parts, add)
		}
	}
	return and(parts)
}

// conjuncts gives a fresh list of the parts of e, in normal form.
func conjuncts(e Expr) []Expr {
	e = Normal(e)
	if parts, ok := e.(And); ok {
		return append([]Expr(nil), parts...)
	}
	return []Expr{e}
}
