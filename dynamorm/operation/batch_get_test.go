package operation_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// reading is a batch get of pages of one book, and what it read.
type reading struct {
	*operation.BatchGet
	gets *operation.Gets
	read []entry
}

func newReading(t *testing.T, attempts int, fields []expression.Field, pages ...any) *reading {
	t.Helper()
	p := planOf[entry](t, "entries")
	s, err := operation.NewSelection(p, fields, "", true, false)
	if err != nil {
		t.Fatal(err)
	}
	r := &reading{gets: operation.NewGets(len(pages)), read: make([]entry, len(pages))}
	for _, page := range pages {
		if err := r.gets.Add(s, "entries", codec.Values{"b", page}, false); err != nil {
			t.Fatal(err)
		}
	}
	r.BatchGet = operation.NewBatchGet(r.gets, retries(attempts), nil, func(i int, s *operation.Selection, item []byte, opened operation.Opened) error {
		return s.Read(item, &r.read[i], opened)
	})
	return r
}

func (r *reading) missing(t *testing.T) (out []int) {
	t.Helper()
	if err := r.gets.Missing(func(i int, _ []byte) error { out = append(out, i); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

func found(pages ...string) string {
	items := []string{}
	for _, page := range pages {
		items = append(items, `{"page":{"N":"`+page+`"},"book":{"S":"b"},"text":{"S":"t`+page+`"}}`)
	}
	return `"Responses":{"entries":[` + strings.Join(items, ",") + `]}`
}

func left(pages ...string) string {
	keys := []string{}
	for _, page := range pages {
		keys = append(keys, `{"book":{"S":"b"},"page":{"N":"`+page+`"}}`)
	}
	return `"UnprocessedKeys":{"entries":{"Keys":[` + strings.Join(keys, ",") + `]}}`
}

func TestAChunkHolds100Keys(t *testing.T) {
	for n, want := range map[int][]int{0: {}, 1: {1}, 100: {100}, 101: {100, 1}} {
		pages := make([]any, n)
		for i := range pages {
			pages[i] = i
		}
		x, got := newReading(t, 1, nil, pages...), []int{}
		for r, ok := x.Next(); ok; r, ok = x.Next() {
			got = append(got, len(asked(t, r)))
			receive(t, x, `{}`)
		}
		same(t, got, want)
		same(t, len(x.missing(t)), n)
	}
}

func TestAKeyThatIsGivenAgainIsRequestedOnceAndReadForEach(t *testing.T) {
	x := newReading(t, 1, nil, 2, 1, codec.Number("2.0"), 3, codec.Number("1e0"), 3)
	same(t, string(next(t, x).Body), `{"RequestItems":{"entries":{"Keys":[{"book":{"S":"b"},"page":{"N":"2"}},{"book":{"S":"b"},"page":{"N":"1"}},{"book":{"S":"b"},"page":{"N":"3"}}]}}}`)
	receive(t, x, `{`+found("1", "2.0")+`}`)
	ended(t, x)
	got := []string{}
	for i := range 6 {
		got = append(got, fmt.Sprint(x.gets.Found(i), x.read[i].Text))
	}
	same(t, got, []string{"truet2.0", "truet1", "truet2.0", "false", "truet1", "false"})
	same(t, x.missing(t), []int{3})
}

func TestUnprocessedKeysAreRequestedAgainBeforeAnythingElse(t *testing.T) {
	x := newReading(t, 10, []expression.Field{expression.F("text")}, 1, 2, 3)
	first := next(t, x)
	same(t, string(first.Body), `{"RequestItems":{"entries":{"Keys":[{"book":{"S":"b"},"page":{"N":"1"}},{"book":{"S":"b"},"page":{"N":"2"}},{"book":{"S":"b"},"page":{"N":"3"}}],`+
		`"ProjectionExpression":"#n0, #n1, #n2","ExpressionAttributeNames":{"#n0":"text","#n1":"book","#n2":"page"}}}}`)
	receive(t, x, `{`+found("2")+`,`+left("3", "1e0")+`}`)
	second := next(t, x)
	same(t, asked(t, second), []string{"1", "3"})
	same(t, strings.Contains(string(second.Body), `"ProjectionExpression":"#n0, #n1, #n2"`) && second.Waits, true)
	receive(t, x, `{`+found("1")+`}`)
	ended(t, x)
	same(t, x.read, []entry{{Text: "t1"}, {Text: "t2"}, {}}) // the keys were fetched for the library alone
	same(t, x.missing(t), []int{2})
}

func TestARequestReadsOneTableInOneWay(t *testing.T) {
	p := planOf[entry](t, "entries")
	whole, err := operation.NewSelection(p, nil, "", true, false)
	part, fail := operation.NewSelection(p, []expression.Field{expression.F("text")}, "", true, false)
	again, last := operation.NewSelection(p, []expression.Field{expression.F("text")}, "", true, false)
	if err = errors.Join(err, fail, last); err != nil {
		t.Fatal(err)
	}
	gets := operation.NewGets(0)
	for _, row := range []struct {
		s          *operation.Selection
		table      string
		page       int
		consistent bool
	}{{whole, "entries", 1, false}, {part, "entries", 1, false}, {whole, "entries", 2, true}, {whole, "others", 1, false}, {again, "entries", 3, false}, {whole, "entries", 4, false}} {
		if err := gets.Add(row.s, row.table, codec.Values{"b", row.page}, row.consistent); err != nil {
			t.Fatal(err)
		}
	}
	x, got := operation.NewBatchGet(gets, retries(1), nil, nil), []string{}
	for r, ok := x.Next(); ok; r, ok = x.Next() {
		got = append(got, fmt.Sprint(r.Tables, asked(t, r), strings.Contains(string(r.Body), "Projection"), strings.Contains(string(r.Body), `"ConsistentRead":true`)))
		receive(t, x, `{"Responses":{}}`)
	}
	same(t, got, []string{"[entries] [1 4] false false", "[entries] [1 3] true false", "[entries] [2] false true", "[others] [1] false false"})
	missing := []int{}
	_ = gets.Missing(func(i int, _ []byte) error { missing = append(missing, i); return nil })
	same(t, missing, []int{0, 2, 3, 4, 5}) // the first key again, in another way, is not listed again
}

func TestAReadThatFailsTellsWhatWasAnswered(t *testing.T) {
	denied := &errs.Error{Code: errs.CodeAccessDenied, Origin: errs.Service, Status: 400}
	pages := make([]any, 101)
	for i := range pages {
		pages[i] = i
	}
	x := newReading(t, 10, nil, pages...)
	next(t, x)
	receive(t, x, `{`+found("7")+`}`)
	next(t, x)
	e := errs.As(x.Receive(operation.Response{Fault: denied}))
	same(t, []any{e.Code, e.Retryable, e.MaybeApplied, len(e.Done()), pageKeys(e.Undone()), len(e.Unknown())}, []any{errs.CodeBatchIncomplete, false, false, 100, []int64{100}, 0})
	same(t, x.gets.Found(7), true)

	x = newReading(t, 10, nil, 1)
	next(t, x)
	if err := x.Receive(operation.Response{Fault: denied}); err != error(denied) {
		t.Errorf("got %v", err)
	}
	x = newReading(t, 1, nil, 1, 2)
	next(t, x)
	e = errs.As(x.Receive(operation.Response{Body: []byte(`{` + found("2") + `,` + left("1") + `}`)}))
	same(t, []any{e.Code, e.Retryable, e.Origin, pageKeys(e.Done()), pageKeys(e.Undone()), e.Cause}, []any{errs.CodeBatchIncomplete, true, errs.Service, []int64{2}, []int64{1}, nil})
}

func TestAnItemThatWasNotAskedForAndOneThatDoesNotFitAreDecodeFailed(t *testing.T) {
	for name, row := range map[string]struct{ body, path string }{
		"another item":       {`{` + found("1", "9") + `}`, ""},
		"another table":      {`{"Responses":{"others":[{"book":{"S":"b"},"page":{"N":"1"}}]}}`, ""},
		"no key":             {`{"Responses":{"entries":[{"book":{"S":"b"}}]}}`, ""},
		"another key's left": {`{` + left("9") + `}`, ""},
		"another type":       {`{"Responses":{"entries":[{"book":{"S":"b"},"page":{"N":"1"},"text":{"N":"1"}}]}}`, "text"},
	} {
		x := newReading(t, 10, nil, 1, 2)
		next(t, x)
		e := errs.As(x.Receive(operation.Response{Body: []byte(row.body)}))
		if e == nil || e.Code != errs.CodeDecodeFailed || e.Path != row.path || e.Model != "Entry" || slices.Contains([]bool{x.gets.Found(0), x.gets.Found(1)}, true) {
			t.Errorf("%s: got %+v", name, e)
		}
	}
}
