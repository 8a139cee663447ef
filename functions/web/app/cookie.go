package app

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/muster-crm/muster/functions/web/ui"
	"github.com/muster-crm/muster/shared/account"
	"github.com/muster-crm/muster/shared/fault"
	"github.com/muster-crm/muster/shared/preference"
	"github.com/muster-crm/muster/shared/seal"
)

// sessionCookie is the name of the cookie that holds the session's token. The prefix makes browsers refuse it from
// anywhere but this very host over https; on the machine itself there is no https.
func (x *exchange) sessionCookie() string {
	if x.secure {
		return "__Host-muster"
	}
	return "muster"
}

func (x *exchange) cookie(name string) string {
	c, err := x.r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

func (x *exchange) setCookie(name, value string, age time.Duration, hidden bool) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", Secure: x.secure, HttpOnly: hidden, SameSite: http.SameSiteLaxMode, MaxAge: int(age / time.Second)}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(x.w, c)
}

// startSession gives the browser the session that was just made.
func (x *exchange) startSession(s account.Session) {
	x.setCookie(x.sessionCookie(), s.Token, s.Expires.Sub(x.app.Records.Clock.Now()), true)
}

// endSession takes the session's token from the browser.
func (x *exchange) endSession() { x.setCookie(x.sessionCookie(), "", 0, true) }

// keep remembers a taste of the reader in this browser for a year; "" forgets it.
func (x *exchange) keep(name, value string) { x.setCookie(name, value, 365*24*time.Hour, false) }

// likes gives what the reader likes to see, in any browser. A list is shown as usual rather than not at all when that
// cannot be read.
func (x *exchange) likes() preference.Preferences {
	if x.liked == nil {
		p, err := x.app.Likes.Of(x.ctx(), x.who.Grant)
		if err != nil {
			x.app.Log.WarnContext(x.ctx(), "preferences not read", "request", x.id, "error", err.Error())
		}
		x.liked = &p
	}
	return *x.liked
}

// prefer changes what the reader likes to see.
func (x *exchange) prefer(change func(*preference.Preferences)) error {
	if !x.signedIn() {
		return fault.New(fault.Unauthenticated, "unauthenticated")
	}
	x.liked = nil
	return x.app.Likes.Keep(x.ctx(), x.who.Grant, change)
}

func (x *exchange) theme() ui.Theme {
	switch t := ui.Theme(x.cookie("theme")); t {
	case ui.LightTheme, ui.DarkTheme:
		return t
	}
	return ui.AutoTheme
}

const (
	noticeCookie               = "notice"
	noticePurpose seal.Purpose = "notice"
	noticeSpan                 = time.Minute
	maxNotice                  = 3000
)

// note is the quiet line of the next page: what happened and how to take it back.
type note struct {
	Text string
	Tone ui.Tone    `json:",omitempty"`
	Undo string     `json:",omitempty"` // address that takes it back, by POST
	With []ui.Value `json:",omitempty"` // sent along
	More *ui.Link   `json:",omitempty"`
	Next []ui.Link  `json:",omitempty"` // what may follow
}

// say leaves a notice for the page that follows. It travels sealed in a cookie, since it may name people.
func (x *exchange) say(n note) {
	plain, err := json.Marshal(n)
	if err != nil || len(plain) > maxNotice {
		return
	}
	sealed, err := x.app.Ring.Seal(x.ctx(), noticePurpose, plain, x.who.Session)
	if err != nil {
		x.app.Log.WarnContext(x.ctx(), "notice not sealed", "request", x.id, "error", err.Error())
		return
	}
	x.setCookie(noticeCookie, sealed, noticeSpan, true)
}

// takeNotice reads the notice left for this page and takes it away.
func (x *exchange) takeNotice() *ui.Notice {
	sealed := x.cookie(noticeCookie)
	if sealed == "" {
		return nil
	}
	x.setCookie(noticeCookie, "", 0, true)
	plain, err := x.app.Ring.Open(x.ctx(), noticePurpose, sealed, x.who.Session)
	if err != nil {
		return nil // another session's, or too old a key
	}
	var n note
	if json.Unmarshal(plain, &n) != nil {
		return nil
	}
	return x.notice(n)
}

func (x *exchange) notice(n note) *ui.Notice {
	shown := &ui.Notice{Text: n.Text, Tone: n.Tone, More: n.More, Next: n.Next}
	if n.Undo != "" {
		shown.Undo = &ui.Action{Label: x.p.T("action.undo"), Icon: "undo", Href: n.Undo, Post: true,
			Values: append(n.With, ui.Value{Name: ui.KeyName, Value: x.newKey()})}
	}
	return shown
}
