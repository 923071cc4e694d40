package stream_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
	"github.com/dynamorm/dynamorm/dynamorm/stream"
)

type Note struct {
	ID   string            `dynamorm:"id,pk"`
	Text *string           `dynamorm:"text"`
	Mark *float64          `dynamorm:"mark,omitempty"`
	Data any               `dynamorm:"data,json"`
	Tags []string          `dynamorm:"tags,set"`
	Home map[string]string `dynamorm:"home"`
}

func model[T any](t *testing.T, d schema.Declaration) *schema.Model {
	t.Helper()
	m, err := schema.Declare(reflect.TypeFor[T](), d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func record(kind string, change string) stream.Record {
	return stream.Record(`{"eventID":"e","eventName":"` + kind + `","dynamodb":{"Keys":{"id":{"S":"a"}},"SequenceNumber":"9"` + change + `}}`)
}

func TestARecordIsReadByItsParts(t *testing.T) {
	got, err := stream.Parse(record("MODIFY", `,"ApproximateCreationDateTime":1767323045.1235,"OldImage":{"id":{"S":"a"}},"NewImage":{"id":{"S":"a"},"n":{"N":"1"}},"SizeBytes":3`))
	want := stream.Change{Kind: stream.Modify, EventID: "e", SequenceNumber: "9", CreatedAt: time.UnixMilli(1767323045124).UTC(),
		Keys: []byte(`{"id":{"S":"a"}}`), Old: []byte(`{"id":{"S":"a"}}`), New: []byte(`{"id":{"S":"a"},"n":{"N":"1"}}`)}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, %v", got, err)
	}
	if got, err := stream.Parse(record("REMOVE", `,"OldImage":null`)); err != nil || got.Old != nil || !got.CreatedAt.IsZero() || got.Kind != stream.Remove {
		t.Errorf("got %#v, %v", got, err)
	}
}

func TestARecordOfAnotherShapeIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":           `{`,
		"no object":         `[]`,
		"nothing":           ``,
		"no dynamodb":       `{"eventName":"INSERT"}`,
		"dynamodb as text":  `{"eventName":"INSERT","dynamodb":"x"}`,
		"no keys":           `{"eventName":"INSERT","dynamodb":{"SequenceNumber":"1"}}`,
		"keys as a list":    `{"eventName":"INSERT","dynamodb":{"SequenceNumber":"1","Keys":[]}}`,
		"a number":          `{"eventName":"INSERT","dynamodb":{"SequenceNumber":1,"Keys":{}}}`,
		"another kind":      `{"eventName":"UPSERT","dynamodb":{"SequenceNumber":"1","Keys":{}}}`,
		"no kind":           `{"dynamodb":{"SequenceNumber":"1","Keys":{}}}`,
		"an image of texts": `{"eventName":"INSERT","dynamodb":{"SequenceNumber":"1","Keys":{},"NewImage":{"a":"hush"}}}`,
		"an image as text":  `{"eventName":"INSERT","dynamodb":{"SequenceNumber":"1","Keys":{},"NewImage":"hush"}}`,
		"a time as text":    `{"eventName":"INSERT","dynamodb":{"SequenceNumber":"1","Keys":{},"ApproximateCreationDateTime":"1"}}`,
		"a time far away":   `{"eventName":"INSERT","dynamodb":{"SequenceNumber":"1","Keys":{},"ApproximateCreationDateTime":1e99}}`,
	} {
		if _, err := stream.Parse(stream.Record(text)); !errors.Is(err, errs.ErrDecodeFailed) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestTheTimeIsRoundedToTheNearestMillisecond(t *testing.T) {
	for number, want := range map[string]int64{"0": 0, "1": 1000, "1.0004": 1000, "1.0005": 1001, "1.7673230451239999E9": 1767323045124, "-0.0006": -1, "0.9999": 1000} {
		got, err := stream.Parse(record("INSERT", `,"ApproximateCreationDateTime":`+number))
		if err != nil || got.CreatedAt.UnixMilli() != want {
			t.Errorf("%s: got %v, %v", number, got.CreatedAt.UnixMilli(), err)
		}
	}
}

func TestOnlyARemovalByDynamoDBIsAnExpiry(t *testing.T) {
	for by, want := range map[string]bool{
		`{"type":"Service","principalId":"dynamodb.amazonaws.com"}`: true,
		`{"type":"Service","principalId":"other.amazonaws.com"}`:    false,
		`{"type":"User","principalId":"dynamodb.amazonaws.com"}`:    false,
		`null`: false,
		`"x"`:  false,
	} {
		for _, kind := range []string{"REMOVE", "MODIFY"} {
			text := strings.TrimSuffix(string(record(kind, "")), "}") + `,"userIdentity":` + by + `}`
			got, err := stream.Parse(stream.Record(text))
			if err != nil || got.Expired != (want && kind == "REMOVE") {
				t.Errorf("%s by %s: got %v, %v", kind, by, got.Expired, err)
			}
		}
	}
}

func TestWhatChangedIsToldByValue(t *testing.T) {
	p, err := codec.Compile(model[Note](t, schema.Declaration{Table: "notes"}), reflect.TypeFor[map[string]any]())
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		kind          stream.Kind
		before, after string
		want          []string
	}{
		"nothing":              {stream.Modify, `"text":{"S":"a"}`, `"text":{"S":"a"}`, []string{}},
		"a text":               {stream.Modify, `"text":{"S":"a"}`, `"text":{"S":"b"}`, []string{"text"}},
		"absent and empty":     {stream.Modify, ``, `"text":{"S":""}`, []string{"text"}},
		"absent and NULL":      {stream.Modify, ``, `"text":{"NULL":true}`, []string{}},
		"left out when empty":  {stream.Modify, ``, `"mark":{"N":"0"}`, []string{}},
		"a number's spelling":  {stream.Modify, `"mark":{"N":"1.0"}`, `"mark":{"N":"1"}`, []string{}},
		"JSON's spelling":      {stream.Modify, `"data":{"S":"{\"a\": 1.0, \"b\":[]}"}`, `"data":{"S":"{\"b\":[],\"a\":1}"}`, []string{}},
		"JSON":                 {stream.Modify, `"data":{"S":"[1]"}`, `"data":{"S":"[2]"}`, []string{"data"}},
		"a set's order":        {stream.Modify, `"tags":{"SS":["b","a"]}`, `"tags":{"SS":["a","b"]}`, []string{}},
		"a map":                {stream.Modify, `"home":{"M":{"a":{"S":"1"}}}`, `"home":{"M":{"a":{"S":"2"}}}`, []string{"home"}},
		"what nobody declared": {stream.Modify, `"other":{"S":"a"}`, `"other":{"S":"b"}`, []string{}},
		"all of an insert":     {stream.Insert, `-`, `"text":{"S":"a"},"mark":{"N":"1"}`, []string{"id", "mark", "text"}},
		"all of a removal":     {stream.Remove, `"tags":{"SS":["a"]}`, `-`, []string{"id", "tags"}},
		"no old image":         {stream.Modify, `-`, `"text":{"S":"a"}`, nil},
		"no new image":         {stream.Modify, `"text":{"S":"a"}`, `-`, nil},
		"no image at all":      {stream.Remove, `-`, `-`, nil},
	} {
		image := func(members string) []byte {
			if members == "-" {
				return nil
			}
			return []byte(strings.TrimSuffix(`{"id":{"S":"a"},`+members, ",") + "}")
		}
		got, err := stream.Changed(p, stream.Change{Kind: row.kind, Old: image(row.before), New: image(row.after)}, nil, nil)
		if err != nil || !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestARecordIsOfTheModelThatItsNewImageTells(t *testing.T) {
	mark := func(value string) *schema.Discriminator {
		return &schema.Discriminator{Attribute: "kind", Value: value}
	}
	a, b := model[Note](t, schema.Declaration{Table: "notes", Discriminator: mark("A")}), model[Note](t, schema.Declaration{Table: "notes", Discriminator: mark("B")})
	two := []*schema.Model{a, b}
	if err := stream.Check(two); err != nil {
		t.Fatal(err)
	}
	item := func(value string) []byte { return []byte(`{"kind":{"S":"` + value + `"}}`) }
	for name, row := range map[string]struct {
		models        []*schema.Model
		before, after []byte
		owner         int
		known, old    bool
	}{
		"new":                       {two, nil, item("B"), 1, true, false},
		"old":                       {two, item("A"), nil, 0, true, true},
		"both":                      {two, item("B"), item("B"), 1, true, true},
		"another one before":        {two, item("A"), item("B"), 1, true, false},
		"an unknown one before":     {two, item("X"), item("B"), 1, true, false},
		"unknown":                   {two, item("A"), item("X"), 0, false, true},
		"no mark":                   {two, nil, []byte(`{}`), 0, false, false},
		"no image":                  {two, nil, nil, 0, false, false},
		"no image of one":           {two[:1], nil, nil, 0, true, false},
		"another one than the sole": {two[:1], nil, item("B"), 0, false, false},
	} {
		c := stream.Change{Old: row.before, New: row.after}
		owner, known, err := stream.Owner(row.models, &c)
		if err != nil || known != row.known || known && owner != row.owner || (c.Old != nil) != row.old {
			t.Errorf("%s: got %d, %v, %v", name, owner, known, err)
		}
	}
	plain := model[Note](t, schema.Declaration{Table: "notes"})
	for _, list := range [][]*schema.Model{nil, {a, a}, {a, plain}, {plain, a}, {plain, plain}} {
		if err := stream.Check(list); !errors.Is(err, errs.ErrValidationFailed) {
			t.Errorf("got %v", err)
		}
	}
}

func TestARecordIsKeptAsItIsAndShowsNothing(t *testing.T) {
	text := `{"Records":[{"dynamodb":{"NewImage":{"a":{"S":"hush"}}}},"x"]}`
	var event struct{ Records []stream.Record }
	if err := json.Unmarshal([]byte(text), &event); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(event); err != nil || string(again) != text {
		t.Errorf("got %s, %v", again, err)
	}
	c := stream.Change{Kind: stream.Insert, New: []byte("hush")}
	if shown := fmt.Sprintf("%v %+v %#v %s %v %+v", event.Records, event.Records[0], event.Records, event.Records[0], c, &c); strings.Contains(shown, "hush") || strings.Contains(shown, "104 117") {
		t.Errorf("got %s", shown)
	}
}
