package codec_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

type keyed struct {
	Owner string `dynamorm:"owner,pk"`
	At    int64  `dynamorm:"at,sk"`
	Text  string `dynamorm:"text"`
}

func keyedModel(t *testing.T) *schema.Model {
	t.Helper()
	m, err := schema.Declare(reflect.TypeFor[keyed](), schema.Declaration{Name: "Keyed", Table: "keyed"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func identity(t *testing.T, m *schema.Model, item string) string {
	t.Helper()
	id, err := codec.AppendIdentity(nil, m, []byte(item))
	if err != nil {
		t.Fatalf("%s: %v", item, err)
	}
	return string(id)
}

func TestAnIdentityIsTheSameHoweverTheKeyIsSpelled(t *testing.T) {
	m := keyedModel(t)
	want := identity(t, m, `{"owner":{"S":"é"},"at":{"N":"100"}}`)
	for _, item := range []string{`{"at":{"N":"1E+2"},"owner":{"S":"\u00e9"}}`, ` { "text" : {"M":{"owner":{"S":"x"}}} , "at":{ "N" : "100.00" }, "owner":{"S":"é"}, "more": 1 }`} {
		if got := identity(t, m, item); got != want {
			t.Errorf("%s is another key", item)
		}
	}
	seen := map[string]string{}
	for _, item := range []string{`{"owner":{"S":"a"},"at":{"N":"1"}}`, `{"owner":{"B":"a"},"at":{"N":"1"}}`, `{"owner":{"S":"a"},"at":{"S":"1"}}`, `{"owner":{"S":""},"at":{"S":"a1"}}`, `{"owner":{"S":"aS"},"at":{"S":""}}`, `{"owner":{"S":"a"},"at":{"N":"-1"}}`} {
		id := identity(t, m, item)
		if seen[id] != "" {
			t.Errorf("%s and %s are one key", item, seen[id])
		}
		seen[id] = item
	}
	for _, bad := range []string{``, `{`, `[]`, `{}`, `{"owner":{"S":"a"}}`, `{"owner":{"S":"a"},"at":1}`, `{"owner":{"S":"a"},"at":{"N":"x"}}`, `{"owner":{"SS":["a"]},"at":{"N":"1"}}`} {
		if _, err := codec.AppendIdentity(nil, m, []byte(bad)); !errors.Is(err, codec.ErrMalformed) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestTheMembersOfAnObjectAreGivenInTheirOrder(t *testing.T) {
	got := []string{}
	err := codec.Members([]byte(` {"a" : [1, {}] ,"\u0062":{"c":"}"}, "d":null} `), func(name, text []byte) error {
		got = append(got, string(name)+"="+string(text))
		return nil
	})
	if err != nil || !reflect.DeepEqual(got, []string{"a=[1, {}]", `b={"c":"}"}`, "d=null"}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{``, `[]`, `{"a":1`, `{"a":1} x`} {
		if err := codec.Members([]byte(bad), func(_, _ []byte) error { return nil }); !errors.Is(err, codec.ErrMalformed) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestListsAreGoneOverByName(t *testing.T) {
	got := []string{}
	keep := func(prefix string) func(name, text []byte) error {
		return func(name, text []byte) error {
			got = append(got, prefix+string(name)+"="+string(text))
			return nil
		}
	}
	err := codec.Lists([]byte(`{"x":{"a":[1]}, "lists" : {"\u0061":[ {"b":[2]} , 3],"c":[]},"y":null}`), "lists", keep("-"), keep("+"))
	if err != nil || !reflect.DeepEqual(got, []string{`+x={"a":[1]}`, `-a={"b":[2]}`, "-a=3", "+y=null"}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{``, `{"lists":{"a":{}}}`, `{"lists":{"a":[1}}`, `{} x`} {
		if err := codec.Lists([]byte(bad), "lists", keep(""), keep("")); !errors.Is(err, codec.ErrMalformed) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestAKeyIsReadAsPlainValuesOutOfAnItem(t *testing.T) {
	p, err := codec.CompileKey(keyedModel(t))
	got := map[string]any{}
	if err == nil {
		err = p.Unmarshal([]byte(`{"owner":{"S":"a"},"at":{"N":"1"},"text":{"S":"x"}}`), &got, true)
	}
	if err != nil || !reflect.DeepEqual(got, map[string]any{"owner": "a", "at": int64(1)}) {
		t.Errorf("got %v, %v", got, err)
	}
	untyped := map[string]any{}
	if err := codec.UnmarshalUntyped([]byte(`{"a":{"SS":["x"]},"b":{"N":"1.50"}}`), &untyped); err != nil || !reflect.DeepEqual(untyped, map[string]any{"a": codec.StringSet{"x"}, "b": codec.Number("1.5")}) {
		t.Errorf("got %#v, %v", untyped, err)
	}
}
