package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

type values = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// asked has a request of each API, with all that the library ever sends, and the parameters that say the same.
var asked = map[string]struct {
	request operation.Request
	want    any
}{
	"Query": {
		operation.Request{API: "Query", Table: "notes", Body: []byte(`{"TableName":"notes","IndexName":"by-day","KeyConditionExpression":"#n0 = :v0","FilterExpression":"#n1 > :v1","ProjectionExpression":"#n0",` +
			`"ScanIndexForward":false,"ConsistentRead":true,"Select":"COUNT","ExpressionAttributeNames":{"#n0":"id","#n1":"n"},"ExpressionAttributeValues":{":v0":{"S":"a"},":v1":{"N":"12345678901234567890"}},` +
			`"Limit":3,"ExclusiveStartKey":{"id":{"S":"a"},"sort":{"B":"AP8="}}}`)},
		&dynamodb.QueryInput{
			TableName: aws.String("notes"), IndexName: aws.String("by-day"), KeyConditionExpression: aws.String("#n0 = :v0"), FilterExpression: aws.String("#n1 > :v1"), ProjectionExpression: aws.String("#n0"),
			ScanIndexForward: aws.Bool(false), ConsistentRead: aws.Bool(true), Select: types.SelectCount, ExpressionAttributeNames: map[string]string{"#n0": "id", "#n1": "n"},
			ExpressionAttributeValues: values{":v0": text("a"), ":v1": &types.AttributeValueMemberN{Value: "12345678901234567890"}},
			Limit:                     aws.Int32(3), ExclusiveStartKey: values{"id": text("a"), "sort": &types.AttributeValueMemberB{Value: []byte{0, 255}}},
		},
	},
	"Scan": {
		operation.Request{API: "Scan", Table: "notes", Body: []byte(`{"TableName":"notes","Segment":0,"TotalSegments":4}`)},
		&dynamodb.ScanInput{TableName: aws.String("notes"), Segment: aws.Int32(0), TotalSegments: aws.Int32(4)},
	},
	"GetItem": {
		operation.Request{API: "GetItem", Table: "notes", Body: []byte(`{"TableName":"notes","Key":{"id":{"S":"a"}},"ConsistentRead":true}`)},
		&dynamodb.GetItemInput{TableName: aws.String("notes"), Key: values{"id": text("a")}, ConsistentRead: aws.Bool(true)},
	},
	"PutItem": {
		operation.Request{API: "PutItem", Table: "notes", Body: []byte(`{"TableName":"notes","Item":{"id":{"S":"a"}},"ConditionExpression":"attribute_not_exists(#n0)","ReturnValuesOnConditionCheckFailure":"ALL_OLD","ExpressionAttributeNames":{"#n0":"id"}}`)},
		&dynamodb.PutItemInput{
			TableName: aws.String("notes"), Item: values{"id": text("a")}, ConditionExpression: aws.String("attribute_not_exists(#n0)"),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld, ExpressionAttributeNames: map[string]string{"#n0": "id"},
		},
	},
	"UpdateItem": {
		operation.Request{API: "UpdateItem", Table: "notes", Body: []byte(`{"TableName":"notes","Key":{"id":{"S":"a"}},"UpdateExpression":"REMOVE #n0","ExpressionAttributeNames":{"#n0":"n"},"ReturnValues":"ALL_NEW"}`)},
		&dynamodb.UpdateItemInput{
			TableName: aws.String("notes"), Key: values{"id": text("a")}, UpdateExpression: aws.String("REMOVE #n0"), ExpressionAttributeNames: map[string]string{"#n0": "n"},
			ReturnValues: types.ReturnValueAllNew,
		},
	},
	"DeleteItem": {
		operation.Request{API: "DeleteItem", Table: "notes", Body: []byte(`{"TableName":"notes","Key":{"id":{"S":"a"}},"ReturnValues":"ALL_OLD"}`)},
		&dynamodb.DeleteItemInput{TableName: aws.String("notes"), Key: values{"id": text("a")}, ReturnValues: types.ReturnValueAllOld},
	},
}

// touching is a middleware of the user's that sees, and may change, the parameters.
func touching(touch func(in any) any) func(*dynamodb.Options) {
	return func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Mine", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				in.Parameters = touch(in.Parameters)
				return next.HandleInitialize(ctx, in)
			}), middleware.Before)
		})
	}
}

func TestTheUsersMiddlewareSeesEveryParameterAndTheBodyIsOurs(t *testing.T) {
	for name, row := range asked {
		s := serve(t, answer(200, `{}`))
		var seen any
		r := send(t, client(s.URL, 1, touching(func(in any) any { seen = in; return in })), row.request)
		if r.Fault != nil || !reflect.DeepEqual(seen, row.want) {
			t.Errorf("%s: the middleware saw %+v, %v", name, seen, r.Fault)
		}
		if s.bodies[0] != string(row.request.Body) {
			t.Errorf("%s: sent %s", name, s.bodies[0])
		}
	}
}

func TestWhatTheUsersMiddlewareChangesIsSent(t *testing.T) {
	for name, touch := range map[string]func(in any) any{
		"in place": func(in any) any {
			in.(*dynamodb.QueryInput).Limit = aws.Int32(9)
			return in
		},
		"a copy": func(in any) any {
			other := *in.(*dynamodb.QueryInput)
			other.Limit = aws.Int32(9)
			return &other
		},
	} {
		s := serve(t, answer(500, `{}`), answer(200, `{"Items":[]}`))
		r := send(t, client(s.URL, 2, touching(touch)), asked["Query"].request)
		if r.Fault != nil || string(r.Body) != `{"Items":[]}` {
			t.Errorf("%s: got %s, %v", name, r.Body, r.Fault)
		}
		var want, got map[string]any
		if err := json.Unmarshal(asked["Query"].request.Body, &want); err != nil {
			t.Fatal(err)
		}
		want["Limit"] = 9.0
		for _, body := range s.bodies {
			if err := json.Unmarshal([]byte(body), &got); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: sent %s", name, body)
			}
		}
	}
}

func TestAPageOfTheUsersMockIsReadAndGoneOnFrom(t *testing.T) {
	type chunk struct {
		File string `dynamorm:"file,pk"`
		At   []byte `dynamorm:"at,sk"`
		Data []byte `dynamorm:"data"`
	}
	model, err := dynamorm.Define[chunk](dynamorm.Declaration{Name: "Chunk", Table: "chunks"})
	if err != nil {
		t.Fatal(err)
	}
	item := func(at byte) values {
		return values{"file": text("f"), "at": &types.AttributeValueMemberB{Value: []byte{at, 255}}, "data": &types.AttributeValueMemberB{Value: []byte{at}}}
	}
	last := values{"file": text("f"), "at": &types.AttributeValueMemberB{Value: []byte{1, 255}}}
	pages := map[string]struct{ first, second any }{
		"query": {&dynamodb.QueryOutput{Items: []map[string]types.AttributeValue{item(1)}, Count: 1, LastEvaluatedKey: last}, &dynamodb.QueryOutput{Items: []map[string]types.AttributeValue{item(2)}, Count: 1}},
		"scan":  {&dynamodb.ScanOutput{Items: []map[string]types.AttributeValue{item(1)}, Count: 1, LastEvaluatedKey: last}, &dynamodb.ScanOutput{Items: []map[string]types.AttributeValue{item(2)}, Count: 1}},
	}
	for name, row := range pages {
		read := func(result any, cursor ...dynamorm.Option) dynamorm.Page[chunk] {
			table := dynamorm.NewTable(dynamorm.NewClient(client("http://127.0.0.1:1", 1, mock(result, nil))), model)
			reading := table.Scan(cursor...)
			if name == "query" {
				reading = table.Query("f", cursor...)
			}
			for page, err := range reading.Pages(context.Background()) {
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				return page
			}
			return dynamorm.Page[chunk]{}
		}
		first := read(row.first)
		second := read(row.second, dynamorm.WithCursor(first.Cursor))
		got := append(first.Items, second.Items...)
		if want := []chunk{{"f", []byte{1, 255}, []byte{1}}, {"f", []byte{2, 255}, []byte{2}}}; !reflect.DeepEqual(got, want) || second.Cursor != "" {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestAPageThatDidNotArriveWholeIsAskedForAgain(t *testing.T) {
	const page = `{"Count":0,"Items":[]}`
	for name, broken := range map[string]func(http.ResponseWriter){
		"cut off": cut, "dropped": drop, "another checksum": func(w http.ResponseWriter) {
			w.Header().Set("X-Amz-Crc32", "1")
			_, _ = io.WriteString(w, page)
		},
	} {
		s := serve(t, broken, answer(200, page))
		r := send(t, client(s.URL, 2), asked["Query"].request)
		if r.Fault != nil || string(r.Body) != page || len(s.bodies) != 2 || s.bodies[0] != s.bodies[1] {
			t.Errorf("%s: got %s, %v after %d attempts", name, r.Body, r.Fault, len(s.bodies))
		}
		s = serve(t, broken)
		e := send(t, client(s.URL, 2), asked["Scan"].request).Fault
		if e == nil || e.Code != errs.CodeNetworkError || !e.Retryable || e.MaybeApplied || s.attempts.Load() != 2 {
			t.Errorf("%s: got %+v after %d attempts", name, e, s.attempts.Load())
		}
	}
}

func TestAnEndedContextEndsARead(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := serve(t, func(http.ResponseWriter) {
		cancel()
		time.Sleep(50 * time.Millisecond)
	})
	e := transport.NewSDK(client(s.URL, 3)).Send(ctx, asked["Scan"].request).Fault
	if e == nil || e.Code != errs.CodeCanceled || e.Retryable || e.MaybeApplied || !errors.Is(e, context.Canceled) || s.attempts.Load() != 1 {
		t.Errorf("got %+v", e)
	}
}
