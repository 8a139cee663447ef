package record

import (
	"reflect"

	"github.com/muster-crm/muster/shared/policy"
)

// Guarded records say themselves who may see and change them: what people keep for themselves, or share. Whoever may read
// the organisation makes such records; the grant's other rights on records do not count for them.
type Guarded interface {
	Record
	// SeenBy tells whether a caller may see the record. To whom it says no, there is none.
	SeenBy(policy.Grant) bool
	// ChangedBy tells whether a caller may change the record as it is, or make it what it is to be.
	ChangedBy(policy.Grant) bool
}

var guarded = reflect.TypeFor[Guarded]()

// Guarded tells whether the kind's records say themselves who may see and change them.
func (k *Kind) Guarded() bool {
	return reflect.PointerTo(k.typ).Implements(guarded)
}

// Hidden tells whether a record says itself that a caller may not see it.
func Hidden(r Record, g policy.Grant) bool {
	own, ok := r.(Guarded)
	return ok && !own.SeenBy(g)
}
