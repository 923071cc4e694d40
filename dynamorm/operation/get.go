package operation

import (
	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// GetInput is what a GetItem needs.
type GetInput struct {
	Table      string
	Key        any
	Consistent bool
	// Select asks for these paths alone; nil asks for the whole item.
	Select []expression.Field
	// View asks for the fields of a view.
	View string
	// KeysOnly asks whether there is an item.
	KeysOnly bool
}

// Get is a GetItem; Found says whether there was an item.
type Get struct {
	Found   bool
	plan    *codec.Plan
	request Request
	into    any
	partial bool
	keys    bool
	shown   bool // the discriminator was selected
}

// NewGet builds the request; the item is read into a pointer to the plan's type.
func NewGet(p *codec.Plan, dst []byte, in GetInput, into any) (*Get, error) {
	fields := in.Select
	if in.View != "" {
		view := p.Model.View(in.View)
		if view == nil || in.Select != nil {
			return nil, failed(p.Model, errs.CodeValidationFailed, "", "the view is unknown, or stands beside a selection")
		}
		fields = paths(view.Fields)
	}
	if fields == nil && !in.KeysOnly {
		if err := sealed(p.Model); err != nil {
			return nil, err
		}
	}
	b, err := p.AppendKey(append(begin(dst, in.Table), `,"Key":`...), in.Key)
	if err != nil {
		return nil, err
	}
	if in.Consistent {
		b = append(b, `,"ConsistentRead":true`...)
	}
	c := expression.NewCompiler(p.Model)
	switch {
	case in.KeysOnly:
		text, err := c.Fetch(keyPaths(p.Model))
		if err != nil {
			return nil, err
		}
		b = c.AppendMembers(appendText(b, "ProjectionExpression", text))
	case fields != nil:
		text, err := c.Projection(fields)
		if err != nil {
			return nil, err
		}
		b = c.AppendMembers(appendText(b, "ProjectionExpression", text))
	}
	return &Get{shown: c.Shows(fields), plan: p, request: Request{API: "GetItem", Table: in.Table, Body: append(b, '}')}, into: into, partial: fields != nil, keys: in.KeysOnly}, nil
}

func keyPaths(m *schema.Model) []expression.Field {
	names := []string{}
	for _, k := range m.Keys() {
		names = append(names, k.Attribute)
	}
	return paths(names)
}

func paths(names []string) []expression.Field {
	out := make([]expression.Field, len(names))
	for i, n := range names {
		out[i] = expression.Path(n)
	}
	return out
}

// Next gives the request.
func (g *Get) Next() Request { return g.request }

// Receive reads the answer.
func (g *Get) Receive(r Response) error {
	if r.Fault != nil {
		r.Fault.Model = g.plan.Model.Name
		return r.Fault
	}
	if g.keys || g.partial {
		item, found, err := codec.Member(r.Body, "Item")
		g.Found = found
		if err == nil && found {
			err = g.plan.CheckMark(item)
		}
		if err != nil || g.keys || !found {
			return malformed(g.plan, err)
		}
	}
	found, err := member(g.plan, r.Body, "Item", g.into, g.partial)
	g.Found = found
	if err == nil && found && g.shown {
		g.plan.Show(g.into)
	}
	return err
}
