package dynamorm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// shelves is a table for scans: each segment has so many pages of two notes; it counts what is asked of it.
type shelves struct {
	pages int
	// text is what each note holds.
	text string
	// before runs before a page is given; its error is the answer.
	before func(ctx context.Context, segment, page int) *dynamorm.Error

	mutex sync.Mutex
	// sent is the number of requests by segment.
	sent map[int]int
	// open is the number of requests under way, most how many there ever were.
	open, most int
}

func (s *shelves) Send(ctx context.Context, r operation.Request) operation.Response {
	var in struct {
		Segment           int
		ExclusiveStartKey map[string]map[string]string
	}
	if err := json.Unmarshal(r.Body, &in); err != nil {
		panic(err)
	}
	first := 0
	if after, err := strconv.Atoi(in.ExclusiveStartKey["id"]["N"]); err == nil {
		first = after + 1
	}
	s.count(in.Segment, 1)
	defer s.count(in.Segment, -1)
	if ctx.Err() != nil {
		return operation.Response{Fault: ended(ctx)}
	}
	if s.before != nil {
		if fault := s.before(ctx, in.Segment, first/2); fault != nil {
			return operation.Response{Fault: fault}
		}
	}
	key := func(id int) string { return fmt.Sprintf(`"owner":{"S":"s%d"},"id":{"N":"%d"}`, in.Segment, id) }
	items, last := []string{}, ""
	for id := first; id < min(first+2, 2*s.pages); id++ {
		items = append(items, fmt.Sprintf(`{%s,"text":{"S":"%s"}}`, key(id), s.text))
		last = `,"LastEvaluatedKey":{` + key(id) + `}`
	}
	if first+2 >= 2*s.pages {
		last = ""
	}
	return operation.Response{Body: fmt.Appendf(nil, `{"Items":[%s]%s}`, strings.Join(items, ","), last)}
}

func (s *shelves) count(segment, change int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.open += change
	s.most = max(s.most, s.open)
	if change > 0 {
		if s.sent == nil {
			s.sent = map[int]int{}
		}
		s.sent[segment]++
	}
}

// requests is the number of requests so far.
func (s *shelves) requests() (n int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, sent := range s.sent {
		n += sent
	}
	return n
}

func ended(ctx context.Context) *dynamorm.Error {
	e := errs.New(errs.CodeCanceled, "", "the context ended")
	e.Cause = ctx.Err()
	return e
}

func (s *shelves) scan(options ...dynamorm.Option) *dynamorm.Reading[Note] {
	return dynamorm.NewTable(dynamorm.NewClientOver(s), notes).Scan(options...)
}

// everything is what a scan of so many segments of so many pages holds, in order.
func everything(segments, pages int) (out []string) {
	for segment := range segments {
		for id := range 2 * pages {
			out = append(out, fmt.Sprintf("s%d %d", segment, id))
		}
	}
	slices.Sort(out)
	return out
}

func named(list []Note) (out []string) {
	for _, n := range list {
		out = append(out, fmt.Sprintf("%s %d", n.Owner, n.ID))
	}
	slices.Sort(out)
	return out
}

// A bubble of synctest has a clock and a scheduler of its own: Wait returns when every goroutine in it is blocked, and the bubble fails
// where one is left over at its end. So what these tests count needs no sleeping, and none of them can leak.

func TestAParallelScanReadsEachSegmentOnceWithNoMoreRequestsThanAllowed(t *testing.T) {
	for name, row := range map[string]struct{ segments, concurrency, most int }{
		"one":            {1, 1, 1},
		"one at a time":  {5, 1, 1},
		"three at once":  {8, 3, 3},
		"all":            {8, 0, 8},
		"more than that": {4, 100, 4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate := make(chan struct{})
				s := &shelves{pages: 3, before: func(context.Context, int, int) *dynamorm.Error { <-gate; return nil }}
				go func() {
					synctest.Wait() // every reader that may has sent by now
					close(gate)
				}()
				list, cursors, err := s.scan().Parallel(row.segments, row.concurrency).Collect(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				equal(t, "items", named(list), everything(row.segments, 3))
				equal(t, "cursors", cursors, make([]string, row.segments))
				equal(t, "requests at once", s.most, row.most)
				equal(t, "requests", s.requests(), 3*row.segments)
			})
		})
	}
}

func TestNoSegmentIsReadMoreThanAPageAheadOfTheConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelves{pages: 50}
		scan := s.scan().Parallel(4, 3)
		pages := scan.Pages(t.Context())
		synctest.Wait()
		equal(t, "requests before the first page is asked for", s.requests(), 0)
		taken := 0
		for _, err := range pages {
			if err != nil {
				t.Fatal(err)
			}
			taken++
			synctest.Wait()
			if got := s.requests(); got > taken+3 {
				t.Fatalf("%d requests for %d pages", got, taken)
			}
			if taken == 20 {
				break
			}
		}
		synctest.Wait()
		equal(t, "requests under way", s.open, 0)
		equal(t, "requests", s.requests(), 20+3)
	})
}

func TestLeavingTheLoopEndsTheRequestsUnderWay(t *testing.T) {
	for name, leave := range map[string]func(s *dynamorm.Parallel[Note], ctx context.Context){
		"break": func(scan *dynamorm.Parallel[Note], ctx context.Context) {
			for range scan.All(ctx) {
				break
			}
		},
		"panic": func(scan *dynamorm.Parallel[Note], ctx context.Context) {
			defer func() { _ = recover() }()
			for range scan.Pages(ctx) {
				panic("the caller's")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &shelves{pages: 2, before: func(ctx context.Context, segment, _ int) *dynamorm.Error {
					if segment == 0 {
						return nil
					}
					<-ctx.Done()
					return ended(ctx)
				}}
				leave(s.scan().Parallel(4, 0), t.Context())
				equal(t, "requests under way", s.open, 0)
				before := s.requests()
				synctest.Wait()
				equal(t, "requests after the end", s.requests(), before)
			})
		})
	}
}

func TestTheErrorOfASegmentEndsTheScanAndNoRequestFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelves{pages: 50, before: func(_ context.Context, segment, page int) *dynamorm.Error {
			if segment == 2 && page == 1 {
				return errs.New(errs.CodeThrottled, "", "slower")
			}
			return nil
		}}
		var failures []error
		for _, err := range s.scan().Parallel(8, 3).Pages(t.Context()) {
			synctest.Wait() // the others read as far as they may
			if err != nil {
				failures = append(failures, err)
				break
			}
		}
		if len(failures) != 1 || !errors.Is(failures[0], dynamorm.ErrThrottled) {
			t.Errorf("got %v", failures)
		}
		equal(t, "requests under way", s.open, 0)
		equal(t, "the failing segment's requests", s.sent[2], 2)
		for segment := 3; segment < 8; segment++ {
			equal(t, fmt.Sprint("requests of segment ", segment), s.sent[segment], 0)
		}
		list, cursors, err := s.scan().Parallel(8, 3).Collect(t.Context())
		if !errors.Is(err, dynamorm.ErrThrottled) || list != nil || cursors != nil {
			t.Errorf("collected %v, %v, %v", list, cursors, err)
		}
	})
}

func TestAnErrorCancelsTheOtherRequestsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelves{pages: 2, before: func(ctx context.Context, segment, _ int) *dynamorm.Error {
			if segment == 3 {
				synctest.Wait() // until the others have begun
				return errs.New(errs.CodeThrottled, "", "slower")
			}
			<-ctx.Done()
			return ended(ctx)
		}}
		_, _, err := s.scan().Parallel(4, 0).Collect(t.Context())
		if !errors.Is(err, dynamorm.ErrThrottled) {
			t.Errorf("got %v", err)
		}
		equal(t, "requests", s.requests(), 4)
		equal(t, "requests under way", s.open, 0)
	})
}

func TestAnEndedContextEndsAParallelScanAsCanceled(t *testing.T) {
	for name, row := range map[string]struct {
		before func(ctx context.Context, segment, page int) *dynamorm.Error
		pages  int
	}{
		"while pages wait":         {nil, 1},
		"while requests are sent":  {func(ctx context.Context, _, page int) *dynamorm.Error { return waiting(ctx, page == 1) }, 2},
		"before the first request": {nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &shelves{pages: 50, before: row.before}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if row.pages == 0 {
					cancel()
				}
				pages, failures := 0, []error{}
				for _, err := range s.scan().Parallel(4, 2).Pages(ctx) {
					if err != nil {
						failures = append(failures, err)
						continue
					}
					if pages++; pages == row.pages {
						synctest.Wait()
						cancel()
					}
				}
				if len(failures) != 1 || !errors.Is(failures[0], dynamorm.ErrCanceled) || !errors.Is(failures[0], context.Canceled) {
					t.Errorf("got %v behind %d pages", failures, pages)
				}
				synctest.Wait()
				equal(t, "requests under way", s.open, 0)
				if got := s.requests(); got > pages+2 || row.pages == 0 && got > 0 {
					t.Errorf("%d requests for %d pages", got, pages)
				}
			})
		})
	}
}

// waiting waits for the end of the context, if it is to.
func waiting(ctx context.Context, on bool) *dynamorm.Error {
	if !on {
		return nil
	}
	<-ctx.Done()
	return ended(ctx)
}

func TestEachSegmentGoesOnFromItsCursor(t *testing.T) {
	s := &shelves{pages: 4}
	cursors, seen := map[int]string{}, []Note{}
	for page, err := range s.scan().Parallel(3, 0).Pages(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, page.Items...)
		cursors[page.Segment] = page.Cursor
		if len(seen) >= 12 {
			break
		}
	}
	for segment := range 3 {
		options := []dynamorm.Option{dynamorm.WithSegment(segment, 3)}
		cursor, begun := cursors[segment]
		if begun {
			options = append(options, dynamorm.WithCursor(cursor))
		}
		if begun && cursor == "" {
			continue
		}
		rest, err := s.scan(options...).Collect(ctx)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, rest.Items...)
	}
	equal(t, "items", named(seen), everything(3, 4))
}

func TestAParallelScanIsReadAgainFromItsStart(t *testing.T) {
	s := &shelves{pages: 2}
	items := s.scan().Parallel(3, 2).All(ctx)
	for _, name := range []string{"once", "twice"} {
		list := []Note{}
		for n, err := range items {
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, n)
		}
		equal(t, name, named(list), everything(3, 2))
	}
}

func TestAParallelScanThatIsNoneIsRefused(t *testing.T) {
	s := &shelves{pages: 1}
	for name, scan := range map[string]*dynamorm.Parallel[Note]{
		"no segment":       s.scan().Parallel(0, 1),
		"too many":         s.scan().Parallel(1_000_001, 1),
		"less than none":   s.scan().Parallel(2, -1),
		"a limit":          s.scan(dynamorm.WithLimit(1)).Parallel(2, 1),
		"a cursor":         s.scan(dynamorm.WithCursor("x")).Parallel(2, 1),
		"a segment":        s.scan(dynamorm.WithSegment(0, 2)).Parallel(2, 1),
		"a query":          dynamorm.NewTable(dynamorm.NewClientOver(s), notes).Query("ada").Parallel(2, 1),
		"a page of 0":      s.scan(dynamorm.WithPageSize(0)).Parallel(2, 1),
		"another's option": s.scan(dynamorm.WithDescending()).Parallel(2, 1),
	} {
		list, cursors, err := scan.Collect(ctx)
		if !errors.Is(err, dynamorm.ErrValidationFailed) || list != nil || cursors != nil {
			t.Errorf("%s: got %v, %v, %v", name, list, cursors, err)
		}
	}
	equal(t, "requests", s.requests(), 0)
}

func TestTheMemoryOfAParallelScanDoesNotGrow(t *testing.T) {
	s := &shelves{pages: 500, text: strings.Repeat("x", 20_000)}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	pages, begin := 0, uint64(0)
	for _, err := range s.scan().Parallel(4, 0).Pages(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if pages++; pages == 100 {
			begin = heap()
		}
		if pages == 1900 {
			if end := heap(); end > begin+4<<20 {
				t.Errorf("%d bytes grew to %d", begin, end)
			}
		}
	}
	equal(t, "pages", pages, 2000)
}
