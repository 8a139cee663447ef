package reach

import (
	"fmt"

	"github.com/muster-crm/muster/shared/email"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/record"
)

// Check lists what is wrong with the elements of the lists, at their paths: "emails[0].address".
func (w Ways) Check(env *record.Env) []record.Problem {
	problems := w.checkEmails()
	problems = append(problems, w.checkPhones(env)...)
	problems = append(problems, oneMain("addresses", "main", "choose_main", w.Addresses, func(a Address) bool { return a.Main })...)
	return append(problems, oneMain("addresses", "delivery", "choose_delivery", w.Addresses, func(a Address) bool { return a.Delivery })...)
}

func (w Ways) checkEmails() (problems []record.Problem) {
	seen := map[string]bool{}
	for i, e := range w.Emails {
		if e.Address == "" {
			continue
		}
		path := fmt.Sprintf("emails[%d].address", i)
		if err := email.Check(e.Address); err != nil {
			problems = append(problems, record.Problem{Path: path, Code: fault.From(err).Code})
		}
		if key := email.Fold(e.Address); seen[key] {
			problems = append(problems, record.Problem{Path: path, Code: "twice"})
		} else {
			seen[key] = true
		}
	}
	return append(problems, oneMain("emails", "main", "choose_main", w.Emails, func(e Email) bool { return e.Main })...)
}

func (w Ways) checkPhones(env *record.Env) (problems []record.Problem) {
	seen := map[string]bool{}
	for i, p := range w.Phones {
		if p.Number == "" {
			continue
		}
		path := fmt.Sprintf("phones[%d].number", i)
		if env.Phones != nil {
			if _, _, code := env.Phones.Read(p.Number, env.Defaults.Country); code != "" {
				problems = append(problems, record.Problem{Path: path, Code: code})
			}
		}
		if key := p.Line + p.Number; seen[key] {
			problems = append(problems, record.Problem{Path: path, Code: "twice"})
		} else {
			seen[key] = true
		}
	}
	return append(problems, oneMain("phones", "main", "choose_main", w.Phones, func(p Phone) bool { return p.Main })...)
}

// oneMain holds a list to exactly one marked element; none is the code for a list in which no element is.
func oneMain[T any](path, mark, none string, list []T, marked func(T) bool) (problems []record.Problem) {
	n := 0
	for i, element := range list {
		if marked(element) {
			if n++; n > 1 {
				problems = append(problems, record.Problem{Path: fmt.Sprintf("%s[%d].%s", path, i, mark), Code: "one_main"})
			}
		}
	}
	if len(list) > 0 && n == 0 {
		problems = append(problems, record.Problem{Path: path, Code: none})
	}
	return problems
}
