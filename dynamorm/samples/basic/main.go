// A model, and the first things one does with it, on the DynamoDB at DYNAMODB_ENDPOINT.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/dynamorm/dynamorm/dynamorm"
)

// Order is one order of a customer.
type Order struct {
	CustomerID string          `dynamorm:"customer_id,pk"`
	OrderID    string          `dynamorm:"order_id,sk"`
	Status     string          `dynamorm:"status,enum=open|paid"`
	Total      dynamorm.Number `dynamorm:"total,format=decimal"`
	CreatedAt  time.Time       `dynamorm:"created_at,created_at"`
	UpdatedAt  time.Time       `dynamorm:"updated_at,updated_at"`
	Version    int64           `dynamorm:"version,version"`
}

var model = dynamorm.MustDeclare[Order](dynamorm.Spec{Table: "orders"})

// use creates an order, reads it, pays it, is refused, deletes it.
func use(ctx context.Context, orders *dynamorm.Table[Order]) error {
	created := &Order{CustomerID: "c-1", OrderID: "o-1", Status: "open", Total: "19.90"}
	if err := orders.Create(ctx, created); err != nil {
		return err
	}
	fmt.Println("created", created.OrderID, "version", created.Version)

	key := dynamorm.Values{"customer_id": "c-1", "order_id": "o-1"}
	order, err := orders.Get(ctx, key, dynamorm.WithConsistent())
	if err != nil {
		return err
	}
	fmt.Println("read", order.Total, *order == *created)

	paid, err := orders.Update(ctx, key, dynamorm.Set("status", "paid"),
		dynamorm.WithCondition(dynamorm.Field("total").Gt(0)), dynamorm.WithExpectedVersion(order.Version))
	if err != nil {
		return err
	}
	fmt.Println("updated", paid.Status, "version", paid.Version)

	order.Total = "21.00"
	var conflict *dynamorm.Error
	if err := orders.Save(ctx, order); errors.Is(err, dynamorm.ErrVersionConflict) && errors.As(err, &conflict) {
		var stored Order
		if err := conflict.DecodeItem(&stored); err != nil {
			return err
		}
		fmt.Println("refused", conflict.Kind, "stored", stored.Version, "ours", order.Version)
	}

	if err := orders.Delete(ctx, key, dynamorm.WithMustExist()); err != nil {
		return err
	}
	gone, err := orders.Find(ctx, key)
	fmt.Println("deleted", gone == nil)
	return err
}

// run makes the table, uses it, and takes it away again.
func run(ctx context.Context, client *dynamodb.Client) (err error) {
	table := aws.String("orders")
	_, err = client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   table,
		BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{
			{AttributeName: aws.String("customer_id"), KeyType: types.KeyTypeHash},
			{AttributeName: aws.String("order_id"), KeyType: types.KeyTypeRange},
		},
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("customer_id"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("order_id"), AttributeType: types.ScalarAttributeTypeS},
		},
	})
	if err != nil {
		return err
	}
	defer func() {
		_, deleted := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: table})
		err = errors.Join(err, deleted)
	}()
	waiter := dynamodb.NewTableExistsWaiter(client)
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: table}, time.Minute); err != nil {
		return err
	}
	return use(ctx, dynamorm.TableOf(dynamorm.New(client), model))
}

func main() {
	client := dynamodb.New(dynamodb.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(os.Getenv("DYNAMODB_ENDPOINT")),
		Credentials:  credentials.NewStaticCredentialsProvider("SAMPLEBASIC", "secret", ""),
	})
	if err := run(context.Background(), client); err != nil {
		log.Fatal(err)
	}
}
