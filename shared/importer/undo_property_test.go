package importer_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
)

// chance is a house in which everything happens by a seed.
type chance struct {
	*house
	*rand.Rand
	people []string
}

func (c chance) pick(of ...string) string { return of[c.IntN(len(of))] }

// population makes people of whom some have said that they may be written to, and some have taken it back.
func (c *chance) population(n int) {
	for i := range n {
		id := c.create(contact.Name, fmt.Sprintf(`{"firstName":"Known%d","prefix":%q,"lastName":"Nys","occupation":%q,"newsletter":%v,"promotionalSms":%v,"tags":[%q],"emails":[{"address":"p%d@example.org"}]}`,
			i, c.pick("", "van"), c.pick("", "baker"), c.IntN(2) == 0, c.IntN(2) == 0, c.pick("old", "new"), i))
		c.people = append(c.people, id)
		if c.IntN(3) == 0 {
			c.patch(id, c.edit())
		}
	}
}

// edit is what somebody may change of a contact.
func (c chance) edit() string {
	return c.pick(`{"newsletter":true}`, `{"newsletter":false}`, `{"promotionalSms":true}`, `{"promotionalSms":false}`,
		`{"newsletter":false,"promotionalSms":true,"occupation":"judge"}`, `{"prefix":"de"}`, `{"occupation":"clerk"}`, `{"tags":["edited"]}`)
}

// file has rows about some of the people, some of them several times, and about others.
func (c chance) file(rows int) []byte {
	var b strings.Builder
	b.WriteString("Voornaam;Tussenvoegsel;Naam;E-mail;Nieuwsbrief;Sms-reclame;Beroep;Tags;Gezin;Groep;Bedrijf\n")
	for range rows {
		fmt.Fprintf(&b, "Row;%s;%s;p%d@example.org;%s;%s;%s;%s;%s;%s;%s\n", c.pick("", "van", "de"), c.pick("", "Nys", "Claes"), c.IntN(2*len(c.people)),
			c.pick("ja", "nee", "ja", "nee", "", "misschien"), c.pick("ja", "nee", ""), c.pick("", "baker", "smith"), c.pick("", "new", "t1,t2"),
			c.pick("", "", "", "Gezin 1", "Gezin 2"), c.pick("", "", "Koor", "Bestuur"), c.pick("", "", "", "Bakkerij"))
	}
	return []byte(b.String())
}

// plan uploads such a file and plans what its columns do.
func (c chance) planned() string {
	imp := c.upload("random.csv", c.file(5+c.IntN(60)))
	columns := imp.Guess.Columns
	for i, field := range strings.Fields("firstName prefix lastName emails.address newsletter promotionalSms occupation tags family groups.group company") {
		columns[i].Field, columns[i].Ignore = field, false
		columns[i].Rule = c.pick("", "", importer.Overwrite, importer.Fill, importer.Leave)
		columns[i].Clear = i > 3 && i < 8 && c.IntN(4) == 0
	}
	return c.house.plan(imp.ID, importer.Plan{Mode: importer.Merging, MatchKey: importer.KeyEmail, Rule: c.pick(importer.Overwrite, importer.Overwrite, importer.Fill),
		BadCell: c.pick(importer.Reject, importer.Drop), Columns: columns}).ID
}

// Whatever an import does, its undo restores the dump of the organisation byte by byte when nothing was edited since; of two
// imports the later one first.
func TestUndoProperty(t *testing.T) {
	t.Parallel()
	noted := 0
	for seed := range uint64(25) {
		c := chance{house: open(t, nil), Rand: rand.New(rand.NewPCG(seed, 11))}
		c.population(3 + c.IntN(20))
		var ids []string
		dumps := []map[string]string{c.dump()}
		for range 1 + c.IntN(3) {
			id := c.planned()
			c.run(id)
			c.clock.Advance(time.Minute)
			ids, dumps = append(ids, id), append(dumps, c.dump())
		}
		for _, raw := range dumps[len(dumps)-1] {
			noted += strings.Count(raw, `"batch":"`+ids[len(ids)-1])
		}
		for i, id := range slices.Backward(ids) {
			imp, err := c.imports.Get(t.Context(), c.grant, id)
			if err != nil {
				t.Fatal(err)
			}
			if imp.Written() == 0 {
				continue
			}
			if imp = c.undo(id); imp.State != job.Undone || imp.Counts["kept"] != 0 {
				t.Errorf("seed %d: %s %v", seed, imp.State, imp.Counts)
			}
			if diff := cmp.Diff(dumps[i], c.dump()); diff != "" {
				t.Fatalf("seed %d, import %d: %s", seed, i, diff)
			}
		}
	}
	if noted < 100 {
		t.Errorf("the imports have changed what somebody agreed to %d times: that proves little", noted)
	}
}

// When people were edited since, the undo of an import loses none of what was noted then, and the notes say what the flags are.
func TestUndoKeepsConsents(t *testing.T) {
	t.Parallel()
	kept := 0
	for seed := range uint64(15) {
		c := chance{house: open(t, nil), Rand: rand.New(rand.NewPCG(seed, 12))}
		c.population(3 + c.IntN(20))
		before := c.dump()
		id := c.planned()
		if c.run(id).Written() == 0 {
			continue
		}
		edited := map[string]bool{}
		for range c.IntN(20) {
			who := c.pick(c.people...)
			edited[who] = true
			c.patch(who, c.edit())
		}
		notes := map[string][]contact.Consent{}
		for who := range edited {
			notes[who] = c.contact(who).Consents
		}
		c.undo(id)
		after := c.dump()
		for _, who := range c.people {
			now := c.contact(who)
			if !edited[who] && before[contact.Name+"/"+who] != after[contact.Name+"/"+who] {
				t.Errorf("seed %d: nobody edited %s\n%s\n%s", seed, who, before[contact.Name+"/"+who], after[contact.Name+"/"+who])
			}
			for purpose, is := range map[string]bool{"newsletter": *now.Newsletter, "promotion": *now.PromotionalSMS} {
				says := false
				for _, n := range now.Consents {
					if n.Purpose == purpose {
						says = n.Given
					}
				}
				if says != is {
					t.Errorf("seed %d: %s of %s is %v, noted are %+v", seed, purpose, who, is, now.Consents)
				}
			}
			for _, n := range notes[who] {
				if n.Batch == "" && !slices.Contains(now.Consents, n) {
					t.Errorf("seed %d: of %s is lost %+v", seed, who, n)
				}
				if n.Batch == "" {
					kept++
				}
			}
		}
	}
	if kept < 50 {
		t.Errorf("%d notes prove little", kept)
	}
}
