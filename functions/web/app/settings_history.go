package app

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/record"
)

// historyPage is how many changes a history shows at once.
const historyPage = 10

// settingsHistory shows what was changed in a record of the settings, newest first; the address says from where on.
func (x *exchange) settingsHistory(kind, id string) (templ.Component, error) {
	before, err := strconv.ParseInt(x.r.URL.Query().Get("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	var changes []record.Change
	var next int64
	if kind == account.Name {
		changes, next, err = x.app.Accounts.History(x.ctx(), x.who.Grant, id, before, historyPage)
	} else {
		changes, next, err = x.app.Records.History(x.ctx(), x.who.Grant, kind, id, before, historyPage)
	}
	if err != nil {
		return nil, err
	}
	parts := []templ.Component{ui.Timeline(x.p, x.settingsDays(kind, changes))}
	if next > 0 {
		parts = append(parts, asideLink(x.p.T("settings.history.older"), x.r.URL.Path+"?"+url.Values{"before": {strconv.FormatInt(next, 10)}}.Encode()+"#history"))
	}
	return panelOf("history", x.p.T("settings.history"), templ.Join(parts...)), nil
}

// settingsDays writes changes as sentences, grouped by day.
func (x *exchange) settingsDays(kind string, changes []record.Change) []ui.Day {
	var days []ui.Day
	for _, c := range changes {
		label := x.p.DayHeading(c.At, x.now())
		if len(days) == 0 || days[len(days)-1].Label != label {
			days = append(days, ui.Day{Label: label})
		}
		_, action, _ := strings.Cut(c.Action, ".")
		key := "settings.did." + action
		if !x.p.Has(key) {
			key = "settings.did.edit"
		}
		e := ui.Entry{Time: x.p.Time(c.At), Moment: c.At.Format(time.RFC3339), Actor: c.Name, Text: x.p.T(key)}
		if e.Actor == "" {
			e.Actor = x.p.T("settings.system")
		}
		if action == "create" {
			e.Icon = "plus"
		}
		for _, f := range c.Fields {
			if label := x.settingLabel(kind, f.Field); label != "" {
				e.Changes = append(e.Changes, ui.Change{Field: label, From: x.settingText(f.Field, f.From), To: x.settingText(f.Field, f.To)})
			}
		}
		day := &days[len(days)-1]
		day.Entries = append(day.Entries, e)
	}
	return days
}

// settingLabel names a field of a record of the settings; "" for what people are not shown.
func (x *exchange) settingLabel(kind, field string) string {
	for _, key := range []string{"settings.field." + kind + "." + field, "settings.field." + field} {
		if x.p.Has(key) {
			return x.p.T(key)
		}
	}
	return ""
}

// settingText writes a value as the editor shows it.
func (x *exchange) settingText(field string, raw json.RawMessage) string {
	var value any
	if len(raw) == 0 || json.Unmarshal(raw, &value) != nil {
		return ""
	}
	switch v := value.(type) {
	case bool:
		return x.p.T(map[bool]string{true: "form.yes", false: "form.no"}[v])
	case []any:
		var all []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				all = append(all, x.settingWord(field, s))
			}
		}
		return x.p.List(all)
	case string:
		return x.settingWord(field, v)
	case map[string]any:
		var all []string
		for _, key := range uniqueKeys {
			if s, ok := v[key].(string); ok {
				all = append(all, x.p.T("settings.field."+field+"."+key)+": "+x.settingWord(field+"."+key, s))
			}
		}
		return strings.Join(all, "; ")
	case float64:
		return x.p.Number(int64(v))
	}
	return ""
}

// settingWord writes a code in words.
func (x *exchange) settingWord(field, code string) string {
	key := ""
	switch {
	case field == "country":
		return x.p.Country(code)
	case strings.HasPrefix(field, "language") && i18n.Language(code).Valid():
		return i18n.Language(code).Name()
	case strings.HasPrefix(field, "keyPolicy"):
		key = "settings.policy." + code
	case field == "role":
		key = "settings.role." + code
	case field == "type":
		key = "settings.type." + code
	}
	if key != "" && x.p.Has(key) {
		return x.p.T(key)
	}
	return code
}

// lines splits text into its lines, trimmed, without empty and repeated ones.
func lines(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(all, line) {
			all = append(all, line)
		}
	}
	return all
}
