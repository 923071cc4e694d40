package operation

import (
	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
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
	// Keyed says that encrypted attributes can be opened.
	Keyed bool
}

// Get is a GetItem; Found says whether there was an item, RequestID which answer said so.
type Get struct {
	Found     bool
	RequestID string
	once
	plan      *codec.Plan
	into      any
	selection *Selection // nil where only keys are asked for
}

// NewGet builds the request; the item is read into a pointer to the plan's type.
func NewGet(p *codec.Plan, dst []byte, in GetInput, into any) (*Get, error) {
	g := &Get{plan: p, into: into}
	members, err := g.members(in)
	if err != nil {
		return nil, err
	}
	b, _, err := appendKeyed(p, dst, in.Table, in.Key)
	if err != nil {
		return nil, err
	}
	if in.Consistent {
		b = append(b, `,"ConsistentRead":true`...)
	}
	b = append(append(b, members...), '}')
	g.request = Request{API: "GetItem", Table: in.Table, Body: b}
	return g, nil
}

// members writes what is selected.
func (g *Get) members(in GetInput) (members []byte, err error) {
	if in.KeysOnly {
		c := expression.NewCompiler(g.plan.Model)
		text, err := c.Fetch(paths(keyNames(g.plan.Model)))
		return c.AppendMembers(appendText(nil, "ProjectionExpression", text)), err
	}
	if g.selection, err = NewSelection(g.plan, in.Select, in.View, false, in.Keyed); err != nil {
		return nil, err
	}
	return g.selection.members, nil
}

// Held gives the item.
func (g *Get) Held(r Response) []Held {
	if g.selection == nil || r.Fault != nil {
		return nil
	}
	return heldIn(g.plan, r.Body, "Item", nil)
}

// Receive reads the answer.
func (g *Get) Receive(r Response) error {
	if r.Fault != nil {
		r.Fault.Model = g.plan.Model.Name
		return r.Fault
	}
	item, found, err := codec.Member(r.Body, "Item")
	g.Found, g.RequestID = found, r.RequestID
	switch {
	case err != nil || !found:
		return malformed(g.plan, err)
	case item[0] != '{':
		return malformed(g.plan, codec.ErrMalformed)
	case g.selection == nil:
		return malformed(g.plan, g.plan.CheckMark(item))
	}
	return g.selection.Read(item, g.into, r.Opened)
}
