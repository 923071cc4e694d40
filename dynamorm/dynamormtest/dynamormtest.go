// Package dynamormtest gives a test an empty DynamoDB: a real one, found or started, in which nobody else sees the test's tables.
//
//	local := dynamormtest.LocalDynamoDB(t)
//	notes := dynamorm.NewTable(local.Client, Notes)
package dynamormtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/dynamorm/dynamorm/dynamorm"
)

var variables = []string{"DYNAMODB_ENDPOINT", "AWS_ENDPOINT_URL_DYNAMODB"}

const advice = "set DYNAMODB_ENDPOINT or AWS_ENDPOINT_URL_DYNAMODB to a DynamoDB Local, or `pip install dynamorm-py` for `dynamorm local`"

// DynamoDB is one of a test's own.
type DynamoDB struct {
	Endpoint string
	// SDK is an SDK client of it.
	SDK *dynamodb.Client
	// Client is a client of this library, on that.
	Client *dynamorm.Client
}

// LocalDynamoDB gives a test an empty DynamoDB: that of DYNAMODB_ENDPOINT or AWS_ENDPOINT_URL_DYNAMODB, else the one of `dynamorm local`,
// which is started where it does not run yet, and stays.
//
// Each call has an access key of its own, which DynamoDB Local gives tables of its own; they are deleted as the test ends. The first start
// takes a while. Where there is no DynamoDB, or one whose access keys share their tables, the test fails.
func LocalDynamoDB(t testing.TB, options ...dynamorm.ClientOption) *DynamoDB {
	t.Helper()
	endpoint, err := find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sdk := connect(endpoint)
	t.Cleanup(func() {
		// The test's own context is done by now.
		if err := dropTables(context.Background(), sdk); err != nil {
			t.Error(err)
		}
	})
	return &DynamoDB{Endpoint: endpoint, SDK: sdk, Client: dynamorm.NewClient(sdk, options...)}
}

// known holds what each name of an endpoint turned out to be; a command is asked once.
var known = struct {
	sync.Mutex
	endpoints map[string]string
}{endpoints: map[string]string{}}

func find(ctx context.Context) (string, error) {
	known.Lock()
	defer known.Unlock()
	named := ""
	for _, name := range variables {
		if named == "" {
			named = os.Getenv(name)
		}
	}
	if endpoint, ok := known.endpoints[named]; ok {
		return endpoint, nil
	}
	endpoint, err := named, error(nil)
	if named == "" {
		endpoint, err = started(ctx)
	} else {
		err = apart(ctx, named)
	}
	if err == nil {
		known.endpoints[named] = endpoint
	}
	return endpoint, err
}

// started lets the command find the engine, or start one.
func started(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "dynamorm", "local", "start", "--json").Output()
	if err != nil {
		why := err.Error()
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && len(exit.Stderr) > 0 {
			why = strings.TrimSpace(string(exit.Stderr))
		}
		return "", fmt.Errorf("there is no DynamoDB for this test: %s\n%s", why, advice)
	}
	var told struct{ Endpoint string }
	if err := json.Unmarshal(out, &told); err != nil || told.Endpoint == "" {
		return "", fmt.Errorf("`dynamorm local start --json` told no endpoint: %q", out)
	}
	return told.Endpoint, nil
}

// apart refuses a DynamoDB whose access keys see one another's tables: tests would meet, and delete what is not theirs.
func apart(ctx context.Context, endpoint string) error {
	one, other, name := connect(endpoint), connect(endpoint), "probe-"+random()
	_, err := one.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:            &name,
		BillingMode:          types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
	})
	if err == nil {
		var seen []string
		seen, err = tables(ctx, other)
		_, gone := one.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
		err = errors.Join(err, gone)
		if slices.Contains(seen, name) {
			err = errors.New("it has one database for every access key: start it without -sharedDb")
		}
	}
	if err != nil {
		return fmt.Errorf("the DynamoDB at %s cannot be used: %w", endpoint, err)
	}
	return nil
}

// connect makes a client with an access key that nobody else has.
func connect(endpoint string) *dynamodb.Client {
	key := "test" + random()
	give := func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: key, SecretAccessKey: key}, nil
	}
	return dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: aws.CredentialsProviderFunc(give)})
}

func random() string {
	bytes := make([]byte, 8)
	_, _ = rand.Read(bytes) // it never fails
	return hex.EncodeToString(bytes)
}

func tables(ctx context.Context, sdk *dynamodb.Client) ([]string, error) {
	var names []string
	pages := dynamodb.NewListTablesPaginator(sdk, &dynamodb.ListTablesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		names = append(names, page.TableNames...)
	}
	return names, nil
}

func dropTables(ctx context.Context, sdk *dynamodb.Client) error {
	names, err := tables(ctx, sdk)
	for _, name := range names {
		_, gone := sdk.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &name})
		err = errors.Join(err, gone)
	}
	return err
}
