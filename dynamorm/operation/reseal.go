package operation

import (
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Fresh is an encrypted attribute that is to be sealed anew, with its value as canonical JSON.
type Fresh struct {
	Attribute *schema.Attribute
	Text      []byte
}

// Reseal is an UpdateItem that puts new envelopes in the place of what an item holds, if that is still so; Changed says that it is not.
type Reseal struct {
	Changed bool
	once
	sealing
	model *schema.Model
	list  []Fresh
}

// NewReseal builds the request for an item that was read.
func NewReseal(m *schema.Model, table string, item []byte, list []Fresh) (*Reseal, error) {
	r := &Reseal{model: m, list: list, sealing: newSealing(true)}
	b, err := appendKeys(m, append(begin(nil, table), `,"Key":`...), item, m.Keys())
	if err != nil {
		return nil, err
	}
	c := expression.NewCompiler(m)
	condition, update := make([]string, len(list)), make([]string, len(list))
	for i, x := range list {
		stored, _, err := codec.Member(item, x.Attribute.Name)
		if err != nil {
			return nil, misshapen(m, err)
		}
		condition[i] = c.Alias(expression.Path(x.Attribute.Name)) + " = " + c.Bind(stored)
	}
	for i, x := range list {
		mark, err := r.seals.Add(nil, x.Attribute, x.Text)
		if err != nil {
			return nil, err
		}
		update[i] = c.Alias(expression.Path(x.Attribute.Name)) + " = " + c.Bind(mark)
	}
	if err := r.seals.Bind(0, m, item); err != nil {
		return nil, misshapen(m, err)
	}
	b = appendText(appendCondition(b, strings.Join(condition, " AND ")), "UpdateExpression", "SET "+strings.Join(update, ", "))
	r.request = Request{API: "UpdateItem", Table: table, Body: append(c.AppendMembers(b), '}'), Write: true}
	return r, nil
}

// Fill puts the envelopes in their places.
func (r *Reseal) Fill() error {
	r.request.Body = r.seals.Filled(r.request.Body)
	return nil
}

// Receive reads the answer.
func (r *Reseal) Receive(answer Response) error {
	switch {
	case answer.Fault == nil:
		return nil
	case answer.Fault.Code == errs.CodeConditionFailed:
		r.Changed = !answer.Unanswered || !r.landed(stored(answer.Body))
		return nil
	}
	return of(answer.Fault, r.model)
}

// landed says whether an attempt whose answer was lost had happened: the item holds the very envelopes that were sent.
func (r *Reseal) landed(item []byte) bool {
	for i, seal := range r.Seals() { // in the order of the list: both are by name
		text, _, err := codec.Member(item, r.list[i].Attribute.Name)
		if err != nil || item == nil || !codec.EqualValues(text, seal.Envelope()) {
			return false
		}
	}
	return true
}
