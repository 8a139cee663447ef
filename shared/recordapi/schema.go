package recordapi

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-crm/muster/shared/product"
	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/repository"
)

// Members are those of an object in the document.
type Members map[string]*huma.Schema

// Object describes an object with nothing but the given members; those named last may be absent.
func Object(members Members, optional ...string) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: false, Properties: members}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(optional, name) {
			s.Required = append(s.Required, name)
		}
	}
	return s
}

// List describes a list.
func List(of *huma.Schema) *huma.Schema { return &huma.Schema{Type: huma.TypeArray, Items: of} }

// Text describes a text.
func Text(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }

// Whole describes a whole number.
func Whole(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeInteger, Description: doc} }

// Of describes records of a kind.
func (a *API) Of(k *record.Kind) *huma.Schema { return Describe(a.OpenAPI().Components.Schemas, k) }

// Describe describes records of a kind in a document.
func Describe(registry huma.Registry, k *record.Kind) *huma.Schema {
	ref := registry.Schema(reflect.TypeOf(k.New()).Elem(), true, k.Name)
	if whole := registry.SchemaFromRef(ref.Ref); whole != nil && whole.Properties["warnings"] == nil {
		warnings := *registry.Schema(reflect.TypeFor[[]repository.Warning](), true, "")
		warnings.ReadOnly, warnings.Description = true, "Beside an answer to a write: keys that other records hold too"
		whole.Properties["warnings"] = &warnings
		whole.PrecomputeMessages()
	}
	return ref
}

// Found are records that a search has found: of any kind the product lists.
type Found []Body

// Schema names the kinds.
func (Found) Schema(registry huma.Registry) *huma.Schema {
	any := &huma.Schema{}
	for _, k := range product.Kinds().Kinds() {
		if k.Indexed {
			any.OneOf = append(any.OneOf, Describe(registry, k))
		}
	}
	items := List(any)
	items.Description = "With the indexed members, or those asked for"
	return items
}

// Like describes values of the type of an example.
func (a *API) Like(example any) *huma.Schema {
	return a.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(example), true, "")
}

// Answers says what an operation answers with a status.
func Answers(op *huma.Operation, status int, schema *huma.Schema) {
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status),
		Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
}

func (c collection) schema() *huma.Schema { return c.Of(c.kind) }
