package file

import (
	"context"
	"errors"
	"time"

	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/store"
)

// Topic is the topic of the due items of uploads.
const Topic = "upload"

// patience is how long a record waits for its upload: far longer than the form is good for.
const patience = 24 * time.Hour

// unfinished is the work of looking after an upload that did not come. Its time follows from the file's id, so that
// whoever holds the id can take it off the list.
func unfinished(t org.Tenant, id string) (org.Due, error) {
	at, err := begun(id)
	return org.Due{Tenant: t, Topic: Topic, Ref: id, At: at.Add(patience)}, err
}

// Expire puts a file whose upload never came into the trash, and takes it off the list of what is due. One that is ready,
// or gone, it leaves as it is. It is harmless to call at any time and any number of times; before the time it does nothing.
func (f *Files) Expire(ctx context.Context, t org.Tenant, id string) error {
	if !idShape.MatchString(id) {
		return nil
	}
	due, err := unfinished(t, id)
	if err != nil || f.Records.Clock.Now().Before(due.At) {
		return err
	}
	g := policy.For(policy.Actor{ID: "system"}, policy.Owner).In(t)
	there, err := f.get(ctx, g, id)
	switch {
	case errors.Is(err, fault.NotFound):
	case err != nil:
		return err
	case there.State == Pending && there.DeletedAt == nil:
		if err := f.Blobs.Delete(ctx, incoming(t, id)); err != nil {
			return err
		}
		if _, err := f.Records.Trash(ctx, repository.Write{Grant: g}, Name, id, there.Version); err != nil {
			return err // Stale: it was made ready this moment, and schedule will ask again
		}
	}
	return f.Records.Store.Apply(ctx, store.Batch{Token: f.Records.IDs.New("d"), Ops: []store.Op{due.Drop()}})
}
