package dynamorm

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// This file runs a migration: phase by phase, its segments side by side, each page by page.

// run does what is asked for, in its order.
func (m *migration) run(ctx context.Context) error {
	if m.backup != nil {
		if err := m.ensure(ctx, m.backup, false); err != nil {
			return err
		}
		if err := m.phase(ctx, PhaseBackup); err != nil || !m.done(PhaseBackup) {
			return err
		}
	}
	if err := m.ensure(ctx, m.ensured, true); err != nil || !m.moving.dataCopy {
		return err
	}
	return m.phase(ctx, PhaseCopy)
}

// ensure sees to a table; a dry run needs none.
func (m *migration) ensure(ctx context.Context, t *operation.Table, addIndexes bool) error {
	if m.moving.dryRun {
		return nil
	}
	out, err := m.client.ensure(ctx, t, addIndexes)
	if out.Created {
		m.created = append(m.created, t.Name)
	}
	m.added = append(m.added, out.Added...)
	return err
}

// segmentWork is a segment under way.
type segmentWork struct {
	number int
	read   *operation.Read
	start  []byte
	pages  int
}

// pageWork is a page under way, and what came of it.
type pageWork struct {
	*segmentWork
	now      time.Time
	counts   MigrationCounts
	failures []MigrationFailure
	last     []byte
	err      error
	panicked any
}

// phaseWork is a phase under way.
type phaseWork struct {
	*migration
	phase    MigrationPhase
	copying  *operation.Copying
	totals   *MigrationCounts
	underWay int
	ended    chan *pageWork
	// failure ended the phase; told says that it came from what is told, which then is told nothing more.
	failure error
	told    bool
}

// phase copies what is left of a phase. After a failure nothing more is begun, and what is under way is waited for.
func (m *migration) phase(ctx context.Context, phase MigrationPhase) error {
	w := &phaseWork{migration: m, phase: phase, copying: m.copying[phase], totals: &MigrationCounts{Reasons: map[string]int{}}, ended: make(chan *pageWork)}
	m.reached[phase] = w.totals
	m.asked(func(number int) bool {
		if place := m.cursor.Places[phase][number]; place != nil {
			w.totals.Add(place.Counts)
		}
		return true
	})
	next, stop := iter.Pull(w.left())
	defer stop()
	defer func() {
		for ; w.underWay > 0; w.underWay-- { // where what is told has panicked
			<-w.ended
		}
	}()
	for w.begin(ctx, next); w.underWay > 0; w.begin(ctx, next) {
		page := <-w.ended
		w.underWay--
		if page.panicked != nil {
			panic(page.panicked)
		}
		if w.settle(page); w.goesOn(page) {
			w.send(ctx, page.segmentWork)
		}
	}
	return w.failure
}

// left gives the segments that are asked for and not done, in their order.
func (w *phaseWork) left() iter.Seq[int] {
	return func(yield func(int) bool) {
		w.asked(func(number int) bool {
			place := w.cursor.Places[w.phase][number]
			return place != nil && place.Done || yield(number)
		})
	}
}

// begin begins further segments while there is room for them.
func (w *phaseWork) begin(ctx context.Context, next func() (int, bool)) {
	for w.failure == nil && w.underWay < w.concurrency {
		number, ok := next()
		if !ok {
			return
		}
		s := &segmentWork{number: number}
		var err error
		if s.read, err = w.read(w.phase, number); err != nil {
			w.end(err)
			return
		}
		s.start = s.read.Start()
		w.send(ctx, s)
	}
}

// goesOn says whether a segment has a further page for this run.
func (w *phaseWork) goesOn(p *pageWork) bool {
	return w.failure == nil && p.err == nil && p.last != nil && (w.moving.maxPages == nil || p.pages < *w.moving.maxPages)
}

// send begins a segment's next page. The clock is read again for each but the first.
func (w *phaseWork) send(ctx context.Context, s *segmentWork) {
	if err := ctx.Err(); err != nil {
		w.end(errs.Canceled(err))
		return
	}
	p := &pageWork{segmentWork: s, now: w.now}
	if w.begun {
		p.now = w.client.clock()
	}
	w.begun = true
	w.underWay++
	p.err = errs.New(errs.CodeCanceled, "", "the transform ended its goroutine") // unless it comes back
	go func() {
		defer func() {
			p.panicked = recover() // of a transform; it comes out where the caller is
			w.ended <- p
		}()
		p.err = w.page(ctx, p)
	}()
}

// settle counts a page that has ended, and tells of it. The cursor moves behind a page whose failures were told.
func (w *phaseWork) settle(p *pageWork) {
	for _, f := range p.failures {
		w.tell(w.moving.onFailure != nil, func() error { return w.moving.onFailure(f) })
	}
	if p.err != nil {
		w.end(p.err)
		return
	}
	if w.told && len(p.failures) > 0 {
		return
	}
	if err := w.move(p); err != nil {
		w.end(err)
		return
	}
	w.tell(w.moving.progress != nil, func() error {
		return w.moving.progress(MigrationProgress{w.phase, w.totals.Clone(), w.cursor.Text()})
	})
}

// tell tells something, unless an earlier telling failed.
func (w *phaseWork) tell(wanted bool, told func() error) {
	if !wanted || w.told {
		return
	}
	if err := told(); err != nil {
		w.told = true
		w.end(err)
	}
}

// end ends the phase; the first failure stays.
func (w *phaseWork) end(err error) {
	if w.failure == nil {
		w.failure = err
	}
}

// move moves the cursor behind a page.
func (w *phaseWork) move(p *pageWork) (err error) {
	places := w.cursor.Places[w.phase]
	moved := operation.SegmentPlace{Done: p.last == nil}
	if old := places[p.number]; old != nil {
		moved.Counts = old.Clone()
	}
	if moved.At, err = p.read.Cursor(p.last, nil); err != nil {
		return err
	}
	moved.Add(p.counts)
	w.totals.Add(p.counts)
	places[p.number] = &moved
	p.start = p.last
	p.pages++
	return nil
}

// patient sends a request, again while it is throttled.
func (w *phaseWork) patient(ctx context.Context, x operation.Exchange) error {
	return w.client.converse(ctx, operation.NewPatient(x, w.client.retries))
}

// page reads a page and writes its items, one after the other.
func (w *phaseWork) page(ctx context.Context, p *pageWork) error {
	x := p.read.Page(p.start, nil, nil)
	if err := w.patient(ctx, x); err != nil {
		return err
	}
	p.last = x.Last
	session := w.client.session(p.now)
	writer := &pageWriter{phaseWork: w, page: p, session: session}
	openings := w.open(ctx, session, x.Items)
	for i, item := range x.Items {
		p.counts.Read++
		copied, reason, err := w.copying.Prepare(item, openings[i])
		switch {
		case err != nil && reason != operation.ReasonTransform && ends(err):
			return err
		case err != nil:
			writer.failed(item, reason, err)
		case copied == nil:
			p.counts.Skipped++
		case w.moving.dryRun:
			p.counts.Written++
		default:
			if err := writer.write(ctx, item, copied); err != nil {
				return err
			}
		}
	}
	return writer.flush(ctx)
}

// ends says whether a failure is not that of an item: a key that could not be got.
func ends(err error) bool {
	e := errs.As(err)
	return e == nil || e.Code == errs.CodeKeyUnavailable || e.Code == errs.CodeCanceled
}

// open opens what has to be of a page's items.
func (w *phaseWork) open(ctx context.Context, s session, list [][]byte) []codec.Openings {
	out := make([]codec.Openings, len(list))
	if w.copying.Opens == nil || s.ring == nil {
		return out
	}
	items := make([]encryption.Item, len(list))
	for i, item := range list {
		items[i] = encryption.Item{Model: w.copying.Opens, JSON: item, Key: item}
	}
	for i, result := range s.ring.Open(ctx, items) {
		out[i] = result.Openings
	}
	return out
}

// pageWriter writes the items of a page.
type pageWriter struct {
	*phaseWork
	page    *pageWork
	session session
	// chunk gathers the writes of a batch; items has the source's items by the identity of each.
	chunk  operation.Writes
	copied map[string]written
}

// written is an item of the source on its way into the target.
type written struct {
	item   []byte
	copied *operation.Copied
}

// failed counts an item that was not written, and keeps what is told of it.
func (w *pageWriter) failed(item []byte, reason string, err error) {
	w.page.counts.Failed++
	w.because(item, reason, err)
}

func (w *pageWriter) because(item []byte, reason string, err error) {
	w.page.counts.Because(reason, 1)
	f := MigrationFailure{Phase: w.phase, Reason: reason, Err: err}
	if key, fail := w.keys.Keys(item); fail == nil {
		f.Key = &BatchKey{Model: w.keys.Model.Name, Key: key}
	}
	w.page.failures = append(w.page.failures, f)
}

// write seals and writes an item.
func (w *pageWriter) write(ctx context.Context, item []byte, x *operation.Copied) error {
	if seals := x.Seals(); len(seals) > 0 {
		if err := w.session.ring.Seal(ctx, seals); err != nil {
			return err
		}
	}
	if err := x.Fill(); err != nil {
		w.failed(item, string(errs.As(err).Code), err)
		return nil
	}
	if w.moving.existing == KeepExisting {
		return w.put(ctx, item, x, true)
	}
	return w.gather(ctx, item, x)
}

// put writes an item by itself.
func (w *pageWriter) put(ctx context.Context, item []byte, x *operation.Copied, keep bool) error {
	put, err := operation.NewCopyPut(w.copying, x, keep)
	if err == nil {
		err = w.patient(ctx, put)
	}
	e := errs.As(err)
	switch {
	case err == nil && put.Present:
		w.page.counts.Present++
	case err == nil && put.Different != nil:
		w.page.counts.Different++
		w.because(item, string(put.Different.Code), put.Different)
	case err == nil:
		w.page.counts.Written++
	case e != nil && refused(e):
		w.failed(item, string(e.Code), err)
	default:
		return err
	}
	return nil
}

// refused says whether DynamoDB refuses an item by itself.
func refused(e *errs.Error) bool {
	return e.Code == errs.CodeValidationFailed || e.Code == errs.CodeItemTooLarge
}

// gather adds an item to the chunk; one that has no room in it, or the key of another one, begins the next.
func (w *pageWriter) gather(ctx context.Context, item []byte, x *operation.Copied) error {
	write, err := w.chunk.Copy(w.copying.Plan(), w.copying.Table, x.Item)
	if err == nil && (!w.chunk.Takes(write) || w.chunk.Has(write)) {
		if err := w.flush(ctx); err != nil {
			return err
		}
		write, err = w.chunk.Copy(w.copying.Plan(), w.copying.Table, x.Item)
	}
	if err == nil {
		err = w.chunk.Add(write)
	}
	if err != nil {
		w.failed(item, string(errs.As(err).Code), err)
		return nil
	}
	if w.copied == nil {
		w.copied = map[string]written{}
	}
	w.copied[write.ID()] = written{item, x}
	if w.chunk.Full() {
		return w.flush(ctx)
	}
	return nil
}

// spent gives what a batch failed of when its attempts were spent: that it was throttled, or that something is left.
func spent(err error) error {
	if throttled := errs.As(errors.Unwrap(err)); throttled != nil && throttled.Code == errs.CodeThrottled {
		return throttled
	}
	return err
}

// flush writes the chunk; one that DynamoDB refuses is written item by item.
func (w *pageWriter) flush(ctx context.Context) error {
	if w.chunk.Len() == 0 {
		return nil
	}
	x := operation.NewBatchWrite(&w.chunk, w.client.retries, nil)
	if err := w.client.converse(ctx, x); err != nil && (x.Failure == nil || !refused(x.Failure)) {
		if x.Failure != nil {
			return spent(x.Failure)
		}
		return err
	}
	w.page.counts.Written += x.Written
	var err error
	x.Rest(func(write *operation.Write, _ bool) {
		if one := w.copied[write.ID()]; err == nil {
			err = w.put(ctx, one.item, one.copied, false)
		}
	})
	w.chunk.Reset()
	clear(w.copied)
	return err
}
