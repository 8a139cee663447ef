package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/muster-crm/muster/infra/local/emulator"
	"github.com/muster-crm/muster/infra/local/launch"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/backup"
	"github.com/muster-crm/muster/shared/backup/archive"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/i18n"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/policy"
)

// move writes a backup to a file or makes an organisation of one, as the command line asks, and says what was done.
func move(ctx context.Context, o launch.Options, site emulator.Site, office *Office) ([]string, error) {
	if o.Backup != "" {
		return keep(ctx, o, office)
	}
	return bring(ctx, o, site, office)
}

// keep writes the backup of an organisation to a file, which is there whole or not at all.
func keep(ctx context.Context, o launch.Options, office *Office) ([]string, error) {
	g, err := ownerOf(ctx, office, o.Link)
	if err != nil {
		return nil, err
	}
	j, err := office.Backups.Create(ctx, g)
	if err != nil {
		return nil, err
	}
	if j, err = office.finish(ctx, g, j.ID); err != nil {
		return nil, err
	}
	r, err := office.Backups.Open(ctx, g, j.ID)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if err := write(o.Backup, r); err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("%s is in %s: %d records, %d changes, %d files.", j.Title, o.Backup, j.Counts["records"], j.Counts["changes"], j.Counts["files"])}, nil
}

func write(name string, r io.Reader) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".backup-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails, as it should, once renamed
	_, err = io.Copy(f, r)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// ownerOf gives the grant of an owner: of a login, or of the only organisation there is.
func ownerOf(ctx context.Context, office *Office, login string) (policy.Grant, error) {
	tenants, _, err := office.Directory.All(ctx, "", 1000)
	if err != nil {
		return policy.Grant{}, err
	}
	var owners []policy.Grant
	for _, t := range tenants {
		console := policy.For(account.System("console"), policy.Owner).In(t)
		for after, more := "", true; more; more = after != "" {
			var users []*account.User
			if users, after, err = office.Accounts.List(ctx, console, false, after, 100); err != nil {
				return policy.Grant{}, err
			}
			for _, u := range users {
				if policy.Role(u.Role) != policy.Owner || u.Blocked != nil || login != "" && u.Login != account.FoldLogin(login) {
					continue
				}
				owners = append(owners, policy.For(policy.Actor{ID: u.ID, Name: u.Name, Source: "import"}, policy.Owner).In(t))
				after = ""
				break
			}
		}
	}
	switch {
	case len(owners) == 1:
		return owners[0], nil
	case len(owners) > 1:
		return policy.Grant{}, errors.New("there are several organisations here; name an owner of the one you mean with -link")
	case login != "":
		return policy.Grant{}, errors.New("nobody of that e-mail address owns an organisation here")
	}
	return policy.Grant{}, errors.New("there is no organisation here")
}

// finish works on a job until it has ended, or has been checked.
func (o *Office) finish(ctx context.Context, g policy.Grant, id string) (*job.Job, error) {
	for {
		if err := o.Runner.Run(ctx, g.Tenant(), id, 0); err != nil {
			return nil, err
		}
		j, err := o.Jobs.Get(ctx, g, id)
		switch {
		case err != nil:
			return nil, err
		case j.State == job.Failed:
			return nil, errors.New(i18n.New(i18n.English, nil).Fault(fault.New(fault.Invalid, j.Failure)))
		case j.State.Ended(), j.State == job.Previewed:
			return j, nil
		}
		select { // the queue of the site was quicker: wait for it
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// bring makes an organisation of a file, owned by the first owner in it.
func bring(ctx context.Context, o launch.Options, site emulator.Site, office *Office) ([]string, error) {
	f, err := os.Open(o.Restore)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	name, owner, err := opening(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Restore, err)
	}
	founded, err := office.Accounts.Found(ctx, account.Founding{Name: name, OwnerName: owner.Name, OwnerEmail: owner.Email, Language: owner.Language}, "import")
	if errors.Is(err, fault.Conflict) {
		return nil, fmt.Errorf("%s signs in to an organisation here already; restore into another data folder", owner.Email)
	}
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	j, err := office.Backups.Take(ctx, founded.Grant, filepath.Base(o.Restore), f)
	if err != nil {
		return nil, err
	}
	for _, begin := range []func(context.Context, policy.Grant, string) (*job.Job, error){office.Backups.Check, office.Backups.Run} {
		if _, err := begin(ctx, founded.Grant, j.ID); err != nil {
			return nil, err
		}
		if j, err = office.finish(ctx, founded.Grant, j.ID); err != nil {
			return nil, err
		}
	}
	return []string{
		fmt.Sprintf("%s is restored: %d records, %d changes, %d files.", name, j.Counts["records"], j.Counts["changes"], j.Counts["files"]),
		fmt.Sprintf("%s signs in once with %s", owner.Email, account.WelcomeURL(site.URL, founded.Link)),
	}, nil
}

var errOpened = errors.New("enough was read")

// opening reads whose a backup is: the name of the organisation, and its first owner.
func opening(f *os.File) (name string, owner account.User, err error) {
	info, err := f.Stat()
	if err != nil {
		return "", owner, err
	}
	r := archive.NewReader(f, info.Size(), archive.Mark{})
	_, err = r.Member(func(e archive.Entry) error {
		switch {
		case e.Name == archive.HeadName:
			head, err := archive.ReadHead(e)
			name = head.Organisation
			return err
		case !strings.HasPrefix(e.Name, archive.Records):
			return nil
		}
		block, err := e.Block()
		if err != nil {
			return err
		}
		return archive.Lines(block, func(line archive.Record) error {
			u, ok := backup.Owner(line)
			if !ok {
				return nil
			}
			owner = u
			return errOpened
		})
	})
	if errors.Is(err, errOpened) {
		return name, owner, nil
	}
	if err == nil {
		err = errors.New("no owner is in it")
	}
	return "", owner, err
}
