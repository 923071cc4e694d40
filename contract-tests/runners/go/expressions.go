package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// args reads a call's arguments.
type args struct {
	ctx   context.Context
	all   object
	model *schema.Model
}

func (a args) flag(name string) bool { return a.all[name] == true }

var returns = map[any]dynamorm.Return{"new": dynamorm.ReturnNew, "old": dynamorm.ReturnOld, "none": dynamorm.ReturnNone,
	"updated_new": dynamorm.ReturnUpdatedNew, "updated_old": dynamorm.ReturnUpdatedOld}

// options gives what the arguments say beside values, each only where it is there.
func (a args) options() (list []dynamorm.Option) {
	flag := func(option func() dynamorm.Option) func(any) dynamorm.Option {
		return func(any) dynamorm.Option { return option() }
	}
	for name, option := range map[string]func(v any) dynamorm.Option{
		"consistent": flag(dynamorm.WithConsistentRead), "upsert": flag(dynamorm.WithUpsert),
		"must_exist": flag(dynamorm.WithMustExist), "adopt": flag(dynamorm.WithAdopt),
		"condition": func(v any) dynamorm.Option { return dynamorm.WithCondition(a.condition(v)) },
		"select":    func(v any) dynamorm.Option { return dynamorm.WithSelect(each(v, field)...) },
		"view":      func(v any) dynamorm.Option { return dynamorm.WithView(v.(string)) },
		"return":    func(v any) dynamorm.Option { return dynamorm.WithReturn(returns[v]) },
		"expected_version": func(v any) dynamorm.Option {
			return dynamorm.WithExpectedVersion(number(&schema.Attribute{Format: schema.Int64}, v.(object)["N"].(string)).(int64))
		},
	} {
		if v, ok := a.all[name]; ok && v != false {
			list = append(list, option(v))
		}
	}
	return list
}

func field(p any) expression.Field {
	if text, ok := p.(string); ok {
		return dynamorm.Field(text)
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
func (a args) at(p any) *schema.Attribute {
	if text, ok := p.(string); ok {
		p = []any{}
		for _, name := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
			p = append(p.([]any), name)
		}
	}
	path, _ := p.([]any)
	found := &schema.Attribute{Attributes: a.model.Attributes}
	for _, s := range path {
		if found == nil {
			return nil
		}
		if name, ok := s.(string); ok && found.Items == nil {
			found = attribute(found.Attributes, name)
		} else {
			found = found.Items
		}
	}
	return found
}

func left(p any) expression.Field {
	if o, ok := p.(object); ok {
		return field(o["size"]).Size()
	}
	return field(p)
}

func operand(at *schema.Attribute, v any) any {
	o := v.(object)
	if p, ok := o["attr"]; ok {
		return field(p)
	}
	if _, ok := o["size"]; ok {
		return left(o)
	}
	return toNative(at, o["value"].(object))
}

func (a args) condition(v any) expression.Condition {
	c := v.([]any)
	op := c[0].(string)
	joins := map[string]func(...expression.Condition) expression.Condition{"and": dynamorm.And, "or": dynamorm.Or,
		"not": func(kids ...expression.Condition) expression.Condition { return dynamorm.Not(kids[0]) }}
	if join, ok := joins[op]; ok {
		return join(each(c[1:], a.condition)...)
	}
	f, at := left(c[1]), a.at(c[1])
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
	compare := map[string]func(any) expression.Condition{"eq": f.Eq, "ne": f.Ne, "lt": f.Lt, "le": f.Le,
		"gt": f.Gt, "ge": f.Ge}
	return compare[op](operand(at, c[2]))
}

func (a args) update(from object) *expression.Update {
	u := dynamorm.NewUpdate()
	kinds := map[string]func(expression.Field, any) *expression.Update{"set": u.Set, "set_if_absent": u.SetIfAbsent, "add": u.Add,
		"subtract": u.Subtract,
		"append":   u.Append, "prepend": u.Prepend, "add_to_set": u.AddToSet, "delete_from_set": u.DeleteFromSet}
	for name, add := range kinds {
		for _, pair := range pairs(from[name]) {
			add(field(pair[0]), operand(a.at(pair[0]), pair[1]))
		}
	}
	for _, pair := range pairs(from["copy"]) {
		u.Copy(field(pair[0]), field(pair[1]))
	}
	if list, ok := from["remove"]; ok {
		u.Remove(each(list, field)...)
	}
	return u
}

func pairs(v any) [][]any {
	if v == nil {
		return nil
	}
	return each(v, func(e any) []any { return e.([]any) })
}

func (a args) expression() (out object, err error) {
	c := expression.NewCompiler(a.model)
	out = object{}
	put := func(name, text string, fail error) {
		out[name] = text
		if err == nil {
			err = fail
		}
	}
	if v, ok := a.all["condition"]; ok {
		text, fail := c.Condition(a.condition(v))
		put("condition", text, fail)
	}
	if v, ok := a.all["update"].(object); ok {
		text, fail := c.Update(a.update(v), nil)
		put("update", text, fail)
	}
	if v, ok := a.all["select"]; ok {
		text, fail := c.Projection(each(v, field))
		put("projection", text, fail)
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
