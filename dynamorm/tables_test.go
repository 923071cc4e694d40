package dynamorm_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

type Visit struct {
	Site   string    `dynamorm:"site,pk"`
	At     int64     `dynamorm:"at,sk"`
	Who    string    `dynamorm:"who"`
	WipeAt time.Time `dynamorm:"wipe_at,unix_seconds,ttl"`
}

var (
	visits = dynamorm.MustDefine[Visit](dynamorm.Declaration{Table: "visits", Indexes: []schema.Index{
		{Name: "by-who", Partition: &schema.Key{Attribute: "who", Type: schema.S}, Projection: "INCLUDE", Fields: []string{"site", "wipe_at"}},
	}})
	ofVisits = []dynamorm.AnyModel{visits}
)

// described is an answer to DescribeTable: the table in a state, with what follows its keys.
func described(status, more string) transport.Answer {
	return ok(`{"Table":{"TableName":"visits","TableStatus":"` + status + `","KeySchema":[{"AttributeName":"site","KeyType":"HASH"},{"AttributeName":"at","KeyType":"RANGE"}],` +
		`"AttributeDefinitions":[{"AttributeName":"site","AttributeType":"S"},{"AttributeName":"at","AttributeType":"N"},{"AttributeName":"who","AttributeType":"S"}]` + more + `}}`)
}

const byWho = `,"GlobalSecondaryIndexes":[{"IndexName":"by-who","IndexStatus":"ACTIVE","KeySchema":[{"AttributeName":"who","KeyType":"HASH"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["at","wipe_at"]}}]`

var (
	noTable = transport.Answer{Status: 400, Body: `{"__type":"x#ResourceNotFoundException"}`}
	inUse   = transport.Answer{Status: 400, Body: `{"__type":"x#ResourceInUseException"}`}
	ttlOn   = ok(`{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"wipe_at"}}`)
)

// apis names what was sent, in its order.
func apis(s *transport.Script) (out []string) {
	for _, r := range s.Requests() {
		out = append(out, r.API)
	}
	return out
}

func TestACreatedTableIsWaitedForAndGivenItsTTL(t *testing.T) {
	c, s, sleeps := group(ok(`{}`), noTable, described("CREATING", ""), described("ACTIVE", byWho), ok(`{}`))
	d, err := c.CreateTable(ctx, ofVisits)
	if err != nil || d.Name != "visits" || d.TTL != "wipe_at" || d.Indexes[0].Name != "by-who" {
		t.Fatalf("got %+v, %v", d, err)
	}
	equal(t, "requests", apis(s), []string{"CreateTable", "DescribeTable", "DescribeTable", "DescribeTable", "UpdateTimeToLive"})
	equal(t, "waits", sleeps.All(), []time.Duration{time.Second, 2 * time.Second})
	for _, r := range s.Requests() {
		if r.Write != (r.API != "DescribeTable") {
			t.Errorf("%s: a write is %v", r.API, r.Write)
		}
	}
}

func TestAWaitBeyondTheTimeoutIsNotBegun(t *testing.T) {
	c, s, sleeps := group(ok(`{}`), described("CREATING", ""), described("CREATING", ""))
	_, err := c.CreateTable(ctx, ofVisits, dynamorm.WithTimeout(2999*time.Millisecond))
	var e *dynamorm.Error
	if !errors.As(err, &e) || e.Code != "Canceled" || e.Origin != "service" || e.Retryable || e.MaybeApplied {
		t.Errorf("got %+v", e)
	}
	equal(t, "waits", sleeps.All(), []time.Duration{time.Second})
	equal(t, "requests", len(s.Requests()), 3)
}

func TestAnEndedContextCutsTheWaitingShort(t *testing.T) {
	inner, cancel := context.WithCancel(ctx)
	s := transport.NewScript(ok(`{}`), described("CREATING", ""))
	c := dynamorm.NewClientOver(s, dynamorm.WithSleeper(func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}))
	if _, err := c.CreateTable(inner, ofVisits); !errors.Is(err, dynamorm.ErrCanceled) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	equal(t, "requests", len(s.Requests()), 2)
}

func TestATableThatSomebodyElseCreatesIsTaken(t *testing.T) {
	c, s, _ := group(noTable, inUse, noTable, described("ACTIVE", byWho), ttlOn)
	out, err := c.EnsureTable(ctx, ofVisits)
	if err != nil || out.Created || out.TTLEnabled || out.Description.TTL != "wipe_at" {
		t.Fatalf("got %+v, %v", out, err)
	}
	equal(t, "requests", apis(s), []string{"DescribeTable", "CreateTable", "DescribeTable", "DescribeTable", "DescribeTimeToLive"})
}

func TestATableThatDoesNotFitIsLeftAndTellsWhy(t *testing.T) {
	c, s, _ := group(described("ACTIVE", ""), ttlOn)
	_, err := c.EnsureTable(ctx, ofVisits, dynamorm.WithStream("NEW_IMAGE"), dynamorm.WithAddIndexes())
	var e *dynamorm.Error
	if !errors.Is(err, dynamorm.ErrTableMismatch) || !errors.As(err, &e) || e.Model != "Visit" {
		t.Fatalf("got %v", err)
	}
	want := []dynamorm.TableDifference{
		{What: "stream", Kind: "missing", Expected: "NEW_IMAGE"},
		{What: "index", Index: "by-who", Kind: "missing", Expected: dynamorm.IndexShape{
			Type: "GSI", Keys: []dynamorm.TableKey{{Attribute: "who", Type: "S", Kind: "HASH"}}, Projection: dynamorm.Projection{Type: "INCLUDE", Fields: []string{"wipe_at"}},
		}},
	}
	equal(t, "differences", e.Differences(), want)
	equal(t, "requests", apis(s), []string{"DescribeTable", "DescribeTimeToLive"})
}

func TestAMissingIndexIsAddedWhereThatIsAsked(t *testing.T) {
	c, s, sleeps := group(described("ACTIVE", ""), ttlOn, ok(`{}`), described("ACTIVE", ""), described("ACTIVE", byWho))
	out, err := c.EnsureTable(ctx, ofVisits, dynamorm.WithAddIndexes())
	if err != nil || !slices.Equal(out.Added, []string{"by-who"}) || out.Description.TTL != "wipe_at" {
		t.Fatalf("got %+v, %v", out, err)
	}
	equal(t, "waits", sleeps.All(), []time.Duration{time.Second})
	same(t, string(s.Requests()[2].Body), `{"AttributeDefinitions":[{"AttributeName":"who","AttributeType":"S"}],"GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"by-who",`+
		`"KeySchema":[{"AttributeName":"who","KeyType":"HASH"}],"Projection":{"NonKeyAttributes":["wipe_at"],"ProjectionType":"INCLUDE"}}}],"TableName":"visits"}`)
}

func TestDriftTellsWhatDiffersAndChangesNothing(t *testing.T) {
	c, s, _ := group(described("UPDATING", byWho), ttlOn)
	got, err := c.TableDrift(ctx, ofVisits, dynamorm.WithThroughput(1, 1), dynamorm.WithDeletionProtection(true), dynamorm.WithSSEKey("arn"))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "differences", got, []dynamorm.TableDifference{
		{What: "deletion_protection", Kind: "different", Expected: true, Found: false},
		{What: "sse", Kind: "missing", Expected: dynamorm.TableSSE{Key: "arn"}},
	})
	equal(t, "requests", apis(s), []string{"DescribeTable", "DescribeTimeToLive"})
}

func TestADescriptionKeepsWhatNobodyKnows(t *testing.T) {
	c, _, _ := group(described("NAPPING", `,"Novelty":{"a":[1e400,null]}`), ttlOn)
	d, err := c.DescribeTable(ctx, ofVisits)
	if err != nil || d.Status != "NAPPING" || !strings.Contains(string(d.Raw), `"Novelty":{"a":[1e400,null]}`) {
		t.Errorf("got %+v, %v", d, err)
	}
}

func TestADeletedTableIsWaitedForUntilItIsGone(t *testing.T) {
	c, _, sleeps := group(ok(`{}`), described("DELETING", ""), noTable)
	if deleted, err := c.DeleteTable(ctx, visits); err != nil || !deleted || len(sleeps.All()) != 1 {
		t.Errorf("got %v, %v", deleted, err)
	}
	c, _, _ = group(noTable, noTable)
	if deleted, err := c.DeleteTable(ctx, visits); err != nil || deleted {
		t.Errorf("got %v, %v", deleted, err)
	}
	if _, err := c.DeleteTable(ctx, visits, dynamorm.WithMustExist()); !errors.Is(err, dynamorm.ErrTableNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestTablesAreListedAsTheyAreAskedFor(t *testing.T) {
	c, s, _ := group(ok(`{"TableNames":["a","b"],"LastEvaluatedTableName":"b"}`), ok(`{"TableNames":["c"]}`))
	names := []string{}
	for name, err := range c.ListTables(ctx) {
		if names = append(names, name); err != nil || name == "b" {
			break
		}
	}
	equal(t, "names", names, []string{"a", "b"})
	equal(t, "requests", len(s.Requests()), 1)
	c, _, _ = group(ok(`{"TableNames":"a"}`))
	for _, err := range c.ListTables(ctx) {
		if !errors.Is(err, dynamorm.ErrDecodeFailed) {
			t.Errorf("got %v", err)
		}
	}
}

func TestSettingsAreCheckedBeforeAnythingIsSent(t *testing.T) {
	other := dynamorm.MustDefine[Visit](dynamorm.Declaration{Name: "Other", Table: "visits", Indexes: []schema.Index{
		{Name: "by-who", Partition: &schema.Key{Attribute: "who", Type: schema.S}},
	}})
	for name, row := range map[string]struct {
		models  []dynamorm.AnyModel
		options []dynamorm.Option
	}{
		"no model":           {nil, nil},
		"an index otherwise": {[]dynamorm.AnyModel{visits, other}, nil},
		"another option":     {ofVisits, []dynamorm.Option{dynamorm.WithLimit(1)}},
		"text":               {ofVisits, []dynamorm.Option{dynamorm.WithTags(map[string]string{"a": "\xff"})}},
		"an unknown stream":  {ofVisits, []dynamorm.Option{dynamorm.WithStream("")}},
	} {
		c, s, _ := group()
		_, created := c.CreateTable(ctx, row.models, row.options...)
		_, ensured := c.EnsureTable(ctx, row.models, row.options...)
		_, exported := c.Terraform(row.models, row.options...)
		for _, err := range []error{created, ensured, exported} {
			if !errors.Is(err, dynamorm.ErrValidationFailed) || len(s.Requests()) > 0 {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
}

func TestTheFormsOfATableSayTheSame(t *testing.T) {
	c, s, _ := group(ok(`{}`), described("ACTIVE", byWho), ok(`{}`))
	options := []dynamorm.Option{dynamorm.WithTags(map[string]string{"b": "2", "a": "${x}"}), dynamorm.WithStream("KEYS_ONLY")}
	if _, err := c.CreateTable(ctx, ofVisits, options...); err != nil {
		t.Fatal(err)
	}
	request, err := c.TableRequest(ofVisits, options...)
	if err != nil || string(request) != string(s.Requests()[0].Body) {
		t.Errorf("got %s, %v", request, err)
	}
	resource, err := c.CloudFormation(ofVisits, options...)
	var tree struct {
		Type       string
		Properties map[string]any
	}
	if fail := json.Unmarshal(resource, &tree); err != nil || fail != nil || tree.Type != "AWS::DynamoDB::Table" ||
		!reflect.DeepEqual(tree.Properties["TimeToLiveSpecification"], map[string]any{"AttributeName": "wipe_at", "Enabled": true}) {
		t.Errorf("got %s, %v", resource, err)
	}
	block, err := c.Terraform(ofVisits, append(options, dynamorm.WithLabel("mine"))...)
	if err != nil || !strings.HasPrefix(block, "resource \"aws_dynamodb_table\" \"mine\" {\n  name             = \"visits\"\n") || !strings.Contains(block, "    \"a\" = \"$${x}\"\n") {
		t.Errorf("got %s, %v", block, err)
	}
}
