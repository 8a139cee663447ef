package clock_test

import (
	"bytes"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/muster-crm/muster/shared/clock"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestManual(t *testing.T) {
	brussels := time.FixedZone("", 3600)
	c := clock.At(noon.In(brussels).Add(1500 * time.Microsecond))
	if now := c.Now(); !now.Equal(noon.Add(time.Millisecond)) || now.Location() != time.UTC {
		t.Errorf("%v", now)
	}
	c.Advance(time.Hour)
	if !c.Now().Equal(noon.Add(time.Hour + time.Millisecond)) {
		t.Errorf("%v", c.Now())
	}
	c.Set(noon.In(brussels))
	if c.Now() != noon {
		t.Errorf("%v", c.Now())
	}
}

func TestSystemIsInUTCToTheMillisecond(t *testing.T) {
	now := clock.System{}.Now()
	if now.Location() != time.UTC || now.Nanosecond()%int(time.Millisecond) != 0 {
		t.Errorf("%v", now)
	}
}

func TestIDsSortByTime(t *testing.T) {
	c := clock.At(noon)
	ids := clock.NewIDs(c, nil)
	shape := regexp.MustCompile(`^con_[0-9a-hjkmnp-tv-z]{26}$`)
	last := ""
	for range 100 {
		id := ids.New("con")
		if !shape.MatchString(id) || id <= last {
			t.Errorf("%s after %s", id, last)
		}
		last = id
		c.Advance(time.Millisecond)
	}
}

func TestIDsRepeatThemselves(t *testing.T) {
	random := func() *bytes.Reader { return bytes.NewReader(bytes.Repeat([]byte{1, 2, 3}, 100)) }
	a, b := clock.NewIDs(clock.At(noon), random()), clock.NewIDs(clock.At(noon), random())
	for range 10 {
		if x, y := a.New("con"), b.New("con"); x != y {
			t.Errorf("%s and %s", x, y)
		}
	}
}

func TestIDsAreUnique(t *testing.T) {
	ids := clock.NewIDs(clock.At(noon), nil)
	var all sync.WaitGroup
	var seen sync.Map
	for range 8 {
		all.Go(func() {
			for range 500 {
				if id := ids.New("x"); id != "" {
					if _, twice := seen.LoadOrStore(id, true); twice {
						t.Errorf("%s twice", id)
					}
				}
			}
		})
	}
	all.Wait()
}
