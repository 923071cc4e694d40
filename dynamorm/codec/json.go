package codec

import (
	"encoding/json"
	"reflect"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

var (
	rawType       = reflect.TypeFor[json.RawMessage]()
	marshalerType = reflect.TypeFor[json.Marshaler]()
	anyType       = reflect.TypeFor[any]()
)

// jsonNode is the plan of an S that holds canonical JSON text of any Go value.
func jsonNode(t reflect.Type) *node {
	enc := func(b []byte, p unsafe.Pointer, _ int) ([]byte, error) {
		tree, ok := jsonTree(reflect.NewAt(t, p).Elem())
		if !ok {
			return b, refuse("a value that is no JSON")
		}
		if tree == nil {
			return b, nil
		}
		text, ok := canon.AppendJSON(nil, tree)
		if !ok {
			return b, refuse("a value that is no JSON")
		}
		b, _ = canon.AppendString(append(b, `{"S":`...), text)
		return append(b, '}'), nil
	}
	dec := func(d *scanner, p unsafe.Pointer) error {
		if err := d.enter(schema.S); err != nil {
			return err
		}
		text, err := d.text()
		if err != nil {
			return err
		}
		if !readJSON(string(text), t, p) {
			return unreadable("S (json)")
		}
		return d.want('}')
	}
	return &node{enc: enc, dec: dec}
}

func readJSON(text string, t reflect.Type, p unsafe.Pointer) bool {
	tree, err := canon.ParseJSON(text)
	switch {
	case err != nil:
		return false
	case tree == nil:
		return true
	case t == anyType:
		*(*any)(p) = tree
		return true
	case t == rawType:
		out, _ := canon.AppendJSON(nil, tree)
		*(*json.RawMessage)(p) = out
		return true
	}
	return json.Unmarshal([]byte(text), reflect.NewAt(t, p).Interface()) == nil
}

// jsonTree gives the JSON value of a Go value, exactly: bytes, sets and numbers beyond DynamoDB's are none.
func jsonTree(v reflect.Value) (any, bool) {
	if !v.IsValid() {
		return nil, true
	}
	t := v.Type()
	switch {
	case t == rawType:
		if v.IsNil() {
			return nil, true
		}
		return parsed(v.Bytes())
	case t == jsonNumberType || t == numberType:
		b, ok := canon.AppendNumber(nil, v.String())
		return Number(b), ok
	case t.Implements(marshalerType) || t.Kind() == reflect.Struct:
		text, err := json.Marshal(v.Interface())
		if err != nil {
			return nil, false
		}
		return parsed(text)
	}
	switch t.Kind() {
	case reflect.Interface, reflect.Pointer:
		return jsonTree(v.Elem())
	case reflect.Bool:
		return v.Bool(), true
	case reflect.String:
		return v.String(), true
	case reflect.Slice, reflect.Array:
		return jsonList(v)
	case reflect.Map:
		return jsonMap(v)
	}
	return jsonNumber(v)
}

func parsed(text []byte) (any, bool) {
	tree, err := canon.ParseJSON(string(text))
	return tree, err == nil
}

func jsonNumber(v reflect.Value) (any, bool) {
	k, ok := numericOf(v.Type())
	if !ok {
		return nil, false
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	b, ok := k.text(nil, p.UnsafePointer())
	return Number(b), ok
}

func jsonList(v reflect.Value) (any, bool) {
	if v.Kind() == reflect.Slice && (v.IsNil() || v.Type().Elem().Kind() == reflect.Uint8 || isSet(v.Type())) {
		return nil, v.IsNil()
	}
	list := make([]any, v.Len())
	for i := range list {
		e, ok := jsonTree(v.Index(i))
		if !ok {
			return nil, false
		}
		list[i] = e
	}
	return list, true
}

func jsonMap(v reflect.Value) (any, bool) {
	if v.IsNil() {
		return nil, true
	}
	if v.Type().Key().Kind() != reflect.String || isSet(v.Type()) {
		return nil, false
	}
	m := make(map[string]any, v.Len())
	for it := v.MapRange(); it.Next(); {
		e, ok := jsonTree(it.Value())
		if !ok {
			return nil, false
		}
		m[it.Key().String()] = e
	}
	return m, true
}
