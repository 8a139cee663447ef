package svg

import (
	"slices"
	"strings"

	"github.com/muster-crm/muster/shared/fault"
)

// maxUsing is how many rules of style sheets may use parts of the drawing.
const maxUsing = 500

// bounds counts what elements are drawn with.
type bounds struct {
	named map[string]*node
	rules []rule // those that use parts of the drawing
}

// bounded refuses a drawing whose parts use each other so often that it grows without measure, or in circles.
func bounded(root *node, rules []rule) error {
	b := &bounds{named: map[string]*node{}}
	for _, r := range rules {
		if len(targets(r.body)) > 0 {
			b.rules = append(b.rules, r)
		}
	}
	if len(b.rules) > maxUsing {
		return fault.Bad("file", "svg_complex")
	}
	b.collect(root)
	if b.count(root) > maxDrawn {
		return fault.Bad("file", "svg_complex")
	}
	return nil
}

func (b *bounds) collect(n *node) {
	if id := n.attr("id"); id != "" && b.named[id] == nil {
		b.named[id] = n
	}
	for _, c := range n.children {
		b.collect(c)
	}
}

// count gives the number of elements one is drawn with, itself included, or more than maxDrawn.
func (b *bounds) count(n *node) int {
	switch {
	case n.drawn > 0:
		return n.drawn
	case n.drawn < 0:
		return maxDrawn + 1 // it uses itself
	}
	n.drawn = -1
	total := 1
	for _, c := range n.children {
		total = min(total+b.count(c), maxDrawn+1)
	}
	for _, id := range b.uses(n) {
		// A gradient may take over from another, and is one all the same.
		if used := b.named[id]; used != nil && !strings.HasSuffix(used.name, "Gradient") {
			total = min(total+b.count(used), maxDrawn+1)
		}
	}
	n.drawn = total
	return total
}

// uses gives the names of what an element is drawn with: by itself, or by a rule that may be about it.
func (b *bounds) uses(n *node) []string {
	var ids []string
	for _, a := range n.attrs {
		if a.name == "href" && !strings.HasSuffix(n.name, "Gradient") {
			ids = append(ids, strings.TrimPrefix(a.value, "#"))
		}
		ids = append(ids, targets(a.value)...)
	}
	if n.name == "" {
		return ids
	}
	for _, r := range b.rules {
		if r.concerns(n) {
			ids = append(ids, targets(r.body)...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// concerns reports whether a rule may be about an element; it says so too often rather than too rarely.
func (r rule) concerns(n *node) bool {
	if strings.Contains(r.selector, "*") || strings.Contains(r.selector, n.name) {
		return true
	}
	if id := n.attr("id"); id != "" && strings.Contains(r.selector, "#"+id) {
		return true
	}
	return slices.ContainsFunc(strings.Fields(n.attr("class")), func(class string) bool { return strings.Contains(r.selector, "."+class) })
}
