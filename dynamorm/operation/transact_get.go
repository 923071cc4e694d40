package operation

import (
	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

// TransactGet is a TransactGetItems: key after key is added to it.
type TransactGet struct {
	transaction
	known identities
	body  []byte
	read  []func(item []byte, opened Opened) error
	plans []*codec.Plan
}

// NewTransactGet begins a transaction; its body is written into a buffer.
func NewTransactGet(r Retries, buffer []byte) *TransactGet {
	t := &TransactGet{body: append(buffer, `{"TransactItems":[`...)}
	t.Retries = r
	t.explain = func(_ int, r Response) error { return untyped(r) }
	return t
}

// Add adds a key. What is found there is given to read; it is not asked where there is nothing. It fails as NewGet does.
func (t *TransactGet) Add(s *Selection, table string, key any, read func(item []byte, opened Opened) error) error {
	b := t.body
	if len(t.read) > 0 {
		b = append(b, ',')
	}
	b, text, err := appendKeyed(s.plan, append(b, `{"Get":`...), table, key)
	if err != nil {
		return err
	}
	if err := t.known.add(table, s.plan.Model, text); err != nil {
		return err
	}
	t.body = append(append(b, s.members...), `}}`...)
	t.read, t.plans = append(t.read, read), append(t.plans, s.plan)
	return nil
}

// Next gives the request.
func (t *TransactGet) Next() (Request, bool) {
	if t.request.Body == nil {
		t.request = Request{API: "TransactGetItems", Tables: t.known.tables.names(), Body: append(t.body, `]}`...)}
	}
	return t.transaction.Next()
}

// Held gives the items.
func (t *TransactGet) Held(r Response) (out []Held) {
	if r.Fault != nil {
		return nil
	}
	return heldOf(r.Body, "Responses", func(i int) *codec.Plan {
		if i < len(t.plans) {
			return t.plans[i]
		}
		return nil
	})
}

// heldOf gives the items of a list of an answer, of which each element may have one, by the plan of the element, nil for none.
func heldOf(body []byte, name string, plan func(i int) *codec.Plan) (out []Held) {
	list, found, err := codec.Member(body, name)
	if err != nil || !found {
		return nil
	}
	i := 0
	_ = codec.Each(list, func(element []byte) error { // Receive tells what is wrong with it
		if p := plan(i); p != nil {
			out = append(out, heldIn(p, element, "Item", nil)...)
		}
		i++
		return nil
	})
	return out
}

// Receive reads the items.
func (t *TransactGet) Receive(r Response) error {
	if over, err := t.receive(r); err != nil || !over {
		return err
	}
	list, found, err := codec.Member(r.Body, "Responses")
	if err != nil {
		return unreadable(err)
	}
	i := 0
	if found {
		err = codec.Each(list, func(element []byte) error {
			item, there, err := codec.Member(element, "Item")
			if err == nil && there && i < len(t.read) {
				err = t.read[i](item, r.Opened)
			}
			i++
			return err
		})
	}
	switch {
	case err != nil:
		return unreadable(err)
	case i != len(t.read):
		return errs.New(errs.CodeDecodeFailed, "", "the answer has not one entry for each key")
	}
	return nil
}
