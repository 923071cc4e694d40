package codec

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Number is a decimal number as text, with all its digits. The empty Number is no number: it counts as absent.
type Number = canon.Number

var (
	numberType     = reflect.TypeFor[Number]()
	jsonNumberType = reflect.TypeFor[json.Number]()
)

// numeric writes and reads numbers of one Go type, as bare text.
type numeric struct {
	// text appends the canonical text; nothing for an absent number.
	text func(b []byte, p unsafe.Pointer) ([]byte, bool)
	// set takes a canonical text.
	set func(text []byte, p unsafe.Pointer) bool
	// whole says that every value is an integer of at most 64 bits.
	whole bool
}

// numericOf gives the functions of a Go type, false where it holds no numbers.
func numericOf(t reflect.Type) (numeric, bool) {
	if t == numberType || t == jsonNumberType {
		return numeric{text: numberText, set: setNumber}, true
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		return numeric{intText[int64], setInt[int64], true}, true
	case reflect.Int32:
		return numeric{intText[int32], setInt[int32], true}, true
	case reflect.Int16:
		return numeric{intText[int16], setInt[int16], true}, true
	case reflect.Int8:
		return numeric{intText[int8], setInt[int8], true}, true
	case reflect.Uint32:
		return numeric{intText[uint32], setInt[uint32], true}, true
	case reflect.Uint16:
		return numeric{intText[uint16], setInt[uint16], true}, true
	case reflect.Uint8:
		return numeric{intText[uint8], setInt[uint8], true}, true
	case reflect.Uint, reflect.Uint64, reflect.Uintptr:
		return numeric{uintText, setUint, false}, true
	case reflect.Float64:
		return numeric{floatText[float64], setFloat[float64], false}, true
	case reflect.Float32:
		return numeric{floatText[float32], setFloat[float32], false}, true
	}
	return numeric{}, false
}

type small interface {
	int8 | int16 | int32 | int64 | uint8 | uint16 | uint32
}

func intText[T small](b []byte, p unsafe.Pointer) ([]byte, bool) {
	return strconv.AppendInt(b, int64(*(*T)(p)), 10), true
}

func setInt[T small](text []byte, p unsafe.Pointer) bool {
	n, ok := canon.Int64(text)
	*(*T)(p) = T(n)
	return ok && int64(T(n)) == n
}

func uintText(b []byte, p unsafe.Pointer) ([]byte, bool) {
	return strconv.AppendUint(b, *(*uint64)(p), 10), true
}

func setUint(text []byte, p unsafe.Pointer) bool {
	if n, ok := canon.Int64(text); ok {
		*(*uint64)(p) = uint64(n)
		return n >= 0
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	*(*uint64)(p) = n
	return err == nil
}

func floatText[T float32 | float64](b []byte, p unsafe.Pointer) ([]byte, bool) {
	return canon.AppendFloat(b, float64(*(*T)(p)), int(unsafe.Sizeof(T(0)))*8)
}

func setFloat[T float32 | float64](text []byte, p unsafe.Pointer) bool {
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(text), len(text)), int(unsafe.Sizeof(T(0)))*8)
	*(*T)(p) = T(f)
	return err == nil
}

func numberText(b []byte, p unsafe.Pointer) ([]byte, bool) {
	n := *(*Number)(p)
	if n == "" {
		return b, true
	}
	return canon.AppendNumber(b, n)
}

func setNumber(text []byte, p unsafe.Pointer) bool {
	*(*Number)(p) = Number(text)
	return true
}

func integral(f schema.Format) bool {
	switch f {
	case schema.Int, schema.Int64, schema.UnixSeconds, schema.UnixMillis:
		return true
	}
	return false
}

// fitNumber holds a canonical number against a format, and gives it in the format's own text.
func fitNumber(b []byte, start int, a *schema.Attribute) ([]byte, bool) {
	text := b[start:]
	switch {
	case integral(a.Format):
		n, ok := canon.Int64(text)
		return b, ok && (n >= 0 || !a.Has(schema.RoleTTL))
	case a.Format == schema.Float:
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil || math.IsInf(f, 0) {
			return b, false
		}
		return canon.AppendFloat(b[:start], f, 64)
	}
	return b, true
}

// numberNode is the plan of an N.
func numberNode(a *schema.Attribute, t reflect.Type) (*node, bool) {
	if t == timeType && (a.Format == schema.UnixSeconds || a.Format == schema.UnixMillis) {
		return unixNode(a), true
	}
	k, ok := numericOf(t)
	if !ok {
		return nil, false
	}
	exact := k.whole && !a.Has(schema.RoleTTL) && a.Format != schema.Float || t.Kind() == reflect.Float64 && a.Format == schema.Float
	n := &number{a, k, exact}
	return &node{n.enc, n.dec}, true
}

// number is the plan of an N in a Go type of numbers.
type number struct {
	a *schema.Attribute
	numeric
	// exact says that every value of the Go type fits the format as it is.
	exact bool
}

func (n *number) enc(b []byte, p unsafe.Pointer, _ int) ([]byte, error) {
	at := len(b)
	b = append(b, `{"N":"`...)
	start := len(b)
	b, ok := n.text(b, p)
	if ok && len(b) == start {
		return b[:at], nil
	}
	if ok && !n.exact {
		b, ok = fitNumber(b, start, n.a)
	}
	if !ok {
		return b[:at], refuse("a number that cannot be stored as " + describe(n.a))
	}
	return append(b, `"}`...), nil
}

func (n *number) dec(d *scanner, p unsafe.Pointer) error {
	if err := d.enter(schema.N); err != nil {
		return err
	}
	r, _, err := d.raw()
	if err != nil {
		return err
	}
	text, ok := canon.AppendNumber(d.digits[:0], r)
	if ok && integral(n.a.Format) {
		_, ok = canon.Int64(text)
	}
	if !ok || !n.set(text, p) {
		return unreadable(describe(n.a))
	}
	return d.want('}')
}

// describe names an attribute's type and format for messages.
func describe(a *schema.Attribute) string {
	switch {
	case a.JSON:
		return string(a.Type) + " (json)"
	case a.Format != "":
		return string(a.Type) + " (" + string(a.Format) + ")"
	case a.Enum != nil:
		return string(a.Type) + " of the enumeration"
	}
	return string(a.Type)
}
