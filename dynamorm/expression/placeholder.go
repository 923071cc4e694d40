package expression

import (
	"regexp"
	"strconv"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Compiler compiles the expressions of one request, in the order condition, update, projection: they share names and values.
type Compiler struct {
	model  *schema.Model
	names  []string
	values [][]byte
	seals  *codec.Seals
	keyed  bool
}

// NewCompiler gives a compiler without names and values.
func NewCompiler(m *schema.Model) *Compiler { return &Compiler{model: m} }

// Sealing lets an update set encrypted attributes: their values go to the seals, nil where nobody has a key.
func (c *Compiler) Sealing(seals *codec.Seals) *Compiler {
	c.seals = seals
	return c
}

// Opening lets a projection have encrypted attributes, where it is keyed.
func (c *Compiler) Opening(keyed bool) *Compiler {
	c.keyed = keyed
	return c
}

// AppendMembers appends the request's members of names and values, each with a comma before it.
func (c *Compiler) AppendMembers(b []byte) []byte {
	if len(c.names) > 0 {
		b = append(b, `,"ExpressionAttributeNames":`...)
		b = c.AppendNames(b)
	}
	if len(c.values) > 0 {
		b = append(b, `,"ExpressionAttributeValues":`...)
		b = c.AppendValues(b)
	}
	return b
}

// AppendNames appends the names as a JSON object.
func (c *Compiler) AppendNames(b []byte) []byte {
	b = append(b, '{')
	for i, n := range c.names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `"#n`...)
		b = append(strconv.AppendInt(b, int64(i), 10), `":`...)
		b, _ = canon.AppendString(b, n)
	}
	return append(b, '}')
}

// AppendValues appends the values as a JSON object.
func (c *Compiler) AppendValues(b []byte) []byte {
	b = append(b, '{')
	for i, v := range c.values {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `":v`...)
		b = append(strconv.AppendInt(b, int64(i), 10), `":`...)
		b = append(b, v...)
	}
	return append(b, '}')
}

// Empty says whether there are neither names nor values.
func (c *Compiler) Empty() (names, values bool) { return len(c.names) == 0, len(c.values) == 0 }

// Alias gives the aliased text of a path.
func (c *Compiler) Alias(f Field) string { return c.path(f) }

// Bind gives a value's JSON a placeholder.
func (c *Compiler) Bind(text []byte) string { return c.value(text) }

var placeholder = regexp.MustCompile(`[#:][nv][0-9]+`)

// Inline replaces every placeholder of a text by the canonical JSON of its name or value.
func (c *Compiler) Inline(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(p string) string {
		i, _ := strconv.Atoi(p[2:])
		if p[0] == '#' {
			out, _ := canon.AppendString(nil, c.names[i])
			return string(out)
		}
		return string(c.values[i])
	})
}

func (c *Compiler) name(n string) string {
	for i, known := range c.names {
		if known == n {
			return "#n" + strconv.Itoa(i)
		}
	}
	c.names = append(c.names, n)
	return "#n" + strconv.Itoa(len(c.names)-1)
}

func (c *Compiler) value(text []byte) string {
	c.values = append(c.values, text)
	return ":v" + strconv.Itoa(len(c.values)-1)
}

// path gives the aliased text of a path.
func (c *Compiler) path(f Field) string {
	out := ""
	for i, s := range f.path {
		switch {
		case s.list:
			out += "[" + strconv.Itoa(s.index) + "]"
		case i > 0:
			out += "." + c.name(s.name)
		default:
			out = c.name(s.name)
		}
	}
	return out
}

// fail is an error of the model at a path.
func (c *Compiler) fail(code errs.Code, f Field, reason string) error {
	e := errs.New(code, f.String(), reason)
	e.Model = c.model.Name
	return e
}

// place is what the model says about a path.
type place struct {
	// attr is the declared attribute, nil where the model does not type the path.
	attr *schema.Attribute
	// top is the top-level attribute, nil for an unknown one.
	top *schema.Attribute
	// known is false where the model rules the path out.
	known bool
}

// wellFormed refuses a path that is none.
func (f Field) wellFormed(m *schema.Model) error {
	if f.bad == "" {
		return nil
	}
	e := errs.New(errs.CodeValidationFailed, "", f.bad)
	e.Model = m.Name
	return e
}

// WellFormed refuses a malformed path in a condition or an update, nil for none: that is told before all else.
func WellFormed(m *schema.Model, cond Condition, u *Update) error {
	if u == nil {
		u = &Update{}
	}
	for _, a := range u.actions {
		if err := wellFormed(m, a.field, a.value); err != nil {
			return err
		}
	}
	for _, kid := range cond.kids {
		if err := WellFormed(m, kid, nil); err != nil {
			return err
		}
	}
	return wellFormed(m, cond.left, cond.args...)
}

func wellFormed(m *schema.Model, f Field, operands ...any) error {
	if err := f.wellFormed(m); err != nil {
		return err
	}
	for _, operand := range operands {
		if f, ok := operand.(Field); ok {
			if err := f.wellFormed(m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Compiler) place(f Field) (place, error) {
	if err := f.wellFormed(c.model); err != nil {
		return place{}, err
	}
	p := place{top: c.model.Attribute(f.path[0].name), known: true}
	cur := p.top
	for _, s := range f.path[1:] {
		if cur == nil {
			break
		}
		switch {
		case s.list && cur.Type == schema.L:
			cur = cur.Items
		case !s.list && cur.Type == schema.M && cur.Typed:
			cur = cur.Member(s.name)
			p.known = cur != nil
		default:
			p.known = !s.list && cur.Type == schema.M
			cur = nil
		}
	}
	p.known = p.known && p.top != nil
	p.attr = cur
	return p, nil
}

// marshal gives a value's JSON by the attribute, nil for null and for an empty set.
func (c *Compiler) marshal(f Field, a *schema.Attribute, v any) ([]byte, error) {
	text, err := codec.AppendValue(nil, a, v, len(f.path))
	if err == nil {
		return text, nil
	}
	if e := errs.As(err); e != nil {
		e.Path, e.Model = codec.Join(f.String(), e.Path), c.model.Name
	}
	return nil, err
}

func (c *Compiler) finish(text string) (string, error) {
	if len(text) > schema.ExpressionMaxBytes {
		e := errs.New(errs.CodeValidationFailed, "", "an expression has more than 4,096 bytes")
		e.Model = c.model.Name
		return "", e
	}
	return text, nil
}
