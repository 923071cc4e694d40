package codec

import (
	"reflect"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// This file has what a copy needs that takes items as they are: whether a model reads them, and parts of them in other places.

// Reads fails as Unmarshal does where the model does not read an item. Attributes that are left are asked for nothing but that they are
// there: nobody opens them.
func (p *Plan) Reads(item []byte, opened Openings, left func(name string) bool) error {
	if err := p.CheckMark(item); err != nil {
		return err
	}
	for i := range p.obj.members {
		m := &p.obj.members[i]
		text, found, err := Member(item, m.name)
		there := false
		switch {
		case err != nil || !found:
		case left(m.name):
			there = TagOf(text) != schema.NULL
		default:
			if there, err = m.try(text, false, opened); err != nil {
				return p.At(err, m.name)
			}
		}
		if err == nil && !there && m.obliged() {
			err = m.missing()
		}
		if err != nil {
			return p.name(err)
		}
	}
	return nil
}

// Unset says whether a value, given by pointer, has in the place of an attribute what nobody has set: the zero value of a field that
// cannot say that it is absent.
func (p *Plan) Unset(v any, name string) bool {
	m := p.obj.byName[name]
	ptr, err := p.pointer(v)
	if err != nil || p.isMap || m == nil {
		return false
	}
	switch m.typ.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice:
		return false
	}
	return reflect.NewAt(m.typ, unsafe.Add(ptr, m.off)).Elem().IsZero()
}

// Replaced gives an item of which some values are others; the order of its members stays.
func Replaced(item []byte, values map[string][]byte) ([]byte, error) {
	if len(values) == 0 {
		return item, nil
	}
	out := append(make([]byte, 0, len(item)), '{')
	err := Members(item, func(name, text []byte) error {
		if other, ok := values[string(name)]; ok {
			text = other
		}
		out = appendMember(out, string(name), text)
		return nil
	})
	return append(out, '}'), err
}

// Joined gives an item with the members of another one that take says.
func Joined(item, other []byte, take func(name string) bool) ([]byte, error) {
	out := item[: len(item)-1 : len(item)-1]
	err := Members(other, func(name, text []byte) error {
		if take(string(name)) {
			out = appendMember(out, string(name), text)
		}
		return nil
	})
	return append(out, '}'), err
}
