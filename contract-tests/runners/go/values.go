package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// one gives the tag and the value of a tagged value.
func one(v object) (tag string, x any) {
	for tag, x = range v {
	}
	return tag, x
}

func each[T any](v any, one func(any) T) []T {
	out := []T{}
	for _, e := range v.([]any) {
		out = append(out, one(e))
	}
	return out
}

// toNative gives the Go value of a tagged one, by its attribute: what a map holds for it.
func toNative(a *schema.Attribute, v object) any {
	tag, x := one(v)
	if a != nil && tag == "S" && slices.Contains([]schema.Format{schema.UnixSeconds, schema.UnixMillis}, a.Format) {
		if t, err := time.Parse(time.RFC3339Nano, x.(string)); err == nil {
			return t
		}
	}
	if a == nil || string(a.Type) != tag {
		a = &schema.Attribute{}
	}
	switch tag {
	case "S":
		return text(a, x.(string))
	case "N":
		return number(a.Format, x.(string))
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
		out := object{}
		for name, e := range x.(object) {
			out[name] = toNative(a.Member(name), e.(object))
		}
		return out
	}
	return nil
}

var (
	layouts = map[schema.Format]string{schema.Timestamp: "2006-01-02T15:04:05.000000Z", schema.RFC3339Nano: "2006-01-02T15:04:05.000000000Z",
		schema.Date: time.DateOnly}
	// finer finds more digits than a format has, the offset of a whole day, and a comma, which Go reads: such text goes on as text, so that the library refuses it.
	finer = map[schema.Format]*regexp.Regexp{schema.Timestamp: regexp.MustCompile(`\.\d{6}\d*[1-9]|[+-]24:|,`),
		schema.RFC3339Nano: regexp.MustCompile(`\.\d{9}\d*[1-9]|[+-]24:|,`)}
)

func text(a *schema.Attribute, s string) any {
	var v any
	switch t, err := time.Parse(time.RFC3339Nano, s); {
	case a.JSON && parse(s, &v) == nil:
		return v
	case a.Format == schema.BoolString && (s == "true" || s == "false"):
		return s == "true"
	case finer[a.Format] != nil && err == nil && !finer[a.Format].MatchString(s):
		return t
	}
	return s
}

func number(f schema.Format, s string) any {
	whole := []schema.Format{schema.Int, schema.Int64, schema.UnixSeconds, schema.UnixMillis}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && slices.Contains(whole, f) {
		return n
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && f == schema.Float {
		return n
	}
	return dynamorm.Number(s)
}

func binary(v any) []byte {
	b, _ := base64.StdEncoding.AppendDecode([]byte{}, []byte(v.(string)))
	return b
}

func nilable(v reflect.Value) bool {
	return slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface}, v.Kind())
}

// fields gives the members of a struct or map by attribute, those of embedded structs among them.
func fields(v reflect.Value) map[string]reflect.Value {
	out := map[string]reflect.Value{}
	if v.Kind() == reflect.Map {
		for _, k := range v.MapKeys() {
			out[k.String()] = v.MapIndex(k)
		}
		return out
	}
	for _, f := range reflect.VisibleFields(v.Type()) {
		if name := attributeOf(f); name != "" {
			out[name] = v.FieldByIndex(f.Index)
		}
	}
	return out
}

// assign puts a tagged value where a program has a type for it; false where that type cannot hold it.
func assign(place reflect.Value, a *schema.Attribute, tagged object) bool {
	tag, x := one(tagged)
	v := reflect.ValueOf(toNative(a, tagged))
	switch {
	case !v.IsValid():
		return nilable(place) || tag == "" && blank(a, place)
	case a == nil || tag != string(a.Type) && v.Type() != reflect.TypeFor[time.Time]():
		return false
	case v.Type().AssignableTo(place.Type()):
		place.Set(v)
	case place.Kind() == reflect.Pointer:
		place.Set(reflect.New(place.Type().Elem()))
		return assign(place.Elem(), a, tagged)
	case place.CanInt() && v.CanInt():
		place.SetInt(v.Int())
		return !place.OverflowInt(v.Int())
	case place.CanUint() && v.CanInt() && v.Int() >= 0:
		place.SetUint(uint64(v.Int()))
		return !place.OverflowUint(uint64(v.Int()))
	case place.Type() == reflect.TypeFor[time.Time]() && v.Kind() == reflect.String:
		t, err := time.Parse(layouts[schema.Date], v.String())
		place.Set(reflect.ValueOf(t))
		return err == nil
	case place.Type() == reflect.TypeFor[time.Time]() && v.CanInt():
		t := map[schema.Format]time.Time{schema.UnixSeconds: time.Unix(v.Int(), 0), schema.UnixMillis: time.UnixMilli(v.Int())}[a.Format]
		place.Set(reflect.ValueOf(t))
	case place.Kind() == reflect.Slice && tag == "L":
		place.Set(reflect.MakeSlice(place.Type(), v.Len(), v.Len()))
		for i, e := range x.([]any) {
			if !assign(place.Index(i), a.Items, e.(object)) {
				return false
			}
		}
	case place.Kind() == reflect.Map && tag == "SS":
		place.Set(reflect.MakeMap(place.Type()))
		for i := range v.Len() {
			place.SetMapIndex(v.Index(i), reflect.Zero(place.Type().Elem()))
		}
	default:
		return assignPlain(place, v, a, x) || place.Kind() == reflect.Struct && tag == "M" && assignMembers(place, a, x.(object))
	}
	return true
}

// assignMembers fills a struct; false where it has no field for a member, or a field that cannot do without one.
func assignMembers(place reflect.Value, a *schema.Attribute, item object) bool {
	known := 0
	for name, field := range fields(place) {
		v, ok := item[name].(object)
		if ok {
			known++
		}
		if !assign(field, a.Member(name), v) {
			return false
		}
	}
	return known == len(item)
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
		number := map[schema.Format]int64{schema.UnixSeconds: x.Unix(), schema.UnixMillis: x.UnixMilli()}
		if n, ok := number[a.Format]; ok {
			return object{"N": strconv.FormatInt(n, 10)}
		}
		return object{"S": x.UTC().Format(layouts[a.Format])}
	case string:
		return object{"S": x}
	case int, int64, int32, int16, int8, uint, uint64, uint32, uint8, float64, float32, dynamorm.Number:
		return object{"N": fmt.Sprint(x)}
	case bool:
		if a.Type == schema.S {
			return object{"S": strconv.FormatBool(x)}
		}
		return object{"BOOL": x}
	case []byte:
		return object{"B": x}
	case dynamorm.StringSet:
		return object{"SS": x}
	case dynamorm.NumberSet:
		return object{"NS": x}
	case dynamorm.BinarySet:
		return object{"BS": x}
	case map[string]struct{}:
		return object{"SS": slices.Sorted(maps.Keys(x))}
	}
	if a.Type == schema.NS {
		return numbersToTagged(v)
	}
	if v.Kind() != reflect.Slice {
		return object{"M": membersToTagged(a, fields(v))}
	}
	if a.Type.IsSet() && v.Type().Elem().Kind() != reflect.Interface { // a set has members of one type; another slice is a list
		return object{string(a.Type): v.Interface()}
	}
	out := []object{}
	for i := range v.Len() {
		out = append(out, toTagged(a.Items, v.Index(i)))
	}
	return object{"L": out}
}

// membersToTagged leaves out the declared members that are null and the empty sets.
func membersToTagged(a *schema.Attribute, members map[string]reflect.Value) object {
	out := object{}
	for name, v := range members {
		t := toTagged(a.Member(name), v)
		tag, x := one(t)
		if !a.Typed || tag != "NULL" && !(blank(a.Member(name), v) && v.IsZero()) && !(schema.Type(tag).IsSet() && reflect.ValueOf(x).Len() == 0) {
			out[name] = t
		}
	}
	return out
}

// plainJSON makes the library's numbers JSON numbers.
func plainJSON(v any) any {
	switch x := v.(type) {
	case dynamorm.Number:
		return json.Number(x)
	case []any:
		return each(x, plainJSON)
	case object:
		out := object{}
		for k, e := range x {
			out[k] = plainJSON(e)
		}
		return out
	}
	return v
}
