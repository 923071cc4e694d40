package operation

import (
	"bytes"
	"slices"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Gets gathers the keys of a batch get, in memory of their own.
type Gets struct {
	asked  []asked
	groups []*group
	tables tables
	block  []byte
	slab   []wanted
	id     []byte
	// encrypted says that something of the items may be.
	encrypted bool
}

// NewGets gives room for so many keys.
func NewGets(n int) *Gets { return &Gets{asked: make([]asked, 0, n)} }

// asked is a key as the caller gave it: what is requested for it is shared by all that ask for the same.
type asked struct {
	selection *Selection
	wanted    *wanted
}

// group is what one request can hold: keys of one table, read in one way.
type group struct {
	table      string
	selection  *Selection
	consistent bool
	wanted     []*wanted
	at         map[string]*wanted
}

// wanted is a key that is requested once.
type wanted struct {
	model *schema.Model
	table string
	// key is the key's JSON; shown holds the attributes that make it up.
	key, shown []byte
	fate       fate
	found      bool
	// first is the first that asks for it, more are the others.
	first int
	more  []int
	// chunk is the number of the request that holds it.
	chunk int
	again bool
}

// Add adds a key. It fails with MissingPrimaryKey or ValidationFailed.
func (g *Gets) Add(s *Selection, table string, key any, consistent bool) error {
	if err := g.tables.add(table, s.plan.Model); err != nil {
		return err
	}
	if cap(g.block)-len(g.block) < blockSize/32 {
		g.block = make([]byte, 0, blockSize)
	}
	g.encrypted = g.encrypted || len(s.plan.Model.Sealed) > 0
	start := len(g.block)
	b, err := s.plan.AppendKey(g.block, key)
	if err != nil {
		return err
	}
	text := b[start:len(b):len(b)]
	if g.id, err = codec.AppendIdentity(g.id[:0], s.plan.Model, text); err != nil {
		return malformed(s.plan, err)
	}
	in, number := g.group(s, table, consistent), len(g.asked)
	if w, known := in.at[string(g.id)]; known {
		w.more = append(w.more, number)
		g.asked = append(g.asked, asked{s, w})
		return nil
	}
	g.block = b
	w := g.room()
	*w = wanted{model: s.plan.Model, table: table, key: text, shown: text, first: number}
	if len(s.plan.Model.Composed) > 0 {
		if w.shown, err = s.plan.AppendKeyParts(nil, key); err != nil {
			return err
		}
	}
	in.at[string(g.id)] = w
	in.wanted = append(in.wanted, w)
	g.asked = append(g.asked, asked{s, w})
	return nil
}

// room gives a place for a key; many share one allocation.
func (g *Gets) room() *wanted {
	if len(g.slab) == cap(g.slab) {
		g.slab = make([]wanted, 0, schema.BatchGetMax)
	}
	g.slab = g.slab[:len(g.slab)+1]
	return &g.slab[len(g.slab)-1]
}

func (g *Gets) group(s *Selection, table string, consistent bool) *group {
	for _, known := range g.groups {
		if known.table == table && known.consistent == consistent && (known.selection == s || bytes.Equal(known.selection.members, s.members)) {
			return known
		}
	}
	out := &group{table: table, selection: s, consistent: consistent, at: map[string]*wanted{}}
	g.groups = append(g.groups, out)
	return out
}

// Len gives the number of keys.
func (g *Gets) Len() int { return len(g.asked) }

// Found says whether there was an item for a key.
func (g *Gets) Found(i int) bool { return g.asked[i].wanted.found }

// Missing calls f for each key without an item, by the number of the first that asks for it.
func (g *Gets) Missing(f func(i int, key []byte) error) error {
	seen := map[string]bool{}
	for i, a := range g.asked {
		w := a.wanted
		if w.fate != done || w.found || w.first != i {
			continue
		}
		if len(g.groups) > 1 { // one key can be asked for in several ways
			id := w.table + "\x00" + string(w.key)
			if seen[id] {
				continue
			}
			seen[id] = true
		}
		if err := f(i, w.shown); err != nil {
			return err
		}
	}
	return nil
}

// BatchGet is the conversation of a batch's reads: chunk after chunk, of each what is left before anything else.
type BatchGet struct {
	attempts
	gets  *Gets
	read  func(i int, s *Selection, item []byte, opened Opened) error
	model *schema.Model // the one model that is read, nil for several
	// group and next say where the next chunk begins.
	group, next, chunk int
	current            *group
	left               []*wanted
	body               []byte
	id                 []byte
}

// NewBatchGet begins the batch of what was gathered. Each item is given to read, with the number of each key that asks for it.
func NewBatchGet(g *Gets, r Retries, buffer []byte, read func(i int, s *Selection, item []byte, opened Opened) error) *BatchGet {
	x := &BatchGet{attempts: attempts{Retries: r}, gets: g, read: read, body: buffer}
	x.model = sole(len(g.asked), func(i int) *schema.Model { return g.asked[i].wanted.model })
	return x
}

// Body gives the memory of the bodies, which is free again after a success.
func (x *BatchGet) Body() []byte { return x.body }

// Next gives the request of what is left of the chunk, else of the next chunk.
func (x *BatchGet) Next() (Request, bool) {
	if len(x.left) == 0 && !x.take() {
		return Request{}, false
	}
	x.sent++
	x.build()
	return Request{API: "BatchGetItem", Tables: []string{x.current.table}, Body: x.body, Waits: x.sent > 1, Delay: x.delay}, true
}

// take takes as many keys as a request holds; false where there are none.
func (x *BatchGet) take() bool {
	x.begin()
	for x.group < len(x.gets.groups) && x.next == len(x.gets.groups[x.group].wanted) {
		x.group, x.next = x.group+1, 0
	}
	if x.group == len(x.gets.groups) {
		return false
	}
	x.current = x.gets.groups[x.group]
	to := min(len(x.current.wanted), x.next+schema.BatchGetMax)
	x.left = append(x.left[:0], x.current.wanted[x.next:to]...)
	x.next = to
	x.chunk++
	for _, w := range x.left {
		w.chunk = x.chunk
	}
	return true
}

func (x *BatchGet) build() {
	b, _ := canon.AppendString(append(x.body[:0], `{"RequestItems":{`...), x.current.table)
	b = append(b, `:{"Keys":[`...)
	for i, w := range x.left {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, w.key...)
	}
	b = append(append(b, ']'), x.current.selection.members...)
	if x.current.consistent {
		b = append(b, `,"ConsistentRead":true`...)
	}
	x.body = append(b, `}}}`...)
}

// Receive reads the items. It fails with BatchIncomplete, or with the failure itself where nothing was done.
func (x *BatchGet) Receive(r Response) error {
	switch {
	case r.Fault == nil:
		return x.answered(r)
	case r.Fault.Code == errs.CodeThrottled:
		x.body = nil // it may still be on its way to the network
		return x.again(r.Fault)
	}
	x.body = nil
	return x.fail(r.Fault)
}

func (x *BatchGet) again(cause error) error {
	if x.attempts.again() {
		return nil
	}
	return of(Incomplete(cause, true, x.fates()), x.model)
}

func (x *BatchGet) answered(r Response) error {
	if err := x.items(r); err != nil {
		for _, w := range x.left {
			w.found = false
		}
		return x.fail(unreadable(err))
	}
	kept := x.left[:0]
	for _, w := range x.left {
		if w.again {
			w.again = false
			kept = append(kept, w)
		} else {
			w.fate = done
		}
	}
	if x.left = kept; len(kept) > 0 {
		return x.again(nil)
	}
	return nil
}

// items reads what the answer holds, and notes what it left.
func (x *BatchGet) items(r Response) error {
	return codec.Lists(r.Body, "Responses", func(table, item []byte) error {
		w, err := x.find(table, item)
		if err != nil {
			return err
		}
		w.found = true
		return x.give(w, item, r.Opened)
	}, func(name, member []byte) error {
		switch {
		case string(name) == "UnprocessedKeys":
			return x.unprocessed(member)
		case string(name) == "Responses" && string(member) != "null":
			return codec.ErrMalformed
		}
		return nil
	})
}

// Held gives the items, once for each way in which they are read.
func (x *BatchGet) Held(r Response) (out []Held) {
	if r.Fault != nil || !x.gets.encrypted {
		return nil
	}
	none := func([]byte, []byte) error { return nil }
	_ = codec.Lists(r.Body, "Responses", func(table, item []byte) error { // Receive tells what is wrong with it
		w, err := x.find(table, item)
		if err != nil {
			return err
		}
		var known []*codec.Plan
		for _, i := range append([]int{w.first}, w.more...) {
			p := x.gets.asked[i].selection.plan
			if len(p.Model.Sealed) > 0 && !slices.Contains(known, p) {
				known, out = append(known, p), append(out, Held{p, item, nil})
			}
		}
		return nil
	}, none)
	return out
}

func (x *BatchGet) unprocessed(member []byte) error {
	if string(member) == "null" {
		return nil
	}
	return codec.Members(member, func(table, request []byte) error {
		keys, found, err := codec.Member(request, "Keys")
		if err != nil || !found {
			return err
		}
		return codec.Each(keys, func(key []byte) error {
			w, err := x.find(table, key)
			if err == nil {
				w.again = true
			}
			return err
		})
	})
}

// give reads an item for each key that asks for it.
func (x *BatchGet) give(w *wanted, item []byte, opened Opened) error {
	if err := x.read(w.first, x.gets.asked[w.first].selection, item, opened); err != nil {
		return err
	}
	for _, i := range w.more {
		if err := x.read(i, x.gets.asked[i].selection, item, opened); err != nil {
			return err
		}
	}
	return nil
}

// find gives what of the request an item or key is of.
func (x *BatchGet) find(table, item []byte) (*wanted, error) {
	if string(table) != x.current.table {
		return nil, foreign()
	}
	var err error
	if x.id, err = codec.AppendIdentity(x.id[:0], x.current.selection.plan.Model, item); err != nil {
		return nil, foreign() // whole JSON, but without the key
	}
	w := x.current.at[string(x.id)]
	if w == nil || w.chunk != x.chunk || w.fate == done {
		return nil, foreign()
	}
	return w, nil
}

func (x *BatchGet) fates() (f Fates) {
	for _, in := range x.gets.groups {
		for _, w := range in.wanted {
			f.add(w.fate, Keyed{w.model, w.shown})
		}
	}
	return f
}

// fail ends the batch.
func (x *BatchGet) fail(e *errs.Error) error {
	of(e, x.model)
	f := x.fates()
	if len(f.Done) == 0 {
		return e
	}
	return Incomplete(e, false, f)
}
