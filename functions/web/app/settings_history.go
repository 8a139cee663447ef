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
	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/mapping"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// historyPage is how many changes a history shows at once.
const historyPage = 10

// settingsHistory shows what was changed in a record of the settings, newest first; the address says from where on.
func (x *exchange) settingsHistory(kind, id string) (templ.Component, error) {
	before, err := strconv.ParseInt(x.r.URL.Query().Get("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	changes, next, err := x.history(kind, id, before, historyPage)
	if err != nil {
		return nil, err
	}
	days, err := x.settingsDays(kind, changes)
	if err != nil {
		return nil, err
	}
	parts := []templ.Component{ui.Timeline(x.p, days)}
	if next > 0 {
		parts = append(parts, asideLink(x.p.T("settings.history.older"), x.r.URL.Path+"?"+url.Values{"before": {strconv.FormatInt(next, 10)}}.Encode()+"#history"))
	}
	return panelOf("history", x.p.T("settings.history"), templ.Join(parts...)), nil
}

// history reads the changes of a record of the settings, or of a user.
func (x *exchange) history(kind, id string, before int64, limit int) ([]record.Change, int64, error) {
	if kind == account.Name {
		return x.app.Accounts.History(x.ctx(), x.who.Grant, id, before, limit)
	}
	return x.app.Records.History(x.ctx(), x.who.Grant, kind, id, before, limit)
}

// settingsDays writes changes as sentences, grouped by day.
func (x *exchange) settingsDays(kind string, changes []record.Change) ([]ui.Day, error) {
	k, err := x.app.Records.Kind(kind)
	if err != nil {
		return nil, err
	}
	var fields []record.FieldChange
	for _, c := range changes {
		fields = append(fields, c.Fields...)
	}
	own, err := x.app.Records.Words(x.ctx(), x.who.Grant, k, spoken(kind, fields)...)
	if err != nil {
		return nil, err
	}
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
			if !slices.Contains(untold[kind], f.Field) {
				e.Changes = append(e.Changes, ui.Change{Field: x.settingLabel(k, f.Field), From: x.settingText(k, own, f.Field, f.From), To: x.settingText(k, own, f.Field, f.To)})
			}
		}
		day := &days[len(days)-1]
		day.Entries = append(day.Entries, e)
	}
	return days, nil
}

// untold are fields of which people are told nothing: they follow from others, or say where something stands.
var untold = map[string][]string{
	account.Name:      {"login", "invitedAt", "blocked"},
	setting.FieldName: {"for", "name", "order"},
	setting.ValueName: {"list", "code", "order"},
}

// settingLabel names a field of a record of the settings.
func (x *exchange) settingLabel(k *record.Kind, field string) string {
	if standard, ok := strings.CutPrefix(field, "profile."); ok && k.Name == setting.Name {
		kind, path, _ := strings.Cut(standard, ".")
		if of, err := x.app.Records.Kind(kind); err == nil {
			return x.p.T("settings.profileOf", "kind", x.p.T("kind."+kind), "field", of.Label(x.p, path))
		}
	}
	return k.Label(x.p, field)
}

// settingText writes a value as the editor shows it.
func (x *exchange) settingText(k *record.Kind, own record.Own, field string, raw json.RawMessage) string {
	if k.Name == mapping.Name && len(raw) > 0 {
		if text, ok := x.mappingText(field, raw); ok {
			return text
		}
	}
	var code string
	if len(raw) == 0 || json.Unmarshal(raw, &code) != nil {
		if k.Name == setting.ClientGroupName && field == "discount" && len(raw) > 0 {
			return x.percent(string(raw))
		}
		return k.Show(x.p, field, raw, own)
	}
	key := ""
	switch {
	case strings.HasPrefix(field, "keyPolicy."):
		key = "settings.policy." + code
	case strings.HasPrefix(field, "profile."):
		return own.CodeLabel(x.p, list.ProfileUse, code)
	case k.Name == account.Name && field == "role":
		key = "settings.role." + code
	case k.Name == setting.FieldName && field == "class":
		key = "settings.class." + code
	}
	if key != "" && x.p.Has(key) {
		return x.p.T(key)
	}
	return k.Show(x.p, field, raw, own)
}

// percent writes basis points.
func (x *exchange) percent(points string) string {
	n, err := strconv.ParseInt(points, 10, 64)
	if err != nil || n == 0 {
		return ""
	}
	return x.figures(decimal.Write(n, 2)) + "\u00a0%"
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
