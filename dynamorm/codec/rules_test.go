package codec_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// sparse leaves out what is empty.
type sparse struct {
	ID    string         `dynamorm:"id,pk"`
	Text  string         `dynamorm:"text,omitempty"`
	Whole int            `dynamorm:"whole,omitempty"`
	Flag  bool           `dynamorm:"flag,omitempty"`
	Bin   []byte         `dynamorm:"bin,omitempty"`
	Items []any          `dynamorm:"items,omitempty"`
	Doc   map[string]any `dynamorm:"doc,omitempty"`
	Stamp time.Time      `dynamorm:"stamp,omitempty"`
	Nano  time.Time      `dynamorm:"nano,rfc3339nano,omitempty"`
	Until time.Time      `dynamorm:"until,unix_seconds,ttl,omitempty"`
	YesNo bool           `dynamorm:"yes_no,bool_string,omitempty"`
	Data  any            `dynamorm:"data,json,omitempty"`
	Inner sparseInner    `dynamorm:"inner,omitempty"`
}

type sparseInner struct {
	Label string `dynamorm:"label,omitempty"`
}

func TestOmitEmptyLeavesOutWhatIsEmptyAndNothingElse(t *testing.T) {
	p := plan[sparse](t)
	for _, data := range []any{"", 0, false, []any{}, map[string]any{}, nil} {
		v := &sparse{ID: "a", Bin: []byte{}, Items: []any{}, Doc: map[string]any{}, Data: data}
		if item, err := p.AppendItem(nil, v, nil, nil); err != nil || string(item) != `{"id":{"S":"a"}}` {
			t.Errorf("%v: got %s, %v", data, item, err)
		}
	}
	full := &sparse{ID: "a", Text: " ", Whole: -1, Flag: true, Bin: []byte{0}, Items: []any{nil}, Doc: map[string]any{"count": 0}, Stamp: time.Unix(0, 0), Nano: time.Unix(0, 1),
		Until: time.Unix(1, 999), YesNo: true, Data: []any{nil}, Inner: sparseInner{"x"}}
	want := `{"id":{"S":"a"},"text":{"S":" "},"whole":{"N":"-1"},"flag":{"BOOL":true},"bin":{"B":"AA=="},"items":{"L":[{"NULL":true}]},"doc":{"M":{"count":{"N":"0"}}},` +
		`"stamp":{"S":"1970-01-01T00:00:00.000000Z"},"nano":{"S":"1970-01-01T00:00:00.000000001Z"},"until":{"N":"1"},"yes_no":{"S":"true"},"data":{"S":"[null]"},"inner":{"M":{"label":{"S":"x"}}}}`
	if item, err := p.AppendItem(nil, full, nil, nil); err != nil || string(item) != want {
		t.Errorf("got %s, %v", item, err)
	}
}

func TestAValueThatDoesNotFitIsValidationFailedAtItsPath(t *testing.T) {
	type doc struct {
		ID    string         `dynamorm:"id,pk"`
		Doc   map[string]any `dynamorm:"doc"`
		Price *codec.Number  `dynamorm:"price,decimal"`
		Ratio *float64       `dynamorm:"ratio"`
		Until *time.Time     `dynamorm:"until,unix_seconds,ttl"`
		Stamp *time.Time     `dynamorm:"stamp"`
		Data  any            `dynamorm:"data,json"`
		UID   *string        `dynamorm:"uid,uuid"`
		Wide  *uint64        `dynamorm:"wide"`
	}
	p := plan[doc](t)
	number, nan, huge := codec.Number("12x"), math.NaN(), 1e300
	before, late := time.Unix(-1, 0), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	uid, wide := "6ba7b810-9dad-11d1-80b4-00c04fd430cX", uint64(math.MaxUint64)
	loop := map[string]any{}
	loop["again"] = loop
	for path, v := range map[string]*doc{
		"price":      {Price: &number},
		"ratio":      {Ratio: &nan},
		"ratio ":     {Ratio: &huge},
		"until":      {Until: &before},
		"stamp":      {Stamp: &late},
		"uid":        {UID: &uid},
		"wide":       {Wide: &wide},
		"data":       {Data: map[string]any{"a": []byte{1}}},
		"data ":      {Data: codec.StringSet{"a"}},
		"data  ":     {Data: math.Inf(1)},
		"data   ":    {Data: map[int]string{1: "a"}},
		"doc.a[1].b": {Doc: map[string]any{"a": []any{1, map[string]any{"b": func() {}}}}},
		"doc.set":    {Doc: map[string]any{"set": codec.StringSet{}}},
		"doc.text":   {Doc: map[string]any{"text": "\xff"}},
		"doc.n":      {Doc: map[string]any{"n": codec.Number("")}},
		"doc.again" + strings.Repeat(".again", 30) + ".again": {Doc: loop},
	} {
		v.ID = "a"
		_, err := p.AppendItem(nil, v, nil, nil)
		e := errs.As(err)
		if e == nil || e.Code != errs.CodeValidationFailed || e.Path != strings.TrimSpace(path) {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

func TestAStoredValueThatDoesNotFitIsDecodeFailedAtItsPath(t *testing.T) {
	p := plan[sample](t)
	for path, value := range map[string]string{
		"text": `{"N":"1"}`, "whole": `{"N":"2147483648"}`, "big": `{"N":"1.5"}`, "price": `{"N":"abc"}`, "bin": `{"B":"a"}`, "bin  ": `{"B":"AA==\n"}`,
		"flag": `{"BOOL":"true"}`, "items": `{"M":{}}`, "words": `{"L":[]}`, "numbers": `{"NS":["x"]}`, "numbers ": `{"NS":["1.5"]}`, "blobs": `{"BS":["!"]}`, "stamp": `{"S":"2026-01-02T03:04:05.1234567Z"}`,
		"nano": `{"S":"2026-01-02T03:04:05.1234567891Z"}`, "day": `{"S":"2026-02-30"}`, "uid": `{"S":"x"}`, "yes_no": `{"S":"True"}`, "seconds": `{"N":"1.5"}`, "millis": `{"N":"9223372036854775808"}`,
		"data": `{"S":"{"}`, "raw": `{"S":"{\"a\":1,\"a\":2}"}`, "leaf.at": `{"M":{"at":{"S":"x"}}}`, "leaf": `{"L":[]}`, "leaf.count.x": `{"M":{"count":{"M":{"x":{"S":"1"}}}}}`,
		"leaves[1]": `{"L":[{"M":{}},{"NULL":true}]}`, "leaves[0].blob": `{"L":[{"M":{"blob":{"S":""}}}]}`,
	} {
		name, _, _ := strings.Cut(strings.TrimSpace(path), ".")
		name, _, _ = strings.Cut(name, "[")
		err := p.Unmarshal([]byte(`{"id":{"S":"a"},"`+name+`":`+value+`}`), new(sample), false)
		e := errs.As(err)
		if e == nil || e.Code != errs.CodeDecodeFailed || e.Path != strings.TrimSpace(path) {
			t.Errorf("%s: got %v", path, err)
		}
	}
	if err := p.Unmarshal([]byte(`{}`), new(sample), false); errs.As(err) == nil || errs.As(err).Path != "id" {
		t.Errorf("a missing required attribute: got %v", err)
	}
	if err := p.Unmarshal([]byte(`{"id":{"NULL":true}}`), new(sample), true); err != nil {
		t.Errorf("a projection: got %v", err)
	}
}

func TestAnItemHasTheSizeThatDynamoDBCounts(t *testing.T) {
	for item, want := range map[string]int{
		`{}`: 0, `{"id":{"S":"e"}}`: 3, `{"é":{"S":"\u00e9\n"}}`: 5, `{"n":{"N":"-123.45"}}`: 5, `{"n":{"N":"1200"}}`: 3, `{"n":{"N":"0"}}`: 2, `{"b":{"B":"AAA="}}`: 3, `{"b":{"B":"AAAA"}}`: 4,
		`{"f":{"BOOL":true},"g":{"NULL":true}}`: 4, `{"l":{"L":[{"S":"a"},{"L":[]}]}}`: 1 + 3 + 2 + 4, `{"m":{"M":{"k":{"S":"v"}}}}`: 1 + 3 + 1 + 1 + 1, `{"s":{"SS":["a","bc"]},"n":{"NS":["1"]},"b":{"BS":["AA=="]}}`: 4 + 3 + 2,
	} {
		if got := codec.ItemSize([]byte(item)); got != want {
			t.Errorf("%s: got %d, want %d", item, got, want)
		}
	}
}

func TestAnItemOver400KBIsItemTooLargeAndOneOfExactlyThatIsNot(t *testing.T) {
	type blob struct {
		ID   string `dynamorm:"id,pk"`
		Data []byte `dynamorm:"data"`
	}
	p := plan[blob](t)
	fits := schema.ItemSizeMaxBytes - len("ida") - len("data")
	if _, err := p.AppendItem(nil, &blob{"a", make([]byte, fits)}, nil, nil); err != nil {
		t.Error(err)
	}
	if _, err := p.AppendItem(nil, &blob{"a", make([]byte, fits+1)}, nil, nil); !errors.Is(err, errs.ErrItemTooLarge) {
		t.Errorf("got %v", err)
	}
}

func TestAJSONAttributeTakesAnyGoValueAndWritesItCanonically(t *testing.T) {
	type config struct {
		B int            `json:"b"`
		A []string       `json:"a"`
		M map[string]any `json:"m,omitempty"`
	}
	type doc struct {
		ID  string          `dynamorm:"id,pk"`
		Cfg *config         `dynamorm:"cfg,json"`
		Raw json.RawMessage `dynamorm:"raw,json"`
		Any any             `dynamorm:"any,json"`
	}
	p := plan[doc](t)
	in := &doc{"a", &config{B: 1, A: []string{"<x>"}}, json.RawMessage(` { "z" : 1.0e2 , "a" : null } `), []any{json.Number("1e-7"), float32(0.5), uint8(7), &[]int{1}, map[string]bool{"t": true}}}
	item, err := p.AppendItem(nil, in, nil, nil)
	want := `{"id":{"S":"a"},"cfg":{"S":"{\"a\":[\"<x>\"],\"b\":1}"},"raw":{"S":"{\"a\":null,\"z\":100}"},"any":{"S":"[0.0000001,0.5,7,[1],{\"t\":true}]"}}`
	if err != nil || string(item) != want {
		t.Fatalf("got %s, %v", item, err)
	}
	out := new(doc)
	if err := p.Unmarshal(item, out, false); err != nil || out.Cfg.B != 1 || out.Cfg.A[0] != "<x>" || string(out.Raw) != `{"a":null,"z":100}` || out.Any.([]any)[0] != codec.Number("0.0000001") {
		t.Errorf("got %+v, %v", out, err)
	}
}
