// Package note is the kind of record for what the office writes down about somebody: text with files, an author and a
// date (DOC-04). What a note said before is in its history.
package note

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind.
const Name = "note"

// Kind describes notes.
func Kind() *record.Kind {
	return record.Define[Note](Name, "notes", "not", record.Under("contact", "company", "family", "group"))
}

// Note is a text about its owner. Its author and date are who made the record and when. It is for the staff alone unless
// it is shared.
type Note struct {
	record.Meta
	Owner  string   `json:"owner,omitempty" field:"ref=contact|company|family|group,system" readOnly:"true"`
	Text   string   `json:"text,omitempty" field:"required,long,max=10000"`
	Files  []string `json:"files,omitempty" field:"ref=file,items=10"`
	Shared bool     `json:"shared,omitempty"`
}

// Validate refuses files of somebody else, whose id ends in their owner's: who may read the note must be able to read them
// (DOC-04). Those of whom was merged with the note's owner are the owner's. One that the note has already may stay: when such
// a merge is undone, it is another's. That there are such files at all is checked as of every reference.
func (n *Note) Validate(env *record.Env) []record.Problem {
	var had []string
	if before, ok := env.Before.(*Note); ok {
		had = before.Files
	}
	var p []record.Problem
	for i, id := range n.Files {
		parts := strings.SplitN(id, "_", 3)
		if len(parts) < 3 || n.Owner == "" || slices.Contains(had, id) {
			continue
		}
		if env.Leads(parts[2]) != env.Leads(n.Owner) {
			p = append(p, record.Problem{Path: fmt.Sprintf("files[%d]", i), Code: "bad_reference"})
		}
	}
	return p
}

// titleLength is how much of a note stands for it, in characters.
const titleLength = 80

// Title gives the first line, or its beginning.
func (n *Note) Title() string {
	line, _, _ := strings.Cut(n.Text, "\n")
	if runes := []rune(line); len(runes) > titleLength {
		return strings.TrimSpace(string(runes[:titleLength])) + "…"
	}
	return line
}
