package operation

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
)

// This file has the conversations about tables. They wait by the delays of their requests.

// talk is a conversation whose next request depends on the last answer: each step asks, and says what takes the answer.
type talk struct {
	table   *Table
	pending *Request
	then    func(Response) error
}

// Next gives the request that was asked for last.
func (t *talk) Next() (Request, bool) {
	if t.pending == nil {
		return Request{}, false
	}
	request := *t.pending
	t.pending = nil
	return request, true
}

// Receive takes its answer.
func (t *talk) Receive(r Response) error { return t.then(r) }

// writes are the calls that change something.
var writes = []string{"CreateTable", "UpdateTable", "DeleteTable", "UpdateTimeToLive", "UpdateContinuousBackups"}

// ask asks about the table, by its name and further members. A failure that pass does not take is the failure of the conversation.
func (t *talk) ask(api string, members object, then func(Response) error, pass ...errs.Code) {
	body := object{"TableName": t.table.Name}
	for name, v := range members {
		body[name] = v
	}
	text, _ := canon.AppendJSON(nil, body) // Request saw every text
	t.pending = &Request{API: api, Table: t.table.Name, Body: text, Write: slices.Contains(writes, api)}
	t.then = func(r Response) error {
		if r.Fault != nil && !slices.Contains(pass, r.Fault.Code) {
			return t.named(r.Fault)
		}
		return then(r)
	}
}

// named gives an error the model of the table, where it is of one.
func (t *talk) named(e *errs.Error) error {
	e.Model = t.table.model
	return e
}

// patience counts the waits of a conversation: what was waited in all, and how long the next one is.
type patience struct{ spent, next time.Duration }

const (
	firstWait   = time.Second
	longestWait = 20 * time.Second
)

// watcher is a conversation that waits for a state of the table.
type watcher struct {
	talk
	patience
	last *TableDescription
}

// watch asks how the table is, at once; the waits begin anew.
func (w *watcher) watch(then func(Response) error) {
	w.next = firstWait
	w.ask("DescribeTable", nil, then, errs.CodeTableNotFound)
}

// again asks the same after a wait. It fails with Canceled where all waits together would be longer than the timeout.
func (w *watcher) again(then func(Response) error) error {
	delay := w.next
	if w.spent+delay > w.table.timeout() {
		e := errs.New(errs.CodeCanceled, "", "the table did not get ready in time")
		e.Origin = errs.Service
		return w.named(e)
	}
	w.spent += delay
	w.next = min(2*delay, longestWait)
	w.ask("DescribeTable", nil, then, errs.CodeTableNotFound)
	w.pending.Waits, w.pending.Delay = true, delay
	return nil
}

// notFound says whether the answer is that there is no such table.
func notFound(r Response) bool { return r.Fault != nil && r.Fault.Code == errs.CodeTableNotFound }

// passing are the statuses that pass by themselves, or are the end of waiting.
var passing = []string{"ACTIVE", "CREATING", "UPDATING", "DELETING"}

// read reads a description; the table has the name by which it was asked for.
func (t *talk) read(r Response) (*TableDescription, error) {
	d, err := ParseTable(r.Body)
	if err != nil {
		return nil, t.named(errs.As(err))
	}
	d.Name = cmp.Or(d.Name, t.table.Name)
	return d, nil
}

// look reads a description. It fails with ServiceError where a status does not pass by itself.
func (w *watcher) look(r Response) (err error) {
	if w.last, err = w.read(r); err != nil {
		return err
	}
	states := []string{w.last.Status}
	for _, ix := range w.last.Indexes {
		if ix.Type == global {
			states = append(states, ix.Status)
		}
	}
	for _, state := range states {
		if !slices.Contains(passing, state) {
			e := errs.New(errs.CodeServiceError, "", "the table, or an index, has a status that does not pass by itself: "+state)
			e.Origin, e.Retryable = errs.Service, false
			return w.named(e)
		}
	}
	return nil
}

// ready says whether the table that was looked at last is ready, with all its indexes.
func (d *TableDescription) ready() bool {
	return d.Status == "ACTIVE" && !slices.ContainsFunc(d.Indexes, func(ix TableIndex) bool {
		return ix.Type == global && (ix.Status != "ACTIVE" || ix.Backfilling)
	})
}

// enable enables TTL; then is told whether that was done, and not there already.
func (t *talk) enable(then func(done bool) error) {
	specification := object{"TimeToLiveSpecification": object{"AttributeName": t.table.TTL, "Enabled": true}}
	t.ask("UpdateTimeToLive", specification, func(r Response) error {
		if r.Fault == nil {
			return then(true)
		}
		refusal := r.Fault
		t.askTTL(func(attribute string) error {
			if attribute != t.table.TTL {
				return t.named(refusal)
			}
			return then(false)
		})
		return nil
	}, errs.CodeValidationFailed)
}

// askTTL asks by which attribute items expire.
func (t *talk) askTTL(then func(attribute string) error) {
	t.ask("DescribeTimeToLive", nil, func(r Response) error {
		attribute, err := parseTTL(r.Body)
		if err != nil {
			return t.named(errs.As(err))
		}
		return then(attribute)
	})
}

// EnsureTable is the conversation that sees to a table: it creates it, where that is asked for or it is missing, waits for it, and enables
// what belongs to it.
type EnsureTable struct {
	// Created says that this conversation created the table, TTLEnabled that it enabled TTL; Added are the indexes that it added.
	Created, TTLEnabled bool
	Added               []string

	watcher
	addIndexes bool
	// coming says that somebody creates the table, so that it is waited for where it is not there yet.
	coming bool
}

// NewCreateTable begins with CreateTable. It fails with TableExists where there is one.
func NewCreateTable(t *Table) (*EnsureTable, error) {
	x, err := newEnsure(t)
	if err == nil {
		x.create(false)
	}
	return x, err
}

// NewEnsureTable begins with a look at what there is. It fails with TableMismatch where that is something else; with addIndexes missing
// global indexes alone are added.
func NewEnsureTable(t *Table, addIndexes bool) (*EnsureTable, error) {
	x, err := newEnsure(t)
	if err == nil {
		x.addIndexes = addIndexes
		x.watch(x.found)
	}
	return x, err
}

func newEnsure(t *Table) (*EnsureTable, error) {
	x := &EnsureTable{Added: []string{}}
	x.table = t
	_, err := t.Request() // text that is not Unicode is refused before anything is sent
	return x, err
}

// Description gives the table as it was seen last.
func (x *EnsureTable) Description() *TableDescription { return x.last }

func (x *EnsureTable) create(orTake bool) {
	tree := x.table.tree()
	pass := []errs.Code{}
	if orTake {
		pass = append(pass, errs.CodeTableExists)
	}
	x.ask("CreateTable", tree, func(r Response) error {
		x.Created, x.coming = r.Fault == nil, true
		x.watch(x.found)
		return nil
	}, pass...)
}

// found takes a look at the table, on the way to one that is ready.
func (x *EnsureTable) found(r Response) error {
	switch {
	case notFound(r) && x.coming:
		return x.again(x.found)
	case notFound(r):
		x.create(true)
		return nil
	}
	if err := x.look(r); err != nil {
		return err
	}
	if !x.Created {
		x.coming = x.last.Status == "CREATING"
	}
	switch {
	case !x.last.ready():
		return x.again(x.found)
	case x.Created:
		return x.finish(x.table.TTL != "")
	case x.table.TTL == "":
		return x.compare()
	}
	x.askTTL(func(attribute string) error {
		x.last.TTL = attribute
		return x.compare()
	})
	return nil
}

// compare holds the existing table against the models. TTL that is not enabled yet is no difference.
func (x *EnsureTable) compare() error {
	lacks := x.table.TTL != "" && x.last.TTL == ""
	differences := slices.DeleteFunc(x.table.Drift(x.last), func(d errs.TableDifference) bool { return lacks && d.What == "ttl" })
	wanted, only := []TableIndex{}, true
	for _, d := range differences {
		if d.Kind == extra {
			continue
		}
		at := slices.IndexFunc(x.table.indexes, func(ix TableIndex) bool { return d.What == "index" && ix.Name == d.Index && ix.Type == global })
		if at < 0 || !x.addIndexes {
			only = false
			break
		}
		wanted = append(wanted, x.table.indexes[at])
	}
	if !only {
		e := errs.New(errs.CodeTableMismatch, "", "the existing table does not fit the models")
		e.SetDifferences(differences)
		return x.named(e)
	}
	return x.add(wanted, x.last.TTL, lacks)
}

// add adds indexes one after the other.
func (x *EnsureTable) add(wanted []TableIndex, ttl string, lacks bool) error {
	if len(wanted) == 0 {
		x.last.TTL = ttl
		return x.finish(lacks)
	}
	ix := wanted[0]
	x.ask("UpdateTable", object{
		"AttributeDefinitions":        definitions(ix.Keys),
		"GlobalSecondaryIndexUpdates": []any{object{"Create": indexTree(ix, x.unitsOf(ix))}},
	}, func(Response) error {
		var added func(r Response) error
		added = func(r Response) error {
			if notFound(r) {
				return x.named(r.Fault)
			}
			if err := x.look(r); err != nil {
				return err
			}
			if !x.last.ready() || !slices.ContainsFunc(x.last.Indexes, func(known TableIndex) bool { return known.Name == ix.Name }) {
				return x.again(added)
			}
			x.Added = append(x.Added, ix.Name)
			return x.add(wanted[1:], ttl, lacks)
		}
		x.watch(added)
		return nil
	})
	return nil
}

// unitsOf gives the throughput of an index that is added; none where the table is paid per request.
func (x *EnsureTable) unitsOf(ix TableIndex) *Throughput {
	if x.last.Billing != provisioned {
		return nil
	}
	return x.table.indexUnits(ix, x.last.Throughput)
}

// finish enables what belongs to the table.
func (x *EnsureTable) finish(ttl bool) error {
	if ttl {
		x.enable(func(done bool) error {
			x.TTLEnabled, x.last.TTL = done, x.table.TTL
			return x.finish(false)
		})
		return nil
	}
	if x.Created && x.table.settings.PointInTimeRecovery {
		x.ask("UpdateContinuousBackups", object{"PointInTimeRecoverySpecification": object{"PointInTimeRecoveryEnabled": true}}, func(Response) error { return nil })
	}
	return nil
}

// DescribeTable is the conversation that reads what a table is.
type DescribeTable struct {
	Description *TableDescription
	talk
}

// NewDescribeTable asks for a table, and for its TTL where the models have such an attribute. It fails with TableNotFound.
func NewDescribeTable(t *Table) *DescribeTable {
	x := &DescribeTable{talk: talk{table: t}}
	x.ask("DescribeTable", nil, func(r Response) (err error) {
		if x.Description, err = x.read(r); err != nil {
			return err
		}
		if t.TTL != "" {
			x.askTTL(func(attribute string) error {
				x.Description.TTL = attribute
				return nil
			})
		}
		return nil
	})
	return x
}

// DeleteTable is the conversation that deletes a table and waits until it is gone; Deleted says that there was one.
type DeleteTable struct {
	Deleted bool
	watcher
}

// NewDeleteTable deletes a table. It fails with TableNotFound where it must exist and does not, and with ValidationFailed where it is
// protected.
func NewDeleteTable(t *Table, mustExist bool) *DeleteTable {
	x := &DeleteTable{}
	x.table = t
	pass := []errs.Code{errs.CodeTableNotFound}
	if mustExist {
		pass = nil
	}
	x.ask("DeleteTable", nil, func(r Response) error {
		if x.Deleted = r.Fault == nil; x.Deleted {
			x.watch(x.gone)
		}
		return nil
	}, pass...)
	return x
}

func (x *DeleteTable) gone(r Response) error {
	if notFound(r) {
		return nil
	}
	if err := x.look(r); err != nil {
		return err
	}
	return x.again(x.gone)
}

// ListTables is one page of the names of all tables.
type ListTables struct {
	Names []string
	// Last is what to go on behind, "" at the end.
	Last string
	once
}

// NewListTables asks for the page behind a name, "" for the first.
func NewListTables(behind string) *ListTables {
	members := object{}
	if behind != "" {
		members["ExclusiveStartTableName"] = behind
	}
	body, _ := canon.AppendJSON(nil, members) // the name was DynamoDB's
	return &ListTables{once: once{request: Request{API: "ListTables", Body: body}}}
}

// Receive reads the page.
func (x *ListTables) Receive(r Response) error {
	if r.Fault != nil {
		return r.Fault
	}
	var page struct {
		TableNames             []string
		LastEvaluatedTableName string
	}
	if err := json.Unmarshal(r.Body, &page); err != nil {
		return otherShape(err)
	}
	x.Names, x.Last = page.TableNames, page.LastEvaluatedTableName
	return nil
}
