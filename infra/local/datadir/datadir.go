// Package datadir is the folder in which the local run keeps everything: the store's file, blobs, mail. A file named
// format says how they are laid out, so that a program never guesses at data of another version. The store's own lock
// keeps a second process out; open the store before the rest.
package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Format is the layout this program reads and writes.
const Format = 1

// Dir is an open data directory.
type Dir struct {
	Path  string
	Fresh bool // made by this Open
}

// Open opens the data directory at path and makes it when there is none. A folder that holds something else is
// refused, and so is one of another format.
func Open(path string) (Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return Dir{}, err
	}
	raw, err := os.ReadFile(filepath.Join(path, "format"))
	if errors.Is(err, os.ErrNotExist) {
		return create(path)
	}
	if err != nil {
		return Dir{}, err
	}
	format, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	switch {
	case err != nil:
		return Dir{}, fmt.Errorf("%s is damaged: its file format holds no number", path)
	case format > Format:
		return Dir{}, fmt.Errorf("%s was written by a newer Muster (format %d, this one reads %d)", path, format, Format)
	case format < Format:
		return Dir{}, fmt.Errorf("%s was written by an older Muster (format %d, this one reads %d)", path, format, Format)
	}
	return Dir{Path: path}, nil
}

func create(path string) (Dir, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return Dir{}, err
	}
	if len(entries) > 0 {
		return Dir{}, fmt.Errorf("%s holds files that are not Muster's; name an empty folder or one that is not there yet", path)
	}
	f, err := os.OpenFile(filepath.Join(path, "format"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Dir{}, err
	}
	_, err = fmt.Fprintln(f, Format)
	return Dir{Path: path, Fresh: true}, errors.Join(err, f.Sync(), f.Close())
}

// Store is the path of the store's file.
func (d Dir) Store() string { return filepath.Join(d.Path, "store.db") }

// Blobs is the folder of blobs.
func (d Dir) Blobs() string { return filepath.Join(d.Path, "blobs") }

// Mail is the folder of mail that was sent.
func (d Dir) Mail() string { return filepath.Join(d.Path, "mail") }
