package codec

import (
	"encoding/base64"
	"reflect"
	"sort"
	"unicode/utf8"

	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// appendSet appends a set in canonical order, duplicates collapsed.
func appendSet(dst []byte, tag string, v reflect.Value) ([]byte, bool, error) {
	members, err := setMembers(tag, v)
	if err != nil {
		return dst, false, err
	}
	dst = append(append(append(dst, `{"`...), tag...), `":[`...)
	last := ""
	for i, member := range members {
		if i > 0 {
			if member == last {
				continue
			}
			dst = append(dst, ',')
		}
		last = member
		if tag == "BS" {
			member = base64.StdEncoding.EncodeToString([]byte(member))
		}
		dst = schema.AppendQuoted(dst, member)
	}
	return append(dst, "]}"...), len(members) == 0, nil
}

// setMembers gives the sorted members of a slice or of a map's keys: text, canonical numbers, or raw bytes.
func setMembers(tag string, v reflect.Value) ([]string, error) {
	var values []reflect.Value
	switch {
	case v.Kind() == reflect.Map:
		values = v.MapKeys()
	case (v.Kind() == reflect.Slice || v.Kind() == reflect.Array) && v.Type() != bytesType:
		for i := 0; i < v.Len(); i++ {
			values = append(values, v.Index(i))
		}
	default:
		return nil, refused("expected %s, found %s", tag, v.Type())
	}
	out := make([]string, 0, len(values))
	for _, value := range values {
		member, err := setMember(tag, indirect(value))
		if err != nil {
			return nil, err
		}
		out = append(out, member)
	}
	if tag == "NS" {
		sort.Slice(out, func(i, j int) bool { return Number(out[i]).Compare(Number(out[j])) < 0 })
	} else {
		sort.Strings(out)
	}
	return out, nil
}

func setMember(tag string, v reflect.Value) (string, error) {
	switch {
	case !v.IsValid():
		return "", refused("null in a set")
	case tag == "SS" && v.Kind() == reflect.String && v.Type() != numberType:
		if !utf8.ValidString(v.String()) {
			return "", refused("%v", errSurrogate)
		}
		return v.String(), nil
	case tag == "NS":
		text, err := appendNumberText(nil, v)
		if err != nil {
			return "", refused("%v", err)
		}
		return string(text), nil
	case tag == "BS" && v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return string(v.Bytes()), nil
	}
	return "", refused("a %s is no member of %s", v.Type(), tag)
}
