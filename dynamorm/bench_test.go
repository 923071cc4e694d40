package dynamorm_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/dynamorm/dynamorm/dynamorm"
)

// canned answers every request with one body, without a network.
type canned []byte

func (c canned) Do(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, ContentLength: int64(len(c)), Body: io.NopCloser(bytes.NewReader(c)), Request: r}, nil
}

func stubbed(body string) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", HTTPClient: canned(body), Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIDTEST", SecretAccessKey: "secret"}, nil
	})})
}

const stored = `{"Item":{"owner":{"S":"ada"},"id":{"N":"7"},"text":{"S":"hi"},"tags":{"SS":["a","b"]},"version":{"N":"3"}}}`

// A put through the SDK costs what the SDK costs; this bounds what we may add to it.
func TestAPutAndAGetStayWithinTheirAllocations(t *testing.T) {
	table := dynamorm.NewTable(dynamorm.NewClient(stubbed(stored)), notes)
	for name, call := range map[string]func() error{
		"put": func() error { return table.Put(ctx, &Note{Owner: "ada", ID: 7, Text: "hi"}) },
		"get": func() error {
			_, err := table.Get(ctx, dynamorm.Key{"ada", 7})
			return err
		},
	} {
		allocs := testing.AllocsPerRun(50, func() {
			if err := call(); err != nil {
				t.Fatal(err)
			}
		})
		if allocs > 320 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
		t.Logf("%s: %v allocations", name, allocs)
	}
}

func BenchmarkGet(b *testing.B) {
	b.Run("dynamorm", func(b *testing.B) {
		table := dynamorm.NewTable(dynamorm.NewClient(stubbed(stored)), notes)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := table.Get(ctx, dynamorm.Key{"ada", 7}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sdk", func(b *testing.B) {
		sdk, name := stubbed(stored), "notes"
		b.ReportAllocs()
		for b.Loop() {
			key, err := attributevalue.MarshalMap(map[string]any{"owner": "ada", "id": 7})
			if err != nil {
				b.Fatal(err)
			}
			out, err := sdk.GetItem(ctx, &dynamodb.GetItemInput{TableName: &name, Key: key})
			if err != nil {
				b.Fatal(err)
			}
			var n Note
			if err := attributevalue.UnmarshalMap(out.Item, &n); err != nil {
				b.Fatal(err)
			}
		}
	})
}
