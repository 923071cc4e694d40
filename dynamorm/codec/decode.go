package codec

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

// readMembers reads an object's members into a struct or a map[string]any; what the model does not know is passed over.
func (p *Plan) readMembers(s *Scanner, dst reflect.Value, partial bool) error {
	if s.peek() != '{' {
		return errs.New(errs.DecodeFailed, "expected M")
	}
	seen := make([]bool, len(p.Members))
	err := s.Each(func(key []byte) error {
		for i, member := range p.Members {
			if member.Field.Name == string(key) {
				present, err := member.readMember(s, p.target(dst, i), partial)
				seen[i] = present
				return errs.Under(asDecode(err), member.Field.Name)
			}
		}
		return s.skip()
	})
	if err != nil || partial {
		return err
	}
	for i, member := range p.Members {
		if !seen[i] && member.Field.Required && member.Field.Type != "NULL" {
			return errs.Under(errs.New(errs.DecodeFailed, "a required attribute is missing"), member.Field.Name)
		}
	}
	return nil
}

// target gives where a member goes: a settable field of a struct, or a setter of a map through an addressable any.
func (p *Plan) target(dst reflect.Value, i int) target {
	if dst.Kind() == reflect.Map {
		return target{owner: dst, name: p.Members[i].Field.Name}
	}
	index := p.indexes(dst.Type())[i]
	if index == nil {
		return target{}
	}
	return target{value: dst.FieldByIndex(index)}
}

// A target is a place for one value: a field, or a member of a map; the zero target takes nothing.
type target struct {
	value reflect.Value
	owner reflect.Value
	name  string
}

func (p *Plan) readMember(s *Scanner, to target, partial bool) (present bool, err error) {
	field := p.Field
	err = s.tagged(func(tag string) error {
		if tag == "NULL" {
			return s.skip()
		}
		present = true
		if field.Encrypted {
			return errs.New(errs.EncryptionNotConfigured, "the attribute is encrypted and the client has no key")
		}
		if tag != field.Type {
			return errs.New(errs.DecodeFailed, "expected %s, found %s", field.Type, tag)
		}
		return p.readInto(s, to, partial)
	})
	return present, err
}

func (p *Plan) readInto(s *Scanner, to target, partial bool) error {
	switch {
	case to.owner.IsValid():
		value, err := p.readNatural(s, partial)
		if err == nil {
			to.owner.SetMapIndex(reflect.ValueOf(to.name), reflect.ValueOf(&value).Elem())
		}
		return err
	case to.value.IsValid():
		return p.readBody(s, to.value, partial)
	}
	_, err := p.readNatural(s, partial)
	return err
}

// readNatural reads a body to the value a dynamic table gives.
func (p *Plan) readNatural(s *Scanner, partial bool) (any, error) {
	field := p.Field
	switch field.Type {
	case "S":
		return p.naturalText(s)
	case "N":
		return p.naturalNumber(s)
	case "L":
		if p.Element != nil {
			out := []any{}
			err := s.elements(func(i int) error {
				var value any
				err := p.Element.readElement(s, reflect.ValueOf(&value).Elem(), partial)
				out = append(out, value)
				return errs.UnderIndex(asDecode(err), i)
			})
			return out, err
		}
	case "M":
		if field.Typed {
			out := map[string]any{}
			return out, p.readMembers(s, reflect.ValueOf(out), partial)
		}
	case "SS":
		out, err := s.strings()
		return out, err
	case "NS":
		out, err := s.numbers()
		return out, err
	case "BS":
		out, err := s.binaries()
		return out, err
	}
	return s.readTag(field.Type)
}

func (p *Plan) readElement(s *Scanner, dst reflect.Value, partial bool) error {
	return s.tagged(func(tag string) error {
		if tag != p.Field.Type {
			return errs.New(errs.DecodeFailed, "expected %s, found %s", p.Field.Type, tag)
		}
		return p.readBody(s, dst, partial)
	})
}

func (p *Plan) naturalText(s *Scanner) (any, error) {
	text, err := s.text()
	if err != nil {
		return nil, err
	}
	if p.Field.JSON {
		return readJSON(text)
	}
	switch p.Field.Format {
	case "timestamp":
		return parseTime(text, microDigits)
	case "rfc3339nano":
		return parseTime(text, nanoDigits)
	case "bool_string":
		if text != "true" && text != "false" {
			return nil, errBoolText
		}
		return text == "true", nil
	}
	return formatted(p.Field, text)
}

func (p *Plan) naturalNumber(s *Scanner) (any, error) {
	text, err := s.text()
	if err != nil {
		return nil, err
	}
	switch p.Field.Format {
	case "int", "int64", "unix_seconds", "unix_millis":
		return parseInt(text)
	case "float":
		if _, err := parseDecimal(text); err != nil {
			return nil, err
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, errRange
		}
		return value, nil
	}
	return Canonical(text)
}

// readBody reads the body of the attribute's own tag into a Go value.
func (p *Plan) readBody(s *Scanner, dst reflect.Value, partial bool) error {
	for dst.Kind() == reflect.Pointer {
		if dst.IsNil() {
			dst.Set(reflect.New(dst.Type().Elem()))
		}
		dst = dst.Elem()
	}
	if dst.Kind() == reflect.Interface {
		value, err := p.readNatural(s, partial)
		if err == nil && value != nil {
			dst.Set(reflect.ValueOf(value))
		}
		return err
	}
	switch p.Field.Type {
	case "L":
		return p.readSlice(s, dst, partial)
	case "M":
		return p.readMap(s, dst, partial)
	case "SS", "NS", "BS":
		return p.readSet(s, dst)
	}
	if p.Field.JSON {
		return readJSONInto(s, dst)
	}
	value, err := p.readNatural(s, partial)
	if err != nil {
		return err
	}
	return assign(p.Field.Format, dst, value)
}

func (p *Plan) readSlice(s *Scanner, dst reflect.Value, partial bool) error {
	if dst.Kind() != reflect.Slice {
		return errors.New("the struct's field is no slice")
	}
	out := reflect.MakeSlice(dst.Type(), 0, 4)
	err := s.elements(func(i int) error {
		element := reflect.New(dst.Type().Elem()).Elem()
		var err error
		if p.Element != nil {
			err = p.Element.readElement(s, element, partial)
		} else {
			var value any
			if value, err = s.readAny(); err == nil {
				err = assignMember(element, value)
			}
		}
		out = reflect.Append(out, element)
		return errs.UnderIndex(asDecode(err), i)
	})
	dst.Set(out)
	return err
}

func (p *Plan) readMap(s *Scanner, dst reflect.Value, partial bool) error {
	if dst.Kind() == reflect.Struct {
		return p.readMembers(s, dst, partial)
	}
	value, err := p.readNatural(s, partial)
	if err != nil {
		return err
	}
	return assign("", dst, value)
}

func (p *Plan) readSet(s *Scanner, dst reflect.Value) error {
	value, err := p.readNatural(s, false)
	if err != nil {
		return err
	}
	members := reflect.ValueOf(value)
	if dst.Kind() == reflect.Map {
		out := reflect.MakeMap(dst.Type())
		for i := 0; i < members.Len(); i++ {
			key := reflect.New(dst.Type().Key()).Elem()
			if err := assign("", key, members.Index(i).Interface()); err != nil {
				return err
			}
			out.SetMapIndex(key, reflect.Zero(dst.Type().Elem()))
		}
		dst.Set(out)
		return nil
	}
	out := reflect.MakeSlice(dst.Type(), members.Len(), members.Len())
	for i := 0; i < members.Len(); i++ {
		if err := assign("", out.Index(i), members.Index(i).Interface()); err != nil {
			return err
		}
	}
	dst.Set(out)
	return nil
}

func readJSONInto(s *Scanner, dst reflect.Value) error {
	text, err := s.text()
	if err != nil {
		return err
	}
	value, err := readJSON(text)
	if err != nil {
		return err
	}
	if dst.Type() == rawType {
		dst.SetBytes([]byte(text))
		return nil
	}
	if value != nil && reflect.TypeOf(value).AssignableTo(dst.Type()) {
		dst.Set(reflect.ValueOf(value))
		return nil
	}
	if json.Unmarshal([]byte(text), dst.Addr().Interface()) != nil {
		return errors.New("JSON that does not fit the struct's field")
	}
	return nil
}

// assign puts a natural value into a field of a fitting kind, exactly or not at all.
func assign(format string, dst reflect.Value, value any) error {
	for dst.Kind() == reflect.Pointer {
		if dst.IsNil() {
			dst.Set(reflect.New(dst.Type().Elem()))
		}
		dst = dst.Elem()
	}
	from := reflect.ValueOf(value)
	if from.Type().AssignableTo(dst.Type()) {
		dst.Set(from)
		return nil
	}
	switch value := value.(type) {
	case map[string]any:
		return assignMap(dst, value)
	case []any:
		return assignSlice(dst, value)
	}
	if whole, ok := value.(int64); ok {
		return assignInt(format, dst, whole)
	}
	if number, ok := value.(Number); ok {
		return assignNumber(format, dst, number)
	}
	if text, ok := value.(string); ok && format == "date" && dst.Type() == timeType {
		day, err := time.Parse("2006-01-02", text)
		dst.Set(reflect.ValueOf(day))
		return err
	}
	if moment, ok := value.(time.Time); ok && dst.Kind() == reflect.String {
		digits := microDigits
		if format == "rfc3339nano" {
			digits = nanoDigits
		}
		text, err := AppendTime(nil, moment, digits)
		dst.SetString(string(text))
		return err
	}
	if from.Kind() == dst.Kind() && from.Type().ConvertibleTo(dst.Type()) {
		dst.Set(from.Convert(dst.Type()))
		return nil
	}
	if float, ok := value.(float64); ok && dst.Kind() == reflect.Float32 && !dst.OverflowFloat(float) {
		dst.SetFloat(float)
		return nil
	}
	return errHeld
}

// errHeld is a value of another type than the struct's field has inside.
var errHeld = errors.New("a value that the struct's field does not hold")

// assignMap fills a map whose members have one Go type.
func assignMap(dst reflect.Value, members map[string]any) error {
	if dst.Kind() != reflect.Map || dst.Type().Key().Kind() != reflect.String {
		return errHeld
	}
	out := reflect.MakeMapWithSize(dst.Type(), len(members))
	for name, member := range members {
		held := reflect.New(dst.Type().Elem()).Elem()
		if err := assignMember(held, member); err != nil {
			return errs.Under(asDecode(err), name)
		}
		out.SetMapIndex(reflect.ValueOf(name).Convert(dst.Type().Key()), held)
	}
	dst.Set(out)
	return nil
}

// assignSlice fills a slice whose elements have one Go type.
func assignSlice(dst reflect.Value, elements []any) error {
	if dst.Kind() != reflect.Slice {
		return errHeld
	}
	out := reflect.MakeSlice(dst.Type(), len(elements), len(elements))
	for i, element := range elements {
		if err := assignMember(out.Index(i), element); err != nil {
			return errs.UnderIndex(asDecode(err), i)
		}
	}
	dst.Set(out)
	return nil
}

// assignMember takes null only where the Go type has one.
func assignMember(dst reflect.Value, member any) error {
	if member != nil {
		return assign("", dst, member)
	}
	switch dst.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice:
		return nil
	}
	return errHeld
}

func assignInt(format string, dst reflect.Value, whole int64) error {
	switch {
	case dst.Type() == timeType && format == "unix_seconds":
		dst.Set(reflect.ValueOf(time.Unix(whole, 0).UTC()))
	case dst.Type() == timeType && format == "unix_millis":
		dst.Set(reflect.ValueOf(time.UnixMilli(whole).UTC()))
	case dst.CanInt() && !dst.OverflowInt(whole):
		dst.SetInt(whole)
	case dst.CanUint() && whole >= 0 && !dst.OverflowUint(uint64(whole)):
		dst.SetUint(uint64(whole))
	default:
		return errors.New("an integer that the struct's field does not hold")
	}
	return nil
}

func assignNumber(format string, dst reflect.Value, number Number) error {
	switch {
	case dst.CanInt() || dst.CanUint():
		whole, err := parseInt(string(number))
		if err != nil {
			return err
		}
		return assignInt(format, dst, whole)
	case dst.CanFloat():
		value, err := strconv.ParseFloat(string(number), 64)
		if back, _ := appendFloat(nil, value); err != nil || string(back) != string(number) {
			return errors.New("a number that the struct's field does not hold exactly")
		}
		dst.SetFloat(value)
		return nil
	case dst.Type() == reflect.TypeFor[json.Number]():
		dst.SetString(string(number))
		return nil
	}
	// A plain string would be written back as text.
	return errors.New("a number that the struct's field does not hold")
}
