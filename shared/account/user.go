package account

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/muster-crm/muster/shared/mail"
	"github.com/muster-crm/muster/shared/policy"
	"github.com/muster-crm/muster/shared/record"
)

// Name is the name of the kind of users.
const Name = "user"

// usersOwner owns the records of all users, so that one query lists them.
const usersOwner = "users"

// Kind describes users.
func Kind() *record.Kind {
	return record.Define[User](Name, "users", "usr", record.Unindexed(), record.Managed(), record.OwnedBy(usersOwner))
}

// User is somebody who can sign in to the back office.
type User struct {
	record.Meta
	Login        string     `json:"login,omitempty" field:"system,max=254"` // what is typed to sign in, folded
	Name         string     `json:"name,omitempty" field:"required,max=100"`
	Email        string     `json:"email,omitempty" field:"required,email,max=254"` // as typed; where mail goes
	Role         string     `json:"role,omitempty" field:"required,code,max=20"`
	Language     string     `json:"language,omitempty" field:"required,list=language"`
	Entity       string     `json:"entity,omitempty" field:"ref=entity"` // where what the user makes begins (CLS-05)
	Blocked      *Block     `json:"blocked,omitempty" field:"system"`
	InvitedAt    *time.Time `json:"invitedAt,omitempty" field:"system"`
	FirstLoginAt *time.Time `json:"firstLoginAt,omitempty" field:"derived"` // kept in the access item, as is the last
	LastLoginAt  *time.Time `json:"lastLoginAt,omitempty" field:"derived"`
}

// Block says since when, why and by whom a user is kept out.
type Block struct {
	At     time.Time `json:"at,omitzero" field:"system"`
	Reason string    `json:"reason,omitempty" field:"system,max=500"`
	By     string    `json:"by,omitempty" field:"system"`
}

// Title gives the user's name.
func (u *User) Title() string { return u.Name }

// Normalize derives the login from the e-mail address.
func (u *User) Normalize(*record.Env) { u.Login = FoldLogin(u.Email) }

// Validate checks the e-mail address and the role.
func (u *User) Validate(*record.Env) []record.Problem {
	var p []record.Problem
	if _, err := mail.ASCII(u.Email); err != nil && u.Email != "" {
		p = append(p, record.Problem{Path: "email", Code: "email_invalid"})
	}
	if u.Role != "" && !slices.Contains(policy.Roles(), policy.Role(u.Role)) {
		p = append(p, record.Problem{Path: "role", Code: "bad_choice"})
	}
	return p
}

// active reports whether the user could sign in.
func (u *User) active() bool { return u != nil && u.DeletedAt == nil && u.Blocked == nil }

// owns reports whether the user is an owner who can sign in.
func (u *User) owns() bool { return u.active() && policy.Role(u.Role) == policy.Owner }

// FoldLogin gives a login as it is compared: without surrounding space, NFC, without regard to case.
func FoldLogin(login string) string {
	return cases.Fold().String(norm.NFC.String(strings.TrimSpace(login)))
}
