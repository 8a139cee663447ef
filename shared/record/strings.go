package record

import "reflect"

// Strings gives the values of a member that is a list of plain texts, such as the tags of a record; nil where the kind has
// no such member.
func (k *Kind) Strings(r Record, name string) []string {
	f, ok := k.byPath[name]
	if !ok || !f.List || f.Name != f.Path {
		return nil
	}
	values, _ := reflect.ValueOf(r).Elem().Field(f.index).Interface().([]string)
	return values
}
