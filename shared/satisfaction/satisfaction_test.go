package satisfaction_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/shared/record"
	"github.com/muster-crm/muster/shared/record/kindtest"
	"github.com/muster-crm/muster/shared/satisfaction"
)

var kind = satisfaction.Kind()

func TestRules(t *testing.T) {
	kindtest.Rules(t, kind, map[string][]string{
		`{}`: {"score required"},
		`{"score":1,"date":"2026-11-21","origin":"survey","comment":"a\nb"}`: nil,
		`{"score":5}`:                     nil,
		`{"score":0}`:                     {"score required"},
		`{"score":6}`:                     {"score too_large"},
		`{"score":-1}`:                    {"score too_small"},
		`{"score":4.5}`:                   {"score bad_type"},
		`{"score":4,"date":"2026-11-22"}`: {"date date_future"},
		`{"score":4,"origin":"rumour"}`:   {"origin bad_choice"},
	})
	s, _ := kindtest.Make[*satisfaction.Satisfaction](t, kind, `{"score":4}`)
	if s.Date != "2026-11-21" || s.Title() != "4/5" {
		t.Errorf("%+v", s)
	}
}

func TestCourse(t *testing.T) {
	score := func(n int, date record.Date, days int) *satisfaction.Satisfaction {
		s := &satisfaction.Satisfaction{Score: n, Date: date}
		s.CreatedAt = kindtest.Noon.AddDate(0, 0, days)
		return s
	}
	if c := satisfaction.CourseOf(nil); c.Latest != nil || c.Average != 0 || len(c.Scores) != 0 {
		t.Errorf("of nothing: %+v", c)
	}
	a, b, c := score(5, "2026-03-01", 9), score(2, "2026-01-01", 8), score(4, "2026-03-01", 10)
	given := []*satisfaction.Satisfaction{c, a, b}
	course := satisfaction.CourseOf(given)
	if diff := cmp.Diff([]*satisfaction.Satisfaction{b, a, c}, course.Scores); diff != "" || course.Latest != c || given[0] != c {
		t.Errorf("latest %+v %s", course.Latest, diff)
	}
	for _, want := range []struct {
		scores  []int
		average int
	}{{[]int{5, 2, 4}, 367}, {[]int{1, 2}, 150}, {[]int{5}, 500}, {[]int{1, 1, 2}, 133}, {[]int{4, 4, 4, 4, 4, 4, 4, 5}, 413}} {
		var scores []*satisfaction.Satisfaction
		for _, n := range want.scores {
			scores = append(scores, score(n, "2026-01-01", 0))
		}
		if got := satisfaction.CourseOf(scores).Average; got != want.average {
			t.Errorf("%v: %d, want %d", want.scores, got, want.average)
		}
	}
}
