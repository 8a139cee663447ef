package demo

import (
	"context"
	"encoding/json"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/contact"
	"github.com/muster-crm/muster/shared/file"
	"github.com/muster-crm/muster/shared/importer"
	"github.com/muster-crm/muster/shared/job"
	"github.com/muster-crm/muster/shared/kernel"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/setting"
)

const timeZone = "Europe/Brussels"

// Those who work in the office, by their place in story.users.
const (
	olivia = iota
	wannes
	ines
	tomas
	hilde
)

// story is the organisation while it is made: first everything that happens is planned, then it is told in order.
type story struct {
	*kernel.Kernel
	clock    *clock.Manual
	rand     *rand.Rand
	more     *rand.Rand // of what stands beside people, see around.go
	accounts *account.Accounts
	imports  *importer.Importer
	runner   *job.Runner
	files    *file.Files

	start, now time.Time // in the organisation's time zone
	owner      *account.User
	users      []user
	people     []*person
	events     []event
	mobiles    int             // numbers given out, so that each is one person's
	licences   int             // of the federation, given out
	emails     map[string]bool // addresses given out

	own     bool              // the club's own settings are there
	set     map[string]string // ids of its sections, stores and client groups, by name
	homesOf map[int]*home     // households of several people, by their number
}

// user is somebody who works in the office.
type user struct {
	id    string
	grant policy.Grant
}

// person is somebody in the records.
type person struct {
	home     int // the household
	joined   time.Time
	business *business        // that they speak for
	at       *contact.Contact // as the records have them once they have joined
}

// event is something that happens.
type event struct {
	at time.Time
	do func(context.Context) error
}

// on plans an event.
func (s *story) on(at time.Time, do func(context.Context) error) {
	if at.Before(s.now) {
		s.events = append(s.events, event{at, do})
	}
}

// tell lets happen what is planned, and what that leads to, in the order of time, and ends now.
func (s *story) tell(ctx context.Context) error {
	slices.SortStableFunc(s.events, func(a, b event) int { return a.at.Compare(b.at) })
	for _, e := range s.events {
		s.clock.Set(e.at)
		if err := e.do(ctx); err != nil {
			return err
		}
	}
	s.clock.Set(s.now)
	return nil
}

// found makes the organisation, its settings, its fields and those who work in its office.
func (s *story) found(ctx context.Context, o Owner) error {
	founded, err := s.accounts.Found(ctx, account.Founding{Name: Name, Language: "en", Country: "BE", TimeZone: timeZone,
		OwnerName: "Olivia Ashworth", OwnerEmail: o.Email, Password: o.Password}, "page")
	if err != nil {
		return err
	}
	s.owner, s.emails = founded.Owner, map[string]bool{}
	s.users = []user{{founded.Owner.ID, founded.Grant.Via("telephone")}}
	write := repository.Write{Grant: s.users[olivia].grant}
	if _, err := s.Records.Patch(ctx, write, setting.Name, setting.Owner, repository.AnyVersion, encode(map[string]any{
		"languages": []string{"en", "nl", "fr", "es"}})); err != nil {
		return err
	}
	if err := s.setUp(ctx, write); err != nil {
		return err
	}
	for _, n := range []account.NewUser{
		{Name: "Wannes Peeters", Email: "wannes@demo.example", Role: string(policy.Admin), Language: "nl"},
		{Name: "Inès Lambert", Email: "ines@demo.example", Role: string(policy.Editor), Language: "fr"},
		{Name: "Tomás Ibáñez", Email: "tomas@demo.example", Role: string(policy.Reader), Language: "es"},
		{Name: "Hilde Baert", Email: "hilde@demo.example", Role: string(policy.Editor), Language: "nl"},
	} {
		s.clock.Advance(4 * time.Minute)
		res, err := s.accounts.Create(ctx, write, n, account.Visit{})
		if err != nil {
			return err
		}
		id := res.Record.Base().ID
		s.users = append(s.users, user{id, policy.For(policy.Actor{ID: id, Name: n.Name}, policy.Role(n.Role)).
			In(founded.Grant.Tenant()).Via("telephone")})
	}
	return nil
}

// visits lets some of the office come in just before now (a link of years ago would be void by the store's clock), and one
// leave for good.
func (s *story) visits() {
	for i, login := range []string{"wannes@demo.example", "ines@demo.example"} {
		s.on(s.now.Add(-time.Duration(17+24*i)*time.Minute), func(ctx context.Context) error {
			token, err := s.accounts.Link(ctx, login)
			if err == nil {
				_, err = s.accounts.Redeem(ctx, token, "", account.Visit{Source: "page", Device: "Firefox on Linux"})
			}
			return err
		})
	}
	s.on(s.start.AddDate(2, 3, 0), func(ctx context.Context) error {
		_, err := s.accounts.Block(ctx, repository.Write{Grant: s.users[wannes].grant}, s.users[hilde].id, "Left the office")
		return err
	})
}

// edit patches a person who is not in the trash.
func (s *story) edit(ctx context.Context, who int, p *person, patch map[string]any) error {
	if p.at.DeletedAt != nil || len(patch) == 0 {
		return nil
	}
	res, err := s.Records.Patch(ctx, s.by(who), contact.Name, p.at.ID, repository.AnyVersion, encode(patch))
	return p.keep(res, err)
}

// revert takes a person's last change back.
func (s *story) revert(ctx context.Context, who int, p *person) error {
	changes, _, err := s.Records.History(ctx, s.users[who].grant, contact.Name, p.at.ID, 0, 1)
	if err != nil {
		return err
	}
	res, err := s.Records.Revert(ctx, s.by(who), contact.Name, p.at.ID, repository.AnyVersion, changes[0].Seq, nil)
	return p.keep(res, err)
}

func (s *story) trash(ctx context.Context, who int, p *person) error {
	res, err := s.Records.Trash(ctx, s.by(who), contact.Name, p.at.ID, repository.AnyVersion)
	return p.keep(res, err)
}

func (s *story) restore(ctx context.Context, who int, p *person) error {
	res, err := s.Records.Restore(ctx, s.by(who), contact.Name, p.at.ID, repository.AnyVersion, repository.DropNone)
	return p.keep(res, err)
}

func (s *story) by(who int) repository.Write { return repository.Write{Grant: s.users[who].grant} }

// keep notes what a write made of a person.
func (p *person) keep(res repository.Result, err error) error {
	if err == nil {
		p.at = res.Record.(*contact.Contact)
	}
	return err
}

// join makes people in as few commits as they fit in.
func (s *story) join(ctx context.Context, w repository.Write, people []*person) error {
	for lot := range lots(people) {
		outcomes, err := s.Records.CreateMany(ctx, w, contact.Name, records(lot), nil)
		if err != nil {
			return err
		}
		for i, out := range outcomes {
			if err := lot[i].keep(out.Result, out.Err); err != nil {
				return err
			}
		}
		s.clock.Advance(3 * time.Minute)
	}
	return nil
}

// lots cuts people into as few groups as one commit each can hold.
func lots(people []*person) iter.Seq[[]*person] {
	const most = 90 // operations of one commit
	return func(yield func([]*person) bool) {
		for len(people) > 0 {
			n := 0
			for cost := 0; n < len(people); n++ {
				if cost += repository.Cost(people[n].at); cost > most {
					break
				}
			}
			if !yield(people[:n]) {
				return
			}
			people = people[n:]
		}
	}
}

func records(people []*person) []record.Record {
	all := make([]record.Record, len(people))
	for i, p := range people {
		all[i] = p.at
	}
	return all
}

// encode gives the JSON of a value made here.
func encode(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("demo: " + err.Error()) // only maps, lists and texts are given
	}
	return raw
}

// pick chooses one of a list, at random.
func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// chance is true so many times in a hundred.
func (s *story) chance(percent int) bool { return s.rand.IntN(100) < percent }

// between gives a number from low to high.
func (s *story) between(low, high int) int { return low + s.rand.IntN(high-low+1) }

// office moves a day to a moment at which the office is open.
func (s *story) office(day time.Time) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, s.between(9, 17), s.rand.IntN(60), s.rand.IntN(60), 0, day.Location())
}

// clerk chooses who of the office does something.
func (s *story) clerk() int { return []int{olivia, wannes, wannes, ines, ines, ines}[s.rand.IntN(6)] }
