package operation

import (
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Write is a put or delete of a batch, checked and written.
type Write struct {
	plan  *codec.Plan
	table string
	// entry is the element of the request; item its item or key.
	entry, item []byte
	sealing
	// shown holds the attributes that make up a delete's key, where they are not the key itself.
	shown []byte
	// id tells the item from all others.
	id    string
	isPut bool
	// value points to the caller's, nil where nothing is left in it.
	value any
	fate  fate
	// lost says that an answer to it was.
	lost bool
}

// Keyed gives the write's key.
func (w *Write) Keyed() Keyed {
	if w.shown != nil {
		return Keyed{w.plan.Model, w.shown}
	}
	return Keyed{w.plan.Model, w.item}
}

// ID tells the write's item from all others.
func (w *Write) ID() string { return w.id }

// outcome is the write's fate as it is told.
func (w *Write) outcome() fate {
	if w.fate != done && w.lost {
		return unknown
	}
	return w.fate
}

// Writes gathers the writes of a batch, or of one chunk, in memory of their own.
type Writes struct {
	// LastWins lets the last of several writes of an item stay, Unchecked leaves conditions out and writes versions on.
	LastWins, Unchecked bool
	// Now is the time of all puts.
	Now time.Time
	// Detached says that the callers' values are not to be changed.
	Detached bool
	// Keyed says that encrypted attributes can be sealed.
	Keyed bool

	list   []Write
	bytes  int
	at     map[string]int
	tables tables
	block  []byte
	id     []byte
}

// blockSize is how much is written into one piece of memory; a longer write has one for itself.
const blockSize = 32 << 10

// Reset empties the gathering and keeps its memory; nothing of what it held may be in use any more.
func (w *Writes) Reset() {
	clear(w.list)
	clear(w.at)
	w.list, w.tables, w.block, w.bytes = w.list[:0], w.tables[:0], w.block[:0], 0
}

// Len gives the number of writes.
func (w *Writes) Len() int { return len(w.list) }

// Put checks and writes a put. It fails as NewPut does, and with ValidationFailed for what a batch cannot hold.
func (w *Writes) Put(p *codec.Plan, in PutInput) (Write, error) {
	if !in.Condition.IsZero() && !w.Unchecked {
		return Write{}, failed(p.Model, errs.CodeValidationFailed, "", "a batch holds no conditions")
	}
	in.Mode, in.Now = Replace, w.Now
	put := newPut(p, in, newSealing(w.Keyed && len(p.Model.Sealed) > 0))
	b, start := w.room()
	b, err := put.appendItem(append(b, `{"PutRequest":{"Item":`...))
	if err != nil {
		return Write{}, err
	}
	if put.guard.Expected != nil && !w.Unchecked {
		return Write{}, failed(p.Model, errs.CodeValidationFailed, p.Model.Role(schema.RoleVersion).Name, "a batch does not check versions")
	}
	b = append(b, `}}`...)
	out := Write{plan: p, table: in.Table, entry: b[start:len(b):len(b)], item: put.item, isPut: true, sealing: put.sealing}
	if !w.Detached {
		out.value = in.Value
	}
	return w.written(out, b)
}

// Delete checks and writes a delete. It fails as NewDelete does, and with ValidationFailed for what a batch cannot hold.
func (w *Writes) Delete(p *codec.Plan, in DeleteInput) (Write, error) {
	switch {
	case w.Unchecked:
	case !in.Condition.IsZero() || in.MustExist || in.Expected != nil:
		return Write{}, failed(p.Model, errs.CodeValidationFailed, "", "a batch holds no conditions")
	case p.Model.Discriminator != nil:
		return Write{}, failed(p.Model, errs.CodeValidationFailed, "", "a batch cannot check whether what it deletes is an item of the model")
	}
	b, start := w.room()
	b = append(b, `{"DeleteRequest":{"Key":`...)
	at := len(b)
	b, err := p.AppendKey(b, in.Key)
	if err != nil {
		return Write{}, err
	}
	key := b[at:len(b):len(b)]
	b = append(b, `}}`...)
	out := Write{plan: p, table: in.Table, entry: b[start:len(b):len(b)], item: key}
	if len(p.Model.Composed) > 0 {
		if out.shown, err = p.AppendKeyParts(nil, in.Key); err != nil {
			return Write{}, err
		}
	}
	return w.written(out, b)
}

// Copy writes a put of an item that is written already, with its envelopes. The plan says what its key is.
func (w *Writes) Copy(p *codec.Plan, table string, item []byte) (Write, error) {
	b, start := w.room()
	b = append(b, `{"PutRequest":{"Item":`...)
	at := len(b)
	b = append(b, item...)
	end := len(b)
	b = append(b, `}}`...)
	return w.written(Write{plan: p, table: table, entry: b[start:len(b):len(b)], item: b[at:end:end], isPut: true}, b)
}

// room gives where the next write goes: what was written before stays where it is.
func (w *Writes) room() (b []byte, start int) {
	if cap(w.block)-len(w.block) < blockSize/8 {
		w.block = make([]byte, 0, blockSize)
	}
	return w.block, len(w.block)
}

// written keeps the memory of a write, and names its item.
func (w *Writes) written(out Write, b []byte) (Write, error) {
	w.block = b
	var err error
	if w.id, err = appendID(w.id[:0], []byte(out.table), out.plan.Model, out.item); err != nil {
		return Write{}, malformed(out.plan, err)
	}
	out.id = string(w.id)
	return out, nil
}

// Has says whether there is a write of the same item.
func (w *Writes) Has(x Write) bool {
	_, ok := w.at[x.id]
	return ok
}

// Takes says whether a request can hold a write besides those there are.
func (w *Writes) Takes(x Write) bool {
	return len(w.list) == 0 || len(w.list) < schema.BatchWriteMax && w.bytes+len(x.entry) <= schema.BatchWriteEntriesMaxBytes
}

// Full says whether a request can hold no other write.
func (w *Writes) Full() bool { return len(w.list) >= schema.BatchWriteMax }

// Add adds a write. It fails with ValidationFailed where there is one of the same item, unless the last wins.
func (w *Writes) Add(x Write) error {
	if err := w.tables.add(x.table, x.plan.Model); err != nil {
		return err
	}
	if w.at == nil {
		w.at = map[string]int{}
	}
	if first, ok := w.at[x.id]; ok {
		if !w.LastWins {
			return failed(x.plan.Model, errs.CodeValidationFailed, "", "the batch writes an item twice")
		}
		w.list[first].plan = nil
	}
	w.at[x.id] = len(w.list)
	w.list = append(w.list, x)
	w.bytes += len(x.entry)
	return nil
}

// kept gives the writes that stay.
func (w *Writes) kept() []Write {
	if !w.LastWins {
		return w.list
	}
	out := w.list[:0]
	for _, x := range w.list {
		if x.plan != nil {
			out = append(out, x)
		}
	}
	return out
}

// Each calls f for each write.
func (w *Writes) Each(f func(x *Write)) {
	for i := range w.list {
		f(&w.list[i])
	}
}
