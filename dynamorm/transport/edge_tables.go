package transport

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// This file is the edge of the calls about tables.

// invokeTable is invoke for them.
func (s *SDK) invokeTable(ctx context.Context, r operation.Request) (any, error) {
	text, on := "-", true // satisfy the SDK's checks
	switch r.API {
	case "CreateTable":
		return s.client.CreateTable(ctx, filled(s, r, &dynamodb.CreateTableInput{TableName: &r.Table}))
	case "UpdateTable":
		return s.client.UpdateTable(ctx, filled(s, r, &dynamodb.UpdateTableInput{TableName: &r.Table}))
	case "DeleteTable":
		return s.client.DeleteTable(ctx, filled(s, r, &dynamodb.DeleteTableInput{TableName: &r.Table}))
	case "DescribeTable":
		return s.client.DescribeTable(ctx, filled(s, r, &dynamodb.DescribeTableInput{TableName: &r.Table}))
	case "ListTables":
		return s.client.ListTables(ctx, filled(s, r, &dynamodb.ListTablesInput{}))
	case "DescribeTimeToLive":
		return s.client.DescribeTimeToLive(ctx, filled(s, r, &dynamodb.DescribeTimeToLiveInput{TableName: &r.Table}))
	case "UpdateTimeToLive":
		return s.client.UpdateTimeToLive(ctx, filled(s, r, &dynamodb.UpdateTimeToLiveInput{
			TableName: &r.Table, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &text, Enabled: &on},
		}))
	case "UpdateContinuousBackups":
		return s.client.UpdateContinuousBackups(ctx, filled(s, r, &dynamodb.UpdateContinuousBackupsInput{
			TableName: &r.Table, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: &on},
		}))
	}
	return nil, errors.New("dynamorm: unknown API " + r.API)
}

// answerOfTable is answerOf for them: the fields of an output have the names of the answer's members.
func answerOfTable(out any) []byte {
	text, err := json.Marshal(plain(reflect.ValueOf(out)))
	if err != nil || text[0] != '{' {
		return []byte("{}")
	}
	return text
}

// plain gives what JSON is made of; what is not set is nil, and left out of an object.
func plain(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return plain(v.Elem())
	case reflect.Slice:
		return plainList(v)
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			return json.Number(strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', -1, 64))
		}
		return plainMembers(v)
	case reflect.String:
		return v.String()
	}
	if v.IsValid() && v.CanInterface() {
		return v.Interface()
	}
	return nil
}

func plainList(v reflect.Value) any {
	if v.IsNil() {
		return nil
	}
	list := make([]any, v.Len())
	for i := range list {
		list[i] = plain(v.Index(i))
	}
	return list
}

func plainMembers(v reflect.Value) any {
	out := map[string]any{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Name == "ResultMetadata" {
			continue
		}
		if member := plain(v.Field(i)); member != nil && member != "" {
			out[f.Name] = member
		}
	}
	return out
}
