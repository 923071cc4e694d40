package codec

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/limits"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// anyValue is the codec of an attribute whose values come in an interface: in a map[string]any, in an expression, in a field of type any.
// Reading gives one Go type per attribute: string, time.Time, bool, int64, float64, Number, []byte, []any, map[string]any or a set.
type anyValue struct {
	// attribute is nil where nothing is declared.
	attribute *schema.Attribute
	depth     int
	members   *anyObject
	items     *anyValue
	others    *reflection
}

func compileAny(a *schema.Attribute, depth int) *anyValue {
	v := &anyValue{attribute: a, depth: depth, others: &reflection{attribute: a}}
	if a == nil {
		v.others = reflectedUntyped
		return v
	}
	if a.Type == schema.Map && a.Typed() {
		v.members = compileAnyObject(a.Attributes, depth+1)
	}
	if a.Type == schema.List && a.Items != nil {
		v.items = compileAny(a.Items, depth+1)
	}
	return v
}

// absent tells the values that stand for null: nil itself, nil pointers, maps and slices, an empty Number; for a set an empty one.
func (v *anyValue) absent(value any) bool {
	isSet := v.attribute != nil && v.attribute.Type.IsSet()
	switch x := value.(type) {
	case nil:
		return true
	case string, bool, int, int64, float64, time.Time:
		return false
	case Number:
		return x == ""
	case json.RawMessage:
		return isNullJSON(reflect.ValueOf(x))
	}
	r := reflect.ValueOf(value)
	switch r.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return r.IsNil() || (isSet && r.Kind() != reflect.Pointer && r.Len() == 0)
	}
	return false
}

// append writes a value that is not absent.
func (v *anyValue) append(b []byte, value any) ([]byte, error) {
	if p := reflect.ValueOf(value); p.Kind() == reflect.Pointer && !p.IsNil() && (v.attribute == nil || !v.attribute.JSON) {
		value = p.Elem().Interface()
	}
	a := v.attribute
	switch {
	case a == nil:
		return appendUntyped(b, value, v.depth)
	case a.Encryption != nil:
		return b, errSealed()
	case a.JSON:
		return appendJSON(b, value)
	case value == nil:
		return b, refused(describe(a), nil)
	case v.depth > limits.NestingDepthMax:
		return b, tooDeep()
	}
	if out, ok, err := v.appendKnown(b, value); ok {
		return out, err
	}
	return v.others.append(b, value, v.depth)
}

// appendKnown writes the Go types that need no reflection; ok is false for all others.
func (v *anyValue) appendKnown(b []byte, value any) (out []byte, ok bool, err error) {
	a := v.attribute
	switch a.Type {
	case schema.String:
		return appendKnownText(b, a, value)
	case schema.Number:
		if t, ok := value.(time.Time); ok && (a.Format == schema.UnixSeconds || a.Format == schema.UnixMillis) {
			out, err = appendInstant(b, a, t)
			return out, true, err
		}
		return appendAnyNumber(b, a, value)
	case schema.Binary:
		if x, ok := value.([]byte); ok {
			return appendB(b, x), true, nil
		}
	case schema.Bool:
		if x, ok := value.(bool); ok {
			return appendBool(b, x), true, nil
		}
	case schema.List:
		if x, ok := value.([]any); ok {
			out, err = v.appendList(b, x)
			return out, true, err
		}
	case schema.Map:
		if x, ok := value.(map[string]any); ok {
			out, err = v.appendMap(b, x)
			return out, true, err
		}
	case schema.StringSet:
		if members, ok := setValue(a.Type, value); ok {
			out, err = appendSet(b, a.Type, members)
			return out, true, err
		}
	}
	return b, false, nil
}

func appendKnownText(b []byte, a *schema.Attribute, value any) (out []byte, ok bool, err error) {
	switch x := value.(type) {
	case string:
		out, err = appendText(b, a, x)
		return out, true, err
	case bool:
		if a.Format == schema.BoolString {
			out, err = appendBoolString(b, x)
			return out, true, err
		}
	case time.Time:
		switch a.Format {
		case schema.Timestamp, schema.RFC3339Nano, schema.Date:
			out, err = appendInstant(b, a, x)
			return out, true, err
		}
	}
	return b, false, nil
}

func (v *anyValue) appendList(b []byte, list []any) ([]byte, error) {
	if v.items == nil {
		return appendUntypedList(b, list, v.depth)
	}
	b = append(b, openL...)
	for i, element := range list {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if v.items.absent(element) {
			err = invalid("an element of a typed list cannot be null")
		} else {
			b, err = v.items.append(b, element)
		}
		if err != nil {
			return b, errs.At(err, i)
		}
	}
	return append(b, "]}"...), nil
}

func (v *anyValue) appendMap(b []byte, m map[string]any) ([]byte, error) {
	if v.members == nil {
		return appendUntypedMap(b, m, v.depth)
	}
	b, err := v.members.encode(append(b, `{"M":`...), m, nil)
	return append(b, '}'), err
}

// read gives the Go value of the attribute; NULL is dealt with by who holds it, except where nothing is declared.
func (v *anyValue) read(s *scanner) (any, error) {
	a := v.attribute
	switch {
	case a == nil:
		return s.untyped(v.depth)
	case a.Encryption != nil:
		return nil, errSealed()
	case a.JSON:
		_, tree, err := s.jsonText()
		if err != nil {
			return nil, err
		}
		return plainJSON(tree), nil
	}
	switch a.Type {
	case schema.String:
		return s.anyText(a)
	case schema.Number:
		return s.anyNumber(a)
	case schema.Binary:
		return s.binary()
	case schema.Bool:
		return s.bool()
	case schema.List:
		return v.readList(s)
	case schema.Map:
		return v.readMap(s)
	case schema.Null:
		k, err := s.open()
		if err != nil {
			return nil, err
		}
		return nil, mismatch("NULL", k)
	}
	members, err := s.setMembers(a.Type)
	if err != nil {
		return nil, err
	}
	return setOf(a.Type, members), nil
}

func (s *scanner) anyText(a *schema.Attribute) (any, error) {
	switch a.Format {
	case schema.Timestamp, schema.RFC3339Nano:
		return s.instant(a)
	case schema.BoolString:
		return s.boolString(a)
	}
	return s.formattedText(a)
}

func (s *scanner) anyNumber(a *schema.Attribute) (any, error) {
	switch {
	case isIntegral(a.Format):
		return s.integer(describe(a))
	case a.Format == schema.Float:
		return s.float(describe(a))
	}
	n, err := s.number(describe(a))
	return Number(s.keep(n)), err
}

func (v *anyValue) readList(s *scanner) (any, error) {
	if err := s.expect(kindL, "L"); err != nil {
		return nil, err
	}
	if v.items == nil {
		return s.untypedList(v.depth)
	}
	list := []any{}
	err := s.elements(func() error {
		null, err := s.null()
		var element any
		switch {
		case err != nil:
		case null:
			err = undecodable("an element of a typed list is null")
		default:
			element, err = v.items.read(s)
		}
		if err != nil {
			return errs.At(err, len(list))
		}
		list = append(list, element)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, s.close()
}

func (v *anyValue) readMap(s *scanner) (any, error) {
	if err := s.expect(kindM, "M"); err != nil {
		return nil, err
	}
	if v.members == nil {
		return s.untypedMap(v.depth)
	}
	m := map[string]any{}
	if err := v.members.decode(s, m); err != nil {
		return nil, err
	}
	return m, s.close()
}
