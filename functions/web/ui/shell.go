package ui

import "github.com/muster-crm/muster/shared/i18n"

// Theme is the reader's choice of colours.
type Theme string

// The themes. The zero value follows the reader's device.
const (
	AutoTheme  Theme = ""
	LightTheme Theme = "light"
	DarkTheme  Theme = "dark"
)

// Page is what the frame of a page needs to know.
type Page struct {
	Printer      *i18n.Printer
	Title        string // of the document; the organisation is added
	Organisation string
	Logo         string // address of its picture, or ""
	Accent       string // the organisation's colour ("#b4540a"), or ""
	Theme        Theme
	User         string // the reader's name
	Email        string
	Nav          []Nav
	Add          []Link // what "+ Add" offers; the first has the shortcut n
	Account      []Link // own entries of the reader's menu
	Todo         []Todo
	TodoCount    int    // of them in all; the number of Todo when 0
	TodoHref     string // the page of all things to do, or ""
	Trail        []Link // where this page is: Contacts / Greet Peeters
	Search       string // text of the global box
	Notice       *Notice
	Fill         bool   // the content scrolls by itself (lists) where the window is large enough
	Path         string // this page's address, to come back to after a change of language or theme
}

// Nav is an entry of the navigation; its Children stand indented below it.
type Nav struct {
	Link
	Children []Link
	Aside    bool // at the foot (settings)
}

// Todo is a line of the bell's menu.
type Todo struct {
	Link
	When string
}

// Notice is the quiet line at the bottom: what happened, and how to take it back.
type Notice struct {
	Text string
	Tone Tone // Good when empty
	Undo *Action
	More *Link  // "see what changed"
	Next []Link // what may follow
}

// bar splits the navigation for phones: what stands in the bar at the bottom and what goes under "More".
func (page Page) bar() (shown []Link, more []Link) {
	for _, n := range page.Nav {
		if len(shown) < 4 && !n.Aside {
			link := n.Link
			link.Current = link.Current || anyCurrent(n.Children)
			shown = append(shown, link)
		} else {
			more = append(more, n.Link)
		}
		more = append(more, n.Children...)
	}
	return shown, more
}

// shortcuts lists the navigation entries that have a shortcut.
func (page Page) shortcuts() []Link {
	var all []Link
	for _, n := range page.Nav {
		for _, l := range append([]Link{n.Link}, n.Children...) {
			if l.Key != "" {
				all = append(all, l)
			}
		}
	}
	return all
}

// anyCurrent reports whether one of the links is the current page.
func anyCurrent(links []Link) bool {
	for _, l := range links {
		if l.Current {
			return true
		}
	}
	return false
}

func documentTitle(page Page) string {
	switch {
	case page.Title == "":
		return page.Organisation
	case page.Organisation == "":
		return page.Title
	}
	return page.Title + " · " + page.Organisation
}

// colorScheme tells the browser which of its own colours (scroll bars, date pickers) to use before the style arrives.
func colorScheme(t Theme) string {
	if t == AutoTheme {
		return "light dark"
	}
	return string(t)
}

// firstKey gives the first entry of "+ Add" the shortcut n.
func firstKey(l Link, i int) Link {
	if i == 0 {
		l.Key = "n"
	}
	return l
}

// todos counts what there is to do.
func (page Page) todos() int { return max(page.TodoCount, len(page.Todo)) }

func todoLabel(page Page) string {
	if len(page.Todo) == 0 {
		return page.Printer.T("shell.todo")
	}
	return page.Printer.N("shell.todo.count", page.todos())
}

func noticeTone(n *Notice) Tone {
	if n.Tone == "" {
		return Good
	}
	return n.Tone
}

func toneIcon(t Tone) string {
	switch t {
	case Good:
		return "check"
	case Warn, Bad:
		return "warning"
	}
	return "info"
}
