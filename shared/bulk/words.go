package bulk

import (
	"strings"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
)

// Sentences tells reasons in a reader's language.
func Sentences(p *i18n.Printer, reasons []Reason) string {
	var all []string
	for _, r := range reasons {
		if r.Field == "" {
			all = append(all, p.Fault(&fault.Fault{Kind: fault.Conflict, Code: r.Code, Args: r.Args}))
		} else {
			all = append(all, p.Field(fault.Field{Path: r.Field, Code: r.Code, Args: r.Args}))
		}
	}
	return strings.Join(all, " ")
}
