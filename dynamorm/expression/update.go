package expression

import (
	"slices"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Owned is what the library adds to an update; each is DynamoDB's JSON, nil where there is nothing to add.
type Owned struct {
	// Key is what the item's key is made of, where the model has composed keys.
	Key codec.Texts
	// Upsert says that the item may come into being.
	Upsert    bool
	CreatedAt []byte
	UpdatedAt []byte
	Version   []byte
}

// clauses collects the actions of each clause; a name or value is given its placeholder when its clause is put together.
type clauses struct {
	set, remove, add, del []func() string
	// assigned has the attributes that are set to a value as a whole, removed those that are removed.
	assigned codec.Texts
	removed  map[string]bool
}

// drop removes a path.
func (o *clauses) drop(c *Compiler, f Field) {
	o.remove = append(o.remove, func() string { return c.path(f) })
	if len(f.path) == 1 {
		o.removed[f.path[0].name] = true
	}
}

// put sets a path to a value.
func (o *clauses) put(c *Compiler, f Field, text []byte) {
	o.set = append(o.set, func() string { return c.path(f) + " = " + c.value(text) })
	if len(f.path) == 1 {
		o.assigned[f.path[0].name] = text
	}
}

// Update compiles an update. Without own it may change whatever the model has: that is for looking at expressions, not for sending them.
func (c *Compiler) Update(u *Update, own *Owned) (string, error) {
	if u == nil || len(u.actions) == 0 {
		return "", c.fail(errs.CodeValidationFailed, noField, "the update changes nothing")
	}
	if err := WellFormed(c.model, Condition{}, u); err != nil {
		return "", err
	}
	list := slices.Clone(u.actions)
	slices.SortStableFunc(list, func(a, b action) int { return int(a.kind - b.kind) })
	out := clauses{assigned: codec.Texts{}, removed: map[string]bool{}}
	for _, a := range list {
		p, err := c.place(a.field)
		if err != nil {
			return "", err
		}
		if err := c.allowed(a, p, own != nil); err != nil {
			return "", err
		}
		if err := c.act(&out, a, p); err != nil {
			return "", err
		}
	}
	if err := c.apart(list); err != nil {
		return "", err
	}
	if own != nil {
		if err := c.follow(&out, list, own); err != nil {
			return "", err
		}
		c.own(&out, own)
	}
	return c.finish(out.text())
}

// apart refuses two actions of which one is on, or inside, what the other changes.
func (c *Compiler) apart(list []action) error {
	for i, a := range list {
		for _, b := range list[:i] {
			if a.field.covers(b.field) || b.field.covers(a.field) {
				return c.fail(errs.CodeValidationFailed, a.field, "two paths of the update overlap")
			}
		}
	}
	return nil
}

func (o *clauses) text() string {
	parts := []string{}
	for _, clause := range []struct {
		word string
		list []func() string
	}{{"SET ", o.set}, {"REMOVE ", o.remove}, {"ADD ", o.add}, {"DELETE ", o.del}} {
		texts := make([]string, len(clause.list))
		for i, f := range clause.list {
			texts[i] = f()
		}
		if len(texts) > 0 {
			parts = append(parts, clause.word+strings.Join(texts, ", "))
		}
	}
	return strings.Join(parts, " ")
}

func (c *Compiler) own(out *clauses, own *Owned) {
	if a := c.model.Role(schema.RoleCreatedAt); a != nil && own.CreatedAt != nil {
		f := Path(a.Name)
		out.set = append(out.set, func() string {
			return c.path(f) + " = if_not_exists(" + c.path(f) + ", " + c.value(own.CreatedAt) + ")"
		})
	}
	if a := c.model.Role(schema.RoleUpdatedAt); a != nil && own.UpdatedAt != nil {
		f := Path(a.Name)
		out.put(c, f, own.UpdatedAt)
	}
	if a := c.model.Role(schema.RoleVersion); a != nil && own.Version != nil {
		f := Path(a.Name)
		out.add = append(out.add, func() string { return c.path(f) + " " + c.value(own.Version) })
	}
}

// allowed holds an action against the model before its value is looked at.
func (c *Compiler) allowed(a action, p place, own bool) error {
	name := a.field.path[0].name
	if own && (c.model.IsTableKey(name) || c.model.Owns(name) || slices.Contains(c.model.KeyFields, name)) {
		return c.fail(errs.CodeValidationFailed, a.field, "a key cannot be updated, and the discriminator is the library's")
	}
	for _, r := range []schema.Role{schema.RoleCreatedAt, schema.RoleUpdatedAt, schema.RoleVersion} {
		if own && p.top != nil && p.top.Has(r) {
			return c.fail(errs.CodeValidationFailed, a.field, "the library keeps this attribute")
		}
	}
	_, reference := a.value.(Field)
	if p.top != nil && p.top.Encrypted() && (reference || len(a.field.path) > 1 || a.kind != set && a.kind != remove) {
		return c.fail(errs.CodeEncryptedFieldNotQueryable, Path(name), "the attribute is encrypted")
	}
	switch {
	case a.kind == remove && p.attr != nil && p.attr.Required:
		return c.fail(errs.CodeValidationFailed, a.field, "the attribute is required")
	case a.kind != remove && !p.known:
		return c.fail(errs.CodeValidationFailed, a.field, "is no attribute of the model")
	case !a.kind.takes(p.attr):
		return c.fail(errs.CodeInvalidOperator, a.field, "the operation does not fit the attribute's type")
	}
	return nil
}

// takes says whether a kind fits an attribute's type; what the model does not type takes every kind.
func (k kind) takes(a *schema.Attribute) bool {
	if a == nil {
		return true
	}
	switch k {
	case add, subtract:
		return a.Type == schema.N
	case appendTo, prependTo:
		return a.Type == schema.L
	case addToSet, deleteFromSet:
		return a.Type.IsSet()
	}
	return true
}

// span is what is added to a time: a number of units, which may be negative.
var span = &schema.Attribute{Type: schema.N, Format: schema.Int64}

// act adds an action to its clause.
func (c *Compiler) act(out *clauses, a action, p place) error {
	if a.kind == remove {
		out.drop(c, a.field)
		return nil
	}
	if source, ok := a.value.(Field); ok {
		if (a.kind != set && a.kind != copyOf) || source.size {
			return c.fail(errs.CodeInvalidOperator, a.field, "the operation takes a value")
		}
		if _, err := c.readable(source); err != nil {
			return err
		}
		out.set = append(out.set, func() string { return c.path(a.field) + " = " + c.path(source) })
		return nil
	}
	declared := p.attr
	if (a.kind == add || a.kind == subtract) && declared != nil && (declared.Format == schema.UnixSeconds || declared.Format == schema.UnixMillis) {
		declared = span
	}
	text, err := c.marshal(a.field, declared, a.value)
	if err != nil {
		return err
	}
	if text == nil || p.attr != nil && codec.EmptyUnder(p.attr, text) {
		return c.vanish(out, a, p, text)
	}
	if !a.kind.takes(&schema.Attribute{Type: codec.TagOf(text)}) {
		return c.fail(errs.CodeValidationFailed, a.field, "the operand has the wrong type")
	}
	if len(a.field.path) == 1 {
		if err := codec.CheckIndexKey(c.model, p.top.Name, text); err != nil {
			return c.fail(errs.CodeValidationFailed, a.field, err.(*errs.Error).Message)
		}
	}
	if p.top != nil && p.top.Encrypted() { // set as a whole: allowed saw to it
		if text, err = c.seals.Add(nil, p.top, text); err != nil {
			return c.fail(errs.CodeEncryptionNotConfigured, a.field, "the attribute is encrypted and the client has no key")
		}
	}
	c.assign(out, a, text)
	return nil
}

// vanish is a value that is not stored: to set it is to remove the attribute.
func (c *Compiler) vanish(out *clauses, a action, p place, text []byte) error {
	switch {
	case a.kind == set:
	case (a.kind == add || a.kind == subtract || a.kind == appendTo || a.kind == prependTo) && text != nil:
		c.assign(out, a, text)
		return nil
	default:
		return c.fail(errs.CodeValidationFailed, a.field, "the operation needs a value that is stored")
	}
	if p.attr != nil && p.attr.Required {
		return c.fail(errs.CodeValidationFailed, a.field, "the attribute is required")
	}
	out.drop(c, a.field)
	return nil
}

// assign adds an action with its value's JSON.
func (c *Compiler) assign(out *clauses, a action, text []byte) {
	f := a.field
	if a.kind == subtract {
		text = negated(text)
	}
	emptyList := func() string { return c.value([]byte(`{"L":[]}`)) }
	var action func() string
	switch a.kind {
	case set:
		out.put(c, f, text)
		return
	case setIfAbsent:
		action = func() string { return c.path(f) + " = if_not_exists(" + c.path(f) + ", " + c.value(text) + ")" }
	case add, subtract:
		if len(f.path) == 1 {
			out.add = append(out.add, func() string { return c.path(f) + " " + c.value(text) })
			return
		}
		action = func() string {
			zero := c.path(f) + " = if_not_exists(" + c.path(f) + ", " + c.value([]byte(`{"N":"0"}`)) + ")"
			return zero + " + " + c.value(text)
		}
	case appendTo:
		action = func() string {
			list := c.path(f) + " = list_append(if_not_exists(" + c.path(f) + ", " + emptyList() + "), "
			return list + c.value(text) + ")"
		}
	case prependTo:
		action = func() string {
			list := c.path(f) + " = list_append(" + c.value(text) + ", if_not_exists("
			return list + c.path(f) + ", " + emptyList() + "))"
		}
	case addToSet:
		out.add = append(out.add, func() string { return c.path(f) + " " + c.value(text) })
		return
	case deleteFromSet:
		out.del = append(out.del, func() string { return c.path(f) + " " + c.value(text) })
		return
	}
	out.set = append(out.set, action)
}

// negated turns the sign of a number's JSON.
func negated(text []byte) []byte {
	n := codec.NumberOf(text)
	switch {
	case n == "0":
	case n[0] == '-':
		n = n[1:]
	default:
		n = "-" + n
	}
	return []byte(`{"N":"` + n + `"}`)
}
