package sheet

import (
	"bytes"
	"io"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
)

const sniffBytes = 64 << 10

// magics are the beginnings of files that are no table, and their names for the refusal.
var magics = []struct{ magic, format string }{
	{"%PDF-", "PDF"},
	{"\x89PNG\r\n\x1a\n", "image"}, {"\xff\xd8\xff", "image"}, {"GIF87a", "image"}, {"GIF89a", "image"},
	{"II*\x00", "image"}, {"MM\x00*", "image"}, {"\x00\x00\x01\x00", "image"},
	{"{\\rtf", "RTF"}, {"%!PS", "PostScript"},
	{"Rar!\x1a\x07", "RAR"}, {"7z\xbc\xaf\x27\x1c", "7-Zip"}, {"\x1f\x8b\x08", "gzip"}, {"BZh", "bzip2"},
	{"\xfd7zXZ\x00", "xz"}, {"\x28\xb5\x2f\xfd", "zstd"},
	{"SQLite format 3\x00", "SQLite"}, {"PAR1", "Parquet"}, {"\x00\x01\x00\x00Standard ", "Access"},
	{"MZ", "program"}, {"\x7fELF", "program"}, {"\xca\xfe\xba\xbe", "program"},
	{"ID3", "audio"}, {"OggS", "audio"}, {"\x00\x00\x00 ftyp", "video"}, {"\x00\x00\x00\x18ftyp", "video"},
	{"\x00\x00\x00\x1cftyp", "video"}, {"RIFF", "video"},
	{"\xff\xfe\x00\x00", "UTF-32"}, {"\x00\x00\xfe\xff", "UTF-32"},
}

// textMagics are the beginnings of texts that are no table, in lower case, after a byte order mark and white space.
var textMagics = []struct{ magic, format string }{
	{"<!doctype html", "HTML"}, {"<html", "HTML"}, {"<table", "HTML"}, {"<head", "HTML"}, {"<body", "HTML"},
	{"<meta", "HTML"}, {"<style", "HTML"}, {"<!--", "HTML"}, {"<?xml", "XML"}, {"<svg", "XML"},
	{"begin:vcard", "vCard"}, {"begin:vcalendar", "iCalendar"}, {"mime-version:", "e-mail"},
	{"{\"", "JSON"}, {"[{", "JSON"}, {"[[", "JSON"}, {"{\r\n", "JSON"}, {"{\n", "JSON"}, {"[\n", "JSON"}, {"[\r\n", "JSON"},
}

func notTable(format string) error {
	return fault.New(fault.Unsupported, "file_not_table", "format", format)
}

// sniff says what a file is by its first bytes. A zip is taken for a workbook; openWorkbook looks closer.
func sniff(head []byte, src *source) (Format, error) {
	if src.size == 0 {
		return "", fault.New(fault.Invalid, "file_empty")
	}
	has := func(s string) bool { return bytes.HasPrefix(head, []byte(s)) }
	switch {
	case has("PK\x03\x04"):
		return XLSX, nil
	case has("PK\x05\x06"), has("PK\x07\x08"): // no entry at all, or a piece of a split archive
		return "", notTable("ZIP")
	case has("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		return "", sniffOLE(src)
	case has("\x09\x08\x10\x00"), has("\x09\x08\x08\x00"), has("\x09\x04\x06\x00"), has("\x09\x02\x06\x00"), has("\x09\x00\x04\x00"):
		return "", fault.New(fault.Unsupported, "file_old_excel")
	}
	for _, m := range magics {
		// a short word can begin a list too
		word := len(m.magic) <= 4 && strings.Trim(m.magic, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789h") == ""
		if has(m.magic) && (!word || !looksText(head)) {
			return "", notTable(m.format)
		}
	}
	if utf16Order(head) == "" && !looksText(head) {
		return "", notTable("binary")
	}
	begin := head[:min(len(head), 512)]
	for _, mark := range []string{string(bom), "\xff\xfe", "\xfe\xff"} {
		begin = bytes.TrimPrefix(begin, []byte(mark))
	}
	start := strings.ToLower(strings.TrimLeft(strings.ReplaceAll(string(begin), "\x00", ""), " \t\r\n"))
	for _, m := range textMagics {
		if strings.HasPrefix(start, m.magic) {
			return "", notTable(m.format)
		}
	}
	return CSV, nil
}

// sniffOLE names a file in Microsoft's old container by the streams in it: their names stand in it as UTF-16.
func sniffOLE(src *source) error {
	wide := func(s string) []byte { return []byte(strings.Join(strings.Split(s, ""), "\x00") + "\x00\x00\x00") }
	names := []struct {
		name []byte
		err  *fault.Fault
	}{
		{wide("EncryptedPackage"), fault.New(fault.Unsupported, "file_encrypted")},
		{wide("Workbook"), fault.New(fault.Unsupported, "file_old_excel")},
		{wide("Book"), fault.New(fault.Unsupported, "file_old_excel")},
	}
	found := make([]bool, len(names))
	const step, overlap = 256 << 10, 64
	buf := make([]byte, step)
	for off := int64(0); off < src.size; off += step - overlap {
		n, err := src.ReadAt(buf, off)
		if err != nil && err != io.EOF {
			return err
		}
		for i := range names {
			found[i] = found[i] || bytes.Contains(buf[:n], names[i].name)
		}
	}
	for i, yes := range found {
		if yes {
			return names[i].err
		}
	}
	return notTable("Office document")
}

// looksText says whether bytes can be text of a one-byte encoding or UTF-8: hardly any control characters. A few are
// forgiven, because exports of old databases have them.
func looksText(head []byte) bool {
	bad := 0
	for _, b := range head {
		if b < 0x20 && b != '\t' && b != '\n' && b != '\r' && b != '\f' && b != 0x1a {
			bad++
		}
	}
	return bad <= 16+len(head)/50
}
