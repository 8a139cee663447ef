package acceptance

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-crm/muster/infra/need"
)

// crowd is a file of n people, some of whom cannot come in: one number twice, an address that is none, no name.
func crowd(n int) []byte {
	var b strings.Builder
	b.WriteString("Voornaam;Naam;E-mail;GSM;Tags\r\n")
	for i := range n {
		first, mail, gsm := fmt.Sprint("Voor", i%83), fmt.Sprintf("p%d@example.org", i), fmt.Sprintf("047%07d", i)
		switch {
		case i%97 == 5:
			gsm = fmt.Sprintf("047%07d", i-1)
		case i%101 == 7:
			mail = "geen adres"
		case i%103 == 9:
			first = ""
		}
		fmt.Fprintf(&b, "%s;Achter %04d;%s;%s;tag%d\r\n", first, i, mail, gsm, i%7)
	}
	return []byte(b.String())
}

// program is the local run as a process of its own.
type program struct {
	*client
	command *exec.Cmd
	ended   chan error
}

// launch runs the built program on a data directory until it says where it listens, and signs its owner in.
func launch(t *testing.T, binary, data string) *program {
	t.Helper()
	p := &program{command: exec.Command(binary, "-addr", "127.0.0.1:0", "-data", data, "-template", filepath.Join(need.Root(), "template.yaml")), ended: make(chan error, 1)}
	p.command.Env = append(os.Environ(), "MUSTER_ADMIN_EMAIL=owner@example.org", "MUSTER_ADMIN_PASSWORD="+password)
	out, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	url := ""
	for lines := bufio.NewScanner(out); url == "" && lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "http://") {
			url = lines.Text()
		}
	}
	go func() { p.ended <- p.command.Wait() }()
	if url == "" {
		t.Fatal("the program does not say where it listens")
	}
	p.client = (&site{url: url}).signIn(t, "owner@example.org", password)
	return p
}

// kill ends the program at once, as kill -9 does.
func (p *program) kill() {
	if p.ended != nil {
		_ = p.command.Process.Kill()
		<-p.ended
		p.ended = nil
	}
}

// state is what an import leaves: the people, without what differs from run to run, and the fate of every row.
func (c *client) state(id string) (people map[string]any, rows []string) {
	c.t.Helper()
	people = map[string]any{}
	for cursor := ""; ; {
		a := c.call("GET", "/v1/contacts?limit=200&sort=number&cursor="+cursor, nil).want(200)
		for _, item := range a.list("items") {
			person := item.(map[string]any)
			name := fmt.Sprint(person["firstName"], " ", person["lastName"])
			if people[name] != nil {
				c.t.Errorf("%s is there twice", name)
			}
			for _, changing := range []string{"id", "createdAt", "createdBy", "updatedAt", "updatedBy"} {
				delete(person, changing)
			}
			people[name] = person
		}
		if cursor = a.text("next"); cursor == "" {
			break
		}
	}
	for cursor := ""; ; {
		a := c.call("GET", "/v1/imports/"+id+"/rows?limit=200&cursor="+cursor, nil).want(200)
		for _, row := range a.list("items") {
			rows = append(rows, fmt.Sprint(dig(row, "line"), " ", dig(row, "result"), " ", dig(row, "reasons.0.code")))
		}
		if cursor = a.text("next"); cursor == "" {
			return people, rows
		}
	}
}

// IMP-10: an import whose program is killed in the middle goes on after a restart, and ends as if nothing had happened.
func TestIMP10_Resume(t *testing.T) {
	t.Parallel()
	const rows = 10_000
	binary := filepath.Join(t.TempDir(), "muster")
	build := exec.Command("go", "build", "-o", binary, "./infra/local")
	build.Dir = need.Root()
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	file := crowd(rows)

	calm := launch(t, binary, filepath.Join(t.TempDir(), "calm"))
	id := calm.upload("crowd.csv", file)
	calm.call("GET", "/v1/imports/"+id, nil).want(200)
	done := calm.run(id)
	wantCounts := done.at("counts")
	wantPeople, wantRows := calm.state(id)
	if done.text("state") != "done" || done.number("counts.reject") < 100 || len(wantPeople) != done.number("counts.create") || len(wantRows) != rows {
		t.Fatalf("undisturbed: %s, %d people, %d rows", done.raw, len(wantPeople), len(wantRows))
	}
	calm.kill()

	data := filepath.Join(t.TempDir(), "killed")
	p := launch(t, binary, data)
	id = p.upload("crowd.csv", file)
	p.call("GET", "/v1/imports/"+id, nil).want(200)
	p.call("POST", "/v1/imports/"+id+"/run", nil).want(200)
	var killedAt []int
	for _, share := range []int{2, 4} { // at a half, and again a quarter before the end
		at := p.awaitRows(id, rows-rows/share)
		p.kill()
		killedAt = append(killedAt, at)
		p = launch(t, binary, data)
	}
	end := p.await(id)
	t.Logf("killed at %v of %d rows", killedAt, rows)
	t.Run("it went on by itself to the end", func(t *testing.T) {
		if end.text("state") != "done" {
			t.Fatalf("import %s", end.raw)
		}
		if diff := cmp.Diff(wantCounts, end.at("counts")); diff != "" {
			t.Error(diff)
		}
	})
	people, got := p.state(id)
	t.Run("no row twice or lost", func(t *testing.T) {
		if diff := cmp.Diff(slices.Sorted(maps.Keys(wantPeople)), slices.Sorted(maps.Keys(people))); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(wantRows, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("the same end state as undisturbed, numbers included", func(t *testing.T) {
		if diff := cmp.Diff(wantPeople, people); diff != "" {
			t.Error(diff[:min(len(diff), 2000)])
		}
	})
	t.Run("one history entry each", func(t *testing.T) {
		for _, name := range []string{"voor1", "voor40"} {
			one := p.call("GET", "/v1/contacts?limit=1&q="+name, nil).want(200).text("items.0.id")
			if n := len(p.call("GET", "/v1/contacts/"+one+"/history", nil).want(200).list("items")); n != 1 {
				t.Errorf("%s has %d entries", name, n)
			}
		}
	})
}

// awaitRows waits until an import has done so many rows and gives how many they are; the import must still be running.
func (c *client) awaitRows(id string, rows int) int {
	c.t.Helper()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		a := c.call("GET", "/v1/imports/"+id, nil).want(200)
		if n := a.number("counts.done"); n >= rows {
			if a.text("state") != "running" {
				c.t.Fatalf("it is too late to disturb: %s", a.raw)
			}
			return n
		}
		select {
		case <-c.t.Context().Done():
			c.t.Fatal(c.t.Context().Err())
		case <-again.C:
		}
	}
}

// IMP-10 on the page: progress with numbers, and a way to stop; what was written by then stays.
func TestIMP10_ProgressAndCancel(t *testing.T) {
	const rows = 20_000
	c := begin(t)
	id := c.upload("crowd.csv", crowd(rows))
	c.call("GET", "/v1/imports/"+id, nil).want(200)
	c.call("POST", "/v1/imports/"+id+"/run", nil).want(200)
	b := c.tab(t)
	b.open("/imports/" + id)
	t.Run("progress is shown", func(t *testing.T) {
		b.Until(`document.querySelector('[id^="job-"] progress, [id^="job-"] [role=progressbar]')`)
		b.Until(`/[1-9]/.test(document.querySelector('[id^="job-"]').innerText.replace(/20.?000/, '').replace('100', ''))`)
		b.Audit("progress")
		b.Shot("progress")
	})
	t.Run("also among the jobs", func(t *testing.T) {
		other := c.tab(t)
		other.open("/jobs")
		other.holds("main", "crowd.csv", "Cancel")
	})
	t.Run("and it can be stopped", func(t *testing.T) {
		b.Click(`form[action="/jobs/` + id + `/cancel"] button`)
		end := c.await(id)
		if end.text("state") != "cancelled" || end.number("counts.create") == 0 || end.number("counts.done") >= rows {
			t.Fatalf("import %s", end.raw)
		}
		if n := c.total(""); n != end.number("counts.create") {
			t.Errorf("%d contacts of %d created", n, end.number("counts.create"))
		}
		b.until("main", "The import was cancelled")
		if b.count(`[data-poll]`) != 0 {
			t.Error("the page still asks how far it is")
		}
		b.Audit("cancelled import")
	})
	t.Run("a cancelled import does not go on", func(t *testing.T) {
		c.call("POST", "/v1/imports/"+id+"/cancel", nil).want(409)
	})
}
