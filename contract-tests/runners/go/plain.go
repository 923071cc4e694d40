package main

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// What Go has several ways for: tables of structs and of maps, keys by position and by name, values without null.

// surface has the calls of a table.
type surface[T any] interface {
	Create(ctx context.Context, v *T, options ...dynamorm.Option) error
	Put(ctx context.Context, v *T, options ...dynamorm.Option) error
	Save(ctx context.Context, v *T, options ...dynamorm.Option) error
	Get(ctx context.Context, key any, options ...dynamorm.Option) (*T, error)
	Find(ctx context.Context, key any, options ...dynamorm.Option) (*T, bool, error)
	Exists(ctx context.Context, key any, options ...dynamorm.Option) (bool, error)
	Update(ctx context.Context, key any, u *expression.Update, options ...dynamorm.Option) (*T, error)
	Delete(ctx context.Context, key any, options ...dynamorm.Option) error
}

// surfaceOf gives the table's own calls, those of the dynamic table where the values are maps.
func surfaceOf[T any](c *dynamorm.Client, m *dynamorm.Model[T]) surface[T] {
	if d, ok := any(m).(*dynamorm.DynamicModel); ok {
		return any(dynamic{dynamorm.NewDynamicTable(c, d)}).(surface[T])
	}
	return dynamorm.NewTable(c, m)
}

// dynamic is the dynamic table under the types of the others.
type dynamic struct{ *dynamorm.DynamicTable }

func (d dynamic) Create(ctx context.Context, v *object, options ...dynamorm.Option) error {
	return d.DynamicTable.Create(ctx, *v, options...)
}

func (d dynamic) Put(ctx context.Context, v *object, options ...dynamorm.Option) error {
	return d.DynamicTable.Put(ctx, *v, options...)
}

func (d dynamic) Save(ctx context.Context, v *object, options ...dynamorm.Option) error {
	return d.DynamicTable.Save(ctx, *v, options...)
}

func (d dynamic) Get(ctx context.Context, key any, options ...dynamorm.Option) (*object, error) {
	return pointed(d.DynamicTable.Get(ctx, key, options...))
}

func (d dynamic) Find(ctx context.Context, key any, options ...dynamorm.Option) (*object, bool, error) {
	v, found, err := d.DynamicTable.Find(ctx, key, options...)
	out, err := pointed(v, err)
	return out, found, err
}

func (d dynamic) Update(ctx context.Context, key any, u *expression.Update, options ...dynamorm.Option) (*object, error) {
	return pointed(d.DynamicTable.Update(ctx, key, u, options...))
}

func pointed(v object, err error) (*object, error) {
	if v == nil {
		return nil, err
	}
	return &v, err
}

// old gives the option that takes the old item, into a pointer to the table's value, or into a map itself.
func (r rows[T]) old(into **T) dynamorm.Option {
	if _, maps := any(*into).(*object); maps {
		*into = any(&object{"stale": true}).(*T) // which the call has to empty
		return dynamorm.WithOld(*into)
	}
	return dynamorm.WithOld(into)
}

// taken empties the place of an old item that there was not.
func taken[T any](old *T) *T {
	if m, ok := any(old).(*object); ok && m != nil && *m == nil {
		return nil
	}
	return old
}

// key gives a key as a program does: whole, and where nothing is missing by position to exists, by name to find.
func (r rows[T]) key(do string, whole *T, a args) any {
	given, _ := a.all["key"].(object)
	names := r.model.Schema().KeyFields
	for _, name := range names {
		if tag, _ := one(asObject(given[name])); tag == "" || tag == "NULL" || len(given) != len(names) {
			return whole
		}
	}
	switch do {
	case "exists":
		key := dynamorm.Key{}
		for _, name := range names {
			key = append(key, toNative(a.item.Member(name), given[name].(object)))
		}
		return key
	case "find":
		return toNative(a.item, object{"M": given})
	}
	return whole
}

func asObject(v any) object {
	o, _ := v.(object)
	return o
}

// attributeOf gives the name of a field's attribute, "" for none.
func attributeOf(f reflect.StructField) string {
	tag, tagged := f.Tag.Lookup(schema.Tag)
	if !f.IsExported() || f.Anonymous || tag == "-" {
		return ""
	}
	name, _, _ := strings.Cut(strings.ReplaceAll(tag, `\,`, "\x00"), ",")
	if tagged && name == "" {
		name = f.Name
	}
	return strings.ReplaceAll(name, "\x00", ",")
}

// blank says whether a field has no null and a zero that is as good as none.
func blank(a *schema.Attribute, v reflect.Value) bool {
	own := a != nil && (a.Has(schema.RoleCreatedAt) || a.Has(schema.RoleUpdatedAt) || a.Has(schema.RoleVersion))
	return a != nil && !nilable(v) && (own || a.OmitEmpty || v.Kind() == reflect.String && (a.Enum != nil || a.Format != "") && !a.Required)
}

// assignPlain puts a value into text, a type of few bits, a set of numbers, a map of one type, or a struct of JSON.
func assignPlain(place, v reflect.Value, a *schema.Attribute, x any) bool {
	text, _ := x.(string)
	switch {
	case place.Kind() == reflect.String && a.Type == schema.S: // of a format that a time has, too
		place.SetString(text)
	case a.JSON:
		return json.Unmarshal([]byte(text), place.Addr().Interface()) == nil
	case place.CanFloat() && v.CanFloat():
		place.SetFloat(v.Float())
		return strconv.FormatFloat(v.Float(), 'g', -1, 64) == strconv.FormatFloat(place.Float(), 'g', -1, place.Type().Bits())
	case a.Type == schema.NS && place.Kind() == reflect.Slice:
		place.Set(reflect.MakeSlice(place.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			if !whole(place.Index(i), v.Index(i).String()) {
				return false
			}
		}
	case a.Type == schema.NS && place.Kind() == reflect.Map:
		place.Set(reflect.MakeMap(place.Type()))
		for i := range v.Len() {
			k := reflect.New(place.Type().Key()).Elem()
			if !whole(k, v.Index(i).String()) {
				return false
			}
			place.SetMapIndex(k, reflect.Zero(place.Type().Elem()))
		}
	case a.Type == schema.M && place.Kind() == reflect.Map && !a.Typed:
		place.Set(reflect.MakeMap(place.Type()))
		for name, e := range v.Interface().(object) {
			n := reflect.New(place.Type().Elem()).Elem()
			number, ok := e.(dynamorm.Number)
			n.Set(reflect.New(n.Type().Elem())) // a map of pointers
			if !ok || !whole(n.Elem(), string(number)) {
				return false
			}
			place.SetMapIndex(reflect.ValueOf(name), n)
		}
	default:
		return false
	}
	return true
}

func whole(place reflect.Value, text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !place.CanInt() || place.OverflowInt(n) {
		return false
	}
	place.SetInt(n)
	return true
}

// numbersToTagged gives a set of numbers of any type.
func numbersToTagged(v reflect.Value) object {
	if v.Kind() == reflect.Map {
		keys := v.MapKeys()
		slices.SortFunc(keys, func(x, y reflect.Value) int { return int(x.Int() - y.Int()) })
		return object{"NS": texts(len(keys), func(i int) reflect.Value { return keys[i] })}
	}
	return object{"NS": texts(v.Len(), v.Index)}
}

func texts(n int, at func(i int) reflect.Value) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(at(i).Interface())
	}
	return out
}
