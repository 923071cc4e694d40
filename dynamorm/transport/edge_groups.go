package transport

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// This file is the edge of the calls for several items: batches and transactions.

// invokeGroup is invoke for them. The tables are named, for the SDK may choose its endpoint by them.
func (s *SDK) invokeGroup(ctx context.Context, r operation.Request) (any, error) {
	none := map[string]types.AttributeValue{}
	switch r.API {
	case "BatchGetItem":
		in := &dynamodb.BatchGetItemInput{RequestItems: make(map[string]types.KeysAndAttributes, len(r.Tables))}
		for _, table := range r.Tables {
			in.RequestItems[table] = types.KeysAndAttributes{Keys: []map[string]types.AttributeValue{}}
		}
		return s.client.BatchGetItem(ctx, filled(s, r, in))
	case "BatchWriteItem":
		in := &dynamodb.BatchWriteItemInput{RequestItems: make(map[string][]types.WriteRequest, len(r.Tables))}
		for _, table := range r.Tables {
			in.RequestItems[table] = []types.WriteRequest{}
		}
		return s.client.BatchWriteItem(ctx, filled(s, r, in))
	case "TransactGetItems":
		in := &dynamodb.TransactGetItemsInput{}
		for i := range r.Tables {
			in.TransactItems = append(in.TransactItems, types.TransactGetItem{Get: &types.Get{TableName: &r.Tables[i], Key: none}})
		}
		return s.client.TransactGetItems(ctx, filled(s, r, in))
	case "TransactWriteItems":
		token := "-" // any: else the SDK makes one up
		in := &dynamodb.TransactWriteItemsInput{ClientRequestToken: &token}
		for i := range r.Tables {
			in.TransactItems = append(in.TransactItems, types.TransactWriteItem{Put: &types.Put{TableName: &r.Tables[i], Item: none}})
		}
		return s.client.TransactWriteItems(ctx, filled(s, r, in))
	}
	return s.invokeTable(ctx, r)
}

// answerOfGroup is answerOf for them.
func answerOfGroup(out any) []byte {
	switch o := out.(type) {
	case *dynamodb.BatchGetItemOutput:
		b := appendObject([]byte(`{"Responses":`), o.Responses, appendItems)
		b = appendObject(append(b, `,"UnprocessedKeys":`...), o.UnprocessedKeys, func(b []byte, v types.KeysAndAttributes) []byte {
			return append(appendItems(append(b, `{"Keys":`...), v.Keys), '}')
		})
		return append(b, '}')
	case *dynamodb.BatchWriteItemOutput:
		b := appendObject([]byte(`{"UnprocessedItems":`), o.UnprocessedItems, func(b []byte, v []types.WriteRequest) []byte {
			return appendSlice(b, v, appendWrite)
		})
		return append(b, '}')
	case *dynamodb.TransactGetItemsOutput:
		b := appendSlice([]byte(`{"Responses":`), o.Responses, func(b []byte, v types.ItemResponse) []byte {
			return append(b, enveloped("Item", v.Item)...)
		})
		return append(b, '}')
	}
	return answerOfTable(out)
}

// reasons gives the JSON of a cancelled transaction that never was on the wire.
func reasons(list []types.CancellationReason) []byte {
	b := appendSlice([]byte(`{"CancellationReasons":`), list, func(b []byte, r types.CancellationReason) []byte {
		b = append(b, `{"Code":`...)
		code := "None"
		if r.Code != nil {
			code = *r.Code
		}
		if b, _ = canon.AppendString(b, code); r.Item != nil {
			b = appendAttributes(append(b, `,"Item":`...), r.Item)
		}
		return append(b, '}')
	})
	return append(b, '}')
}

func appendWrite(b []byte, w types.WriteRequest) []byte {
	switch {
	case w.PutRequest != nil:
		return append(appendAttributes(append(b, `{"PutRequest":{"Item":`...), w.PutRequest.Item), `}}`...)
	case w.DeleteRequest != nil:
		return append(appendAttributes(append(b, `{"DeleteRequest":{"Key":`...), w.DeleteRequest.Key), `}}`...)
	}
	return append(b, "{}"...)
}

func appendItems(b []byte, items []map[string]types.AttributeValue) []byte {
	return appendSlice(b, items, appendAttributes)
}

func appendSlice[T any](b []byte, list []T, one func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, v)
	}
	return append(b, ']')
}

func appendObject[T any](b []byte, members map[string]T, one func([]byte, T) []byte) []byte {
	b = append(b, '{')
	first := true
	for name, v := range members {
		if !first {
			b = append(b, ',')
		}
		first = false
		b, _ = canon.AppendString(b, name)
		b = one(append(b, ':'), v)
	}
	return append(b, '}')
}
