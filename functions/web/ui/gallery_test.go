package ui

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/shared/i18n"
)

// The gallery shows every component with made-up data, as a small web site that the tests of this package open in a
// browser. ?lang= chooses the language; the cookie theme works as in the product.

var galleryPages = []string{"/contacts", "/contacts?q=zzz", "/contacts?facets=0&sel=101,102", "/contacts?q=status%3Aaktive", "/first", "/profile", "/profile/edit",
	"/form", "/form?wrong=1", "/import", "/job", "/history", "/stale", "/question", "/parts", "/trouble", "/sign-in", "/expired"}

type galleryServer struct {
	mux   *http.ServeMux
	polls atomic.Int64
	posts atomic.Int64
}

func gallery() *galleryServer {
	g := &galleryServer{mux: http.NewServeMux()}
	g.mux.Handle("GET "+AssetsPath, Assets())
	show := func(pattern string, make func(p *i18n.Printer, r *http.Request) (Page, templ.Component)) {
		g.mux.HandleFunc("GET "+pattern, func(w http.ResponseWriter, r *http.Request) {
			Headers(w.Header())
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			p := galleryPrinter(r)
			page, body := make(p, r)
			frame := Shell(page)
			if page.Nav == nil {
				frame = Bare(page)
			}
			if err := frame.Render(templ.WithChildren(r.Context(), body), w); err != nil {
				panic(err)
			}
		})
	}
	part := func(pattern string, make func(p *i18n.Printer, r *http.Request) templ.Component) {
		g.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			Headers(w.Header())
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if err := make(galleryPrinter(r), r).Render(r.Context(), w); err != nil {
				panic(err)
			}
		})
	}
	show("/contacts", galleryList)
	show("/first", func(p *i18n.Printer, r *http.Request) (Page, templ.Component) {
		return galleryPage(p, r, p.T("nav.contacts")), templ.Join(PageHeader(p, Header{Title: p.T("nav.contacts")}), EmptyState(galleryEmpty(p)))
	})
	show("/profile", galleryProfile(false))
	show("/profile/edit", galleryProfile(true))
	show("/contacts/{id}", galleryProfile(false))
	show("/form", galleryForm)
	show("/import", galleryImport)
	show("/job", func(p *i18n.Printer, r *http.Request) (Page, templ.Component) {
		return galleryPage(p, r, p.T("nav.jobs")), templ.Join(PageHeader(p, Header{Title: p.T("nav.jobs")}), ProgressView(p, g.progress(p)))
	})
	show("/history", galleryHistory)
	show("/stale", galleryStale)
	show("/question", func(p *i18n.Printer, r *http.Request) (Page, templ.Component) {
		return galleryPage(p, r, p.T("action.delete")), Question(p, galleryDialog(p), "/profile")
	})
	show("/parts", galleryParts)
	show("/trouble", func(p *i18n.Printer, r *http.Request) (Page, templ.Component) {
		return galleryPage(p, r, p.T("fault.not_found")), TroubleView(p, Trouble{Title: p.T("notice.error"), Text: p.T("fault.internal"), Request: "01JD8K3ZP7M3Q9X2V5T6B8N0CD", Actions: []Action{{Label: p.T("action.back"), Href: "/contacts"}}})
	})
	show("/sign-in", gallerySignIn)
	show("/expired", func(p *i18n.Printer, r *http.Request) (Page, templ.Component) {
		page, _ := gallerySignIn(p, r)
		page.Title = p.T("welcome.expired")
		return page, TroubleView(p, Trouble{Title: page.Title, Text: p.T("welcome.expired.text"), Actions: []Action{{Label: p.T("welcome.another"), Href: "/sign-in"}, {Label: p.T("signin.back"), Href: "/sign-in"}}})
	})
	part("GET /find", func(p *i18n.Printer, r *http.Request) templ.Component {
		var found []Option
		q := strings.ToLower(r.FormValue("q"))
		for _, o := range []Option{{Value: "con_1", Label: "Jan Janssens", Help: "#102 · Gent"}, {Value: "con_2", Label: "Jan Peeters", Help: "#117 · Leuven"}, {Value: "con_3", Label: "Els Maes"}} {
			if strings.Contains(strings.ToLower(o.Label), q) {
				found = append(found, o)
			}
		}
		return Found(p, r.FormValue("q"), found)
	})
	part("GET "+SuggestPath, func(p *i18n.Printer, r *http.Request) templ.Component {
		var found []Suggestion
		q := strings.ToLower(r.FormValue("q"))
		for i, name := range galleryNames {
			if strings.Contains(strings.ToLower(name), q) && len(found) < 10 {
				found = append(found, Suggestion{Title: name, Sub: "#" + strconv.Itoa(101+i), Href: fmt.Sprintf("/contacts/%d", 101+i), Preview: fmt.Sprintf("/panel/%d", 101+i)})
			}
		}
		return Suggestions(p, r.FormValue("q"), found)
	})
	part("GET /panel/{id}", func(p *i18n.Printer, r *http.Request) templ.Component {
		i, _ := strconv.Atoi(r.PathValue("id"))
		name := galleryNames[(i-101)%len(galleryNames)]
		return Panel(p, PanelView{Person: Person{Face: Face{Name: name}, Href: "/contacts/" + r.PathValue("id"), Sub: "#" + r.PathValue("id")},
			Pills: []Pill{galleryStatus(p, i), {Label: p.T("list.type.member")}}, Blocks: galleryBlocks(p)[:2],
			Actions: []Action{{Label: p.T("action.edit"), Href: "/form", Icon: "edit"}, {Label: p.T("action.delete"), Href: "/question", Icon: "trash"}}})
	})
	part("GET /contacts/check", func(p *i18n.Printer, r *http.Request) templ.Component {
		switch {
		case strings.Contains(r.FormValue("value"), "taken"):
			return CheckNote(Bad, p.T("fault.email_taken"), []Link{{Label: "Greet Peeters", Href: "/contacts/101"}})
		case r.FormValue("country") == "BE":
			return CheckNote(Good, "+32 471 23 45 67", nil)
		}
		return CheckNote(Neutral, "", nil)
	})
	part("POST /contacts/alike", func(p *i18n.Printer, r *http.Request) templ.Component {
		if !strings.HasPrefix(strings.ToLower(r.FormValue("lastName")), "pee") {
			return Alike(p, Matches{})
		}
		return Alike(p, galleryMatches(p))
	})
	g.mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		g.posts.Add(1)
		http.Redirect(w, r, "/profile?said=1", http.StatusSeeOther)
	})
	return g
}

func galleryPrinter(r *http.Request) *i18n.Printer {
	language := i18n.Language(r.URL.Query().Get("lang"))
	if c, err := r.Cookie("language"); err == nil {
		language = i18n.Language(c.Value)
	}
	return i18n.New(language, nil)
}

func galleryPage(p *i18n.Printer, r *http.Request, title string) Page {
	theme := AutoTheme
	if c, err := r.Cookie("theme"); err == nil {
		theme = Theme(c.Value)
	}
	here := func(path string) bool { return strings.HasPrefix(r.URL.Path, path) }
	page := Page{Printer: p, Title: title, Organisation: "Turnkring De Treffers", Theme: theme, User: "Greet Van den Broeck", Email: "greet@example.org", Path: r.URL.Path,
		Nav: []Nav{
			{Link: Link{Label: p.T("nav.contacts"), Href: "/contacts", Icon: "users", Key: "g c", Count: p.Number(1284), Current: here("/contacts") || here("/profile")},
				Children: []Link{
					{Label: p.T("nav.imports"), Href: "/import", Icon: "import", Key: "g i", Current: here("/import")},
					{Label: p.T("nav.trash"), Href: "/parts", Icon: "merge", Count: "3"},
					{Label: p.T("nav.trash"), Href: "/first", Icon: "trash", Key: "g t"}}},
			{Link: Link{Label: p.T("nav.imports"), Href: "/parts", Icon: "family"}},
			{Link: Link{Label: p.T("nav.history"), Href: "/parts", Icon: "building"}},
			{Link: Link{Label: p.T("nav.jobs"), Href: "/parts", Icon: "group"}},
			{Link: Link{Label: p.T("nav.jobs"), Href: "/job", Icon: "activity", Key: "g j", Current: here("/job")}},
			{Link: Link{Label: p.T("nav.history"), Href: "/history", Icon: "history", Key: "g h", Current: here("/history")}},
			{Link: Link{Label: p.T("nav.settings"), Href: "/parts", Icon: "settings", Key: "g s", Current: here("/parts")}, Aside: true}},
		Add: []Link{{Label: p.T("kind.contact"), Href: "/form", Icon: "user"}, {Label: p.T("kind.contact"), Href: "/form", Icon: "family"}, {Label: p.T("kind.contact"), Href: "/form", Icon: "building"}},
		Todo: []Todo{
			{Link: Link{Label: "ledenlijst-2026.csv", Href: "/job", Icon: "check"}, When: p.N("relative.ago.minutes", 4)},
			{Link: Link{Label: "Jan Janssens", Href: "/contacts/102", Icon: "clock"}, When: p.T("date.today")}},
		TodoHref: "/first", Account: []Link{{Label: p.T("nav.settings"), Href: "/parts", Icon: "user"}},
		Trail: []Link{{Label: title}}}
	if r.URL.Query().Get("said") != "" {
		page.Notice = &Notice{Text: p.N("count.contacts", 3) + ": " + p.T("action.delete"), Undo: &Action{Label: p.T("action.undo"), Href: "/undo", Post: true, Icon: "undo", Values: []Value{{"_key", "k1"}}}}
	}
	return page
}

var galleryNames = []string{"Greet Peeters", "Jan Janssens", "Fatima El Amrani", "Zoë Van den Broeck-Vandenbussche", "Łukasz Wiśniewski", "Anna Maria de las Mercedes Fernández y Gutiérrez",
	"An Li", "Brecht Claes", "Камила Иванова", "Dirk De Smet", "Els Maes", "François Lefèvre", "Gunther Pauwels", "Hilde Wouters", "Inès Dubois", "Joris Mertens"}

func galleryStatus(p *i18n.Printer, i int) Pill {
	switch i % 5 {
	case 1:
		return Pill{Label: p.T("list.status.pending"), Tone: Warn, Dot: true}
	case 3:
		return Pill{Label: p.T("list.status.withdrawn"), Tone: Neutral, Dot: true}
	}
	return Pill{Label: p.T("list.status.active"), Tone: Good, Dot: true}
}

func galleryEmpty(p *i18n.Printer) Empty {
	return Empty{Icon: "users", Title: p.N("count.contacts", 0), Text: p.T("shell.todo.empty"),
		Actions: []Action{{Label: p.T("kind.contact.add"), Href: "/form", Icon: "plus"}, {Label: p.T("action.import"), Href: "/import", Icon: "import"}}}
}

func galleryList(p *i18n.Printer, r *http.Request) (Page, templ.Component) {
	q := r.URL.Query().Get("q")
	sel := strings.FieldsFunc(r.URL.Query().Get("sel"), func(r rune) bool { return r == '.' || r == ',' })
	page := galleryPage(p, r, p.T("nav.contacts"))
	page.Fill = true
	var rows []Row
	types := []string{"member", "volunteer", "donor", "student"}
	for n := range 50 {
		name := galleryNames[n%len(galleryNames)]
		if q != "" && q != "status:active" && !strings.Contains(strings.ToLower(name), strings.ToLower(q)) {
			continue
		}
		id := strconv.Itoa(101 + n)
		rows = append(rows, Row{ID: id, Name: name, Href: "/contacts/" + id, Preview: "/panel/" + id, Ticked: strings.Contains(","+strings.Join(sel, ",")+",", ","+id+","),
			Cells: []templ.Component{
				PersonCell(Person{Face: Face{Name: name}, Href: "/contacts/" + id}),
				Badge(Pill{Label: p.T("list.type." + types[n%4])}), Badge(galleryStatus(p, n)),
				Words("naam." + id + "@example.org"), Number("+32 471 " + id + " 45"), Words("Gent"), Labels([]Link{{Label: "bestuur", Href: "/contacts"}, {Label: "U12", Href: "/contacts"}}[n%3%2:]),
				Number(p.ShortDate(time.Date(1990, 1, 1+n, 0, 0, 0, 0, time.UTC)))},
			Actions: []Action{{Label: p.T("action.edit"), Href: "/form", Icon: "edit"}, {Label: p.T("action.delete"), Href: "/trash", Icon: "trash", Post: true}}})
	}
	page.Notice = nil
	filter := Filter{Action: "/contacts", Query: q, Placeholder: p.T("filter.placeholder"), Tools: []Action{{Label: p.T("table.columns"), Href: "/parts", Icon: "columns"}},
		Rail: &Link{Label: p.T("filter.label"), Href: "/contacts?facets=0", Current: true}}
	if q == "status:aktive" {
		filter.Error = &QueryError{Text: p.T("fault.bad_value"), Before: "status:", Wrong: "aktive"}
	} else if q != "" {
		filter.Chips = []Chip{{Label: q, Remove: "/contacts"}, {Label: p.T("field.contact.type") + ": " + p.T("list.type.member"), Remove: "/contacts"}}
		filter.Clear = "/contacts"
	}
	facet := func(label string, items ...string) Facet {
		f := Facet{Label: label}
		for i, item := range items {
			f.Items = append(f.Items, FacetItem{Label: item, Count: p.Number(int64(1000 / (i + 1))), Share: 100 / (i + 1), Href: "/contacts?q=status:active", On: i == 1 && q != ""})
		}
		return f
	}
	v := ListView{
		Tabs: &Tabs{Label: p.T("tabs.views"), Items: []Link{{Label: p.T("nav.contacts"), Href: "/contacts", Current: q == "", Count: p.Number(1284)},
			{Label: p.T("list.status.pending"), Href: "/contacts?q=An", Count: "12"}, {Label: p.T("nav.trash"), Href: "/parts", Count: "3"}}},
		Filter: filter,
		Facets: &Facets{Groups: []Facet{
			facet(p.T("field.contact.status"), p.T("list.status.active"), p.T("list.status.pending"), p.T("list.status.withdrawn")),
			facet(p.T("field.contact.type"), p.T("list.type.member"), p.T("list.type.volunteer"), p.T("list.type.donor"), p.T("list.type.student")),
			{Label: p.T("field.contact.addresses.town"), Items: []FacetItem{{Label: "Gent", Count: "611", Share: 100, Href: "/contacts"}, {Label: "Sint-Katelijne-Waver", Count: "40", Share: 7, Href: "/contacts"}}, More: p.N("filter.more", 12), All: "/contacts"},
		}},
		Table: Table{ID: "results", Label: p.T("nav.contacts"), Found: p.N("count.contacts", len(rows)),
			Columns: []Column{{Label: p.T("field.contact.name"), Sort: "/contacts?sort=-name", Sorted: Ascending, Main: true}, {Label: p.T("field.contact.type"), Sort: "/contacts?sort=type"},
				{Label: p.T("field.contact.status"), Sort: "/contacts?sort=status"}, {Label: p.T("field.contact.emails.address"), Sort: "/contacts?sort=email"}, {Label: p.T("field.contact.phones.number")},
				{Label: p.T("field.contact.addresses.town"), Sort: "/contacts?sort=town", Wide: true}, {Label: p.T("field.contact.tags"), Wide: true}, {Label: p.T("field.contact.birthDate"), Sort: "/contacts?sort=birthDate", End: true, Wide: true}},
			Rows: rows, Empty: Empty{Icon: "search", Title: p.T("search.none", "q", q), Actions: []Action{{Label: p.T("kind.contact.add"), Href: "/form", Icon: "plus"}}},
			Bulk: &Bulk{Total: 1284, AllHref: "/contacts?all=1", Clear: "/contacts", Values: []Value{{"q", q}}, Actions: []Action{{Label: p.T("action.more"), Href: "/export", Icon: "download"}, {Label: p.T("action.delete"), Href: "/trash", Icon: "trash", Danger: true}}},
			Pager: &Pager{From: 1, To: len(rows), Total: 1284, Next: "/contacts?page=2",
				Pages:   Pages(p, 1, 26, func(n int) string { return fmt.Sprintf("/contacts?page=%d", n) }),
				PerPage: PerPage{Current: 50, Choices: []int{25, 50, 100, 200}, Back: "/contacts"}}},
	}
	if r.URL.Query().Get("facets") == "0" {
		v.Facets = nil
	}
	return page, templ.Join(PageHeader(p, Header{Title: p.T("nav.contacts"), Others: []Action{{Label: p.T("action.import"), Href: "/import", Icon: "import"}},
		Primary: &Action{Label: p.T("kind.contact.add"), Href: "/form", Icon: "plus"}, Menu: []Action{{Label: p.T("action.more"), Href: "/export", Icon: "download"}, {Label: p.T("nav.trash"), Href: "/first", Icon: "trash"}}}), List(p, v))
}

func galleryBlocks(p *i18n.Printer) []Block {
	edit := &Action{Label: p.T("action.edit"), Href: "/profile/edit", Key: "e"}
	return []Block{
		{ID: "block-personal", Title: p.T("kind.contact"), Edit: edit, Items: []Item{
			{Label: p.T("field.contact.firstName"), Value: "Zoë"}, {Label: p.T("field.contact.lastName"), Value: "Van den Broeck-Vandenbussche"},
			{Label: p.T("field.contact.birthDate"), Value: p.ShortDate(time.Date(2008, 2, 29, 0, 0, 0, 0, time.UTC)), Note: p.Age(18)},
			{Label: p.T("field.contact.gender"), Value: p.T("list.gender.unstated")}, {Label: p.T("field.contact.language"), Value: p.List([]string{p.Country("BE"), p.Country("GB")})}}},
		{ID: "block-reach", Title: p.T("field.contact.emails"), Items: []Item{
			{Label: p.T("field.contact.emails.address"), Value: "zoe.van.den.broeck.vandenbussche@example.org", Href: "mailto:zoe@example.org", Note: p.T("list.emailKind.personal")},
			{Label: p.T("list.phoneLine.mobile"), Value: "+32 471 23 45 67", Href: "tel:+32471234567", Note: p.T("form.main")},
			{Label: p.T("field.contact.addresses"), Value: "Kerkstraat 12 bus 3\n9000 Gent\n" + p.Country("BE"), Note: p.T("list.addressKind.home")}}},
		{ID: "block-secret", Title: p.T("field.contact.website"), Items: []Item{{Label: "IBAN", Value: "•••• •••• 034", Masked: true, Reveal: &Action{Label: p.T("action.open"), Href: "/reveal", Post: true}}}},
		{ID: "block-empty", Title: p.T("field.contact.addresses"), Empty: p.T("form.none"), Edit: &Action{Label: p.T("action.edit"), Href: "/profile/edit"}},
	}
}

func galleryProfile(editing bool) func(p *i18n.Printer, r *http.Request) (Page, templ.Component) {
	return func(p *i18n.Printer, r *http.Request) (Page, templ.Component) {
		name := "Zoë Van den Broeck-Vandenbussche"
		page := galleryPage(p, r, name)
		page.Trail = []Link{{Label: p.T("nav.contacts"), Href: "/contacts"}, {Label: name}}
		blocks := galleryBlocks(p)
		var cards []templ.Component
		for i, b := range blocks {
			if editing && i == 0 {
				b.Edit, b.Items = nil, nil
				b.Body = FormView(p, Form{ID: "personal", Action: "/save", Key: "k2", Into: b.ID, Cancel: "/profile", Guard: true,
					Fields: []Field{Text{Base: Base{Name: "firstName", Label: p.T("field.contact.firstName"), Required: true}, Value: "Zoë"}, Date{Base: Base{Name: "birthDate", Label: p.T("field.contact.birthDate")}, Value: "2008-02-29"}}})
			}
			cards = append(cards, BlockCard(p, b))
		}
		return page, templ.Join(
			PageHeader(p, Header{Title: name, Face: &Face{Name: name, Large: true}, Sub: "#1042 · " + p.Age(18), Pills: []Pill{{Label: p.T("list.type.member"), Tone: Accent}, galleryStatus(p, 0)},
				Tags: []Link{{Label: "bestuur", Href: "/contacts"}, {Label: "U12", Href: "/contacts"}}, Meta: p.T("field.updatedBy") + " Jan Janssens, " + p.N("relative.ago.days", 3),
				Primary: &Action{Label: p.T("action.edit"), Href: "/form", Icon: "edit", Key: "e"}, Menu: []Action{{Label: p.T("action.more"), Href: "/export", Icon: "print"}, {Label: p.T("action.delete"), Href: "/question", Dialog: "delete", Icon: "trash", Danger: true}}}),
			TabBar(Tabs{Label: p.T("tabs.sections"), Items: []Link{{Label: p.T("kind.contact"), Href: "/profile", Current: true}, {Label: p.T("field.contact.addresses"), Href: "/profile", Count: "2"}, {Label: p.T("field.contact.suffix"), Href: "/profile"}, {Label: p.T("nav.history"), Href: "/history"}}}),
			Blocks(cards...), DialogBox(p, galleryDialog(p)))
	}
}

func galleryDialog(p *i18n.Printer) Dialog {
	return Dialog{ID: "delete", Title: p.T("action.delete") + ": Zoë Van den Broeck?", Text: p.T("fault.last_owner"), Confirm: Action{Label: p.T("action.delete"), Href: "/delete", Post: true, Danger: true, Icon: "trash"}}
}

func galleryMatches(p *i18n.Printer) Matches {
	return Matches{Form: "contact", IDs: []string{"con_101"}, Shown: []Match{{Person: Person{Face: Face{Name: "Greet Peeters"}, Href: "/contacts/101", Sub: "#101", Detail: p.Age(41)}, Reasons: []string{p.T("field.contact.name"), p.T("field.contact.birthDate")},
		Use: Action{Label: p.T("action.open"), Href: "/contacts/101"}}}}
}

func options(p *i18n.Printer, list string, codes ...string) []Option {
	all := make([]Option, len(codes))
	for i, code := range codes {
		all[i] = Option{Value: code, Label: p.T("list." + list + "." + code)}
	}
	return all
}

func galleryForm(p *i18n.Printer, r *http.Request) (Page, templ.Component) {
	wrong := r.URL.Query().Get("wrong") != ""
	said := func(code string, pairs ...any) string {
		if !wrong {
			return ""
		}
		return p.T("fault."+code, pairs...)
	}
	prefixes := []Option{{Value: "BE", Label: "+32 " + p.Country("BE")}, {Value: "NL", Label: "+31 " + p.Country("NL")}, {Value: "FR", Label: "+33 " + p.Country("FR")}}
	phone := func(i string) []Field {
		return []Field{
			Select{Base: Base{Name: "phones[" + i + "].line", Label: p.T("field.contact.phones.line"), Width: Narrow}, Options: options(p, "phoneLine", "mobile", "fixed")},
			Select{Base: Base{Name: "phones[" + i + "].country", Label: p.T("field.contact.phones.country"), Width: Narrow}, Options: prefixes, Value: "BE"},
			Text{Base: Base{Name: "phones[" + i + "].number", Label: p.T("field.contact.phones.number"), Check: "/contacts/check?id=con_1"}, Type: "tel"},
			Pick{Base: Base{Label: p.T("form.main")}, Group: "phones.main", Value: i, On: i == "0"}}
	}
	email := func(i string) []Field {
		return []Field{
			Select{Base: Base{Name: "emails[" + i + "].kind", Label: p.T("field.contact.emails.kind"), Width: Narrow}, Options: options(p, "emailKind", "personal", "work", "father", "mother", "other")},
			Text{Base: Base{Name: "emails[" + i + "].address", Label: p.T("field.contact.emails.address"), Check: "/contacts/check"}, Type: "email"},
			Pick{Base: Base{Label: p.T("form.main")}, Group: "emails.main", Value: i, On: i == "0"}}
	}
	emails := Repeat{Base: Base{Name: "emails", Label: p.T("field.contact.emails")}, Item: p.T("field.contact.emails.address"), New: email(NewIndex), Max: 3,
		Rows: []RepeatRow{{Index: 0, Fields: email("0")}, {Index: 1, Fields: email("1")}}}
	if wrong {
		bad := emails.Rows[1].Fields[1].(Text)
		bad.Value, bad.Error = "jan@", p.T("fault.email_invalid")
		emails.Rows[1].Fields[1] = bad
	}
	f := Form{ID: "contact", Action: "/save", Key: "k3", Version: "7", Guard: true, Wide: true, Cancel: "/contacts", Alike: "/contacts/alike", Others: []Action{{Label: p.T("action.addRow"), Href: "another"}},
		Fields: []Field{
			Section{Title: p.T("field.contact.name"), Fields: []Field{
				Inline{Fields: []Field{Text{Base: Base{Name: "firstName", Label: p.T("field.contact.firstName"), Required: true, Error: said("required")}, Max: 100, Autocomplete: "off", Alike: true},
					Text{Base: Base{Name: "prefix", Label: p.T("field.contact.prefix"), Width: Narrow}, Value: "Van den"}, Text{Base: Base{Name: "lastName", Label: p.T("field.contact.lastName")}, Max: 100, Alike: true}}},
				Inline{Fields: []Field{Date{Base: Base{Name: "birthDate", Label: p.T("field.contact.birthDate"), Error: said("date_future")}, Value: "2031-01-01", Max: "2026-11-21"},
					Select{Base: Base{Name: "gender", Label: p.T("field.contact.gender")}, Value: "unstated", Options: options(p, "gender", "female", "male", "other", "unstated")}}}}},
			Section{Title: p.T("field.contact.phones"), Help: p.T("filter.placeholder"), Fields: []Field{emails,
				Repeat{Base: Base{Name: "phones", Label: p.T("field.contact.phones")}, Item: p.T("field.contact.phones.number"), New: phone(NewIndex), Max: 10, Rows: []RepeatRow{{Index: 0, Fields: phone("0")}}}}},
			Section{Title: p.T("field.contact.type"), Fields: []Field{
				Choice{Base: Base{Name: "status", Label: p.T("field.contact.status"), Required: true, Error: said("bad_choice")}, Value: "active", Options: []Option{{Value: "active", Label: p.T("list.status.active"), Help: p.T("relative.now")}, {Value: "pending", Label: p.T("list.status.pending")}}},
				Choices{Base: Base{Name: "types", Label: p.T("field.contact.type")}, Values: []string{"member"}, Options: options(p, "type", "member", "donor", "volunteer")},
				Ref{Base: Base{Name: "partner", Label: p.T("kind.contact"), Width: Medium}, Value: "con_3", Title: "Els Maes", Find: "/find?kind=contact"},
				Tokens{Base: Base{Name: "tags", Label: p.T("field.contact.tags"), Help: p.T("form.required")}, Values: []string{"bestuur", "U12"}, Options: []string{"bestuur", "U12", "vrijwilliger"}},
				Select{Base: Base{Name: "country", Label: p.T("field.contact.addresses.country"), Width: Medium}, Empty: p.T("form.none"), Value: "BE", Options: []Option{{Value: "BE", Label: p.Country("BE"), Group: "A–M"}, {Value: "NL", Label: p.Country("NL"), Group: "N–Z"}}},
				Toggle{Base: Base{Name: "newsletter", Label: p.T("field.contact.newsletter"), Help: p.T("form.required")}, On: true},
				Text{Base: Base{Name: "website", Label: p.T("field.contact.website"), Warning: said("bad_url")}, Type: "url", Before: "https://"},
				Text{Base: Base{Name: "discount", Label: p.T("field.contact.number"), Width: Narrow}, Mode: "decimal", After: "%"},
				Text{Base: Base{Name: "external", Label: p.T("field.contact.externalIds"), ReadOnly: true}, Value: "A-1001"},
				Fixed{Base: Base{Name: "number", Label: p.T("field.contact.number")}, Value: "1042"},
				Area{Base: Base{Name: "notes", Label: p.T("field.contact.suffix"), Help: p.N("count.contacts", 240), Error: said("too_long", "max", "240")}, Value: "…", Max: 240}}}}}
	if wrong {
		f.Fault = p.T("fault.invalid")
		f.Errors = []FormError{{Name: "firstName", Label: p.T("field.contact.firstName"), Text: p.T("fault.required")}, {Name: "emails[1].address", Label: p.T("field.contact.emails.address"), Text: p.T("fault.email_invalid")}}
	}
	page := galleryPage(p, r, p.T("kind.contact.add"))
	matches := Matches{}
	if wrong {
		matches = galleryMatches(p)
	}
	return page, templ.Join(PageHeader(p, Header{Title: p.T("kind.contact.add")}), Beside(FormView(p, f), AlikePlace(p, matches)))
}

func galleryImport(p *i18n.Printer, r *http.Request) (Page, templ.Component) {
	page := galleryPage(p, r, p.T("nav.imports"))
	field := func(n int) []Field {
		return []Field{Select{Base: Base{Name: "columns[" + strconv.Itoa(n) + "].field", Label: p.T("form.field")}, Empty: p.T("form.none"), Value: "firstName", Options: []Option{{Value: "firstName", Label: p.T("field.contact.firstName")}, {Value: "lastName", Label: p.T("field.contact.lastName")}}}}
	}
	steps := []Step{{Label: p.T("form.dropFile"), Href: "/import", State: StepDone}, {Label: p.T("table.columns"), Href: "/import", State: StepCurrent}, {Label: p.T("action.continue")}, {Label: p.T("action.import")}}
	return page, templ.Join(PageHeader(p, Header{Title: p.T("nav.imports"), Sub: "ledenlijst-2026.csv · " + p.Size(5_230_000) + " · " + p.N("count.contacts", 1284)}), Steps(p, steps),
		FormView(p, Form{ID: "plan", Action: "/plan", Wide: true, Upload: true, Save: p.T("action.continue"), Cancel: "/contacts", Fields: []Field{
			Choice{Base: Base{Name: "mode", Label: p.T("field.contact.type"), Required: true}, Options: []Option{{Value: "create", Label: p.T("shell.add"), Help: p.T("shell.todo.empty")}, {Value: "merge", Label: p.T("nav.trash")}}},
			Part{MappingField(p, Mapping{Label: p.T("table.columns"), Heads: []string{p.T("table.columns"), p.T("action.continue"), p.T("form.field")}, Columns: []MappingColumn{
				{Header: "Voornaam", Samples: []string{"Greet", "Jan", "Fatima"}, Fields: field(0)}, {Header: "E-mailadres van de ouder of voogd", Samples: []string{"greet.peeters@example.org", "jan@example.org", ""}, Fields: field(1), Note: "98 %"},
				{Header: "Kolom3", Samples: []string{"x"}, Fields: field(2), Ignored: true}}})},
			File{Base: Base{Name: "file", Label: p.T("form.dropFile"), Required: true}, Accept: ".csv,.xlsx,.vcf", Types: "Excel, CSV, vCard", MaxBytes: 50_000_000}}}),
		Tiles([]Tile{{Label: p.T("shell.add"), Count: p.Number(1100), Href: "/import", Tone: Good, Current: true}, {Label: p.T("action.edit"), Count: p.Number(150), Href: "/import", Tone: Info}, {Label: p.T("fault.email_taken"), Count: "34", Href: "/import", Tone: Bad}}))
}

func (g *galleryServer) progress(p *i18n.Printer) Progress {
	v := Progress{ID: "job", Title: "ledenlijst-2026.csv", State: Pill{Label: p.T("list.status.active"), Tone: Info, Dot: true}, Done: 4210, Total: 10000, Rate: p.T("progress.rate", "n", 1200),
		Left: p.T("progress.left", "time", p.Duration(90*time.Second)), Poll: "/job", Cancel: &Action{Label: p.T("action.cancel"), Href: "/cancel", Post: true},
		Counts: []Tile{{Label: p.T("shell.add"), Count: p.Number(4000), Tone: Good}, {Label: p.T("action.edit"), Count: p.Number(210), Tone: Info}}}
	if g.polls.Add(1) > 2 {
		v.Done, v.Poll, v.Rate, v.Left, v.Cancel, v.State = 10000, "", "", "", nil, Pill{Label: p.T("steps.done"), Tone: Good, Dot: true}
		v.Result = []Action{{Label: p.T("action.open"), Href: "/contacts"}, {Label: p.T("action.undo"), Href: "/undo", Post: true, Icon: "undo"}}
	}
	return v
}

func galleryHistory(p *i18n.Printer, r *http.Request) (Page, templ.Component) {
	revert := &Action{Label: p.T("action.revert"), Href: "/revert", Icon: "undo"}
	return galleryPage(p, r, p.T("nav.history")), templ.Join(PageHeader(p, Header{Title: p.T("nav.history")}), Timeline(p, []Day{
		{Label: p.T("date.today"), Entries: []Entry{
			{Time: "14:05", Moment: "2026-11-21T14:05:00Z", Actor: "Greet Peeters", Text: p.T("action.edit"), Subject: &Link{Label: "Jan Janssens", Href: "/profile"}, Revert: revert,
				Changes: []Change{{Field: p.T("field.contact.phones.number"), From: "+32 471 00 00 00", To: "+32 471 23 45 67"}, {Field: p.T("field.contact.nickname"), To: "Kinesitherapeut"}, {Field: p.T("field.contact.website"), From: "https://example.org/een/heel/lang/adres/dat/niet/past"}}},
			{Time: "09:12", Moment: "2026-11-21T09:12:00Z", Actor: "Jan Janssens", Icon: "import", Text: p.T("action.import"), Note: "ledenlijst-2026.csv"}}},
		{Label: p.T("date.yesterday"), Entries: []Entry{{Time: "18:00", Moment: "2026-11-20T18:00:00Z", Actor: "Greet Peeters", Icon: "plus", Text: p.T("shell.add")}}}}), Timeline(p, nil))
}

func galleryStale(p *i18n.Printer, r *http.Request) (Page, templ.Component) {
	return galleryPage(p, r, p.T("action.edit")), templ.Join(PageHeader(p, Header{Title: "Jan Janssens"}), FormView(p, Form{ID: "stale", Action: "/save", Wide: true, Cancel: "/profile", Fields: []Field{
		Part{CompareField(p, Comparison{Text: p.T("form.stale", "name", "Greet Peeters"), Rows: []Differ{
			{Name: "choice.lastName", Label: p.T("field.contact.lastName"), Theirs: "Janssens", Yours: "Janssens-Van den Abeele"},
			{Name: "choice.occupation", Label: p.T("field.contact.nickname"), Theirs: "", Yours: "Kinesitherapeut", TakeTheirs: true}}})}}}))
}

func galleryParts(p *i18n.Printer, r *http.Request) (Page, templ.Component) {
	var all []templ.Component
	all = append(all, PageHeader(p, Header{Title: "Parts", Sub: "Everything else"}))
	for _, t := range []Tone{Neutral, Accent, Good, Warn, Bad, Info} {
		all = append(all, Badge(Pill{Label: string(t), Tone: t, Dot: true}), AlertBox(p, Alert{Tone: t, Title: string(t), Text: p.T("fault.stale"), Items: []Link{{Label: "Greet Peeters", Href: "/profile"}, {Label: "Jan Janssens"}},
			Actions: []Action{{Label: p.T("action.retry"), Href: "/parts"}, {Label: p.T("action.undo"), Href: "/undo", Post: true}}}))
	}
	for _, name := range galleryNames {
		all = append(all, Avatar(Face{Name: name}), Avatar(Face{Name: name, Large: true, Company: true}))
	}
	for _, name := range Icons() {
		all = append(all, Icon(name), Muted(name+" "))
	}
	all = append(all, MainLink("Kine Praktijk BV", "/profile"), Menu(p.T("action.more"), "more", "icon-button", []Action{{Label: p.T("action.edit"), Href: "/form"}}))
	all = append(all, ChartView(Chart{ID: "by-status", Title: p.T("field.contact.status"), Total: p.Number(1284), Items: []FacetItem{{Label: p.T("list.status.active"), Count: p.Number(1100), Share: 100, Href: "/contacts"}, {Label: p.T("list.status.withdrawn"), Count: "184", Share: 17, Href: "/contacts", On: true}}}))
	all = append(all, FormView(p, Form{ID: "columns", Action: "/columns", Fields: []Field{Sorter{Base: Base{Name: "columns", Label: p.T("table.columns")}, Items: []SortItem{{Value: "name", Label: p.T("field.contact.name"), On: true, Fixed: true}, {Value: "type", Label: p.T("field.contact.type"), On: true}, {Value: "status", Label: p.T("field.contact.status")}}}}}))
	all = append(all, Tiles([]Tile{{Label: "a", Count: "1", Tone: Warn}}), TableView(p, Table{ID: "small", Label: "small", Columns: []Column{{Label: "a", Main: true}, {Label: "b", End: true}}, Rows: []Row{{Cells: []templ.Component{Words("x"), nil}}}}))
	return galleryPage(p, r, "Parts"), templ.Join(all...)
}

func gallerySignIn(p *i18n.Printer, r *http.Request) (Page, templ.Component) {
	page := Page{Printer: p, Title: p.T("action.signIn"), Organisation: "Turnkring De Treffers", Path: "/sign-in", Accent: "#b4540a"}
	if c, err := r.Cookie("theme"); err == nil {
		page.Theme = Theme(c.Value)
	}
	return page, templ.Join(Heading(p.T("action.signIn"), ""), FormView(p, Form{ID: "sign-in", Action: "/sign-in", Save: p.T("action.signIn"), Fault: p.T("fault.sign_in_failed"), Fields: []Field{
		Text{Base: Base{Name: "login", Label: p.T("field.contact.emails.address")}, Autocomplete: "username"}, Text{Base: Base{Name: "password", Label: "Password"}, Type: "password", Autocomplete: "current-password"}}}))
}
