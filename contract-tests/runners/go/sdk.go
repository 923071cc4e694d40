package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// What stands between the runner and the SDK: its clients, and records in the form in which it gives them.

// sdk keeps the SDK's clients: to make one is most of the time of a case.
func sdk(c command) *dynamodb.Client {
	endpoint := cmp.Or(c.Endpoint, "http://127.0.0.1:9")
	key := fmt.Sprint(endpoint, c.Retries, c.TimeoutMS)
	if sdks[key] == nil {
		credentials := func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDCONTRACT", SecretAccessKey: "secret"}, nil
		}
		sdks[key] = dynamodb.New(dynamodb.Options{
			Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: aws.CredentialsProviderFunc(credentials),
			HTTPClient: awshttp.NewBuildableClient().WithTimeout(time.Duration(c.TimeoutMS) * time.Millisecond),
			Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff, o.RateLimiter = c.Retries+1, time.Millisecond, ratelimit.None
			}),
		})
	}
	return sdks[key]
}

// sdkRecord gives what the SDK gives for a record.
func sdkRecord(all object) types.Record {
	text := func(o object, name string) *string {
		if s, ok := o[name].(string); ok {
			return aws.String(s)
		}
		return nil
	}
	out := types.Record{EventID: text(all, "eventID")}
	if kind := text(all, "eventName"); kind != nil {
		out.EventName = types.OperationType(*kind)
	}
	if id, ok := all["userIdentity"].(object); ok {
		out.UserIdentity = &types.Identity{Type: text(id, "type"), PrincipalId: text(id, "principalId")}
	}
	change, ok := all["dynamodb"].(object)
	if !ok {
		return out
	}
	items := func(name string) map[string]types.AttributeValue {
		given, ok := change[name].(object)
		if !ok {
			return nil
		}
		return sdkItem(given)
	}
	out.Dynamodb = &types.StreamRecord{SequenceNumber: text(change, "SequenceNumber"), Keys: items("Keys"), OldImage: items("OldImage"), NewImage: items("NewImage")}
	if n, ok := change["ApproximateCreationDateTime"].(json.Number); ok {
		seconds, _ := n.Float64()
		out.Dynamodb.ApproximateCreationDateTime = aws.Time(time.UnixMicro(int64(seconds*1e6 + 0.5)).UTC())
	}
	return out
}

func sdkItem(given object) map[string]types.AttributeValue {
	out := map[string]types.AttributeValue{}
	for name, v := range given {
		out[name] = sdkValue(v)
	}
	return out
}

func sdkValue(v any) types.AttributeValue {
	tag, x := one(v.(object))
	texts := func() []string { return each(x, func(e any) string { return e.(string) }) }
	switch tag {
	case "S":
		return &types.AttributeValueMemberS{Value: x.(string)}
	case "N":
		return &types.AttributeValueMemberN{Value: x.(string)}
	case "B":
		return &types.AttributeValueMemberB{Value: bytesOf(v.(object), "B")}
	case "BOOL":
		return &types.AttributeValueMemberBOOL{Value: x.(bool)}
	case "SS":
		return &types.AttributeValueMemberSS{Value: texts()}
	case "NS":
		return &types.AttributeValueMemberNS{Value: texts()}
	case "BS":
		return &types.AttributeValueMemberBS{Value: each(x, func(e any) []byte { return bytesOf(object{"B": e}, "B") })}
	case "L":
		return &types.AttributeValueMemberL{Value: each(x, sdkValue)}
	case "M":
		return &types.AttributeValueMemberM{Value: sdkItem(x.(object))}
	}
	return &types.AttributeValueMemberNULL{Value: true}
}
