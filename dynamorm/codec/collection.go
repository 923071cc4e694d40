package codec

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// compile makes the plan of an attribute in a Go type; a nil attribute is a value that the model does not type.
// It gives false where the type cannot hold the attribute.
func compile(a *schema.Attribute, t reflect.Type) (*node, bool) {
	switch {
	case t.Kind() == reflect.Pointer && (a == nil || a.Type != schema.NULL):
		return pointerNode(a, t)
	case a != nil && a.JSON:
		return jsonNode(t), true
	case t == anyType && (a == nil || a.Type != schema.NULL):
		return anyNode(a), true
	}
	if a == nil {
		if a = inferred(t); a == nil {
			return nil, false
		}
	}
	switch a.Type {
	case schema.S:
		return textNode(a, t)
	case schema.N:
		return numberNode(a, t)
	case schema.B:
		return binaryNode(), t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
	case schema.BOOL:
		return boolNode(), t.Kind() == reflect.Bool
	case schema.NULL:
		return nullNode(), t.Kind() == reflect.Interface || t.Kind() == reflect.Pointer
	case schema.L:
		return listNode(a, t)
	case schema.M:
		return mapNode(a, t)
	}
	return setNode(a, t)
}

// inferred gives the attribute that a Go type is without a model, nil for a type that holds no value of DynamoDB's.
func inferred(t reflect.Type) *schema.Attribute {
	a, err := schema.Infer(t)
	if err != nil {
		return nil
	}
	return a
}

func pointerNode(a *schema.Attribute, t reflect.Type) (*node, bool) {
	elem := t.Elem()
	inner, ok := compile(a, elem)
	if !ok {
		return nil, false
	}
	enc := func(b []byte, p unsafe.Pointer, depth int) ([]byte, error) {
		q := *(*unsafe.Pointer)(p)
		if q == nil {
			return b, nil
		}
		return inner.enc(b, q, depth)
	}
	dec := func(d *scanner, p unsafe.Pointer) error {
		q := reflect.New(elem).UnsafePointer()
		*(*unsafe.Pointer)(p) = q
		return inner.dec(d, q)
	}
	return &node{enc, dec}, true
}

// untyped has the plans of values that the model does not type; a program has only so many types.
var untyped sync.Map

// cell gives the plan of an attribute in the Go type that an `any` happens to hold, nil where the type does not fit.
func cell(a *schema.Attribute, t reflect.Type) *node {
	plans := &untyped
	if a != nil {
		plans = a.Plans()
	}
	if n, ok := plans.Load(t); ok {
		return n.(*node)
	}
	n, ok := compile(a, t)
	if !ok {
		n = nil
	}
	plans.Store(t, n)
	return n
}

// anyNode is the plan of a value whose Go type is known only when it is there.
func anyNode(a *schema.Attribute) *node {
	c := content{a}
	return &node{c.enc, c.dec}
}

// content is what an `any` holds of an attribute, nil for one that the model does not type.
type content struct{ a *schema.Attribute }

func (c content) enc(b []byte, p unsafe.Pointer, depth int) ([]byte, error) {
	v := *(*any)(p)
	if v == nil {
		return b, nil
	}
	t := reflect.TypeOf(v)
	n := cell(c.a, t)
	if n == nil {
		want := "any attribute"
		if c.a != nil {
			want = describe(c.a)
		}
		return b, refuse("a Go value of type " + t.String() + " does not fit " + want)
	}
	q := reflect.New(t)
	q.Elem().Set(reflect.ValueOf(v))
	return n.enc(b, q.UnsafePointer(), depth)
}

func (c content) dec(d *scanner, p unsafe.Pointer) error {
	tag, err := d.tag()
	if err != nil {
		return err
	}
	if c.a != nil && c.a.Type != tag {
		return mismatch(c.a.Type, tag)
	}
	t := natural(c.a, tag)
	n := cell(c.a, t)
	if n == nil {
		return ErrMalformed
	}
	q := reflect.New(t)
	if err := n.dec(d, q.UnsafePointer()); err != nil {
		return err
	}
	*(*any)(p) = q.Elem().Interface()
	return nil
}

var naturals = map[schema.Type]reflect.Type{
	schema.S: reflect.TypeFor[string](), schema.N: numberType, schema.B: bytesType, schema.BOOL: reflect.TypeFor[bool](),
	schema.L: reflect.TypeFor[[]any](), schema.M: reflect.TypeFor[map[string]any](),
	schema.SS: reflect.TypeFor[StringSet](), schema.NS: reflect.TypeFor[NumberSet](), schema.BS: reflect.TypeFor[BinarySet](),
}

// natural gives the Go type that an attribute is read to where nothing else is said.
func natural(a *schema.Attribute, tag schema.Type) reflect.Type {
	if a == nil {
		return naturals[tag]
	}
	switch a.Format {
	case schema.Timestamp, schema.RFC3339Nano:
		return timeType
	case schema.BoolString:
		return naturals[schema.BOOL]
	case schema.Int, schema.Int64, schema.UnixSeconds, schema.UnixMillis:
		return reflect.TypeFor[int64]()
	case schema.Float:
		return reflect.TypeFor[float64]()
	}
	return naturals[a.Type]
}

// isNull says whether a value that wrote nothing is null, and not an empty set or number.
func isNull(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		return v.IsNil() || isNull(v.Elem())
	case reflect.Slice, reflect.Map:
		return v.IsNil() && !isSet(v.Type())
	}
	return false
}

// element appends a value that cannot be left out, an element of a list or a member of an untyped map.
func element(n *node, typed bool, t reflect.Type, b []byte, p unsafe.Pointer, depth int) ([]byte, error) {
	if depth > schema.NestingDepthMax {
		return b, refuse("a value nested too deeply")
	}
	at := len(b)
	b, err := n.enc(b, p, depth)
	if err != nil || len(b) > at {
		return b, err
	}
	if typed || !isNull(reflect.NewAt(t, p).Elem()) {
		return b, refuse("null, or an empty set, where a value has to be")
	}
	return append(b, `{"NULL":true}`...), nil
}

// sliceHeader is the memory of a slice.
type sliceHeader struct {
	data unsafe.Pointer
	len  int
	cap  int
}

// list is the plan of an L in a slice.
type list struct {
	typ   reflect.Type
	inner *node
	size  uintptr
	items *schema.Attribute // nil where the model does not type the elements
}

func listNode(a *schema.Attribute, t reflect.Type) (*node, bool) {
	if t.Kind() != reflect.Slice || isSet(t) || t.Elem().Kind() == reflect.Uint8 {
		return nil, false
	}
	inner, ok := compile(a.Items, t.Elem())
	l := &list{t, inner, t.Elem().Size(), a.Items}
	return &node{l.enc, l.dec}, ok
}

func (l *list) enc(b []byte, p unsafe.Pointer, depth int) ([]byte, error) {
	h := (*sliceHeader)(p)
	if h.data == nil {
		return b, nil
	}
	at := len(b)
	b = append(b, `{"L":[`...)
	for i := range h.len {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = element(l.inner, l.items != nil, l.typ.Elem(), b, unsafe.Add(h.data, uintptr(i)*l.size), depth+1); err != nil {
			return b[:at], inside(err, i)
		}
	}
	return append(b, "]}"...), nil
}

func (l *list) dec(d *scanner, p unsafe.Pointer) error {
	if err := d.enter(schema.L); err != nil {
		return err
	}
	out := reflect.NewAt(l.typ, p).Elem()
	out.Set(reflect.MakeSlice(l.typ, 0, 0))
	err := d.array(func(i int) error {
		if i == out.Cap() {
			out.Grow(max(4, i))
		}
		out.SetLen(i + 1)
		null, err := d.null()
		switch {
		case err != nil:
			return inside(err, i)
		case null && l.items == nil:
			return nil
		case null:
			return inside(mismatch(l.items.Type, schema.NULL), i)
		}
		h := (*sliceHeader)(p)
		return located(l.inner.dec(d, unsafe.Add(h.data, uintptr(i)*l.size)), i)
	})
	if err != nil {
		return err
	}
	return d.want('}')
}

// located is inside for an error that may be nil.
func located(err error, i int) error {
	if err == nil {
		return nil
	}
	return inside(err, i)
}

func mapNode(a *schema.Attribute, t reflect.Type) (*node, bool) {
	switch {
	case t.Kind() == reflect.Struct && t != timeType:
		if !a.Typed {
			if a = inferred(t); a == nil {
				return nil, false
			}
		}
		return structNode(a.Attributes, t)
	case t.Kind() != reflect.Map || t.Key().Kind() != reflect.String || isSet(t):
		return nil, false
	case a.Typed && t.Elem() == anyType:
		return membersNode(a.Attributes, t)
	case a.Typed:
		return nil, false
	}
	return freeMapNode(t)
}

// freeMap is the plan of a map whose members the model does not type; members are written in the order of their names.
type freeMap struct {
	typ   reflect.Type
	inner *node
}

func freeMapNode(t reflect.Type) (*node, bool) {
	inner, ok := compile(nil, t.Elem())
	f := &freeMap{t, inner}
	return &node{f.enc, f.dec}, ok
}

func (f *freeMap) enc(b []byte, p unsafe.Pointer, depth int) ([]byte, error) {
	m := reflect.NewAt(f.typ, p).Elem()
	if m.IsNil() {
		return b, nil
	}
	keys := m.MapKeys()
	slices.SortFunc(keys, func(x, y reflect.Value) int { return strings.Compare(x.String(), y.String()) })
	at := len(b)
	b = append(b, `{"M":{`...)
	v := reflect.New(f.typ.Elem())
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		var ok bool
		if b, ok = canon.AppendString(b, k.String()); !ok {
			return b[:at], refuse("text that is not Unicode")
		}
		v.Elem().Set(m.MapIndex(k))
		var err error
		if b, err = element(f.inner, false, f.typ.Elem(), append(b, ':'), v.UnsafePointer(), depth+1); err != nil {
			return b[:at], within(err, k.String())
		}
	}
	return append(b, "}}"...), nil
}

func (f *freeMap) dec(d *scanner, p unsafe.Pointer) error {
	if err := d.enter(schema.M); err != nil {
		return err
	}
	m := reflect.MakeMap(f.typ)
	reflect.NewAt(f.typ, p).Elem().Set(m)
	err := d.object(func(raw []byte) error {
		name := string(raw)
		v := reflect.New(f.typ.Elem())
		null, err := d.null()
		if err == nil && !null {
			err = f.inner.dec(d, v.UnsafePointer())
		}
		if err != nil {
			return within(err, name)
		}
		m.SetMapIndex(reflect.ValueOf(name).Convert(f.typ.Key()), v.Elem())
		return nil
	})
	if err != nil {
		return err
	}
	return d.want('}')
}
