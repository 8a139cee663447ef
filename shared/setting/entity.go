package setting

import (
	"cmp"
	"slices"

	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/record"
)

// RootEntity is the id of the entity all others are below. It is called what the organisation is called and is always
// there, without a record of its own.
const RootEntity = "ent_root"

// Entity is a section or chapter of the organisation (CLS-05).
type Entity struct {
	record.Meta
	Name   string `json:"name,omitempty" field:"required,max=100"`
	Parent string `json:"parent,omitempty" field:"ref=entity"` // the root where nothing is said
}

// EntityKind describes entities.
func EntityKind() *record.Kind {
	return record.Define[Entity](EntityName, "entities", "ent", record.Unindexed(), record.Managed(), record.OwnedBy(Owner), record.Serial())
}

// Title gives the name.
func (e *Entity) Title() string { return e.Name }

// Normalize puts an entity without a parent below the root.
func (e *Entity) Normalize(*record.Env) { e.Parent = cmp.Or(e.Parent, RootEntity) }

// Validate refuses to put an entity below itself, and two of one name beside each other.
func (e *Entity) Validate(env *record.Env) []record.Problem {
	var p []record.Problem
	parents := map[string]string{}
	for _, r := range env.Others {
		o := r.(*Entity)
		parents[o.ID] = o.Parent
		if o.Parent == e.Parent && e.Name != "" && fold.String(o.Name) == fold.String(e.Name) {
			p = append(p, record.Problem{Path: "name", Code: "name_taken"})
		}
	}
	for at, steps := e.Parent, 0; at != "" && at != RootEntity && steps <= len(parents); at, steps = parents[at], steps+1 {
		if at == e.ID {
			return append(p, record.Problem{Path: "parent", Code: "below_itself"})
		}
	}
	return p
}

// Place is an entity in the tree.
type Place struct {
	*Entity
	Depth int // 0 at the root
}

// tree brings entities into the order they are shown in: each behind its parent, by name beside each other. What has
// lost its parent stands below the root.
func tree(name string, entities []*Entity) []Place {
	root := &Entity{Name: name}
	root.ID, root.Kind = RootEntity, EntityName
	there := map[string]bool{RootEntity: true}
	for _, e := range entities {
		there[e.ID] = true
	}
	below := map[string][]*Entity{}
	for _, e := range entities {
		parent := e.Parent
		if !there[parent] || parent == e.ID {
			parent = RootEntity
		}
		below[parent] = append(below[parent], e)
	}
	places, seen := []Place{{Entity: root}}, map[string]bool{}
	var walk func(parent string, depth int)
	walk = func(parent string, depth int) {
		children := below[parent]
		slices.SortFunc(children, func(a, b *Entity) int {
			return cmp.Or(cmp.Compare(fold.String(a.Name), fold.String(b.Name)), cmp.Compare(a.ID, b.ID))
		})
		for _, e := range children {
			if seen[e.ID] {
				continue
			}
			seen[e.ID] = true
			places = append(places, Place{e, depth})
			walk(e.ID, depth+1)
		}
	}
	walk(RootEntity, 1)
	return places
}

// Entity finds an entity, nil when there is none.
func (c *Config) Entity(id string) *Entity {
	i := slices.IndexFunc(c.Entities, func(p Place) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return c.Entities[i].Entity
}

// Home gives the entity of an id, or the root when there is none, or no longer.
func (c *Config) Home(id string) string {
	if c.Entity(id) == nil {
		return RootEntity
	}
	return id
}

// Below lists an entity and all that is below it.
func (c *Config) Below(id string) []string {
	i := slices.IndexFunc(c.Entities, func(p Place) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	ids := []string{id}
	for _, p := range c.Entities[i+1:] {
		if p.Depth <= c.Entities[i].Depth {
			break
		}
		ids = append(ids, p.ID)
	}
	return ids
}

// Above lists an entity and all that it is below, up to the root.
func (c *Config) Above(id string) []string {
	var ids []string
	for e := c.Entity(id); e != nil && !slices.Contains(ids, e.ID); e = c.Entity(e.Parent) {
		ids = append(ids, e.ID)
	}
	if len(ids) > 0 && ids[len(ids)-1] != RootEntity {
		ids = append(ids, RootEntity)
	}
	return ids
}
