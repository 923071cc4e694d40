package operation_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

func canceled() *errs.Error {
	return &errs.Error{Code: errs.CodeTransactionCanceled, Origin: errs.Service, Status: 400, RequestID: "R1", AWS: "TransactionCanceledException"}
}

func reasons(codes ...string) operation.Response {
	return operation.Response{Fault: canceled(), Body: []byte(`{"CancellationReasons":[` + strings.Join(codes, ",") + `]}`)}
}

func code(name string) string { return `{"Code":"` + name + `"}` }

// each is a transaction with every kind of action, and its values.
func each(t *testing.T, attempts int) (*operation.TransactWrite, []*entry) {
	t.Helper()
	p := planOf[entry](t, "entries")
	x := operation.NewTransactWrite(retries(attempts), nil, false)
	values := []*entry{{Book: "b", Page: 1}, {Book: "b", Page: 2, N: 4}}
	one := int64(7)
	table := "entries"
	if err := errors.Join(
		x.Put(p, operation.PutInput{Table: table, Mode: operation.Create, Value: values[0]}),
		x.Put(p, operation.PutInput{Table: table, Mode: operation.Save, Value: values[1]}),
		x.Update(p, operation.UpdateInput{Table: table, Key: codec.Values{"b", 3}, Update: expression.NewUpdate().Set(expression.F("text"), "x")}),
		x.Delete(p, operation.DeleteInput{Table: table, Key: codec.Values{"b", 4}}),
		x.Check(p, operation.DeleteInput{Table: table, Key: codec.Values{"b", 5}, Expected: &one}),
		x.Finish("token"),
	); err != nil {
		t.Fatal(err)
	}
	return x, values
}

func TestAnActionIsTheRequestOfTheOperationWithoutReturnValues(t *testing.T) {
	x, values := each(t, 1)
	r := next(t, x)
	const old = `,"ReturnValuesOnConditionCheckFailure":"ALL_OLD"`
	same(t, string(r.Body), `{"TransactItems":[{"Put":{"TableName":"entries","Item":{"book":{"S":"b"},"page":{"N":"1"},"n":{"N":"1"}},"ConditionExpression":"attribute_not_exists(#n0)"`+old+`,"ExpressionAttributeNames":{"#n0":"book"}}},`+
		`{"Put":{"TableName":"entries","Item":{"book":{"S":"b"},"page":{"N":"2"},"n":{"N":"5"}},"ConditionExpression":"#n0 = :v0"`+old+`,"ExpressionAttributeNames":{"#n0":"n"},"ExpressionAttributeValues":{":v0":{"N":"4"}}}},`+
		`{"Update":{"TableName":"entries","Key":{"book":{"S":"b"},"page":{"N":"3"}},"ConditionExpression":"attribute_exists(#n0)"`+old+`,"UpdateExpression":"SET #n1 = :v0 ADD #n2 :v1","ExpressionAttributeNames":{"#n0":"book","#n1":"text","#n2":"n"},"ExpressionAttributeValues":{":v0":{"S":"x"},":v1":{"N":"1"}}}},`+
		`{"Delete":{"TableName":"entries","Key":{"book":{"S":"b"},"page":{"N":"4"}}}},`+
		`{"ConditionCheck":{"TableName":"entries","Key":{"book":{"S":"b"},"page":{"N":"5"}},"ConditionExpression":"#n0 = :v0"`+old+`,"ExpressionAttributeNames":{"#n0":"n"},"ExpressionAttributeValues":{":v0":{"N":"7"}}}}],"ClientRequestToken":"token"}`)
	same(t, []any{r.API, r.Write, r.Tables, r.Waits}, []any{"TransactWriteItems", true, []string{"entries"}, false})
	same(t, []int64{values[0].N, values[1].N}, []int64{0, 4})
	receive(t, x, `{}`)
	ended(t, x)
	same(t, []int64{values[0].N, values[1].N}, []int64{1, 5})
}

func TestAConflictIsSentAgainByteForByteUntilTheAttemptsAreSpent(t *testing.T) {
	x, values := each(t, 3)
	first := string(next(t, x).Body)
	for attempt := 2; attempt <= 3; attempt++ {
		if err := x.Receive(reasons(code("TransactionConflict"), code("None"), code("ThrottlingError"), code("None"), code("None"))); err != nil {
			t.Fatal(err)
		}
		again := next(t, x)
		same(t, string(again.Body), first)
		same(t, []any{again.Waits, again.Delay}, []any{true, time.Duration(25*(attempt-1)) * time.Millisecond})
	}
	e := errs.As(x.Receive(reasons(code("TransactionConflict"), code("None"), code("None"), code("None"), code("None"))))
	if e == nil || e.Code != errs.CodeTransactionCanceled || !e.Retryable || len(e.Reasons()) != 5 || !errors.Is(e.Reasons()[0], errs.ErrTransactionConflict) || e.Reasons()[1] != nil {
		t.Fatalf("got %+v", e)
	}
	ended(t, x)
	same(t, []int64{values[0].N, values[1].N}, []int64{0, 4})
}

func TestEachReasonIsToldByItsActionAndItsItem(t *testing.T) {
	item := func(page, n string) string {
		return `{"Code":"ConditionalCheckFailed","Message":"hush","Item":{"book":{"S":"b"},"page":{"N":"` + page + `"},"n":{"N":"` + n + `"}}}`
	}
	x, _ := each(t, 10)
	next(t, x)
	e := errs.As(x.Receive(reasons(item("1", "3"), item("2", "9"), code("ConditionalCheckFailed"), code("SomethingNew"), item("5", "7"))))
	got := []string{}
	for _, r := range e.Reasons() {
		got = append(got, fmt.Sprint(r.Code, r.Kind, r.Retryable, r.HasItem()))
	}
	same(t, got, []string{"ConditionFailedAlreadyExistsfalse true", "ConditionFailedVersionConflictfalse true", "ItemNotFoundfalse false", "ServiceErrorfalse false", "ConditionFailedfalse true"})
	var stored entry
	if ok, err := e.Reasons()[1].Item(&stored); !ok || err != nil || stored.N != 9 || e.Retryable {
		t.Errorf("got %+v, %v, %v", stored, ok, err)
	}
	for _, text := range []string{e.Error(), fmt.Sprintf("%#v %+v", e, e.Reasons()[0])} {
		if strings.Contains(text, "hush") {
			t.Errorf("a value stands in %s", text)
		}
	}
}

func TestOneReasonThatStaysOrNoneAtAllIsNotSentAgain(t *testing.T) {
	for name, answer := range map[string]operation.Response{
		"mixed":      reasons(code("TransactionConflict"), code("ConditionalCheckFailed")),
		"all none":   reasons(code("None"), code("None")),
		"no reasons": {Fault: canceled(), Body: []byte(`{}`)},
		"no list":    {Fault: canceled(), Body: []byte(`{"CancellationReasons":null}`)},
		"throttled":  {Fault: throttled()},
	} {
		x, _ := each(t, 10)
		next(t, x)
		e := errs.As(x.Receive(answer))
		if e == nil || e.Retryable != (name == "throttled") {
			t.Errorf("%s: got %+v", name, e)
		}
		ended(t, x)
	}
}

func TestALostAnswerStaysInDoubtWhateverComesAfterIt(t *testing.T) {
	x, _ := each(t, 10)
	next(t, x)
	first := reasons(code("TransactionConflict"))
	first.Fault.MaybeApplied = true
	if err := x.Receive(first); err != nil {
		t.Fatal(err)
	}
	next(t, x)
	if e := errs.As(x.Receive(reasons(code("ValidationError")))); e == nil || !e.MaybeApplied {
		t.Errorf("got %+v", e)
	}
}

func TestATransactionRefusesTheSameItemTwiceAndACheckOfNothing(t *testing.T) {
	p := planOf[entry](t, "entries")
	x := operation.NewTransactWrite(retries(1), nil, false)
	same(t, x.Delete(p, operation.DeleteInput{Table: "entries", Key: codec.Values{"b", 1}}), nil)
	if err := x.Put(p, operation.PutInput{Table: "entries", Value: &entry{Book: "b", Page: 1}}); !errors.Is(err, errs.ErrValidationFailed) {
		t.Errorf("got %v", err)
	}
	if err := x.Delete(p, operation.DeleteInput{Table: "others", Key: codec.Values{"b", codec.Number("1.0")}}); err != nil {
		t.Errorf("the same key in another table: %v", err)
	}
	if err := x.Check(p, operation.DeleteInput{Table: "entries", Key: codec.Values{"b", 2}}); !errors.Is(err, errs.ErrValidationFailed) {
		t.Errorf("got %v", err)
	}
	for n, ok := range map[int]bool{0: false, 1: true, 100: true, 101: false} {
		if err := operation.CheckActions(n); (err == nil) != ok {
			t.Errorf("%d actions: %v", n, err)
		}
	}
}

func TestTheSizeOfATransactionIsCountedAsDynamoDBDoes(t *testing.T) {
	p := planOf[entry](t, "entries")
	for last, ok := range map[int]bool{schema.TransactMaxBytes - 10*409_594: true, schema.TransactMaxBytes - 10*409_594 + 1: false} {
		x := operation.NewTransactWrite(retries(1), nil, false)
		for page := range 11 {
			size := 409_594
			if page == 10 {
				size = last
			}
			rest, err := p.AppendItem(nil, &entry{Book: "b", Page: int64(page + 1), N: 1}, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			v := &entry{Book: "b", Page: int64(page + 1), Text: strings.Repeat("x", size-codec.ItemSize(rest)-len("text"))}
			if err := x.Put(p, operation.PutInput{Table: "entries", Mode: operation.Replace, Value: v}); err != nil {
				t.Fatal(err)
			}
		}
		if err := x.Finish("t"); (err == nil) != ok {
			t.Errorf("with a last item of %d bytes: %v", last, err)
		}
	}
}

func TestAPreparedTransactionIsSentAsItIs(t *testing.T) {
	x, values := each(t, 1)
	text, err := x.Text()
	if err != nil || !strings.HasPrefix(text, `{"ClientRequestToken":"token","TransactItems":[{"Put":{"ConditionExpression":`) {
		t.Fatalf("got %s, %v", text, err)
	}
	same(t, values[0].N, int64(0))
	spaced := " " + text + "\n"
	sent, err := operation.NewTransactText(retries(2), spaced)
	if err != nil {
		t.Fatal(err)
	}
	r := next(t, sent)
	same(t, string(r.Body), spaced)
	same(t, r.Tables, []string{"entries", "entries", "entries", "entries", "entries"})
	e := errs.As(sent.Receive(reasons(`{"Code":"ConditionalCheckFailed","Item":{"book":{"S":"b"},"n":{"N":"3"}}}`, code("None"))))
	item := map[string]any{}
	if ok, err := e.Reasons()[0].Item(&item); !ok || err != nil || e.Reasons()[0].Kind != "" || item["book"] != "b" {
		t.Errorf("got %v, %v, %v", item, ok, err)
	}
	if _, err := e.Reasons()[0].Item(&entry{}); !errors.Is(err, errs.ErrValidationFailed) {
		t.Errorf("got %v", err)
	}
	const action = `{"Delete":{"TableName":"t","Key":{}}}`
	for _, bad := range []string{"", "[]", "{", `{"TransactItems":[` + action + `]}`, `{"ClientRequestToken":"","TransactItems":[` + action + `]}`, `{"ClientRequestToken":7,"TransactItems":[` + action + `]}`,
		`{"ClientRequestToken":"a","TransactItems":[]}`, `{"ClientRequestToken":"a","TransactItems":[{}]}`, `{"ClientRequestToken":"a","TransactItems":[{"Get":{"TableName":"t"}}]}`,
		`{"ClientRequestToken":"` + strings.Repeat("x", 37) + `","TransactItems":[` + action + `]}`} {
		if _, err := operation.NewTransactText(retries(1), bad); !errors.Is(err, errs.ErrValidationFailed) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestATransactionalReadGivesEachItemToItsReader(t *testing.T) {
	p := planOf[entry](t, "entries")
	whole, err := operation.NewSelection(p, nil, "", false, false)
	part, fail := operation.NewSelection(p, []expression.Field{expression.F("text")}, "", false, false)
	if err = errors.Join(err, fail); err != nil {
		t.Fatal(err)
	}
	begin := func() (*operation.TransactGet, []*entry) {
		x, got := operation.NewTransactGet(retries(2), nil), make([]*entry, 3)
		for i, s := range []*operation.Selection{whole, part, whole} {
			err := x.Add(s, "entries", codec.Values{"b", i}, func(item []byte, opened operation.Opened) error {
				got[i] = &entry{}
				return s.Read(item, got[i], opened)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		return x, got
	}
	x, got := begin()
	same(t, string(next(t, x).Body), `{"TransactItems":[{"Get":{"TableName":"entries","Key":{"book":{"S":"b"},"page":{"N":"0"}}}},`+
		`{"Get":{"TableName":"entries","Key":{"book":{"S":"b"},"page":{"N":"1"}},"ProjectionExpression":"#n0","ExpressionAttributeNames":{"#n0":"text"}}},{"Get":{"TableName":"entries","Key":{"book":{"S":"b"},"page":{"N":"2"}}}}]}`)
	if err := x.Receive(reasons(code("TransactionConflict"))); err != nil {
		t.Fatal(err)
	}
	next(t, x)
	receive(t, x, `{"Responses":[{"Item":{"book":{"S":"b"},"page":{"N":"0"}}},{"Item":{}},{}]}`)
	same(t, got, []*entry{{Book: "b"}, {}, nil})
	for _, bad := range []string{`{}`, `{"Responses":[{}]}`, `{"Responses":[{},{},{},{}]}`, `{"Responses":[{"Item":{"book":{"N":"1"}}},{},{}]}`} {
		x, _ := begin()
		next(t, x)
		if err := x.Receive(operation.Response{Body: []byte(bad)}); !errors.Is(err, errs.ErrDecodeFailed) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
