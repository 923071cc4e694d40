package operation

import (
	"slices"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Keys is what a query says of its keys; a scan has none.
type Keys struct {
	// Partition is the value of a plain key, or a map[string]any of attributes.
	Partition any
	Sort      *Sort
}

// Sort is what a query says of the sort key: an operator, or the leading parts of its template.
type Sort struct {
	// Operator is =, <, <=, >, >=, BETWEEN or begins_with.
	Operator string
	Operands []any
	// Parts is given instead of an operator.
	Parts map[string]any
}

// keyCondition is checked and written, waiting for placeholders.
type keyCondition struct {
	place     Place
	partition []byte
	operator  string
	operands  [][]byte
}

// newKeyCondition fails with MissingPrimaryKey, ValidationFailed or InvalidOperator.
func newKeyCondition(m *schema.Model, p Place, k *Keys) (*keyCondition, error) {
	c := &keyCondition{place: p}
	var err error
	if c.partition, err = partitionText(m, p.Partition.Attribute, k.Partition); err != nil || k.Sort == nil {
		return c, err
	}
	if p.Sort == nil {
		return nil, failed(m, errs.CodeInvalidOperator, "", p.String()+" has no sort key")
	}
	if k.Sort.Parts != nil {
		c.operator, c.operands, err = leading(m, p.Sort.Attribute, k.Sort.Parts)
	} else {
		c.operator, c.operands, err = operator(m, *p.Sort, k.Sort)
	}
	for _, operand := range c.operands {
		if err == nil {
			err = codec.CheckKey(operand, p.Sort.Attribute, schema.SortKeyMaxBytes)
		}
	}
	return c, err
}

// text writes the condition.
func (c *keyCondition) text(e *expression.Compiler) string {
	out := e.Alias(expression.Path(c.place.Partition.Attribute)) + " = " + e.Bind(c.partition)
	if c.operator == "" {
		return out
	}
	name := e.Alias(expression.Path(c.place.Sort.Attribute))
	first := e.Bind(c.operands[0])
	switch c.operator {
	case "begins_with":
		return out + " AND begins_with(" + name + ", " + first + ")"
	case "BETWEEN":
		return out + " AND " + name + " BETWEEN " + first + " AND " + e.Bind(c.operands[1])
	}
	return out + " AND " + name + " " + c.operator + " " + first
}

// plain gives the condition with its names and values in their places.
func (c *keyCondition) plain(m *schema.Model) string {
	e := expression.NewCompiler(m)
	return e.Inline(c.text(e))
}

func partitionText(m *schema.Model, key string, given any) ([]byte, error) {
	composed := m.ComposedKey(key)
	parts, isMap := given.(map[string]any)
	if !isMap {
		if composed != nil && !codec.IsNull(given) {
			return nil, failed(m, errs.CodeValidationFailed, codec.Name(key), "a composed key is given by its parts")
		}
		parts = map[string]any{key: given}
		if composed != nil {
			parts = nil
		}
	}
	names := m.KeyParts(key)
	for _, name := range names {
		if codec.IsNull(parts[name]) {
			return nil, failed(m, errs.CodeMissingPrimaryKey, codec.Name(name), "the partition of the query is missing")
		}
	}
	texts, err := written(m, parts, names)
	if err != nil {
		return nil, err
	}
	out := texts[key]
	if composed != nil {
		text, _, part, reason := composed.Leading(texts.Has, texts.Stored)
		if reason != "" {
			return nil, failed(m, errs.CodeValidationFailed, codec.Name(part), reason)
		}
		out = textValue(text)
	}
	return out, codec.CheckKey(out, key, schema.PartitionKeyMaxBytes)
}

// written gives the parts of a key as DynamoDB's JSON; those that are null are left out, one that is no part is refused.
func written(m *schema.Model, parts map[string]any, names []string) (codec.Texts, error) {
	out := codec.Texts{}
	for name := range parts {
		if !slices.Contains(names, name) {
			return nil, failed(m, errs.CodeValidationFailed, codec.Name(name), "is no part of the key")
		}
	}
	for _, name := range names {
		if codec.IsNull(parts[name]) {
			continue
		}
		text, err := valueText(m, m.Attribute(name), name, parts[name])
		if err != nil {
			return nil, err
		}
		out[name] = text
	}
	return out, nil
}

// valueText writes a value of a key attribute.
func valueText(m *schema.Model, a *schema.Attribute, name string, v any) ([]byte, error) {
	text, err := codec.AppendValue(nil, a, v, 1)
	if e := errs.As(err); e != nil {
		e.Path, e.Model = codec.Join(codec.Name(name), e.Path), m.Name
	}
	if err == nil && len(text) == 0 {
		err = failed(m, errs.CodeValidationFailed, codec.Name(name), "a key is never empty")
	}
	return text, err
}

func textValue(text string) []byte {
	out, _ := canon.AppendString([]byte(`{"S":`), text)
	return append(out, '}')
}

func leading(m *schema.Model, key string, parts map[string]any) (string, [][]byte, error) {
	texts, err := written(m, parts, m.KeyParts(key))
	if err != nil {
		return "", nil, err
	}
	composed := m.ComposedKey(key)
	if composed == nil && texts.Has(key) {
		return "=", [][]byte{texts[key]}, nil
	}
	text, whole, part, reason := "", false, "", ""
	if composed != nil {
		text, whole, part, reason = composed.Leading(texts.Has, texts.Stored)
	}
	switch {
	case reason != "":
		return "", nil, failed(m, errs.CodeValidationFailed, codec.Name(part), reason)
	case text == "":
		return "", nil, failed(m, errs.CodeValidationFailed, codec.Name(key), "nothing of the sort key is given")
	case whole:
		return "=", [][]byte{textValue(text)}, nil
	}
	return "begins_with", [][]byte{textValue(text)}, nil
}

// plainKeys has what a prefix is written by: a part of a formatted value is not such a value itself.
var plainKeys = map[schema.Type]*schema.Attribute{schema.S: {Type: schema.S}, schema.B: {Type: schema.B}}

func operator(m *schema.Model, key schema.Key, sort *Sort) (string, [][]byte, error) {
	path := codec.Name(key.Attribute)
	a := m.Attribute(key.Attribute)
	switch {
	case sort.Operator == "":
		return "", nil, failed(m, errs.CodeInvalidOperator, path, "nothing is said of the sort key")
	case m.ComposedKey(key.Attribute) != nil:
		return "", nil, failed(m, errs.CodeInvalidOperator, path, "a composed sort key is queried by its leading parts")
	case sort.Operator == "begins_with" && key.Type == schema.N:
		return "", nil, failed(m, errs.CodeInvalidOperator, path, "begins_with does not fit N")
	case slices.ContainsFunc(sort.Operands, codec.IsNull):
		return "", nil, failed(m, errs.CodeValidationFailed, path, "a sort key is never null")
	case sort.Operator == "begins_with":
		a = plainKeys[key.Type]
	}
	out := [][]byte{}
	for _, v := range sort.Operands {
		text, err := valueText(m, a, key.Attribute, v)
		if err != nil {
			return "", nil, err
		}
		out = append(out, text)
	}
	if sort.Operator == "BETWEEN" {
		if order, ok := codec.Compare(out[0], out[1]); ok && order > 0 {
			return "", nil, failed(m, errs.CodeInvalidOperator, path, "the lower bound is above the upper")
		}
	}
	return sort.Operator, out, nil
}
