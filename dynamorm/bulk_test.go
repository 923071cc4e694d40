package dynamorm_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

// answering is a transport that a function is.
type answering func(ctx context.Context, r operation.Request) operation.Response

func (f answering) Send(ctx context.Context, r operation.Request) operation.Response {
	return f(ctx, r)
}

func fine(context.Context, operation.Request) operation.Response {
	return operation.Response{Body: []byte(`{}`)}
}

// refusing answers with an error type of DynamoDB where a body holds a text.
func refusing(text, kind string, status int) answering {
	return func(ctx context.Context, r operation.Request) operation.Response {
		if !strings.Contains(string(r.Body), text) {
			return fine(ctx, r)
		}
		return transport.NewScript(transport.Answer{Status: status, Body: `{"__type":"x#` + kind + `"}`}).Send(ctx, r)
	}
}

func bulkTable(t transport.Transport, options ...dynamorm.ClientOption) (*dynamorm.Table[Note], *dynamorm.Client) {
	waits := &transport.Sleeps{}
	c := dynamorm.NewClientOver(t, append([]dynamorm.ClientOption{dynamorm.WithSleeper(waits.Sleep), dynamorm.WithMaxAttempts(1), dynamorm.WithClock(func() time.Time { return now })}, options...)...)
	return dynamorm.NewTable(c, notes), c
}

// numbered is a stream of values with the ids of a range, that counts what is taken.
func numbered(from, to int, taken *atomic.Int64) iter.Seq2[Note, error] {
	return func(yield func(Note, error) bool) {
		for i := from; i <= to; i++ {
			taken.Add(1)
			if !yield(Note{Owner: "a", ID: int64(i)}, nil) {
				return
			}
		}
	}
}

func idsOf(list []dynamorm.BatchKey) []int64 {
	out := []int64{}
	for _, k := range list {
		out = append(out, k.Key["id"].(int64))
	}
	return out
}

func TestAStreamGoesOutInChunksAndProgressIsToldAfterEach(t *testing.T) {
	s := transport.NewScript(ok(`{}`), ok(`{}`), ok(`{}`))
	clock := now
	table, _ := bulkTable(s, dynamorm.WithClock(func() time.Time { clock = clock.Add(time.Second); return clock }))
	progress := []dynamorm.Bulk{}
	got, err := table.BulkPut(ctx, numbered(1, 60, new(atomic.Int64)), dynamorm.WithConcurrency(1), dynamorm.WithProgress(func(b dynamorm.Bulk) { progress = append(progress, b) }))
	if err != nil || got != (dynamorm.Bulk{Written: 60}) || !reflect.DeepEqual(progress, []dynamorm.Bulk{{Written: 25}, {Written: 50}, {Written: 60}}) {
		t.Errorf("got %+v, %v, %v", got, err, progress)
	}
	for i, body := range bodies(s) {
		if want := []int{25, 25, 10}[i]; strings.Count(body, "PutRequest") != want || strings.Count(body, fmt.Sprintf(`"updated":{"S":"2026-01-02T02:04:%02d.000006Z"}`, 6+i)) != want {
			t.Errorf("chunk %d: %s", i, body)
		}
	}
}

func TestWritesOfAnItemHappenInTheOrderOfTheStream(t *testing.T) {
	var mutex sync.Mutex
	sent, underWay := []string{}, map[string]bool{}
	table, c := bulkTable(answering(func(ctx context.Context, r operation.Request) operation.Response {
		mutex.Lock()
		sent = append(sent, strings.ReplaceAll(string(r.Body), stamp, ""))
		for _, id := range strings.Split(string(r.Body), `"id":{"N":"`)[1:] {
			if underWay[id[:1]] {
				t.Errorf("two writes of %s are under way", id[:1])
			}
			underWay[id[:1]] = true
		}
		mutex.Unlock()
		time.Sleep(time.Millisecond)
		mutex.Lock()
		defer mutex.Unlock()
		for _, id := range strings.Split(string(r.Body), `"id":{"N":"`)[1:] {
			underWay[id[:1]] = false
		}
		return fine(ctx, r)
	}))
	actions := []dynamorm.Action{}
	for i := range 40 {
		actions = append(actions, table.Actions().Put(&Note{Owner: "a", ID: int64(i % 3), Text: "t" + strconv.Itoa(i)}))
	}
	actions = append(actions, table.Actions().Delete(dynamorm.Key{"a", 2}), table.Actions().Delete(dynamorm.Key{"a", dynamorm.Number("2.0")}))
	got, err := c.BulkWrite(ctx, dynamorm.Stream(slices.Values(actions)))
	if err != nil || got != (dynamorm.Bulk{Written: 40, Deleted: 2}) {
		t.Errorf("got %+v, %v", got, err)
	}
	last := 0
	for i := range 40 {
		at := slices.IndexFunc(sent, func(body string) bool { return strings.Contains(body, `"t`+strconv.Itoa(i)+`"`) })
		if i >= 3 && at < last-3 {
			t.Errorf("write %d went out with request %d, after %d", i, at, last)
		}
		last = at
	}
}

func TestNothingIsTakenFromTheStreamAheadOfNeed(t *testing.T) {
	for _, concurrency := range []int{1, 3} {
		var taken, underWay, most atomic.Int64
		held := make(chan struct{})
		table, _ := bulkTable(answering(func(ctx context.Context, r operation.Request) operation.Response {
			if n := underWay.Add(1); n > most.Load() {
				most.Store(n)
			}
			defer underWay.Add(-1)
			<-held
			return fine(ctx, r)
		}))
		done := make(chan error)
		go func() {
			_, err := table.BulkPut(ctx, numbered(1, 500, &taken), dynamorm.WithConcurrency(concurrency))
			done <- err
		}()
		for underWay.Load() < int64(concurrency) {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(10 * time.Millisecond)
		if taken.Load() != int64(25*concurrency) {
			t.Errorf("%d at a time: %d were taken", concurrency, taken.Load())
		}
		close(held)
		if err := <-done; err != nil || taken.Load() != 500 || most.Load() > int64(concurrency) {
			t.Errorf("%d at a time: %v after %d, %d under way", concurrency, err, taken.Load(), most.Load())
		}
	}
}

func TestCallbacksAreNeverCalledAtTheSameTime(t *testing.T) {
	var inside atomic.Int64
	told := 0
	alone := func() {
		if inside.Add(1) != 1 {
			t.Error("two callbacks at once")
		}
		told++ // the race detector watches it
		runtime.Gosched()
		inside.Add(-1)
	}
	table, _ := bulkTable(refusing(`{"N":"7`, "InternalServerError", 500))
	got, err := table.BulkPut(ctx, numbered(1, 1000, new(atomic.Int64)), dynamorm.WithConcurrency(8),
		dynamorm.WithProgress(func(dynamorm.Bulk) { alone() }), dynamorm.WithOnFailure(func(dynamorm.BulkFailure) { alone() }))
	if err != nil || got.Written+got.Failed != 1000 || got.Failed == 0 || told != 40+got.Failed {
		t.Errorf("got %+v, %v, told %d", got, err, told)
	}
}

func TestWithOnFailureTheWorkGoesOnBehindWhatCanVanish(t *testing.T) {
	failures := []string{}
	told := dynamorm.WithOnFailure(func(f dynamorm.BulkFailure) {
		var e *dynamorm.Error
		errors.As(f.Err, &e)
		key := "none"
		if f.Key != nil {
			key = fmt.Sprint(f.Key.Key["id"])
		}
		failures = append(failures, fmt.Sprint(f.Unknown, e.Code, key))
	})
	stream := func(yield func(Note, error) bool) {
		_ = yield(Note{Owner: "a", ID: 1}, nil) && yield(Note{}, nil) && yield(Note{Owner: "a", ID: 3, Version: 7}, nil) && yield(Note{Owner: "a", ID: 4}, nil)
	}
	s := transport.NewScript(ok(`{"UnprocessedItems":{"notes":[{"PutRequest":{"Item":{"owner":{"S":"a"},"id":{"N":"4"}}}}]}}`))
	table, _ := bulkTable(s)
	got, err := table.BulkPut(ctx, stream, told)
	if err != nil || got != (dynamorm.Bulk{Written: 1, Failed: 3}) || !slices.Equal(failures, []string{"falseValidationFailednone", "falseValidationFailed3", "falseBatchIncomplete4"}) {
		t.Errorf("got %+v, %v, %v", got, err, failures)
	}

	failures = nil
	table, _ = bulkTable(transport.NewScript(transport.Answer{Status: 500}, ok(`{}`)))
	got, err = table.BulkPut(ctx, numbered(1, 26, new(atomic.Int64)), told, dynamorm.WithConcurrency(1))
	if err != nil || got != (dynamorm.Bulk{Written: 1, Failed: 25}) || failures[24] != "trueServiceError25" {
		t.Errorf("got %+v, %v, %v", got, err, failures)
	}

	failures = nil
	table, _ = bulkTable(refusing(`{"N":"26"}`, "AccessDeniedException", 400))
	got, err = table.BulkPut(ctx, numbered(1, 200, new(atomic.Int64)), told, dynamorm.WithConcurrency(1))
	var e *dynamorm.Error
	if !errors.As(err, &e) || e.Code != "BatchIncomplete" || !errors.Is(err, dynamorm.ErrAccessDenied) || e.Retryable || len(failures) != 25 || len(e.Undone())+len(e.Unknown())+len(e.Done()) != 0 || got != (dynamorm.Bulk{Written: 25, Failed: 25}) {
		t.Errorf("got %+v, %v, %v", got, err, failures)
	}
}

func TestWithoutOnFailureTheFirstFailureEndsTheWork(t *testing.T) {
	var taken atomic.Int64
	table, _ := bulkTable(refusing(`{"N":"26"}`, "InternalServerError", 500))
	got, err := table.BulkPut(ctx, numbered(1, 500, &taken), dynamorm.WithConcurrency(1))
	var e *dynamorm.Error
	if !errors.As(err, &e) || e.Code != "BatchIncomplete" || !e.Retryable || !e.MaybeApplied || e.Status != 500 || got.Written != 25 || taken.Load() != 50 {
		t.Fatalf("got %+v, %+v after %d", got, err, taken.Load())
	}
	if list := idsOf(e.Unknown()); len(list) != 25 || list[0] != 26 || list[24] != 50 || len(e.Undone())+len(e.Done()) != 0 {
		t.Errorf("got %v, %v, %v", e.Done(), e.Undone(), list)
	}
	// A value that is refused is listed with those that stand beside it in the chunk.
	s := transport.NewScript()
	table, _ = bulkTable(s)
	_, err = table.BulkPut(ctx, dynamorm.Stream(slices.Values([]Note{{Owner: "a", ID: 1}, {Owner: "a", ID: 2, Version: 3}, {Owner: "a", ID: 3}})))
	if !errors.As(err, &e) || e.Code != "BatchIncomplete" || !errors.Is(err, dynamorm.ErrValidationFailed) || e.Origin != "client" || !slices.Equal(idsOf(e.Undone()), []int64{1, 2}) || len(s.Requests()) != 0 {
		t.Errorf("got %+v, %v", err, e.Undone())
	}
	// So is what was taken when the stream itself fails.
	broken := errors.New("the stream broke")
	_, err = table.BulkPut(ctx, func(yield func(Note, error) bool) {
		_ = yield(Note{Owner: "a", ID: 1}, nil) && yield(Note{}, broken) && yield(Note{Owner: "a", ID: 3}, nil)
	})
	if !errors.As(err, &e) || e.Code != "BatchIncomplete" || !errors.Is(err, broken) || e.Retryable || !slices.Equal(idsOf(e.Undone()), []int64{1}) || len(s.Requests()) != 0 {
		t.Errorf("got %+v, %v", err, e.Undone())
	}
}

func TestTheEndOfTheContextEndsTheWorkAndWaitsForWhatIsUnderWay(t *testing.T) {
	inner, cancel := context.WithCancel(ctx)
	var taken, sent, underWay atomic.Int64
	table, _ := bulkTable(answering(func(ctx context.Context, r operation.Request) operation.Response {
		underWay.Add(1)
		defer underWay.Add(-1)
		if sent.Add(1) == 2 {
			cancel()
		}
		<-ctx.Done()
		time.Sleep(5 * time.Millisecond)
		return transport.NewScript().Send(ctx, r)
	}))
	_, err := table.BulkPut(inner, numbered(1, 10_000, &taken), dynamorm.WithConcurrency(2), dynamorm.WithOnFailure(func(dynamorm.BulkFailure) {}))
	if !errors.Is(err, dynamorm.ErrBatchIncomplete) || !errors.Is(err, dynamorm.ErrCanceled) || !errors.Is(err, context.Canceled) || underWay.Load() != 0 || sent.Load() != 2 || taken.Load() > 51 {
		t.Errorf("got %v, %d under way, %d sent, %d taken", err, underWay.Load(), sent.Load(), taken.Load())
	}
	taken.Store(0)
	_, err = table.BulkPut(inner, numbered(1, 10, &taken))
	if !errors.Is(err, dynamorm.ErrCanceled) || taken.Load() != 0 || sent.Load() != 2 {
		t.Errorf("got %v after %d", err, taken.Load())
	}
}

func TestBulkRefusesWhatMakesNoSense(t *testing.T) {
	table, c := bulkTable(transport.NewScript())
	for name, call := range map[string]func() error{
		"no concurrency": func() error {
			_, err := table.BulkPut(ctx, numbered(1, 1, new(atomic.Int64)), dynamorm.WithConcurrency(0))
			return err
		},
		"an option of another call": func() error {
			_, err := table.BulkDelete(ctx, dynamorm.KeyStream(numbered(1, 1, new(atomic.Int64))), dynamorm.WithLastWins())
			return err
		},
		"an action of nobody": func() error {
			_, err := c.BulkWrite(ctx, dynamorm.Stream(slices.Values([]dynamorm.Action{{}})))
			return err
		},
	} {
		if err := call(); !errors.Is(err, dynamorm.ErrValidationFailed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatAReadingGivesCanBeWrittenAndDeleted(t *testing.T) {
	s := transport.NewScript(ok(`{"Items":[{"owner":{"S":"a"},"id":{"N":"1"},"version":{"N":"4"}}],"Count":1}`), ok(`{}`))
	table, _ := bulkTable(s)
	got, err := table.BulkDelete(ctx, dynamorm.KeyStream(table.Scan().All(ctx)))
	if err != nil || got != (dynamorm.Bulk{Deleted: 1}) {
		t.Errorf("got %+v, %v", got, err)
	}
	same(t, bodies(s)[1], `{"RequestItems":{"notes":[{"DeleteRequest":{"Key":{"owner":{"S":"a"},"id":{"N":"1"}}}}]}}`)
}

// bulkItems makes this binary a process that writes so many items and prints the peak of its memory.
const bulkItems = "DYNAMORM_TEST_BULK_ITEMS"

func TestMemoryDoesNotGrowWithTheStream(t *testing.T) {
	if n, err := strconv.Atoi(os.Getenv(bulkItems)); err == nil {
		table, _ := bulkTable(answering(fine))
		got, err := table.BulkPut(ctx, func(yield func(Note, error) bool) {
			for i := range n {
				if !yield(Note{Owner: "a", ID: int64(i), Text: strings.Repeat("x", 400)}, nil) {
					return
				}
			}
		})
		if err != nil || got.Written != n {
			t.Fatal(got, err)
		}
		fmt.Printf("peak %d\n", peak(t))
		return
	}
	if runtime.GOOS != "linux" {
		t.Skip("the peak of a process's memory is read from /proc")
	}
	run := func(items int) int {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMemoryDoesNotGrowWithTheStream$", "-test.v")
		cmd.Env = append(os.Environ(), bulkItems+"="+strconv.Itoa(items))
		out, err := cmd.CombinedOutput()
		_, text, found := strings.Cut(string(out), "peak ")
		text, _, _ = strings.Cut(text, "\n")
		n, fail := strconv.Atoi(text)
		if err != nil || !found || fail != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return n
	}
	if few, many := run(2_000), run(200_000); many-few > 50<<10 {
		t.Errorf("200,000 items need %d kB at their peak, 2,000 need %d kB", many, few)
	} else {
		t.Logf("200,000 items need %d kB at their peak, 2,000 need %d kB", many, few)
	}
}

// peak gives the most memory that this process had, in kB.
func peak(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(text), "VmHWM:")
	n, err := strconv.Atoi(strings.Fields(line)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
