package importer

import (
	"github.com/muster-crm/muster/shared/blob"
	"github.com/muster-crm/muster/shared/sheet"
	"github.com/muster-crm/muster/shared/vcard"
)

// book is a file whose rows become contacts: a sheet, or business cards, each of which is a row.
type book interface {
	Format() sheet.Format
	Encoding() string
	Comma() rune
	Sheets() []sheet.Sheet
	Default() sheet.Sheet
	Sample(sheet string, n int) ([]sheet.Row, error)
	Each(sheet string) (rows, error)
}

// rows walks over the rows of a book.
type rows interface {
	Next() bool
	Row() sheet.Row
	Err() error
	Close()
}

// openBook opens a file as what it is.
func openBook(object blob.Object, plan *Plan) (book, error) {
	head := make([]byte, min(object.Size(), 4096))
	if _, err := object.ReadAt(head, 0); err == nil && vcard.Looks(head) {
		return openCards(object)
	}
	b, err := sheet.Open(object, object.Size(), sheet.Options{Sheet: plan.Sheet, Encoding: plan.Encoding})
	if err != nil {
		return nil, err
	}
	return table{b}, nil
}

// table is a sheet.
type table struct{ *sheet.Book }

func (t table) Each(name string) (rows, error) { return t.Rows(name) }
