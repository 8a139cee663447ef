package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/muster-crm/muster/infra/bench/population"
	"github.com/muster-crm/muster/shared/fold"
	"github.com/muster-crm/muster/shared/index"
)

// postgres is a server of our own, in a temporary folder, with one connection to it.
type postgres struct {
	dir    string
	server *exec.Cmd
	conn   *pgx.Conn
	pid    uint32 // of the process behind the connection
}

// settings make the server quick for one reader with everything in memory. Queries stay in one process, whose time is
// what is measured, and are not compiled, which takes longer than most of them.
const settings = `
listen_addresses = ''
shared_buffers = '3GB'
work_mem = '256MB'
maintenance_work_mem = '1GB'
effective_cache_size = '8GB'
random_page_cost = 1.1
max_parallel_workers_per_gather = 0
jit = off
fsync = off
full_page_writes = off
autovacuum = off
max_wal_size = '8GB'
logging_collector = off
`

// tables hold the contacts as somebody would who wants them searched: folded beside as typed, with an index for every
// question. Words are those of the names, each after a space.
const tables = `
CREATE EXTENSION pg_trgm;
CREATE EXTENSION fuzzystrmatch;
CREATE TABLE contact (
	id text COLLATE "C" PRIMARY KEY, number bigint, type text, status text, town text, birth_date text, balance bigint,
	updated_at timestamptz, sort_key text COLLATE "C", first_key text COLLATE "C",
	words text, emails text, phones text, externals text[], data jsonb);
`

const indexes = `
CREATE INDEX ON contact USING gin (words gin_trgm_ops);
CREATE INDEX ON contact USING gin (emails gin_trgm_ops);
CREATE INDEX ON contact USING gin (phones gin_trgm_ops);
CREATE INDEX ON contact USING gin (externals);
CREATE INDEX ON contact (number);
CREATE INDEX ON contact (type);
CREATE INDEX ON contact (status);
CREATE INDEX ON contact (town);
CREATE INDEX ON contact (updated_at);
CREATE INDEX ON contact (sort_key, first_key, id);
VACUUM ANALYZE contact;
`

// startPostgres starts a server, fills it and reads everything once. Root starts it as the user postgres, since it
// refuses to run as root.
func startPostgres(bin string, people []*population.Person) (_ *postgres, err error) {
	p := &postgres{}
	if p.dir, err = os.MkdirTemp("", "bench-postgres-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			p.stop()
		}
	}()
	var owner *syscall.Credential
	if os.Getuid() == 0 {
		if owner, err = account("postgres"); err != nil {
			return nil, err
		}
		if err = os.Chown(p.dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return nil, err
		}
	}
	command := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.Dir = p.dir
		c.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
		return c
	}
	data := filepath.Join(p.dir, "data")
	if out, err := command("initdb", "-D", data, "-A", "trust", "-U", "bench", "-E", "UTF8", "--locale=C.UTF-8").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	conf, err := os.OpenFile(filepath.Join(data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(conf, "%sunix_socket_directories = '%s'\n", settings, p.dir)
	if err = errors.Join(err, conf.Close()); err != nil {
		return nil, err
	}
	p.server = command("postgres", "-D", data)
	if err = p.server.Start(); err != nil {
		return nil, err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals // leave no server behind
		p.stop()
		os.Exit(1)
	}()
	ctx := context.Background()
	for range 100 {
		if p.conn, err = pgx.Connect(ctx, "host="+p.dir+" user=bench dbname=postgres"); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		return nil, err
	}
	p.pid = p.conn.PgConn().PID()
	if err = p.fill(ctx, people); err != nil {
		return nil, err
	}
	return p, nil
}

// account finds the ids of a user.
func account(name string) (*syscall.Credential, error) {
	text, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Split(line, ":"); f[0] == name && len(f) > 3 {
			uid, err1 := strconv.ParseUint(f[2], 10, 32)
			gid, err2 := strconv.ParseUint(f[3], 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
		}
	}
	return nil, fmt.Errorf("no user %s", name)
}

func (p *postgres) stop() {
	if p.conn != nil {
		_ = p.conn.Close(context.Background())
	}
	if p.server != nil && p.server.Process != nil {
		_ = p.server.Process.Signal(syscall.SIGINT)
		_ = p.server.Wait()
	}
	_ = os.RemoveAll(p.dir)
}

func (p *postgres) fill(ctx context.Context, people []*population.Person) error {
	if _, err := p.conn.Exec(ctx, tables); err != nil {
		return err
	}
	columns := []string{"id", "number", "type", "status", "town", "birth_date", "balance", "updated_at", "sort_key", "first_key",
		"words", "emails", "phones", "externals", "data"}
	_, err := p.conn.CopyFrom(ctx, pgx.Identifier{"contact"}, columns, pgx.CopyFromSlice(len(people), func(i int) ([]any, error) {
		c := people[i]
		var words, emails, phones, externals []string
		var town *string
		for _, name := range []string{c.FirstName, c.Prefix, c.LastName, c.Nickname} {
			words = append(words, wordsOf(name)...)
		}
		for _, e := range c.Emails {
			emails = append(emails, fold.String(e.Address))
		}
		for _, n := range c.Phones {
			phones = append(phones, fold.Digits(n.Number))
		}
		for system, id := range c.ExternalIDs {
			externals = append(externals, fold.String(id), fold.String(system+":"+id))
		}
		if len(c.Addresses) > 0 {
			town = &c.Addresses[0].Town
		}
		return []any{c.ID, c.Number, c.Type, c.Status, town, string(c.BirthDate), c.Balance, c.UpdatedAt, fold.String(c.SortName),
			fold.String(c.FirstName), " " + strings.Join(words, " "), strings.Join(emails, "\n"), strings.Join(phones, "\n"), externals,
			string(c.Change(1).Value)}, nil
	}))
	if err != nil {
		return err
	}
	for statement := range strings.SplitSeq(indexes, ";") {
		if _, err := p.conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	_, err = p.conn.Exec(ctx, "SELECT sum(length(words) + length(emails) + length(data::text)) FROM contact")
	return err
}

// wordsOf gives the words of a name, and what an apostrophe joins as one.
func wordsOf(name string) []string {
	words := fold.Words(name)
	if folded := fold.String(name); strings.Contains(folded, "'") {
		for part := range strings.FieldsSeq(strings.ReplaceAll(folded, "-", " ")) {
			if joined := strings.Join(fold.Words(part), ""); !slices.Contains(words, joined) {
				words = append(words, joined)
			}
		}
	}
	return words
}

const page = " ORDER BY sort_key, first_key, id LIMIT 50"

// sql says a question in SQL: what answers it as a page with its total, and its condition alone.
func (q *question) sql() (statement, where string, args []any) {
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	switch q.kind {
	case "filters":
		where = "type = $1 AND status = $2 AND town = $3"
		return "SELECT id, count(*) OVER () FROM contact WHERE " + where + " ORDER BY updated_at DESC, sort_key, first_key, id LIMIT 50", where, q.args
	case "facets":
		return "SELECT status, type, count(*), sum(balance) FROM contact GROUP BY status, type", "true", nil
	}
	var and []string
	for _, w := range q.words {
		text := fold.String(w)
		var or []string
		if !strings.Contains(text, "@") {
			var each []string
			for _, word := range fold.Words(text) {
				is := "words LIKE " + arg("% "+word+"%")
				if r := []rune(word); q.kind == "typo" && len(r) >= 5 {
					// levenshtein counts a swap as two, so swaps are tried one by one.
					var swaps []string
					for i := range len(r) - 1 {
						s := slices.Clone(r)
						s[i], s[i+1] = s[i+1], s[i]
						swaps = append(swaps, string(s))
					}
					is = "(" + is + " OR EXISTS (SELECT FROM unnest(string_to_array(words, ' ')) x WHERE levenshtein_less_equal(x, " +
						arg(word) + ", 1) <= 1 OR x = ANY(" + arg(swaps) + ")))"
				}
				each = append(each, is)
			}
			or = append(or, "("+strings.Join(each, " AND ")+")")
		}
		if len([]rune(text)) >= 3 {
			or = append(or, "emails LIKE "+arg("%"+strings.ReplaceAll(text, "_", `\_`)+"%"))
		}
		or = append(or, "externals @> "+arg([]string{text}))
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			or = append(or, "number = "+arg(n))
		}
		if q.kind == "phone" {
			or = append(or, "phones LIKE "+arg("%"+strings.TrimPrefix(text, "0")+"%"))
		}
		and = append(and, "("+strings.Join(or, " OR ")+")")
	}
	where = strings.Join(and, " AND ")
	return "SELECT id, count(*) OVER () FROM contact WHERE " + where + page, where, args
}

// compare asks PostgreSQL some questions, checks that it finds what the view finds, and gives the median of the processor
// time it took.
func (p *postgres) compare(view *index.View, list []question) (time.Duration, error) {
	ctx := context.Background()
	if err := together(true, int(p.pid)); err != nil {
		return 0, err
	}
	defer func() { _ = together(false, int(p.pid)) }()
	for i := range min(len(list), 25) {
		if err := p.check(ctx, view, &list[i]); err != nil {
			return 0, err
		}
	}
	n := min(len(list), 100)
	if list[0].kind == "typo" || list[0].kind == "facets" {
		n = min(n, 25)
	}
	times := make([]time.Duration, n)
	for i := range times {
		statement, _, args := list[i].sql()
		evict()
		start, err := p.cpu()
		if err != nil {
			return 0, err
		}
		rows, err := p.conn.Query(ctx, statement, args...)
		if err != nil {
			return 0, err
		}
		for rows.Next() {
		}
		if err := rows.Err(); err != nil {
			return 0, err
		}
		evict() // the process behind the connection comes to rest meanwhile
		end, err := p.cpu()
		if err != nil {
			return 0, err
		}
		times[i] = end - start
	}
	slices.Sort(times)
	return times[n/2], nil
}

// cpu gives the processor time of the process behind the connection.
func (p *postgres) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", p.pid))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), " ")
	ns, err := strconv.ParseInt(first, 10, 64)
	return time.Duration(ns), err
}

// check compares the two answers to a question: the ids found, or the facets. A page sorted by a column must agree in its order.
// Where PostgreSQL is not asked to forgive typos, what only they find does not count.
func (p *postgres) check(ctx context.Context, view *index.View, q *question) error {
	statement, where, args := q.sql()
	if q.kind == "facets" {
		a, err := view.Find(q.req)
		if err != nil {
			return err
		}
		var ours, theirs []string
		for _, b := range a.Facets[0] {
			ours = append(ours, fmt.Sprint(b.Values, b.Count, b.Sums[0]))
		}
		rows, err := p.conn.Query(ctx, statement, args...)
		if err != nil {
			return err
		}
		if theirs, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (string, error) {
			var status, kind string
			var count int
			var sum int64
			err := r.Scan(&status, &kind, &count, &sum)
			return fmt.Sprint([]string{status, kind}, count, []int64{sum}[0]), err
		}); err != nil {
			return err
		}
		return same(ours, theirs)
	}
	if q.kind == "filters" {
		theirs, err := p.ids(ctx, strings.Replace(statement, "id, count(*) OVER ()", "id", 1), args)
		if err != nil {
			return err
		}
		a, err := view.Find(q.req)
		if err != nil {
			return err
		}
		for i, hit := range a.Hits {
			if i >= len(theirs) || theirs[i] != hit.ID {
				return fmt.Errorf("page differs at %d of %d", i, len(a.Hits))
			}
		}
	}
	theirs, err := p.ids(ctx, "SELECT id FROM contact WHERE "+where, args)
	if err != nil {
		return err
	}
	all := q.req
	all.Limit = 1 << 30
	a, err := view.Find(all)
	if err != nil {
		return err
	}
	var ours []string
	for _, hit := range a.Hits {
		if hit.Exact || q.kind == "typo" {
			ours = append(ours, hit.ID)
		}
	}
	if err := same(ours, theirs); err != nil {
		return fmt.Errorf("%q: %w", q.words, err)
	}
	return nil
}

func (p *postgres) ids(ctx context.Context, statement string, args []any) ([]string, error) {
	rows, err := p.conn.Query(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func same(ours, theirs []string) error {
	slices.Sort(ours)
	slices.Sort(theirs)
	if !slices.Equal(ours, theirs) {
		return fmt.Errorf("found %d, PostgreSQL %d, not the same", len(ours), len(theirs))
	}
	return nil
}
