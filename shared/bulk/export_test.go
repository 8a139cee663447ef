package bulk

// SetSizes makes one commit change so many records, and one item of the target hold so many ids.
func (b *Bulks) SetSizes(chunk, list int) { b.chunk, b.list = chunk, list }
