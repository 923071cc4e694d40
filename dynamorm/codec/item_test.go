package codec_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

// Line is an element of a typed list.
type Line struct {
	SKU  string   `dynamorm:"sku,required"`
	Qty  *int64   `dynamorm:"qty"`
	Tags []string `dynamorm:"tags,set"`
}

// Box is a typed map with everything that gets lost elsewhere: bytes, sets, times, another map.
type Box struct {
	Blob  []byte               `dynamorm:"blob"`
	Marks []dynamorm.Number    `dynamorm:"marks,set"`
	At    *time.Time           `dynamorm:"at"`
	Deep  map[string]any       `dynamorm:"deep"`
	Names map[string]string    `dynamorm:"names"`
	Grid  [][]int64            `dynamorm:"grid"`
	Words map[string]struct{}  `dynamorm:"words"`
	Raw   json.RawMessage      `dynamorm:"raw"`
	More  map[string][]float64 `dynamorm:"more"`
}

// Base is embedded, and its attributes are the item's own.
type Base struct {
	ID string `dynamorm:"id,pk"`
}

// Thing has every kind of attribute, by value and by pointer.
type Thing struct {
	Base
	Text    string          `dynamorm:"text"`
	Maybe   *string         `dynamorm:"maybe"`
	Count   int32           `dynamorm:"count"`
	Big     int64           `dynamorm:"big,format=int64"`
	Small   uint8           `dynamorm:"small"`
	Ratio   float64         `dynamorm:"ratio"`
	Price   dynamorm.Number `dynamorm:"price,format=decimal"`
	Flag    *bool           `dynamorm:"flag"`
	Bin     []byte          `dynamorm:"bin"`
	Stamp   time.Time       `dynamorm:"stamp"`
	Nano    *time.Time      `dynamorm:"nano,format=rfc3339nano"`
	Seconds *time.Time      `dynamorm:"seconds,format=unix_seconds"`
	Day     string          `dynamorm:"day,format=date"`
	Status  string          `dynamorm:"status,enum=open|paid"`
	Urgent  bool            `dynamorm:"urgent,format=bool_string"`
	Labels  []string        `dynamorm:"labels,set"`
	Lines   []Line          `dynamorm:"lines"`
	Box     *Box            `dynamorm:"box"`
	List    []any           `dynamorm:"list"`
	Data    any             `dynamorm:"data,json"`
	Kept    string          `dynamorm:"-"`
}

var (
	things = dynamorm.MustDeclare[Thing](dynamorm.Spec{Table: "things"})
	plan   = codec.New(things.Schema())
)

func text(r *rand.Rand) string {
	alphabet := []rune("aZ0 <>&\"\\/\b\f\n\r\t\x00\x1f\x7fé\u2028ﬀ😀\uffff")
	out := make([]rune, r.IntN(12))
	for i := range out {
		out[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(out)
}

func moment(r *rand.Rand, unit time.Duration) time.Time {
	return time.Unix(r.Int64N(4e9)-2e9, r.Int64N(1e9)).UTC().Truncate(unit)
}

func untyped(r *rand.Rand, depth int) any {
	switch n := r.IntN(10); {
	case n == 0:
		return nil
	case n == 1:
		return r.IntN(2) == 0
	case n == 2:
		return dynamorm.Number(strconv.FormatInt(r.Int64(), 10))
	case n == 3:
		return []byte(text(r))
	case n == 4:
		return codec.StringSet{"a", "b" + text(r)}
	case n == 5:
		return codec.NumberSet{"-1", "2.5"}
	case n == 6 && depth > 0:
		return []any{untyped(r, depth-1), untyped(r, depth-1)}
	case n == 7 && depth > 0:
		return map[string]any{"k": untyped(r, depth-1), text(r): untyped(r, depth-1)}
	}
	return text(r)
}

func pointer[T any](v T) *T { return &v }

// thing makes a value that is what reading it would give: times cut, sets sorted.
func thing(r *rand.Rand) *Thing {
	out := &Thing{
		Base: Base{"id" + text(r)}, Text: text(r), Count: r.Int32() - 1<<30, Big: r.Int64() - 1<<62, Small: uint8(r.UintN(256)), Ratio: r.NormFloat64(),
		Price: dynamorm.Number(strconv.FormatInt(r.Int64N(1e15), 10) + ".25"), Stamp: moment(r, time.Microsecond), Urgent: r.IntN(2) == 0, List: []any{untyped(r, 3), untyped(r, 3)},
		Day: moment(r, time.Hour).Format("2006-01-02"), Labels: []string{"a" + text(r), "b"}, Lines: []Line{{SKU: text(r)}, {SKU: "x", Qty: pointer(r.Int64()), Tags: []string{"t"}}},
		Data: map[string]any{"b": []any{nil, true, text(r), dynamorm.Number("1.5")}, "a": map[string]any{}},
	}
	if r.IntN(2) == 0 {
		out.Maybe, out.Flag, out.Bin, out.Status = pointer(text(r)), pointer(false), []byte{0, 0, 255}, "paid"
		out.Nano, out.Seconds = pointer(moment(r, time.Nanosecond)), pointer(moment(r, time.Second))
		out.Box = &Box{
			Blob: []byte(text(r)), Marks: []dynamorm.Number{"-1", "2.5"}, At: pointer(moment(r, time.Microsecond)), Deep: map[string]any{"x": untyped(r, 4)},
			Names: map[string]string{text(r): text(r), "n": ""}, Grid: [][]int64{{1, -2}, {}, {3}}, Words: map[string]struct{}{text(r): {}}, Raw: json.RawMessage(`{"a":[1]}`),
			More: map[string][]float64{"m": {0.5, 2}},
		}
	}
	return out
}

func TestAnItemReadsBackAsItWasWritten(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		want := thing(r)
		item, err := plan.AppendItem(nil, want)
		if err != nil {
			t.Fatalf("%#v: %v", want, err)
		}
		var got Thing
		if err := plan.UnmarshalItem(item, &got, false); err != nil {
			t.Fatalf("%s: %v", item, err)
		}
		again, err := plan.AppendItem(nil, &got)
		if err != nil || string(again) != string(item) {
			t.Fatalf("%s\nbecame\n%s (%v)", item, again, err)
		}
		if !reflect.DeepEqual(&got, want) {
			t.Fatalf("\n%#v\nbecame\n%#v", want, &got)
		}
	}
}

func TestAMapOfTheSameModelWritesTheSameItem(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 500 {
		item, err := plan.AppendItem(nil, thing(r))
		if err != nil {
			t.Fatal(err)
		}
		var values map[string]any
		if err := plan.UnmarshalItem(item, &values, false); err != nil {
			t.Fatal(err)
		}
		again, err := plan.AppendItem(nil, values)
		if err != nil || string(again) != string(item) {
			t.Fatalf("%s\nbecame\n%s (%v)", item, again, err)
		}
	}
}

func TestWhatIsWrittenIsJSONWithoutHTMLEscapes(t *testing.T) {
	item, err := plan.AppendItem(nil, &Thing{Base: Base{"i"}, Text: "<a href=\"x\">&</a>\u2028", Data: map[string]any{"t": "<&>"}})
	if err != nil || !json.Valid(item) || !utf8.Valid(item) || strings.Contains(string(item), `\u`) {
		t.Errorf("%s, %v", item, err)
	}
}

// plain turns the oracle's values into the shapes that ours come in.
func plain(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": v.Value}
	case *types.AttributeValueMemberN:
		n, _ := codec.Canonical(v.Value)
		return map[string]any{"N": string(n)}
	case *types.AttributeValueMemberB:
		b, _ := json.Marshal(v.Value)
		return map[string]any{"B": strings.Trim(string(b), `"`)}
	case *types.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": v.Value}
	case *types.AttributeValueMemberNULL:
		return map[string]any{"NULL": true}
	case *types.AttributeValueMemberL:
		list := []any{}
		for _, one := range v.Value {
			list = append(list, plain(one))
		}
		return map[string]any{"L": list}
	case *types.AttributeValueMemberM:
		members := map[string]any{}
		for name, one := range v.Value {
			members[name] = plain(one)
		}
		return map[string]any{"M": members}
	}
	panic("another kind of value")
}

func TestTheSDKsOwnMarshallerAgreesWhereBothApply(t *testing.T) {
	type common struct {
		ID    string            `dynamorm:"id,pk" dynamodbav:"id"`
		Text  string            `dynamorm:"text" dynamodbav:"text"`
		Count int64             `dynamorm:"count" dynamodbav:"count"`
		Ratio float64           `dynamorm:"ratio" dynamodbav:"ratio"`
		Flag  bool              `dynamorm:"flag" dynamodbav:"flag"`
		Bin   []byte            `dynamorm:"bin" dynamodbav:"bin"`
		List  []string          `dynamorm:"list" dynamodbav:"list"`
		Names map[string]string `dynamorm:"names" dynamodbav:"names"`
	}
	model, err := dynamorm.Declare[common](dynamorm.Spec{Table: "common", Name: "Common"})
	if err != nil {
		t.Fatal(err)
	}
	ours, r := codec.New(model.Schema()), rand.New(rand.NewPCG(11, 12))
	for range 500 {
		value := &common{
			ID: "i" + text(r), Text: text(r), Count: r.Int64(), Ratio: float64(r.Int32()) / 8, Flag: r.IntN(2) == 0, Bin: []byte{1, 2, byte(r.IntN(256))},
			List: []string{text(r), ""}, Names: map[string]string{"a": text(r)},
		}
		item, err := ours.AppendItem(nil, value)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := attributevalue.MarshalMap(value)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(item, &got); err != nil {
			t.Fatal(err)
		}
		if want := plain(&types.AttributeValueMemberM{Value: theirs}).(map[string]any)["M"]; !reflect.DeepEqual(any(got), want) {
			t.Fatalf("\n%v\nis not\n%v", got, want)
		}
	}
}

func TestAnAbsentAttributeWritesBackAsAbsent(t *testing.T) {
	var got Thing
	const item = `{"count":{"N":"0"},"id":{"S":"i"},"ratio":{"N":"0"}}`
	if err := plan.UnmarshalItem([]byte(item), &got, false); err != nil {
		t.Fatal(err)
	}
	again, err := plan.AppendItem(nil, &got)
	if err != nil {
		t.Fatal(err)
	}
	// Plain strings, numbers, booleans and times have a zero value of their own, which is a value; what has none stays absent.
	for _, name := range []string{"price", "day", "status", "maybe", "flag", "bin", "nano", "labels", "lines", "box", "list", "data"} {
		if strings.Contains(string(again), `"`+name+`"`) {
			t.Errorf("%s came into being: %s", name, again)
		}
	}
}

func TestRefusalsNameThePathAndNeverTheValue(t *testing.T) {
	far := time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)
	secret := "hush"
	rows := map[string]struct {
		value any
		path  string
		code  errs.Code
	}{
		"no key":               {map[string]any{}, "id", errs.MissingPrimaryKey},
		"an empty key":         {&Thing{}, "id", errs.ValidationFailed},
		"a key too long":       {&Thing{Base: Base{strings.Repeat("k", 2049)}}, "id", errs.ValidationFailed},
		"an unknown attribute": {map[string]any{"id": "i", "nosuch": secret}, "nosuch", errs.ValidationFailed},
		"text for a number":    {map[string]any{"id": "i", "big": secret}, "big", errs.ValidationFailed},
		"a bad enumeration":    {&Thing{Base: Base{"i"}, Status: secret}, "status", errs.ValidationFailed},
		"a nested value":       {map[string]any{"id": "i", "lines": []any{map[string]any{"sku": "a"}, map[string]any{"sku": "b", "qty": secret}}}, "lines[1].qty", errs.ValidationFailed},
		"a required member":    {map[string]any{"id": "i", "lines": []any{map[string]any{"qty": 1}}}, "lines[0].sku", errs.ValidationFailed},
		"null in a typed list": {map[string]any{"id": "i", "lines": []any{nil}}, "lines[0]", errs.ValidationFailed},
		"a year of five":       {&Thing{Base: Base{"i"}, Stamp: far}, "stamp", errs.ValidationFailed},
		"not UTF-8":            {&Thing{Base: Base{"i"}, Text: secret + "\xff"}, "text", errs.ValidationFailed},
		"JSON that is not":     {&Thing{Base: Base{"i"}, Data: struct{ A string }{secret + "\xff"}}, "data", errs.ValidationFailed},
		"a far untyped time":   {&Thing{Base: Base{"i"}, List: []any{far}}, "list[0]", errs.ValidationFailed},
		"an item too large":    {&Thing{Base: Base{"i"}, Text: strings.Repeat("x", 409600)}, "", errs.ItemTooLarge},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			_, err := plan.AppendItem(nil, row.value)
			var e *errs.Error
			if !errors.As(err, &e) || e.Code != row.code || e.Path != row.path || e.Origin != errs.Client {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the text holds the value: %v", err)
			}
		})
	}
}

func TestWhatDoesNotFitIsDecodeFailedAtItsPath(t *testing.T) {
	for item, path := range map[string]string{
		`{"id":{"S":"i"},"big":{"S":"hush"}}`:                              "big",
		`{"id":{"S":"i"},"small":{"N":"256"}}`:                             "small",
		`{"id":{"S":"i"},"big":{"N":"1.5"}}`:                               "big",
		`{"id":{"S":"i"},"lines":{"L":[{"M":{"sku":{"N":"1"}}}]}}`:         "lines[0].sku",
		`{"id":{"S":"i"},"lines":{"L":[{"NULL":true}]}}`:                   "lines[0]",
		`{"id":{"S":"i"},"box":{"M":{"names":{"M":{"a":{"N":"1"}}}}}}`:     "box.names.a",
		`{"id":{"S":"i"},"box":{"M":{"names":{"M":{"a":{"NULL":true}}}}}}`: "box.names.a",
		`{"id":{"S":"i"},"bin":{"B":"!!"}}`:                                "bin",
		`{"id":{"S":"i"},"data":{"S":"{\"a\":1,\"a\":2}"}}`:                "data",
		`{"text":{"S":"hush"}}`:                                            "id",
	} {
		var got Thing
		err := plan.UnmarshalItem([]byte(item), &got, false)
		var e *errs.Error
		if !errors.As(err, &e) || e.Code != errs.DecodeFailed || e.Path != path || !strings.Contains(err.Error(), "Thing") || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s gave %v", item, err)
		}
	}
}

func TestSameItemsHoldTheSameValues(t *testing.T) {
	const item = `{"a":{"N":"1"},"s":{"SS":["x","y"]},"m":{"M":{"k":{"NS":["1","2"]}}}}`
	if !codec.SameItem([]byte(item), []byte(`{"m":{"M":{"k":{"NS":["2.0","1"]}}},"s":{"SS":["y","x"]},"a":{"N":"1.0"}}`)) {
		t.Error("order and spelling do not count")
	}
	for _, other := range []string{`{"a":{"N":"1"}}`, `{"a":{"S":"1"},"s":{"SS":["x","y"]},"m":{"M":{"k":{"NS":["1","2"]}}}}`, `{"a":{"N":"1"},"s":{"SS":["x","y"]},"m":{"M":{"k":{"NS":["1","2"]}}},"unknown":{"S":"z"}}`, `{`} {
		if codec.SameItem([]byte(item), []byte(other)) {
			t.Errorf("%s is another item", other)
		}
	}
}

// FuzzUnmarshalItem demands that any bytes are read or refused, never a panic, and that what was read can be written and read again.
func FuzzUnmarshalItem(f *testing.F) {
	r := rand.New(rand.NewPCG(13, 14))
	for range 20 {
		item, err := plan.AppendItem(nil, thing(r))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(item)
	}
	f.Add([]byte(`{"id":{"S":"\ud83d\ude00"},"x":[{}],"big":{"N":"1E5"}}`))
	f.Fuzz(func(t *testing.T, item []byte) {
		var values map[string]any
		if plan.UnmarshalItem(item, &values, false) != nil {
			return
		}
		written, err := plan.AppendItem(nil, values)
		if err != nil {
			return // the stored key may break a rule that only writing has
		}
		var again map[string]any
		if err := plan.UnmarshalItem(written, &again, false); err != nil {
			t.Fatalf("%s was read, written as %s and refused: %v", item, written, err)
		}
	})
}
