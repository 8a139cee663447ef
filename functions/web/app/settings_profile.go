package app

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// Which standard fields an organisation uses, and which of them a new record must have (SET-02).

func (a *App) profileFields(x *exchange) error { return x.showProfileFields(nil, complaints{}) }

// profileKinds are the kinds there are whose fields are chosen.
func (x *exchange) profileKinds() []*record.Kind {
	var all []*record.Kind
	for _, name := range setting.FieldKinds() {
		if k, err := x.app.Records.Kind(name); err == nil {
			all = append(all, k)
		}
	}
	return all
}

// profileKind is the kind the page is about: the address says.
func (x *exchange) profileKind() *record.Kind {
	kinds := x.profileKinds()
	i := slices.IndexFunc(kinds, func(k *record.Kind) bool { return k.Name == x.r.FormValue("kind") })
	return kinds[max(i, 0)]
}

// kindTabs are links to the same page about other kinds.
func (x *exchange) kindTabs(label, path string, current *record.Kind) ui.Tabs {
	tabs := ui.Tabs{Label: label}
	for _, k := range x.profileKinds() {
		tabs.Items = append(tabs.Items, ui.Link{Label: x.p.T("kind." + k.Name), Href: path + "?kind=" + k.Name, Current: k == current})
	}
	return tabs
}

func (x *exchange) showProfileFields(typed url.Values, c complaints) error {
	s, err := x.settings()
	if err != nil {
		return err
	}
	k := x.profileKind()
	rows, labels := []use{}, map[string]string{}
	for _, f := range setting.Chosen(k) {
		key := k.Name + "." + f.Path
		row := use{Name: "profile." + key, Label: k.Label(x.p, f.Path), Value: s.Profile[key], Flag: f.Type == record.Flag}
		if typed != nil {
			row.Value = typed.Get(row.Name)
		}
		labels[row.Name], row.Error = row.Label, c.at(row.Name)
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b use) int { return x.collate(a.Label, b.Label) })
	heads := []string{x.p.T("form.field"), x.p.T("settings.used"), x.p.T("list.profileUse.mandatory"), x.p.T("list.profileUse.unused")}
	form := c.onto(ui.Form{ID: "profile", Action: profilePath, Key: x.newKey(), Version: strconv.FormatInt(s.Version, 10), Guard: true, Values: []ui.Value{{Name: "kind", Value: k.Name}},
		Fields: []ui.Field{ui.Part{Body: useTable(x.p.T("settings.profile"), heads, rows)}}}, labels)
	history, err := x.settingsHistory(setting.Name, setting.Owner)
	if err != nil {
		return err
	}
	title := x.p.T("settings.profile")
	return x.showSettings(profilePath, title, c, ui.Heading(title, x.p.T("settings.profile.text")), ui.TabBar(x.kindTabs(title, profilePath, k)), ui.FormView(x.p, form), history)
}

// collate compares words as the reader's language orders them.
func (x *exchange) collate(a, b string) int {
	return strings.Compare(x.p.CollationKey(a), x.p.CollationKey(b))
}

// use is what is said of one field.
type use struct {
	Name, Label, Value, Error string
	Flag                      bool // yes or no: cannot be mandatory
}

func (a *App) saveProfileFields(x *exchange) error {
	form, err := x.form()
	if err != nil {
		return err
	}
	k, profile := x.profileKind(), map[string]any{}
	for _, f := range setting.Chosen(k) {
		key := k.Name + "." + f.Path
		profile[key] = nil
		if code := form.Get("profile." + key); code != "" {
			profile[key] = code
		}
	}
	return x.saveSettings(profilePath, profilePath+"?kind="+k.Name, x.p.T("settings.profile"), map[string]any{"profile": profile}, x.showProfileFields)
}

// useCodes are the values of the columns, "" for used.
var useCodes = append([]string{""}, list.Codes(list.ProfileUse)...)
