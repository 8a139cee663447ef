// Package uitest opens pages in Chromium for tests: with a keyboard, at any size, in the light and in the dark, and
// holds them to what every page of the product promises (Audit): nothing for axe to find, no sideways scrolling, no
// message in the console, no report of the content security policy.
//
// A test is left out where Chromium or axe-core is missing (package need). MUSTER_SCREENS names a folder for the
// pictures that Shot takes; without it none are taken.
package uitest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/muster-crm/muster/infra/need"
)

// Browser is a running Chromium.
type Browser struct {
	ctx context.Context
	axe string
}

// Start runs Chromium for the length of the test.
func Start(t testing.TB) *Browser {
	t.Helper()
	one := &Shared{}
	t.Cleanup(one.Close)
	return one.Browser(t)
}

// Shared is one Chromium for all tests of a package: the first that asks starts it, TestMain closes it.
type Shared struct {
	once sync.Once
	ctx  context.Context
	stop context.CancelFunc
	err  error
}

// Browser gives the running Chromium.
func (s *Shared) Browser(t testing.TB) *Browser {
	t.Helper()
	path, axe := need.Chromium(t), need.Axe(t)
	s.once.Do(func() {
		s.ctx, s.stop = chromedp.NewContext(context.Background(), chromedp.WithAllocatorOptions(chromedp.ExecPath(path), chromedp.NoSandbox))
		s.err = chromedp.Do(s.ctx, chromedp.Navigate("about:blank"))
	})
	if s.err != nil {
		t.Fatalf("start Chromium: %v", s.err)
	}
	return &Browser{ctx: s.ctx, axe: axe}
}

// Close ends Chromium, if it was started.
func (s *Shared) Close() {
	if s.stop != nil {
		s.stop()
	}
}

// Tab is a tab with cookies of its own.
type Tab struct {
	t   testing.TB
	ctx context.Context
	axe string

	mu       sync.Mutex
	messages []string
}

// patience is how long a tab waits for anything before it calls that a failure.
const patience = 20 * time.Second

// Tab opens a tab for the length of the test, 1440 x 900.
func (b *Browser) Tab(t testing.TB) *Tab {
	t.Helper()
	tab := &Tab{t: t, axe: b.axe}
	ctx, stop := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(tab.listen))
	t.Cleanup(stop)
	tab.ctx = ctx
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as the context it is first used with
		t.Fatal(err)
	}
	tab.Size(1440, 900)
	tab.Dark(false)
	return tab
}

// listen keeps what the page complains about. It must not block.
func (tab *Tab) listen(event any) {
	var text string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text = "exception: " + e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level != cdplog.EntryLevelError && e.Entry.Level != cdplog.EntryLevelWarning {
			return
		}
		text = string(e.Entry.Source) + ": " + e.Entry.Text + " " + e.Entry.URL
	case *runtime.EventConsoleAPICalled:
		text = "console." + string(e.Type)
	case *page.EventJavascriptDialogOpening:
		if e.Type == page.DialogTypeBeforeunload {
			return
		}
		text = "a dialog opened: " + e.Message
	default:
		return
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.messages = append(tab.messages, text)
}

func (tab *Tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tab.t.Fatal(err)
	}
}

// Size sets the size of the window in CSS pixels. Below 500 wide it is a phone with touch.
func (tab *Tab) Size(width, height int64) {
	tab.t.Helper()
	if width < 500 {
		tab.do(chromedp.EmulateViewport(width, height, chromedp.EmulateMobile, chromedp.EmulateTouch))
		return
	}
	tab.do(chromedp.EmulateViewport(width, height))
}

// Dark makes the reader's device prefer dark pages, or light ones.
func (tab *Tab) Dark(on bool) {
	tab.t.Helper()
	scheme := "light"
	if on {
		scheme = "dark"
	}
	tab.media("", &emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme}, &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
}

// Print shows the page as it would be printed.
func (tab *Tab) Print() {
	tab.t.Helper()
	tab.media("print")
}

func (tab *Tab) media(kind string, features ...*emulation.MediaFeature) {
	tab.t.Helper()
	_, err := chromedp.Call(tab.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: kind, Features: features})
	if err != nil {
		tab.t.Fatal(err)
	}
}

// Scripts switches JavaScript on or off.
func (tab *Tab) Scripts(on bool) {
	tab.t.Helper()
	_, err := chromedp.Call(tab.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	if err != nil {
		tab.t.Fatal(err)
	}
}

// Cookie gives the tab a cookie for an address.
func (tab *Tab) Cookie(address, name, value string) {
	tab.t.Helper()
	if _, err := chromedp.Call(tab.ctx, network.SetCookie, network.SetCookieParams{URL: address, Name: name, Value: value}); err != nil {
		tab.t.Fatal(err)
	}
}

// Open goes to an address and waits until the page is there.
func (tab *Tab) Open(address string) {
	tab.t.Helper()
	tab.do(chromedp.Navigate(address))
}

// Back goes back to the page before, as the browser's button does.
func (tab *Tab) Back() {
	tab.t.Helper()
	from := tab.Eval(`location.href`)
	tab.Eval(`history.back()`)
	// A page that the browser has kept is there again without being loaded.
	tab.Until(`location.href !== "` + from + `" && document.readyState === "complete"`)
}

// File chooses a file in the first element that a CSS selector finds.
func (tab *Tab) File(selector, path string) {
	tab.t.Helper()
	tab.do(chromedp.SetUploadFiles(chromedp.CSS(selector), []string{path}))
}

// Keys presses keys one after the other: text, or the special keys of package kb. A key that the page takes for itself
// types nothing, as on a real keyboard.
func (tab *Tab) Keys(keys string, options ...chromedp.KeyOption) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	for _, r := range keys {
		events := kb.Encode(r)
		for i, e := range events {
			if e.Type == input.DispatchKeyEventTypeChar {
				continue
			}
			if i+1 < len(events) && events[i+1].Type == input.DispatchKeyEventTypeChar {
				e.Type, e.Text, e.UnmodifiedText = input.DispatchKeyEventTypeKeyDown, events[i+1].Text, events[i+1].UnmodifiedText
			}
			for _, option := range options {
				option(e)
			}
			if e.Modifiers&^int64(chromedp.ModifierShift) != 0 {
				e.Text, e.UnmodifiedText = "", ""
			}
			if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, *e); err != nil {
				tab.t.Fatal(err)
			}
		}
	}
}

// sight waits until the first element that a CSS selector finds is shown, and gives what a JavaScript expression says of
// it there and then: e is the element. The page is asked anew each time, so it may change meanwhile.
func (tab *Tab) sight(selector, expression string) string {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	look := fmt.Sprintf(`(() => { const e = document.querySelector(%q); return e && e.checkVisibility() && e.getClientRects().length ? String(%s) : 'unseen'; })()`, selector, expression)
	for {
		if answer, err := chromedp.Run(ctx, chromedp.Evaluate[string](look)); err == nil && answer != "unseen" {
			return answer
		}
		select {
		case <-ctx.Done():
			tab.t.Fatalf("%s was not to be seen at %s", selector, tab.Eval("location.href"))
		case <-again.C:
		}
	}
}

// spot scrolls to the first element that a CSS selector finds, once it is shown, and gives where its middle is.
func (tab *Tab) spot(selector string) (x, y float64) {
	tab.t.Helper()
	at := tab.sight(selector, `(e.scrollIntoViewIfNeeded(), ((r) => (r.x + r.width / 2) + ' ' + (r.y + r.height / 2))(e.getClientRects()[0]))`)
	if _, err := fmt.Sscan(at, &x, &y); err != nil {
		tab.t.Fatalf("%s is at %q: %v", selector, at, err)
	}
	return x, y
}

// Click clicks the first element that a CSS selector finds, once it is in sight.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	tab.do(chromedp.MouseClickXY(tab.spot(selector)))
}

// Follow clicks like Click and waits until the page it leads to is there; it works without JavaScript too.
func (tab *Tab) Follow(selector string) {
	tab.t.Helper()
	x, y := tab.spot(selector)
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.MouseClickXY(x, y)); err != nil {
		tab.t.Fatalf("%s: %v", selector, err)
	}
}

// Submit presses Enter where the focus is and waits until the page that leads to is there.
func (tab *Tab) Submit() {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		tab.t.Fatalf("Enter: %v", err)
	}
}

// Type writes into the first element that a CSS selector finds.
func (tab *Tab) Type(selector, text string) {
	tab.t.Helper()
	tab.sight(selector, `e.focus()`)
	tab.Keys(text)
}

// Eval gives the value of a JavaScript expression as text (numbers and flags in their JavaScript form).
func (tab *Tab) Eval(expression string) string {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => String(await (`+expression+`)))()`, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// Until waits until a JavaScript expression is true, over page changes too.
func (tab *Tab) Until(expression string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	wait := `(async () => { while (document.readyState !== 'complete' || !(` + expression + `)) await new Promise((next) => setTimeout(next, 20)); return 'yes'; })()`
	for {
		// A page that goes away takes the waiting with it; the next page is asked again.
		answer, err := chromedp.Run(ctx, chromedp.Evaluate[string](wait, chromedp.EvalAwaitPromise))
		if err == nil && answer == "yes" {
			return
		}
		if ctx.Err() != nil {
			tab.t.Fatalf("never came true: %s (at %s)", expression, tab.Eval("location.href"))
		}
	}
}

// Shot takes a picture of the whole page into the folder MUSTER_SCREENS, where that is set.
func (tab *Tab) Shot(name string) {
	tab.t.Helper()
	dir := os.Getenv("MUSTER_SCREENS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	shot, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	if err != nil {
		tab.t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		tab.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), shot.Data, 0o644); err != nil {
		tab.t.Fatal(err)
	}
}

// finding is what axe reports, as far as it is shown.
type finding struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// Audit fails the test for everything the page as it stands does not keep: accessibility as far as axe can see it
// (WCAG 2.2 A and AA and its best practices), no sideways scrolling, a quiet console, no refusal by the content
// security policy. what names the page in the failure.
func (tab *Tab) Audit(what string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](tab.axe+"; undefined")); err != nil {
		tab.t.Fatalf("%s: axe: %v", what, err)
	}
	report := tab.Eval(`axe.run(document, { resultTypes: ['violations'], selectors: false, preload: false }).then((r) => JSON.stringify(r.violations))`)
	var found []finding
	if err := json.Unmarshal([]byte(report), &found); err != nil {
		tab.t.Fatalf("%s: axe: %v", what, err)
	}
	for _, f := range found {
		for i, n := range f.Nodes {
			if i == 3 {
				tab.t.Errorf("%s: %s: and %d more", what, f.ID, len(f.Nodes)-i)
				break
			}
			tab.t.Errorf("%s: %s (%s): %s\n%s", what, f.ID, f.Help, n.HTML, n.Summary)
		}
	}
	tab.Fits(what)
}

// Fits is the quick part of Audit: no sideways scrolling, a quiet console.
func (tab *Tab) Fits(what string) {
	tab.t.Helper()
	if wide := tab.Eval(sideways); wide != "" {
		tab.t.Errorf("%s: scrolls sideways: %s", what, wide)
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	if len(tab.messages) > 0 {
		tab.t.Errorf("%s: the console says: %s", what, strings.Join(tab.messages, "; "))
		tab.messages = nil
	}
}

// Excuse lets go of what the console said about something that belongs to the test, such as a page that is refused.
func (tab *Tab) Excuse(text string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.messages = slices.DeleteFunc(tab.messages, func(said string) bool { return strings.Contains(said, text) })
}

// sideways names the elements that reach beyond the window, when the page scrolls sideways.
const sideways = `(() => {
	const root = document.documentElement;
	if (root.scrollWidth <= root.clientWidth) return '';
	const clipped = (e) => { for (let p = e; p; p = p.parentElement) { const s = getComputedStyle(p); if (s.position === 'fixed' || (p !== e && /auto|scroll|hidden|clip/.test(s.overflowX))) return true; } return false; };
	return root.scrollWidth + ' > ' + root.clientWidth + ': ' + [...document.body.querySelectorAll('*')]
		.filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !clipped(e))
		.slice(0, 5).map((e) => e.tagName + '.' + e.className).join(', ');
})()`

// Where is the address of the page, without its origin.
func (tab *Tab) Where() string {
	tab.t.Helper()
	return tab.Eval("location.pathname + location.search")
}
