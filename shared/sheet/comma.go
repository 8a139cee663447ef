package sheet

import (
	"bytes"
)

// commas are the delimiters that are recognised, those least likely to occur inside values first.
var commas = []byte{'\t', ';', ',', '|'}

// detectComma finds the delimiter by which the lines of a sample fall into equally many fields, most of them, and how
// many those are. 0 says that the lines are single values.
func detectComma(sample []byte, whole bool) (comma byte, width int) {
	best := 0.0
	for _, c := range commas {
		if bytes.IndexByte(sample, c) < 0 {
			continue
		}
		score, w := consistency(sample, whole, c)
		if score > best {
			best, comma, width = score, c, w
		}
	}
	return comma, width
}

// consistency scores a delimiter: the share of lines of the commonest width, weighted by that width. A delimiter that
// splits fewer than three lines in ten scores 0.
func consistency(sample []byte, whole bool, comma byte) (float64, int) {
	p := parser{comma: comma}
	widths := map[int]int{}
	lines, split := 0, 0
	for len(sample) > 0 {
		n, ok := p.parse(sample, whole)
		if !ok {
			break // the last line, cut by the end of the sample
		}
		sample = sample[n:]
		if len(p.fields) == 1 && blank(string(p.text)) {
			continue
		}
		lines++
		if len(p.fields) > 1 {
			widths[len(p.fields)]++
			split++
		}
	}
	if lines == 0 || split*10 < lines*3 {
		return 0, 0
	}
	hits, width := 0, 0
	for w, n := range widths {
		if n > hits || n == hits && w > width {
			hits, width = n, w
		}
	}
	share := (0.8*float64(hits) + 0.2*float64(split)) / float64(lines)
	return share * (1 + 0.1*float64(min(width, 20))), width
}

// sepLine reads the line "sep=;" with which Excel is told the delimiter: the delimiter and the length of the line, 0
// when the text does not start with one.
func sepLine(text []byte) (comma byte, length int) {
	if len(text) < 5 || !bytes.EqualFold(text[:4], []byte("sep=")) {
		return 0, 0
	}
	end := 5
	for end < len(text) && (text[end] == ' ' || text[end] == '"') {
		end++
	}
	switch {
	case text[4] < ' ' && text[4] != '\t', text[4] > '~', text[4] == '"':
		return 0, 0
	case end == len(text), text[end] == '\n':
		return text[4], min(end+1, len(text))
	case text[end] == '\r' && end+1 < len(text) && text[end+1] == '\n':
		return text[4], end + 2
	case text[end] == '\r':
		return text[4], end + 1
	}
	return 0, 0
}
