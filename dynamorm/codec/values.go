package codec

import (
	"bytes"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// A Value is the codec of what an expression compares or sets: the values of one attribute, or of a path nobody declared.
type Value struct {
	any *anyValue
	// rules hold for values that are set.
	rules []rule
}

// ValueOf makes the codec of an attribute; nil is a path that no declaration types.
func ValueOf(a *schema.Attribute) *Value { return &Value{any: compileAny(a, 1)} }

// Root gives the codec of a top-level attribute, with the rules of a key or a time to live where it is one; nil where there is none.
func (p *Plan) Root(name string) *Value {
	f := p.maps.byName[name]
	if f == nil {
		return nil
	}
	return &Value{any: compileAny(f.attribute, 1), rules: f.rules}
}

// Append writes a value as an operand. Null is no operand, except where nothing is declared or null is the type.
func (v *Value) Append(b []byte, value any) ([]byte, error) {
	if v.any.absent(value) {
		switch a := v.any.attribute; {
		case a == nil:
			return append(b, nullValue...), nil
		case a.Type == schema.Null:
			return append(b, nullValue...), nil
		case a.Encryption == nil:
			return b, refused(describe(a), nil)
		}
	}
	return v.any.append(b, value)
}

// AppendSet writes a value that an update sets; false tells that setting it means to remove the attribute.
func (v *Value) AppendSet(b []byte, value any) ([]byte, bool, error) {
	a := v.any.attribute
	if v.any.absent(value) {
		if a != nil {
			return b, false, nil
		}
		return append(b, nullValue...), true, nil
	}
	mark := len(b)
	b, err := v.any.append(b, value)
	if err != nil {
		return b[:mark], true, err
	}
	if a != nil && a.OmitEmpty && isEmpty(a, b[mark:]) {
		return b[:mark], false, nil
	}
	for _, r := range v.rules {
		if err := r(b[mark:]); err != nil {
			return b[:mark], true, err
		}
	}
	return b, true, nil
}

// Compare orders two written values of one type S, N or B; false where they are of others.
func Compare(x, y []byte) (int, bool) { return compareWire(x, y) }

// EqualItems tells whether two items hold the same, whatever the order of members and sets and the spelling of numbers.
func EqualItems(x, y []byte) bool {
	a, err := canonicalItem(x)
	if err != nil {
		return false
	}
	b, err := canonicalItem(y)
	return err == nil && bytes.Equal(a, b)
}

func canonicalItem(item []byte) ([]byte, error) {
	m := map[string]any{}
	s := newScanner(item)
	err := s.members(func(name []byte) error {
		key := string(name)
		v, err := s.untyped(1)
		m[key] = v
		return err
	})
	if err != nil {
		return nil, err
	}
	return appendUntypedMap(nil, m, 0)
}

var _ unsafe.Pointer
