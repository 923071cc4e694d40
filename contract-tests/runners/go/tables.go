package main

import (
	"context"
	"errors"
	"reflect"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// typed is a table of native structs; what a struct cannot hold goes through the dynamic table of the same model.
type typed[T any] struct {
	model *schema.Model
	type_ *dynamorm.Model[T]
	table *dynamorm.Table[T]
	maps  dynamic
}

func newTyped[T any](c *dynamorm.Client, m *dynamorm.Model[T], d *dynamorm.DynamicModel) table {
	s := d.Schema()
	return typed[T]{s, m, dynamorm.NewTable(c, m), dynamic{s, d, dynamorm.NewDynamicTable(c, d)}}
}

func (t typed[T]) value(item object) (*T, bool) {
	v := new(T)
	return v, fill(reflect.ValueOf(v).Elem(), item)
}

func (t typed[T]) tagged(v *T) object {
	if v == nil {
		return nil
	}
	return members(t.model.Attributes, reflect.ValueOf(v).Elem())
}

func (t typed[T]) key(item object) any {
	if v, ok := t.value(item); ok {
		return v
	}
	return t.maps.value(item)
}

func (t typed[T]) fail(err error) error {
	return withItem(err, func(e *dynamorm.Error) (object, error) {
		v := new(T)
		_, err := e.Item(v)
		return t.tagged(v), err
	})
}

// withItem reads the item of a failed condition by the error's own accessor.
func withItem(err error, read func(*dynamorm.Error) (object, error)) error {
	var e *dynamorm.Error
	if !errors.As(err, &e) || !e.HasItem() {
		return err
	}
	item, fail := read(e)
	if fail != nil {
		return err // the stored item is another model's; the error that brought it is the answer all the same
	}
	return &detailed{err, item}
}

func (t typed[T]) write(do string, item object, options []dynamorm.Option, wantOld bool) (object, object, error) {
	v, ok := t.value(item)
	if !ok {
		return t.maps.write(do, item, options, wantOld)
	}
	var old *T
	if wantOld {
		options = append(options, dynamorm.WithOld(&old))
	}
	call := map[string]func(context.Context, *T, ...dynamorm.Option) error{"create": t.table.Create, "put": t.table.Put, "save": t.table.Save}[do]
	err := call(context.Background(), v, options...)
	return t.tagged(v), t.tagged(old), t.fail(err)
}

func (t typed[T]) find(key object, options []dynamorm.Option) (object, bool, error) {
	v, found, err := t.table.Find(context.Background(), t.key(key), options...)
	return t.tagged(v), found, err
}

func (t typed[T]) get(key object, options []dynamorm.Option) (object, error) {
	v, err := t.table.Get(context.Background(), t.key(key), options...)
	return t.tagged(v), err
}

func (t typed[T]) exists(key object, options []dynamorm.Option) (bool, error) {
	return t.table.Exists(context.Background(), t.key(key), options...)
}

func (t typed[T]) update(key object, u *expression.Update, options []dynamorm.Option) (object, error) {
	v, err := t.table.Update(context.Background(), t.key(key), u, options...)
	return t.tagged(v), t.fail(err)
}

func (t typed[T]) remove(key object, options []dynamorm.Option, wantOld bool) (object, error) {
	var old *T
	if wantOld {
		options = append(options, dynamorm.WithOld(&old))
	}
	err := t.table.Delete(context.Background(), t.key(key), options...)
	return t.tagged(old), t.fail(err)
}

func (t typed[T]) marshal(item object) ([]byte, int, error) {
	v, ok := t.value(item)
	if !ok {
		return t.maps.marshal(item)
	}
	text, err := t.type_.Marshal(v)
	if err != nil {
		return nil, 0, err
	}
	size, err := t.type_.Size(v)
	return text, size, err
}

func (t typed[T]) unmarshal(item []byte) (object, error) {
	v, err := t.type_.Unmarshal(item)
	return t.tagged(v), err
}

// dynamic is a table of maps.
type dynamic struct {
	model *schema.Model
	type_ *dynamorm.DynamicModel
	table *dynamorm.DynamicTable
}

func (t dynamic) value(item object) object { return nativeMembers(t.model.Attributes, item) }

func (t dynamic) tagged(v object) object {
	if v == nil {
		return nil
	}
	return members(t.model.Attributes, reflect.ValueOf(v))
}

func (t dynamic) fail(err error) error {
	return withItem(err, func(e *dynamorm.Error) (object, error) {
		var v object
		_, err := e.Item(&v)
		return t.tagged(v), err
	})
}

func (t dynamic) write(do string, item object, options []dynamorm.Option, wantOld bool) (object, object, error) {
	v := t.value(item)
	var old *map[string]any
	if wantOld {
		options = append(options, dynamorm.WithOld(&old))
	}
	call := map[string]func(context.Context, map[string]any, ...dynamorm.Option) error{"create": t.table.Create, "put": t.table.Put, "save": t.table.Save}[do]
	err := t.fail(call(context.Background(), v, options...))
	if old == nil {
		return t.tagged(v), nil, err
	}
	return t.tagged(v), t.tagged(*old), err
}

func (t dynamic) find(key object, options []dynamorm.Option) (object, bool, error) {
	v, found, err := t.table.Find(context.Background(), t.value(key), options...)
	return t.tagged(v), found, err
}

func (t dynamic) get(key object, options []dynamorm.Option) (object, error) {
	v, err := t.table.Get(context.Background(), t.value(key), options...)
	return t.tagged(v), err
}

func (t dynamic) exists(key object, options []dynamorm.Option) (bool, error) {
	return t.table.Exists(context.Background(), t.value(key), options...)
}

func (t dynamic) update(key object, u *expression.Update, options []dynamorm.Option) (object, error) {
	v, err := t.table.Update(context.Background(), t.value(key), u, options...)
	return t.tagged(v), t.fail(err)
}

func (t dynamic) remove(key object, options []dynamorm.Option, wantOld bool) (object, error) {
	var old *map[string]any
	if wantOld {
		options = append(options, dynamorm.WithOld(&old))
	}
	err := t.fail(t.table.Delete(context.Background(), t.value(key), options...))
	if old == nil {
		return nil, err
	}
	return t.tagged(*old), err
}

func (t dynamic) marshal(item object) ([]byte, int, error) {
	v := t.value(item)
	text, err := t.type_.Marshal(&v)
	if err != nil {
		return nil, 0, err
	}
	size, err := t.type_.Size(&v)
	return text, size, err
}

func (t dynamic) unmarshal(item []byte) (object, error) {
	v, err := t.type_.Unmarshal(item)
	if err != nil {
		return nil, err
	}
	return t.tagged(*v), nil
}
