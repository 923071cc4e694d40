package main

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
	"github.com/dynamorm/dynamorm/dynamorm/schema/dms"
)

// native is a model declared in Go.
type native struct {
	schema *schema.Model
	open   func(*dynamorm.Client, *schema.Model, table) table
}

// table makes a call and gives its answer.
type table interface {
	call(do string, a args) object
}

// calls are those of typed tables (V is *T) and dynamic ones (V is a map).
type calls[V any] interface {
	Create(ctx context.Context, v V, options ...dynamorm.Option) error
	Put(ctx context.Context, v V, options ...dynamorm.Option) error
	Save(ctx context.Context, v V, options ...dynamorm.Option) error
	Get(ctx context.Context, key any, options ...dynamorm.Option) (V, error)
	Find(ctx context.Context, key any, options ...dynamorm.Option) (V, bool, error)
	Exists(ctx context.Context, key any, options ...dynamorm.Option) (bool, error)
	Update(ctx context.Context, key any, u *expression.Update, options ...dynamorm.Option) (V, error)
	Delete(ctx context.Context, key any, options ...dynamorm.Option) error
}

// bound is a table whose values are tagged; what V cannot hold goes through the table of maps.
type bound[V any] struct {
	calls[V]
	model     *schema.Model
	maps      table
	marshal   func(V) ([]byte, error)
	size      func(V) (int, error)
	unmarshal func([]byte) (V, error)
}

func newTyped[T any](c *dynamorm.Client, m *dynamorm.Model[T], s *schema.Model, maps table) table {
	return bound[*T]{dynamorm.NewTable(c, m), s, maps, m.Marshal, m.Size, m.Unmarshal}
}

func newDynamic(c *dynamorm.Client, m *dynamorm.DynamicModel) table {
	return bound[object]{dynamorm.NewDynamicTable(c, m), m.Schema(), nil,
		func(v object) ([]byte, error) { return m.Marshal(&v) },
		func(v object) (int, error) { return m.Size(&v) },
		func(item []byte) (v object, err error) {
			p, err := m.Unmarshal(item)
			if p != nil {
				v = *p
			}
			return v, err
		}}
}

// value gives the native value of an item or key, and whether V holds it.
func (t bound[V]) value(item any) (v V, ok bool) {
	tagged, _ := item.(object)
	members := membersToNative(t.model.Attributes, tagged)
	place := reflect.ValueOf(&v).Elem()
	if place.Kind() == reflect.Map {
		place.Set(reflect.ValueOf(members))
		return v, true
	}
	place.Set(reflect.New(place.Type().Elem()))
	return v, assignMembers(place.Elem(), t.model.Attributes, members)
}

// tagged gives the attributes of a value, nil for none.
func (t bound[V]) tagged(v V) any {
	x := reflect.ValueOf(v)
	if x.IsNil() {
		return nil
	}
	return membersToTagged(t.model.Attributes, reflect.Indirect(x), true)
}

// returned gives the item of a failed condition by the error's own accessor; nil where there is none, or one that is no item of the model.
func (t bound[V]) returned(err error) any {
	var e *dynamorm.Error
	v, _ := t.value(nil)
	into := any(v)
	if _, ok := into.(object); ok {
		into = &v
	}
	if !errors.As(err, &e) {
		return nil
	}
	if found, fail := e.Item(into); !found || fail != nil {
		return nil
	}
	return t.tagged(v)
}

func (t bound[V]) call(do string, a args) object {
	ctx, options, write := a.ctx, a.options(), false
	given := a.all["key"]
	if item, ok := a.all["item"]; ok && do != "fn.unmarshal" {
		given = item
	}
	v, ok := t.value(given)
	if !ok {
		return t.maps.call(do, a)
	}
	var out, old V
	var err error
	if a.flag("return_old") {
		options = append(options, dynamorm.WithOld(&old))
	}
	result := object{}
	switch do {
	case "create":
		write, out, err = true, v, t.Create(ctx, v, options...)
	case "put":
		write, out, err = true, v, t.Put(ctx, v, options...)
	case "save":
		write, out, err = true, v, t.Save(ctx, v, options...)
	case "get":
		out, err = t.Get(ctx, v, options...)
	case "find":
		out, _, err = t.Find(ctx, v, options...)
	case "update":
		out, err = t.Update(ctx, v, a.update(a.all), options...)
	case "exists":
		result["exists"], err = t.Exists(ctx, v, options...)
	case "delete":
		err = t.Delete(ctx, v, options...)
	case "fn.marshal":
		var text []byte
		text, err = t.marshal(v)
		result["item"] = json.RawMessage(text)
	case "fn.size":
		result["bytes"], err = t.size(v)
	case "fn.unmarshal":
		text, _ := json.Marshal(a.all["item"])
		out, err = t.unmarshal(text)
	default:
		return object{"unsupported": do}
	}
	if err != nil {
		beside := object{}
		if write {
			beside["after"] = t.tagged(v)
		}
		if item := t.returned(err); item != nil {
			beside["details"] = object{"item": item}
		}
		return failure(err, beside)
	}
	if !slices.Contains([]string{"exists", "delete", "fn.marshal", "fn.size"}, do) {
		result["item"] = t.tagged(out)
	}
	if o := t.tagged(old); o != nil {
		result["old"] = o
	}
	return object{"result": result}
}

// call makes the calls that need no table, and hands on the others.
func call(c command) object {
	on := clients[c.Client][c.On]
	ctx, cancel := c.context()
	defer cancel()
	a := args{ctx, c.Args, on.model}
	var result object
	var err error
	switch c.Do {
	case "fn.dms.load":
		var doc *schema.Document
		if doc, err = dms.Load(c.Args["text"].(string)); err == nil {
			result = object{"dms": doc.CanonicalJSON()}
		}
	case "fn.dms.native":
		result = object{"dms": natives[c.Args["model"].(string)].schema.CanonicalJSON()}
	case "fn.expression":
		result, err = a.expression()
	default:
		if on.table == nil {
			return object{"unsupported": c.Do}
		}
		selected, _ := c.Args["select"].([]any)
		if d := on.model.Discriminator; d != nil && slices.Contains(selected, any(d.Attribute)) {
			return on.maps.call(c.Do, a) // no struct has a field for it
		}
		return on.table.call(c.Do, a)
	}
	if err != nil {
		return failure(err, nil)
	}
	return object{"result": result}
}
