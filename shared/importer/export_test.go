package importer

// SetSizes makes so many rows go together: in a chunk of a run, in one of its commits, and in one of an undo.
func (i *Importer) SetSizes(run, lot, undo int) {
	i.sizes = sizes{preview: run, run: run, lot: lot, undo: undo}
}
