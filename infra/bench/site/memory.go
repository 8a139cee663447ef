package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// memory watches what a process holds in memory, in kB as the system counts it.
type memory struct {
	stop chan struct{}
	done sync.WaitGroup

	anonymous, file, all int // the most of each
}

// watch begins to look, twenty times a second.
func watch() *memory {
	m := &memory{stop: make(chan struct{})}
	m.done.Go(func() {
		for {
			m.look()
			select {
			case <-m.stop:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
	return m
}

func (m *memory) look() {
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(raw)) {
		for name, most := range map[string]*int{"VmRSS": &m.all, "RssAnon": &m.anonymous, "RssFile": &m.file} {
			var kb int
			if _, err := fmt.Sscanf(line, name+": %d kB", &kb); err == nil {
				*most = max(*most, kb)
			}
		}
	}
}

// end gives the most there was of the process's own memory, of pages of files it has mapped (its store and itself, which the
// system takes back when it needs them), and of both at once.
func (m *memory) end() string {
	close(m.stop)
	m.done.Wait()
	return fmt.Sprintf("%d MB of its own, %d MB of mapped files, %d MB together", m.anonymous/1024, m.file/1024, m.all/1024)
}
