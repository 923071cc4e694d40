// Command stream-handler counts the orders of each customer by the stream of their table. In production Lambda gives the records to the
// handler; here they are read from the DynamoDB at DYNAMODB_ENDPOINT, a local one:
//
//	DYNAMODB_ENDPOINT=http://127.0.0.1:8000 go run ./dynamorm/samples/stream-handler
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/stream"
	"github.com/dynamorm/dynamorm/dynamorm/stream/poll"
)

// Order is what the stream tells about.
type Order struct {
	Customer string `dynamorm:"customer,pk"`
	Number   int64  `dynamorm:"number,sk"`
	Status   string `dynamorm:"status,enum:open|paid"`
}

// Last is what is derived of it: each customer's last order.
type Last struct {
	Customer string `dynamorm:"customer,pk"`
	Number   int64  `dynamorm:"number,required"`
}

var (
	Orders = dynamorm.MustDefine[Order](dynamorm.Declaration{Table: "sample-stream-orders"})
	Lasts  = dynamorm.MustDefine[Last](dynamorm.Declaration{Table: "sample-stream-lasts"})
)

// newHandler gives the handler of the orders' stream: `lambda.Start(handler.Handle)` makes a Lambda of it.
func newHandler(client *dynamorm.Client) (*dynamorm.StreamHandler, error) {
	lasts := dynamorm.NewTable(client, Lasts)
	seen, err := stream.NewMemory(stream.DefaultSeen)
	if err != nil {
		return nil, err
	}
	return dynamorm.NewStreamHandler(client, dynamorm.StreamOptions{Seen: seen}, dynamorm.OnRecord(Orders, func(ctx context.Context, r dynamorm.Record[Order]) error {
		fmt.Println(r.Kind, r.Keys["number"], strings.Join(r.Changed, " "))
		if r.Kind != stream.Insert {
			return nil
		}
		// A record that comes again, or late, changes nothing.
		_, err := lasts.Project(ctx, &Last{Customer: r.New.Customer, Number: r.New.Number}, "number")
		return err
	}))
}

func main() {
	endpoint := os.Getenv("DYNAMODB_ENDPOINT")
	if endpoint == "" {
		log.Fatal("say where DynamoDB is: DYNAMODB_ENDPOINT=http://127.0.0.1:8000")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	sdk := dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: aws.CredentialsProviderFunc(local)})
	streams := dynamodbstreams.New(dynamodbstreams.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: aws.CredentialsProviderFunc(local)})
	if err := makeTables(ctx, sdk); err != nil {
		log.Fatal(err)
	}
	if err := run(ctx, sdk, streams); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, sdk *dynamodb.Client, streams *dynamodbstreams.Client) error {
	client := dynamorm.NewClient(sdk)
	orders := dynamorm.NewTable(client, Orders)
	if _, err := orders.BatchPut(ctx, []*Order{{"ada", 1, "open"}, {"ada", 2, "open"}}); err != nil {
		return err
	}
	if _, err := orders.Update(ctx, dynamorm.Key{"ada", 2}, dynamorm.NewUpdate().Set(dynamorm.Field("status"), "paid")); err != nil {
		return err
	}
	event, err := batch(ctx, sdk, streams, orders.Name())
	if err != nil {
		return err
	}
	handler, err := newHandler(client)
	if err != nil {
		return err
	}
	for range 2 { // Lambda may deliver a batch more than once
		response, err := handler.Handle(ctx, event)
		if err != nil {
			return err
		}
		fmt.Println("failed:", len(response.BatchItemFailures))
	}
	last, err := dynamorm.NewTable(client, Lasts).Get(ctx, dynamorm.Key{"ada"})
	if err != nil {
		return err
	}
	fmt.Println("last:", last.Number)
	return drop(ctx, sdk)
}

// batch reads the stream as Lambda would.
func batch(ctx context.Context, sdk *dynamodb.Client, streams *dynamodbstreams.Client, table string) (event dynamorm.StreamEvent, err error) {
	for record, err := range poll.Records(ctx, sdk, streams, table, poll.Options{StopAtEnd: true}) {
		if err != nil {
			return event, err
		}
		event.Records = append(event.Records, record)
	}
	return event, nil
}

// local gives the credentials that a local DynamoDB takes; yours come from the SDK's configuration.
func local(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
}

// makeTables makes the tables anew, so that the stream has the records of this run alone.
func makeTables(ctx context.Context, sdk *dynamodb.Client) error {
	if err := drop(ctx, sdk); err != nil {
		return err
	}
	key := func(name string, kind types.KeyType) types.KeySchemaElement {
		return types.KeySchemaElement{AttributeName: &name, KeyType: kind}
	}
	attribute := func(name string, kind types.ScalarAttributeType) types.AttributeDefinition {
		return types.AttributeDefinition{AttributeName: &name, AttributeType: kind}
	}
	for _, in := range []*dynamodb.CreateTableInput{
		{
			TableName: aws.String("sample-stream-orders"), BillingMode: types.BillingModePayPerRequest,
			KeySchema:            []types.KeySchemaElement{key("customer", types.KeyTypeHash), key("number", types.KeyTypeRange)},
			AttributeDefinitions: []types.AttributeDefinition{attribute("customer", "S"), attribute("number", "N")},
			StreamSpecification:  &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
		},
		{
			TableName: aws.String("sample-stream-lasts"), BillingMode: types.BillingModePayPerRequest,
			KeySchema:            []types.KeySchemaElement{key("customer", types.KeyTypeHash)},
			AttributeDefinitions: []types.AttributeDefinition{attribute("customer", "S")},
		},
	} {
		if _, err := sdk.CreateTable(ctx, in); err != nil {
			return err
		}
	}
	return nil
}

func drop(ctx context.Context, sdk *dynamodb.Client) error {
	for _, name := range []string{"sample-stream-orders", "sample-stream-lasts"} {
		_, err := sdk.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
		var missing *types.ResourceNotFoundException
		if err != nil && !errors.As(err, &missing) {
			return err
		}
	}
	return nil
}
