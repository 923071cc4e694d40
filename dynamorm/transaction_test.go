package dynamorm_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

func cancelled(reasons ...string) transport.Answer {
	return transport.Answer{Status: 400, Body: `{"__type":"x#TransactionCanceledException","CancellationReasons":[` + strings.Join(reasons, ",") + `]}`}
}

const conflict = `{"Code":"TransactionConflict"}`

func TestATransactionWritesAllOfItsActionsAndLeavesWhatWasStored(t *testing.T) {
	c, s, waits := group(cancelled(conflict), ok(`{}`), ok(`{}`))
	table, tags := dynamorm.NewTable(c, notes).Actions(), dynamorm.NewTable(c, labels).Actions()
	created, label := &Note{Owner: "a", ID: 1}, &Label{"a", "x"}
	actions := []dynamorm.Action{
		table.Create(created), tags.Put(label, dynamorm.WithCondition(dynamorm.Field("text").Eq("y"))), table.Save(&Note{Owner: "a", ID: 2, Version: 3}), table.Save(&Note{Owner: "a", ID: 3}, dynamorm.WithAdopt()),
		table.Update(dynamorm.Key{"a", 4}, dynamorm.NewUpdate().Set(dynamorm.Field("text"), "x"), dynamorm.WithUpsert()), table.Delete(dynamorm.Key{"a", 5}, dynamorm.WithExpectedVersion(2)), table.Check(dynamorm.Key{"a", 6}, dynamorm.WithMustExist()),
	}
	if len(s.Requests()) != 0 || created.Version != 0 {
		t.Fatal("an action did something before it was used")
	}
	if err := c.TransactWrite(ctx, actions); err != nil {
		t.Fatal(err)
	}
	if created.Version != 1 || created.Created.IsZero() {
		t.Errorf("got %+v", created)
	}
	list := bodies(s)
	same(t, list[0], list[1])
	same(t, fmt.Sprint(waits.All()), "[25ms]")
	if !strings.HasSuffix(list[0], `,"ClientRequestToken":"one"}`) || strings.Count(list[0], `"TableName"`) != 7 || strings.Contains(list[0], `"ReturnValues"`) {
		t.Errorf("sent %s", list[0])
	}
	if err := c.TransactWrite(ctx, actions[5:6], dynamorm.WithToken("mine")); err != nil || !strings.Contains(bodies(s)[2], `"ClientRequestToken":"mine"`) {
		t.Errorf("got %v after %s", err, bodies(s)[2])
	}
}

func TestACancelledTransactionTellsWhichActionFailedAndChangesNoValue(t *testing.T) {
	c, s, _ := group(cancelled(`{"Code":"None"}`, `{"Code":"ConditionalCheckFailed","Item":{"owner":{"S":"hush"},"id":{"N":"2"},"version":{"N":"9"}}}`))
	table := dynamorm.NewTable(c, notes).Actions()
	put, saved := &Note{Owner: "a", ID: 1}, &Note{Owner: "hush", ID: 2, Version: 3}
	err := c.TransactWrite(ctx, []dynamorm.Action{table.Put(put), table.Save(saved)})
	var e *dynamorm.Error
	if !errors.As(err, &e) || !errors.Is(err, dynamorm.ErrTransactionCanceled) || e.Retryable || len(s.Requests()) != 1 {
		t.Fatalf("got %v", err)
	}
	reasons := e.Reasons()
	if len(reasons) != 2 || reasons[0] != nil || !errors.Is(reasons[1], dynamorm.ErrVersionConflict) {
		t.Fatalf("got %v", reasons)
	}
	var stored Note
	if found, err := reasons[1].Item(&stored); !found || err != nil || stored.Version != 9 {
		t.Errorf("got %+v, %v", stored, err)
	}
	if put.Version != 0 || saved.Version != 3 {
		t.Errorf("got %+v and %+v", put, saved)
	}
	if text := fmt.Sprintf("%v %+v %#v %v", err, err, err, reasons[1]); strings.Contains(text, "hush") {
		t.Errorf("got %s", text)
	}
}

func TestAnActionThatIsRefusedRefusesTheTransaction(t *testing.T) {
	c, s, _ := group()
	table := dynamorm.NewTable(c, notes).Actions()
	good := table.Put(&Note{Owner: "a", ID: 1})
	for name, row := range map[string]struct {
		actions []dynamorm.Action
		options []dynamorm.Option
		want    error
	}{
		"none":                     {nil, nil, dynamorm.ErrValidationFailed},
		"an action of nobody":      {[]dynamorm.Action{{}}, nil, dynamorm.ErrValidationFailed},
		"no key":                   {[]dynamorm.Action{good, table.Put(&Note{})}, nil, nil},
		"an option it cannot take": {[]dynamorm.Action{good, table.Create(&Note{Owner: "b"}, dynamorm.WithMustExist())}, nil, dynamorm.ErrValidationFailed},
		"the same item":            {[]dynamorm.Action{good, table.Delete(dynamorm.Key{"a", dynamorm.Number("1.0")})}, nil, dynamorm.ErrValidationFailed},
		"no token":                 {[]dynamorm.Action{good}, []dynamorm.Option{dynamorm.WithToken("")}, dynamorm.ErrValidationFailed},
		"a long token":             {[]dynamorm.Action{good}, []dynamorm.Option{dynamorm.WithToken(strings.Repeat("é", 37))}, dynamorm.ErrValidationFailed},
		"a check of nothing":       {[]dynamorm.Action{table.Check(dynamorm.Key{"a", 1})}, nil, dynamorm.ErrValidationFailed},
	} {
		err := c.TransactWrite(ctx, row.actions, row.options...)
		_, prepared := c.Prepare(context.Background(), row.actions, row.options...)
		if err == nil || row.want != nil && !errors.Is(err, row.want) || prepared == nil || len(s.Requests()) != 0 {
			t.Errorf("%s: %v and %v", name, err, prepared)
		}
	}
}

func TestAPreparedRequestIsSentAsItIs(t *testing.T) {
	c, s, _ := group(ok(`{}`), cancelled(conflict), ok(`{}`))
	v := &Note{Owner: "a", ID: 1}
	text, err := c.Prepare(context.Background(), []dynamorm.Action{dynamorm.NewTable(c, notes).Actions().Put(v)})
	if err != nil || len(s.Requests()) != 0 || v.Version != 0 {
		t.Fatalf("got %v, %+v", err, v)
	}
	same(t, text, `{"ClientRequestToken":"one","TransactItems":[{"Put":{"Item":{"created":`+stamp+`,"id":{"N":"1"},"owner":{"S":"a"},"updated":`+stamp+`,"version":{"N":"1"}},"TableName":"notes"}}]}`)
	for range 2 {
		if err := c.TransactSend(ctx, text); err != nil {
			t.Error(err)
		}
	}
	same(t, strings.Join(bodies(s), "\n"), text+"\n"+text+"\n"+text)
	if err := c.TransactSend(ctx, "[]"); !errors.Is(err, dynamorm.ErrValidationFailed) {
		t.Errorf("got %v", err)
	}
}

func TestATransactionalReadGivesAnEntryForEachKey(t *testing.T) {
	c, s, _ := group(ok(`{"Responses":[{"Item":{"owner":{"S":"a"},"id":{"N":"1"}}},{},{"Item":{"text":{"S":"x"},"kind":{"S":"Label"}}}]}`))
	table, tags := dynamorm.NewTable(c, notes).Actions(), dynamorm.NewTable(c, labels).Actions()
	got, err := c.TransactGet(ctx, []dynamorm.GetAction{table.Get(dynamorm.Key{"a", 1}), table.Get(dynamorm.Key{"a", 2}, dynamorm.WithConsistentRead()), tags.Get(Label{Owner: "a"}, dynamorm.WithSelect(dynamorm.Field("text")))})
	if err != nil || len(got) != 3 || got[0].(*Note).ID != 1 || got[1] != nil || *got[2].(*Label) != (Label{Text: "x"}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if body := bodies(s)[0]; strings.Contains(body, "ConsistentRead") || !strings.Contains(body, `"ProjectionExpression":"#n0, #n1","ExpressionAttributeNames":{"#n0":"text","#n1":"kind"}`) {
		t.Errorf("sent %s", body)
	}
	for name, gets := range map[string][]dynamorm.GetAction{"none": nil, "of nobody": {{}}, "twice": {table.Get(dynamorm.Key{"a", 1}), table.Get(dynamorm.Key{"a", 1})}} {
		if _, err := c.TransactGet(ctx, gets); !errors.Is(err, dynamorm.ErrValidationFailed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	s := transport.NewScript(cancelled(conflict), ok(`{}`))
	c := dynamorm.NewClientOver(s, dynamorm.WithBackoffBase(time.Hour), dynamorm.WithBackoffCap(time.Hour))
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(10*time.Millisecond, cancel)
	err := c.TransactWrite(ctx, []dynamorm.Action{dynamorm.NewTable(c, notes).Actions().Put(&Note{Owner: "a"})})
	var e *dynamorm.Error
	if !errors.As(err, &e) || !errors.Is(err, dynamorm.ErrCanceled) || !errors.Is(err, context.Canceled) || e.MaybeApplied || e.Origin != "service" || len(s.Requests()) != 1 {
		t.Errorf("got %+v", err)
	}
}

func TestATokenOfNobodyIsARandomUUID(t *testing.T) {
	c := dynamorm.NewClientOver(transport.NewScript())
	form := regexp.MustCompile(`"ClientRequestToken":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"`)
	seen := map[string]bool{}
	for range 3 {
		text, err := c.Prepare(context.Background(), []dynamorm.Action{dynamorm.NewTable(c, notes).Actions().Delete(dynamorm.Key{"a", 1})})
		if err != nil || !form.MatchString(text) || seen[text] {
			t.Errorf("got %s, %v", text, err)
		}
		seen[text] = true
	}
}
