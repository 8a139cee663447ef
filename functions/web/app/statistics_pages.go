package app

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/query"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/statistics"
)

// Statistics: what a list holds, counted by its fields (SRCH-14). Each chart is drawn here, has its table, and each of its
// bars leads to the list narrowed by it.

const statisticsTab = "statistics"

// statisticsRoutes is the page of statistics of a kind.
func statisticsRoutes(l *look, kinds *record.Registry) []Route {
	if k, ok := kinds.Kind(l.kind); !ok || !k.Indexed {
		return nil
	}
	return []Route{{Method: http.MethodGet, Path: l.home() + "/" + statisticsTab, Title: "statistics.title", Need: policy.Read, handle: (*App).statistics}}
}

// statisticsAction leads to the statistics of what a list shows.
func (l *listing) statisticsAction() ui.Action {
	return ui.Action{Label: l.p.T("statistics.title"), Href: l.statisticsAt(l.where, ""), Icon: "chart"}
}

// statisticsAt is the address of the statistics of a question; whole names the chart that shows all its bars.
func (l *listing) statisticsAt(e query.Expr, whole string) string {
	values := url.Values{}
	if q := query.Format(e); q != "" {
		values.Set("q", q)
	}
	if whole != "" {
		values.Set("all", whole)
	}
	path := l.home() + "/" + statisticsTab
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	return path
}

// listAt is the address of the list of a question.
func (l *listing) listAt(e query.Expr) string {
	if q := query.Format(e); q != "" {
		return l.home() + "?" + url.Values{"q": {q}}.Encode()
	}
	return l.home()
}

func (a *App) statistics(x *exchange) error {
	l, err := x.listing()
	if err != nil {
		return err
	}
	var found statistics.Statistics
	if l.wrong == nil {
		found, err = statistics.Of(x.ctx(), a.Records, x.who.Grant, l.kind.Name, l.where, nil)
		if f := fault.From(err); err != nil && f.Kind == fault.Invalid {
			l.wrong = f
		} else if err != nil {
			return err
		}
	}
	f := ui.Filter{Action: l.home() + "/" + statisticsTab, Query: l.q, Placeholder: x.p.T("filter.plain"), Label: x.p.T(l.says("filter")),
		Tools: []ui.Action{{Label: x.p.T("links.asList"), Href: l.listAt(l.where), Icon: "table"}}}
	if l.hint != "" {
		f.Placeholder = x.p.T(l.hint)
	}
	count := x.p.N(l.look.count(), found.Total)
	var body templ.Component
	switch {
	case l.wrong != nil:
		f.Error = l.queryError()
		body = charts("", ui.EmptyState(l.empty()))
	case found.Total == 0:
		body = charts(count, ui.EmptyState(ui.Empty{Icon: "chart", Title: x.p.T("statistics.nothing"), Actions: []ui.Action{{Label: x.p.T("filter.clear"), Href: l.statisticsAt(query.All, "")}}}))
	default:
		cards, err := l.chartsOf(found)
		if err != nil {
			return err
		}
		if len(cards) == 0 { // nothing that is counted is filled in
			cards = []templ.Component{ui.EmptyState(ui.Empty{Icon: "chart", Title: x.p.T("statistics.nothing")})}
		}
		body = charts(count, cards...)
	}
	for i := range query.Chips(l.where) {
		if part := conjunct(l.where, i); l.wrong == nil && part != nil && !onlyText(part) {
			f.Chips = append(f.Chips, ui.Chip{Label: l.chip(part), Remove: l.statisticsAt(query.Without(l.where, i), "")})
		}
	}
	if len(f.Chips) > 0 {
		f.Clear = l.statisticsAt(query.All, "")
	}
	title := x.p.T("statistics.title")
	return x.show(view{Trail: []ui.Link{{Label: x.p.T(l.title()), Href: l.listAt(l.where)}, {Label: title}}},
		ui.PageHeader(x.p, ui.Header{Title: title, Sub: x.p.T(l.title())}), ui.FilterLine(x.p, f), body)
}

// bars is how many bars a chart shows before the rest is asked for.
const bars = 10

// chartsOf draws what was counted; what nobody has a value of is left out.
func (l *listing) chartsOf(s statistics.Statistics) ([]templ.Component, error) {
	if err := l.learn(s.Values()...); err != nil {
		return nil, err
	}
	whole := l.r.URL.Query().Get("all")
	var cards []templ.Component
	for _, c := range s.Counts {
		if !slices.ContainsFunc(c.Bars, func(b statistics.Bar) bool { return b.Value != "" }) {
			continue
		}
		cards = append(cards, ui.ChartView(l.chart(c, s.Total, whole == c.Path)))
	}
	return cards, nil
}

func (l *listing) chart(c statistics.Count, total int, whole bool) ui.Chart {
	chart := ui.Chart{ID: "by-" + strings.ReplaceAll(c.Path, ".", "-"), Title: l.fieldLabel(l.kind, c.Path)}
	shown := len(c.Bars)
	if left := shown - bars; left > 1 && !whole {
		shown = bars
		chart.More = &ui.Link{Label: l.p.N("filter.more", left), Href: l.statisticsAt(l.where, c.Path) + "#" + chart.ID}
	}
	largest := 1 // of those that are shown: who has none is often most, and the last
	for _, b := range c.Bars[:shown] {
		largest = max(largest, b.Count)
	}
	table := &ui.ChartTable{Toggle: l.p.T("statistics.table"), Value: chart.Title, Count: l.p.T("statistics.count"), Share: l.p.T("statistics.share")}
	for _, b := range c.Bars {
		table.Rows = append(table.Rows, ui.FacetItem{Label: l.barLabel(c, b), Count: l.p.Number(int64(b.Count)), Share: min(shareOf(b.Count, largest), 100),
			Part: l.percent(b.Count, total), Href: l.listAt(query.With(l.where, b.Where))})
	}
	chart.Items, chart.Table = table.Rows[:shown], table
	if c.Several {
		chart.Note = l.p.T("statistics.several")
	}
	return chart
}

// percent writes a part of a whole with one decimal.
func (l *listing) percent(n, total int) string {
	return l.p.T("statistics.percent", "n", l.p.Figure(int64((2000*n+total)/(2*max(total, 1))), 1))
}

// barLabel is what a bar is called.
func (l *listing) barLabel(c statistics.Count, b statistics.Bar) string {
	if b.Value == "" {
		return l.p.T("statistics.unknown")
	}
	if !c.Bands {
		return l.valueLabel(c.Path, b.Value)
	}
	first, last, _ := statistics.Band(b.Value)
	if last == 0 {
		return strconv.Itoa(first) + "+"
	}
	return strconv.Itoa(first) + "–" + strconv.Itoa(last)
}
