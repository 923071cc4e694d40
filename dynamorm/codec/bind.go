package codec

import (
	"reflect"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/limits"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

var typedType = reflect.TypeFor[schema.Typed]()

// bind joins an attribute (nil: an untyped value) with a Go type. depth is that of the attribute's own value.
// An error says that the type does not hold the attribute.
func bind(a *schema.Attribute, t reflect.Type, depth int) (*binding, error) {
	switch {
	case depth > limits.NestingDepthMax:
		return &binding{
			encode: func(b []byte, _ unsafe.Pointer) ([]byte, error) { return b, tooDeep() },
			decode: func(s *scanner, _ unsafe.Pointer) error { return undecodable("the value nests too deep") },
		}, nil
	case a != nil && a.Encryption != nil:
		return bindSealed(t), nil
	case a != nil && a.JSON && t.Kind() != reflect.Pointer:
		return bindJSON(t), nil
	case t.Kind() == reflect.Interface && t.NumMethod() == 0:
		return bindInterface(compileAny(a, depth)), nil
	case t.Kind() == reflect.Pointer && t.Elem().Kind() != reflect.Pointer:
		x, err := bind(a, t.Elem(), depth)
		if err != nil {
			return nil, err
		}
		return bindPointer(t, x), nil
	}
	x, err := bindType(a, t, depth)
	if err == nil && x == nil {
		err = errs.New(errs.InvalidModel, "the Go type "+t.String()+" does not hold "+describe(a))
	}
	return x, err
}

// bindType gives nil where the Go type does not hold the attribute.
func bindType(a *schema.Attribute, t reflect.Type, depth int) (*binding, error) {
	if t.Implements(typedType) && reflect.Zero(t).Interface().(schema.Typed).DMSType() != a.Type {
		return nil, nil
	}
	switch a.Type {
	case schema.String:
		return bindText(a, t), nil
	case schema.Number:
		return bindNumber(a, t), nil
	case schema.Binary:
		return bindBinary(t), nil
	case schema.Bool:
		return bindBool(t), nil
	case schema.Null:
		return bindNull(t), nil
	case schema.List:
		return bindList(a, t, depth)
	case schema.Map:
		return bindMap(a, t, depth)
	}
	return bindSet(a, t), nil
}

// bindPointer lets nil stand for null.
func bindPointer(t reflect.Type, x *binding) *binding {
	follow := func(p unsafe.Pointer) unsafe.Pointer { return *(*unsafe.Pointer)(p) }
	out := &binding{
		encode: func(b []byte, p unsafe.Pointer) ([]byte, error) { return x.encode(b, follow(p)) },
		absent: func(p unsafe.Pointer) bool { return follow(p) == nil || x.isAbsent(follow(p)) },
		decode: func(s *scanner, p unsafe.Pointer) error {
			held := reflect.New(t.Elem()).UnsafePointer()
			*(*unsafe.Pointer)(p) = held
			return x.decode(s, held)
		},
	}
	if x.refresh != nil {
		out.refresh = func(s *scanner, p unsafe.Pointer) error {
			if held := follow(p); held != nil {
				return x.refresh(s, held)
			}
			return out.decode(s, p)
		}
	}
	return out
}

func bindInterface(v *anyValue) *binding {
	return &binding{
		encode: func(b []byte, p unsafe.Pointer) ([]byte, error) { return v.append(b, *(*any)(p)) },
		absent: func(p unsafe.Pointer) bool { return v.absent(*(*any)(p)) },
		decode: func(s *scanner, p unsafe.Pointer) (err error) {
			*(*any)(p), err = v.read(s)
			return err
		},
	}
}
