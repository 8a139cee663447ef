package app

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/bulk"
	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// bulkWay is how the pages offer, ask for and tell of an action: a further one is an entry here. An action without an entry
// sets the member it is named after, and is a choice of "Change a field".
type bulkWay struct {
	action string
	icon   string   // of its button beside a selection
	rare   bool     // it stands in the menu there
	params []string // what its form sends, by the names of the parameters; none: there is nothing to ask
	inputs func(x *exchange, d *deed, base func(name string) ui.Base) []ui.Field
	label  func(x *exchange, d *deed, param string) string                          // of an input
	title  func(x *exchange, k *record.Kind) string                                 // of its page and its button
	did    func(x *exchange, k *record.Kind, text func(param string) string) string // what a started one does, as a title
	button string                                                                   // key of what the button that begins it says, by number
	final  bool                                                                     // it sends what cannot be taken back
}

// bulkWays are those beside the fields, in the order of their buttons.
var bulkWays []bulkWay

func init() {
	bulkWays = []bulkWay{
		tagWay("tag.add"), tagWay("tag.remove"), groupWay("group.add", "function", "from"), groupWay("group.remove", "to"),
		{action: bulk.Delete, icon: "trash", params: []string{"count"},
			label: func(x *exchange, _ *deed, _ string) string { return x.p.T("bulk.confirm.count") },
			title: deletes, did: func(x *exchange, k *record.Kind, _ func(string) string) string { return deletes(x, k) }},
		roleWay("grant"), roleWay("withdraw"), mailWay("invite"), mailWay("reset"),
	}
}

func wayOf(action string) (bulkWay, bool) {
	i := slices.IndexFunc(bulkWays, func(w bulkWay) bool { return w.action == action })
	if i < 0 {
		return bulkWay{}, false
	}
	return bulkWays[i], true
}

func deletes(x *exchange, k *record.Kind) string {
	name := k.Name
	if l := bulkLook(k.Name); l != nil {
		name = strings.ToLower(x.p.T(l.heading()))
	}
	return x.p.T("bulk.delete", "what", name)
}

func titled(key string) func(*exchange, *record.Kind) string {
	return func(x *exchange, _ *record.Kind) string { return x.p.T(key) }
}

func tagWay(action string) bulkWay {
	return bulkWay{action: action, icon: "tag", rare: action == "tag.remove", params: []string{"tag"}, title: titled("bulk." + action),
		label: func(x *exchange, _ *deed, _ string) string { return x.p.T("bulk.tag") },
		inputs: func(x *exchange, d *deed, base func(string) ui.Base) []ui.Field {
			return []ui.Field{ui.Text{Base: required(base("tag")), Value: d.values.Get("tag"), Max: 50, Options: x.tagsOf(d.kind)}}
		},
		did: func(x *exchange, _ *record.Kind, text func(string) string) string {
			return x.p.T("bulk.did."+action, "tag", text("tag"))
		}}
}

// groupWay puts contacts into a group, perhaps with a function, or takes them out of it, from or to a day.
func groupWay(action string, more ...string) bulkWay {
	return bulkWay{action: action, icon: "group", rare: action == "group.remove", params: append([]string{"group"}, more...), title: titled("bulk." + action),
		label: func(x *exchange, d *deed, param string) string {
			switch param {
			case "group":
				return x.p.T("kind.group")
			case "function":
				return x.p.T("field.contact.groups.function")
			}
			return x.p.T("bulk.group." + param)
		},
		inputs: func(x *exchange, d *deed, base func(string) ui.Base) []ui.Field {
			fields := []ui.Field{ui.Select{Base: required(base("group")), Value: d.values.Get("group"), Options: x.groups()}}
			for _, param := range more {
				if param == "function" {
					fields = append(fields, ui.Select{Base: base(param), Value: d.values.Get(param), Empty: x.p.T("form.none"), Options: x.codes(list.Functions)})
					continue
				}
				fields = append(fields, ui.Date{Base: base(param), Value: d.values.Get(param)})
			}
			return fields
		},
		did: func(x *exchange, _ *record.Kind, text func(string) string) string {
			_ = x.learn(text("group")) // without it the title is shorter
			return x.p.T("bulk.did."+action, "group", x.called(text("group")))
		}}
}

// groups lists those there are, by name.
func (x *exchange) groups() []ui.Option {
	found, err := x.app.Records.List(x.ctx(), x.who.Grant, group.Name, repository.Question{Limit: repository.MaxPage})
	if err != nil {
		return nil // there is nothing to choose
	}
	_ = x.learn(found.IDs...)
	var options []ui.Option
	for _, id := range found.IDs {
		options = append(options, ui.Option{Value: id, Label: x.called(id)})
	}
	return options
}

// roleWay gives users a role, or takes one from those who hold it.
func roleWay(action string) bulkWay {
	return bulkWay{action: action, icon: "shield", params: []string{"role"}, title: titled("bulk." + action),
		label: func(x *exchange, _ *deed, _ string) string { return x.p.T("field.user.role") },
		inputs: func(x *exchange, d *deed, base func(string) ui.Base) []ui.Field {
			options := x.roleOptions()
			if action == "withdraw" {
				options = slices.DeleteFunc(options, func(o ui.Option) bool { return o.Value == string(policy.Reader) })
			}
			return []ui.Field{ui.Select{Base: required(base("role")), Value: d.values.Get("role"), Options: options}}
		},
		did: func(x *exchange, _ *record.Kind, text func(string) string) string {
			return x.p.T("bulk.did."+action, "role", x.p.T("settings.role."+text("role")))
		}}
}

// mailWay mails users a link.
func mailWay(action string) bulkWay {
	return bulkWay{action: action, icon: "mail", title: titled("bulk." + action), button: "bulk.send", final: true,
		did: func(x *exchange, _ *record.Kind, _ func(string) string) string { return x.p.T("bulk." + action) }}
}

// userLook stands for the users in the settings, who have pages of their own.
var userLook = &look{kind: account.Name, plural: "settings/users", icon: "users"}

// bulkLook finds the look of a kind that something can be done with, users among them.
func bulkLook(kind string) *look {
	if kind == account.Name {
		return userLook
	}
	return lookOf(kind)
}

// heading is the key of what a list is called.
func (l *look) heading() string {
	if l == userLook {
		return "settings.users"
	}
	return l.title()
}

// paramText reads the parameters of a started action as text.
func paramText(q bulk.Request) func(string) string {
	return func(name string) string {
		var s string
		_ = json.Unmarshal(q.Params[name], &s) // what is no text is written as it is
		return s
	}
}
