package dynamormtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/dynamorm/dynamorm/dynamorm"
)

// Note is what the tests write.
type Note struct {
	ID string `dynamorm:"id,pk"`
}

var notes = dynamorm.MustDefine[Note](dynamorm.Declaration{Table: "notes"})

// needed gives the endpoint that the tests of this machine have.
var needed = os.Getenv("DYNAMODB_ENDPOINT")

// begin takes everything from the environment, as in a process that has asked nobody yet.
func begin(t *testing.T) string {
	t.Helper()
	for _, name := range variables {
		t.Setenv(name, "")
	}
	forget := func() { clear(known.endpoints) }
	forget()
	t.Cleanup(forget)
	return t.TempDir()
}

// integration skips, or demands a DynamoDB.
func integration(t *testing.T) {
	t.Helper()
	if os.Getenv("SKIP_INTEGRATION") == "1" {
		t.Skip("SKIP_INTEGRATION=1")
	}
	if needed == "" {
		t.Fatal("DYNAMODB_ENDPOINT is not set: start a DynamoDB (`make engine`), or set SKIP_INTEGRATION=1")
	}
}

// command puts a command before all others on the path.
func command(t *testing.T, folder, lines string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, "dynamorm"), []byte("#!/bin/sh\n"+lines+"\n"), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// failing takes down what a test says as it ends, and ends nothing but its goroutine.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Helper() {}

func (f *failing) Fatal(words ...any) {
	f.said = fmt.Sprint(words...)
	panic(f)
}

// refusal gives what LocalDynamoDB says where it fails.
func refusal(t *testing.T) (said string) {
	t.Helper()
	f := &failing{TB: t}
	defer func() {
		if recover() != f {
			t.Error("there is a DynamoDB")
		}
		said = f.said
	}()
	LocalDynamoDB(f)
	return ""
}

func makeTable(t *testing.T, sdk *dynamodb.Client) {
	t.Helper()
	_, err := sdk.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("notes"), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWithoutTheCommandItSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", begin(t))
	said := refusal(t)
	if !regexp.MustCompile("^there is no DynamoDB for this test: .*not found in \\$PATH\nset DYNAMODB_ENDPOINT or .*`pip install dynamorm-py`").MatchString(said) {
		t.Error(said)
	}
}

func TestItSaysWhatTheCommandSaid(t *testing.T) {
	command(t, begin(t), `echo "dynamorm: DynamoDB Local needs Java" >&2; exit 3`)
	if said := refusal(t); !strings.HasPrefix(said, "there is no DynamoDB for this test: dynamorm: DynamoDB Local needs Java\nset ") {
		t.Error(said)
	}
}

func TestACommandThatTellsNoEndpointIsNamed(t *testing.T) {
	command(t, begin(t), "echo hello")
	if said := refusal(t); said != "`dynamorm local start --json` told no endpoint: \"hello\\n\"" {
		t.Error(said)
	}
}

func TestAnEndpointThatDoesNotAnswerIsNamed(t *testing.T) {
	begin(t)
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
	if said := refusal(t); !strings.HasPrefix(said, "the DynamoDB at http://127.0.0.1:9 cannot be used: ") {
		t.Error(said)
	}
}

func TestADynamoDBWithOneDatabaseForAllIsRefused(t *testing.T) {
	begin(t)
	var named []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct{ TableName string }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		if body.TableName != "" {
			named = append(named, body.TableName)
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"TableNames": named}); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	t.Setenv("DYNAMODB_ENDPOINT", server.URL)
	if said := refusal(t); !strings.HasSuffix(said, "it has one database for every access key: start it without -sharedDb") {
		t.Error(said)
	}
	if len(named) != 2 || named[0] != named[1] { // made, and taken away
		t.Error(named)
	}
}

func TestADynamoDBIsThatOfTheEnvironment(t *testing.T) {
	integration(t)
	for _, name := range variables {
		t.Run(name, func(t *testing.T) {
			command(t, begin(t), "exit 9")
			t.Setenv(name, needed)
			if local := LocalDynamoDB(t); local.Endpoint != needed {
				t.Error(local.Endpoint)
			}
		})
	}
}

func TestADynamoDBIsSeenByOneTestAloneAndItsTablesGoWithIt(t *testing.T) {
	integration(t)
	begin(t)
	t.Setenv("DYNAMODB_ENDPOINT", needed)
	var kept *DynamoDB
	t.Run("one", func(t *testing.T) {
		one, other := LocalDynamoDB(t), LocalDynamoDB(t, dynamorm.WithTablePrefix("my-"))
		kept = one
		makeTable(t, one.SDK)
		table := dynamorm.NewTable(one.Client, notes)
		if err := table.Create(t.Context(), &Note{ID: "1"}); err != nil {
			t.Fatal(err)
		}
		if seen, err := tables(t.Context(), other.SDK); err != nil || len(seen) != 0 {
			t.Error(seen, err)
		}
		if seen, err := tables(t.Context(), one.SDK); err != nil || !slices.Equal(seen, []string{"notes"}) {
			t.Error(seen, err)
		}
	})
	if seen, err := tables(t.Context(), kept.SDK); err != nil || len(seen) != 0 {
		t.Error(seen, err)
	}
}

func TestADynamoDBIsStartedByTheCommandAndFoundAgain(t *testing.T) {
	integration(t)
	folder := begin(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Join(root, ".venv/bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("XDG_STATE_HOME", folder)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(root, "build/cache"))
	t.Cleanup(func() {
		if out, err := exec.Command("dynamorm", "local", "stop").CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("twice", func(t *testing.T) {
		one := LocalDynamoDB(t)
		makeTable(t, one.SDK)
		clear(known.endpoints)
		if other := LocalDynamoDB(t); other.Endpoint != one.Endpoint || !strings.HasPrefix(one.Endpoint, "http://127.0.0.1:") {
			t.Error(one.Endpoint, other.Endpoint)
		}
	})
}

func TestTheCommandIsAskedOnce(t *testing.T) {
	integration(t)
	folder := begin(t)
	command(t, folder, fmt.Sprintf(`echo x >> '%s/asked'; echo '{"endpoint": "%s"}'`, folder, needed))
	one, other := LocalDynamoDB(t), LocalDynamoDB(t)
	asked, err := os.ReadFile(filepath.Join(folder, "asked"))
	if one.Endpoint != needed || other.Endpoint != needed || err != nil || string(asked) != "x\n" {
		t.Error(one.Endpoint, other.Endpoint, string(asked), err)
	}
}
