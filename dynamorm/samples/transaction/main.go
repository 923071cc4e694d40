// Command transaction moves stock to an order in one transaction, and fills and empties its table by batches and streams. It talks to the
// DynamoDB at DYNAMODB_ENDPOINT, a local one:
//
//	DYNAMODB_ENDPOINT=http://127.0.0.1:8000 go run ./dynamorm/samples/transaction
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/dynamorm/dynamorm/dynamorm"
)

// Stock is how much there is of a thing.
type Stock struct {
	SKU     string `dynamorm:"sku,required"`
	Left    int64  `dynamorm:"left,required"`
	Version int64  `dynamorm:"version,version"`
}

// Order is an order of one thing.
type Order struct {
	Number int64  `dynamorm:"number,required"`
	SKU    string `dynamorm:"sku,required"`
	Count  int64  `dynamorm:"count,required"`
}

// Both models live in one table, and are checked when the program starts.
var (
	Stocks = dynamorm.MustDefine[Stock](dynamorm.Declaration{
		Table: "sample-warehouse", Partition: &dynamorm.Template{Attribute: "pk", Text: "STOCK#{sku}"},
		Discriminator: &dynamorm.Discriminator{Attribute: "_type", Value: "Stock"},
	})
	Orders = dynamorm.MustDefine[Order](dynamorm.Declaration{
		Table: "sample-warehouse", Partition: &dynamorm.Template{Attribute: "pk", Text: "ORDER#{number:06d}"},
		Discriminator: &dynamorm.Discriminator{Attribute: "_type", Value: "Order"},
	})
)

func main() {
	endpoint := os.Getenv("DYNAMODB_ENDPOINT")
	if endpoint == "" {
		log.Fatal("say where DynamoDB is: DYNAMODB_ENDPOINT=http://127.0.0.1:8000")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	sdk := dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: aws.CredentialsProviderFunc(local)})
	if err := makeTable(ctx, sdk); err != nil {
		log.Fatal(err)
	}
	client := dynamorm.NewClient(sdk)
	if err := run(ctx, client, dynamorm.NewTable(client, Stocks), dynamorm.NewTable(client, Orders)); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, client *dynamorm.Client, stocks *dynamorm.Table[Stock], orders *dynamorm.Table[Order]) error {
	written, err := stocks.BatchPut(ctx, []*Stock{{SKU: "cup", Left: 3}, {SKU: "pot", Left: 1}})
	if err != nil {
		return err
	}
	fmt.Println("in stock:", written)

	if err := buy(ctx, client, stocks, orders, &Order{Number: 1, SKU: "cup", Count: 2}); err != nil {
		return err
	}
	if err := buy(ctx, client, stocks, orders, &Order{Number: 2, SKU: "cup", Count: 2}); err != nil {
		return err
	}
	if err := show(ctx, client, stocks, orders); err != nil {
		return err
	}

	// A stream of any length: here everything that the scan finds.
	removed, err := orders.BulkDelete(ctx, dynamorm.KeyStream(orders.Scan().All(ctx)), dynamorm.WithUnchecked())
	if err != nil {
		return err
	}
	gone, err := stocks.BulkDelete(ctx, dynamorm.KeyStream(stocks.Scan().All(ctx)), dynamorm.WithUnchecked())
	fmt.Println("deleted:", removed.Deleted+gone.Deleted)
	return err
}

// buy takes an order's things out of the stock, where there are enough: both happen, or nothing does.
func buy(ctx context.Context, client *dynamorm.Client, stocks *dynamorm.Table[Stock], orders *dynamorm.Table[Order], order *Order) error {
	left := dynamorm.Field("left")
	err := client.TransactWrite(ctx, []dynamorm.Action{
		orders.Actions().Create(order),
		stocks.Actions().Update(Stock{SKU: order.SKU}, dynamorm.NewUpdate().Subtract(left, order.Count), dynamorm.WithCondition(left.Ge(order.Count))),
	})
	var failed *dynamorm.Error
	if errors.As(err, &failed) && failed.Code == "TransactionCanceled" {
		for i, reason := range failed.Reasons() { // one for each action, nil where it did not fail
			if reason != nil {
				fmt.Println("order", order.Number, "failed by action", i+1, "with", reason.Code)
			}
		}
		return nil
	}
	return err
}

// show reads items of both models in one request.
func show(ctx context.Context, client *dynamorm.Client, stocks *dynamorm.Table[Stock], orders *dynamorm.Table[Order]) error {
	found, err := client.BatchGet(ctx, []dynamorm.GetAction{
		stocks.Actions().Get(Stock{SKU: "cup"}), orders.Actions().Get(Order{Number: 1}), orders.Actions().Get(Order{Number: 2}),
	})
	for _, item := range found.Items {
		switch v := item.Value.(type) {
		case *Stock:
			fmt.Println("left:", v.Left, v.SKU)
		case *Order:
			fmt.Println("ordered:", v.Count, v.SKU)
		}
	}
	fmt.Println("missing:", len(found.Missing))
	return err
}

// local gives the credentials that a local DynamoDB takes; yours come from the SDK's configuration.
func local(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
}

func makeTable(ctx context.Context, sdk *dynamodb.Client) error {
	_, err := sdk.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String("sample-warehouse"), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: "S"}},
	})
	var exists *types.ResourceInUseException
	if errors.As(err, &exists) {
		return nil
	}
	return err
}
