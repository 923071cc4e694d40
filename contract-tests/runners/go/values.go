package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

type object = map[string]any

var tenDigits = regexp.MustCompile(`\.[0-9]{10}`)

// toNative turns a tagged value into the native value of the attribute's type, or of the tag where they differ.
func toNative(field *schema.Field, tagged any) any {
	for tag, body := range tagged.(object) {
		if field == nil || field.Type != tag {
			return untyped(tag, body)
		}
		switch {
		case tag == "S":
			return textToNative(field, body.(string))
		case tag == "N":
			return numberToNative(field, body.(string))
		case tag == "L" && field.Items != nil:
			out := []any{}
			for _, member := range body.([]any) {
				out = append(out, toNative(field.Items, member))
			}
			return out
		case tag == "M" && field.Typed:
			return membersToNative(field.Fields, body.(object))
		case tag == "SS":
			return []string(untyped(tag, body).(dynamorm.StringSet))
		}
		return untyped(tag, body)
	}
	return nil
}

func membersToNative(fields []*schema.Field, members object) object {
	out := object{}
	for name, value := range members {
		var field *schema.Field
		for _, one := range fields {
			if one.Name == name {
				field = one
			}
		}
		out[name] = toNative(field, value)
	}
	return out
}

// textToNative gives the native value of a text format; text that is none goes on as text, for the library to refuse.
func textToNative(field *schema.Field, text string) any {
	switch {
	case field.JSON:
		return json.RawMessage(text)
	case field.Format == "timestamp", field.Format == "rfc3339nano":
		// time.Parse cuts digits that a time.Time does not hold; such text goes on as text.
		if value, err := time.Parse(time.RFC3339Nano, text); err == nil && !tenDigits.MatchString(text) {
			return value
		}
	case field.Format == "bool_string" && (text == "true" || text == "false"):
		return text == "true"
	}
	return text
}

func numberToNative(field *schema.Field, text string) any {
	switch field.Format {
	case "int", "int64", "unix_seconds", "unix_millis":
		if value, err := strconv.ParseInt(text, 10, 64); err == nil {
			return value
		}
	case "float":
		if value, err := strconv.ParseFloat(text, 64); err == nil || math.IsInf(value, 0) {
			return value
		}
	}
	return dynamorm.Number(text)
}

func untyped(tag string, body any) any {
	switch tag {
	case "N":
		return dynamorm.Number(body.(string))
	case "B":
		return unbase64(body)
	case "NULL":
		return nil
	case "SS":
		out := dynamorm.StringSet{}
		for _, member := range body.([]any) {
			out = append(out, member.(string))
		}
		return out
	case "NS":
		out := dynamorm.NumberSet{}
		for _, member := range body.([]any) {
			out = append(out, dynamorm.Number(member.(string)))
		}
		return out
	case "BS":
		out := dynamorm.BinarySet{}
		for _, member := range body.([]any) {
			out = append(out, unbase64(member))
		}
		return out
	case "L":
		out := []any{}
		for _, member := range body.([]any) {
			out = append(out, toNative(nil, member))
		}
		return out
	case "M":
		return membersToNative(nil, body.(object))
	}
	return body
}

func unbase64(body any) []byte {
	out, err := base64.StdEncoding.DecodeString(body.(string))
	if err != nil {
		return []byte(body.(string))
	}
	return out
}

// fromNative turns a native value into a tagged one; nil for null.
func fromNative(field *schema.Field, v reflect.Value) object {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	if !v.IsValid() || (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.IsNil() {
		return nil
	}
	if field != nil && field.JSON {
		text, err := json.Marshal(plainJSON(v.Interface()))
		if err != nil {
			panic(err)
		}
		return object{"S": string(text)}
	}
	switch value := v.Interface().(type) {
	case time.Time:
		return timeToTagged(field, value)
	case dynamorm.Number:
		return object{"N": string(value)}
	case []byte:
		return object{"B": base64.StdEncoding.EncodeToString(value)}
	}
	if tag := setTag(field, v); tag != "" {
		return object{tag: setToTagged(v)}
	}
	return kindToTagged(field, v)
}

func kindToTagged(field *schema.Field, v reflect.Value) object {
	switch v.Kind() {
	case reflect.String:
		return object{"S": v.String()}
	case reflect.Bool:
		if field != nil && field.Type == "S" {
			return object{"S": strconv.FormatBool(v.Bool())}
		}
		return object{"BOOL": v.Bool()}
	case reflect.Int64, reflect.Int:
		return object{"N": strconv.FormatInt(v.Int(), 10)}
	case reflect.Float64:
		return object{"N": strconv.FormatFloat(v.Float(), 'g', -1, 64)}
	case reflect.Slice:
		out := []any{}
		for i := 0; i < v.Len(); i++ {
			var items *schema.Field
			if field != nil {
				items = field.Items
			}
			out = append(out, orNull(fromNative(items, v.Index(i))))
		}
		return object{"L": out}
	case reflect.Map, reflect.Struct:
		if field != nil && field.Typed {
			return object{"M": membersFromNative(field.Fields, v)}
		}
		out := object{}
		for _, key := range v.MapKeys() {
			out[key.String()] = orNull(fromNative(nil, v.MapIndex(key)))
		}
		return object{"M": out}
	}
	panic(fmt.Sprintf("no tag for %s", v.Type()))
}

// plainJSON gives encoding/json what it writes with every digit.
func plainJSON(value any) any {
	switch value := value.(type) {
	case dynamorm.Number:
		return json.Number(value)
	case []any:
		out := make([]any, len(value))
		for i, member := range value {
			out[i] = plainJSON(member)
		}
		return out
	case object:
		out := object{}
		for name, member := range value {
			out[name] = plainJSON(member)
		}
		return out
	}
	return value
}

func orNull(tagged object) object {
	if tagged == nil {
		return object{"NULL": true}
	}
	return tagged
}

func timeToTagged(field *schema.Field, value time.Time) object {
	layout := "2006-01-02T15:04:05.000000Z"
	if field != nil {
		switch field.Format {
		case "unix_seconds":
			return object{"N": strconv.FormatInt(value.Unix(), 10)}
		case "unix_millis":
			return object{"N": strconv.FormatInt(value.UnixMilli(), 10)}
		case "rfc3339nano":
			layout = "2006-01-02T15:04:05.000000000Z"
		}
	}
	return object{"S": value.UTC().Format(layout)}
}

func setTag(field *schema.Field, v reflect.Value) string {
	switch v.Interface().(type) {
	case dynamorm.StringSet:
		return "SS"
	case dynamorm.NumberSet:
		return "NS"
	case dynamorm.BinarySet:
		return "BS"
	}
	if field != nil && field.IsSet() && v.Kind() == reflect.Slice {
		return field.Type
	}
	return ""
}

func setToTagged(v reflect.Value) []string {
	out := []string{}
	for i := 0; i < v.Len(); i++ {
		member := v.Index(i)
		if member.Kind() == reflect.Slice {
			out = append(out, base64.StdEncoding.EncodeToString(member.Bytes()))
		} else {
			out = append(out, member.String())
		}
	}
	sort.Strings(out)
	return out
}

// membersFromNative tags the members of a struct or map; null attributes and empty sets are left out.
func membersFromNative(fields []*schema.Field, v reflect.Value) object {
	out := object{}
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	places := map[string]reflect.Value{}
	if v.Kind() == reflect.Struct {
		for _, one := range codec.StructFields(v.Type()) {
			places[one.Name] = v.FieldByIndex(one.Index)
		}
	} else {
		for _, key := range v.MapKeys() {
			places[key.String()] = v.MapIndex(key)
		}
	}
	for _, field := range fields {
		if value, there := places[field.Name]; there {
			tagged := fromNative(field, value)
			if members, isSet := tagged[field.Type].([]string); tagged == nil || isSet && len(members) == 0 {
				continue
			}
			out[field.Name] = tagged
		}
	}
	return out
}

var errDoesNotFit = errors.New("a value that the struct cannot hold")

// fill puts native values into a struct; what Go's types cannot hold goes through the dynamic table instead.
func fill(dst reflect.Value, value any) error {
	if value == nil {
		return nil
	}
	if dst.Kind() == reflect.Pointer {
		dst.Set(reflect.New(dst.Type().Elem()))
		return fill(dst.Elem(), value)
	}
	from := reflect.ValueOf(value)
	if from.Type().AssignableTo(dst.Type()) {
		dst.Set(from)
		return nil
	}
	members, isMap := value.(object)
	switch {
	case dst.Type() == reflect.TypeFor[time.Time]() && from.Kind() == reflect.Int64:
		dst.Set(reflect.ValueOf(time.UnixMilli(from.Int()).UTC()))
		return nil
	case isMap && dst.Kind() == reflect.Struct:
		return fillStruct(dst, members)
	case from.Kind() == reflect.Slice && dst.Kind() == reflect.Slice:
		out := reflect.MakeSlice(dst.Type(), from.Len(), from.Len())
		for i := 0; i < from.Len(); i++ {
			member := from.Index(i).Interface()
			if member == nil {
				return errDoesNotFit
			}
			if err := fill(out.Index(i), member); err != nil {
				return err
			}
		}
		dst.Set(out)
		return nil
	}
	return errDoesNotFit
}

func fillStruct(dst reflect.Value, members object) error {
	places := map[string][]int{}
	for _, one := range codec.StructFields(dst.Type()) {
		places[one.Name] = one.Index
	}
	for name, value := range members {
		index, there := places[name]
		if !there {
			return errDoesNotFit
		}
		if err := fill(dst.FieldByIndex(index), value); err != nil {
			return err
		}
	}
	return nil
}
