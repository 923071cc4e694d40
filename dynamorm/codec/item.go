package codec

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// A Plan is a model joined with the Go type of its values: a struct, or map[string]any. It is safe for concurrent use.
type Plan struct {
	model  *schema.Model
	goType reflect.Type
	// typed is nil for a plan over maps.
	typed *object
	maps  *anyObject
	lean  map[schema.Role]*field
}

// Compile makes the plan of a model and a Go type; it fails with InvalidModel where the type does not hold the model.
func Compile(m *schema.Model, t reflect.Type) (*Plan, error) {
	p := &Plan{model: m, goType: t, maps: compileAnyObject(m.Attributes, 1)}
	p.know(p.maps.fields)
	p.maps.index()
	fields := p.maps.fields
	if t != anyMapType {
		o, err := compileObject(m.Attributes, t, 1)
		if err != nil {
			return nil, errs.InModel(err, m.Name)
		}
		p.know(o.fields)
		o.index()
		p.typed, fields = o, o.fields
	}
	p.lean = map[schema.Role]*field{}
	for i := range fields {
		for _, role := range fields[i].attribute.Roles {
			p.lean[role] = &fields[i]
		}
	}
	return p, nil
}

// know adds what holds for the top level alone, and puts the keys first, so that they are what is found missing first.
func (p *Plan) know(fields []field) {
	for i := range fields {
		f := &fields[i]
		f.rules = rulesOf(p.model, f.attribute)
		f.isKey = p.model.IsKey(f.attribute.Name)
		for _, role := range []schema.Role{schema.RoleCreatedAt, schema.RoleUpdatedAt, schema.RoleVersion} {
			if f.attribute.Has(role) {
				f.role = role
			}
		}
	}
	rank := func(f field) int {
		switch f.attribute.Name {
		case p.model.Partition.Attribute:
			return 0
		}
		if f.isKey {
			return 1
		}
		return 2
	}
	slices.SortStableFunc(fields, func(x, y field) int { return rank(x) - rank(y) })
}

// Model gives the model.
func (p *Plan) Model() *schema.Model { return p.model }

// pointer checks that a value is a pointer to the plan's struct.
func (p *Plan) pointer(value any) unsafe.Pointer {
	v := reflect.ValueOf(value)
	if v.Kind() != reflect.Pointer || v.Type().Elem() != p.goType || v.IsNil() {
		panic(fmt.Sprintf("dynamorm: a plan for %s was given a %T", p.goType, value))
	}
	return v.UnsafePointer()
}

// AppendItem writes a value, a pointer to the plan's struct or a map[string]any, as an item.
//
// It fails with ValidationFailed or MissingPrimaryKey at the attribute's path, or with ItemTooLarge.
func (p *Plan) AppendItem(b []byte, value any, stamps *Stamps) ([]byte, error) {
	mark := len(b)
	var err error
	if p.typed != nil {
		b, err = p.typed.encode(b, p.pointer(value), stamps)
	} else {
		b, err = p.maps.encode(b, value.(map[string]any), stamps)
	}
	if err == nil {
		err = CheckSize(b[mark:])
	}
	if err != nil {
		return b[:mark], errs.InModel(err, p.model.Name)
	}
	return b, nil
}

// Unmarshal reads an item into a value: a pointer to a struct of the plan's type, or a map[string]any.
// A partial item, the result of a projection, may lack required attributes.
//
// It fails with DecodeFailed at the attribute's path, or with ErrMalformed where the bytes are no DynamoDB JSON.
func (p *Plan) Unmarshal(item []byte, value any, partial bool) error {
	s := newScanner(item)
	s.partial = partial
	var err error
	if m, ok := value.(map[string]any); ok {
		err = p.maps.decode(s, m)
	} else {
		err = p.typed.decode(s, p.pointer(value))
	}
	return p.named(err)
}

// Refresh reads back into a value what writing it changed: lifecycle attributes, cut times, canonical numbers, ordered sets.
// The item is the one that AppendItem made of this value.
func (p *Plan) Refresh(item []byte, value any) error {
	if m, ok := value.(map[string]any); ok {
		return p.named(p.maps.decode(newScanner(item), m))
	}
	s, at := newScanner(item), p.pointer(value)
	return p.named(s.members(func(name []byte) error {
		f := p.typed.byName[string(name)]
		switch {
		case f != nil && f.role != "":
			return f.decode(s, unsafe.Add(at, f.offset))
		case f != nil && f.x.refresh != nil:
			return f.x.refresh(s, unsafe.Add(at, f.offset))
		}
		return s.skip()
	}))
}

func (p *Plan) named(err error) error {
	if err == nil || errors.Is(err, ErrMalformed) {
		return err
	}
	return errs.InModel(err, p.model.Name)
}

// held gives the place of a role's attribute in a value; nil where the model has no such role.
func (p *Plan) held(role schema.Role, value any) (*field, unsafe.Pointer) {
	f := p.lean[role]
	if f == nil {
		return nil, nil
	}
	if m, ok := value.(map[string]any); ok {
		v := m[f.attribute.Name]
		return f, unsafe.Pointer(&v)
	}
	return f, unsafe.Add(p.pointer(value), f.offset)
}

// Version gives the version that a value holds; false where it has none, which zero stands for too.
func (p *Plan) Version(value any) (int64, bool, error) {
	f, at := p.held(schema.RoleVersion, value)
	if f == nil || f.x.isAbsent(at) {
		return 0, false, nil
	}
	b, err := f.x.encode(nil, at)
	if err != nil {
		return 0, false, errs.InModel(errs.In(err, f.attribute.Name), p.model.Name)
	}
	// What the codec of an int64 wrote is one.
	n, _ := newScanner(b).integer("N")
	return n, n != 0, nil
}

// HasCreatedAt tells whether a value holds a creation time; the zero time is none.
func (p *Plan) HasCreatedAt(value any) bool {
	f, at := p.held(schema.RoleCreatedAt, value)
	if f == nil || f.x.isAbsent(at) {
		return false
	}
	b, err := f.x.encode(nil, at)
	// A value that cannot be written counts as given, so that writing it says what is wrong.
	return err != nil || !isEmpty(f.attribute, b)
}

// AppendInstant writes an instant in an attribute's own format.
func (p *Plan) AppendInstant(a *schema.Attribute, t time.Time) ([]byte, error) {
	b, err := appendInstant(nil, a, t)
	return b, errs.In(err, a.Name)
}

// AppendKey writes exactly the table's key attributes, from a map that holds at least these.
func (p *Plan) AppendKey(b []byte, key map[string]any) ([]byte, error) {
	mark := len(b)
	b = append(b, '{')
	for i, k := range p.model.Keys() {
		f := p.maps.byName[k.Attribute]
		value := key[k.Attribute]
		var err error
		if b, err = f.encode(b, unsafe.Pointer(&value), i == 0, nil); err != nil {
			return b[:mark], errs.InModel(err, p.model.Name)
		}
	}
	return append(b, '}'), nil
}

// Key gives the key attributes of a value as a map.
func (p *Plan) Key(value any) map[string]any {
	key := map[string]any{}
	at := p.pointer(value)
	for _, k := range p.model.Keys() {
		f := p.typed.byName[k.Attribute]
		key[k.Attribute] = p.plainField(f, unsafe.Add(at, f.offset))
	}
	return key
}

func (p *Plan) plainField(f *field, at unsafe.Pointer) any {
	if f.x.isAbsent(at) {
		return nil
	}
	held, _, _ := schema.StructFields(p.goType)
	for _, h := range held {
		if h.Attribute == f.attribute.Name {
			return reflect.NewAt(h.Type, at).Elem().Interface()
		}
	}
	return nil
}
