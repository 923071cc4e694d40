package transport

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// bodyOf writes the answer that the caller's own middleware gave (a stub in a test, a cache) as the body it stands for.
// It is the only place where the SDK's attribute values are looked into.
func bodyOf(answered any) ([]byte, error) {
	switch out := answered.(type) {
	case *dynamodb.GetItemOutput:
		return bodyWith("Item", out.Item)
	case *dynamodb.PutItemOutput:
		return bodyWith("Attributes", out.Attributes)
	case *dynamodb.UpdateItemOutput:
		return bodyWith("Attributes", out.Attributes)
	case *dynamodb.DeleteItemOutput:
		return bodyWith("Attributes", out.Attributes)
	}
	return nil, fmt.Errorf("no answer of DynamoDB: %T", answered)
}

func bodyWith(member string, item map[string]types.AttributeValue) ([]byte, error) {
	if item == nil {
		return []byte("{}"), nil
	}
	body, err := appendMembers(append(schema.AppendQuoted([]byte("{"), member), ':'), item)
	return append(body, '}'), err
}

func appendMembers(dst []byte, members map[string]types.AttributeValue) ([]byte, error) {
	dst = append(dst, '{')
	var err error
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendValue(append(schema.AppendQuoted(dst, name), ':'), members[name]); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

func appendValue(dst []byte, value types.AttributeValue) (out []byte, err error) {
	switch value := value.(type) {
	case *types.AttributeValueMemberS:
		dst = schema.AppendQuoted(append(dst, `{"S":`...), value.Value)
	case *types.AttributeValueMemberN:
		dst = schema.AppendQuoted(append(dst, `{"N":`...), value.Value)
	case *types.AttributeValueMemberB:
		dst = schema.AppendQuoted(append(dst, `{"B":`...), base64.StdEncoding.EncodeToString(value.Value))
	case *types.AttributeValueMemberBOOL:
		dst = strconv.AppendBool(append(dst, `{"BOOL":`...), value.Value)
	case *types.AttributeValueMemberNULL:
		dst = append(dst, `{"NULL":true`...)
	case *types.AttributeValueMemberSS:
		dst = appendTexts(append(dst, `{"SS":`...), value.Value)
	case *types.AttributeValueMemberNS:
		dst = appendTexts(append(dst, `{"NS":`...), value.Value)
	case *types.AttributeValueMemberBS:
		texts := make([]string, len(value.Value))
		for i, one := range value.Value {
			texts[i] = base64.StdEncoding.EncodeToString(one)
		}
		dst = appendTexts(append(dst, `{"BS":`...), texts)
	case *types.AttributeValueMemberL:
		dst, err = appendElements(append(dst, `{"L":[`...), value.Value)
	case *types.AttributeValueMemberM:
		dst, err = appendMembers(append(dst, `{"M":`...), value.Value)
	default:
		return dst, fmt.Errorf("no attribute value: %T", value)
	}
	return append(dst, '}'), err
}

func appendTexts(dst []byte, texts []string) []byte {
	dst = append(dst, '[')
	for i, text := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = schema.AppendQuoted(dst, text)
	}
	return append(dst, ']')
}

func appendElements(dst []byte, elements []types.AttributeValue) (out []byte, err error) {
	for i, element := range elements {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendValue(dst, element); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}
