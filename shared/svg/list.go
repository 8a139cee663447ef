package svg

import (
	"regexp"
	"strings"
)

func set(words string) map[string]bool {
	s := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		s[word] = true
	}
	return s
}

var (
	// elements are those a drawing may be made of. None loads, runs, moves or leads anywhere.
	elements = set(`svg g defs symbol use title desc style path rect circle ellipse line polyline polygon text tspan
		linearGradient radialGradient stop clipPath mask pattern switch`)

	// holdsText are the elements whose text means something.
	holdsText = set(`title desc style text tspan`)

	// linked are the elements with an address, which can only be in the drawing itself.
	linked = set(`use linearGradient radialGradient pattern`)

	// attributes are numbers, lengths, lists of them, and words.
	attributes = set(`x y x1 y1 x2 y2 cx cy r rx ry fx fy fr dx dy d points width height viewBox preserveAspectRatio
		transform gradientTransform patternTransform gradientUnits spreadMethod offset patternUnits patternContentUnits
		clipPathUnits maskUnits maskContentUnits pathLength rotate textLength lengthAdjust version type media overflow baseProfile`)

	// properties are presentation: as attributes, in a style attribute and in a style sheet.
	properties = set(`fill fill-opacity fill-rule stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin
		stroke-miterlimit stroke-opacity stroke-width opacity color display visibility clip-path clip-rule mask
		stop-color stop-opacity font-family font-size font-style font-weight font-variant font-stretch letter-spacing
		word-spacing text-anchor text-decoration dominant-baseline alignment-baseline baseline-shift writing-mode
		paint-order vector-effect shape-rendering text-rendering color-interpolation mix-blend-mode isolation
		enable-background`)
)

var (
	// target finds the parts of the drawing that a value uses.
	target = regexp.MustCompile(`url\(\s*['"]?#([^'")\s]*)['"]?\s*\)`)

	name     = regexp.MustCompile(`^[\pL_][\pL\pN_.:-]*$`)
	selector = regexp.MustCompile(`^[\pL\pN_.#*>,\s-]+$`)
)

// targets gives the names of the parts of the drawing that a value uses.
func targets(value string) []string {
	var ids []string
	for _, m := range target.FindAllStringSubmatch(value, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// local reports whether an address is a place in the drawing itself.
func local(href string) bool {
	id, ok := strings.CutPrefix(href, "#")
	return ok && name.MatchString(id)
}

// plainNames reports whether a text is names and nothing else.
func plainNames(value string) bool {
	words := strings.Fields(value)
	for _, word := range words {
		if !name.MatchString(word) {
			return false
		}
	}
	return len(words) > 0
}

// plainValue reports whether a value can mean only itself: no function but those of transforms, no address, no escape.
func plainValue(value string) bool {
	lower := strings.ToLower(value)
	return !strings.ContainsAny(value, `\<>{};@"'&`) && !strings.Contains(lower, "url") && !strings.Contains(value, ":") &&
		!strings.Contains(value, "/*")
}

// functions are those a value of a property may hold.
var functions = set("rgb rgba hsl hsla url translate scale rotate skewx skewy matrix")

var call = regexp.MustCompile(`([\pL\pN_-]*)\s*\(`)

// harmless reports whether the value of a property is one that reaches nothing outside the drawing.
func harmless(value string) bool {
	if strings.ContainsAny(value, `\<>{};@&`) || strings.Contains(value, "/*") || len(value) > 4000 {
		return false
	}
	for _, m := range call.FindAllStringSubmatch(value, -1) {
		if !functions[strings.ToLower(m[1])] {
			return false
		}
	}
	rest := target.ReplaceAllStringFunc(value, func(u string) string {
		if m := target.FindStringSubmatch(u); name.MatchString(m[1]) {
			return ""
		}
		return u
	})
	rest = strings.ToLower(rest)
	return !strings.Contains(rest, "url") && !strings.Contains(rest, ":") && !strings.Contains(rest, "//")
}

// declarations keeps the harmless ones of "name: value; name: value".
func declarations(text string) string {
	var kept []string
	for d := range strings.SplitSeq(text, ";") {
		name, value, ok := strings.Cut(d, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if ok && properties[name] && value != "" && harmless(value) {
			kept = append(kept, name+":"+value)
		}
	}
	return strings.Join(kept, ";")
}

// rule is one rule of a style sheet.
type rule struct{ selector, body string }

func write(rules []rule) string {
	var b strings.Builder
	for _, r := range rules {
		b.WriteString(r.selector + "{" + r.body + "}")
	}
	return b.String()
}

// sheet keeps the harmless rules of a style sheet. What begins with @ is left out with all it holds.
func sheet(text string) []rule {
	text = strings.NewReplacer("<!--", "", "-->", "").Replace(uncommented(text))
	var kept []rule
	for text != "" {
		head, rest, ok := strings.Cut(text, "{")
		if !ok {
			break
		}
		body, after := block(rest)
		if i := strings.LastIndexByte(head, ';'); i >= 0 {
			head = head[i+1:] // "@import ...;" and its like end there
		}
		head = strings.Join(strings.Fields(head), " ")
		if inner := declarations(body); inner != "" && selector.MatchString(head) && !strings.Contains(body, "{") {
			kept = append(kept, rule{head, inner})
		}
		text = after
	}
	return kept
}

// block gives what stands before the brace that closes a block, and what comes after it.
func block(text string) (body, after string) {
	depth := 1
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return text[:i], text[i+1:]
			}
		}
	}
	return text, ""
}

// uncommented leaves comments out.
func uncommented(text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "/*")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		_, text, _ = strings.Cut(rest, "*/")
		b.WriteByte(' ')
	}
}
