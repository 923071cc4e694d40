package transport_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

func about(api, body string, write bool) operation.Request {
	return operation.Request{API: api, Table: "notes", Body: []byte(body), Write: write}
}

// tabled has a request of each API about tables, with the parameters that say the same.
var tabled = map[string]struct {
	request operation.Request
	want    any
}{
	"CreateTable": {
		about("CreateTable", `{"TableName":"notes","BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],`+
			`"GlobalSecondaryIndexes":[{"IndexName":"by-n","KeySchema":[{"AttributeName":"n","KeyType":"HASH"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["a"]},"ProvisionedThroughput":{"ReadCapacityUnits":3,"WriteCapacityUnits":2}}],`+
			`"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"},"SSESpecification":{"Enabled":true},"Tags":[{"Key":"a","Value":"b"}],"DeletionProtectionEnabled":true}`, true),
		&dynamodb.CreateTableInput{
			TableName: aws.String("notes"), BillingMode: types.BillingModePayPerRequest, KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
			GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
				IndexName: aws.String("by-n"), KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("n"), KeyType: types.KeyTypeHash}},
				Projection:            &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"a"}},
				ProvisionedThroughput: &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(3), WriteCapacityUnits: aws.Int64(2)},
			}},
			StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewImage},
			SSESpecification:    &types.SSESpecification{Enabled: aws.Bool(true)}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}, DeletionProtectionEnabled: aws.Bool(true),
		},
	},
	"UpdateTable": {
		about("UpdateTable", `{"TableName":"notes","GlobalSecondaryIndexUpdates":[{"Create":{"IndexName":"by-n","KeySchema":[{"AttributeName":"n","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}}]}`, true),
		&dynamodb.UpdateTableInput{TableName: aws.String("notes"), GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: &types.CreateGlobalSecondaryIndexAction{
			IndexName: aws.String("by-n"), KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("n"), KeyType: types.KeyTypeHash}}, Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
		}}}},
	},
	"DeleteTable":   {about("DeleteTable", `{"TableName":"notes"}`, true), &dynamodb.DeleteTableInput{TableName: aws.String("notes")}},
	"DescribeTable": {about("DescribeTable", `{"TableName":"notes"}`, false), &dynamodb.DescribeTableInput{TableName: aws.String("notes")}},
	"ListTables": {
		operation.Request{API: "ListTables", Body: []byte(`{"ExclusiveStartTableName":"a"}`)},
		&dynamodb.ListTablesInput{ExclusiveStartTableName: aws.String("a")},
	},
	"DescribeTimeToLive": {about("DescribeTimeToLive", `{"TableName":"notes"}`, false), &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("notes")}},
	"UpdateTimeToLive": {
		about("UpdateTimeToLive", `{"TableName":"notes","TimeToLiveSpecification":{"AttributeName":"gone","Enabled":true}}`, true),
		&dynamodb.UpdateTimeToLiveInput{TableName: aws.String("notes"), TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("gone"), Enabled: aws.Bool(true)}},
	},
	"UpdateContinuousBackups": {
		about("UpdateContinuousBackups", `{"TableName":"notes","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":true}}`, true),
		&dynamodb.UpdateContinuousBackupsInput{TableName: aws.String("notes"), PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)}},
	},
}

func TestCallsAboutTablesAreSentAsTheyAreWithAndWithoutMiddleware(t *testing.T) {
	sentAsTheyAre(t, tabled, `{"Novelty":[1,{"a":null}]}`)
}

func TestALostAnswerAboutATableLeavesDoubtOfWrites(t *testing.T) {
	for name, row := range tabled {
		s := serve(t, cut)
		if e := send(t, client(s.URL, 1), row.request).Fault; e == nil || e.Code != errs.CodeNetworkError || e.MaybeApplied != row.request.Write {
			t.Errorf("%s: got %+v", name, e)
		}
	}
}

func TestADescriptionOfTheUsersMockIsReadAsAnAnswer(t *testing.T) {
	out := &dynamodb.DescribeTableOutput{Table: &types.TableDescription{
		TableName: aws.String("notes"), TableStatus: types.TableStatusActive, ItemCount: aws.Int64(3), CreationDateTime: aws.Time(time.UnixMilli(1767323045125)),
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}}, DeletionProtectionEnabled: aws.Bool(false),
	}}
	r := send(t, client("http://127.0.0.1:1", 1, mock(out, nil)), tabled["DescribeTable"].request)
	d, err := operation.ParseTable(r.Body)
	if r.Fault != nil || err != nil || d.Name != "notes" || d.Status != "ACTIVE" || *d.ItemCount != 3 || d.CreatedAt.UnixMilli() != 1767323045125 ||
		!reflect.DeepEqual(d.Keys, []operation.TableKey{{Attribute: "id", Kind: "HASH"}}) {
		t.Errorf("got %s, %+v, %v", r.Body, d, err)
	}
	if r := send(t, client("http://127.0.0.1:1", 1, mock(&dynamodb.ListTablesOutput{TableNames: []string{"a"}}, nil)), tabled["ListTables"].request); string(r.Body) != `{"TableNames":["a"]}` {
		t.Errorf("got %s", r.Body)
	}
}
