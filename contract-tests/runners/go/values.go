package main

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// one gives the tag and the value of a tagged value.
func one(v object) (string, any) {
	for tag, x := range v {
		return tag, x
	}
	return "", nil
}

func each[T any](v any, one func(any) T) []T {
	out := []T{}
	for _, e := range v.([]any) {
		out = append(out, one(e))
	}
	return out
}

func attribute(list []*schema.Attribute, name string) *schema.Attribute {
	if i := slices.IndexFunc(list, func(a *schema.Attribute) bool { return a.Name == name }); i >= 0 {
		return list[i]
	}
	return nil
}

// toNative gives the Go value of a tagged one, by its attribute.
func toNative(a *schema.Attribute, v object) any {
	tag, x := one(v)
	if a == nil || string(a.Type) != tag {
		a = &schema.Attribute{}
	}
	switch tag {
	case "S":
		return text(a, x.(string))
	case "N":
		return number(a, x.(string))
	case "B":
		return binary(x)
	case "BOOL":
		return x
	case "SS":
		return dynamorm.StringSet(each(x, func(e any) string { return e.(string) }))
	case "NS":
		return dynamorm.NumberSet(each(x, func(e any) dynamorm.Number { return dynamorm.Number(e.(string)) }))
	case "BS":
		return dynamorm.BinarySet(each(x, binary))
	case "L":
		return each(x, func(e any) any { return toNative(a.Items, e.(object)) })
	case "M":
		return membersToNative(a.Attributes, x.(object))
	}
	return nil
}

func membersToNative(list []*schema.Attribute, item object) object {
	out := object{}
	for name, v := range item {
		out[name] = toNative(attribute(list, name), v.(object))
	}
	return out
}

// finer finds text with more digits than the format has, and the offset of a whole day, which Go reads: it goes on as text, so that the library refuses it.
var finer = map[schema.Format]*regexp.Regexp{
	schema.Timestamp: regexp.MustCompile(`\.\d{6}\d*[1-9]|[+-]24:`), schema.RFC3339Nano: regexp.MustCompile(`\.\d{9}\d*[1-9]|[+-]24:`),
}

func text(a *schema.Attribute, s string) any {
	switch {
	case a.JSON:
		var v any
		if parse(s, &v) == nil {
			return v
		}
	case a.Format == schema.Timestamp || a.Format == schema.RFC3339Nano:
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil && !finer[a.Format].MatchString(s) {
			return t
		}
	case a.Format == schema.BoolString && (s == "true" || s == "false"):
		return s == "true"
	}
	return s
}

func number(a *schema.Attribute, text string) any {
	switch a.Format {
	case schema.Int, schema.Int64, schema.UnixSeconds, schema.UnixMillis:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	case schema.Float:
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f
		}
	}
	return dynamorm.Number(text)
}

func binary(v any) []byte {
	b, _ := base64.StdEncoding.DecodeString(v.(string))
	return append([]byte{}, b...)
}

// assign puts a Go value into a place of a declared type; false where it cannot hold it.
func assign(place reflect.Value, a *schema.Attribute, v any) bool {
	if v == nil {
		return nilable(place)
	}
	list, isList := v.([]any)
	from := reflect.ValueOf(v)
	if place.Kind() == reflect.Slice && place.Type().Elem().Kind() != reflect.Uint8 && isList != (a.Type == schema.L) {
		return false // a list is no set, though Go would take the one for the other
	}
	if from.Type().AssignableTo(place.Type()) {
		place.Set(from)
		return true
	}
	if place.Kind() == reflect.Pointer {
		place.Set(reflect.New(place.Type().Elem()))
		return assign(place.Elem(), a, v)
	}
	switch v := v.(type) {
	case int64:
		switch {
		case place.CanInt():
			place.SetInt(v)
			return !place.OverflowInt(v)
		case place.Type() == reflect.TypeFor[time.Time]() && a.Format == schema.UnixMillis:
			return assign(place, a, time.UnixMilli(v))
		case place.Type() == reflect.TypeFor[time.Time]():
			return assign(place, a, time.Unix(v, 0))
		}
	case object:
		return place.Kind() == reflect.Struct && assignMembers(place, a.Attributes, v)
	case dynamorm.StringSet:
		set := map[string]struct{}{}
		for _, e := range v {
			set[e] = struct{}{}
		}
		return place.Kind() == reflect.Map && assign(place, a, set)
	case []any:
		if place.Kind() != reflect.Slice {
			return false
		}
		place.Set(reflect.MakeSlice(place.Type(), len(list), len(list)))
		for i, e := range list {
			if !assign(place.Index(i), a.Items, e) {
				return false
			}
		}
		return true
	}
	return false
}

// assignMembers fills a struct; false where it has no field for a member, or a field that cannot do without one.
func assignMembers(place reflect.Value, attributes []*schema.Attribute, item object) bool {
	seen := 0
	for name, field := range fieldsOf(place) {
		v, ok := item[name]
		if !ok && !nilable(field) || ok && !assign(field, attribute(attributes, name), v) {
			return false
		}
		if ok {
			seen++
		}
	}
	return seen == len(item)
}

// fieldsOf gives a struct's fields by attribute, those of embedded structs among them.
func fieldsOf(v reflect.Value) map[string]reflect.Value {
	out := map[string]reflect.Value{}
	for _, f := range reflect.VisibleFields(v.Type()) {
		if name, _, _ := strings.Cut(f.Tag.Get("dynamorm"), ","); name != "" {
			out[name] = v.FieldByIndex(f.Index)
		}
	}
	return out
}

func nilable(v reflect.Value) bool {
	return slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface}, v.Kind())
}

// toTagged gives the tagged value of a Go one, by its attribute.
func toTagged(a *schema.Attribute, v reflect.Value) object {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() || nilable(v) && v.IsNil() {
		return object{"NULL": true}
	}
	if a == nil {
		a = &schema.Attribute{}
	}
	if a.JSON {
		b, _ := json.Marshal(plainJSON(v.Interface()))
		return object{"S": string(b)}
	}
	switch x := v.Interface().(type) {
	case time.Time:
		return taggedTime(a, x)
	case dynamorm.Number:
		return object{"N": string(x)}
	case []byte:
		return object{"B": base64.StdEncoding.EncodeToString(x)}
	case dynamorm.StringSet:
		return taggedList(a, "SS", v)
	case dynamorm.NumberSet:
		return taggedList(a, "NS", v)
	case dynamorm.BinarySet:
		return taggedList(a, "BS", v)
	case map[string]struct{}:
		return object{"SS": slices.Sorted(maps.Keys(x))}
	}
	switch v.Kind() {
	case reflect.String:
		return object{"S": v.String()}
	case reflect.Bool:
		if a.Type == schema.S {
			return object{"S": strconv.FormatBool(v.Bool())}
		}
		return object{"BOOL": v.Bool()}
	case reflect.Float64:
		return object{"N": strconv.FormatFloat(v.Float(), 'g', -1, 64)}
	case reflect.Struct, reflect.Map:
		return object{"M": membersToTagged(a.Attributes, v, a.Typed)}
	case reflect.Slice:
		if a.Type == "" {
			return taggedList(a, "L", v)
		}
		return taggedList(a, string(a.Type), v)
	}
	return object{"N": strconv.FormatInt(v.Int(), 10)}
}

// membersToTagged gives the members of a struct or map; null ones and empty sets of declared members are left out.
func membersToTagged(list []*schema.Attribute, v reflect.Value, declared bool) object {
	fields := map[string]reflect.Value{}
	if v.Kind() == reflect.Struct {
		fields = fieldsOf(v)
	} else {
		for _, k := range v.MapKeys() {
			fields[k.String()] = v.MapIndex(k)
		}
	}
	out := object{}
	for name, x := range fields {
		t := toTagged(attribute(list, name), x)
		tag, inner := one(t)
		isSet := tag == "SS" || tag == "NS" || tag == "BS"
		if !declared || tag != "NULL" && !(isSet && reflect.ValueOf(inner).Len() == 0) {
			out[name] = t
		}
	}
	return out
}

func taggedList(a *schema.Attribute, tag string, v reflect.Value) object {
	out := []any{}
	for i := range v.Len() {
		var e any = toTagged(a.Items, v.Index(i))
		if tag != "L" {
			_, e = one(e.(object))
		}
		out = append(out, e)
	}
	return object{tag: out}
}

func taggedTime(a *schema.Attribute, t time.Time) object {
	switch a.Format {
	case schema.UnixSeconds:
		return object{"N": strconv.FormatInt(t.Unix(), 10)}
	case schema.UnixMillis:
		return object{"N": strconv.FormatInt(t.UnixMilli(), 10)}
	case schema.RFC3339Nano:
		return object{"S": t.UTC().Format("2006-01-02T15:04:05.000000000Z")}
	}
	return object{"S": t.UTC().Format("2006-01-02T15:04:05.000000Z")}
}

// plainJSON makes the library's numbers JSON numbers.
func plainJSON(v any) any {
	switch x := v.(type) {
	case dynamorm.Number:
		return json.Number(x)
	case []any:
		return each(x, plainJSON)
	case map[string]any:
		out := object{}
		for k, e := range x {
			out[k] = plainJSON(e)
		}
		return out
	}
	return v
}
