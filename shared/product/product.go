// Package product lists the kinds of records Muster is made of. A kind costs its struct and a line here.
package product

import (
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/setting"
)

// Kinds gives the registry of all kinds.
func Kinds() *record.Registry {
	return record.NewRegistry(append([]*record.Kind{
		contact.Kind(),
		account.Kind(),
	}, setting.Kinds()...)...)
}
