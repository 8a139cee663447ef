package app

import (
	"io"
	"strings"

	"golang.org/x/net/html"
)

// inert fails the test for a page that holds markup the templates would not write: whatever comes from people has to
// arrive as text.
func (p page) inert() {
	p.t.Helper()
	if p.Status >= 500 {
		p.t.Errorf("%s: %d", p.Path, p.Status)
	}
	z := html.NewTokenizer(strings.NewReader(p.Body))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				p.t.Errorf("%s: %v", p.Path, z.Err())
			}
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			if why := p.hostile(token); why != "" {
				p.t.Errorf("%s: %s: %s", p.Path, why, token)
			}
			if token.Data == "script" && z.Next() == html.TextToken && strings.TrimSpace(string(z.Text())) != "" {
				p.t.Errorf("%s: a script of its own: %s", p.Path, z.Text())
			}
		case html.CommentToken:
			p.t.Errorf("%s: a comment: %s", p.Path, z.Token())
		}
	}
}

// elements are those the components write.
var elements = func() map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(`html head meta title link script body a div span nav article ul ol li p i h1 h2 h3 header main aside section footer form input button label select option optgroup
		textarea fieldset legend details summary kbd strong small dl dt dd dialog table caption thead tbody tr th td code mark datalist template svg rect progress time del ins img noscript`) {
		all[name] = true
	}
	return all
}()

func (p page) hostile(t html.Token) string {
	if !elements[t.Data] {
		return "an element of somebody else's"
	}
	for _, a := range t.Attr {
		switch {
		case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc", strings.ContainsAny(a.Key, `"'<`):
			return "an attribute that acts"
		case a.Key == "src", a.Key == "href" && t.Data == "link":
			if !strings.HasPrefix(a.Val, "/assets/") {
				return "something of elsewhere"
			}
		case a.Key == "href", a.Key == "action", a.Key == "formaction", strings.HasPrefix(a.Key, "data-") && strings.Contains(a.Val, ":") && a.Key == "data-preview":
			scheme, _, ok := strings.Cut(a.Val, ":")
			if ok && !strings.ContainsAny(scheme, "/?#") && scheme != "mailto" && scheme != "tel" && scheme != "https" && scheme != "http" {
				return "an address that acts"
			}
		}
	}
	return ""
}
