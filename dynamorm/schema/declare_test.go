package schema_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
	"github.com/dynamorm/dynamorm/dynamorm/schema/dms"
)

// Base is embedded: its fields are the model's own.
type Base struct {
	Created time.Time `dynamorm:"created,created_at"`
}

type City struct {
	Base
	Country string              `dynamorm:"country,pk"`
	Name    string              `dynamorm:"na\\,me,sk"`
	People  *int32              `dynamorm:""`
	Rivers  map[string]struct{} `dynamorm:"rivers"`
	Twins   []string            `dynamorm:"twins,field:twin_names"`
	Kind    string              `dynamorm:"kind,enum:town|city,required"`
	Skipped func()              `dynamorm:"-"`
	hidden  int
}

const cities = `
dms_version: "1.0"
models:
  - name: City
    table: {name: cities}
    tags: {owner: [maps, null]}
    keys: {partition: {attribute: country, type: S}, sort: {attribute: "na,me", type: S}}
    attributes:
      - {attribute: created, type: S, roles: [created_at]}
      - {attribute: country, type: S, required: true}
      - {attribute: "na,me", type: S, required: true}
      - {attribute: People, type: N, format: int}
      - {attribute: rivers, type: SS}
      - {attribute: twins, type: L, items: {type: S}, field: twin_names}
      - {attribute: kind, type: S, enum: [town, city], required: true}
    indexes:
      - {name: by-kind, type: GSI, partition: {attribute: kind, type: S}}
      - {name: by-people, type: LSI, sort: {attribute: People, type: N}, projection: {type: INCLUDE, fields: [twins, kind]}, tags: {for: census}}
    views:
      - {name: Size, fields: [People, country]}
`

func TestATaggedStructAndADocumentAreTheSameModel(t *testing.T) {
	_ = City{}.hidden
	doc, err := dms.Load(cities)
	if err != nil {
		t.Fatal(err)
	}
	m, err := schema.Declare(reflect.TypeFor[City](), schema.Declaration{Table: "cities", Tags: map[string]any{"owner": []any{"maps", nil}}, Views: []schema.View{{Name: "Size", Fields: []string{"People", "country"}}}, Indexes: []schema.Index{
		{Name: "by-people", Local: true, Sort: &schema.Key{Attribute: "People", Type: schema.N}, Fields: []string{"kind", "twins"}, Tags: map[string]any{"for": "census"}},
		{Name: "by-kind", Partition: &schema.Key{Attribute: "kind", Type: schema.S}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if m.CanonicalJSON() != doc.CanonicalJSON() {
		t.Errorf("struct   %s\ndocument %s", m.CanonicalJSON(), doc.CanonicalJSON())
	}
}

func TestAStructThatIsNoModelIsInvalidModel(t *testing.T) {
	for name, typ := range map[string]reflect.Type{
		"no struct": reflect.TypeFor[int](),
		"no key": reflect.TypeFor[struct {
			A string `dynamorm:"a"`
		}](),
		"unknown option": reflect.TypeFor[struct {
			A string `dynamorm:"a,pk,colour"`
		}](),
		"no value": reflect.TypeFor[struct {
			A string   `dynamorm:"a,pk"`
			B chan int `dynamorm:"b"`
		}](),
		"two names": reflect.TypeFor[struct {
			A string `dynamorm:"a,pk"`
			B string `dynamorm:"a"`
		}](),
		"wrong format": reflect.TypeFor[struct {
			A string `dynamorm:"a,pk"`
			B string `dynamorm:"b,int"`
		}](),
	} {
		if _, err := schema.Declare(typ, schema.Declaration{Name: "Thing", Table: "things"}); !errors.Is(err, errs.ErrInvalidModel) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

type endless struct {
	ID   string   `dynamorm:"id,pk"`
	Next *endless `dynamorm:"next"`
}

func TestAStructThatHoldsItselfIsInvalidModel(t *testing.T) {
	_, err := schema.Declare(reflect.TypeFor[endless](), schema.Declaration{Name: "Endless", Table: "endless"})
	if !errors.Is(err, errs.ErrInvalidModel) {
		t.Errorf("got %v", err)
	}
}

func FuzzADocumentIsReadOrRefusedAndItsCanonicalJSONIsItself(f *testing.F) {
	f.Add(cities)
	f.Add(strings.ReplaceAll(cities, "cities", "x"))
	f.Add("a: &x [*x]")
	f.Add(`{"dms_version":"1.0"}`)
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := dms.Load(text)
		if err != nil {
			if !errors.Is(err, errs.ErrInvalidModel) {
				t.Fatalf("a bare error: %v", err)
			}
			return
		}
		again, err := dms.Load(doc.CanonicalJSON())
		if err != nil || again.CanonicalJSON() != doc.CanonicalJSON() {
			t.Errorf("%s does not load to itself: %v", doc.CanonicalJSON(), err)
		}
	})
}

type Paper struct {
	ID    string `dynamorm:"id,pk"`
	Plain string `dynamorm:"z,encrypted"`
	Both  string `dynamorm:"y,encrypted:Letter|text"`
	Model string `dynamorm:"x,encrypted:Letter"`
	Name  string `dynamorm:"w,encrypted:|te\\,xt"`
	Clear string `dynamorm:"v"`
}

func TestATagPinsTheNamesInEnvelopes(t *testing.T) {
	m, err := schema.Declare(reflect.TypeFor[Paper](), schema.Declaration{Table: "papers"})
	if err != nil {
		t.Fatal(err)
	}
	context := func(names map[string]any) map[string]any { return map[string]any{"context": names} }
	want := map[string]map[string]any{
		"z": {}, "y": context(map[string]any{"model": "Letter", "attribute": "text"}), "x": context(map[string]any{"model": "Letter"}), "w": context(map[string]any{"attribute": "te,xt"}), "v": nil,
	}
	names := ""
	for name, encryption := range want {
		if got := m.Attribute(name).Encryption; !reflect.DeepEqual(got, encryption) {
			t.Errorf("%s: got %v", name, got)
		}
	}
	for _, a := range m.Sealed {
		names += a.Name
	}
	if names != "wxyz" {
		t.Errorf("got %s", names)
	}
}
