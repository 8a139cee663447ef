package record

import (
	"reflect"

	"github.com/muster-crm/muster/shared/decimal"
	"github.com/muster-crm/muster/shared/list"
	"github.com/muster-crm/muster/shared/policy"
)

// Money is an amount in the smallest unit of a currency: cents of the euro. A member of this type has the tag omitzero;
// no amount and no currency is no value, nothing in some currency is one. In queries an amount is asked for in units of
// a hundred: cost>12.50.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency,omitempty" field:"required,list=currency"` // ISO 4217
}

// Text writes the amount in figures with all its decimals: "12.50".
func (m Money) Text() string { return decimal.Fixed(m.Amount, list.MinorUnits(m.Currency)) }

// ReadMoney reads an amount in figures, such as "12.5". ok is false when it is none, or has more decimals than the
// currency.
func ReadMoney(text, currency string) (m Money, ok bool) {
	n, ok := decimal.Read(text, list.MinorUnits(currency))
	return Money{n, currency}, ok && n <= maxNumber && n >= -maxNumber
}

// moneyFields describe an amount.
var moneyFields = (&Kind{byPath: map[string]*Field{}}).describe(reflect.TypeFor[Money](), "", policy.Public)

// IsMoney reports whether the field is an amount with its currency.
func (f *Field) IsMoney() bool { return f.money }
