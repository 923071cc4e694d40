package operation

import (
	"time"
	"unicode/utf8"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// single is an action: the operation it would be by itself.
type single interface {
	// explain turns a failed condition into what it means.
	explain(r Response) error
	// keep leaves what was stored in the caller's value.
	keep() error
	// by gives what its items are read by.
	by() *codec.Plan
}

// TransactWrite is a TransactWriteItems: action after action is added to it, then the token.
type TransactWrite struct {
	transaction
	sealing
	// Now is the time of all actions.
	Now     time.Time
	actions []single
	known   identities
	body    []byte
	// items are the texts whose sizes count.
	items [][]byte
}

// NewTransactWrite begins a transaction; its body is written into a buffer. Where it is keyed encrypted attributes can be sealed.
func NewTransactWrite(r Retries, buffer []byte, keyed bool) *TransactWrite {
	t := &TransactWrite{body: append(buffer, `{"TransactItems":[`...), sealing: newSealing(keyed)}
	t.Retries = r
	t.explain = t.explained
	return t
}

// Put adds a put, create or save. It fails as NewPut does.
func (t *TransactWrite) Put(p *codec.Plan, in PutInput) error {
	in.Now = t.Now
	put, b, err := buildPut(p, t.open("Put"), in, t.sealing)
	if err != nil {
		return err
	}
	return t.add(put, in.Table, p.Model, put.item, b)
}

// Update adds an update. It fails as NewUpdate does.
func (t *TransactWrite) Update(p *codec.Plan, in UpdateInput) error {
	in.Now = t.Now
	u, b, err := buildUpdate(p, t.open("Update"), in, t.sealing)
	if err != nil {
		return err
	}
	return t.add(u, in.Table, p.Model, u.key, b)
}

// Delete adds a delete. It fails as NewDelete does.
func (t *TransactWrite) Delete(p *codec.Plan, in DeleteInput) error {
	d, b, err := buildDelete(p, t.open("Delete"), in)
	if err != nil {
		return err
	}
	return t.add(d, in.Table, p.Model, d.key, b)
}

// Check adds a condition on an item that the transaction does not write. It fails with ValidationFailed without one.
func (t *TransactWrite) Check(p *codec.Plan, in DeleteInput) error {
	if in.Condition.IsZero() && !in.MustExist && in.Expected == nil {
		return failed(p.Model, errs.CodeValidationFailed, "", "a check needs a condition")
	}
	d, b, err := buildDelete(p, t.open("ConditionCheck"), in)
	if err != nil {
		return err
	}
	return t.add(d, in.Table, p.Model, d.key, b)
}

func (t *TransactWrite) open(name string) []byte {
	b := t.body
	if len(t.actions) > 0 {
		b = append(b, ',')
	}
	return append(append(append(b, `{"`...), name...), `":`...)
}

func (t *TransactWrite) add(action single, table string, m *schema.Model, item, b []byte) error {
	if err := t.known.add(table, m, item); err != nil {
		return err
	}
	t.actions, t.items = append(t.actions, action), append(t.items, item)
	t.body = append(b, `}}`...)
	return nil
}

// Finish ends the request with its token. It fails with ValidationFailed where the transaction is too large, or the token is none.
func (t *TransactWrite) Finish(token string) error {
	if err := t.checkSize(t.plain); err != nil {
		return err
	}
	b, ok := canon.AppendString(append(t.body, `],"ClientRequestToken":`...), token)
	if !ok || !isToken(token) {
		return errs.New(errs.CodeValidationFailed, "", "a token has 1 to 36 characters")
	}
	t.request = Request{API: "TransactWriteItems", Tables: t.known.tables.names(), Body: append(b, '}'), Write: true}
	return nil
}

func isToken(token string) bool {
	n := utf8.RuneCountInString(token)
	return n >= 1 && n <= schema.TokenMax
}

// checkSize counts only where the JSON, which is never shorter than what DynamoDB counts, does not settle it.
func (t *TransactWrite) checkSize(written func(item []byte) []byte) error {
	if len(t.body) <= schema.TransactMaxBytes && t.seals.Len() == 0 {
		return nil
	}
	size := 0
	for _, item := range t.items {
		size += codec.ItemSize(written(item))
	}
	if size > schema.TransactMaxBytes {
		return errs.New(errs.CodeValidationFailed, "", "the items of the transaction have more than 4 MB together")
	}
	return nil
}

// plain gives an item as if its values stayed as they are.
func (t *TransactWrite) plain(item []byte) []byte { return t.seals.Plainly(item) }

// Fill puts the envelopes in their places.
func (t *TransactWrite) Fill() error {
	for i, item := range t.items {
		if _, err := t.filled(t.actions[i].by().Model, item); err != nil {
			return err
		}
	}
	if err := t.checkSize(t.seals.Filled); err != nil {
		return err
	}
	t.request.Body = t.seals.Filled(t.request.Body)
	return nil
}

// Held gives the items that came with failed conditions.
func (t *TransactWrite) Held(r Response) []Held {
	if r.Fault == nil || r.Fault.Code != errs.CodeTransactionCanceled {
		return nil
	}
	return heldOf(r.Body, "CancellationReasons", func(i int) *codec.Plan {
		if i < len(t.actions) {
			return t.actions[i].by()
		}
		return nil
	})
}

// Text gives the request as text, to be kept and sent later: the canonical JSON of its body.
func (t *TransactWrite) Text() (string, error) {
	tree, err := canon.ParseJSON(string(t.request.Body))
	if err != nil {
		return "", err
	}
	text, _ := canon.AppendJSON(nil, tree)
	return string(text), nil
}

func (t *TransactWrite) explained(action int, r Response) error {
	if action < len(t.actions) {
		return t.actions[action].explain(r)
	}
	return untyped(r)
}

// Receive reads the answer; after success the callers' values hold what was stored.
func (t *TransactWrite) Receive(r Response) error {
	if over, err := t.receive(r); err != nil || !over {
		return err
	}
	for _, action := range t.actions {
		if err := action.keep(); err != nil {
			return err
		}
	}
	return nil
}

// untyped explains a failed condition of which nobody knows the model: its item is read into a map.
func untyped(r Response) error {
	if item := stored(r.Body); item != nil {
		keep := append([]byte(nil), item...)
		r.Fault.SetItem(func(into any) error {
			m, ok := into.(*map[string]any)
			if !ok {
				return errs.New(errs.CodeValidationFailed, "", "the item of a request that was sent as text is read into a *map[string]any")
			}
			return codec.UnmarshalUntyped(keep, m)
		})
	}
	return r.Fault
}

// TransactText is a TransactWriteItems that was prepared before, anywhere.
type TransactText struct{ transaction }

// NewTransactText takes a text that Text gave. It fails with ValidationFailed where the text is not the request of a transaction.
func NewTransactText(r Retries, text string) (*TransactText, error) {
	names, ok := prepared(text)
	if !ok {
		return nil, errs.New(errs.CodeValidationFailed, "", "the text is not the request of a transaction with a token")
	}
	t := &TransactText{}
	t.Retries = r
	t.explain = func(_ int, r Response) error { return untyped(r) }
	t.request = Request{API: "TransactWriteItems", Tables: names, Body: []byte(text), Write: true}
	return t, nil
}

// Receive reads the answer.
func (t *TransactText) Receive(r Response) error {
	_, err := t.receive(r)
	return err
}

// prepared looks at a text, and gives the tables that it names.
func prepared(text string) (names []string, ok bool) {
	tree, err := canon.ParseJSON(text)
	body, isObject := tree.(map[string]any)
	if err != nil || !isObject {
		return nil, false
	}
	token, _ := body["ClientRequestToken"].(string)
	list, _ := body["TransactItems"].([]any)
	if !isToken(token) || CheckActions(len(list)) != nil {
		return nil, false
	}
	for _, e := range list {
		entry, _ := e.(map[string]any)
		table := ""
		for name, v := range entry {
			action, _ := v.(map[string]any)
			if name == "Put" || name == "Update" || name == "Delete" || name == "ConditionCheck" {
				table, _ = action["TableName"].(string)
			}
		}
		if len(entry) != 1 || table == "" {
			return nil, false
		}
		names = append(names, table)
	}
	return names, true
}
