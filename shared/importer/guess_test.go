package importer_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/need"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/importer"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Every list there is, as it comes, with the mapping nobody touched: what its columns become, the first people, what is
// rejected and left out and why.
func TestListsAsTheyCome(t *testing.T) {
	for _, name := range []string{"ledenlijst-2026.csv", "adherents.csv", "socios.tsv", "members-export.csv", "members-export.xlsx", "basic_csv_addressbook.csv",
		"csv_semicolon.csv", "quote.csv", "tab_comma_mixed.csv", "utf16_addressbook.csv"} {
		t.Run(name, func(t *testing.T) {
			content, err := os.ReadFile(need.TestData(t, "contacts/"+name))
			if err != nil {
				t.Fatal(err)
			}
			h := open(t, nil)
			imp := h.upload(name, content)
			got := told(imp)
			imp = h.run(imp.ID)
			got += h.outcome(imp)
			golden := filepath.Join("testdata", "lists", name+".txt")
			if *update {
				if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("other than %s (-want +got):\n%s", golden, diff)
			}
		})
	}
}

// told writes what a file looks like.
func told(imp importer.Import) string {
	var b strings.Builder
	if imp.Guess == nil {
		return fmt.Sprintf("refused: %s\n", imp.Failure)
	}
	g := imp.Guess
	fmt.Fprintf(&b, "%s %s, sheet %q, header in line %d, country %s\n", g.Format, g.Encoding, g.Sheet, g.HeaderRow, g.DefaultCountry)
	for _, c := range g.Columns {
		field := c.Field
		if c.Ignore {
			field = "-"
		}
		line := fmt.Sprintf("%-20s %s %s", c.Header, field, c.DateFormat)
		if c.Ambiguous {
			line += " ?"
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// outcome writes what became of a file.
func (h *house) outcome(imp importer.Import) string {
	h.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s %s: %d created, %d rejected, %d left out of %d\n", imp.State, imp.Failure, imp.Counts["create"], imp.Counts["reject"], imp.Counts["skip"], imp.Counts["done"])
	created := h.rows(imp.ID, importer.Create, 7)
	for _, c := range h.contacts(created[:min(5, len(created))]) {
		tags := slices.Sorted(slices.Values(c.Tags))
		newsletter := "?"
		if c.Newsletter != nil {
			newsletter = fmt.Sprint(*c.Newsletter)
		}
		fmt.Fprintf(&b, "\n%d %s %s|%s|%s %s %s %s newsletter %s %v %v\n", c.Number, c.Honorific, c.FirstName, c.LastName, c.BirthDate, c.Gender, c.Type, c.Status, newsletter, tags, c.ExternalIDs)
		for _, e := range c.Emails {
			fmt.Fprintf(&b, "  %s %s\n", e.Kind, e.Address)
		}
		for _, p := range c.Phones {
			fmt.Fprintf(&b, "  %s %s\n", p.Line, p.Number)
		}
		for _, a := range c.Addresses {
			fmt.Fprintf(&b, "  %s | %s | %s | %s | %s | %s | %s\n", a.Street, a.Number, a.Box, a.Postcode, a.Town, a.Region, a.Country)
		}
	}
	p := i18n.New(i18n.English, time.UTC)
	reasons := map[string]int{}
	for _, r := range h.rows(imp.ID, "", 200) {
		for _, why := range r.Reasons {
			reasons[strings.TrimSpace(r.Result+" "+why.Column)+" "+why.Code]++
		}
		if r.Result != importer.Create {
			fmt.Fprintf(&b, "\n%d %s %s", r.Line, r.Result, importer.Sentences(p, r.Reasons))
		}
	}
	b.WriteString("\n")
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		fmt.Fprintf(&b, "%d x %s\n", reasons[reason], reason)
	}
	return b.String()
}
