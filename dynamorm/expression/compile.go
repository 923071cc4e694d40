package expression

import (
	"slices"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Condition compiles a condition; that of none is "".
func (c *Compiler) Condition(cond Condition) (string, error) {
	if cond.IsZero() {
		return "", nil
	}
	if err := WellFormed(c.model, cond, nil); err != nil {
		return "", err
	}
	text, err := c.condition(cond, false)
	if err != nil {
		return "", err
	}
	return c.finish(text)
}

var noField Field

func (c *Compiler) condition(cond Condition, within bool) (string, error) {
	switch cond.op {
	case opAnd, opOr:
		return c.junction(cond, within)
	case opNot:
		text, err := c.condition(cond.kids[0], true)
		return "NOT " + text, err
	case none:
		return "", c.fail(errs.CodeInvalidOperator, noField, "a condition is empty")
	case opExists, opNotExists:
		if _, err := c.place(cond.left); err != nil {
			return "", err
		}
		if cond.left.size {
			return "", c.fail(errs.CodeInvalidOperator, cond.left, "a size always exists")
		}
		if cond.op == opExists {
			return "attribute_exists(" + c.path(cond.left) + ")", nil
		}
		return "attribute_not_exists(" + c.path(cond.left) + ")", nil
	}
	return c.test(cond)
}

// junction flattens AND in AND and OR in OR.
func (c *Compiler) junction(cond Condition, within bool) (string, error) {
	flat, ok := flatten(nil, cond, cond.op)
	if !ok {
		return "", c.fail(errs.CodeInvalidOperator, noField, "an AND or OR of nothing")
	}
	if len(flat) == 1 {
		return c.condition(flat[0], within)
	}
	texts := make([]string, len(flat))
	for i, kid := range flat {
		text, err := c.condition(kid, true)
		if err != nil {
			return "", err
		}
		texts[i] = text
	}
	word := " AND "
	if cond.op == opOr {
		word = " OR "
	}
	if text := strings.Join(texts, word); !within {
		return text, nil
	}
	return "(" + strings.Join(texts, word) + ")", nil
}

func flatten(out []Condition, cond Condition, by op) ([]Condition, bool) {
	if cond.op != opAnd && cond.op != opOr || cond.op != by && len(cond.kids) > 1 {
		return append(out, cond), true
	}
	ok := len(cond.kids) > 0
	for _, kid := range cond.kids {
		var fine bool
		out, fine = flatten(out, kid, by)
		ok = ok && fine
	}
	return out, ok
}

var sizes = &schema.Attribute{Type: schema.N}

// side compiles a left side, and gives the attribute that operands beside it are written by.
func (c *Compiler) side(f Field) (string, *schema.Attribute, error) {
	p, err := c.readable(f)
	if err != nil {
		return "", nil, err
	}
	if !f.size {
		return c.path(f), p.attr, nil
	}
	if p.attr != nil && (p.attr.Type == schema.N || p.attr.Type == schema.BOOL || p.attr.Type == schema.NULL) {
		return "", nil, c.fail(errs.CodeInvalidOperator, f, "the attribute has no size")
	}
	return "size(" + c.path(f) + ")", sizes, nil
}

// readable is place for an attribute whose stored value matters.
func (c *Compiler) readable(f Field) (place, error) {
	p, err := c.place(f)
	if err == nil && p.top != nil && p.top.Encrypted() {
		err = c.fail(errs.CodeEncryptedFieldNotQueryable, Path(p.top.Name), "the attribute is encrypted")
	}
	return p, err
}

// operand compiles a value, an attribute or a size; it gives the value's JSON where it is one.
func (c *Compiler) operand(left Field, a *schema.Attribute, v any) (string, []byte, error) {
	if f, ok := v.(Field); ok {
		text, _, err := c.side(f)
		return text, nil, err
	}
	text, err := c.marshal(left, a, v)
	if err != nil {
		return "", nil, err
	}
	if text == nil {
		if !codec.IsNull(v) {
			return "", nil, c.fail(errs.CodeValidationFailed, left, "an empty set is never stored")
		}
		text = []byte(`{"NULL":true}`)
	}
	return c.value(text), text, nil
}

func (c *Compiler) test(cond Condition) (string, error) {
	left, a, err := c.side(cond.left)
	if err != nil {
		return "", err
	}
	if err := c.fits(cond, a); err != nil {
		return "", err
	}
	switch cond.op {
	case opCompare:
		text, _, err := c.operand(cond.left, a, cond.args[1])
		return left + " " + cond.args[0].(string) + " " + text, err
	case opBetween:
		return c.between(left, cond, a)
	case opIn:
		texts := make([]string, len(cond.args))
		for i, v := range cond.args {
			if texts[i], _, err = c.operand(cond.left, a, v); err != nil {
				return "", err
			}
		}
		return left + " IN (" + strings.Join(texts, ", ") + ")", nil
	case opBeginsWith:
		text, _, err := c.part(cond.left, partOf(a), cond.args[0])
		return "begins_with(" + left + ", " + text + ")", err
	case opContains:
		text, _, err := c.part(cond.left, memberOf(a), cond.args[0])
		return "contains(" + left + ", " + text + ")", err
	}
	text, _, err := c.operand(cond.left, nil, cond.args[0])
	return "attribute_type(" + left + ", " + text + ")", err
}

// part is what begins_with and contains look for: null only where nothing says its type.
func (c *Compiler) part(left Field, a *schema.Attribute, v any) (string, []byte, error) {
	if a != nil && a.Type != schema.NULL && codec.IsNull(v) {
		return "", nil, c.fail(errs.CodeValidationFailed, left, "expected a value of "+string(a.Type)+", found null")
	}
	return c.operand(left, a, v)
}

// fits holds an operator against the attribute's type.
func (c *Compiler) fits(cond Condition, a *schema.Attribute) error {
	ok, t := true, schema.Type("")
	if a != nil {
		t = a.Type
	}
	ordered := t == "" || t.IsKey()
	switch cond.op {
	case opCompare:
		ok = ordered || cond.args[0] == "=" || cond.args[0] == "<>"
	case opBetween:
		ok = ordered
	case opIn:
		ok = len(cond.args) >= 1 && len(cond.args) <= schema.InOperandsMax
	case opBeginsWith:
		ok = !cond.left.size && (t == "" || t == schema.S || t == schema.B)
	case opContains:
		ok = !cond.left.size && (t == "" || t == schema.S || t == schema.L || t.IsSet())
	case opType:
		tag, text := cond.args[0].(string)
		ok = !cond.left.size && text && schema.Type(tag).Known()
	}
	if !ok {
		return c.fail(errs.CodeInvalidOperator, cond.left, "the operator does not fit the attribute's type or its operands")
	}
	return nil
}

func (c *Compiler) between(left string, cond Condition, a *schema.Attribute) (string, error) {
	low, x, err := c.operand(cond.left, a, cond.args[0])
	if err != nil {
		return "", err
	}
	high, y, err := c.operand(cond.left, a, cond.args[1])
	if err != nil {
		return "", err
	}
	if x != nil && y != nil {
		if order, ok := codec.Compare(x, y); ok && order > 0 {
			return "", c.fail(errs.CodeInvalidOperator, cond.left, "the lower bound is above the upper")
		}
	}
	return left + " BETWEEN " + low + " AND " + high, nil
}

// plain holds an attribute of each type without format.
var plain = map[schema.Type]*schema.Attribute{schema.S: {Type: schema.S}, schema.N: {Type: schema.N}, schema.B: {Type: schema.B}}

// partOf gives what an operand of begins_with is written by: a part of a formatted value is not such a value itself.
func partOf(a *schema.Attribute) *schema.Attribute {
	if a == nil {
		return nil
	}
	return plain[a.Type]
}

// memberOf gives what an operand of contains is written by.
func memberOf(a *schema.Attribute) *schema.Attribute {
	if a == nil {
		return nil
	}
	switch a.Type {
	case schema.S, schema.SS:
		return plain[schema.S]
	case schema.NS:
		return plain[schema.N]
	case schema.BS:
		return plain[schema.B]
	}
	return a.Items
}

// Projection compiles a selection; a path that equals another or lies inside it is left out.
// What is fetched besides stands behind the fields, where they do not name it.
func (c *Compiler) Projection(fields []Field, besides ...string) (string, error) {
	if len(fields) == 0 {
		return "", c.fail(errs.CodeValidationFailed, noField, "the selection is empty")
	}
	for _, f := range fields {
		p, err := c.place(f)
		if err != nil {
			return "", err
		}
		if c.marks(f) {
			continue
		}
		if !p.known {
			return "", c.fail(errs.CodeValidationFailed, f, "is no attribute of the model")
		}
		switch {
		case p.top.Encrypted() && !c.keyed:
			return "", c.fail(errs.CodeEncryptionNotConfigured, Path(p.top.Name), "the attribute is encrypted and the client has no key")
		case p.top.Encrypted() && len(f.path) > 1:
			return "", c.fail(errs.CodeEncryptedFieldNotQueryable, Path(p.top.Name), "the attribute is encrypted")
		}
	}
	kept := []Field{}
	for i, f := range fields {
		if !redundant(fields, i) {
			kept = append(kept, f)
		}
	}
	for _, name := range besides {
		if !slices.ContainsFunc(kept, func(f Field) bool { return f.Is(name) }) {
			kept = append(kept, Path(name))
		}
	}
	return c.Fetch(kept)
}

// Encrypted says whether a selection has something encrypted.
func (c *Compiler) Encrypted(fields []Field) bool {
	return slices.ContainsFunc(fields, func(f Field) bool {
		p, err := c.place(f)
		return err == nil && p.top != nil && p.top.Encrypted()
	})
}

// Knows says whether a path leads to something that the model declares, or inside an untyped list or map.
func (c *Compiler) Knows(f Field) bool {
	p, err := c.place(f)
	return err == nil && p.known
}

// Fetch compiles paths of the library's own choice; the discriminator comes last where none of them is it.
func (c *Compiler) Fetch(fields []Field) (string, error) {
	if d := c.model.Discriminator; d != nil && !c.Shows(fields) {
		fields = append(fields, Path(d.Attribute))
	}
	texts := make([]string, len(fields))
	for i, f := range fields {
		texts[i] = c.path(f)
	}
	return c.finish(strings.Join(texts, ", "))
}

// Shows says whether a selection asks for the discriminator.
func (c *Compiler) Shows(fields []Field) bool { return slices.ContainsFunc(fields, c.marks) }

// marks says whether a path is the model's discriminator, which may be selected and is no attribute of a value.
func (c *Compiler) marks(f Field) bool {
	d := c.model.Discriminator
	return d != nil && len(f.path) == 1 && f.path[0].name == d.Attribute
}

func redundant(fields []Field, i int) bool {
	for j, g := range fields {
		if j != i && g.covers(fields[i]) && (j < i || len(g.path) < len(fields[i].path)) {
			return true
		}
	}
	return false
}
