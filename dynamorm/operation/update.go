package operation

import (
	"math"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Return says what an update gives back.
type Return string

// What an update can give back.
const (
	ReturnNew        Return = "ALL_NEW"
	ReturnOld        Return = "ALL_OLD"
	ReturnUpdatedNew Return = "UPDATED_NEW"
	ReturnUpdatedOld Return = "UPDATED_OLD"
	ReturnNone       Return = "NONE"
)

// UpdateInput is what an UpdateItem needs.
type UpdateInput struct {
	Table     string
	Key       any
	Update    *expression.Update
	Condition expression.Condition
	Expected  *int64
	Upsert    bool
	Return    Return
	Now       time.Time
	// Keyed says that encrypted attributes can be sealed and opened.
	Keyed bool
}

// Update is an UpdateItem; Found says whether an item came back.
type Update struct {
	Found bool
	once
	sealing
	plan    *codec.Plan
	guard   Guard
	into    any
	partial bool
	key     []byte
}

// NewUpdate builds the request; what comes back is read into a pointer to the plan's type.
func NewUpdate(p *codec.Plan, dst []byte, in UpdateInput, into any) (*Update, error) {
	u, b, err := buildUpdate(p, dst, in, newSealing(in.Keyed && len(p.Model.Sealed) > 0))
	if err != nil {
		return nil, err
	}
	u.into = into
	if in.Return == "" {
		in.Return = ReturnNew
	}
	if in.Return == ReturnNew || in.Return == ReturnOld {
		if err := closed(p.Model, in.Keyed); err != nil {
			return nil, err
		}
	}
	if in.Return != ReturnNone {
		b = appendText(b, "ReturnValues", string(in.Return))
	}
	u.partial = in.Return == ReturnUpdatedNew || in.Return == ReturnUpdatedOld
	u.request = Request{API: "UpdateItem", Table: in.Table, Body: append(b, '}'), Write: true}
	return u, nil
}

// buildUpdate writes what an update and an action of a transaction share.
func buildUpdate(p *codec.Plan, dst []byte, in UpdateInput, s sealing) (*Update, []byte, error) {
	if err := expression.WellFormed(p.Model, in.Condition, in.Update); err != nil {
		return nil, nil, err
	}
	b, key, err := appendKeyed(p, dst, in.Table, in.Key)
	if err != nil {
		return nil, nil, err
	}
	if v := p.Model.Role(schema.RoleVersion); v != nil && in.Expected != nil && *in.Expected == math.MaxInt64 {
		return nil, nil, failed(p.Model, errs.CodeValidationFailed, v.Name, "the version cannot grow any more")
	}
	own, err := owned(p, in)
	if err != nil {
		return nil, nil, err
	}
	u := &Update{plan: p, key: key, sealing: s, guard: Guard{Condition: in.Condition, Exist: !in.Upsert, Expected: in.Expected}}
	c, before := expression.NewCompiler(p.Model).Sealing(s.seals), s.seals.Len()
	condition, err := u.guard.compile(c, p.Model, true)
	if err != nil {
		return nil, nil, err
	}
	text, err := c.Update(in.Update, own)
	if err == nil {
		err = s.seals.Bind(before, p.Model, key)
	}
	if err != nil {
		return nil, nil, err
	}
	return u, c.AppendMembers(appendText(appendCondition(b, condition), "UpdateExpression", text)), nil
}

// owned gives what the library adds to the update.
func owned(p *codec.Plan, in UpdateInput) (*expression.Owned, error) {
	m, own := p.Model, &expression.Owned{Version: []byte(`{"N":"1"}`), Upsert: in.Upsert}
	var err error
	if len(m.Composed) > 0 {
		if own.Key, err = p.KeyParts(in.Key); err != nil {
			return nil, err
		}
	}
	if a := m.Role(schema.RoleCreatedAt); a != nil && in.Upsert {
		if own.CreatedAt, err = codec.Stamp(a, in.Now); err != nil {
			return nil, err
		}
	}
	if a := m.Role(schema.RoleUpdatedAt); a != nil {
		if own.UpdatedAt, err = codec.Stamp(a, in.Now); err != nil {
			return nil, err
		}
	}
	return own, nil
}

// Fill puts the envelopes in their places.
func (u *Update) Fill() error {
	u.request.Body = u.seals.Filled(u.request.Body)
	return nil
}

// Held gives what comes back, or the item of a failed condition.
func (u *Update) Held(r Response) []Held {
	switch {
	case r.Fault != nil:
		return heldByFault(u.plan, r)
	case u.partial:
		return heldIn(u.plan, r.Body, "Attributes", u.key)
	}
	return heldIn(u.plan, r.Body, "Attributes", nil)
}

// Receive reads the answer.
func (u *Update) Receive(r Response) error {
	if r.Fault != nil {
		return u.explain(r)
	}
	found, err := member(u.plan, r, "Attributes", u.into, u.partial)
	u.Found = found
	return err
}

func (u *Update) explain(r Response) error { return u.guard.explain(u.plan, r, "") }

func (u *Update) keep() error { return nil }

func (u *Update) by() *codec.Plan { return u.plan }
