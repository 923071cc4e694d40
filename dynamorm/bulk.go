package dynamorm

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// Bulk counts what a bulk write has written, deleted and not done.
type Bulk struct{ Written, Deleted, Failed int }

// BulkFailure is a write of a bulk write that is not done.
type BulkFailure struct {
	// Unknown says that its answer was lost: it may have happened. Otherwise it surely has not.
	Unknown bool
	// Key is nil where the write has none.
	Key *BatchKey
	// Err is the refusal of the write, the failure of its chunk, or BatchIncomplete where the attempts were spent.
	Err error
}

// Stream makes a stream that can fail out of one that cannot.
func Stream[V any](values iter.Seq[V]) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for v := range values {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// KeyStream makes a stream of keys out of keys, or values, of one type: `table.BulkDelete(ctx, KeyStream(table.Scan().All(ctx)))`.
func KeyStream[K any](keys iter.Seq2[K, error]) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for k, err := range keys {
			if !yield(k, err) {
				return
			}
		}
	}
}

// BulkPut writes a stream of values of any length, as BatchPut writes a batch; a reading's All is such a stream, and Stream makes one of an
// iter.Seq. It takes WithConcurrency, WithUnchecked, WithProgress and WithOnFailure. It takes from the stream only what it is about to
// write, and holds no more. The stream's values are not changed. Writes of one item happen in their order.
//
// Without WithOnFailure the first failure ends the work. Then, and behind an error that cannot vanish, and where the stream or the context
// ends it, nothing more is taken, what is under way is waited for, and the error is BatchIncomplete: its cause is the failure, Undone and
// Unknown list what was taken and is not done. The counts are given with the error, too.
func (t *Table[T]) BulkPut(ctx context.Context, values iter.Seq2[T, error], options ...Option) (Bulk, error) {
	return bulk(ctx, t.client, values, options, func(v T) Action { return t.Actions().Put(&v) })
}

// BulkDelete deletes the items of a stream of keys of any length; KeyStream makes one of keys of one type. It is as BulkPut.
func (t *Table[T]) BulkDelete(ctx context.Context, keys iter.Seq2[any, error], options ...Option) (Bulk, error) {
	return bulk(ctx, t.client, keys, options, func(key any) Action { return t.Actions().Delete(key) })
}

// BulkWrite writes a stream of actions of any length: Put and Delete of any models, without conditions. It is as Table.BulkPut.
func (c *Client) BulkWrite(ctx context.Context, actions iter.Seq2[Action, error], options ...Option) (Bulk, error) {
	return bulk(ctx, c, actions, options, func(a Action) Action { return a })
}

const defaultConcurrency = 4

func bulk[V any](ctx context.Context, c *Client, stream iter.Seq2[V, error], options []Option, action func(V) Action) (Bulk, error) {
	s, err := gather(nil, options, "WithConcurrency", "WithUnchecked", "WithProgress", "WithOnFailure")
	if err == nil {
		err = c.retries.Check()
	}
	concurrency := defaultConcurrency
	if s.concurrency != nil {
		concurrency = *s.concurrency
	}
	if err == nil && concurrency < 1 {
		err = errs.New(errs.CodeValidationFailed, "", "at least one chunk is under way at a time")
	}
	if err != nil {
		return Bulk{}, err
	}
	w := &bulkWriter{ctx: ctx, client: c, settings: s, concurrency: concurrency, ended: make(chan *bulkChunk, concurrency), owner: map[string]*bulkChunk{}}
	if w.ready() {
		for v, err := range stream {
			if err != nil {
				w.fail(err)
				break
			}
			if !w.take(action(v)) {
				break
			}
		}
	}
	return w.finish()
}

// bulkChunk is a chunk that is filled or under way.
type bulkChunk struct {
	operation.Writes
	// taken has, of each write, when it was taken.
	taken map[string]int
	body  []byte
	sent  *operation.BatchWrite
	err   error
}

// bulkWriter is the work of one bulk write. All of it but the sending happens in the goroutine of the caller.
type bulkWriter struct {
	settings
	ctx         context.Context
	client      *Client
	concurrency int

	counts   Bulk
	taken    int
	filling  *bulkChunk
	underWay int
	ended    chan *bulkChunk
	// owner has the chunk of each write that is filled or under way.
	owner map[string]*bulkChunk
	idle  []*bulkChunk
	// failure ended the work, rest is what was taken then and is not done.
	failure error
	rest    []bulkRest
}

// bulkRest is a write that is not done and was not told.
type bulkRest struct {
	taken   int
	unknown bool
	key     operation.Keyed
}

// take takes a write from the stream; false where nothing more is to be taken.
func (w *bulkWriter) take(a Action) bool {
	w.taken++
	if !w.goingOn() {
		w.keep(a)
		return false
	}
	w.begin()
	x, err := a.write(&w.filling.Writes)
	switch {
	case err != nil:
	case !w.filling.Takes(x) || w.owner[x.ID()] == w.filling:
		x, err = w.postpone(a, x)
	default: // not before a chunk with the item that is under way
		for w.owner[x.ID()] != nil {
			w.wait()
		}
	}
	if !w.goingOn() {
		w.keep(a)
		return false
	}
	if err == nil {
		err = w.filling.Add(x)
	}
	if err != nil {
		w.refused(a, err)
	} else {
		w.owner[x.ID()] = w.filling
		w.filling.taken[x.ID()] = w.taken
		if w.filling.Full() {
			w.send()
		}
	}
	return w.ready()
}

// postpone ends the chunk that is filled, waits until no chunk has the item, and builds the write for a new one.
func (w *bulkWriter) postpone(a Action, x operation.Write) (operation.Write, error) {
	id := x.ID()
	w.send()
	for w.failure == nil && (w.owner[id] != nil || w.underWay == w.concurrency) {
		w.wait()
	}
	if w.failure != nil {
		return x, nil
	}
	w.begin()
	return a.write(&w.filling.Writes)
}

// begin makes sure that there is a chunk to fill: its puts have the time of its beginning.
func (w *bulkWriter) begin() {
	if w.filling != nil {
		return
	}
	if n := len(w.idle); n > 0 {
		w.filling, w.idle = w.idle[n-1], w.idle[:n-1]
	} else {
		w.filling = &bulkChunk{taken: map[string]int{}}
		w.filling.Unchecked, w.filling.Detached, w.filling.Keyed = w.unchecked, true, w.client.keyed()
	}
	w.filling.Now = w.client.clock()
}

// send starts the chunk that is filled, if there is anything in it.
func (w *bulkWriter) send() {
	chunk := w.filling
	if chunk == nil || chunk.Len() == 0 {
		return
	}
	chunk.sent = operation.NewBatchWrite(&chunk.Writes, w.client.retries, chunk.body)
	session := w.client.session(chunk.Now)
	if len(chunk.sent.Seals()) > 0 {
		chunk.err = session.envelopes(w.ctx, chunk.sent) // here, so that keys are asked for one after the other
		if chunk.err == nil {
			chunk.sent.FillEach(w.tooLarge)
		}
		if w.failure != nil {
			return // the chunk is listed as it is
		}
	}
	w.filling = nil
	w.underWay++
	if chunk.err != nil {
		chunk.sent.Refuse(chunk.err)
		w.ended <- chunk
		return
	}
	go func() {
		chunk.err = session.run(w.ctx, chunk.sent)
		w.ended <- chunk // has room for all
	}()
}

// ready settles what has ended, and waits until a further write could be sent; false where the work has ended.
func (w *bulkWriter) ready() bool {
	for w.goingOn() {
		select {
		case chunk := <-w.ended:
			w.settle(chunk)
			continue
		default:
		}
		if w.filling != nil && w.filling.Len() > 0 || w.underWay < w.concurrency {
			break
		}
		w.wait()
	}
	return w.failure == nil
}

func (w *bulkWriter) wait() { w.settle(<-w.ended) }

// settle counts a chunk that has ended, and tells of it.
func (w *bulkWriter) settle(chunk *bulkChunk) {
	w.underWay--
	w.counts.Written += chunk.sent.Written
	w.counts.Deleted += chunk.sent.Deleted
	for id := range chunk.taken {
		delete(w.owner, id)
	}
	if chunk.err == nil {
		chunk.body = chunk.sent.Body()
		chunk.Reset()
		clear(chunk.taken)
		w.idle = append(w.idle, chunk)
	} else {
		w.failed(chunk)
	}
	if w.progress != nil {
		w.progress(w.counts)
	}
}

// failed tells what of a chunk is not done, and ends the work where it has to.
func (w *bulkWriter) failed(chunk *bulkChunk) {
	failure := chunk.sent.Failure
	keys := operation.KeyReader{}
	chunk.sent.Rest(func(x *operation.Write, unknown bool) {
		w.counts.Failed++
		if w.onFailure == nil {
			w.rest = append(w.rest, bulkRest{taken: chunk.taken[x.ID()], unknown: unknown, key: x.Keyed()})
			return
		}
		key := keys.Read(x.Keyed())
		w.onFailure(BulkFailure{unknown, &key, failure})
	})
	if w.onFailure == nil || !failure.Retryable {
		w.fail(failure)
	}
}

// refused tells a write that the library refuses.
func (w *bulkWriter) refused(a Action, err error) {
	w.counts.Failed++
	if w.onFailure == nil {
		w.keep(a)
		w.fail(err)
		return
	}
	told := BulkFailure{Err: err}
	if key, ok := a.keyed(); ok {
		shown := operation.KeyReader{}.Read(key)
		told.Key = &shown
	}
	w.onFailure(told)
}

// tooLarge tells a write that the library refuses once it has its envelopes.
func (w *bulkWriter) tooLarge(x *operation.Write, err error) {
	if w.failure == nil {
		w.counts.Failed++
	}
	if w.onFailure == nil {
		w.fail(err)
		return
	}
	key := operation.KeyReader{}.Read(x.Keyed())
	w.onFailure(BulkFailure{Key: &key, Err: err})
}

// keep lists a write as one that was taken and is not done.
func (w *bulkWriter) keep(a Action) {
	if key, ok := a.keyed(); ok {
		w.rest = append(w.rest, bulkRest{taken: w.taken, key: key})
	}
}

// fail ends the work; the first failure stays.
func (w *bulkWriter) fail(err error) {
	if w.failure == nil {
		w.failure = err
	}
}

// goingOn says whether the work has not ended; the end of the context ends it.
func (w *bulkWriter) goingOn() bool {
	if err := w.ctx.Err(); err != nil {
		w.fail(errs.Canceled(err))
	}
	return w.failure == nil
}

// finish sends what is left, or lists it, and waits for what is under way.
func (w *bulkWriter) finish() (Bulk, error) {
	if w.failure == nil {
		w.send()
	}
	for w.underWay > 0 {
		w.wait()
	}
	if w.failure == nil {
		return w.counts, nil
	}
	if w.filling != nil {
		w.filling.Each(func(x *operation.Write) {
			w.rest = append(w.rest, bulkRest{taken: w.filling.taken[x.ID()], key: x.Keyed()})
		})
	}
	slices.SortFunc(w.rest, func(a, b bulkRest) int { return cmp.Compare(a.taken, b.taken) })
	f := operation.Fates{}
	for _, r := range w.rest {
		if r.unknown {
			f.Unknown = append(f.Unknown, r.key)
		} else {
			f.Undone = append(f.Undone, r.key)
		}
	}
	if e := errs.As(w.failure); e != nil && e.Code == errs.CodeBatchIncomplete {
		return w.counts, operation.Incomplete(e.Cause, true, f)
	}
	return w.counts, operation.Incomplete(w.failure, false, f)
}
