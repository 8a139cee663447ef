// Package product lists the kinds of records Muster is made of. A kind costs its struct and a line here.
package product

import (
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/call"
	"github.com/muster-crm/muster/shared/company"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/family"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/group"
	"github.com/muster-crm/muster/shared/merge"
	"github.com/muster-crm/muster/shared/note"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/reminder"
	"github.com/muster-crm/muster/shared/satisfaction"
	"github.com/muster-crm/muster/shared/service"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/ticket"
)

// Kinds gives the registry of all kinds.
func Kinds() *record.Registry {
	return record.NewRegistry(append([]*record.Kind{
		contact.Kind(),
		family.Kind(),
		company.Kind(),
		group.Kind(),
		file.Kind(),
		note.Kind(),
		reminder.Kind(),
		call.Kind(),
		ticket.Kind(),
		service.Kind(),
		satisfaction.Kind(),
		account.Kind(),
		merge.Kind(),
	}, setting.Kinds()...)...)
}
