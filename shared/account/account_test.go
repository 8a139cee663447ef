package account_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/account/session"
	"github.com/muster-crm/muster/shared/clock"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/log"
	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/mail/dirmail"
	"github.com/muster-crm/muster/shared/org"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
	"github.com/muster-crm/muster/shared/seal"
	"github.com/muster-crm/muster/shared/setting"
	"github.com/muster-crm/muster/shared/store"
	"github.com/muster-crm/muster/shared/store/boltstore"
)

func TestMain(m *testing.M) {
	account.Cheapen()
	os.Exit(m.Run())
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// house is an installation in a folder of its own.
type house struct {
	*account.Accounts
	t     *testing.T
	clock *clock.Manual
	store store.Store
	box   *dirmail.Box
	door  session.Reader
}

func open(t *testing.T) *house {
	clk := clock.At(noon)
	s, err := boltstore.Open(filepath.Join(t.TempDir(), "store"), clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return over(t, s, clk)
}

// over builds the accounts over a store.
func over(t *testing.T, s store.Store, clk *clock.Manual) *house {
	t.Helper()
	box, err := dirmail.Open(filepath.Join(t.TempDir(), "mail"), clk)
	if err != nil {
		t.Fatal(err)
	}
	ids := clock.NewIDs(clk, nil)
	entries := log.New(s, clk, ids)
	directory := org.NewDirectory(s, clk)
	kinds := record.NewRegistry(append(setting.Kinds(), account.Kind())...)
	h := &house{t: t, clock: clk, store: s, box: box, door: session.Reader{Directory: directory, Source: "page"}}
	h.Accounts = account.New(account.Ports{
		Store: s, Log: entries, Directory: directory, Clock: clk, IDs: ids, Mail: box,
		Records: repository.New(repository.Ports{Store: s, Log: entries, Kinds: kinds, Clock: clk, IDs: ids}),
		Ring:    seal.NewRing(org.NewKeys(s, clk), clk),
		From:    mail.Address{Address: "muster@example.org"}, Base: "https://muster.example.org",
	})
	h.SetPace(0)
	return h
}

var visit = account.Visit{Source: "page", Device: "Test browser"}

const (
	ownerMail = "Olga@Example.org"
	password  = "grey pebbles, blue kettle"
	other     = "seven quiet lanterns hum"
)

// found makes an organisation with an owner, and gives the owner's grant.
func (h *house) found(email string) policy.Grant {
	h.t.Helper()
	f, err := h.Found(h.t.Context(), account.Founding{Name: "Harbour Choir", Language: "nl", Country: "BE", TimeZone: "Europe/Brussels",
		OwnerName: "Olga", OwnerEmail: email, Password: password}, "console")
	if err != nil {
		h.t.Fatal(err)
	}
	return f.Grant
}

// user makes a user and gives them a password.
func (h *house) user(g policy.Grant, email string, role policy.Role) *account.User {
	h.t.Helper()
	res, err := h.Create(h.t.Context(), repository.Write{Grant: g}, account.NewUser{Name: "Someone", Email: email, Role: string(role), Invite: true}, visit)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(res.Warnings) > 0 {
		h.t.Fatal(res.Warnings)
	}
	if _, err := h.Redeem(h.t.Context(), h.token(email), password, visit); err != nil {
		h.t.Fatal(err)
	}
	return res.Record.(*account.User)
}

// signIn signs in and gives the token with the identity it stands for.
func (h *house) signIn(login string) (string, session.Identity) {
	h.t.Helper()
	s, err := h.SignIn(h.t.Context(), login, password, visit)
	if err != nil {
		h.t.Fatal(err)
	}
	who, err := h.door.Authenticate(h.t.Context(), s.Token)
	if err != nil {
		h.t.Fatal(err)
	}
	return s.Token, who
}

// letters lists the mails to an address, newest first.
func (h *house) letters(to string) []dirmail.Mail {
	h.t.Helper()
	all, err := h.box.List(h.t.Context(), "", 1000)
	if err != nil {
		h.t.Fatal(err)
	}
	var mine []dirmail.Mail
	for _, m := range all {
		if strings.EqualFold(m.To[0].Address, to) {
			mine = append(mine, m)
		}
	}
	return mine
}

// token takes the link's token out of the newest mail to an address.
func (h *house) token(to string) string {
	h.t.Helper()
	mails := h.letters(to)
	if len(mails) == 0 {
		h.t.Fatalf("no mail to that address")
	}
	_, rest, ok := strings.Cut(mails[0].Text, "https://muster.example.org/welcome/")
	if !ok {
		h.t.Fatalf("no link in %q", mails[0].Text)
	}
	token, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(token)
}

// want holds an error against a kind and a code.
func want(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	if !errors.Is(err, kind) || fault.From(err).Code != code {
		t.Errorf("got %v, want %s: %s", err, kind, code)
	}
}

// wantField holds an error against an Invalid fault at one path.
func wantField(t *testing.T, err error, path, code string) {
	t.Helper()
	if !errors.Is(err, fault.Invalid) {
		t.Errorf("got %v, want %s at %s", err, code, path)
		return
	}
	if f := fault.From(err).Fields; len(f) != 1 || f[0].Path != path || f[0].Code != code {
		t.Errorf("got %v, want %s at %s", f, code, path)
	}
}

// out holds that a token lets nobody in.
func (h *house) out(token string) {
	h.t.Helper()
	_, err := h.door.Authenticate(h.t.Context(), token)
	want(h.t, err, fault.Unauthenticated, "session_expired")
}

// in gives who a token stands for.
func (h *house) in(token string) session.Identity {
	h.t.Helper()
	who, err := h.door.Authenticate(h.t.Context(), token)
	if err != nil {
		h.t.Fatal(err)
	}
	return who
}

// together runs n calls at once and gives their errors.
func together(n int, call func(i int) error) []error {
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			errs[i] = call(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return errs
}

func count(errs []error, is error) (n int) {
	for _, err := range errs {
		if is == nil && err == nil || is != nil && errors.Is(err, is) {
			n++
		}
	}
	return n
}

// everything reads every value of the store's partitions that are the installation's, for what must not be in it.
func everything(t *testing.T, s store.Store, g policy.Grant) string {
	t.Helper()
	var all strings.Builder
	read := func(partition string) {
		page, err := s.Query(context.Background(), store.Query{Partition: partition})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			all.Write(item.Value)
			all.WriteByte('\n')
		}
	}
	id := g.Tenant().ID()
	for n := range org.Buckets {
		read(g.Tenant().Bucket(n))
		read(strings.Replace(g.Tenant().Bucket(n), id+"#r", id+"#h", 1))
	}
	read(id + "#l")
	for _, outside := range []string{"ptr#", "try#"} {
		for n := range 256 {
			const hex = "0123456789abcdef"
			read(outside + string(hex[n/16]) + string(hex[n%16]))
		}
	}
	return all.String()
}
