package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

// grouped has a request of each API for several items, with all that the library ever sends, and the parameters that say the same.
var grouped = map[string]struct {
	request operation.Request
	want    any
}{
	"BatchGetItem": {
		operation.Request{API: "BatchGetItem", Tables: []string{"notes"}, Body: []byte(`{"RequestItems":{"notes":{"Keys":[{"id":{"S":"a"}},{"id":{"S":"b"}}],"ProjectionExpression":"#n0","ExpressionAttributeNames":{"#n0":"id"},"ConsistentRead":true}}}`)},
		&dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"notes": {
			Keys: []map[string]types.AttributeValue{{"id": text("a")}, {"id": text("b")}}, ProjectionExpression: aws.String("#n0"), ExpressionAttributeNames: map[string]string{"#n0": "id"}, ConsistentRead: aws.Bool(true),
		}}},
	},
	"BatchWriteItem": {
		operation.Request{API: "BatchWriteItem", Tables: []string{"notes", "tags"}, Write: true, Body: []byte(`{"RequestItems":{"notes":[{"PutRequest":{"Item":{"id":{"S":"a"},"n":{"N":"1"}}}}],"tags":[{"DeleteRequest":{"Key":{"id":{"S":"b"}}}}]}}`)},
		&dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
			"notes": {{PutRequest: &types.PutRequest{Item: values{"id": text("a"), "n": &types.AttributeValueMemberN{Value: "1"}}}}}, "tags": {{DeleteRequest: &types.DeleteRequest{Key: values{"id": text("b")}}}},
		}},
	},
	"TransactGetItems": {
		operation.Request{API: "TransactGetItems", Tables: []string{"notes"}, Body: []byte(`{"TransactItems":[{"Get":{"TableName":"notes","Key":{"id":{"S":"a"}},"ProjectionExpression":"#n0","ExpressionAttributeNames":{"#n0":"id"}}}]}`)},
		&dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{{Get: &types.Get{TableName: aws.String("notes"), Key: values{"id": text("a")}, ProjectionExpression: aws.String("#n0"), ExpressionAttributeNames: map[string]string{"#n0": "id"}}}}},
	},
	"TransactWriteItems": {
		operation.Request{API: "TransactWriteItems", Tables: []string{"notes"}, Write: true, Body: []byte(`{"TransactItems":[{"Put":{"TableName":"notes","Item":{"id":{"S":"a"}},"ConditionExpression":"#n0 = :v0","ReturnValuesOnConditionCheckFailure":"ALL_OLD","ExpressionAttributeNames":{"#n0":"n"},"ExpressionAttributeValues":{":v0":{"N":"1"}}}},` +
			`{"Update":{"TableName":"notes","Key":{"id":{"S":"b"}},"UpdateExpression":"REMOVE #n0","ExpressionAttributeNames":{"#n0":"n"}}},{"Delete":{"TableName":"notes","Key":{"id":{"S":"c"}}}},{"ConditionCheck":{"TableName":"notes","Key":{"id":{"S":"d"}},"ConditionExpression":"attribute_exists(#n0)","ExpressionAttributeNames":{"#n0":"id"}}}],"ClientRequestToken":"token"}`)},
		&dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String("token"), TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{
				TableName: aws.String("notes"), Item: values{"id": text("a")}, ConditionExpression: aws.String("#n0 = :v0"), ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
				ExpressionAttributeNames: map[string]string{"#n0": "n"}, ExpressionAttributeValues: values{":v0": &types.AttributeValueMemberN{Value: "1"}},
			}},
			{Update: &types.Update{TableName: aws.String("notes"), Key: values{"id": text("b")}, UpdateExpression: aws.String("REMOVE #n0"), ExpressionAttributeNames: map[string]string{"#n0": "n"}}},
			{Delete: &types.Delete{TableName: aws.String("notes"), Key: values{"id": text("c")}}},
			{ConditionCheck: &types.ConditionCheck{TableName: aws.String("notes"), Key: values{"id": text("d")}, ConditionExpression: aws.String("attribute_exists(#n0)"), ExpressionAttributeNames: map[string]string{"#n0": "id"}}},
		}},
	},
}

func TestBatchesAndTransactionsAreSentAsTheyAreWithAndWithoutMiddleware(t *testing.T) {
	sentAsTheyAre(t, grouped, `{}`)
}

// sentAsTheyAre sends each request with and without middleware: the body that arrives is ours, the answer comes back as it is, and the
// middleware sees what the SDK would have been given.
func sentAsTheyAre(t *testing.T, rows map[string]struct {
	request operation.Request
	want    any
}, answered string) {
	t.Helper()
	for name, row := range rows {
		s := serve(t, answer(200, answered))
		var seen any
		for _, c := range []*dynamodb.Client{client(s.URL, 1), client(s.URL, 1, touching(func(in any) any { seen = in; return in }))} {
			if r := send(t, c, row.request); r.Fault != nil || string(r.Body) != answered {
				t.Errorf("%s: got %s, %v", name, r.Body, r.Fault)
			}
		}
		if !reflect.DeepEqual(seen, row.want) {
			t.Errorf("%s: the middleware saw %+v", name, seen)
		}
		for i, body := range s.bodies {
			if body != string(row.request.Body) || s.headers[i].Get("X-Amz-Target") != "DynamoDB_20120810."+name {
				t.Errorf("%s: sent %s", name, body)
			}
		}
	}
}

func TestWhatTheUsersMiddlewareChangesInABatchIsSent(t *testing.T) {
	s := serve(t, answer(200, `{}`))
	r := send(t, client(s.URL, 1, touching(func(in any) any {
		in.(*dynamodb.BatchGetItemInput).ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
		return in
	})), grouped["BatchGetItem"].request)
	var want, got map[string]any
	if err := errors.Join(json.Unmarshal(grouped["BatchGetItem"].request.Body, &want), json.Unmarshal([]byte(s.bodies[0]), &got)); err != nil {
		t.Fatal(err)
	}
	want["ReturnConsumedCapacity"] = "TOTAL"
	if r.Fault != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("sent %s, %v", s.bodies[0], r.Fault)
	}
}

func TestACancelledTransactionKeepsItsReasonsAndTheSDKsError(t *testing.T) {
	s := serve(t, answer(400, `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"because","CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Item":{"id":{"S":"b"}}}]}`))
	r := send(t, client(s.URL, 3), grouped["TransactWriteItems"].request)
	var sdk *types.TransactionCanceledException
	if r.Fault == nil || r.Fault.Code != errs.CodeTransactionCanceled || !errors.As(r.Fault, &sdk) || len(sdk.CancellationReasons) != 2 || s.attempts.Load() != 1 || r.Fault.RequestID != "REQUEST1" {
		t.Errorf("got %+v after %d attempts", r.Fault, s.attempts.Load())
	}
}

// thing is what the mocks' answers hold.
type thing struct {
	ID string `dynamorm:"id,pk"`
	N  int64  `dynamorm:"n,version"`
}

func things(t *testing.T, result any, err error) (*dynamorm.Client, *dynamorm.Table[thing]) {
	t.Helper()
	model, fail := dynamorm.Define[thing](dynamorm.Declaration{Name: "Thing", Table: "notes"})
	if fail != nil {
		t.Fatal(fail)
	}
	c := dynamorm.NewClient(client("http://127.0.0.1:1", 1, mock(result, err)), dynamorm.WithMaxAttempts(1))
	return c, dynamorm.NewTable(c, model)
}

func TestAnswersOfTheUsersMockAreRead(t *testing.T) {
	ctx := context.Background()
	number := func(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }
	_, table := things(t, &dynamodb.BatchGetItemOutput{
		Responses:       map[string][]map[string]types.AttributeValue{"notes": {{"id": text("a"), "n": number("3")}}},
		UnprocessedKeys: map[string]types.KeysAndAttributes{"notes": {Keys: []map[string]types.AttributeValue{{"id": text("c")}}}},
	}, nil)
	_, err := table.BatchGet(ctx, dynamorm.Keys("a", "b", "c"))
	if err == nil || !errors.Is(err, dynamorm.ErrValidationFailed) {
		t.Errorf("plain values are no keys: %v", err)
	}
	_, err = table.BatchGet(ctx, dynamorm.Keys(dynamorm.Key{"a"}, dynamorm.Key{"b"}, dynamorm.Key{"c"}))
	var found []thing
	if e := errs.As(err); e == nil || e.Code != errs.CodeBatchIncomplete || !e.Found(&found) || !reflect.DeepEqual(found, []thing{{"a", 3}}) || len(e.Done()) != 2 || len(e.Undone()) != 1 {
		t.Errorf("got %v, %v", err, found)
	}
	_, table = things(t, &dynamodb.BatchWriteItemOutput{UnprocessedItems: map[string][]types.WriteRequest{"notes": {{DeleteRequest: &types.DeleteRequest{Key: values{"id": text("b")}}}, {PutRequest: &types.PutRequest{Item: values{"id": text("a")}}}}}}, nil)
	out, err := table.BatchWrite(ctx, []*thing{{ID: "a"}, {ID: "c"}}, dynamorm.Keys(dynamorm.Key{"b"}))
	if e := errs.As(err); e == nil || out.Written != 1 || out.Deleted != 0 || len(e.Undone()) != 2 {
		t.Errorf("got %+v, %v", out, err)
	}
	c, table := things(t, &dynamodb.TransactGetItemsOutput{Responses: []types.ItemResponse{{}, {Item: values{"id": text("b"), "n": number("4")}}}}, nil)
	list, err := c.TransactGet(ctx, []dynamorm.GetAction{table.Actions().Get(dynamorm.Key{"a"}), table.Actions().Get(dynamorm.Key{"b"})})
	if err != nil || list[0] != nil || *list[1].(*thing) != (thing{"b", 4}) {
		t.Errorf("got %v, %v", list, err)
	}
	c, table = things(t, &dynamodb.TransactWriteItemsOutput{}, nil)
	v := &thing{ID: "a"}
	if err := c.TransactWrite(ctx, []dynamorm.Action{table.Actions().Put(v)}); err != nil || v.N != 1 {
		t.Errorf("got %v, %v", v, err)
	}
	c, table = things(t, nil, &types.TransactionCanceledException{CancellationReasons: []types.CancellationReason{{}, {Code: aws.String("ConditionalCheckFailed"), Item: values{"id": text("b"), "n": number("9")}}}})
	err = c.TransactWrite(ctx, []dynamorm.Action{table.Actions().Put(&thing{ID: "a"}), table.Actions().Save(&thing{ID: "b", N: 2})})
	e := errs.As(err)
	var stored thing
	if e == nil || e.Code != errs.CodeTransactionCanceled || len(e.Reasons()) != 2 || e.Reasons()[0] != nil || !errors.Is(e.Reasons()[1], dynamorm.ErrVersionConflict) {
		t.Fatalf("got %+v", err)
	}
	if ok, err := e.Reasons()[1].Item(&stored); !ok || err != nil || stored.N != 9 {
		t.Errorf("got %v, %v", stored, err)
	}
}

// waiting is an exchange of one request that waits, and keeps its answer.
type waiting struct {
	asked bool
	got   operation.Response
}

func (w *waiting) Next() (operation.Request, bool) {
	first := !w.asked
	w.asked = true
	return operation.Request{API: "GetItem", Waits: true, Delay: 40 * time.Millisecond}, first
}

func (w *waiting) Receive(r operation.Response) error {
	w.got = r
	if r.Fault != nil {
		return r.Fault
	}
	return nil
}

func TestTheDriverWaitsAndAWaitThatIsCutShortIsCanceled(t *testing.T) {
	s, waits, x := transport.NewScript(transport.Answer{Body: "{}"}, transport.Answer{Body: "{}"}), &transport.Sleeps{}, &waiting{}
	if err := transport.Run(context.Background(), s, waits.Sleep, x, nil); err != nil || !reflect.DeepEqual(waits.All(), []time.Duration{40 * time.Millisecond}) {
		t.Errorf("got %v after %v", err, waits.All())
	}
	begun := time.Now()
	if err := transport.Run(context.Background(), s, transport.Sleep, &waiting{}, nil); err != nil || time.Since(begun) < 40*time.Millisecond {
		t.Errorf("got %v after %v", err, time.Since(begun))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for name, sleep := range map[string]transport.Sleeper{"a clock": transport.Sleep, "none": waits.Sleep} {
		x := &waiting{}
		err := transport.Run(ctx, s, sleep, x, nil)
		if !errors.Is(err, errs.ErrCanceled) || !errors.Is(err, context.Canceled) || x.got.Fault.Origin != errs.Service || x.got.Fault.MaybeApplied || len(s.Requests()) != 2 {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestFixedSourcesGiveTheirLastAgainAndAgain(t *testing.T) {
	tokens, random := transport.FixedTokens("a", "b"), transport.FixedRandom(0.25)
	if got := []any{tokens(), tokens(), tokens(), random(), random()}; !reflect.DeepEqual(got, []any{"a", "b", "b", 0.25, 0.25}) {
		t.Errorf("got %v", got)
	}
}
