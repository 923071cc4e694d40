package operation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// entry is an item of a table with both keys, the second a number.
type entry struct {
	Book string `dynamorm:"book,pk"`
	Page int64  `dynamorm:"page,sk"`
	Text string `dynamorm:"text,omitempty"`
	N    int64  `dynamorm:"n,version"`
}

func planOf[T any](t *testing.T, table string) *codec.Plan {
	t.Helper()
	m, err := schema.Declare(reflect.TypeFor[T](), schema.Declaration{Name: "Entry", Table: table})
	if err != nil {
		t.Fatal(err)
	}
	p, err := codec.Compile(m, reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func retries(attempts int, random ...float64) operation.Retries {
	return operation.Retries{MaxAttempts: attempts, Base: 50 * time.Millisecond, Cap: 5 * time.Second, Random: func() float64 {
		if len(random) == 0 {
			return 0.5
		}
		r := random[0]
		random = random[1:]
		return r
	}}
}

// puts gathers entries of one book, of pages from 1 on.
func puts(t *testing.T, p *codec.Plan, values ...*entry) *operation.Writes {
	t.Helper()
	w := &operation.Writes{}
	for _, v := range values {
		add(t, w, p, v)
	}
	return w
}

func add(t *testing.T, w *operation.Writes, p *codec.Plan, v *entry) {
	t.Helper()
	x, err := w.Put(p, operation.PutInput{Table: "entries", Value: v})
	if err == nil {
		err = w.Add(x)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func pages(n int) []*entry {
	out := make([]*entry, n)
	for i := range out {
		out[i] = &entry{Book: "b", Page: int64(i + 1)}
	}
	return out
}

// asked reads the pages of a request's keys or entries, of whatever kind.
func asked(t *testing.T, r operation.Request) (out []string) {
	t.Helper()
	for _, part := range strings.Split(string(r.Body), `"page":{"N":"`)[1:] {
		page, _, _ := strings.Cut(part, `"`)
		out = append(out, page)
	}
	return out
}

func next(t *testing.T, x operation.Exchange) operation.Request {
	t.Helper()
	r, ok := x.Next()
	if !ok {
		t.Fatal("the exchange has ended")
	}
	return r
}

func ended(t *testing.T, x operation.Exchange) {
	t.Helper()
	if r, ok := x.Next(); ok {
		t.Fatalf("the exchange goes on with %s", r.Body)
	}
}

func receive(t *testing.T, x operation.Exchange, body string) {
	t.Helper()
	if err := x.Receive(operation.Response{Body: []byte(body)}); err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func throttled() *errs.Error {
	return &errs.Error{Code: errs.CodeThrottled, Origin: errs.Service, Retryable: true, AWS: "ThrottlingException", RequestID: "R1", Status: 400}
}

func pageKeys(list []errs.BatchKey) []int64 {
	out := []int64{}
	for _, k := range list {
		out = append(out, k.Key["page"].(int64))
	}
	return out
}

func TestAChunkHolds25WritesAndTheNextTheRest(t *testing.T) {
	p := planOf[entry](t, "entries")
	for n, want := range map[int][]int{1: {1}, 25: {25}, 26: {25, 1}, 50: {25, 25}, 51: {25, 25, 1}} {
		x := operation.NewBatchWrite(puts(t, p, pages(n)...), retries(1), nil)
		got := []int{}
		for r, ok := x.Next(); ok; r, ok = x.Next() {
			got = append(got, len(asked(t, r)))
			receive(t, x, `{"UnprocessedItems":{}}`)
		}
		same(t, got, want)
		same(t, x.Written, n)
	}
}

func TestAChunkEndsBeforeItsEntriesAreTooLong(t *testing.T) {
	p := planOf[entry](t, "entries")
	one := 390_000
	// A control character takes six bytes in JSON, and one in DynamoDB.
	text := strings.Repeat("\x01", one)
	values := pages(9)
	for _, v := range values {
		v.Text = text
	}
	x := operation.NewBatchWrite(puts(t, p, values...), retries(1), nil)
	got := []int{}
	for r, ok := x.Next(); ok; r, ok = x.Next() {
		if len(r.Body) > schema.BatchWriteMaxBytes {
			t.Errorf("a body of %d bytes", len(r.Body))
		}
		got = append(got, len(asked(t, r)))
		receive(t, x, `{}`)
	}
	same(t, got, []int{7, 2})
}

func TestWhatIsLeftIsSentAgainInItsOrderAsItWasBuiltBeforeTheNextChunk(t *testing.T) {
	p := planOf[entry](t, "entries")
	values := pages(26)
	x := operation.NewBatchWrite(puts(t, p, values...), retries(10), nil)
	first := next(t, x)
	if first.Waits || first.API != "BatchWriteItem" || !first.Write || !slices.Equal(first.Tables, []string{"entries"}) {
		t.Errorf("got %+v", first)
	}
	values[2].Text = "changed later"
	// DynamoDB spells keys its own way, and tells them in no order.
	receive(t, x, `{"UnprocessedItems":{"entries":[{"PutRequest":{"Item":{"page":{"N":"5.0"},"book":{"S":"\u0062"},"n":{"N":"1"}}}},{"PutRequest":{"Item":{"book":{"S":"b"},"page":{"N":"3"}}}}]}}`)
	same(t, values[0].N, int64(1))
	same(t, values[2].N, int64(0))
	second := next(t, x)
	same(t, string(second.Body), `{"RequestItems":{"entries":[{"PutRequest":{"Item":{"book":{"S":"b"},"page":{"N":"3"},"n":{"N":"1"}}}},{"PutRequest":{"Item":{"book":{"S":"b"},"page":{"N":"5"},"n":{"N":"1"}}}}]}}`)
	same(t, []any{second.Waits, second.Delay}, []any{true, 25 * time.Millisecond})
	receive(t, x, `{"UnprocessedItems":null}`)
	third := next(t, x)
	same(t, asked(t, third), []string{"26"})
	same(t, []any{third.Waits, third.Delay}, []any{false, time.Duration(0)})
	receive(t, x, `{}`)
	ended(t, x)
	same(t, *values[2], entry{Book: "b", Page: 3, N: 1})
}

func TestWaitsDoubleUpToTheCapAndAreRoundedDown(t *testing.T) {
	p := planOf[entry](t, "entries")
	r := retries(6, 0, 0.999, 0.5, 0.25, 0.333)
	r.Base, r.Cap = 100*time.Millisecond, time.Second
	x := operation.NewBatchWrite(puts(t, p, pages(1)...), r, nil)
	got := []time.Duration{}
	for range 6 {
		got = append(got, next(t, x).Delay/time.Millisecond)
		err := x.Receive(operation.Response{Fault: throttled()})
		if (err != nil) != (len(got) == 6) {
			t.Fatalf("after %d attempts: %v", len(got), err)
		}
	}
	same(t, got, []time.Duration{0, 0, 199, 200, 200, 333})
	for _, bad := range []operation.Retries{{MaxAttempts: 0}, {MaxAttempts: 1, Base: -1}, {MaxAttempts: 1, Cap: -1}} {
		if err := bad.Check(); !errors.Is(err, errs.ErrValidationFailed) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestSpentAttemptsTellWhatIsDoneUndoneAndUnknown(t *testing.T) {
	p := planOf[entry](t, "entries")
	values := pages(27)
	x := operation.NewBatchWrite(puts(t, p, values...), retries(2), nil)
	next(t, x)
	receive(t, x, `{"UnprocessedItems":{"entries":[{"PutRequest":{"Item":{"book":{"S":"b"},"page":{"N":"4"}}}}]}}`)
	next(t, x)
	err := x.Receive(operation.Response{Fault: throttled()})
	e := errs.As(err)
	if e == nil || e.Code != errs.CodeBatchIncomplete || !e.Retryable || e.MaybeApplied || e.Origin != errs.Service || e.AWS != "ThrottlingException" || e.RequestID != "R1" || e.Model != "Entry" {
		t.Fatalf("got %+v", e)
	}
	same(t, len(e.Done()), 24)
	same(t, pageKeys(e.Undone()), []int64{4, 26, 27})
	same(t, e.Unknown(), []errs.BatchKey{})
	same(t, e.Undone()[0], errs.BatchKey{Model: "Entry", Key: map[string]any{"book": "b", "page": int64(4)}})
	for _, text := range []string{e.Error(), fmt.Sprintf("%v %+v %#v %s", e, e, e, e)} {
		if strings.Contains(text, `"b"`) {
			t.Errorf("a key stands in %s", text)
		}
	}
	if text, err := json.Marshal(e); err != nil || strings.Contains(string(text), `page`) || !strings.Contains(string(text), `"code":"BatchIncomplete"`) {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestALostAnswerLeavesDoubtAndARefusalNone(t *testing.T) {
	p := planOf[entry](t, "entries")
	lost := &errs.Error{Code: errs.CodeNetworkError, Origin: errs.Service, Retryable: true, MaybeApplied: true}
	denied := &errs.Error{Code: errs.CodeAccessDenied, Origin: errs.Service, Status: 400}
	write := func(first operation.Response, second *operation.Response) *errs.Error {
		x := operation.NewBatchWrite(puts(t, p, pages(26)...), retries(10), nil)
		next(t, x)
		err := x.Receive(first)
		if second != nil {
			next(t, x)
			err = x.Receive(*second)
		}
		return errs.As(err)
	}
	e := write(operation.Response{Fault: lost}, nil)
	same(t, []any{e.Code, e.Retryable, e.MaybeApplied, len(e.Done()), len(e.Unknown()), pageKeys(e.Undone())}, []any{errs.CodeBatchIncomplete, true, true, 0, 25, []int64{26}})
	if e := write(operation.Response{Fault: denied}, nil); e != denied || e.Model != "Entry" {
		t.Errorf("a refusal of the first request is not itself: %v", e)
	}
	e = write(operation.Response{Body: []byte(`{}`)}, &operation.Response{Fault: denied})
	same(t, []any{e.Code, e.Retryable, e.MaybeApplied, e.Status, len(e.Done()), len(e.Unknown()), pageKeys(e.Undone())}, []any{errs.CodeBatchIncomplete, false, false, 400, 25, 0, []int64{26}})
	if !errors.Is(e, errs.ErrAccessDenied) {
		t.Errorf("the cause is %v", e.Cause)
	}
	// An attempt of the SDK's went unanswered, the next left two: they may have been written by the first.
	left := `{"UnprocessedItems":{"entries":[{"PutRequest":{"Item":{"book":{"S":"b"},"page":{"N":"2"}}}}]}}`
	e = write(operation.Response{Body: []byte(left), Unanswered: true}, &operation.Response{Fault: denied})
	same(t, []any{len(e.Done()), pageKeys(e.Unknown()), pageKeys(e.Undone()), e.MaybeApplied}, []any{24, []int64{2}, []int64{26}, true})
}

func TestAnAnswerThatNamesSomethingElseIsDecodeFailedAndTheWritesAreUnknown(t *testing.T) {
	p := planOf[entry](t, "entries")
	for name, body := range map[string]string{
		"another key":   `{"UnprocessedItems":{"entries":[{"PutRequest":{"Item":{"book":{"S":"b"},"page":{"N":"9"}}}}]}}`,
		"another table": `{"UnprocessedItems":{"others":[{"PutRequest":{"Item":{"book":{"S":"b"},"page":{"N":"1"}}}}]}}`,
		"another type":  `{"UnprocessedItems":{"entries":[{"DeleteRequest":{"Key":{"book":{"S":"b"},"page":{"S":"1"}}}}]}}`,
		"half a key":    `{"UnprocessedItems":{"entries":[{"DeleteRequest":{"Key":{"book":{"S":"b"}}}}]}}`,
	} {
		x := operation.NewBatchWrite(puts(t, p, pages(2)...), retries(10), nil)
		next(t, x)
		e := errs.As(x.Receive(operation.Response{Body: []byte(body)}))
		if e == nil || e.Code != errs.CodeBatchIncomplete || !errors.Is(e, errs.ErrDecodeFailed) || !e.MaybeApplied || len(e.Unknown()) != 2 {
			t.Errorf("%s: got %+v", name, e)
		}
	}
}

func TestTwoWritesOfAnItemAreRefusedUnlessTheLastWins(t *testing.T) {
	p := planOf[entry](t, "entries")
	w := &operation.Writes{}
	add(t, w, p, &entry{Book: "b", Page: 1})
	x, err := w.Delete(p, operation.DeleteInput{Table: "entries", Key: map[string]any{"book": "b", "page": codec.Number("1.0")}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Add(x); !errors.Is(err, errs.ErrValidationFailed) {
		t.Errorf("got %v", err)
	}
	w = &operation.Writes{LastWins: true}
	for _, page := range []int64{1, 2, 1, 3} {
		add(t, w, p, &entry{Book: "b", Page: page})
	}
	same(t, asked(t, next(t, operation.NewBatchWrite(w, retries(1), nil))), []string{"2", "1", "3"})
}

func TestModelsOfOneTableHaveTheSameKeys(t *testing.T) {
	type other struct {
		ID string `dynamorm:"id,pk"`
	}
	w := puts(t, planOf[entry](t, "entries"), pages(1)...)
	x, err := w.Put(planOf[other](t, "entries"), operation.PutInput{Table: "entries", Value: &other{"a"}})
	if err == nil {
		err = w.Add(x)
	}
	if !errors.Is(err, errs.ErrValidationFailed) {
		t.Errorf("got %v", err)
	}
}

func TestABatchRefusesWhatItCannotHold(t *testing.T) {
	p := planOf[entry](t, "entries")
	one := int64(1)
	w := &operation.Writes{}
	_, err := w.Put(p, operation.PutInput{Table: "entries", Value: &entry{Book: "b", N: 3}})
	if e := errs.As(err); e == nil || e.Code != errs.CodeValidationFailed || e.Path != "n" {
		t.Errorf("got %v", err)
	}
	for _, in := range []operation.DeleteInput{{Expected: &one}, {MustExist: true}} {
		in.Table, in.Key = "entries", &entry{Book: "b"}
		if _, err := w.Delete(p, in); !errors.Is(err, errs.ErrValidationFailed) {
			t.Errorf("got %v", err)
		}
	}
	w = &operation.Writes{Unchecked: true}
	v := &entry{Book: "b", N: 3}
	add(t, w, p, v)
	x := operation.NewBatchWrite(w, retries(1), nil)
	if r := next(t, x); !strings.Contains(string(r.Body), `"n":{"N":"4"}`) {
		t.Errorf("sent %s", r.Body)
	}
	receive(t, x, `{}`)
	same(t, v.N, int64(4))
}

func FuzzAnAnswerNeverPanics(f *testing.F) {
	for _, seed := range []string{`{"UnprocessedItems":{"entries":[{"PutRequest":{"Item":{"book":{"S":"b"},"page":{"N":"1"}}}}]}}`, `{"UnprocessedItems":[]}`,
		`{"UnprocessedItems":{"entries":{}}}`, `{"Responses":{"entries":[{}]},"UnprocessedKeys":{"entries":{"Keys":[{}]}}}`, `{"CancellationReasons":[{"Code":"None"},null]}`, `{`} {
		f.Add(seed)
	}
	m, err := schema.Declare(reflect.TypeFor[entry](), schema.Declaration{Name: "Entry", Table: "entries"})
	if err != nil {
		f.Fatal(err)
	}
	p, err := codec.Compile(m, reflect.TypeFor[entry]())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		w := operation.NewBatchWrite(puts(t, p, pages(2)...), retries(1), nil)
		g := operation.NewGets(1)
		s, err := operation.NewSelection(p, nil, "", true, false)
		if err == nil {
			err = g.Add(s, "entries", codec.Values{"b", 1}, false)
		}
		if err != nil {
			t.Fatal(err)
		}
		r := operation.NewBatchGet(g, retries(1), nil, func(_ int, s *operation.Selection, item []byte, opened operation.Opened) error {
			return s.Read(item, new(entry), opened)
		})
		c := operation.NewTransactWrite(retries(1), nil, false)
		if err := errors.Join(c.Delete(p, operation.DeleteInput{Table: "entries", Key: codec.Values{"b", 1}}), c.Finish("t")); err != nil {
			t.Fatal(err)
		}
		for _, x := range []operation.Exchange{w, r, c} {
			next(t, x)
			answer := operation.Response{Body: []byte(body)}
			if x == operation.Exchange(c) {
				answer.Fault = &errs.Error{Code: errs.CodeTransactionCanceled}
			}
			if err := x.Receive(answer); err != nil && errs.As(err) == nil {
				t.Errorf("%T: %v", x, err)
			}
		}
	})
}
