// Package poll reads a table's stream through the SDK's own streams client, for local development and tests; production reads streams
// through Lambda or Kinesis. It is the only package that imports the SDK's streams.
package poll

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/dynamorm/dynamorm/dynamorm/stream"
)

// lambda is a record as Lambda spells it.
type lambda struct {
	EventID   *string `json:"eventID,omitempty"`
	EventName string  `json:"eventName,omitempty"`
	Change    *change `json:"dynamodb,omitempty"`
	By        *by     `json:"userIdentity,omitempty"`
}

type change struct {
	CreatedAt      json.Number    `json:"ApproximateCreationDateTime,omitempty"`
	Keys           map[string]any `json:"Keys,omitempty"`
	NewImage       map[string]any `json:"NewImage,omitempty"`
	OldImage       map[string]any `json:"OldImage,omitempty"`
	SequenceNumber *string        `json:"SequenceNumber,omitempty"`
}

type by struct {
	Type        *string `json:"type,omitempty"`
	PrincipalID *string `json:"principalId,omitempty"`
}

// Record gives a record of GetRecords in the form in which the library takes it.
func Record(r types.Record) stream.Record {
	out := lambda{EventID: r.EventID, EventName: string(r.EventName)}
	if id := r.UserIdentity; id != nil {
		out.By = &by{id.Type, id.PrincipalId}
	}
	if c := r.Dynamodb; c != nil {
		out.Change = &change{Keys: item(c.Keys), NewImage: item(c.NewImage), OldImage: item(c.OldImage), SequenceNumber: c.SequenceNumber}
		if c.ApproximateCreationDateTime != nil {
			out.Change.CreatedAt = seconds(*c.ApproximateCreationDateTime)
		}
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil // of these types nothing fails; no JSON is a record that does not decode
	}
	return text
}

// seconds gives an instant as a number of seconds, with all its digits.
func seconds(t time.Time) json.Number {
	whole, nanos := t.Unix(), int64(t.Nanosecond())
	sign := ""
	if whole < 0 {
		sign = "-"
		if whole = -whole; nanos > 0 {
			whole, nanos = whole-1, int64(time.Second)-nanos
		}
	}
	fraction := strconv.FormatInt(nanos, 10)
	return json.Number(sign + strconv.FormatInt(whole, 10) + "." + strings.Repeat("0", 9-len(fraction)) + fraction)
}

func item(members map[string]types.AttributeValue) map[string]any {
	if members == nil {
		return nil
	}
	out := make(map[string]any, len(members))
	for name, v := range members {
		out[name] = value(v)
	}
	return out
}

func value(v types.AttributeValue) any {
	one := func(tag string, x any) any { return map[string]any{tag: x} }
	switch x := v.(type) {
	case *types.AttributeValueMemberS:
		return one("S", x.Value)
	case *types.AttributeValueMemberN:
		return one("N", x.Value)
	case *types.AttributeValueMemberB:
		return one("B", base64.StdEncoding.EncodeToString(x.Value))
	case *types.AttributeValueMemberBOOL:
		return one("BOOL", x.Value)
	case *types.AttributeValueMemberNULL:
		return one("NULL", x.Value)
	case *types.AttributeValueMemberSS:
		return one("SS", x.Value)
	case *types.AttributeValueMemberNS:
		return one("NS", x.Value)
	case *types.AttributeValueMemberBS:
		list := make([]string, len(x.Value))
		for i, b := range x.Value {
			list[i] = base64.StdEncoding.EncodeToString(b)
		}
		return one("BS", list)
	case *types.AttributeValueMemberL:
		list := make([]any, len(x.Value))
		for i, e := range x.Value {
			list[i] = value(e)
		}
		return one("L", list)
	case *types.AttributeValueMemberM:
		if x.Value == nil {
			return one("M", map[string]any{})
		}
		return one("M", item(x.Value))
	}
	return nil
}
