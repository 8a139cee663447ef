package deed

import (
	"strings"

	"github.com/muster-crm/muster/shared/i18n"
)

// Sentence tells a deed in the reader's language: "Exported (XLSX)". Who did it is left to the caller.
func Sentence(p *i18n.Printer, e Entry) string {
	text := p.T("deed." + string(e.Act))
	if e.Detail != "" {
		text += " (" + strings.ToUpper(e.Detail) + ")"
	}
	return text
}
