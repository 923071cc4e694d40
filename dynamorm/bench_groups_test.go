package dynamorm_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/dynamorm/dynamorm/dynamorm"
)

func many(n int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(`{"owner":{"S":"ada"},"id":{"N":"%d"},"text":{"S":"hi"},"tags":{"SS":["a","b"]},"version":{"N":"3"}}`, i)
	}
	return `{"Responses":{"notes":[` + strings.Join(items, ",") + `]},"UnprocessedKeys":{}}`
}

func notesOf(n int) []*Note {
	out := make([]*Note, n)
	for i := range out {
		out[i] = &Note{Owner: "ada", ID: int64(i), Text: "hi", Tags: []string{"a", "b"}}
	}
	return out
}

func keysOf(n int) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = dynamorm.Key{"ada", i}
	}
	return out
}

// groupCalls has what the calls for several items do, through the SDK without a network.
func groupCalls(t testing.TB) map[string]func() {
	t.Helper()
	client, reader := dynamorm.NewClient(stubbed(`{}`)), dynamorm.NewClient(stubbed(many(100)))
	table, keys := dynamorm.NewTable(client, notes), keysOf(100)
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string]func(){
		"batch-get-100": func() {
			got, err := dynamorm.NewTable(reader, notes).BatchGet(ctx, keys)
			if check(err); len(got.Items) != 100 {
				t.Fatal(len(got.Items))
			}
		},
		"batch-write-25": func() {
			_, err := table.BatchPut(ctx, notesOf(25))
			check(err)
		},
		"transact-write-10": func() {
			actions := make([]dynamorm.Action, 10)
			for i, v := range notesOf(10) {
				actions[i] = table.Actions().Put(v)
			}
			check(client.TransactWrite(ctx, actions))
		},
	}
}

func TestBatchesAndTransactionsStayWithinTheirAllocations(t *testing.T) {
	limits := map[string]float64{"batch-get-100": 1100, "batch-write-25": 1100, "transact-write-10": 680}
	for name, call := range groupCalls(t) {
		allocs := testing.AllocsPerRun(50, call)
		if t.Logf("%s: %v allocations", name, allocs); allocs > limits[name] {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

func BenchmarkGroups(b *testing.B) {
	for name, call := range groupCalls(b) {
		b.Run("dynamorm/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				call()
			}
		})
	}
	b.Run("sdk/batch-get-100", func(b *testing.B) {
		c := stubbed(many(100))
		b.ReportAllocs()
		for b.Loop() {
			keys := make([]map[string]types.AttributeValue, 100)
			for i := range keys {
				keys[i] = map[string]types.AttributeValue{"owner": &types.AttributeValueMemberS{Value: "ada"}, "id": &types.AttributeValueMemberN{Value: fmt.Sprint(i)}}
			}
			out, err := c.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"notes": {Keys: keys}}})
			if err != nil || len(out.Responses["notes"]) != 100 {
				b.Fatal(err)
			}
		}
	})
	b.Run("sdk/batch-write-25", func(b *testing.B) {
		c := stubbed(`{}`)
		b.ReportAllocs()
		for b.Loop() {
			writes := make([]types.WriteRequest, 25)
			for i, v := range notesOf(25) {
				item, err := attributevalue.MarshalMap(v)
				if err != nil {
					b.Fatal(err)
				}
				writes[i] = types.WriteRequest{PutRequest: &types.PutRequest{Item: item}}
			}
			if _, err := c.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"notes": writes}}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sdk/transact-write-10", func(b *testing.B) {
		c := stubbed(`{}`)
		b.ReportAllocs()
		for b.Loop() {
			items := make([]types.TransactWriteItem, 10)
			for i, v := range notesOf(10) {
				item, err := attributevalue.MarshalMap(v)
				if err != nil {
					b.Fatal(err)
				}
				items[i] = types.TransactWriteItem{Put: &types.Put{TableName: aws.String("notes"), Item: item}}
			}
			if _, err := c.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
