// Package paper prints profiles as PDF, with fonts of its own in the file: Latin with all its accents, Greek and Cyrillic.
// It is apart from package exporter so that only the function that prints carries the fonts.
package paper

import (
	"io"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"codeberg.org/go-pdf/fpdf"

	"github.com/muster-crm/muster/shared/exporter"
)

// Measures in millimetres; sizes of letters in points.
const (
	margin = 18
	label  = 52 // width of what stands before a value
	line   = 5
	foot   = 14
)

// Print writes a profile.
func Print(w io.Writer, d exporter.Document) error {
	f := fpdf.New("P", "mm", "A4", "")
	f.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
	f.AddUTF8FontFromBytes("sans", "B", liberationsansbold.TTF)
	f.SetTitle(d.Title, true)
	f.SetLang(d.Language)
	f.SetCreationDate(d.Made)
	f.SetModificationDate(d.Made)
	f.SetMargins(margin, margin, margin)
	f.SetAutoPageBreak(true, margin+foot)
	f.SetFooterFunc(func() {
		f.SetY(-foot)
		f.SetFont("sans", "", 8)
		f.SetTextColor(100, 100, 100)
		f.CellFormat(0, line, d.Foot, "", 0, "L", false, 0, "")
		f.SetX(margin)
		f.CellFormat(0, line, d.Page(f.PageNo()), "", 0, "R", false, 0, "")
	})
	f.AddPage()
	width, height := f.GetPageSize()
	f.SetTextColor(20, 20, 20)
	f.SetFont("sans", "B", 18)
	f.MultiCell(0, 8, d.Title, "", "L", false)
	f.SetFont("sans", "", 10)
	f.SetTextColor(100, 100, 100)
	f.MultiCell(0, line, d.Sub, "", "L", false)
	for _, s := range d.Sections {
		if f.GetY() > height-margin-foot-4*line {
			f.AddPage() // a title does not stand alone at the end of a page
		}
		f.Ln(5)
		f.SetFont("sans", "B", 12)
		f.SetTextColor(20, 20, 20)
		f.MultiCell(0, 7, s.Title, "B", "L", false)
		f.Ln(2)
		for _, entry := range s.Entries {
			for _, row := range entry {
				y := f.GetY()
				if y > height-margin-foot-line {
					f.AddPage()
					y = f.GetY()
				}
				page := f.PageNo()
				f.SetFont("sans", "", 10)
				f.SetTextColor(100, 100, 100)
				f.MultiCell(label-3, line, row.Label, "", "L", false)
				below := f.GetY()
				f.SetXY(margin+label, y)
				f.SetTextColor(20, 20, 20)
				f.SetLeftMargin(margin + label)
				f.MultiCell(width-2*margin-label, line, row.Value, "", "L", false)
				f.SetLeftMargin(margin)
				f.SetX(margin)
				if f.PageNo() == page && f.GetY() < below {
					f.SetY(below)
				}
			}
			f.Ln(2)
		}
	}
	return f.Output(w)
}
