package codec_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

type parcel struct {
	ID      string     `dynamorm:"id,pk"`
	Note    string     `dynamorm:"note,required,encrypted"`
	Sent    time.Time  `dynamorm:"sent,created_at"`
	Seen    *time.Time `dynamorm:"seen,updated_at"`
	Version int64      `dynamorm:"version,version"`
}

func parcels(t *testing.T) *codec.Plan {
	t.Helper()
	m, err := schema.Declare(reflect.TypeFor[parcel](), schema.Declaration{Name: "Parcel", Table: "parcels"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := codec.Compile(m, reflect.TypeFor[parcel]())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAnAttributeThatIsLeftIsAskedForNothingButThatItIsThere(t *testing.T) {
	p := parcels(t)
	left := func(name string) bool { return name == "note" }
	for item, path := range map[string]string{
		`{"id":{"S":"a"},"note":{"M":{"any":{"S":"thing"}}}}`:     "-",
		`{"id":{"S":"a"},"note":{"NULL":true}}`:                   "note",
		`{"id":{"S":"a"}}`:                                        "note",
		`{"id":{"S":"a"},"note":{"S":"x"},"version":{"S":"one"}}`: "version",
	} {
		err := p.Reads([]byte(item), nil, left)
		if e := errs.As(err); path == "-" && err != nil || path != "-" && (e == nil || e.Path != path || !errors.Is(err, errs.ErrDecodeFailed)) {
			t.Errorf("%s: got %v", item, err)
		}
	}
}

func TestAFieldThatCannotSayThatItIsAbsentIsUnsetWhereItIsZero(t *testing.T) {
	p, zero := parcels(t), time.Time{}
	for name, row := range map[string]struct {
		value parcel
		want  bool
	}{"sent": {parcel{}, true}, "version": {parcel{Version: 1}, false}, "seen": {parcel{}, false}, "nothing": {parcel{Seen: &zero}, false}} {
		if got := p.Unset(&row.value, name); got != row.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestPartsOfAnItemTakeOtherPlacesByteForByte(t *testing.T) {
	item := []byte(`{"a":{"N":"01.0"},"b\"":{"S":"\u00e9"}}`)
	got, err := codec.Replaced(item, map[string][]byte{"a": []byte(`{"S":"x"}`), "z": []byte(`{"S":"y"}`)})
	if err != nil || string(got) != `{"a":{"S":"x"},"b\"":{"S":"\u00e9"}}` {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err = codec.Joined([]byte(`{}`), item, func(name string) bool { return name == `b"` }); err != nil || string(got) != `{"b\"":{"S":"\u00e9"}}` {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err = codec.Joined([]byte(`{"k":{"S":"v"}}`), []byte(`{"a":{"N":"1E2"}}`), func(string) bool { return true }); err != nil || string(got) != `{"k":{"S":"v"},"a":{"N":"1E2"}}` {
		t.Errorf("got %s, %v", got, err)
	}
}
