package dynamorm_test

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
	"github.com/dynamorm/dynamorm/dynamorm/schema/dms"
)

type parcel struct {
	CustomerID string  `dynamorm:"customer_id"`
	Kind       string  `dynamorm:"kind"`
	Number     int64   `dynamorm:"number"`
	Rest       string  `dynamorm:"rest"`
	Note       *string `dynamorm:"note"`
}

func parcels(t *testing.T) *dynamorm.Model[parcel] {
	t.Helper()
	m, err := dynamorm.Define[parcel](dynamorm.Declaration{
		Name: "Parcel", Table: "shop",
		Partition:     &dynamorm.Template{Attribute: "pk", Text: "CUSTOMER#{customer_id}"},
		Sort:          &dynamorm.Template{Attribute: "sk", Text: "{kind}##{number:03d}{rest}"},
		Composed:      []dynamorm.Template{{Attribute: "gsi", Text: "NOTE#{note}"}},
		Discriminator: &dynamorm.Discriminator{Attribute: "_type", Value: "Parcel"},
		Indexes:       []schema.Index{{Name: "by-note", Partition: &schema.Key{Attribute: "gsi", Type: schema.S}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestComposedKeysAreStoredAndNotRead(t *testing.T) {
	m := parcels(t)
	given := parcel{CustomerID: "c", Kind: "k", Number: 7, Rest: "r"}
	text, err := m.Marshal(&given)
	if err != nil {
		t.Fatal(err)
	}
	var item map[string]map[string]string
	if err := json.Unmarshal(text, &item); err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{
		"customer_id": {"S": "c"}, "kind": {"S": "k"}, "number": {"N": "7"}, "rest": {"S": "r"},
		"pk": {"S": "CUSTOMER#c"}, "sk": {"S": "k##007r"}, "_type": {"S": "Parcel"},
	}
	if !reflect.DeepEqual(item, want) {
		t.Errorf("stored %s", text)
	}
	if read, err := m.Unmarshal(text); err != nil || !reflect.DeepEqual(*read, given) {
		t.Errorf("read %+v, %v", read, err)
	}
	if _, err := m.Unmarshal([]byte(`{"customer_id":{"S":"c"},"_type":{"S":"Other"}}`)); !errors.Is(err, dynamorm.ErrDecodeFailed) {
		t.Errorf("an item of another model: %v", err)
	}
}

func TestOtherPartsAreOtherKeys(t *testing.T) {
	m := parcels(t)
	r := rand.New(rand.NewPCG(1, 2))
	letters := []string{"#", "a", "é", "😀", "C"}
	text := func() (out string) {
		for range 1 + r.IntN(6) {
			out += letters[r.IntN(len(letters))]
		}
		return out
	}
	type parts struct {
		kind   string
		number int64
		rest   string
	}
	owner := map[string]parts{}
	for range 20000 {
		p := parts{text(), r.Int64N(1000), text()}
		item, err := m.Marshal(&parcel{CustomerID: "c", Kind: p.kind, Number: p.number, Rest: p.rest})
		if errors.Is(err, dynamorm.ErrValidationFailed) {
			continue
		}
		var found map[string]map[string]string
		if err != nil || json.Unmarshal(item, &found) != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		key := found["sk"]["S"]
		if other, there := owner[key]; there && other != p {
			t.Fatalf("%+v and %+v have the key %q", other, p, key)
		}
		owner[key] = p
	}
	if len(owner) < 1000 {
		t.Errorf("only %d keys", len(owner))
	}
}

func TestAKeyIsItsParts(t *testing.T) {
	m := parcels(t)
	table := dynamorm.NewTable(dynamorm.NewClient(stubbed("{}")), m)
	for name, key := range map[string]any{
		"a map with the composed text": map[string]any{"pk": "CUSTOMER#c"},
		"a struct with the discriminator": struct {
			Type string `dynamorm:"_type"`
		}{"Parcel"},
	} {
		if _, err := table.Exists(context.Background(), key); !errors.Is(err, dynamorm.ErrValidationFailed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var e *dynamorm.Error
	if _, err := table.Exists(context.Background(), dynamorm.Key{"c", "k"}); !errors.As(err, &e) || e.Code != "MissingPrimaryKey" || e.Path != "number" {
		t.Errorf("by position: %v", err)
	}
}

func TestADeclaredDiscriminatorIsTheLibrarysAllTheSame(t *testing.T) {
	doc, err := dms.Load(`
dms_version: "1.0"
models:
  - name: A
    table: { name: aaa }
    keys: { partition: { attribute: id, type: S } }
    discriminator: { attribute: kind, value: A }
    attributes:
      - { attribute: id, type: S, required: true }
      - { attribute: kind, type: S }
`)
	if err != nil {
		t.Fatal(err)
	}
	m, err := dynamorm.Dynamic(doc.Models[0])
	if err != nil {
		t.Fatal(err)
	}
	if text, err := m.Marshal(&map[string]any{"id": "x"}); err != nil || string(text) != `{"id":{"S":"x"},"kind":{"S":"A"}}` {
		t.Errorf("%s, %v", text, err)
	}
	if _, err := m.Marshal(&map[string]any{"id": "x", "kind": "A"}); !errors.Is(err, dynamorm.ErrValidationFailed) {
		t.Errorf("a value that names it: %v", err)
	}
}
