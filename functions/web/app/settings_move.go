package app

import (
	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
	"strconv"
)

// moveAction is a button that moves something up or down.
func moveAction(at, direction, icon, label, of string) ui.Action {
	return ui.Action{Label: label, Of: of, Icon: icon, Href: at + "/move", Post: true, Values: []ui.Value{{Name: "to", Value: direction}}}
}

// move changes places with what stands above or below, as the form says: order holds the numbers of all, at is the one
// that moves, and write gives one a number. Where there is no room between two, all are numbered anew.
func (x *exchange) move(at int, order []int, write func(i, order int) error) error {
	if at < 0 {
		return fault.New(fault.NotFound, "not_found")
	}
	before, after, ok := 0, 0, false
	switch x.r.PostFormValue("to") {
	case "up":
		if ok = at > 0; ok {
			after = order[at-1]
			if at > 1 {
				before = order[at-2]
			}
		}
	case "down":
		if ok = at < len(order)-1; ok {
			before = order[at+1]
			if at < len(order)-2 {
				after = order[at+2]
			}
		}
	}
	if !ok {
		return nil // it is at its end already
	}
	if n, room := setting.Between(before, after); room {
		return write(at, n)
	}
	to := at - 1
	if x.r.PostFormValue("to") == "down" {
		to = at + 1
	}
	for i := range order {
		place := i
		switch i {
		case at:
			place = to
		case to:
			place = at
		}
		if order[i] != setting.Renumber(place) {
			if err := write(i, setting.Renumber(place)); err != nil {
				return err
			}
		}
	}
	return nil
}

// reorder writes a record's number.
func (x *exchange) reorder(kind, id string, version int64, order int) error {
	_, err := x.app.Records.Patch(x.ctx(), repository.Write{Grant: x.who.Grant}, kind, id, version, []byte(`{"order":`+strconv.Itoa(order)+`}`))
	return err
}
