package main

import (
	"encoding/json"
	"strconv"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/dms"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// path hands a path over in the form given: text, or segments.
func path(given any) dynamorm.FieldPath {
	segments, isList := given.([]any)
	if !isList {
		return dynamorm.Field(given)
	}
	out := make([]any, len(segments))
	for i, segment := range segments {
		out[i] = segment
		if number, ok := segment.(json.Number); ok {
			index, err := number.Int64()
			if err != nil {
				panic(err)
			}
			out[i] = int(index)
		}
	}
	if name, ok := out[0].(string); ok && len(out) == 1 {
		return dynamorm.FieldName(name)
	}
	return dynamorm.Field(out...)
}

func fields(paths []any) []dynamorm.FieldPath {
	out := []dynamorm.FieldPath{}
	for _, one := range paths {
		out = append(out, path(one))
	}
	return out
}

// fieldAt finds the attribute a path names, for the native type of an operand.
func (c *call) fieldAt(given any) *schema.Field {
	parsed, err := path(given).Path()
	if err != nil {
		return nil
	}
	field := c.model.Field(parsed[0].(string))
	for _, segment := range parsed[1:] {
		if field == nil {
			return nil
		}
		if _, isIndex := segment.(int); isIndex {
			field = field.Items
			continue
		}
		var next *schema.Field
		for _, member := range field.Fields {
			if member.Name == segment {
				next = member
			}
		}
		field = next
	}
	return field
}

func (c *call) operand(field *schema.Field, given any) any {
	operand := given.(object)
	if attr, there := operand["attr"]; there {
		return path(attr)
	}
	if size, there := operand["size"]; there {
		return path(size).Size()
	}
	return toNative(field, operand["value"])
}

// comparable is what a path and its size have in common.
type comparable interface {
	Eq(operand expression.Operand) expression.Condition
	Ne(operand expression.Operand) expression.Condition
	Lt(operand expression.Operand) expression.Condition
	Le(operand expression.Operand) expression.Condition
	Gt(operand expression.Operand) expression.Condition
	Ge(operand expression.Operand) expression.Condition
	Between(lower, upper expression.Operand) expression.Condition
	In(operands ...expression.Operand) expression.Condition
}

func (c *call) condition(given []any) dynamorm.Condition {
	name, rest := given[0].(string), given[1:]
	switch name {
	case "and", "or":
		var children []dynamorm.Condition
		for _, child := range rest {
			children = append(children, c.condition(child.([]any)))
		}
		if name == "and" {
			return dynamorm.And(children...)
		}
		return dynamorm.Or(children...)
	case "not":
		return dynamorm.Not(c.condition(rest[0].([]any)))
	case "exists":
		return path(rest[0]).Exists()
	case "not_exists":
		return path(rest[0]).NotExists()
	case "type":
		return path(rest[0]).IsType(rest[1].(string))
	case "begins_with":
		return path(rest[0]).BeginsWith(c.operand(nil, rest[1]))
	case "contains":
		return path(rest[0]).Contains(c.operand(c.memberAt(rest[0]), rest[1]))
	}
	return c.comparison(name, rest)
}

// memberAt gives what contains looks for where that has a declaration: an element of a list. Parts of texts and members of sets are plain.
func (c *call) memberAt(given any) *schema.Field {
	if field := c.fieldAt(given); field != nil && field.Type == "L" {
		return field.Items
	}
	return nil
}

func (c *call) comparison(name string, rest []any) dynamorm.Condition {
	var left comparable
	var field *schema.Field
	if size, sized := rest[0].(object); sized {
		left = path(size["size"]).Size()
	} else {
		left, field = path(rest[0]), c.fieldAt(rest[0])
	}
	switch name {
	case "between":
		return left.Between(c.operand(field, rest[1]), c.operand(field, rest[2]))
	case "in":
		var operands []expression.Operand
		for _, one := range rest[1].([]any) {
			operands = append(operands, c.operand(field, one))
		}
		return left.In(operands...)
	}
	compare := map[string]func(expression.Operand) expression.Condition{
		"eq": left.Eq, "ne": left.Ne, "lt": left.Lt, "le": left.Le, "gt": left.Gt, "ge": left.Ge,
	}
	return compare[name](c.operand(field, rest[1]))
}

var pairs = map[string]func(path, value any) dynamorm.Option{
	"set": dynamorm.Set, "set_if_absent": dynamorm.SetIfAbsent, "add": dynamorm.Add, "subtract": dynamorm.Subtract, "append": dynamorm.Append,
	"prepend": dynamorm.Prepend, "add_to_set": dynamorm.AddToSet, "delete_from_set": dynamorm.DeleteFromSet,
}

// changes turns the update members into options, each kind in the caller's order.
func (c *call) changes(members object) []dynamorm.Option {
	var out []dynamorm.Option
	for name, option := range pairs {
		given, _ := members[name].([]any)
		for _, pair := range given {
			target := pair.([]any)
			out = append(out, option(path(target[0]), c.operand(c.fieldAt(target[0]), target[1])))
		}
	}
	copies, _ := members["copy"].([]any)
	for _, pair := range copies {
		out = append(out, dynamorm.Copy(path(pair.([]any)[0]), path(pair.([]any)[1])))
	}
	removes, _ := members["remove"].([]any)
	for _, one := range removes {
		out = append(out, dynamorm.Remove(path(one)))
	}
	return out
}

var pures = map[string]func(s *session, model *schema.Model, args object) (object, error){
	"fn.dms.load": func(_ *session, _ *schema.Model, args object) (object, error) {
		text, err := dms.Canonical(args["text"].(string))
		return object{"dms": text}, err
	},
	"fn.dms.native": func(_ *session, _ *schema.Model, args object) (object, error) {
		return object{"dms": natives[args["model"].(string)].schema.Canonical()}, nil
	},
	"fn.marshal": func(_ *session, model *schema.Model, args object) (object, error) {
		item, err := codec.New(model).AppendItem(nil, membersToNative(model.Fields, args["item"].(object)))
		return object{"item": json.RawMessage(item)}, err
	},
	"fn.unmarshal": func(_ *session, model *schema.Model, args object) (object, error) {
		raw, err := json.Marshal(args["item"])
		if err != nil {
			return nil, err
		}
		var out dynamorm.Values
		if err := codec.New(model).UnmarshalItem(raw, &out, false); err != nil {
			return nil, err
		}
		return (&call{model: model}).itemOrNull(out, nil)
	},
	"fn.size": func(_ *session, model *schema.Model, args object) (object, error) {
		item, err := codec.New(model).AppendItem(nil, membersToNative(model.Fields, args["item"].(object)))
		return object{"bytes": codec.ItemSize(item)}, err
	},
	"fn.expression": compile,
}

func compile(_ *session, model *schema.Model, args object) (object, error) {
	c := &call{model: model, scope: expression.Scope{Codec: codec.New(model)}}
	places, out := &expression.Placeholders{}, object{}
	compiler := expression.Compiler{Scope: c.scope, Placeholders: places}
	if given, there := args["condition"].([]any); there {
		text, err := compiler.Condition(c.condition(given))
		if err != nil {
			return nil, err
		}
		out["condition"] = text
	}
	if given, there := args["update"].(object); there {
		plan, err := expression.PlanUpdate(c.scope, dynamorm.Changes(c.changes(given)...), nil)
		if err != nil {
			return nil, err
		}
		if out["update"], err = plan.Text(places, expression.Owned{}); err != nil {
			return nil, err
		}
	}
	if given, there := args["select"].([]any); there {
		var paths []expression.Path
		for _, one := range fields(given) {
			parsed, err := one.Path()
			if err != nil {
				return nil, err
			}
			paths = append(paths, parsed)
		}
		text, err := compiler.Projection(paths)
		if err != nil {
			return nil, err
		}
		out["projection"] = text
	}
	return named(out, places), nil
}

func named(out object, places *expression.Placeholders) object {
	names, values := object{}, object{}
	for i, name := range places.Names {
		names["#n"+strconv.Itoa(i)] = name
	}
	for i, value := range places.Values {
		values[":v"+strconv.Itoa(i)] = json.RawMessage(value)
	}
	if len(names) > 0 {
		out["names"] = names
	}
	if len(values) > 0 {
		out["values"] = values
	}
	return out
}

var symbols = map[string]error{
	"ValidationFailed": dynamorm.ErrValidationFailed, "InvalidModel": dynamorm.ErrInvalidModel, "MissingPrimaryKey": dynamorm.ErrMissingPrimaryKey,
	"InvalidOperator": dynamorm.ErrInvalidOperator, "ItemTooLarge": dynamorm.ErrItemTooLarge, "ItemNotFound": dynamorm.ErrItemNotFound,
	"ConditionFailed": dynamorm.ErrConditionFailed, "AlreadyExists": dynamorm.ErrAlreadyExists, "VersionConflict": dynamorm.ErrVersionConflict,
	"TransactionCanceled": dynamorm.ErrTransactionCanceled, "TransactionConflict": dynamorm.ErrTransactionConflict,
	"TransactionInProgress": dynamorm.ErrTransactionInProgress, "IdempotencyMismatch": dynamorm.ErrIdempotencyMismatch,
	"EncryptionNotConfigured": dynamorm.ErrEncryptionNotConfigured, "EncryptedFieldNotQueryable": dynamorm.ErrEncryptedFieldNotQueryable,
	"DecodeFailed": dynamorm.ErrDecodeFailed, "TableNotFound": dynamorm.ErrTableNotFound, "TableExists": dynamorm.ErrTableExists,
	"LimitExceeded": dynamorm.ErrLimitExceeded, "Throttled": dynamorm.ErrThrottled, "AccessDenied": dynamorm.ErrAccessDenied,
	"NetworkError": dynamorm.ErrNetworkError, "Canceled": dynamorm.ErrCanceled, "ServiceError": dynamorm.ErrServiceError,
}
