package dynamorm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

type Old struct {
	ID      string    `dynamorm:"id,pk"`
	Name    string    `dynamorm:"name"`
	Created time.Time `dynamorm:"created,created_at"`
	Version int64     `dynamorm:"version,version"`
}

type New struct {
	ID      string    `dynamorm:"id,pk"`
	Title   string    `dynamorm:"title,required"`
	Created time.Time `dynamorm:"created,created_at"`
	Version int64     `dynamorm:"version,version"`
}

var (
	olds   = dynamorm.MustDefine[Old](dynamorm.Declaration{Table: "olds"})
	news   = dynamorm.MustDefine[New](dynamorm.Declaration{Table: "news"})
	copies = dynamorm.MustDefine[Old](dynamorm.Declaration{Name: "Same", Table: "same"})
)

func titled(o *Old) (*New, error) { return &New{ID: o.ID, Title: o.Name}, nil }

// moving is a DynamoDB of one source, whose items are made when they are read, and targets that only count.
type moving struct {
	items int
	// put is asked before a write, scan before a page.
	put  func(ctx context.Context, body []byte) operation.Response
	scan func(segment int)

	mutex                sync.Mutex
	read, written, scans int
	mostHeld             int
}

// scanned is what a Scan asks for.
type scanned struct {
	Segment, TotalSegments, Limit int
	ExclusiveStartKey             map[string]map[string]string
}

func (m *moving) Send(ctx context.Context, r operation.Request) operation.Response {
	switch r.API {
	case "DescribeTable":
		return operation.Response{Body: []byte(`{"Table":{"TableStatus":"ACTIVE","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]}}`)}
	case "Scan":
		return m.page(ctx, r.Body)
	}
	m.mutex.Lock()
	m.written += max(1, strings.Count(string(r.Body), "PutRequest"))
	m.mutex.Unlock()
	if m.put != nil {
		return m.put(ctx, r.Body)
	}
	return operation.Response{Body: []byte(`{}`)}
}

func (m *moving) page(ctx context.Context, body []byte) operation.Response {
	var q scanned
	_ = json.Unmarshal(body, &q)
	if m.scan != nil {
		m.scan(q.Segment)
	}
	if ctx.Err() != nil {
		return operation.Response{Fault: ended(ctx)}
	}
	total := max(q.TotalSegments, 1)
	at := q.Segment
	if last, ok := q.ExclusiveStartKey["id"]; ok {
		n, _ := strconv.Atoi(last["S"])
		at = n + total
	}
	list, last := []string{}, ""
	for ; at < m.items && len(list) < q.Limit; at += total {
		list = append(list, fmt.Sprintf(`{"id":{"S":"%d"},"name":{"S":"n"}}`, at))
		last = fmt.Sprintf(`,"LastEvaluatedKey":{"id":{"S":"%d"}}`, at)
	}
	if at >= m.items {
		last = ""
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.scans++
	m.read += len(list)
	m.mostHeld = max(m.mostHeld, m.read-m.written)
	return operation.Response{Body: []byte(`{"Items":[` + strings.Join(list, ",") + `]` + last + `}`)}
}

func (m *moving) client(options ...dynamorm.ClientOption) *dynamorm.Client {
	return dynamorm.NewClientOver(m, append([]dynamorm.ClientOption{dynamorm.WithClock(func() time.Time { return now }), dynamorm.WithSleeper((&transport.Sleeps{}).Sleep)}, options...)...)
}

func copyTo(target dynamorm.AnyModel, more ...dynamorm.Option) []dynamorm.Option {
	return append([]dynamorm.Option{dynamorm.WithTarget(target), dynamorm.WithDataCopy()}, more...)
}

func TestAMigrationHoldsAPageForEachSegmentUnderWay(t *testing.T) {
	for name, existing := range map[string]dynamorm.OnExisting{"keep": dynamorm.KeepExisting, "overwrite": dynamorm.OverwriteExisting} {
		m := &moving{items: 5000}
		out, err := m.client().AutoMigrate(ctx, olds, copyTo(news, dynamorm.WithTransform(titled), dynamorm.WithSegments(4), dynamorm.WithConcurrency(3), dynamorm.WithPageSize(50), dynamorm.WithOnExisting(existing))...)
		if err != nil || out.Copy.Read != 5000 || out.Copy.Written != 5000 || !out.Done {
			t.Errorf("%s: got %+v, %v", name, out.Copy, err)
		}
		if m.mostHeld > 3*50 {
			t.Errorf("%s: %d items were read and not written", name, m.mostHeld)
		}
	}
}

func TestTheMemoryOfAMigrationDoesNotGrow(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	heap := func(items int) uint64 {
		most := uint64(0)
		m := &moving{items: items}
		_, err := m.client().AutoMigrate(ctx, olds, copyTo(copies, dynamorm.WithPageSize(500), dynamorm.WithMigrationProgress(func(p dynamorm.MigrationProgress) error {
			if p.Counts.Read%5000 == 0 {
				runtime.GC()
				var stats runtime.MemStats
				runtime.ReadMemStats(&stats)
				most = max(most, stats.HeapAlloc)
			}
			return nil
		}))...)
		if err != nil {
			t.Fatal(err)
		}
		return most
	}
	small, large := heap(10_000), heap(100_000)
	if large > small+8<<20 {
		t.Errorf("10,000 items took %d bytes, 100,000 %d", small, large)
	}
}

func TestSegmentsRunSideBySideAndEachIsStrictlySequential(t *testing.T) {
	var mutex sync.Mutex
	begun, all := 0, make(chan struct{})
	m := &moving{items: 40}
	m.scan = func(int) {
		mutex.Lock()
		if begun++; begun == 4 {
			close(all)
		}
		mutex.Unlock()
		select {
		case <-all: // nobody gets on before four have begun
		case <-time.After(10 * time.Second):
			t.Error("the segments do not run side by side")
		}
	}
	telling := false
	out, err := m.client().AutoMigrate(ctx, olds, copyTo(copies, dynamorm.WithSegments(4), dynamorm.WithConcurrency(4), dynamorm.WithPageSize(3), dynamorm.WithMigrationProgress(func(dynamorm.MigrationProgress) error {
		if telling {
			t.Error("told side by side")
		}
		telling = true
		runtime.Gosched()
		telling = false
		return nil
	}))...)
	if err != nil || out.Copy.Written != 40 {
		t.Errorf("got %+v, %v", out.Copy, err)
	}
}

func TestAnErrorOfWhatIsToldEndsTheWorkAndComesOut(t *testing.T) {
	enough := errors.New("enough")
	m := &moving{items: 100}
	calls := 0
	out, err := m.client().AutoMigrate(ctx, olds, copyTo(copies, dynamorm.WithSegments(1), dynamorm.WithPageSize(10), dynamorm.WithMigrationProgress(func(dynamorm.MigrationProgress) error {
		calls++
		return enough
	}))...)
	if err != enough || calls != 1 || m.scans != 1 || out.Copy.Read != 10 || out.Done {
		t.Errorf("got %+v, %v after %d calls", out, err, calls)
	}
	m = &moving{items: 3, put: func(context.Context, []byte) operation.Response {
		return transport.NewScript(transport.Answer{Status: 400, Body: `{"__type":"ValidationException"}`}).Send(ctx, operation.Request{})
	}}
	calls = 0
	out, err = m.client().AutoMigrate(ctx, olds, copyTo(copies, dynamorm.WithSegments(1), dynamorm.WithMigrationFailures(func(f dynamorm.MigrationFailure) error {
		calls++
		if f.Reason != "ValidationFailed" || f.Key.Key["id"] != "0" {
			t.Errorf("told %+v", f)
		}
		return enough
	}))...)
	if err != enough || calls != 1 || out.Cursor != `{"segments":1,"v":1}` {
		t.Errorf("got %+v, %v after %d calls", out, err, calls)
	}
}

func TestAPanicOfATransformComesOutWhereTheCallerIs(t *testing.T) {
	m := &moving{items: 100}
	defer func() {
		if got := recover(); got != "no" {
			t.Errorf("got %v", got)
		}
	}()
	_, err := m.client().AutoMigrate(ctx, olds, copyTo(news, dynamorm.WithTransform(func(*Old) (*New, error) { panic("no") }))...)
	t.Errorf("got %v", err)
}

func TestATransformThatEndsItsGoroutineMovesNoCursor(t *testing.T) {
	m := &moving{items: 3}
	out, err := m.client().AutoMigrate(ctx, olds, copyTo(news, dynamorm.WithSegments(1), dynamorm.WithTransform(func(*Old) (*New, error) {
		runtime.Goexit()
		return nil, nil
	}))...)
	if !errors.Is(err, dynamorm.ErrCanceled) || out.Cursor != `{"segments":1,"v":1}` {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestAnEndedContextEndsAMigrationThatGoesOnFromItsCursor(t *testing.T) {
	inner, cancel := context.WithCancel(ctx)
	m := &moving{items: 100}
	out, err := m.client().AutoMigrate(inner, olds, copyTo(copies, dynamorm.WithSegments(2), dynamorm.WithPageSize(10), dynamorm.WithMigrationProgress(func(p dynamorm.MigrationProgress) error {
		if p.Counts.Read >= 30 {
			cancel()
		}
		return nil
	}))...)
	if !errors.Is(err, dynamorm.ErrCanceled) || !errors.Is(err, context.Canceled) || out.Done || out.Copy.Read >= 100 {
		t.Fatalf("got %+v, %v", out, err)
	}
	m = &moving{items: 100}
	done, err := m.client().AutoMigrate(ctx, olds, copyTo(copies, dynamorm.WithCursor(out.Cursor))...)
	if err != nil || !done.Done || done.Copy.Read != 100 || m.read != 100-out.Copy.Read {
		t.Errorf("got %+v, %v with %d read", done, err, m.read)
	}
}

func TestACursorOfManySegmentsHasThemByTheirText(t *testing.T) {
	m := &moving{items: 12}
	out, err := m.client().AutoMigrate(ctx, olds, copyTo(copies, dynamorm.WithSegments(12), dynamorm.WithConcurrency(12))...)
	want := `{"copy":{`
	for i, n := range []string{"0", "1", "10", "11", "2", "3", "4", "5", "6", "7", "8", "9"} {
		if i > 0 {
			want += ","
		}
		want += `"` + n + `":{"done":true,"read":1,"written":1}`
	}
	if want += `},"segments":12,"v":1}`; err != nil || out.Cursor != want {
		t.Errorf("got %s, %v", out.Cursor, err)
	}
}

func TestSingleSegmentsMakeTheWholeTogether(t *testing.T) {
	cursor := `{"segments":3,"v":1}`
	for n := range 3 {
		m := &moving{items: 10}
		out, err := m.client().AutoMigrate(ctx, olds, copyTo(copies, dynamorm.WithSingleSegment(n), dynamorm.WithCursor(cursor))...)
		if err != nil || !out.Done || out.Copy.Read != []int{4, 3, 3}[n] {
			t.Fatalf("%d: got %+v, %v", n, out, err)
		}
		cursor = out.Cursor
	}
	m := &moving{items: 10}
	if out, err := m.client().AutoMigrate(ctx, olds, copyTo(copies, dynamorm.WithCursor(cursor))...); err != nil || out.Copy.Read != 10 || m.scans != 0 {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestTheClockIsReadForEachPage(t *testing.T) {
	m, read := &moving{items: 40}, 0
	c := m.client(dynamorm.WithClock(func() time.Time { read++; return now })) // no lock: the caller's goroutine reads it
	if _, err := c.AutoMigrate(ctx, olds, copyTo(copies, dynamorm.WithSegments(4), dynamorm.WithPageSize(5))...); err != nil || read != m.scans {
		t.Errorf("read %d times for %d pages, %v", read, m.scans, err)
	}
}

func TestATransformOfOtherTypesIsRefused(t *testing.T) {
	for name, option := range map[string]dynamorm.Option{
		"source": dynamorm.WithTransform(func(*New) (*New, error) { return nil, nil }), "target": dynamorm.WithTransform(func(*Old) (*Old, error) { return nil, nil }),
	} {
		m := &moving{items: 1}
		if _, err := m.client().AutoMigrate(ctx, olds, copyTo(news, option)...); !errors.Is(err, dynamorm.ErrValidationFailed) || m.scans > 0 {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestWhatATransformLeavesUnsetIsNotWrittenAndWhatItSetsIs(t *testing.T) {
	var bodies []string
	m := &moving{items: 2}
	m.put = func(_ context.Context, body []byte) operation.Response {
		bodies = append(bodies, string(body))
		return operation.Response{Body: []byte(`{}`)}
	}
	_, err := m.client().AutoMigrate(ctx, olds, copyTo(news, dynamorm.WithSegments(1), dynamorm.WithTransform(func(o *Old) (*New, error) {
		if o.ID == "0" {
			return titled(o)
		}
		return &New{ID: o.ID, Title: "t", Created: time.Unix(1, 0), Version: 9}, nil
	}))...)
	want := []string{`"Item":{"id":{"S":"0"},"title":{"S":"n"},"name":{"S":"n"}}`, `"Item":{"id":{"S":"1"},"title":{"S":"t"},"created":{"S":"1970-01-01T00:00:01.000000Z"},"version":{"N":"9"},"name":{"S":"n"}}`}
	for i, part := range want {
		part = strings.Replace(part, `,"name":{"S":"n"}`, "", 1) // the source's model knows it
		if err != nil || len(bodies) != 2 || !strings.Contains(bodies[i], part) {
			t.Errorf("got %v, %v", bodies, err)
		}
	}
}

func TestAFailedTransformIsToldWithItsOwnError(t *testing.T) {
	odd := errors.New("odd")
	var told []dynamorm.MigrationFailure
	m := &moving{items: 4}
	out, err := m.client().AutoMigrate(ctx, olds, copyTo(news, dynamorm.WithSegments(1), dynamorm.WithTransform(func(o *Old) (*New, error) {
		switch o.ID {
		case "1":
			return nil, odd
		case "2":
			return nil, nil
		}
		return titled(o)
	}), dynamorm.WithMigrationFailures(func(f dynamorm.MigrationFailure) error {
		told = append(told, f)
		return nil
	}))...)
	want := []dynamorm.MigrationFailure{{Phase: dynamorm.PhaseCopy, Key: &dynamorm.BatchKey{Model: "Old", Key: map[string]any{"id": "1"}}, Reason: "Transform", Err: odd}}
	if err != nil || !reflect.DeepEqual(told, want) || !reflect.DeepEqual(*out.Copy, dynamorm.MigrationCounts{Read: 4, Written: 2, Skipped: 1, Failed: 1, Reasons: map[string]int{"Transform": 1}}) {
		t.Errorf("got %+v, told %+v, %v", out.Copy, told, err)
	}
}

func TestAnItemWhoseAnswerWasLostCountsAsWrittenWhereItIsTheVeryOne(t *testing.T) {
	m := &moving{items: 1}
	m.put = func(context.Context, []byte) operation.Response {
		a := failed(`,"Item":{"name":{"S":"n"},"id":{"S":"0"}}`)
		a.Unanswered = true
		return transport.NewScript(a).Send(ctx, operation.Request{Write: true})
	}
	if out, err := m.client().AutoMigrate(ctx, olds, copyTo(copies)...); err != nil || out.Copy.Written != 1 || out.Copy.Present != 0 {
		t.Errorf("got %+v, %v", out.Copy, err)
	}
}

func TestAMigrationThatIsNoneIsRefusedBeforeAnythingIsSent(t *testing.T) {
	for name, options := range map[string][]dynamorm.Option{
		"no target":           {dynamorm.WithDataCopy()},
		"transform alone":     {dynamorm.WithTarget(news), dynamorm.WithTransform(titled)},
		"backup without name": {dynamorm.WithBackupTable("")},
		"backup is source":    {dynamorm.WithBackupTable("olds")},
		"another option":      copyTo(news, dynamorm.WithLimit(1)),
		"progress of bulk":    copyTo(news, dynamorm.WithProgress(func(dynamorm.Bulk) {})),
		"no concurrency":      copyTo(news, dynamorm.WithConcurrency(0)),
		"unknown":             copyTo(news, dynamorm.WithOnExisting("replace")),
	} {
		m := &moving{items: 1}
		out, err := m.client().AutoMigrate(ctx, olds, options...)
		if !errors.Is(err, dynamorm.ErrValidationFailed) || m.scans+m.written > 0 || !reflect.DeepEqual(out, dynamorm.MigrationReport{}) {
			t.Errorf("%s: got %+v, %v", name, out, err)
		}
	}
}

func TestACopyFromMapsIsACopy(t *testing.T) {
	from, err := dynamorm.Dynamic(olds.Schema())
	if err != nil {
		t.Fatal(err)
	}
	m := &moving{items: 3}
	names := []string{}
	out, err := m.client().AutoMigrate(ctx, from, copyTo(news, dynamorm.WithSegments(1), dynamorm.WithDryRun(), dynamorm.WithTransform(func(v *map[string]any) (*New, error) {
		names = append(names, (*v)["id"].(string))
		return &New{ID: (*v)["id"].(string), Title: "t"}, nil
	}))...)
	if err != nil || out.Copy.Written != 3 || m.written != 0 || !slices.Equal(names, []string{"0", "1", "2"}) {
		t.Errorf("got %+v, %v", out.Copy, err)
	}
}
