package codec

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/text"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Stamps are wire values that stand in for the value's own lifecycle attributes; nil leaves an attribute as it is given.
type Stamps struct {
	CreatedAt, UpdatedAt, Version []byte
}

func (st *Stamps) of(role schema.Role) []byte {
	switch role {
	case schema.RoleCreatedAt:
		return st.CreatedAt
	case schema.RoleUpdatedAt:
		return st.UpdatedAt
	case schema.RoleVersion:
		return st.Version
	}
	return nil
}

// field is one attribute of an object with what is known of it beforehand.
type field struct {
	attribute *schema.Attribute
	// prefix is the name in quotes and a colon.
	prefix string
	offset uintptr
	x      *binding
	// rules judge the written value; most attributes have none.
	rules []rule
	// role is the lifecycle role that a stamp can stand in for, or "".
	role schema.Role
	// isKey tells a part of the primary key.
	isKey bool
}

func newField(a *schema.Attribute, x *binding) field {
	return field{attribute: a, prefix: text.Quote(a.Name) + ":", x: x}
}

// encode writes `,"name":value` for a value that is there; first leaves out the comma.
func (f *field) encode(b []byte, q unsafe.Pointer, first bool, stamps *Stamps) ([]byte, error) {
	start := len(b)
	if !first {
		b = append(b, ',')
	}
	b = append(b, f.prefix...)
	if stamps != nil && f.role != "" {
		if stamp := stamps.of(f.role); stamp != nil {
			return append(b, stamp...), nil
		}
	}
	if f.x.isAbsent(q) {
		if f.attribute.Required && f.attribute.Type == schema.Null {
			return append(b, nullValue...), nil
		}
		return b[:start], f.missing()
	}
	mark := len(b)
	b, err := f.x.encode(b, q)
	if err != nil {
		return b, errs.In(err, f.attribute.Name)
	}
	value := b[mark:]
	if f.attribute.OmitEmpty && isEmpty(f.attribute, value) {
		return b[:start], f.missing()
	}
	for _, r := range f.rules {
		if err := r(value); err != nil {
			return b, errs.In(err, f.attribute.Name)
		}
	}
	return b, nil
}

// missing is no error for an optional attribute.
func (f *field) missing() error {
	if !f.attribute.Required {
		return nil
	}
	if f.isKey {
		return errs.Of(errs.MissingPrimaryKey, errs.QuoteName(f.attribute.Name), "a part of the primary key is missing")
	}
	return errs.Of(errs.ValidationFailed, errs.QuoteName(f.attribute.Name), "the required attribute is missing")
}

// decode reads one value into its place.
func (f *field) decode(s *scanner, q unsafe.Pointer) error {
	null, err := s.null()
	if err != nil {
		return err
	}
	if !null {
		err = f.x.decode(s, q)
	} else if f.attribute.Required && f.attribute.Type != schema.Null {
		err = undecodable("the required attribute is null")
	}
	if err != nil {
		return errs.In(err, f.attribute.Name)
	}
	return nil
}

// absentOnRead makes the error for required attributes that were not read.
func absentOnRead(fields []field, seen func(name string) bool) error {
	for i := range fields {
		if a := fields[i].attribute; a.Required && !seen(a.Name) {
			return errs.Of(errs.DecodeFailed, errs.QuoteName(a.Name), fmt.Sprintf("the required attribute is absent, expected %s", describe(a)))
		}
	}
	return nil
}

func countRequired(fields []field) int {
	n := 0
	for i := range fields {
		if fields[i].attribute.Required {
			n++
		}
	}
	return n
}

// object is the plan of a struct: an item, or a typed map in one.
type object struct {
	fields    []field
	byName    map[string]*field
	required  int
	refreshes bool
}

// compileObject joins the attributes of one level with the fields of a struct.
func compileObject(attributes []*schema.Attribute, t reflect.Type, depth int) (*object, error) {
	held, _, err := schema.StructFields(t)
	if err != nil {
		return nil, errs.New(errs.InvalidModel, err.Error())
	}
	o := &object{byName: map[string]*field{}}
	for _, a := range attributes {
		i := slices.IndexFunc(held, func(h schema.StructField) bool { return h.Attribute == a.Name })
		if i < 0 {
			return nil, errs.New(errs.InvalidModel, fmt.Sprintf("the Go type %s has no field for the attribute %s", t, a.Name))
		}
		x, err := bind(a, held[i].Type, depth)
		if err != nil {
			return nil, errs.In(err, a.Name)
		}
		f := newField(a, x)
		f.offset = held[i].Offset
		o.fields = append(o.fields, f)
		o.refreshes = o.refreshes || x.refresh != nil
	}
	slices.SortFunc(o.fields, func(x, y field) int { return strings.Compare(x.attribute.Name, y.attribute.Name) })
	o.index()
	return o, nil
}

// index is called when the fields stand where they stay.
func (o *object) index() {
	for i := range o.fields {
		o.byName[o.fields[i].attribute.Name] = &o.fields[i]
	}
	o.required = countRequired(o.fields)
}

func (o *object) encode(b []byte, p unsafe.Pointer, stamps *Stamps) ([]byte, error) {
	b = append(b, '{')
	start := len(b)
	for i := range o.fields {
		f := &o.fields[i]
		var err error
		if b, err = f.encode(b, unsafe.Add(p, f.offset), len(b) == start, stamps); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

func (o *object) decode(s *scanner, p unsafe.Pointer) error {
	start, seen := s.i, 0
	err := s.members(func(name []byte) error {
		f := o.byName[string(name)]
		if f == nil {
			return s.skip()
		}
		if f.attribute.Required {
			seen++
		}
		return f.decode(s, unsafe.Add(p, f.offset))
	})
	if err != nil || s.partial || seen == o.required {
		return err
	}
	return absentOnRead(o.fields, namesFrom(s.data[start:s.i]))
}

// namesFrom reads an object again for its names; only a failure needs it.
func namesFrom(data []byte) func(string) bool {
	names := map[string]bool{}
	s := newScanner(data)
	// The object was read before, so that this reading cannot fail.
	_ = s.members(func(name []byte) error {
		names[string(name)] = true
		return s.skip()
	})
	return func(name string) bool { return names[name] }
}

// refresh reads back into a value what writing it changed.
func (o *object) refresh(s *scanner, p unsafe.Pointer) error {
	return s.members(func(name []byte) error {
		f := o.byName[string(name)]
		if f == nil || f.x.refresh == nil {
			return s.skip()
		}
		return f.x.refresh(s, unsafe.Add(p, f.offset))
	})
}

// anyObject is the plan of a map[string]any with declared members.
type anyObject struct {
	fields   []field
	byName   map[string]*field
	required int
}

func compileAnyObject(attributes []*schema.Attribute, depth int) *anyObject {
	o := &anyObject{byName: map[string]*field{}}
	for _, a := range attributes {
		o.fields = append(o.fields, newField(a, bindInterface(compileAny(a, depth))))
	}
	slices.SortFunc(o.fields, func(x, y field) int { return strings.Compare(x.attribute.Name, y.attribute.Name) })
	o.index()
	return o
}

func (o *anyObject) index() {
	for i := range o.fields {
		o.byName[o.fields[i].attribute.Name] = &o.fields[i]
	}
	o.required = countRequired(o.fields)
}

func (o *anyObject) encode(b []byte, m map[string]any, stamps *Stamps) ([]byte, error) {
	b = append(b, '{')
	start, found := len(b), 0
	for i := range o.fields {
		f := &o.fields[i]
		value, given := m[f.attribute.Name]
		if given {
			found++
		}
		var err error
		if b, err = f.encode(b, unsafe.Pointer(&value), len(b) == start, stamps); err != nil {
			return b, err
		}
	}
	if found < len(m) {
		return b, o.unknown(m)
	}
	return append(b, '}'), nil
}

func (o *anyObject) unknown(m map[string]any) error {
	for _, name := range sortedKeys(m) {
		if o.byName[name] == nil {
			return errs.Of(errs.ValidationFailed, errs.QuoteName(name), "the model does not know this attribute")
		}
	}
	return nil
}

func (o *anyObject) decode(s *scanner, m map[string]any) error {
	seen := 0
	err := s.members(func(name []byte) error {
		f := o.byName[string(name)]
		if f == nil {
			return s.skip()
		}
		if f.attribute.Required {
			seen++
		}
		var value any
		if err := f.decode(s, unsafe.Pointer(&value)); err != nil {
			return err
		}
		m[f.attribute.Name] = value
		return nil
	})
	if err != nil || s.partial {
		return err
	}
	o.fillSets(m)
	if seen == o.required {
		return nil
	}
	return absentOnRead(o.fields, func(name string) bool { _, ok := m[name]; return ok })
}

// fillSets lets absent sets read as empty ones.
func (o *anyObject) fillSets(m map[string]any) {
	for i := range o.fields {
		a := o.fields[i].attribute
		if m[a.Name] == nil && a.Type.IsSet() && !a.Required {
			m[a.Name] = setOf(a.Type, nil)
		}
	}
}
