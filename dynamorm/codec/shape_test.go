package codec_test

import (
	"strings"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
)

func TestAValueOfDynamoDBsIsTold(t *testing.T) {
	for text, want := range map[string]bool{
		`{"S":"a"}`: true, `{"NULL":true}`: true, ` {"L":[{"NULL":true},{"M":{}}]} `: true, `{"NS":["1"]}`: true, `{"BOOL":false}`: true, `{"B":""}`: true,
		`{}`: false, `null`: false, `[]`: false, `"a"`: false, ``: false, `{"S":1}`: false, `{"N":"a"}`: false, `{"X":"a"}`: false, `{"S":"a","N":"1"}`: false,
		`{"S":"a"}{}`: false, `{"S":"a"`: false, `{"B":"?"}`: false, `{"BOOL":"x"}`: false, `{"M":[]}`: false, `{"L":[null]}`: false, `{"NULL":false}`: false, `{"NS":["x"]}`: false, `{"BS":["?"]}`: false, `{"SS":[1]}`: false, "{\"S\":\"\xff\"}": false,
	} {
		if got := codec.IsValue([]byte(text)); got != want {
			t.Errorf("%s: got %v", text, got)
		}
	}
}

func TestAValueIsNestedAsDeepAsDynamoDBTakesIt(t *testing.T) {
	nested := func(n int) []byte {
		return []byte(strings.Repeat(`{"L":[`, n) + `{"S":"a"}` + strings.Repeat("]}", n))
	}
	if !codec.IsValue(nested(32)) || codec.IsValue(nested(40)) {
		t.Error("the depth is another")
	}
}
