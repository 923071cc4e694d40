package codec_test

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"testing/quick"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
)

// common has what the SDK's marshaller and ours write alike: both read the same fields, each by its own tag.
type common struct {
	ID     string         `dynamodbav:"id" dynamorm:"id,pk"`
	Text   *string        `dynamodbav:"text,omitempty" dynamorm:"text"`
	Whole  int64          `dynamodbav:"whole" dynamorm:"whole"`
	Flag   bool           `dynamodbav:"flag" dynamorm:"flag"`
	Blob   []byte         `dynamodbav:"blob" dynamorm:"blob"`
	Words  []string       `dynamodbav:"words,stringset,omitempty" dynamorm:"words,set"`
	List   []string       `dynamodbav:"list" dynamorm:"list"`
	Inner  commonInner    `dynamodbav:"inner" dynamorm:"inner"`
	Counts map[string]int `dynamodbav:"counts" dynamorm:"counts"`
}

type commonInner struct {
	Small int8   `dynamodbav:"small" dynamorm:"small"`
	Name  string `dynamodbav:"name" dynamorm:"name"`
}

// wire turns the SDK's types into the JSON that the service gets.
func wire(v types.AttributeValue) any {
	switch x := v.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": x.Value}
	case *types.AttributeValueMemberN:
		return map[string]any{"N": x.Value}
	case *types.AttributeValueMemberB:
		return map[string]any{"B": base64.StdEncoding.EncodeToString(x.Value)}
	case *types.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": x.Value}
	case *types.AttributeValueMemberSS:
		return map[string]any{"SS": x.Value}
	case *types.AttributeValueMemberL:
		list := []any{}
		for _, e := range x.Value {
			list = append(list, wire(e))
		}
		return map[string]any{"L": list}
	case *types.AttributeValueMemberM:
		return map[string]any{"M": wireMap(x.Value)}
	}
	return map[string]any{"NULL": true}
}

func wireMap(m map[string]types.AttributeValue) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = wire(v)
	}
	return out
}

func TestWhatTheSDKsMarshallerWritesIsWhatWeWriteAndRead(t *testing.T) {
	p := plan[common](t)
	d := dice{rand.New(rand.NewPCG(9, 10))}
	law := func(whole int64, flag bool, small int8) bool {
		in := &common{ID: "k" + d.text(), Text: maybe(d, "t"+d.text()), Whole: whole, Flag: flag, Blob: append(d.bytes(), 1), Words: []string{"a" + d.text()},
			List: []string{d.text(), d.text()}, Inner: commonInner{small, "n" + d.text()}, Counts: map[string]int{"c" + d.text(): int(small)}}
		theirs, err := attributevalue.MarshalMap(in)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(wireMap(theirs))
		if err != nil {
			t.Fatal(err)
		}
		ours, err := p.AppendItem(nil, in, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		back := new(common)
		if err := p.Unmarshal(text, back, false); err != nil {
			t.Fatal(err)
		}
		if !codec.Equal(text, ours) || !reflect.DeepEqual(in, back) {
			t.Logf("theirs %s\nours   %s", text, ours)
			return false
		}
		return true
	}
	if err := quick.Check(law, nil); err != nil {
		t.Error(err)
	}
}
