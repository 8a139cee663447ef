package ui

import "github.com/a-h/templ"

// hooks are the attributes by which the script knows what an action does.
func hooks(a Action) templ.Attributes {
	h := templ.Attributes{}
	if a.Key != "" {
		h["data-key"] = a.Key
	}
	if a.Dialog != "" {
		h["data-dialog"] = a.Dialog
	}
	if a.Into != "" {
		h["data-into"] = a.Into
	}
	if a.Preview {
		h["data-preview"] = a.Href
	}
	return h
}

// key is the keyboard shortcut of an element.
func key(k string) templ.Attributes {
	if k == "" {
		return nil
	}
	return templ.Attributes{"data-key": k}
}

// into is the region that the answer to a form replaces.
func into(a Action) templ.Attributes {
	if a.Into == "" {
		return nil
	}
	return templ.Attributes{"data-into": a.Into}
}

// place marks a link to where the reader is, and its shortcut.
func place(l Link) templ.Attributes {
	if l.Current {
		h := templ.Attributes{"aria-current": "page"}
		if l.Key != "" {
			h["data-key"] = l.Key
		}
		return h
	}
	return key(l.Key)
}

// pressed marks a link that switches something on and off.
func pressed(on bool) templ.Attributes {
	if !on {
		return nil
	}
	return templ.Attributes{"aria-current": "true"}
}
