package operation

import (
	"slices"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// BatchWrite is the conversation of a batch's writes: chunk after chunk, of each what is left before anything else.
type BatchWrite struct {
	// Written and Deleted count what is done.
	Written, Deleted int
	// Failure is what ended the batch, as DynamoDB or the network said it; BatchIncomplete where the attempts were spent.
	Failure *errs.Error

	attempts
	writes []Write
	known  tables
	model  *schema.Model // the one model that is written, nil for several
	next   int           // the first write of the next chunk
	left   []int         // what of the chunk is to be sent, in its order
	body   []byte
	tables []string
}

// NewBatchWrite begins the batch of what was gathered; a buffer is used for the bodies.
func NewBatchWrite(w *Writes, r Retries, buffer []byte) *BatchWrite {
	x := &BatchWrite{attempts: attempts{Retries: r}, writes: w.kept(), known: w.tables, body: buffer}
	x.model = sole(len(x.writes), func(i int) *schema.Model { return x.writes[i].plan.Model })
	return x
}

// Seals gives what is to be sealed of all writes.
func (x *BatchWrite) Seals() (out []*codec.Seal) {
	for i := range x.writes {
		out = append(out, x.writes[i].Seals()...)
	}
	return out
}

// Fill puts the envelopes in their places. It fails with ItemTooLarge.
func (x *BatchWrite) Fill() (err error) {
	x.FillEach(func(_ *Write, refusal error) {
		if err == nil {
			err = refusal
		}
	})
	return err
}

// FillEach is Fill that leaves out the writes that are refused, and tells of them.
func (x *BatchWrite) FillEach(refused func(w *Write, err error)) {
	kept := make([]Write, 0, len(x.writes))
	for i := range x.writes {
		w := &x.writes[i]
		if w.seals.Len() > 0 {
			if _, err := w.filled(w.plan.Model, w.item); err != nil {
				refused(w, err)
				continue
			}
			w.entry = w.seals.Filled(w.entry)
		}
		kept = append(kept, *w)
	}
	x.writes = kept
}

// Refuse ends the batch before anything of it is sent.
func (x *BatchWrite) Refuse(err error) { x.Failure = unreadable(err) }

// Body gives the memory of the bodies, which is free again after a success.
func (x *BatchWrite) Body() []byte { return x.body }

// Next gives the request of what is left of the chunk, else of the next chunk.
func (x *BatchWrite) Next() (Request, bool) {
	if len(x.left) == 0 && !x.chunk() {
		return Request{}, false
	}
	x.sent++
	x.build()
	return Request{API: "BatchWriteItem", Tables: x.tables, Body: x.body, Write: true, Waits: x.sent > 1, Delay: x.delay}, true
}

// chunk takes as many writes as a request holds; false where there are none.
func (x *BatchWrite) chunk() bool {
	x.begin()
	x.left = x.left[:0]
	for bytes := 0; x.next < len(x.writes) && len(x.left) < schema.BatchWriteMax; x.next++ {
		bytes += len(x.writes[x.next].entry)
		if len(x.left) > 0 && bytes > schema.BatchWriteEntriesMaxBytes {
			break
		}
		x.left = append(x.left, x.next)
	}
	return len(x.left) > 0
}

// build writes the body of what is left, table by table.
func (x *BatchWrite) build() {
	x.tables = x.tables[:0:0] // the last request may still be looked at
	b := append(x.body[:0], `{"RequestItems":{`...)
	for i, first := range x.left {
		table := x.writes[first].table
		if slices.Contains(x.tables, table) {
			continue
		}
		x.tables = append(x.tables, table)
		if i > 0 {
			b = append(b, ',')
		}
		b, _ = canon.AppendString(b, table)
		b = append(b, `:[`...)
		for j, at := range x.left[i:] {
			if w := &x.writes[at]; j == 0 || w.table == table {
				if j > 0 {
					b = append(b, ',')
				}
				b = append(b, w.entry...)
			}
		}
		b = append(b, ']')
	}
	x.body = append(b, `}}`...)
}

// Receive reads what DynamoDB left of the request. It fails with BatchIncomplete, or with the failure itself where nothing was done.
func (x *BatchWrite) Receive(r Response) error {
	if r.Unanswered || r.Fault != nil && r.Fault.MaybeApplied {
		x.lose()
	}
	switch {
	case r.Fault == nil:
		return x.answered(r.Body)
	case r.Fault.Code == errs.CodeThrottled:
		x.body = nil // it may still be on its way to the network
		return x.again(r.Fault)
	}
	x.body = nil
	return x.fail(r.Fault)
}

// lose notes that an answer to what is left did not come.
func (x *BatchWrite) lose() {
	for _, at := range x.left {
		x.writes[at].lost = true
	}
}

func (x *BatchWrite) again(cause error) error {
	if x.attempts.again() {
		return nil
	}
	x.Failure = of(Incomplete(cause, true, x.fates()), x.model)
	return x.Failure
}

func (x *BatchWrite) answered(body []byte) error {
	again, err := x.unprocessed(body)
	if err != nil {
		x.lose()
		return x.fail(unreadable(err))
	}
	kept := x.left[:0]
	for i, at := range x.left {
		if again != nil && again[i] {
			kept = append(kept, at)
		} else if fail := x.done(&x.writes[at]); fail != nil {
			err = fail
		}
	}
	switch x.left = kept; {
	case err != nil:
		return x.fail(unreadable(err))
	case len(kept) > 0:
		return x.again(nil)
	}
	return nil
}

// done counts a write, and leaves what was stored in the caller's value.
func (x *BatchWrite) done(w *Write) error {
	w.fate = done
	if !w.isPut {
		x.Deleted++
		return nil
	}
	x.Written++
	if w.value == nil {
		return nil
	}
	return w.plan.UnmarshalOpened(w.item, w.value, true, w.seals.Openings(w.item))
}

// unprocessed says which writes of the request are to be sent again; nil for none.
func (x *BatchWrite) unprocessed(body []byte) (again []bool, err error) {
	var id []byte
	err = codec.Lists(body, "UnprocessedItems", func(table, entry []byte) error {
		m := x.known.model(table)
		if m == nil {
			return foreign()
		}
		item, err := entryItem(entry)
		if err != nil {
			return err
		}
		if id, err = appendID(id[:0], table, m, item); err != nil {
			return foreign() // whole JSON, but without the key
		}
		for i, at := range x.left {
			if x.writes[at].id == string(id) {
				if again == nil {
					again = make([]bool, len(x.left))
				}
				again[i] = true
				return nil
			}
		}
		return foreign()
	}, func(name, member []byte) error {
		if string(name) == "UnprocessedItems" && string(member) != "null" {
			return codec.ErrMalformed
		}
		return nil
	})
	return again, err
}

// entryItem gives the item of a put, or the key of a delete, in an answer.
func entryItem(entry []byte) ([]byte, error) {
	for _, kind := range [...][2]string{{"PutRequest", "Item"}, {"DeleteRequest", "Key"}} {
		request, found, err := codec.Member(entry, kind[0])
		if err == nil && found {
			entry, found, err = codec.Member(request, kind[1])
		}
		if err != nil || found {
			return entry, err
		}
	}
	return nil, codec.ErrMalformed
}

func (x *BatchWrite) fates() (f Fates) {
	for i := range x.writes {
		w := &x.writes[i]
		f.add(w.outcome(), w.Keyed())
	}
	return f
}

// fail ends the batch.
func (x *BatchWrite) fail(e *errs.Error) error {
	x.Failure = of(e, x.model)
	f := x.fates()
	if len(f.Done)+len(f.Unknown) == 0 {
		return e
	}
	return Incomplete(e, false, f)
}

// Rest calls f for each write that is not done, and says whether it may be.
func (x *BatchWrite) Rest(f func(w *Write, unknown bool)) {
	for i := range x.writes {
		if fate := x.writes[i].outcome(); fate != done {
			f(&x.writes[i], fate == unknown)
		}
	}
}
