// Command basic writes, reads, changes and deletes one order. It talks to the DynamoDB at DYNAMODB_ENDPOINT, a local one:
//
//	DYNAMODB_ENDPOINT=http://127.0.0.1:8000 go run ./dynamorm/samples/basic
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

// Order is an order of a customer.
type Order struct {
	CustomerID string          `dynamorm:"customer_id,pk"`
	OrderID    string          `dynamorm:"order_id,sk"`
	Status     string          `dynamorm:"status,required,enum:open|paid|shipped"`
	Total      dynamorm.Number `dynamorm:"total,decimal"`
	Labels     []string        `dynamorm:"labels,set"`
	CreatedAt  time.Time       `dynamorm:"created_at,created_at"`
	UpdatedAt  time.Time       `dynamorm:"updated_at,updated_at"`
	Version    int64           `dynamorm:"version,version"`
}

// Orders is checked when the program starts.
var Orders = dynamorm.MustDefine[Order](dynamorm.Declaration{Table: "sample-orders", Naming: "snake_case"})

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
	if err := run(ctx, dynamorm.NewTable(dynamorm.NewClient(sdk), Orders)); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, orders *dynamorm.Table[Order]) error {
	order := &Order{CustomerID: "ada", OrderID: time.Now().UTC().Format(time.RFC3339Nano), Status: "open", Total: "12.50", Labels: []string{"gift"}}
	if err := orders.Create(ctx, order); err != nil {
		return err
	}
	fmt.Println("created version", order.Version)

	err := orders.Create(ctx, order)
	fmt.Println("created twice:", errors.Is(err, dynamorm.ErrAlreadyExists))

	paid := dynamorm.NewUpdate().Set(dynamorm.Field("status"), "paid").Add(dynamorm.Field("total"), dynamorm.Number("0.50")).AddToSet(dynamorm.Field("labels"), []string{"express"})
	after, err := orders.Update(ctx, order, paid, dynamorm.WithCondition(dynamorm.Field("status").Eq("open")))
	if err != nil {
		return err
	}
	fmt.Println("updated:", after.Status, after.Total, after.Labels, "version", after.Version)

	order.Status = "shipped"
	err = orders.Save(ctx, order) // order still has version 1
	fmt.Println("saved an old version:", errors.Is(err, dynamorm.ErrVersionConflict))

	found, err := orders.Get(ctx, dynamorm.Key{"ada", order.OrderID}, dynamorm.WithConsistentRead())
	if err != nil {
		return err
	}
	fmt.Println("read:", found.Status, found.Total)

	if err := orders.Delete(ctx, order, dynamorm.WithMustExist()); err != nil {
		return err
	}
	_, there, err := orders.Find(ctx, order)
	fmt.Println("there after delete:", there)
	return err
}

// local gives the credentials that a local DynamoDB takes; yours come from the SDK's configuration.
func local(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
}

func makeTable(ctx context.Context, sdk *dynamodb.Client) error {
	_, err := sdk.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String("sample-orders"), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("customer_id"), KeyType: types.KeyTypeHash}, {AttributeName: aws.String("order_id"), KeyType: types.KeyTypeRange}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("customer_id"), AttributeType: "S"}, {AttributeName: aws.String("order_id"), AttributeType: "S"}},
	})
	var exists *types.ResourceInUseException
	if errors.As(err, &exists) {
		return nil
	}
	return err
}
