package app

import (
	"context"
	"net/http"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
)

// Demo brings invented people into an organisation that holds nobody yet, so that its owner can look around (SET-09). It
// is there in a local run alone: what is deployed carries no test data.
type Demo interface {
	// Fill tells how many people it made. Faults: Denied; Conflict (not_empty).
	Fill(context.Context, policy.Grant) (int, error)
}

const demoPath = "/demo"

var demoRoutes = []Route{
	{Method: http.MethodGet, Path: demoPath, Title: "demo.title", Need: policy.Manage, handle: (*App).demo},
	{Method: http.MethodPost, Path: demoPath, Title: "demo.title", Need: policy.Manage, handle: (*App).fillDemo},
}

// demoOffer is how the empty list of contacts offers the demo; nothing where there is none or for whoever may not.
func (x *exchange) demoOffer(l *look) []ui.Action {
	if x.app.Demo == nil || l.kind != contact.Name || !x.can(policy.Manage) {
		return nil
	}
	return []ui.Action{{Label: x.p.T("demo.offer"), Href: demoPath, Icon: "users"}}
}

// demo says what filling does before it is done.
func (a *App) demo(x *exchange) error {
	if a.Demo == nil {
		return fault.New(fault.NotFound, "not_found")
	}
	found, err := a.Records.List(x.ctx(), x.who.Grant, contact.Name, repository.Question{Count: true})
	if err != nil {
		return err
	}
	if found.Total > 0 {
		return x.redirect(HomePath)
	}
	return x.show(view{Trail: []ui.Link{{Label: x.p.T("nav.contacts"), Href: HomePath}, {Label: x.p.T("demo.title")}}},
		ui.PageHeader(x.p, ui.Header{Title: x.p.T("demo.title"), Sub: x.p.T("demo.text", "organisation", x.cfg.Settings.Name)}),
		ui.FormView(x.p, ui.Form{ID: "demo", Action: demoPath, Save: x.p.T("demo.offer"), Cancel: HomePath}))
}

func (a *App) fillDemo(x *exchange) error {
	if a.Demo == nil {
		return fault.New(fault.NotFound, "not_found")
	}
	made, err := a.Demo.Fill(x.ctx(), x.who.Grant)
	if err != nil && fault.From(err).Kind != fault.Conflict { // the button pressed twice shows the people
		return err
	}
	if made > 0 {
		x.say(note{Text: x.p.N("demo.said", made)})
	}
	return x.redirect(HomePath)
}
