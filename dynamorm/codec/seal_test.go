package codec_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

type row struct {
	SKU   string       `dynamorm:"sku"`
	Price codec.Number `dynamorm:"price,decimal"`
}

type Chest struct {
	ID    string         `dynamorm:"id,pk"`
	At    codec.Number   `dynamorm:"at,sk"`
	Tags  []string       `dynamorm:"tags,set,encrypted"`
	Note  string         `dynamorm:"note,encrypted"`
	Lines []row          `dynamorm:"lines,encrypted"`
	Memo  string         `dynamorm:"memo,omitempty,encrypted"`
	Doc   map[string]any `dynamorm:"doc,json,encrypted"`
	Hint  string         `dynamorm:"hint"`
}

func chest(t *testing.T) *codec.Plan {
	t.Helper()
	m, err := schema.Declare(reflect.TypeFor[Chest](), schema.Declaration{Table: "chests"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := codec.Compile(m, reflect.TypeFor[Chest]())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func full() *Chest {
	return &Chest{ID: "a", At: "1.50", Tags: []string{"b", "a", "b"}, Note: "", Lines: []row{{"s", "1.50"}}, Doc: map[string]any{"b": 1, "a": nil}, Hint: "h"}
}

func TestEncryptedValuesLeaveMarksThatAreNoJSON(t *testing.T) {
	p, s := chest(t), &codec.Seals{}
	item, err := p.AppendItem(nil, full(), nil, s)
	if err != nil || json.Valid(item) || strings.Contains(string(item), "SS") || !strings.Contains(string(item), `"hint":{"S":"h"}`) {
		t.Fatalf("got %q, %v", item, err)
	}
	got := [][2]string{}
	for _, x := range s.All() {
		got = append(got, [2]string{x.Attribute().Name, string(x.Plain())})
		if key := x.Key(); len(key) != 2 || key[0].Name != "id" || string(key[0].Text) != "a" || key[1].Type != schema.N || string(key[1].Text) != "1.5" || x.Model() != p.Model {
			t.Errorf("got %v", key)
		}
		x.Fill([]byte(`{"S":"` + strings.ToUpper(x.Attribute().Name) + `"}`))
	}
	want := [][2]string{{"doc", `{"S":"{\"a\":null,\"b\":1}"}`}, {"lines", `{"L":[{"M":{"price":{"N":"1.5"},"sku":{"S":"s"}}}]}`}, {"note", `{"S":""}`}, {"tags", `{"SS":["a","b"]}`}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	filled := string(s.Filled(item))
	if want := `{"id":{"S":"a"},"at":{"N":"1.5"},"tags":{"S":"TAGS"},"note":{"S":"NOTE"},"lines":{"S":"LINES"},"doc":{"S":"DOC"},"hint":{"S":"h"}}`; filled != want {
		t.Errorf("got %s", filled)
	}
	if plain := s.Plainly(item); codec.ItemSize(plain) != codec.ItemSize([]byte(`{"id":{"S":"a"},"at":{"N":"1.5"},"hint":{"S":"h"}}`))+4+2+4+5+3+1+8+5+3+3+1+3+16 && !json.Valid(plain) {
		t.Errorf("got %s", plain)
	}
	var back Chest
	if err := p.UnmarshalOpened(item, &back, true, s.Openings(item)); err != nil || back.Lines[0].Price != "1.5" || !reflect.DeepEqual(back.Tags, []string{"a", "b"}) {
		t.Errorf("got %+v, %v", back, err)
	}
}

func TestSealsOfSeveralItemsAreInTheirOrder(t *testing.T) {
	p, s := chest(t), &codec.Seals{}
	b := []byte{}
	var err error
	for _, id := range []string{"b", "a"} {
		v := full()
		v.ID = id
		if b, err = p.AppendItem(b, v, nil, s); err != nil {
			t.Fatal(err)
		}
	}
	got := ""
	for _, x := range s.All() {
		got += string(x.Key()[0].Text) + x.Attribute().Name + " "
	}
	if got != "bdoc blines bnote btags adoc alines anote atags " {
		t.Errorf("got %s", got)
	}
}

func TestWithoutSealsAnEncryptedValueIsRefused(t *testing.T) {
	p := chest(t)
	_, err := p.AppendItem(nil, full(), nil, nil)
	if e := errs.As(err); e == nil || e.Code != errs.CodeEncryptionNotConfigured || e.Path != "tags" || e.Model != "Chest" {
		t.Errorf("got %v", err)
	}
	var none *codec.Seals
	if none.Len() != 0 || none.All() != nil || string(none.Filled([]byte("x"))) != "x" || none.Openings(nil) != nil || none.Bind(0, nil, nil) != nil {
		t.Error("no seals are some")
	}
}

func TestOnlyWhatWasOpenedIsRead(t *testing.T) {
	p := chest(t)
	item := []byte(`{"id":{"S":"a"},"at":{"N":"1"},"note":{"M":{}},"memo":{"NULL":true}}`)
	var v Chest
	if err := p.Unmarshal(item, &v, false); !errors.Is(err, errs.ErrEncryptionNotConfigured) {
		t.Errorf("got %v", err)
	}
	for name, row := range map[string]struct {
		opening codec.Opening
		want    error
	}{
		"text":           {codec.Opened([]byte(`{"S":"x"}`)), nil},
		"NULL":           {codec.Opened([]byte(`{"NULL":true}`)), nil},
		"another tag":    {codec.Opened([]byte(`{"N":"1"}`)), errs.ErrDecodeFailed},
		"a failure":      {codec.NotOpened(errs.New(errs.CodeKeyUnavailable, "", "no")), errs.ErrKeyUnavailable},
		"half a value":   {codec.Opened([]byte(`{"S":"x`)), errs.ErrDecodeFailed},
		"nothing at all": {codec.Opened(nil), errs.ErrDecodeFailed},
	} {
		for range 2 { // a failure is the reader's own each time
			err := p.UnmarshalOpened(item, &v, false, codec.Openings{"note": row.opening})
			if e := errs.As(err); !errors.Is(err, row.want) || e != nil && e.Path != "note" {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
}

func TestSealsAndOpeningsShowNothing(t *testing.T) {
	p, s := chest(t), &codec.Seals{}
	v := full()
	v.Note = "hush"
	if _, err := p.AppendItem(nil, v, nil, s); err != nil {
		t.Fatal(err)
	}
	o := codec.Openings{"note": codec.Opened([]byte("hush"))}
	text, _ := json.Marshal([]any{s, s.All(), o})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		text = append(text, fmt.Sprintf(verb, []any{s, s.All()[0], s.All(), o, o["note"]})...)
	}
	if strings.Contains(string(text), "hush") || strings.Contains(string(text), "68757368") {
		t.Errorf("got %s", text)
	}
}

func TestAKeyIsReadInCanonicalText(t *testing.T) {
	m := chest(t).Model
	for item, want := range map[string]bool{
		`{"at":{"N":"1.50"},"id":{"S":"a"}}`: true, `{"id":{"S":"a"}}`: false, `{"id":{"BOOL":true},"at":{"N":"1"}}`: false, `{"id":{"S":1},"at":{"N":"1"}}`: false,
		`{"id":{"S":"a"},"at":{"N":"x"}}`: false, `{"id":{"B":"?"},"at":{"N":"1"}}`: false, `x`: false,
	} {
		if _, err := codec.KeyOf(m, []byte(item)); (err == nil) != want {
			t.Errorf("%s: got %v", item, err)
		}
	}
}
