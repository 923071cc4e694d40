package operation

import (
	"math"
	"strconv"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// PutMode says what a PutItem takes for granted about the stored item.
type PutMode int

// The modes.
const (
	Create PutMode = iota
	Replace
	Save
	Adopt
	// Project is Replace of which an attempt whose answer was lost counts as written.
	Project
)

// PutInput is what a PutItem needs.
type PutInput struct {
	Table string
	Mode  PutMode
	// Value points to the caller's value; after success it holds what was stored.
	Value     any
	Now       time.Time
	Condition expression.Condition
	// Old takes the replaced item, nil where it is not asked for.
	Old any
	// Keyed says that encrypted attributes can be sealed and opened.
	Keyed bool
}

// Put is a PutItem; HadOld says whether an item was replaced.
type Put struct {
	HadOld bool
	once
	sealing
	plan *codec.Plan
	in   PutInput
	// item is the item as it was written, sent the same with its envelopes.
	item, sent []byte
	guard      Guard
	kind       errs.Kind
}

// NewPut builds the request.
func NewPut(p *codec.Plan, dst []byte, in PutInput) (*Put, error) {
	put, b, err := buildPut(p, dst, in, newSealing(in.Keyed && len(p.Model.Sealed) > 0))
	if err != nil {
		return nil, err
	}
	if in.Old != nil {
		if err := closed(p.Model, in.Keyed); err != nil {
			return nil, err
		}
		b = append(b, `,"ReturnValues":"ALL_OLD"`...)
	}
	put.request = Request{API: "PutItem", Table: in.Table, Body: append(b, '}'), Write: true}
	return put, nil
}

// buildPut writes what a put and an action of a transaction share.
func buildPut(p *codec.Plan, dst []byte, in PutInput, s sealing) (*Put, []byte, error) {
	if err := expression.WellFormed(p.Model, in.Condition, nil); err != nil {
		return nil, nil, err
	}
	put := newPut(p, in, s)
	b, err := put.appendItem(append(begin(dst, in.Table), `,"Item":`...))
	if err != nil {
		return nil, nil, err
	}
	c := expression.NewCompiler(p.Model)
	text, err := put.condition(c)
	if err != nil {
		return nil, nil, err
	}
	return put, c.AppendMembers(appendCondition(b, text)), nil
}

func newPut(p *codec.Plan, in PutInput, s sealing) *Put {
	return &Put{plan: p, in: in, guard: Guard{Condition: in.Condition}, sealing: s}
}

// appendItem settles the mode and appends the item, which stays where it is written.
func (p *Put) appendItem(b []byte) ([]byte, error) {
	over, err := p.own()
	if err != nil {
		return nil, err
	}
	start := len(b)
	if b, err = p.plan.AppendItem(b, p.in.Value, over, p.seals); err != nil {
		return nil, err
	}
	p.item = b[start:len(b):len(b)]
	p.sent = p.item
	return b, nil
}

// Fill puts the envelopes in their places.
func (p *Put) Fill() (err error) {
	if p.sent, err = p.filled(p.plan.Model, p.item); err == nil {
		p.request.Body = p.seals.Filled(p.request.Body)
	}
	return err
}

// Held gives the replaced item, or that of a failed condition.
func (p *Put) Held(r Response) []Held {
	switch {
	case r.Fault != nil:
		return heldByFault(p.plan, r)
	case p.in.Old == nil:
		return nil
	}
	return heldIn(p.plan, r.Body, "Attributes", nil)
}

// own settles the mode and gives the attributes that the library owns.
func (p *Put) own() ([]codec.Override, error) {
	m := p.plan.Model
	over := make([]codec.Override, 0, 3)
	for _, role := range []schema.Role{schema.RoleCreatedAt, schema.RoleUpdatedAt} {
		a := m.Role(role)
		if a == nil {
			continue
		}
		kept, err := p.kept(a, role)
		if err != nil {
			return nil, err
		}
		if !kept {
			text, err := codec.Stamp(a, p.in.Now)
			if err != nil {
				return nil, err
			}
			over = append(over, codec.Override{Name: a.Name, Text: text})
		}
	}
	version := m.Role(schema.RoleVersion)
	if version == nil {
		return over, p.settle(0, false)
	}
	text, err := p.version(version)
	return append(over, codec.Override{Name: version.Name, Text: text}), err
}

// version settles the mode by the value's own version, and gives the one to write.
func (p *Put) version(a *schema.Attribute) ([]byte, error) {
	text, err := p.plan.AppendAttribute(nil, p.in.Value, a.Name)
	if err != nil && p.in.Mode != Create {
		return nil, err
	}
	current, given := canon.Int64(codec.NumberOf(text))
	if err := p.settle(current, given && current != 0); err != nil {
		return nil, err
	}
	next := int64(1)
	if p.guard.Expected != nil {
		if current == math.MaxInt64 {
			return nil, failed(p.plan.Model, errs.CodeValidationFailed, a.Name, "the version cannot grow any more")
		}
		next = current + 1
	}
	return append(strconv.AppendInt([]byte(`{"N":"`), next, 10), `"}`...), nil
}

// settle makes a save a create, or an update of a version.
func (p *Put) settle(current int64, given bool) error {
	switch p.in.Mode {
	case Adopt:
		version := p.plan.Model.Role(schema.RoleVersion)
		if version == nil {
			return failed(p.plan.Model, errs.CodeValidationFailed, "", "the model has no version")
		}
		if given {
			return failed(p.plan.Model, errs.CodeValidationFailed, version.Name, "adopt is for a value without a version")
		}
		p.guard.Exist = true
	case Create:
		p.kind = errs.KindAlreadyExists
	case Save:
		if !given {
			p.kind = errs.KindAlreadyExists
		}
		fallthrough
	case Replace, Project:
		if given {
			p.guard.Expected = &current
		}
	}
	return nil
}

// kept says whether the caller's time of creation stays.
func (p *Put) kept(a *schema.Attribute, role schema.Role) (bool, error) {
	if role != schema.RoleCreatedAt || p.in.Mode == Create {
		return false, nil
	}
	text, err := p.plan.AppendAttribute(nil, p.in.Value, a.Name)
	if err != nil {
		return false, err
	}
	return len(text) > 0 && !zeroTime(text), nil
}

// zeroTime says whether a written time is that of a time.Time nobody has set.
func zeroTime(text []byte) bool {
	switch string(text) {
	case `{"S":"0001-01-01T00:00:00.000000Z"}`, `{"S":"0001-01-01T00:00:00.000000000Z"}`, `{"N":"-62135596800"}`, `{"N":"-62135596800000"}`:
		return true
	}
	return false
}

func (p *Put) condition(c *expression.Compiler) (string, error) {
	m := p.plan.Model
	pk := expression.Path(m.Partition.Attribute)
	switch {
	case p.kind == errs.KindAlreadyExists:
		return c.Condition(expression.Joined(p.in.Condition, pk.NotExists()))
	case p.in.Mode == Adopt:
		return c.Condition(expression.And(pk.Exists(), expression.Path(m.Role(schema.RoleVersion).Name).NotExists()))
	}
	return p.guard.compile(c, m, false)
}

// Receive reads the answer; after success the caller's value holds what was stored.
func (p *Put) Receive(r Response) error {
	if r.Fault != nil && !p.landed(r) {
		return p.explain(r)
	}
	if r.Fault == nil && p.in.Old != nil {
		var err error
		if p.HadOld, err = member(p.plan, r, "Attributes", p.in.Old, false); err != nil {
			return err
		}
	}
	return p.keep()
}

// explain turns a failed condition into what it means.
func (p *Put) explain(r Response) error {
	err := p.guard.explain(p.plan, r, p.kind)
	if e := errs.As(err); p.in.Mode == Adopt && e.Code == errs.CodeConditionFailed {
		e.Kind = errs.KindVersionConflict
	}
	return err
}

// keep leaves what was stored in the caller's value.
func (p *Put) keep() error {
	return p.plan.UnmarshalOpened(p.item, p.in.Value, true, p.seals.Openings(p.item))
}

// landed says whether the write had happened in an attempt whose answer was lost: its retry then failed on the very item sent.
func (p *Put) landed(r Response) bool {
	if r.Fault.Code != errs.CodeConditionFailed || !r.Unanswered || p.in.Mode == Replace {
		return false
	}
	item := stored(r.Body)
	return item != nil && codec.Equal(item, p.sent)
}

func (p *Put) by() *codec.Plan { return p.plan }
