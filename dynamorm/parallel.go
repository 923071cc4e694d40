package dynamorm

import (
	"context"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// Parallel is a scan by segments: items come as they are read, in no order. Each reader holds one page until it is taken, so that nobody
// reads ahead. Leaving the loop, an error and the end of the context stop every request that is under way.
type Parallel[T any] struct {
	scan                  *Reading[T]
	segments, concurrency int
	err                   error
}

// Parallel reads all segments of a scan, at most concurrency at a time; 0 is all. A limit, a cursor and a segment of the scan's own are
// ValidationFailed.
func (q *Reading[T]) Parallel(segments, concurrency int) *Parallel[T] {
	p := &Parallel[T]{scan: q, segments: segments, concurrency: concurrency, err: q.err}
	if p.err == nil {
		p.err = operation.CheckSegments(segments)
	}
	if p.err == nil && (concurrency < 0 || q.in.Keys != nil || q.in.Limit != nil || q.in.Cursor != nil || q.in.Segment != nil) {
		p.err = errs.New(errs.CodeValidationFailed, "", "a parallel scan has no key, limit, cursor and segment of its own, and reads at least one segment at a time")
	}
	if concurrency == 0 || concurrency > segments {
		p.concurrency = segments
	}
	return p
}

// All reads item by item.
func (p *Parallel[T]) All(ctx context.Context) iter.Seq2[T, error] { return items(p.Pages(ctx)) }

// Collect reads everything: the items, and the cursor of each segment, "" at its end.
func (p *Parallel[T]) Collect(ctx context.Context) ([]T, []string, error) {
	var list []T
	cursors := make([]string, max(p.segments, 0))
	for page, err := range p.Pages(ctx) {
		if err != nil {
			return nil, nil, err
		}
		list = append(list, page.Items...)
		cursors[page.Segment] = page.Cursor
	}
	return list, cursors, nil
}

type turn[T any] struct {
	page Page[T]
	err  error
}

// Pages reads page by page; each says its segment, and its cursor goes on in that segment.
func (p *Parallel[T]) Pages(ctx context.Context) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		r, err := p.scan.begin(nil)
		if p.err != nil {
			err = p.err
		}
		if err != nil {
			yield(Page[T]{}, err)
			return
		}
		inner, cancel := context.WithCancel(ctx)
		turns := make(chan turn[T])
		go p.run(inner, r, turns)
		defer func() {
			cancel()
			for range turns { // until every reader is gone
			}
		}()
		for t := range turns {
			if !yield(t.page, t.err) || t.err != nil {
				return
			}
		}
		if ctx.Err() != nil {
			e := errs.New(errs.CodeCanceled, "", "the scan was cancelled")
			e.Cause = ctx.Err()
			yield(Page[T]{}, e)
		}
	}
}

// run reads the segments, each reader one after the other, and closes turns when all are done.
func (p *Parallel[T]) run(ctx context.Context, r *operation.Read, turns chan<- turn[T]) {
	var next atomic.Int64
	var failed atomic.Bool
	var readers sync.WaitGroup
	halted := func() bool { return failed.Load() || ctx.Err() != nil }
	for range p.concurrency {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for number := int(next.Add(1)) - 1; number < p.segments && !halted(); number = int(next.Add(1)) - 1 {
				segment := &operation.Segment{Number: number, Total: p.segments}
				for page, err := range p.scan.pages(ctx, r, segment, nil, halted) {
					if err != nil {
						failed.Store(true)
					}
					select {
					case turns <- turn[T]{page, err}:
					case <-ctx.Done():
						return
					}
				}
			}
		}()
	}
	readers.Wait()
	close(turns)
}
