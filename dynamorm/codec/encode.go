package codec

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/limits"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

func refused(format string, args ...any) *errs.Error {
	return errs.New(errs.ValidationFailed, format, args...)
}

// indirect follows pointers and interfaces; the zero Value stands for null.
func indirect(v reflect.Value) reflect.Value {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		if v.IsNil() {
			return reflect.Value{}
		}
		v = v.Elem()
	}
	if !v.IsValid() {
		return v
	}
	switch kind := v.Kind(); {
	case (kind == reflect.Slice || kind == reflect.Map) && v.IsNil():
		return reflect.Value{}
	case v.Type() == numberType && v.Len() == 0:
		// The empty Number is what an absent one reads as where a struct does not use a pointer.
		return reflect.Value{}
	}
	return v
}

// appendMembers appends the members of a struct or map[string]any as one JSON object; tagged values of `own` stand in for the caller's.
func (p *Plan) appendMembers(dst []byte, v reflect.Value, depth int, own map[string][]byte) ([]byte, error) {
	get, err := p.getter(v)
	if err != nil {
		return dst, err
	}
	dst = append(dst, '{')
	first := true
	for i, member := range p.Members {
		mark := len(dst)
		if !first {
			dst = append(dst, ',')
		}
		dst = append(dst, member.quoted...)
		start := len(dst)
		if stamped, there := own[member.Field.Name]; there {
			dst = append(dst, stamped...)
		} else {
			dst, err = member.appendMember(dst, get(i), depth)
		}
		if err != nil {
			return dst, errs.Under(err, member.Field.Name)
		}
		if len(dst) == start {
			dst = dst[:mark]
		} else {
			first = false
		}
	}
	return append(dst, '}'), nil
}

// getter gives a function from a member's position to its value; the zero Value where it is absent.
func (p *Plan) getter(v reflect.Value) (func(int) reflect.Value, error) {
	switch {
	case v.Kind() == reflect.Struct && v.Type() != timeType:
		index := p.indexes(v.Type())
		return func(i int) reflect.Value {
			if index[i] == nil {
				return reflect.Value{}
			}
			return v.FieldByIndex(index[i])
		}, nil
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		for _, key := range v.MapKeys() {
			if p.byName[key.String()] == nil {
				return nil, errs.Under(refused("the model does not know this attribute"), key.String())
			}
		}
		keyType := v.Type().Key()
		return func(i int) reflect.Value {
			return v.MapIndex(reflect.ValueOf(p.Members[i].Field.Name).Convert(keyType))
		}, nil
	}
	return nil, refused("expected M, found %s", v.Kind())
}

// appendMember appends one attribute's value, or nothing where it is absent.
func (p *Plan) appendMember(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	field := p.Field
	if unsaid(field, v) {
		return dst, nil
	}
	v = indirect(v)
	if !v.IsValid() {
		switch {
		case field.Type == "NULL" && field.Required:
			return append(dst, `{"NULL":true}`...), nil
		case field.Required:
			return dst, refused("a required attribute is missing")
		}
		return dst, nil
	}
	if field.Encrypted {
		return dst, errs.New(errs.EncryptionNotConfigured, "the attribute is encrypted and the client has no key")
	}
	start := len(dst)
	dst, empty, err := p.appendValue(dst, v, depth)
	if err != nil {
		return dst, err
	}
	if empty && (field.OmitEmpty || field.IsSet()) || len(dst) == start {
		if field.Required {
			return dst, refused("a required attribute is empty")
		}
		return dst[:start], nil
	}
	return dst, nil
}

// unsaid tells the empty string in a struct's own string field where the attribute has no empty text: what an absent one reads as.
func unsaid(field *schema.Field, v reflect.Value) bool {
	if field.Required || v.Kind() != reflect.String || v.Len() != 0 {
		return false
	}
	return field.Format == "uuid" || field.Format == "date" || field.Enum != nil && !slices.Contains(field.Enum, "")
}

// appendValue appends a value that is not null by the attribute's type, tagged, and tells whether it is empty in the sense of omit_empty.
func (p *Plan) appendValue(dst []byte, v reflect.Value, depth int) (out []byte, empty bool, err error) {
	switch p.Field.Type {
	case "S":
		return p.appendText(dst, v)
	case "N":
		return p.appendNumber(dst, v)
	case "B":
		return appendBinary(dst, v)
	case "BOOL":
		if v.Kind() != reflect.Bool {
			return dst, false, refused("expected a boolean, found %s", v.Type())
		}
		return append(strconv.AppendBool(append(dst, `{"BOOL":`...), v.Bool()), '}'), !v.Bool(), nil
	case "SS", "NS", "BS":
		return appendSet(dst, p.Field.Type, v)
	case "L":
		return p.appendList(dst, v, depth)
	case "M":
		return p.appendMap(dst, v, depth)
	}
	return dst, false, refused("expected null, found %s", v.Type())
}

func checkDepth(depth int) error {
	if depth > limits.NestingDepthMax {
		return refused("nested deeper than %d levels", limits.NestingDepthMax)
	}
	return nil
}

func (p *Plan) appendList(dst []byte, v reflect.Value, depth int) ([]byte, bool, error) {
	if (v.Kind() != reflect.Slice && v.Kind() != reflect.Array) || v.Type() == bytesType {
		return dst, false, refused("expected L, found %s", v.Type())
	}
	dst = append(dst, `{"L":[`...)
	for i := 0; i < v.Len(); i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = p.appendElement(dst, v.Index(i), depth+1); err != nil {
			return dst, false, errs.UnderIndex(err, i)
		}
	}
	return append(dst, "]}"...), v.Len() == 0, nil
}

func (p *Plan) appendElement(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if err := checkDepth(depth); err != nil {
		return dst, err
	}
	if p.Element == nil {
		return appendAny(dst, v, depth)
	}
	if v = indirect(v); !v.IsValid() {
		return dst, refused("null in a list with declared items")
	}
	dst, _, err := p.Element.appendValue(dst, v, depth)
	return dst, err
}

func (p *Plan) appendMap(dst []byte, v reflect.Value, depth int) ([]byte, bool, error) {
	if !p.Field.Typed {
		if v.Kind() != reflect.Map {
			return dst, false, refused("expected M, found %s", v.Type())
		}
		out, err := appendAny(dst, v, depth)
		return out, v.Len() == 0, err
	}
	if err := checkDepth(depth); err != nil {
		return dst, false, err
	}
	start := len(dst)
	dst, err := p.appendMembers(append(dst, `{"M":`...), v, depth+1, nil)
	return append(dst, '}'), len(dst)-start == len(`{"M":{}`), err
}

func (p *Plan) appendText(dst []byte, v reflect.Value) ([]byte, bool, error) {
	dst = append(dst, `{"S":`...)
	field := p.Field
	if field.JSON {
		return appendJSONAttribute(dst, v)
	}
	if v.Type() == timeType {
		out, err := appendTimeText(dst, field, v.Interface().(time.Time))
		return append(out, '}'), v.Interface().(time.Time).IsZero(), err
	}
	if field.Format == "bool_string" {
		if v.Kind() != reflect.Bool {
			return dst, false, refused("expected a boolean, found %s", v.Type())
		}
		return append(append(strconv.AppendBool(append(dst, '"'), v.Bool()), '"'), '}'), !v.Bool(), nil
	}
	if v.Kind() != reflect.String || v.Type() == numberType {
		return dst, false, refused("expected a string, found %s", v.Type())
	}
	text, err := formatted(field, v.String())
	if err != nil {
		return dst, false, refused("%v", err)
	}
	empty := text == "" || (field.Format == "timestamp" || field.Format == "rfc3339nano") && isZeroTime(text)
	return append(schema.AppendQuoted(dst, text), '}'), empty, nil
}

func isZeroTime(text string) bool {
	value, err := parseTime(text, nanoDigits)
	return err == nil && value.IsZero()
}

func appendJSONAttribute(dst []byte, v reflect.Value) ([]byte, bool, error) {
	text, err := appendJSON(nil, v.Interface())
	if err != nil {
		return dst, false, refused("%v", jsonReason(err))
	}
	if string(text) == "null" {
		return dst[:len(dst)-len(`{"S":`)], true, nil
	}
	var empty bool
	switch string(text) {
	case `""`, "0", "false", "[]", "{}":
		empty = true
	}
	return append(schema.AppendQuoted(dst, string(text)), '}'), empty, nil
}

// jsonReason keeps the texts of our own refusals; another's may hold the value.
func jsonReason(err error) error {
	var marshaler *json.MarshalerError
	if errors.As(err, &marshaler) {
		return errors.New("no JSON value")
	}
	return err
}

func appendTimeText(dst []byte, field *schema.Field, value time.Time) ([]byte, error) {
	digits := 0
	switch field.Format {
	case "timestamp":
		digits = microDigits
	case "rfc3339nano":
		digits = nanoDigits
	case "date":
		if value.Year() < 1 || value.Year() > 9999 {
			return dst, refused("%v", errYear)
		}
		return append(value.AppendFormat(append(dst, '"'), "2006-01-02"), '"'), nil
	default:
		return dst, refused("a time does not fit this attribute")
	}
	out, err := AppendTime(append(dst, '"'), value, digits)
	if err != nil {
		return dst, refused("%v", err)
	}
	return append(out, '"'), nil
}

// formatted checks a text by the attribute's format and gives its canonical form.
func formatted(field *schema.Field, text string) (string, error) {
	if !utf8.ValidString(text) {
		return "", errSurrogate
	}
	switch field.Format {
	case "timestamp", "rfc3339nano":
		digits := microDigits
		if field.Format == "rfc3339nano" {
			digits = nanoDigits
		}
		value, err := parseTime(text, digits)
		if err != nil {
			return "", err
		}
		out, err := AppendTime(nil, value, digits)
		return string(out), err
	case "date":
		return text, checkDate(text)
	case "uuid":
		return canonicalUUID(text)
	case "bool_string":
		if text != "true" && text != "false" {
			return "", errBoolText
		}
		return text, nil
	}
	for _, member := range field.Enum {
		if member == text {
			return text, nil
		}
	}
	if field.Enum != nil {
		return "", errors.New("not one of the enumerated values")
	}
	return text, nil
}

func (p *Plan) appendNumber(dst []byte, v reflect.Value) ([]byte, bool, error) {
	dst = append(dst, `{"N":"`...)
	start := len(dst)
	out, err := p.numberText(dst, v)
	if err != nil {
		var own *errs.Error
		if errors.As(err, &own) {
			return dst, false, err
		}
		return dst, false, refused("%v", err)
	}
	return append(out, `"}`...), string(out[start:]) == "0", nil
}

func (p *Plan) numberText(dst []byte, v reflect.Value) ([]byte, error) {
	switch field := p.Field; field.Format {
	case "int", "int64":
		value, err := integer(v)
		return strconv.AppendInt(dst, value, 10), err
	case "unix_seconds", "unix_millis":
		value, err := instant(v, field.Format)
		if err == nil && value < 0 && field.Has(schema.RoleTTL) {
			err = errors.New("a time to live before 1970")
		}
		return strconv.AppendInt(dst, value, 10), err
	}
	return appendNumberText(dst, v)
}

// appendNumberText appends the canonical text of any number kind of Go.
func appendNumberText(dst []byte, v reflect.Value) ([]byte, error) {
	switch v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.AppendUint(dst, v.Uint(), 10), nil
	case reflect.Float64:
		return appendFloat(dst, v.Float())
	case reflect.Float32:
		return AppendNumber(dst, strconv.FormatFloat(v.Float(), 'e', -1, 32))
	case reflect.String:
		if v.Type() == numberType || v.Type() == reflect.TypeOf(json.Number("")) {
			return AppendNumber(dst, v.String())
		}
	}
	return dst, refused("expected a number, found %s", v.Type())
}

func integer(v reflect.Value) (int64, error) {
	text, err := appendNumberText(nil, v)
	if err != nil {
		return 0, err
	}
	return parseInt(string(text))
}

func instant(v reflect.Value, format string) (int64, error) {
	if v.Type() != timeType {
		return integer(v)
	}
	value := v.Interface().(time.Time)
	if value.IsZero() {
		return 0, nil
	}
	if format == "unix_seconds" {
		return value.Unix(), nil
	}
	return value.UnixMilli(), nil
}

func appendBinary(dst []byte, v reflect.Value) ([]byte, bool, error) {
	if v.Kind() != reflect.Slice || v.Type().Elem().Kind() != reflect.Uint8 {
		return dst, false, refused("expected bytes, found %s", v.Type())
	}
	dst = base64.StdEncoding.AppendEncode(append(dst, `{"B":"`...), v.Bytes())
	return append(dst, `"}`...), v.Len() == 0, nil
}
