package main

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// args reads a call's arguments.
type args struct {
	all   object
	model *schema.Model
}

func (a args) flag(name string) bool { return a.all[name] == true }

var returns = map[string]dynamorm.Return{"new": dynamorm.ReturnNew, "old": dynamorm.ReturnOld, "none": dynamorm.ReturnNone, "updated_new": dynamorm.ReturnUpdatedNew, "updated_old": dynamorm.ReturnUpdatedOld}

func (a args) options() (list []dynamorm.Option) {
	for name, o := range map[string]func() dynamorm.Option{"consistent": dynamorm.WithConsistentRead, "upsert": dynamorm.WithUpsert, "must_exist": dynamorm.WithMustExist, "adopt": dynamorm.WithAdopt} {
		if a.flag(name) {
			list = append(list, o())
		}
	}
	if v, ok := a.all["condition"]; ok {
		list = append(list, dynamorm.WithCondition(a.condition(v)))
	}
	if v, ok := a.all["expected_version"].(object); ok {
		n, err := strconv.ParseInt(v["N"].(string), 10, 64)
		if err != nil {
			panic("the version does not fit an int64: " + err.Error())
		}
		list = append(list, dynamorm.WithExpectedVersion(n))
	}
	if v, ok := a.all["select"]; ok {
		list = append(list, dynamorm.WithSelect(fields(v)...))
	}
	if v, ok := a.all["view"].(string); ok {
		list = append(list, dynamorm.WithView(v))
	}
	if v, ok := a.all["return"].(string); ok {
		list = append(list, dynamorm.WithReturn(returns[v]))
	}
	return list
}

func fields(v any) []expression.Field {
	out := []expression.Field{}
	for _, p := range v.([]any) {
		out = append(out, field(p))
	}
	return out
}

// segments gives a path's segments: text is split for finding the attribute alone.
func segments(p any) []any {
	out := []any{}
	if list, ok := p.([]any); ok {
		for _, s := range list {
			if n, ok := s.(json.Number); ok {
				i, _ := n.Int64()
				s = int(i)
			}
			out = append(out, s)
		}
		return out
	}
	for _, part := range strings.Split(p.(string), ".") {
		name, rest, _ := strings.Cut(part, "[")
		out = append(out, name)
		for range strings.Count(rest, "]") {
			out = append(out, 0)
		}
	}
	return out
}

func field(p any) expression.Field {
	if text, ok := p.(string); ok {
		return dynamorm.Field(text)
	}
	return dynamorm.Path(segments(p)...)
}

// at finds the attribute that a path names, nil for none.
func (a args) at(p any) *schema.Attribute {
	if o, ok := p.(object); ok {
		if _, ok := o["size"]; ok {
			return &schema.Attribute{Type: schema.N}
		}
	}
	list := segments(p)
	if len(list) == 0 {
		return nil
	}
	name, _ := list[0].(string)
	cur := a.model.Attribute(name)
	for _, s := range list[1:] {
		if cur == nil {
			return nil
		}
		if name, ok := s.(string); ok {
			cur = cur.Member(name)
		} else {
			cur = cur.Items
		}
	}
	return cur
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
		kids := []expression.Condition{}
		for _, k := range c[1:] {
			kids = append(kids, a.condition(k))
		}
		return join(kids...)
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
		list := []any{}
		for _, o := range c[2].([]any) {
			list = append(list, operand(at, o))
		}
		return f.In(list...)
	case "contains":
		return f.Contains(operand(memberOf(at), c[2]))
	}
	compare := map[string]func(any) expression.Condition{"eq": f.Eq, "ne": f.Ne, "lt": f.Lt, "le": f.Le, "gt": f.Gt, "ge": f.Ge, "begins_with": f.BeginsWith}
	return compare[op](operand(at, c[2]))
}

func memberOf(a *schema.Attribute) *schema.Attribute {
	if a != nil && a.Type == schema.L {
		return a.Items
	}
	return nil
}

func (a args) update(from object) *expression.Update {
	u := dynamorm.NewUpdate()
	kinds := map[string]func(expression.Field, any) *expression.Update{"set": u.Set, "set_if_absent": u.SetIfAbsent, "add": u.Add, "subtract": u.Subtract,
		"append": u.Append, "prepend": u.Prepend, "add_to_set": u.AddToSet, "delete_from_set": u.DeleteFromSet}
	for name, add := range kinds {
		list, _ := from[name].([]any)
		for _, e := range list {
			pair := e.([]any)
			add(field(pair[0]), operand(a.at(pair[0]), pair[1]))
		}
	}
	if list, ok := from["copy"].([]any); ok {
		for _, e := range list {
			u.Copy(field(e.([]any)[0]), field(e.([]any)[1]))
		}
	}
	if list, ok := from["remove"]; ok {
		u.Remove(fields(list)...)
	}
	return u
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
		text, fail := c.Projection(fields(v))
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
