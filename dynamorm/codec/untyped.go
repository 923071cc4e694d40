package codec

import (
	"encoding/json"
	"reflect"
	"sort"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// appendAny appends a value that no model types, by its own type.
func appendAny(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if err := checkDepth(depth); err != nil {
		return dst, err
	}
	if v = indirect(v); !v.IsValid() {
		return append(dst, `{"NULL":true}`...), nil
	}
	switch value := v.Interface().(type) {
	case StringSet:
		return untypedSet(dst, "SS", v)
	case NumberSet:
		return untypedSet(dst, "NS", v)
	case BinarySet:
		return untypedSet(dst, "BS", v)
	case map[string]struct{}:
		return untypedSet(dst, "SS", v)
	case time.Time:
		out, err := AppendTime(append(dst, `{"S":"`...), value, microDigits)
		if err != nil {
			return dst, refused("%v", err)
		}
		return append(out, `"}`...), nil
	case Number, json.Number:
		return anyNumber(dst, v)
	}
	switch v.Kind() {
	case reflect.Bool:
		return append(strconv.AppendBool(append(dst, `{"BOOL":`...), v.Bool()), '}'), nil
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return dst, refused("%v", errSurrogate)
		}
		return append(schema.AppendQuoted(append(dst, `{"S":`...), v.String()), '}'), nil
	case reflect.Slice, reflect.Array:
		return anyList(dst, v, depth)
	case reflect.Map:
		return anyMap(dst, v, depth)
	}
	return anyNumber(dst, v)
}

func untypedSet(dst []byte, tag string, v reflect.Value) ([]byte, error) {
	out, empty, err := appendSet(dst, tag, v)
	if err == nil && empty {
		err = refused("an empty set has no DynamoDB type here")
	}
	return out, err
}

func anyNumber(dst []byte, v reflect.Value) ([]byte, error) {
	out, err := appendNumberText(append(dst, `{"N":"`...), v)
	if err != nil {
		return dst, refused("%v", err)
	}
	return append(out, `"}`...), nil
}

func anyList(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.Type().Elem().Kind() == reflect.Uint8 && v.Kind() == reflect.Slice {
		out, _, err := appendBinary(dst, v)
		return out, err
	}
	dst = append(dst, `{"L":[`...)
	for i := 0; i < v.Len(); i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendAny(dst, v.Index(i), depth+1); err != nil {
			return dst, errs.UnderIndex(err, i)
		}
	}
	return append(dst, "]}"...), nil
}

func anyMap(dst []byte, v reflect.Value, depth int) ([]byte, error) {
	if v.Type().Key().Kind() != reflect.String {
		return dst, refused("a map's keys are strings")
	}
	keys := v.MapKeys()
	sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
	dst = append(dst, `{"M":{`...)
	for i, key := range keys {
		if !utf8.ValidString(key.String()) {
			return dst, refused("a member's name: %v", errSurrogate)
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(schema.AppendQuoted(dst, key.String()), ':')
		var err error
		if dst, err = appendAny(dst, v.MapIndex(key), depth+1); err != nil {
			return dst, errs.Under(err, key.String())
		}
	}
	return append(dst, "}}"...), nil
}

// readAny reads a value that no model types: nil, bool, string, Number, []byte, the sets, []any, map[string]any.
func (s *Scanner) readAny() (out any, err error) {
	err = s.tagged(func(tag string) error {
		out, err = s.readTag(tag)
		return err
	})
	return out, err
}

func (s *Scanner) readTag(tag string) (any, error) {
	switch tag {
	case "S":
		return s.text()
	case "N":
		return s.number()
	case "B":
		return s.binary()
	case "BOOL":
		return s.boolean()
	case "NULL":
		return nil, s.skip()
	case "SS":
		members, err := s.strings()
		return StringSet(members), err
	case "NS":
		members, err := s.numbers()
		return NumberSet(members), err
	case "BS":
		members, err := s.binaries()
		return BinarySet(members), err
	case "L":
		out := []any{}
		err := s.elements(func(i int) error {
			value, err := s.readAny()
			out = append(out, value)
			return errs.UnderIndex(asDecode(err), i)
		})
		return out, err
	case "M":
		out := map[string]any{}
		err := s.Each(func(key []byte) error {
			name := string(key)
			value, err := s.readAny()
			out[name] = value
			return errs.Under(asDecode(err), name)
		})
		return out, err
	}
	return nil, errs.New(errs.DecodeFailed, "no type of DynamoDB")
}

// asDecode turns a reader's refusal into DecodeFailed, so that a path can be put before it.
func asDecode(err error) error {
	if err == nil {
		return nil
	}
	if own, ok := err.(*errs.Error); ok { //nolint:errorlint // readers give the error itself
		return own
	}
	return errs.New(errs.DecodeFailed, "%v", err)
}

func (s *Scanner) number() (Number, error) {
	text, err := s.text()
	if err != nil {
		return "", err
	}
	return Canonical(text)
}

func (s *Scanner) strings() ([]string, error) {
	out := []string{}
	err := s.elements(func(int) error {
		member, err := s.text()
		out = append(out, member)
		return err
	})
	sort.Strings(out)
	return out, err
}

func (s *Scanner) numbers() ([]Number, error) {
	out := []Number{}
	err := s.elements(func(int) error {
		member, err := s.number()
		out = append(out, member)
		return err
	})
	sort.Slice(out, func(i, j int) bool { return out[i].Compare(out[j]) < 0 })
	return out, err
}

func (s *Scanner) binaries() ([][]byte, error) {
	out := [][]byte{}
	err := s.elements(func(int) error {
		member, err := s.binary()
		out = append(out, member)
		return err
	})
	sort.Slice(out, func(i, j int) bool { return string(out[i]) < string(out[j]) })
	return out, err
}
