package main

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// native is a model declared in Go.
type native struct {
	schema *schema.Model
	open   func(c *dynamorm.Client, maps caller) caller
}

// caller makes the calls of a model.
type caller interface {
	call(do string, a args) object
	grouper
	streamer
	migrator
	any() dynamorm.AnyModel
}

// rows is a model's table whose values are tagged; what T cannot hold goes through the table of maps, which itself has none.
type rows[T any] struct {
	model  *dynamorm.Model[T]
	table  *dynamorm.Table[T]
	calls  surface[T]
	maps   caller
	client *dynamorm.Client
}

func newRows[T any](c *dynamorm.Client, m *dynamorm.Model[T], maps caller) caller {
	return rows[T]{m, dynamorm.NewTable(c, m), surfaceOf(c, m), maps, c}
}

// item is the whole of a model's values as one attribute.
func item(m *schema.Model) *schema.Attribute {
	return &schema.Attribute{Type: schema.M, Typed: true, Attributes: m.Attributes}
}

func (r rows[T]) item() *schema.Attribute { return item(r.model.Schema()) }

func (r rows[T]) tagged(v *T) any {
	if v == nil {
		return nil
	}
	return toTagged(item(r.model.Schema()), reflect.ValueOf(v))["M"]
}

func (r rows[T]) call(do string, a args) object {
	if slices.Contains([]string{"query", "scan", "count", "first", "one"}, do) {
		return r.read(do, a)
	}
	if do == "reencrypt" {
		return r.reencrypt(a)
	}
	v, given := new(T), object(nil)
	for _, name := range []string{"item", "key"} {
		if o, ok := a.all[name].(object); ok && do != "fn.unmarshal" {
			given = o
		}
	}
	fits := given == nil || assign(reflect.ValueOf(v).Elem(), a.item, object{"M": given})
	selected, _ := a.all["select"].([]any)
	d := r.model.Schema().Discriminator // no struct has a field for it
	if r.maps != nil && (!fits || d != nil && slices.Contains(selected, any(d.Attribute))) {
		return r.maps.call(do, a)
	}
	var out, old *T
	options, result, err := a.options(), object{}, error(nil)
	if a.all["return_old"] == true {
		options = append(options, r.old(&old))
	}
	switch do {
	case "create":
		out, err = v, r.calls.Create(a.ctx, v, options...)
	case "put":
		out, err = v, r.calls.Put(a.ctx, v, options...)
	case "save":
		out, err = v, r.calls.Save(a.ctx, v, options...)
	case "get":
		out, err = r.calls.Get(a.ctx, v, options...)
	case "find":
		out, _, err = r.calls.Find(a.ctx, r.key(do, v, a), options...)
	case "update":
		out, err = r.calls.Update(a.ctx, v, a.update(a.all), options...)
	case "delete":
		err = r.calls.Delete(a.ctx, v, options...)
	case "exists":
		result["exists"], err = r.calls.Exists(a.ctx, r.key(do, v, a), options...)
	case "project":
		result["applied"], err = r.table.Project(a.ctx, v, a.all["by"].(string))
	case "fn.marshal":
		text, fail := r.model.Marshal(v)
		result["item"], err = json.RawMessage(text), fail
	case "fn.size":
		result["bytes"], err = r.model.Size(v)
	case "fn.unmarshal":
		text, _ := json.Marshal(a.all["item"])
		out, err = r.model.Unmarshal(text)
	case "fn.expression":
		result, err = a.expression()
	default:
		return object{"unsupported": do}
	}
	if err != nil {
		return failure(err, r.beside(err, out == v, v))
	}
	if len(result) == 0 && do != "delete" {
		result["item"] = r.tagged(out)
	}
	if old = taken(old); old != nil {
		result["old"] = r.tagged(old)
	}
	return object{"result": result}
}

// beside has the item of a failed condition, by the error's own accessor, and of a write the caller's value.
func (r rows[T]) beside(err error, write bool, v *T) object {
	out := object{}
	if write {
		out["after"] = r.tagged(v)
	}
	var e *dynamorm.Error
	stored := new(T)
	if errors.As(err, &e) && e.HasItem() {
		// An item of another model cannot be read; the error that brought it is the answer all the same.
		if _, fail := e.Item(stored); fail == nil {
			out["details"] = object{"item": r.tagged(stored)}
		}
	}
	return out
}

// args reads a call's arguments.
type args struct {
	ctx    context.Context
	all    object
	model  *schema.Model
	item   *schema.Attribute
	models map[string]opened
}

var flags = map[string]func() dynamorm.Option{"consistent": dynamorm.WithConsistentRead, "upsert": dynamorm.WithUpsert,
	"must_exist": dynamorm.WithMustExist, "adopt": dynamorm.WithAdopt}

var returns = map[any]dynamorm.Return{"new": dynamorm.ReturnNew, "old": dynamorm.ReturnOld, "none": dynamorm.ReturnNone,
	"updated_new": dynamorm.ReturnUpdatedNew, "updated_old": dynamorm.ReturnUpdatedOld}

func (a args) options() (list []dynamorm.Option) {
	for name, v := range a.all {
		if option, ok := flags[name]; ok && v == true {
			list = append(list, option())
		}
		switch name {
		case "condition":
			list = append(list, dynamorm.WithCondition(a.condition(v)))
		case "expected_version":
			list = append(list, dynamorm.WithExpectedVersion(number(schema.Int64, v.(object)["N"].(string)).(int64)))
		case "select":
			list = append(list, dynamorm.WithSelect(each(v, field)...))
		case "view":
			list = append(list, dynamorm.WithView(v.(string)))
		case "return":
			list = append(list, dynamorm.WithReturn(returns[v]))
		}
	}
	return list
}

// field gives a path as the library takes it; `{size: path}` is the size of one.
func field(p any) expression.Field {
	switch p := p.(type) {
	case string:
		return dynamorm.Field(p)
	case object:
		return field(p["size"]).Size()
	}
	return dynamorm.Path(each(p, func(s any) any {
		if n, ok := s.(json.Number); ok {
			i, _ := n.Int64()
			return int(i)
		}
		return s
	})...)
}

// at finds the attribute that a path names, nil for none.
func (a args) at(path any) *schema.Attribute {
	list, _ := path.([]any)
	if text, ok := path.(string); ok {
		for _, step := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
			list = append(list, step)
		}
	}
	if len(list) == 0 {
		return nil
	}
	found := a.item
	for _, step := range list {
		name, _ := step.(string)
		switch {
		case found == nil:
			return nil
		case found.Items != nil:
			found = found.Items
		default:
			found = found.Member(name)
		}
	}
	return found
}

func operand(at *schema.Attribute, v any) any {
	o := v.(object)
	switch {
	case o["attr"] != nil:
		return field(o["attr"])
	case o["size"] != nil:
		return field(o)
	}
	return toNative(at, o["value"].(object))
}

func (a args) condition(v any) expression.Condition {
	c := v.([]any)
	op := c[0].(string)
	switch op {
	case "and":
		return dynamorm.And(each(c[1:], a.condition)...)
	case "or":
		return dynamorm.Or(each(c[1:], a.condition)...)
	case "not":
		return dynamorm.Not(a.condition(c[1]))
	}
	f, at := field(c[1]), a.at(c[1])
	switch op {
	case "exists":
		return f.Exists()
	case "not_exists":
		return f.NotExists()
	case "type":
		return f.IsType(c[2].(string))
	case "between":
		return f.Between(operand(at, c[2]), operand(at, c[3]))
	case "in":
		return f.In(each(c[2], func(o any) any { return operand(at, o) })...)
	case "contains":
		if at != nil {
			at = at.Items // what is looked for is a member
		}
		return f.Contains(operand(at, c[2]))
	case "begins_with":
		return f.BeginsWith(operand(nil, c[2])) // a part of a value is plain
	}
	compare := map[string]func(any) expression.Condition{"eq": f.Eq, "ne": f.Ne, "lt": f.Lt, "le": f.Le, "gt": f.Gt, "ge": f.Ge}
	return compare[op](operand(at, c[2]))
}

func (a args) update(from object) *expression.Update {
	u := dynamorm.NewUpdate()
	kinds := map[string]func(expression.Field, any) *expression.Update{"set": u.Set, "set_if_absent": u.SetIfAbsent, "add": u.Add,
		"subtract": u.Subtract, "append": u.Append, "prepend": u.Prepend, "add_to_set": u.AddToSet, "delete_from_set": u.DeleteFromSet}
	for name, v := range from {
		list, _ := v.([]any)
		for i, e := range list {
			pair, _ := e.([]any)
			switch {
			case kinds[name] != nil:
				kinds[name](field(pair[0]), operand(a.at(pair[0]), pair[1]))
			case name == "copy":
				u.Copy(field(pair[0]), field(pair[1]))
			case name == "remove" && i == 0:
				u.Remove(each(v, field)...)
			}
		}
	}
	return u
}

func (a args) expression() (out object, err error) {
	c := expression.NewCompiler(a.model)
	out = object{}
	if v, ok := a.all["condition"]; ok {
		out["condition"], err = c.Condition(a.condition(v))
	}
	if v, ok := a.all["update"].(object); ok && err == nil {
		out["update"], err = c.Update(a.update(v), nil)
	}
	if v, ok := a.all["select"]; ok && err == nil {
		out["projection"], err = c.Projection(each(v, field))
	}
	noNames, noValues := c.Empty()
	if !noNames {
		out["names"] = json.RawMessage(c.AppendNames(nil))
	}
	if !noValues {
		out["values"] = json.RawMessage(c.AppendValues(nil))
	}
	return out, err
}
