package record

// Seat is a place that a record has in another one, for a time: a contact's in a group. Open ends say nothing or last on.
type Seat struct {
	Path     string // the field that names the other record, for messages: "groups[0].group"
	In       string // its id
	From, To Date
}

// Seated has places in other records.
type Seated interface{ Seats() []Seat }

// Roomy has room for so many that have a place in it; 0 for any number.
type Roomy interface{ Room() int }

// On reports whether the place is held on a day.
func (s Seat) On(day Date) bool {
	return (s.From == "" || s.From <= day) && (s.To == "" || day <= s.To)
}

// Covers reports whether the place is held on all days of another one from a day on.
func (s Seat) Covers(other Seat, from Date) bool {
	return s.From <= max(other.From, from) && (s.To == "" || other.To != "" && other.To <= s.To)
}
