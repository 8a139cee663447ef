package rewrite

// SetChunk makes one commit change so many records at most.
func (r *Rewriter) SetChunk(records int) { r.chunk = records }
