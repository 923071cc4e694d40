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
	read  []func(item []byte) error
}

// NewTransactGet begins a transaction; its body is written into a buffer.
func NewTransactGet(r Retries, buffer []byte) *TransactGet {
	t := &TransactGet{body: append(buffer, `{"TransactItems":[`...)}
	t.Retries = r
	t.explain = func(_ int, r Response) error { return untyped(r) }
	return t
}

// Add adds a key. What is found there is given to read; it is not asked where there is nothing. It fails as NewGet does.
func (t *TransactGet) Add(s *Selection, table string, key any, read func(item []byte) error) error {
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
	t.read = append(t.read, read)
	return nil
}

// Next gives the request.
func (t *TransactGet) Next() (Request, bool) {
	if t.request.Body == nil {
		t.request = Request{API: "TransactGetItems", Tables: t.known.tables.names(), Body: append(t.body, `]}`...)}
	}
	return t.transaction.Next()
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
				err = t.read[i](item)
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
