package exporter

// SetNoted makes one commit note so many records in the action log.
func (e *Exporter) SetNoted(n int) { e.noted = n }
