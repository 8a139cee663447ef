package sheet

import (
	"path"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
)

// Limits of the parts beside the sheets.
const (
	maxSheets = 1_000
	maxStyles = 100_000
)

// workbook is an opened .xlsx.
type workbook struct {
	src      *source
	zip      *archive
	sheets   []sheetPart
	from1904 bool
	styles   []numFormat // by index of a cell's style
	strings  stringTable // read with the first sheet
	loaded   bool

	stylesPart, stringsPart string
}

// sheetPart is a sheet and the name of the part that holds it.
type sheetPart struct {
	Sheet
	part string
}

// openWorkbook finds the parts of a workbook. A zip that holds something else is named in the refusal.
func openWorkbook(src *source) (*workbook, error) {
	z, err := openArchive(src)
	if err != nil {
		return nil, err
	}
	w := &workbook{src: src, zip: z}
	main, err := w.mainPart()
	if err != nil {
		return nil, err
	}
	if main == "" || !z.has(main) {
		return nil, z.refusal()
	}
	rels, err := w.relations(main)
	if err != nil {
		return nil, err
	}
	if err := w.readWorkbook(main, rels); err != nil {
		return nil, err
	}
	if len(w.sheets) == 0 {
		return nil, fault.New(fault.Invalid, "file_empty")
	}
	return w, nil
}

// refusal says what a zip is that is no workbook.
func (a *archive) refusal() error {
	switch {
	case a.has("xl/workbook.bin"):
		return fault.New(fault.Unsupported, "file_old_excel")
	case a.has("word/document.xml"):
		return notTable("Word")
	case a.has("ppt/presentation.xml"):
		return notTable("PowerPoint")
	case a.has("mimetype") && a.has("content.xml"):
		return notTable("ODS")
	case a.hasUnder("index/") && a.hasUnder("metadata/"), a.has("index.zip"):
		return notTable("Numbers")
	case a.hasUnder("xl/"):
		return damaged(errArchive)
	}
	return notTable("ZIP")
}

// mainPart names the part that describes the workbook: the one the package says, or the usual one.
func (w *workbook) mainPart() (string, error) {
	rels, err := w.relations("")
	if err != nil {
		return "", err
	}
	for _, r := range rels {
		if r.kind == "officeDocument" && strings.HasSuffix(fold(r.target), ".xml") && !strings.HasPrefix(fold(r.target), "word/") &&
			!strings.HasPrefix(fold(r.target), "ppt/") {
			return r.target, nil
		}
	}
	return "xl/workbook.xml", nil
}

// relation is a link from one part to another: the last word of its type, and the part it points to.
type relation struct{ kind, target string }

// relations reads the links of a part, "" being the package; a part without any has none.
func (w *workbook) relations(part string) (map[string]relation, error) {
	dir, file := path.Split(part)
	name := dir + "_rels/" + file + ".rels"
	rels := map[string]relation{}
	if !w.zip.has(name) {
		return rels, nil
	}
	return rels, w.elements(name, func(s *scanner) error {
		if string(s.name) != "Relationship" {
			return nil
		}
		a, err := s.values("Id", "Type", "Target", "TargetMode")
		if err == nil && a["TargetMode"] != "External" && len(rels) < maxEntries {
			rels[a["Id"]] = relation{kind: path.Base(a["Type"]), target: resolve(part, a["Target"])}
		}
		return err
	})
}

// elements calls fn for every element of a part, when the scanner stands on its start.
func (w *workbook) elements(part string, fn func(*scanner) error) error {
	r, err := w.zip.open(part)
	if err != nil {
		return err
	}
	defer r.Close()
	s, err := newScanner(r)
	if err != nil {
		return err
	}
	for {
		switch kind, err := s.next(); {
		case err != nil:
			return err
		case kind == tokenEOF:
			return nil
		case kind == tokenStart:
			if err := fn(s); err != nil {
				return err
			}
		}
	}
}

func (w *workbook) readWorkbook(main string, rels map[string]relation) error {
	root := true
	err := w.elements(main, func(s *scanner) error {
		name := string(s.name)
		if root && name != "workbook" {
			return notTable("ZIP")
		}
		root = false
		switch name {
		case "workbookPr":
			a, err := s.values("date1904")
			w.from1904 = truth(a["date1904"])
			return err
		case "sheet":
			a, err := s.values("name", "id", "state")
			if err != nil {
				return err
			}
			r, ok := rels[a["id"]]
			if !ok || r.kind != "worksheet" {
				return nil // a chart or a macro sheet, or one that is gone
			}
			if len(w.sheets) == maxSheets {
				return errArchive
			}
			w.sheets = append(w.sheets, sheetPart{
				Sheet: Sheet{Name: a["name"], Hidden: a["state"] == "hidden" || a["state"] == "veryHidden"},
				part:  r.target,
			})
		}
		return nil
	})
	for _, r := range rels {
		switch r.kind {
		case "styles":
			w.stylesPart = r.target
		case "sharedStrings":
			w.stringsPart = r.target
		}
	}
	return err
}

func truth(s string) bool { return s == "1" || s == "true" || s == "on" }

// load reads what all sheets share.
func (w *workbook) load() error {
	if w.loaded {
		return nil
	}
	if w.stylesPart != "" && w.zip.has(w.stylesPart) {
		if err := w.readStyles(); err != nil {
			return err
		}
	}
	if w.stringsPart != "" && w.zip.has(w.stringsPart) {
		if err := w.readStrings(); err != nil {
			return err
		}
	}
	w.loaded = true
	return nil
}

// readStyles keeps, for every style a cell can have, what its number format means.
func (w *workbook) readStyles() error {
	w.styles = nil
	custom := map[int]numFormat{}
	inCells := false
	return w.elements(w.stylesPart, func(s *scanner) error {
		switch string(s.name) {
		case "numFmt":
			a, err := s.values("numFmtId", "formatCode")
			if err != nil {
				return err
			}
			if id, err := strconv.Atoi(a["numFmtId"]); err == nil && len(custom) < maxStyles {
				custom[id] = parseFormat(a["formatCode"])
			}
		case "cellStyleXfs", "dxfs", "cellStyles":
			inCells = false
		case "cellXfs":
			inCells = true
		case "xf":
			if !inCells {
				return nil
			}
			a, err := s.values("numFmtId")
			if err != nil {
				return err
			}
			id, _ := strconv.Atoi(a["numFmtId"])
			f, ok := custom[id]
			if !ok {
				f = builtin(id)
			}
			if len(w.styles) == maxStyles {
				return errArchive
			}
			w.styles = append(w.styles, f)
		}
		return nil
	})
}

// stringTable holds the shared strings in blocks, so that it grows without being copied. Their texts lie in large
// pieces, so that a million of them are not a million allocations.
type stringTable struct {
	blocks [][]string
	count  int
}

const stringBlock = 8192

func (t *stringTable) add(s string) {
	if t.count%stringBlock == 0 {
		t.blocks = append(t.blocks, make([]string, 0, stringBlock))
	}
	last := &t.blocks[len(t.blocks)-1]
	*last = append(*last, s)
	t.count++
}

func (t *stringTable) at(i int) string { return t.blocks[i/stringBlock][i%stringBlock] }

// readStrings reads the table of shared strings.
func (w *workbook) readStrings() error {
	r, err := w.zip.open(w.stringsPart)
	if err != nil {
		return err
	}
	defer r.Close()
	s, err := newScanner(r)
	if err != nil {
		return err
	}
	const piece, header = 64 << 10, 16
	var table stringTable
	var text []byte // of the strings not yet cut
	var ends []int
	total := 0
	cut := func() {
		all, from := string(text), 0
		for _, end := range ends {
			table.add(all[from:end])
			from = end
		}
		text, ends = text[:0], ends[:0]
	}
	for {
		kind, err := s.next()
		if err != nil {
			return err
		}
		if kind == tokenEOF {
			cut()
			w.strings = table
			return nil
		}
		if kind != tokenStart || string(s.name) != "si" {
			continue
		}
		from := len(text)
		if text, err = appendRich(text, s); err != nil {
			return err
		}
		ends = append(ends, len(text))
		if total += header + len(text) - from; total > maxStrings {
			return fault.New(fault.TooLarge, "file_unzips_too_large")
		}
		if len(text) >= piece || len(ends) >= stringBlock {
			cut()
		}
	}
}

// appendRich adds the text of an element that holds a text or runs of it (si, is), whose start was the last token.
// Phonetic runs, the reading aid of Japanese, are no part of the text.
func appendRich(dst []byte, s *scanner) ([]byte, error) {
	depth := len(s.marks)
	length := 0
	for {
		kind, err := s.next()
		if err != nil {
			return dst, err
		}
		switch {
		case kind == tokenEnd && len(s.marks) < depth:
			return dst, nil
		case kind != tokenStart:
		case string(s.name) == "t":
			from := len(dst)
			if dst, err = appendString(dst, s); err != nil {
				return dst, err
			}
			if length += units(dst[from:]); length > MaxCell {
				return dst, fault.New(fault.Invalid, "file_cell_too_long")
			}
		case string(s.name) != "r":
			if err := s.skip(); err != nil {
				return dst, err
			}
		}
	}
}

// appendString adds the text of the element whose start was the last token, with Excel's escapes replaced.
func appendString(dst []byte, s *scanner) ([]byte, error) {
	preserve := false
	for {
		name, value, ok, err := s.attr()
		if err != nil {
			return dst, err
		}
		if !ok {
			break
		}
		preserve = preserve || string(name) == "xml:space" && string(value) == "preserve"
	}
	from := len(dst)
	dst, err := appendContent(dst, s)
	if err != nil {
		return dst, err
	}
	text := dst[from:]
	if !preserve {
		text = trimSpace(text)
	}
	return dst[:from+copy(dst[from:], unescape(text))], nil
}

// appendContent adds the text of the element whose start was the last token; elements within are passed over.
func appendContent(dst []byte, s *scanner) ([]byte, error) {
	from := len(dst)
	for {
		kind, err := s.next()
		if err != nil {
			return dst, err
		}
		switch kind {
		case tokenEnd:
			return dst, proper(dst[from:])
		case tokenStart:
			if err := s.skip(); err != nil {
				return dst, err
			}
		case tokenText:
			if dst, err = appendText(dst, s.text, s.cdata); err != nil {
				return dst, err
			}
			// an escape of 7 bytes stands for one character, so look at the length only when no escape can explain it
			if len(dst)-from > 7*MaxCell {
				return dst, fault.New(fault.Invalid, "file_cell_too_long")
			}
		}
	}
}
