package operation

import (
	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
)

// DeleteInput is what a DeleteItem needs.
type DeleteInput struct {
	Table     string
	Key       any
	Condition expression.Condition
	Expected  *int64
	MustExist bool
	// Old takes the deleted item, nil where it is not asked for.
	Old any
	// Keyed says that encrypted attributes can be opened.
	Keyed bool
}

// Delete is a DeleteItem; HadOld says whether the deleted item came back.
type Delete struct {
	HadOld bool
	once
	plan  *codec.Plan
	guard Guard
	old   any
	key   []byte
}

// NewDelete builds the request.
func NewDelete(p *codec.Plan, dst []byte, in DeleteInput) (*Delete, error) {
	d, b, err := buildDelete(p, dst, in)
	if err != nil {
		return nil, err
	}
	if in.Old != nil {
		if err := closed(p.Model, in.Keyed); err != nil {
			return nil, err
		}
		b = append(b, `,"ReturnValues":"ALL_OLD"`...)
	}
	d.request = Request{API: "DeleteItem", Table: in.Table, Body: append(b, '}'), Write: true}
	return d, nil
}

// buildDelete writes what a delete and an action of a transaction share; a check is the same, too.
func buildDelete(p *codec.Plan, dst []byte, in DeleteInput) (*Delete, []byte, error) {
	if err := expression.WellFormed(p.Model, in.Condition, nil); err != nil {
		return nil, nil, err
	}
	b, key, err := appendKeyed(p, dst, in.Table, in.Key)
	if err != nil {
		return nil, nil, err
	}
	d := &Delete{plan: p, old: in.Old, key: key, guard: Guard{Condition: in.Condition, Exist: in.MustExist, Expected: in.Expected}}
	c := expression.NewCompiler(p.Model)
	text, err := d.guard.compile(c, p.Model, true)
	if err != nil {
		return nil, nil, err
	}
	return d, c.AppendMembers(appendCondition(b, text)), nil
}

// Held gives the deleted item, or that of a failed condition.
func (d *Delete) Held(r Response) []Held {
	switch {
	case r.Fault != nil:
		return heldByFault(d.plan, r)
	case d.old == nil:
		return nil
	}
	return heldIn(d.plan, r.Body, "Attributes", nil)
}

// Receive reads the answer.
func (d *Delete) Receive(r Response) error {
	if r.Fault != nil {
		return d.explain(r)
	}
	if d.old == nil {
		return nil
	}
	var err error
	d.HadOld, err = member(d.plan, r, "Attributes", d.old, false)
	return err
}

func (d *Delete) explain(r Response) error { return d.guard.explain(d.plan, r, "") }

func (d *Delete) keep() error { return nil }

func (d *Delete) by() *codec.Plan { return d.plan }
