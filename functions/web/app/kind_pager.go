package app

import (
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/preference"
	"github.com/muster-crm/muster/shared/repository"
)

// paging is which page of a list is asked for. The index answers what stands behind a position, so a page's address
// carries, sealed, the positions that the pages before it ended at.
type paging struct {
	rows     int
	question string // what a cursor belongs to
	place    place
}

// place is where in the result a page begins.
type place struct {
	Page int                   // counted from 1
	Ends []repository.Position // the last rows of the pages before, oldest first, as far as they are remembered
}

// maxEnds bounds how far back a cursor remembers: it travels in the address.
const maxEnds = 12

// paging reads which page of a list the address asks for; question tells lists and what they are asked apart. Faults:
// Invalid for a number of rows that is not offered and for a cursor of another list, reader or organisation.
func (x *exchange) paging(question ...string) (paging, error) {
	rows, err := x.rowsAPage()
	if err != nil {
		return paging{}, err
	}
	p := paging{rows: rows, question: strings.Join(append(question, strconv.Itoa(rows)), "\n"), place: place{Page: 1}}
	if cursor := x.r.URL.Query().Get("at"); cursor != "" {
		err = x.app.Cursors.Open(x.ctx(), x.who.Grant, p.question, cursor, &p.place)
	}
	return p, err
}

// rowsAPage reads how many rows a page has: of the address, or as the reader likes it. Any number that is not offered is
// refused (SRCH-06).
func (x *exchange) rowsAPage() (int, error) {
	text := x.r.URL.Query().Get("rows")
	if text == "" {
		return x.likes().RowsOr(), nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || !slices.Contains(preference.RowChoices(), n) {
		return 0, fault.Bad("rows", "choice")
	}
	return n, nil
}

// behind is the position the page begins behind; nil for the first.
func (p paging) behind() *repository.Position {
	if n := len(p.place.Ends); n > 0 {
		return &p.place.Ends[n-1]
	}
	return nil
}

// altered is the address of this list with some of its values changed: pairs of name and value, "" takes one away. It
// begins at the first page.
func (x *exchange) altered(path string, pairs ...string) string {
	values := x.r.URL.Query()
	values.Del("at")
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			values.Del(pairs[i])
		} else {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// pager makes the foot of a list: the pages that can be gone to are the first, those beside this one, and this one.
func (p paging) pager(x *exchange, found repository.List, path string) (*ui.Pager, error) {
	from := (p.place.Page-1)*p.rows + 1
	to := from + len(found.IDs) - 1
	foot := &ui.Pager{From: from, To: to, Total: max(found.Total, to)}
	foot.PerPage = ui.PerPage{Current: p.rows, Choices: preference.RowChoices(), Back: x.altered(path, "rows", "")}
	address := func(page int, ends []repository.Position) (string, error) {
		if page == 1 {
			return x.altered(path), nil
		}
		if drop := len(ends) - maxEnds; drop > 0 {
			ends = ends[drop:]
		}
		cursor, err := x.app.Cursors.Seal(x.ctx(), x.who.Grant, p.question, place{page, ends})
		return x.altered(path, "at", cursor, "rows", strconv.Itoa(p.rows)), err // a position is one of pages of this length
	}
	pages := map[int]string{1: x.altered(path), p.place.Page: x.r.URL.RequestURI()}
	ends := p.place.Ends
	var err error
	if p.place.Page == 2 || p.place.Page > 2 && len(ends) > 1 {
		if foot.Previous, err = address(p.place.Page-1, ends[:len(ends)-1]); err != nil {
			return nil, err
		}
		pages[p.place.Page-1] = foot.Previous
	}
	if found.Next != nil {
		if foot.Next, err = address(p.place.Page+1, append(slices.Clone(ends), *found.Next)); err != nil {
			return nil, err
		}
		pages[p.place.Page+1] = foot.Next
	}
	if len(pages) == 1 {
		return foot, nil
	}
	before := 0
	for _, n := range []int{1, p.place.Page - 1, p.place.Page, p.place.Page + 1} {
		href, ok := pages[n]
		if !ok || n <= before {
			continue
		}
		if n > before+1 {
			foot.Pages = append(foot.Pages, ui.Link{})
		}
		foot.Pages = append(foot.Pages, ui.Link{Label: x.p.Number(int64(n)), Href: href, Current: n == p.place.Page})
		before = n
	}
	if before*p.rows < found.Total {
		foot.Pages = append(foot.Pages, ui.Link{})
	}
	return foot, nil
}
