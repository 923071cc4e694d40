package codec

import (
	"bytes"
	"reflect"
	"time"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// AppendValue appends a value of an attribute, or of none, as an expression holds it at a depth; nothing for null and for an empty set.
func AppendValue(dst []byte, a *schema.Attribute, v any, depth int) ([]byte, error) {
	return anyNode(a).enc(dst, unsafe.Pointer(&v), depth)
}

// EmptyUnder says whether a written value is one that the attribute's omit_empty leaves out.
func EmptyUnder(a *schema.Attribute, text []byte) bool {
	for _, e := range emptyTexts(a) {
		if string(text) == e {
			return true
		}
	}
	return false
}

// CheckIndexKey holds a written value against the rules of a key, where the attribute is one of an index.
func CheckIndexKey(m *schema.Model, name string, text []byte) error {
	for _, ix := range m.Indexes {
		if ix.Partition.Attribute == name {
			if err := checkKey(text, schema.PartitionKeyMaxBytes); err != nil {
				return err
			}
		}
		if ix.Sort != nil && ix.Sort.Attribute == name {
			if err := checkKey(text, schema.SortKeyMaxBytes); err != nil {
				return err
			}
		}
	}
	return nil
}

// Stamp gives DynamoDB's JSON of an instant in an attribute's format.
func Stamp(a *schema.Attribute, now time.Time) ([]byte, error) {
	n := cell(a, timeType)
	if n == nil {
		return nil, refuse("the attribute holds no time")
	}
	text, err := n.enc(nil, unsafe.Pointer(&now), 1)
	if err != nil {
		return nil, within(err, a.Name)
	}
	return text, nil
}

// Compare orders two scalar values `{"S":…}`, `{"N":…}` or `{"B":…}` as DynamoDB does; false where their types differ or have no order.
func Compare(a, b []byte) (int, bool) {
	x, y := scanner{b: a}, scanner{b: b}
	s, err := x.open()
	t, fail := y.open()
	if err != nil || fail != nil || s != t {
		return 0, false
	}
	switch s {
	case schema.S, schema.N:
		u, err := x.text()
		v, fail := y.text()
		if s == schema.N {
			return canon.Compare(u, v), err == nil && fail == nil
		}
		return bytes.Compare(u, v), err == nil && fail == nil
	case schema.B:
		u, err := x.base64()
		v, fail := y.base64()
		return bytes.Compare(u, v), err == nil && fail == nil
	}
	return 0, false
}

// TagOf gives the tag of a value's JSON.
func TagOf(text []byte) schema.Type {
	d := scanner{b: text}
	t, _ := d.open()
	return t
}

// NumberOf gives the text of a value `{"N":"…"}`, "" for any other.
func NumberOf(text []byte) string {
	d := scanner{b: text}
	if t, err := d.open(); err != nil || t != schema.N {
		return ""
	}
	r, _, err := d.raw()
	if err != nil {
		return ""
	}
	out, ok := canon.AppendNumber(nil, r)
	if !ok {
		return ""
	}
	return string(out)
}

// Equal says whether two items hold the same, whatever the order of members and of sets and the spelling of numbers.
func Equal(a, b []byte) bool {
	x, y := scanner{b: a, partial: true}, scanner{b: b, partial: true}
	n, _ := freeMapNode(itemMap)
	var u, v map[string]any
	if wrapped(&x, n, &u) != nil || wrapped(&y, n, &v) != nil {
		return false
	}
	return reflect.DeepEqual(u, v)
}

// wrapped reads an item as if it were a map's value.
func wrapped(d *scanner, n *node, into *map[string]any) error {
	d.b = append(append([]byte(`{"M":`), d.b...), '}')
	return n.dec(d, unsafe.Pointer(into))
}

// IsNull says whether a value that writes nothing is null, and not an empty set.
func IsNull(v any) bool {
	return v == nil || isNull(reflect.ValueOf(v))
}
