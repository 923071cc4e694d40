// Command pages reads the messages of a room: by key, in pages, in part, counted, and all of them at once. It talks to the DynamoDB at
// DYNAMODB_ENDPOINT, a local one:
//
//	DYNAMODB_ENDPOINT=http://127.0.0.1:8000 go run ./dynamorm/samples/pages
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

// Message is a message in a room.
type Message struct {
	Room   string `dynamorm:"room,pk"`
	Number int64  `dynamorm:"number,sk"`
	Author string `dynamorm:"author,required"`
	Text   string `dynamorm:"text"`
}

// Headline is what a list shows of a message.
type Headline struct {
	Number int64  `dynamorm:"number"`
	Author string `dynamorm:"author"`
}

// Messages is checked when the program starts.
var Messages = dynamorm.MustDefine[Message](dynamorm.Declaration{Table: "sample-messages", Naming: "snake_case"})

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
	// Signed cursors: whoever gets one can neither change it nor use it for another list.
	client := dynamorm.NewClient(sdk, dynamorm.WithCursorSecrets([]byte("from where you keep secrets")))
	if err := run(ctx, dynamorm.NewTable(client, Messages)); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, messages *dynamorm.Table[Message]) error {
	authors := []string{"ada", "bob", "eve"}
	for number := range int64(7) {
		for _, room := range []string{"garden", "kitchen"} {
			m := &Message{Room: room, Number: number + 1, Author: authors[number%3], Text: "hello"}
			if err := messages.Put(ctx, m); err != nil {
				return err
			}
		}
	}
	if err := read(ctx, messages); err != nil {
		return err
	}
	cursor := ""
	for {
		page, err := list(ctx, messages, cursor)
		if err != nil {
			return err
		}
		fmt.Println("page:", page.Items)
		if cursor = page.Cursor; cursor == "" {
			return nil
		}
	}
}

func read(ctx context.Context, messages *dynamorm.Table[Message]) error {
	for m, err := range messages.Query("garden", dynamorm.WithSort(dynamorm.SortBetween(2, 4))).All(ctx) {
		if err != nil {
			return err
		}
		fmt.Println("message", m.Number, "by", m.Author)
	}

	byAda := dynamorm.WithFilter(dynamorm.Field("author").Eq("ada"))
	n, err := messages.Query("garden", byAda).Count(ctx)
	if err != nil {
		return err
	}
	fmt.Println("by ada:", n)

	rooms := map[string]int{}
	for m, err := range messages.Scan().Parallel(4, 2).All(ctx) { // 4 segments, 2 of them at a time
		if err != nil {
			return err
		}
		rooms[m.Room]++
	}
	fmt.Println("scanned:", rooms)
	return nil
}

// list gives the newest messages, three for each request of your own API; the cursor of one answer comes back with the next request.
func list(ctx context.Context, messages *dynamorm.Table[Message], cursor string) (dynamorm.Page[Headline], error) {
	options := []dynamorm.Option{dynamorm.WithDescending(), dynamorm.WithLimit(3)}
	if cursor != "" {
		options = append(options, dynamorm.WithCursor(cursor))
	}
	return dynamorm.Projected[Headline](messages.Query("garden", options...)).Collect(ctx)
}

// local gives the credentials that a local DynamoDB takes; yours come from the SDK's configuration.
func local(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
}

func makeTable(ctx context.Context, sdk *dynamodb.Client) error {
	_, err := sdk.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String("sample-messages"), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("room"), KeyType: types.KeyTypeHash}, {AttributeName: aws.String("number"), KeyType: types.KeyTypeRange}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("room"), AttributeType: "S"}, {AttributeName: aws.String("number"), AttributeType: "N"}},
	})
	var exists *types.ResourceInUseException
	if errors.As(err, &exists) {
		return nil
	}
	return err
}
