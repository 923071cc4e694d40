package transport

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// This file is the edge where DynamoDB's JSON and the SDK's types meet: for middleware of the user's alone, which sees
// parameters before they are a body, and may answer with an output that never was one.

// invoke calls the client's method. Where nobody but the SDK looks at the parameters they just satisfy its checks: what is sent is the
// library's body.
func (s *SDK) invoke(ctx context.Context, r operation.Request) (any, error) {
	none := map[string]types.AttributeValue{}
	switch r.API {
	case "GetItem":
		return s.client.GetItem(ctx, filled(s, r, &dynamodb.GetItemInput{TableName: &r.Table, Key: none}))
	case "PutItem":
		return s.client.PutItem(ctx, filled(s, r, &dynamodb.PutItemInput{TableName: &r.Table, Item: none}))
	case "UpdateItem":
		return s.client.UpdateItem(ctx, filled(s, r, &dynamodb.UpdateItemInput{TableName: &r.Table, Key: none}))
	case "DeleteItem":
		return s.client.DeleteItem(ctx, filled(s, r, &dynamodb.DeleteItemInput{TableName: &r.Table, Key: none}))
	case "Query":
		return s.client.Query(ctx, filled(s, r, &dynamodb.QueryInput{TableName: &r.Table}))
	case "Scan":
		return s.client.Scan(ctx, filled(s, r, &dynamodb.ScanInput{TableName: &r.Table}))
	}
	return s.invokeGroup(ctx, r)
}

func filled[T any](s *SDK, r operation.Request, in *T) *T {
	if s.full {
		fill(reflect.ValueOf(in).Elem(), r.Body)
	}
	return in
}

// fill sets parameters by a body: the fields of an input have the names of the body's members.
func fill(in reflect.Value, body []byte) {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return
	}
	for name, text := range members {
		if field := in.FieldByName(name); field.IsValid() {
			fillValue(field, text)
		}
	}
}

var attributeMapType = reflect.TypeFor[map[string]types.AttributeValue]()

// fillValue sets a parameter, or a part of one.
func fillValue(place reflect.Value, text json.RawMessage) {
	switch t := place.Type(); {
	case t == attributeMapType:
		place.Set(reflect.ValueOf(attributes(text)))
	case t.Kind() == reflect.Struct:
		fill(place, text)
	case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct:
		place.Set(reflect.New(t.Elem()))
		fill(place.Elem(), text)
	case t.Kind() == reflect.Slice && (t.Elem() == attributeMapType || t.Elem().Kind() == reflect.Struct):
		var list []json.RawMessage
		_ = json.Unmarshal(text, &list) // a body of ours has their types
		place.Set(reflect.MakeSlice(t, len(list), len(list)))
		for i, e := range list {
			fillValue(place.Index(i), e)
		}
	case t.Kind() == reflect.Map && t.Elem().Kind() != reflect.String:
		var members map[string]json.RawMessage
		_ = json.Unmarshal(text, &members)
		place.Set(reflect.MakeMap(t))
		for name, e := range members {
			v := reflect.New(t.Elem()).Elem()
			fillValue(v, e)
			place.SetMapIndex(reflect.ValueOf(name), v)
		}
	default:
		_ = json.Unmarshal(text, place.Addr().Interface())
	}
}

// changed says whether parameters are no longer those of a body.
func changed(in any, body []byte) bool {
	given := reflect.ValueOf(in).Elem()
	own := reflect.New(given.Type())
	fill(own.Elem(), body)
	return !reflect.DeepEqual(in, own.Interface())
}

// answerOf gives the JSON of an output.
func answerOf(out any) []byte {
	switch o := out.(type) {
	case *dynamodb.GetItemOutput:
		return enveloped("Item", o.Item)
	case *dynamodb.PutItemOutput:
		return enveloped("Attributes", o.Attributes)
	case *dynamodb.UpdateItemOutput:
		return enveloped("Attributes", o.Attributes)
	case *dynamodb.DeleteItemOutput:
		return enveloped("Attributes", o.Attributes)
	case *dynamodb.QueryOutput:
		return page(o.Items, o.Count, o.LastEvaluatedKey)
	case *dynamodb.ScanOutput:
		return page(o.Items, o.Count, o.LastEvaluatedKey)
	}
	return answerOfGroup(out)
}

// page gives the JSON of a page that never was on the wire.
func page(items []map[string]types.AttributeValue, count int32, last map[string]types.AttributeValue) []byte {
	b := strconv.AppendInt([]byte(`{"Count":`), int64(count), 10)
	b = append(b, `,"Items":[`...)
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendAttributes(b, item)
	}
	b = append(b, ']')
	if len(last) > 0 {
		b = appendAttributes(append(b, `,"LastEvaluatedKey":`...), last)
	}
	return append(b, '}')
}

// failedItem gives the JSON of what came with a failed condition, or a cancelled transaction, that never was on the wire.
func failedItem(err error) []byte {
	var canceled *types.TransactionCanceledException
	if errors.As(err, &canceled) {
		return reasons(canceled.CancellationReasons)
	}
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) || failed.Item == nil {
		return nil
	}
	return enveloped("Item", failed.Item)
}

func enveloped(name string, item map[string]types.AttributeValue) []byte {
	if item == nil {
		return []byte("{}")
	}
	b := append([]byte(`{"`), name...)
	return append(appendAttributes(append(b, `":`...), item), '}')
}

func appendAttributes(b []byte, item map[string]types.AttributeValue) []byte {
	b = append(b, '{')
	first := true
	for name, v := range item {
		if !first {
			b = append(b, ',')
		}
		first = false
		b, _ = canon.AppendString(b, name)
		b = appendAttribute(append(b, ':'), v)
	}
	return append(b, '}')
}

func appendAttribute(b []byte, v types.AttributeValue) []byte {
	text := func(tag, s string) []byte {
		b = append(append(append(b, `{"`...), tag...), `":`...)
		b, _ = canon.AppendString(b, s)
		return append(b, '}')
	}
	switch x := v.(type) {
	case *types.AttributeValueMemberS:
		return text("S", x.Value)
	case *types.AttributeValueMemberN:
		return text("N", x.Value)
	case *types.AttributeValueMemberB:
		return text("B", base64.StdEncoding.EncodeToString(x.Value))
	case *types.AttributeValueMemberBOOL:
		if x.Value {
			return append(b, `{"BOOL":true}`...)
		}
		return append(b, `{"BOOL":false}`...)
	case *types.AttributeValueMemberSS:
		return appendTexts(b, "SS", x.Value)
	case *types.AttributeValueMemberNS:
		return appendTexts(b, "NS", x.Value)
	case *types.AttributeValueMemberBS:
		list := make([]string, len(x.Value))
		for i, e := range x.Value {
			list[i] = base64.StdEncoding.EncodeToString(e)
		}
		return appendTexts(b, "BS", list)
	case *types.AttributeValueMemberL:
		return appendList(b, x.Value)
	case *types.AttributeValueMemberM:
		return append(appendAttributes(append(b, `{"M":`...), x.Value), '}')
	}
	return append(b, `{"NULL":true}`...)
}

func appendList(b []byte, list []types.AttributeValue) []byte {
	b = append(b, `{"L":[`...)
	for i, e := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendAttribute(b, e)
	}
	return append(b, "]}"...)
}

func appendTexts(b []byte, tag string, list []string) []byte {
	b = append(append(append(b, `{"`...), tag...), `":[`...)
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b, _ = canon.AppendString(b, s)
	}
	return append(b, "]}"...)
}

// attributes turns an item's JSON into the SDK's types; the text is the library's own.
func attributes(item []byte) map[string]types.AttributeValue {
	tree, err := canon.ParseJSON(string(item))
	m, _ := tree.(map[string]any)
	if err != nil {
		return map[string]types.AttributeValue{}
	}
	return attributeMap(m)
}

func attributeMap(m map[string]any) map[string]types.AttributeValue {
	out := make(map[string]types.AttributeValue, len(m))
	for name, v := range m {
		out[name] = attribute(v)
	}
	return out
}

func attribute(v any) types.AttributeValue {
	m, _ := v.(map[string]any)
	for tag, x := range m {
		switch tag {
		case "S":
			return &types.AttributeValueMemberS{Value: textOf(x)}
		case "N":
			return &types.AttributeValueMemberN{Value: textOf(x)}
		case "B":
			return &types.AttributeValueMemberB{Value: bytesOf(x)}
		case "BOOL":
			on, _ := x.(bool)
			return &types.AttributeValueMemberBOOL{Value: on}
		case "M":
			members, _ := x.(map[string]any)
			return &types.AttributeValueMemberM{Value: attributeMap(members)}
		case "L":
			return &types.AttributeValueMemberL{Value: each(x, attribute)}
		case "SS":
			return &types.AttributeValueMemberSS{Value: each(x, textOf)}
		case "NS":
			return &types.AttributeValueMemberNS{Value: each(x, textOf)}
		case "BS":
			return &types.AttributeValueMemberBS{Value: each(x, bytesOf)}
		}
	}
	return &types.AttributeValueMemberNULL{Value: true}
}

func each[T any](v any, one func(any) T) []T {
	list, _ := v.([]any)
	out := make([]T, len(list))
	for i, e := range list {
		out[i] = one(e)
	}
	return out
}

func textOf(v any) string {
	s, _ := v.(string)
	return s
}

func bytesOf(v any) []byte {
	b, _ := base64.StdEncoding.DecodeString(textOf(v))
	return b
}
