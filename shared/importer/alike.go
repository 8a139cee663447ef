package importer

import (
	"context"

	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// compared is how many of the rows that would be new contacts a preview holds against those who are there, by the scorer of
// all doors (DUP-08). It takes some milliseconds a row in a large organisation; once the rows are in, the inbox of duplicates
// compares them all.
const compared = 500

// maxAlike is how many a row is said to be like.
const maxAlike = 3

// alikeCode is the code of the note a row gets that may be of somebody who is there already; rows that have it are counted
// under that name.
const alikeCode = "alike"

// compare notes who is alike the new contacts among the pending rows of a preview, before which done others were compared.
func (w *work) compare(ctx context.Context, done int64) error {
	var alike func(record.Record) ([]repository.Candidate, error)
	for i := range w.pending {
		p := &w.pending[i]
		if p.result.Result != Create {
			continue
		}
		if done++; done > compared {
			return nil
		}
		if alike == nil {
			var err error
			if alike, err = w.Records.AlikeAmong(ctx, w.grant, contact.Name); err != nil {
				return err
			}
		}
		found, err := alike(p.draft.Contact)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			continue
		}
		note := Reason{Code: alikeCode, Note: true}
		for _, c := range found[:min(len(found), maxAlike)] {
			note.Others = append(note.Others, fault.Clash{ID: c.ID, Title: c.Title})
		}
		p.result.Reasons = append(p.result.Reasons, note)
	}
	return nil
}

// isAlike tells whether a row was found to be alike somebody.
func (r RowResult) isAlike() bool {
	for _, why := range r.Reasons {
		if why.Code == alikeCode {
			return true
		}
	}
	return false
}
