package record

import "bytes"

// skimmer looks over stored JSON for members that no field describes, without reading it. It knows the compact form this
// program writes; of anything else it says that it cannot tell.
type skimmer struct{ rest []byte }

// object reports whether an object comes next that holds described members alone; meta tells of names that are known though
// no field describes them. False also means that this cannot be told at a glance.
func (s *skimmer) object(fields []*Field, meta func(string) bool) bool {
	if !s.eat('{') {
		return false
	}
	if s.eat('}') {
		return true
	}
	for at := 0; ; {
		name, ok := s.text()
		if !ok || !s.eat(':') {
			return false
		}
		// Members come in the order of the fields: the search goes on where the last one ended.
		var f *Field
		for i := range fields {
			if j := (at + i) % len(fields); fields[j].Name == string(name) {
				f, at = fields[j], j+1
				break
			}
		}
		switch {
		case f == nil && !meta(string(name)):
			return false
		case f != nil && f.Type == Object:
			ok = s.of(f)
		default:
			ok = s.skip()
		}
		if !ok {
			return false
		}
		if s.eat('}') {
			return true
		}
		if !s.eat(',') {
			return false
		}
	}
}

// of is object for the value of a field: an object, or a list of them.
func (s *skimmer) of(f *Field) bool {
	if !f.List {
		return s.object(f.Fields, never)
	}
	if !s.eat('[') {
		return false
	}
	if s.eat(']') {
		return true
	}
	for s.object(f.Fields, never) {
		if s.eat(']') {
			return true
		}
		if !s.eat(',') {
			return false
		}
	}
	return false
}

func (s *skimmer) eat(c byte) bool {
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// text gives a text that is written without an escape.
func (s *skimmer) text() ([]byte, bool) {
	if !s.eat('"') {
		return nil, false
	}
	end := bytes.IndexByte(s.rest, '"')
	if end < 0 || bytes.IndexByte(s.rest[:end], '\\') >= 0 {
		return nil, false
	}
	text := s.rest[:end]
	s.rest = s.rest[end+1:]
	return text, true
}

// skip passes over a value.
func (s *skimmer) skip() bool {
	depth := 0
	for len(s.rest) > 0 {
		switch c := s.rest[0]; c {
		case '"':
			if !s.skipText() {
				return false
			}
			if depth == 0 {
				return true
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return true // the end of what the value is in
			}
			depth--
			if depth == 0 {
				s.rest = s.rest[1:]
				return true
			}
		case ',':
			if depth == 0 {
				return true
			}
		}
		s.rest = s.rest[1:]
	}
	return false
}

func (s *skimmer) skipText() bool {
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case '"':
			s.rest = s.rest[i+1:]
			return true
		}
	}
	return false
}
