package expression

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/limits"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// A Compiler compiles the conditions and projections of one request against one model.
type Compiler struct {
	Scope        Scope
	Placeholders *Placeholders
}

// typesOf says what each operator works on; a path that the model does not type takes every operator.
var typesOf = map[string]string{
	"order":       " S N B ",
	"begins_with": " S B ",
	"contains":    " S L SS NS BS ",
	"size":        " S B L M SS NS BS ",
	"type":        " S N B BOOL NULL L M SS NS BS ",
}

func fits(operator, kind string) bool {
	return kind == "" || strings.Contains(typesOf[operator], " "+kind+" ")
}

func badOperator(path Path, format string, args ...any) error {
	return errs.New(errs.InvalidOperator, format, args...).At(path.Text())
}

// Condition compiles a condition.
func (c *Compiler) Condition(condition Condition) (string, error) {
	text, err := condition.compile(c, alone)
	if err != nil {
		return "", err
	}
	return text, checkLength(text)
}

func checkLength(text string) error {
	if len(text) > limits.ExpressionMaxBytes {
		return errs.New(errs.ValidationFailed, "an expression of more than %d bytes", limits.ExpressionMaxBytes)
	}
	return nil
}

// flat flattens AND in AND and OR in OR, through groups of one; a group of nothing is refused.
func (l logical) flat() ([]Condition, error) {
	if len(l.children) == 0 {
		return nil, errs.New(errs.InvalidOperator, "an AND or OR of nothing")
	}
	var out []Condition
	for _, child := range l.children {
		inner, nested := child.(logical)
		for nested && len(inner.children) == 1 {
			child = inner.children[0]
			inner, nested = child.(logical)
		}
		if nested && inner.kind == l.kind {
			more, err := inner.flat()
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		} else {
			out = append(out, child)
		}
	}
	return out, nil
}

func (l logical) compile(c *Compiler, parent group) (string, error) {
	children, err := l.flat()
	if err != nil {
		return "", err
	}
	if len(children) == 1 {
		return children[0].compile(c, parent)
	}
	texts := make([]string, len(children))
	for i, child := range children {
		if texts[i], err = child.compile(c, l.kind); err != nil {
			return "", err
		}
	}
	word := " AND "
	if l.kind == inOr {
		word = " OR "
	}
	text := strings.Join(texts, word)
	if parent != alone {
		text = "(" + text + ")"
	}
	return text, nil
}

func (n not) compile(c *Compiler, _ group) (string, error) {
	text, err := n.child.compile(c, inNot)
	return "NOT " + text, err
}

// left compiles the left side; path is that of its attribute.
func (c *Compiler) left(side Operand, ordered bool) (text string, path Path, err error) {
	if size, ok := side.(FieldSize); ok {
		text, err = c.size(size)
		return text, size.of.path, err
	}
	field := side.(FieldPath)
	if field.err != nil {
		return "", nil, field.err
	}
	if err := c.Scope.open(field.path); err != nil {
		return "", nil, err
	}
	if kind := c.Scope.typeOf(field.path); ordered && !fits("order", kind) {
		return "", nil, badOperator(field.path, "%s has no order", kind)
	}
	return c.Placeholders.path(field.path), field.path, nil
}

func (c *Compiler) size(size FieldSize) (string, error) {
	if size.of.err != nil {
		return "", size.of.err
	}
	path := size.of.path
	if err := c.Scope.open(path); err != nil {
		return "", err
	}
	if kind := c.Scope.typeOf(path); !fits("size", kind) {
		return "", badOperator(path, "size does not fit %s", kind)
	}
	return "size(" + c.Placeholders.path(path) + ")", nil
}

var numberPlan = codec.PlanOf(&schema.Field{Type: "N"})

// marshalled gives the tagged value of an operand; nil for an attribute or a size.
func (c *Compiler) marshalled(side Operand, path Path, operand Operand) ([]byte, error) {
	switch operand.(type) {
	case FieldPath, FieldSize:
		return nil, nil
	}
	if _, sized := side.(FieldSize); sized {
		return codec.AppendValueAt(nil, numberPlan, operand, 1)
	}
	return c.Scope.marshal(path, operand)
}

func (c *Compiler) operand(operand Operand, tagged []byte) (string, error) {
	switch operand := operand.(type) {
	case FieldPath:
		text, _, err := c.left(operand, false)
		return text, err
	case FieldSize:
		return c.size(operand)
	}
	return c.Placeholders.value(tagged), nil
}

// right marshals and places one operand.
func (c *Compiler) right(side Operand, path Path, operand Operand) (string, error) {
	tagged, err := c.marshalled(side, path, operand)
	if err != nil {
		return "", err
	}
	return c.operand(operand, tagged)
}

func (n compare) compile(c *Compiler, _ group) (string, error) {
	left, path, err := c.left(n.left, n.operator != "=" && n.operator != "<>")
	if err != nil {
		return "", err
	}
	right, err := c.right(n.left, path, n.right)
	return left + " " + n.operator + " " + right, err
}

func (n between) compile(c *Compiler, _ group) (string, error) {
	left, path, err := c.left(n.left, true)
	if err != nil {
		return "", err
	}
	lower, err := c.marshalled(n.left, path, n.lower)
	if err != nil {
		return "", err
	}
	upper, err := c.marshalled(n.left, path, n.upper)
	if err != nil {
		return "", err
	}
	if lower != nil && upper != nil && above(lower, upper) {
		return "", badOperator(path, "the lower end of a range is above the upper")
	}
	low, err := c.operand(n.lower, lower)
	if err != nil {
		return "", err
	}
	high, err := c.operand(n.upper, upper)
	return left + " BETWEEN " + low + " AND " + high, err
}

// above compares two tagged values of one type.
func above(lower, upper []byte) bool {
	lowTag, low := codec.TagOf(lower)
	highTag, high := codec.TagOf(upper)
	if lowTag != highTag {
		return false
	}
	switch lowTag {
	case "N":
		return codec.Number(low).Compare(codec.Number(high)) > 0
	case "B":
		a, _ := base64.StdEncoding.DecodeString(low)
		b, _ := base64.StdEncoding.DecodeString(high)
		return bytes.Compare(a, b) > 0
	}
	return low > high
}

func (n in) compile(c *Compiler, _ group) (string, error) {
	left, path, err := c.left(n.left, false)
	if err != nil {
		return "", err
	}
	if len(n.operands) < 1 || len(n.operands) > limits.InOperandsMax {
		return "", badOperator(path, "IN takes 1 to %d operands, not %d", limits.InOperandsMax, len(n.operands))
	}
	texts := make([]string, len(n.operands))
	for i, operand := range n.operands {
		if texts[i], err = c.right(n.left, path, operand); err != nil {
			return "", err
		}
	}
	return left + " IN (" + strings.Join(texts, ", ") + ")", nil
}

func (n function) compile(c *Compiler, _ group) (string, error) {
	if n.of.err != nil {
		return "", n.of.err
	}
	path := n.of.path
	if n.unary {
		return n.name + "(" + c.Placeholders.path(path) + ")", nil
	}
	if err := c.Scope.open(path); err != nil {
		return "", err
	}
	if kind := c.Scope.typeOf(path); n.name != "attribute_type" && !fits(n.name, kind) {
		return "", badOperator(path, "%s does not fit %s", n.name, kind)
	}
	name := c.Placeholders.path(path)
	argument, err := c.argument(n, path)
	return n.name + "(" + name + ", " + argument + ")", err
}

func (c *Compiler) argument(n function, path Path) (string, error) {
	if n.name == "attribute_type" {
		tag, ok := n.operand.(string)
		if !ok || tag == "" || !fits("type", tag) {
			return "", badOperator(path, "no type of DynamoDB")
		}
		return c.Placeholders.value([]byte(`{"S":"` + tag + `"}`)), nil
	}
	switch n.operand.(type) {
	case FieldPath, FieldSize:
		return c.operand(n.operand, nil)
	}
	tagged, err := c.Scope.marshalPart(path, n.operand)
	if err != nil {
		return "", err
	}
	return c.Placeholders.value(tagged), nil
}

// Projection compiles a projection: paths that lie inside another, or repeat one, are left out.
func (c *Compiler) Projection(paths []Path) (string, error) {
	if len(paths) == 0 {
		return "", errs.New(errs.ValidationFailed, "an empty selection")
	}
	for _, path := range paths {
		if _, known := c.Scope.plan(path); !known {
			return "", errs.New(errs.ValidationFailed, "the model does not know this path").At(path.Text())
		}
	}
	var texts []string
	for i, path := range paths {
		covered := false
		for j, other := range paths {
			covered = covered || i != j && isPrefix(other, path) && (len(other) < len(path) || j < i)
		}
		if !covered {
			texts = append(texts, c.Placeholders.path(path))
		}
	}
	text := strings.Join(texts, ", ")
	return text, checkLength(text)
}

func isPrefix(prefix, path Path) bool {
	if len(prefix) > len(path) {
		return false
	}
	for i := range prefix {
		if prefix[i] != path[i] {
			return false
		}
	}
	return true
}
