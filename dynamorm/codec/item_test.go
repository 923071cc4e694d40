package codec_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

type leaf struct {
	Blob  []byte         `dynamorm:"blob"`
	At    *time.Time     `dynamorm:"at"`
	Count map[string]int `dynamorm:"count"`
}

// sample has every type and format once.
type sample struct {
	ID      string              `dynamorm:"id,pk"`
	Text    *string             `dynamorm:"text"`
	Whole   int32               `dynamorm:"whole"`
	Big     *int64              `dynamorm:"big,int64"`
	Natural uint64              `dynamorm:"natural,type:N"`
	Ratio   float64             `dynamorm:"ratio"`
	Price   *codec.Number       `dynamorm:"price,decimal"`
	Bin     []byte              `dynamorm:"bin"`
	Flag    bool                `dynamorm:"flag"`
	Items   []any               `dynamorm:"items"`
	Doc     map[string]any      `dynamorm:"doc"`
	Words   []string            `dynamorm:"words,set"`
	Tags    map[string]struct{} `dynamorm:"tags"`
	Numbers []int64             `dynamorm:"numbers,set"`
	Blobs   [][]byte            `dynamorm:"blobs,set"`
	Stamp   time.Time           `dynamorm:"stamp"`
	Nano    *time.Time          `dynamorm:"nano,rfc3339nano"`
	Day     *time.Time          `dynamorm:"day,date"`
	UID     *string             `dynamorm:"uid,uuid"`
	YesNo   bool                `dynamorm:"yes_no,bool_string"`
	Seconds time.Time           `dynamorm:"seconds,unix_seconds"`
	Millis  *int64              `dynamorm:"millis,unix_millis"`
	Data    any                 `dynamorm:"data,json"`
	Raw     json.RawMessage     `dynamorm:"raw,json"`
	Leaf    *leaf               `dynamorm:"leaf"`
	Leaves  []leaf              `dynamorm:"leaves"`
}

func plan[T any](t testing.TB) *codec.Plan {
	t.Helper()
	m, err := schema.Declare(reflect.TypeFor[T](), schema.Declaration{Name: "Sample", Table: "samples"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := codec.Compile(m, reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// dice makes values for the laws.
type dice struct{ *rand.Rand }

func (d dice) text() string {
	alphabet := []rune("aé😀\"\\\n\x00<&\u2028ﬀ7")
	out := make([]rune, d.IntN(9))
	for i := range out {
		out[i] = alphabet[d.IntN(len(alphabet))]
	}
	return string(out)
}

func (d dice) bytes() []byte {
	out := make([]byte, d.IntN(7))
	for i := range out {
		out[i] = byte(d.Uint32())
	}
	return out
}

func (d dice) time(unit time.Duration) time.Time {
	return time.Unix(d.Int64N(4e9)-1e9, d.Int64N(1e9)).UTC().Truncate(unit)
}

func (d dice) number() codec.Number {
	return codec.Number(strconv.FormatInt(d.Int64N(1e9)*10+1, 10) + "." + strconv.Itoa(d.IntN(9)+1))
}

func (d dice) any(depth int) any {
	switch d.IntN(11 - min(depth, 3)) {
	case 0:
		return nil
	case 1:
		return d.text()
	case 2:
		return d.number()
	case 3:
		return d.bytes()
	case 4:
		return d.IntN(2) == 0
	case 5:
		return codec.StringSet{"a" + d.text()}
	case 6:
		return codec.NumberSet{d.number()}
	case 7:
		return codec.BinarySet{d.bytes()}
	case 8:
		list := make([]any, d.IntN(3))
		for i := range list {
			list[i] = d.any(depth + 1)
		}
		return list
	}
	m := map[string]any{}
	for range d.IntN(3) {
		m[d.text()] = d.any(depth + 1)
	}
	return m
}

func maybe[T any](d dice, v T) *T {
	if d.IntN(3) == 0 {
		return nil
	}
	return &v
}

func (d dice) leaf() leaf {
	return leaf{Blob: d.bytes(), At: maybe(d, d.time(time.Microsecond)), Count: map[string]int{d.text(): d.IntN(99) - 50}}
}

func (d dice) sample() *sample {
	day := d.time(24 * time.Hour)
	leafOne := d.leaf()
	words := []string{d.text(), "x" + d.text()}
	slices.Sort(words)
	numbers := []int64{d.Int64(), -d.Int64()}
	slices.Sort(numbers)
	return &sample{
		ID: "k" + d.text(), Text: maybe(d, d.text()), Whole: int32(d.Uint32()), Big: maybe(d, int64(d.Uint64())), Natural: d.Uint64(), Ratio: math.Trunc(d.NormFloat64()*1e6) / 1e3,
		Price: maybe(d, d.number()), Bin: d.bytes(), Flag: d.IntN(2) == 0, Items: []any{d.any(0), d.any(0)}, Doc: map[string]any{"": d.any(0), d.text(): d.any(0)},
		Words: slices.Compact(words), Tags: map[string]struct{}{d.text(): {}, "t": {}}, Numbers: slices.Compact(numbers), Blobs: [][]byte{d.bytes()},
		Stamp: d.time(time.Microsecond), Nano: maybe(d, d.time(time.Nanosecond)), Day: &day, UID: maybe(d, "6ba7b810-9dad-11d1-80b4-00c04fd430c8"), YesNo: d.IntN(2) == 0,
		Seconds: d.time(time.Second), Millis: maybe(d, d.Int64()), Data: map[string]any{d.text(): []any{nil, d.number(), d.text()}}, Raw: json.RawMessage(`{"a":[1,"x"]}`),
		Leaf: maybe(d, leafOne), Leaves: []leaf{d.leaf(), d.leaf()},
	}
}

func TestAValueReadBackEqualsTheValueWritten(t *testing.T) {
	p := plan[sample](t)
	d := dice{rand.New(rand.NewPCG(1, 2))}
	for range 3000 {
		in := d.sample()
		item, err := p.AppendItem(nil, in, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(item) {
			t.Fatalf("no JSON: %s", item)
		}
		out := new(sample)
		if err := p.Unmarshal(item, out, false); err != nil {
			t.Fatalf("%v: %s", err, item)
		}
		if !reflect.DeepEqual(in, out) {
			t.Fatalf("wrote %+v\nread  %+v\nitem  %s", in, out, item)
		}
	}
}

func TestAStructAndAMapOfTheSameModelAreWrittenAlike(t *testing.T) {
	p := plan[sample](t)
	maps, err := codec.Compile(p.Model, reflect.TypeFor[map[string]any]())
	if err != nil {
		t.Fatal(err)
	}
	d := dice{rand.New(rand.NewPCG(3, 4))}
	for range 500 {
		item, err := p.AppendItem(nil, d.sample(), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]any
		if err := maps.Unmarshal(item, &m, false); err != nil {
			t.Fatal(err)
		}
		again, err := maps.AppendItem(nil, &m, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !codec.Equal(item, again) {
			t.Fatalf("struct %s\nmap    %s", item, again)
		}
	}
}

func TestWhiteSpaceAndTheOrderOfMembersDoNotMatterOnRead(t *testing.T) {
	p := plan[sample](t)
	d := dice{rand.New(rand.NewPCG(5, 6))}
	for range 300 {
		in := d.sample()
		item, err := p.AppendItem(nil, in, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		var tree any
		if err := json.Unmarshal(item, &tree); err != nil {
			t.Fatal(err)
		}
		indented, err := json.MarshalIndent(tree, "\r\n", " \t")
		if err != nil {
			t.Fatal(err)
		}
		out := new(sample)
		if err := p.Unmarshal(indented, out, false); err != nil || !reflect.DeepEqual(in, out) {
			t.Fatalf("%v\n%s", err, indented)
		}
	}
}

func FuzzAnyItemIsReadOrRefusedAndWhatIsReadCanBeWritten(f *testing.F) {
	p := plan[sample](f)
	d := dice{rand.New(rand.NewPCG(7, 8))}
	for range 5 {
		item, err := p.AppendItem(nil, d.sample(), nil, nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(item)
	}
	f.Add([]byte(`{"id":{"S":"a"},"words":{"SS":[]},"data":{"S":"{"}}`))
	f.Fuzz(func(t *testing.T, item []byte) {
		out := new(sample)
		if err := p.Unmarshal(item, out, false); err != nil {
			var e *errs.Error
			if !errors.Is(err, codec.ErrMalformed) && !errors.As(err, &e) {
				t.Fatalf("a bare error: %v", err)
			}
			return
		}
		if text, err := p.AppendItem(nil, out, nil, nil); err == nil && !json.Valid(text) {
			t.Fatalf("no JSON: %s", text)
		}
	})
}

type flat struct {
	PK      string            `dynamorm:"pk,pk"`
	SK      string            `dynamorm:"sk,sk"`
	Name    string            `dynamorm:"name"`
	Email   *string           `dynamorm:"email"`
	Age     int64             `dynamorm:"age"`
	Score   float64           `dynamorm:"score"`
	Price   codec.Number      `dynamorm:"price,decimal"`
	Active  bool              `dynamorm:"active"`
	Tags    []string          `dynamorm:"tags,set"`
	Created time.Time         `dynamorm:"created"`
	Expires time.Time         `dynamorm:"expires,unix_seconds"`
	Blob    []byte            `dynamorm:"blob"`
	Lines   []line            `dynamorm:"lines"`
	Note    map[string]string `dynamorm:"note"`
}

type line struct {
	SKU string `dynamorm:"sku"`
	Qty int    `dynamorm:"qty"`
}

func example() *flat {
	mail := "ada@example.com"
	now := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	return &flat{PK: "user#1", SK: "profile", Name: "Ada Lovelace é", Email: &mail, Age: 36, Score: 98.5, Price: "12.50", Active: true,
		Tags: []string{"a", "b", "c"}, Created: now, Expires: now, Blob: []byte{1, 2, 3}, Lines: []line{{"x", 1}, {"y", 2}}}
}

func TestWritingAStructAllocatesNothing(t *testing.T) {
	p, v := plan[flat](t), example()
	buf := make([]byte, 0, 4096)
	allocs := testing.AllocsPerRun(200, func() {
		out, err := p.AppendItem(buf, v, nil, nil)
		if err != nil || len(out) == 0 {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkWriting(b *testing.B) {
	p, v := plan[flat](b), example()
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.AppendItem(buf, v, nil, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReading(b *testing.B) {
	p := plan[flat](b)
	item, err := p.AppendItem(nil, example(), nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var v flat
		if err := p.Unmarshal(item, &v, false); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAnErrorNamesThePathAndNeverTheValue(t *testing.T) {
	type inner struct {
		Day *string `dynamorm:"odd.day,date"`
	}
	type outer struct {
		ID    string  `dynamorm:"id,pk"`
		Lines []inner `dynamorm:"lines"`
	}
	p := plan[outer](t)
	secret := "secret-value"
	_, err := p.AppendItem(nil, &outer{ID: "a", Lines: []inner{{}, {&secret}}}, nil, nil)
	e := errs.As(err)
	if e == nil || e.Code != errs.CodeValidationFailed || e.Path != "lines[1].`odd.day`" || strings.Contains(e.Error(), secret) {
		t.Errorf("got %v", err)
	}
	err = p.Unmarshal([]byte(`{"id":{"S":"a"},"lines":{"L":[{"M":{"odd.day":{"S":"secret-value"}}}]}}`), new(outer), false)
	e = errs.As(err)
	if e == nil || e.Code != errs.CodeDecodeFailed || e.Path != "lines[0].`odd.day`" || e.Model != "Sample" || strings.Contains(e.Error(), secret) {
		t.Errorf("got %v", err)
	}
}

func TestAStoredNumberBeyondTheGoTypeIsDecodeFailed(t *testing.T) {
	type small struct {
		ID   string  `dynamorm:"id,pk"`
		Byte *int8   `dynamorm:"byte"`
		Pos  *uint16 `dynamorm:"pos"`
		Wide *uint64 `dynamorm:"wide,type:N"`
	}
	p := plan[small](t)
	for _, item := range []string{`{"id":{"S":"a"},"byte":{"N":"128"}}`, `{"id":{"S":"a"},"byte":{"N":"-129"}}`, `{"id":{"S":"a"},"pos":{"N":"-1"}}`, `{"id":{"S":"a"},"pos":{"N":"1.5"}}`, `{"id":{"S":"a"},"wide":{"N":"18446744073709551616"}}`, `{"id":{"S":"a"},"wide":{"N":"-1"}}`} {
		if e := errs.As(p.Unmarshal([]byte(item), new(small), false)); e == nil || e.Code != errs.CodeDecodeFailed || e.Path == "" {
			t.Errorf("%s: got %v", item, e)
		}
	}
	v := new(small)
	if err := p.Unmarshal([]byte(`{"id":{"S":"a"},"byte":{"N":"-1.28E+2"},"wide":{"N":"18446744073709551615"}}`), v, false); err != nil || *v.Byte != -128 || *v.Wide != math.MaxUint64 {
		t.Errorf("got %+v, %v", v, err)
	}
}

func TestAGoTypeThatCannotHoldItsAttributeIsInvalidModel(t *testing.T) {
	type good struct {
		ID  string `dynamorm:"id,pk"`
		Age int64  `dynamorm:"age"`
	}
	m := plan[good](t).Model
	for name, typ := range map[string]reflect.Type{
		"other type": reflect.TypeFor[struct {
			ID  string `dynamorm:"id"`
			Age string `dynamorm:"age"`
		}](),
		"missing field": reflect.TypeFor[struct {
			ID string `dynamorm:"id"`
		}](),
		"field too many": reflect.TypeFor[struct {
			ID   string `dynamorm:"id"`
			Age  int    `dynamorm:"age"`
			More int    `dynamorm:"more"`
		}](),
		"no struct": reflect.TypeFor[int](),
	} {
		if _, err := codec.Compile(m, typ); !errors.Is(err, errs.ErrInvalidModel) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
