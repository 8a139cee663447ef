package record

// TakeDerived gives a record the computed fields of another of its kind, with which it shares their values afterwards.
func (k *Kind) TakeDerived(to, from Record) {
	own, other := structOf(to), structOf(from)
	for _, f := range k.Fields {
		if f.Derived {
			own.Field(f.index).Set(other.Field(f.index))
		}
	}
}
