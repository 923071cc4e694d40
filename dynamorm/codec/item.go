package codec

import (
	"errors"
	"reflect"
	"sync"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Plan is a model compiled for one Go type: a struct, or map[string]any.
type Plan struct {
	Model *schema.Model
	typ   reflect.Type
	isMap bool
	// whole says that the struct has no field but the model's.
	whole bool
	obj   *object
	// values has a plan for each attribute in whatever Go type it is given.
	values map[string]*node
	keys   sync.Map // the fields of other structs that were given as keys, by reflect.Type
}

// Values is a key given by position: the partition key's value, and the sort key's where there is one.
type Values []any

var itemMap = reflect.TypeFor[map[string]any]()

// Compile makes the plan of a model in a Go type. A field without attribute, or one whose type cannot hold its attribute, is InvalidModel.
func Compile(m *schema.Model, t reflect.Type) (*Plan, error) {
	p := &Plan{Model: m, typ: t, isMap: t == itemMap, values: map[string]*node{}}
	var fields map[string]schema.Field
	if !p.isMap {
		var err error
		if fields, err = fieldsFor(m, t); err != nil {
			return nil, err
		}
		p.whole = true
		for i := range t.NumField() {
			p.whole = p.whole && isField(t.Field(i), fields)
		}
	}
	obj, ok := newObject(m.Attributes, fields)
	if !ok {
		return nil, errs.New(errs.CodeInvalidModel, "", "the model does not fit the Go type "+t.String())
	}
	obj.guard(m)
	p.obj = obj
	for _, a := range m.Attributes {
		p.values[a.Name] = anyNode(a)
	}
	return p, nil
}

// fieldsFor gives the struct's fields by attribute, each of which can hold its attribute.
func fieldsFor(m *schema.Model, t reflect.Type) (map[string]schema.Field, error) {
	if t.Kind() != reflect.Struct {
		return nil, errs.New(errs.CodeInvalidModel, "", "a model's values are structs, or map[string]any")
	}
	fields, err := schema.Fields(t)
	if err != nil {
		return nil, err
	}
	if name := unknown(m.Attributes, fields); name != "" {
		return nil, errs.New(errs.CodeInvalidModel, name, "the model has no such attribute")
	}
	for _, a := range m.Attributes {
		f, ok := fields[a.Name]
		if !ok {
			return nil, errs.New(errs.CodeInvalidModel, a.Name, "the struct has no field for the attribute")
		}
		if _, ok := compile(a, f.Type); !ok {
			return nil, errs.New(errs.CodeInvalidModel, a.Name, "the Go type "+f.Type.String()+" cannot hold "+describe(a))
		}
	}
	return fields, nil
}

// isField says whether a field of the struct is an attribute itself.
func isField(f reflect.StructField, fields map[string]schema.Field) bool {
	for _, known := range fields {
		if known.Offset == f.Offset && known.Type == f.Type && !f.Anonymous {
			return true
		}
	}
	return false
}

// guard notes which members are keys, of the table or of an index.
func (o *object) guard(m *schema.Model) {
	o.model = m
	for _, name := range m.KeyFields {
		if f := o.byName[name]; f != nil {
			f.lookup = true
		}
	}
	limit := func(k *schema.Key, most int) {
		if k == nil || o.byName[k.Attribute] == nil {
			return
		}
		f := o.byName[k.Attribute]
		if f.limit == 0 || most < f.limit {
			f.limit = most
		}
	}
	limit(&m.Partition, schema.PartitionKeyMaxBytes)
	limit(m.Sort, schema.SortKeyMaxBytes)
	for _, ix := range m.Indexes {
		limit(ix.Partition, schema.PartitionKeyMaxBytes)
		limit(ix.Sort, schema.SortKeyMaxBytes)
	}
}

// name gives an error the model's name.
func (p *Plan) name(err error) error {
	var e *errs.Error
	if errors.As(err, &e) {
		e.Model = p.Model.Name
	}
	return err
}

// pointer gives the memory of a value given by pointer.
func (p *Plan) pointer(v any) (unsafe.Pointer, error) {
	r := reflect.ValueOf(v)
	if r.Kind() != reflect.Pointer || r.Type().Elem() != p.typ || r.IsNil() {
		return nil, errs.New(errs.CodeValidationFailed, "", "expected a pointer to "+p.typ.String())
	}
	return r.UnsafePointer(), nil
}

// AppendItem appends the item of a value given by pointer, as DynamoDB's JSON; overrides take the place of the value's own attributes,
// and what is encrypted goes to the seals, of which there are none where nobody has a key.
// It fails with ValidationFailed, MissingPrimaryKey, EncryptionNotConfigured or ItemTooLarge and the attribute's path.
func (p *Plan) AppendItem(dst []byte, v any, over []Override, seals *Seals) ([]byte, error) {
	ptr, err := p.pointer(v)
	if err != nil {
		return dst, err
	}
	start, sealed := len(dst), seals.Len()
	out := dst
	if own := (own{over, seals}); p.isMap {
		out, err = p.obj.encMap(dst, *(*map[string]any)(ptr), 1, own)
	} else {
		out, err = p.obj.encStruct(dst, ptr, 1, own)
	}
	if err == nil && p.owns() {
		out, err = p.appendOwn(out, start)
	}
	if err == nil {
		err = seals.Bind(sealed, p.Model, out[start:])
	}
	if err == nil {
		err = fits(out[start:], seals, sealed)
	}
	if err != nil {
		return dst, p.name(err)
	}
	return out, nil
}

// fits holds an item against DynamoDB's limit: one with envelopes is at least as large as it is without.
func fits(item []byte, seals *Seals, from int) error {
	if seals.Len() > from {
		if ItemSize(seals.Plainly(item)) <= schema.ItemSizeMaxBytes {
			return nil
		}
		return tooLarge()
	}
	return CheckSize(item)
}

// CheckSize refuses an item that DynamoDB does not store, with ItemTooLarge. The JSON of an item is never shorter than what DynamoDB counts.
func CheckSize(item []byte) error {
	if len(item) > schema.ItemSizeMaxBytes && ItemSize(item) > schema.ItemSizeMaxBytes {
		return tooLarge()
	}
	return nil
}

func tooLarge() error {
	return errs.New(errs.CodeItemTooLarge, "", "the item has more than 409,600 bytes")
}

// AppendAttribute appends one attribute of a value given by pointer; nothing where it is absent.
func (p *Plan) AppendAttribute(dst []byte, v any, name string) ([]byte, error) {
	ptr, err := p.pointer(v)
	if err != nil {
		return dst, err
	}
	m := p.obj.byName[name]
	if m == nil {
		return dst, nil
	}
	if p.isMap {
		held := (*(*map[string]any)(ptr))[name]
		dst, err = m.node.enc(dst, unsafe.Pointer(&held), 1)
	} else {
		dst, err = m.node.enc(dst, unsafe.Add(ptr, m.off), 1)
	}
	if err != nil {
		return dst, p.name(within(err, name))
	}
	return dst, nil
}

// Unmarshal reads an item's JSON into a value given by pointer, which is emptied first. In a partial item nothing is required.
// It fails with DecodeFailed and the attribute's path, or with ErrMalformed, and with EncryptionNotConfigured for what is encrypted.
func (p *Plan) Unmarshal(item []byte, into any, partial bool) error {
	return p.UnmarshalOpened(item, into, partial, nil)
}

// UnmarshalOpened is Unmarshal of an item of which the encrypted attributes were opened; it fails as their opening did, too.
func (p *Plan) UnmarshalOpened(item []byte, into any, partial bool, opened Openings) error {
	ptr, err := p.pointer(into)
	if err != nil {
		return err
	}
	if !partial {
		if err := p.CheckMark(item); err != nil {
			return err
		}
	}
	d := scanner{b: item, partial: partial, opened: opened}
	if p.isMap {
		m := (*map[string]any)(ptr)
		if *m == nil {
			*m = map[string]any{}
		}
		clear(*m)
		err = p.obj.decMap(&d, *m)
	} else {
		p.empty(ptr)
		err = p.obj.decStruct(&d, ptr)
	}
	if err != nil {
		return p.name(p.first(err, item, partial, opened))
	}
	if d.peek() != 0 {
		return ErrMalformed
	}
	return nil
}

// empty zeroes the model's fields; others of the struct keep their values.
func (p *Plan) empty(ptr unsafe.Pointer) {
	if p.whole {
		reflect.NewAt(p.typ, ptr).Elem().SetZero()
		return
	}
	for i := range p.obj.members {
		f := &p.obj.members[i]
		reflect.NewAt(f.typ, unsafe.Add(ptr, f.off)).Elem().SetZero()
	}
}

// Hide takes attributes out of a value that was just read.
func (p *Plan) Hide(into any, names []string) {
	ptr, err := p.pointer(into)
	if err != nil {
		return
	}
	for _, name := range names {
		if p.isMap {
			delete(*(*map[string]any)(ptr), name)
		} else if f := p.obj.byName[name]; f != nil {
			reflect.NewAt(f.typ, unsafe.Add(ptr, f.off)).Elem().SetZero()
		}
	}
}

// AppendKey appends the primary key, from a value of the model, a map, Values, or any struct with the key's attributes.
// It fails with MissingPrimaryKey or ValidationFailed.
func (p *Plan) AppendKey(dst []byte, key any) ([]byte, error) {
	if p.owns() {
		return p.appendComposedKey(dst, key)
	}
	at := len(dst)
	out := append(dst, '{')
	for i, k := range p.Model.Keys() {
		m := p.obj.byName[k.Attribute]
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, m.key...)
		start := len(out)
		var err error
		if out, err = p.keyValue(out, key, i, m); err == nil {
			if len(out) == start {
				err = errs.New(errs.CodeMissingPrimaryKey, "", "a part of the primary key is missing")
			} else {
				err = checkKey(out[start:], m.limit)
			}
		}
		if err != nil {
			return dst[:at], p.name(within(err, m.name))
		}
	}
	return append(out, '}'), nil
}

func (p *Plan) keyValue(b []byte, key any, i int, m *member) ([]byte, error) {
	switch k := key.(type) {
	case Values:
		if i >= len(k) {
			return b, nil
		}
		return p.values[m.name].enc(b, unsafe.Pointer(&k[i]), 1)
	case map[string]any:
		v := k[m.name]
		return p.values[m.name].enc(b, unsafe.Pointer(&v), 1)
	case nil:
		return b, nil
	}
	r := reflect.ValueOf(key)
	if r.Kind() == reflect.Pointer && r.Type().Elem() == itemMap && !r.IsNil() {
		return p.keyValue(b, r.Elem().Interface(), i, m)
	}
	if r.Kind() == reflect.Pointer {
		r = r.Elem()
	}
	if !r.IsValid() {
		return b, nil
	}
	if r.Kind() != reflect.Struct {
		return b, refuse("a key is a value of the model, a map, a struct, or values by position")
	}
	return p.structKey(b, r, m)
}

// structKey takes a part of the key out of any struct that has its attribute.
func (p *Plan) structKey(b []byte, r reflect.Value, m *member) ([]byte, error) {
	fields, ok := p.keys.Load(r.Type())
	if !ok {
		found, err := schema.Fields(r.Type())
		if err != nil {
			return b, err
		}
		fields, _ = p.keys.LoadOrStore(r.Type(), found)
	}
	f, ok := fields.(map[string]schema.Field)[m.name]
	if !ok {
		return b, nil
	}
	if !r.CanAddr() {
		c := reflect.New(r.Type())
		c.Elem().Set(r)
		r = c.Elem()
	}
	n := cell(m.attr, f.Type)
	if n == nil {
		return b, refuse("the Go type " + f.Type.String() + " cannot hold " + describe(m.attr))
	}
	return n.enc(b, unsafe.Add(r.Addr().UnsafePointer(), f.Offset), 1)
}
