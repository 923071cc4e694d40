package main

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"reflect"
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

func binary(v any) []byte {
	b, _ := base64.StdEncoding.DecodeString(v.(string))
	if b == nil {
		b = []byte{}
	}
	return b
}

// stamp reads an instant that a time.Time holds whole, and that the format has digits for.
func stamp(text string, f schema.Format) (time.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, text)
	_, fraction, _ := strings.Cut(text, ".")
	digits := 0
	for digits < len(fraction) && fraction[digits] >= '0' && fraction[digits] <= '9' {
		digits++
	}
	most := 6
	if f == schema.RFC3339Nano {
		most = 9
	}
	return t, err == nil && len(strings.TrimRight(fraction[:digits], "0")) <= most
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

// toNative gives the Go value of a tagged one, by its attribute.
func toNative(a *schema.Attribute, v object) any {
	tag, x := one(v)
	if a == nil || string(a.Type) != tag {
		a = &schema.Attribute{Type: schema.Type(tag)}
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
		return nativeMembers(a.Attributes, x.(object))
	}
	return nil
}

func text(a *schema.Attribute, s string) any {
	switch {
	case a.JSON:
		var v any
		if parse(s, &v) == nil {
			return v
		}
	case a.Format == schema.Timestamp || a.Format == schema.RFC3339Nano:
		if t, ok := stamp(s, a.Format); ok {
			return t
		}
	case a.Format == schema.BoolString && (s == "true" || s == "false"):
		return s == "true"
	}
	return s
}

func nativeMembers(list []*schema.Attribute, item object) object {
	out := object{}
	for name, v := range item {
		out[name] = toNative(attribute(list, name), v.(object))
	}
	return out
}

func attribute(list []*schema.Attribute, name string) *schema.Attribute {
	for _, a := range list {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// structFields gives a struct's fields, those of embedded structs in their place.
func structFields(v reflect.Value) []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(v.Type()), func(f reflect.StructField) bool { return f.Anonymous })
}

// fill puts a tagged item into a struct; false where the struct cannot hold it.
func fill(v reflect.Value, item object) bool {
	seen := 0
	for _, f := range structFields(v) {
		tag := strings.Split(f.Tag.Get("dynamorm"), ",")
		x, ok := item[tag[0]]
		if !ok {
			if !nilable(v.FieldByIndex(f.Index)) {
				return false
			}
			continue
		}
		seen++
		if !put(v.FieldByIndex(f.Index), tag[1:], x.(object)) {
			return false
		}
	}
	return seen == len(item)
}

func nilable(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return true
	}
	return false
}

var kinds = map[reflect.Kind]string{reflect.String: "S", reflect.Bool: "BOOL", reflect.Int64: "N", reflect.Int32: "N", reflect.Float64: "N", reflect.Struct: "M"}

// put puts a tagged value into a field; false where the field cannot hold it.
func put(v reflect.Value, options []string, tagged object) bool {
	tag, x := one(tagged)
	if tag == "NULL" {
		return nilable(v)
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		return put(v.Elem(), options, tagged)
	}
	switch v.Interface().(type) {
	case time.Time:
		return putTime(v, options, tag, x)
	case dynamorm.Number, []byte, map[string]any:
		n := reflect.ValueOf(toNative(nil, tagged))
		if n.Type() != v.Type() {
			return false
		}
		v.Set(n)
		return true
	}
	switch v.Kind() {
	case reflect.Interface:
		var parsed any
		if !slices.Contains(options, "json") || tag != "S" || parse(x.(string), &parsed) != nil {
			return false
		}
		if parsed != nil {
			v.Set(reflect.ValueOf(parsed))
		}
		return true
	case reflect.Slice, reflect.Map:
		return putMany(v, options, tag, x)
	}
	return putScalar(v, options, tag, x)
}

func putScalar(v reflect.Value, options []string, tag string, x any) bool {
	if slices.Contains(options, "bool_string") {
		v.SetBool(x == "true")
		return tag == "S" && (x == "true" || x == "false")
	}
	if kinds[v.Kind()] != tag {
		return false
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(x.(string))
	case reflect.Bool:
		v.SetBool(x.(bool))
	case reflect.Int64, reflect.Int32:
		n, err := strconv.ParseInt(x.(string), 10, 64)
		v.SetInt(n)
		return err == nil && !v.OverflowInt(n)
	case reflect.Float64:
		f, err := strconv.ParseFloat(x.(string), 64)
		v.SetFloat(f)
		return err == nil
	case reflect.Struct:
		return fill(v, x.(object))
	}
	return true
}

func putTime(v reflect.Value, options []string, tag string, x any) bool {
	s, _ := x.(string)
	for _, unit := range []string{"unix_seconds", "unix_millis"} {
		if !slices.Contains(options, unit) {
			continue
		}
		n, err := strconv.ParseInt(s, 10, 64)
		t := time.Unix(n, 0)
		if unit == "unix_millis" {
			t = time.UnixMilli(n)
		}
		v.Set(reflect.ValueOf(t))
		return tag == "N" && err == nil
	}
	f := schema.Timestamp
	if slices.Contains(options, "rfc3339nano") {
		f = schema.RFC3339Nano
	}
	t, ok := stamp(s, f)
	v.Set(reflect.ValueOf(t))
	return tag == "S" && ok
}

// putMany fills a list or set.
func putMany(v reflect.Value, options []string, tag string, x any) bool {
	set := slices.Contains(options, "set") || strings.HasSuffix(v.Type().Name(), "Set") || v.Kind() == reflect.Map
	list, ok := x.([]any)
	if !ok || set != (tag == "SS" || tag == "NS" || tag == "BS") {
		return false
	}
	if v.Kind() == reflect.Map {
		v.Set(reflect.MakeMap(v.Type()))
		for _, e := range list {
			v.SetMapIndex(reflect.ValueOf(e), reflect.Zero(v.Type().Elem()))
		}
		return tag == "SS"
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
	for i, e := range list {
		if v.Type().Elem().Kind() == reflect.Interface {
			if n := toNative(nil, e.(object)); n != nil {
				v.Index(i).Set(reflect.ValueOf(n))
			}
			continue
		}
		tagged, _ := e.(object)
		if set {
			tagged = object{tag[:1]: e}
		}
		if !put(v.Index(i), nil, tagged) || tagged["NULL"] != nil {
			return false
		}
	}
	return true
}

// members gives the tagged members of a struct or map that are not null.
func members(list []*schema.Attribute, v reflect.Value) object {
	out := object{}
	add := func(name string, x reflect.Value) {
		if t := toTagged(attribute(list, name), x); t != nil && t["NULL"] == nil && !emptySet(t) {
			out[name] = t
		}
	}
	if v.Kind() == reflect.Map {
		for _, k := range v.MapKeys() {
			add(k.String(), v.MapIndex(k))
		}
		return out
	}
	for _, f := range structFields(v) {
		add(strings.Split(f.Tag.Get("dynamorm"), ",")[0], v.FieldByIndex(f.Index))
	}
	return out
}

func emptySet(t object) bool {
	tag, x := one(t)
	return (tag == "SS" || tag == "NS" || tag == "BS") && reflect.ValueOf(x).Len() == 0
}

// toTagged gives the tagged value of a Go one, by its attribute.
func toTagged(a *schema.Attribute, v reflect.Value) object {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	if !v.IsValid() || nilable(v) && v.IsNil() {
		return object{"NULL": true}
	}
	if a != nil && a.JSON {
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
	case bool:
		if a != nil && a.Type == schema.S {
			return object{"S": strconv.FormatBool(x)}
		}
		return object{"BOOL": x}
	}
	switch v.Kind() {
	case reflect.String:
		return object{"S": v.String()}
	case reflect.Int64, reflect.Int32:
		return object{"N": strconv.FormatInt(v.Int(), 10)}
	case reflect.Float64:
		return object{"N": float(v.Float())}
	case reflect.Struct:
		return object{"M": members(a.Attributes, v)}
	case reflect.Map:
		return taggedMap(a, v)
	}
	return taggedList(a, v)
}

func float(f float64) string {
	if math.Abs(f) >= 1e21 {
		return strconv.FormatFloat(f, 'E', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func taggedTime(a *schema.Attribute, t time.Time) object {
	switch {
	case a != nil && a.Format == schema.UnixSeconds:
		return object{"N": strconv.FormatInt(t.Unix(), 10)}
	case a != nil && a.Format == schema.UnixMillis:
		return object{"N": strconv.FormatInt(t.UnixMilli(), 10)}
	case a != nil && a.Format == schema.RFC3339Nano:
		return object{"S": t.UTC().Format("2006-01-02T15:04:05.000000000Z")}
	}
	return object{"S": t.UTC().Format("2006-01-02T15:04:05.000000Z")}
}

func taggedMap(a *schema.Attribute, v reflect.Value) object {
	if v.Type().Elem().Kind() == reflect.Struct {
		list := []string{}
		for _, k := range v.MapKeys() {
			list = append(list, k.String())
		}
		slices.Sort(list)
		return object{"SS": list}
	}
	if a != nil && a.Typed {
		return object{"M": members(a.Attributes, v)}
	}
	out := object{}
	for _, k := range v.MapKeys() {
		out[k.String()] = toTagged(nil, v.MapIndex(k))
	}
	return object{"M": out}
}

func taggedList(a *schema.Attribute, v reflect.Value) object {
	tag := "L"
	if a != nil {
		tag = string(a.Type)
	}
	switch v.Interface().(type) {
	case dynamorm.StringSet:
		tag = "SS"
	case dynamorm.NumberSet:
		tag = "NS"
	case dynamorm.BinarySet:
		tag = "BS"
	}
	var items *schema.Attribute
	if a != nil {
		items = a.Items
	}
	out := []any{}
	for i := range v.Len() {
		t := toTagged(items, v.Index(i))
		if tag == "L" {
			out = append(out, t)
			continue
		}
		_, x := one(t)
		out = append(out, x)
	}
	return object{tag: out}
}

// plainJSON makes the library's numbers JSON numbers.
func plainJSON(v any) any {
	switch x := v.(type) {
	case dynamorm.Number:
		return json.Number(x)
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = plainJSON(e)
		}
		return out
	case map[string]any:
		out := object{}
		for k, e := range x {
			out[k] = plainJSON(e)
		}
		return out
	}
	return v
}
