package dynamorm

import (
	"context"

	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// TransactWrite does all of its actions, 1 to 100 of any models, or none. It takes WithToken; without it each call has a token of its own.
// The callers' values hold what was stored after success. It fails with the error of an action that is refused, and with
// TransactionCanceled, whose Reasons say which actions failed and why; one that failed for conflicts alone is tried again before.
func (c *Client) TransactWrite(ctx context.Context, actions []Action, options ...Option) error {
	return c.buffered(func(b []byte) ([]byte, error) {
		t, err := c.transaction(b, actions, options)
		if err != nil {
			return nil, err
		}
		err = c.run(ctx, t.Now, t)
		return t.Body(), err
	})
}

// Prepare gives the request of a transaction as text, and sends nothing: TransactSend sends it, as often as wanted, and it happens once
// within ten minutes. The text holds the values in the clear, but those that are encrypted. It takes WithToken.
func (c *Client) Prepare(ctx context.Context, actions []Action, options ...Option) (string, error) {
	t, err := c.transaction(nil, actions, options)
	if err == nil {
		err = c.session(t.Now).seal(ctx, t)
	}
	if err != nil {
		return "", err
	}
	return t.Text()
}

// TransactSend sends a request that Prepare gave, of this library in any language. Values that it was made of are not changed.
func (c *Client) TransactSend(ctx context.Context, request string) error {
	now := c.clock()
	if err := c.retries.Check(); err != nil {
		return err
	}
	t, err := operation.NewTransactText(c.retries, request)
	if err != nil {
		return err
	}
	return c.run(ctx, now, t)
}

// TransactGet reads 1 to 100 keys, of any models, as they are at one moment. It gives an entry for each, in their order: a *T of the
// action's table, nil where there is no item.
func (c *Client) TransactGet(ctx context.Context, actions []GetAction) ([]any, error) {
	now := c.clock()
	if err := c.checkTransaction(len(actions)); err != nil {
		return nil, err
	}
	out := make([]any, len(actions))
	err := c.buffered(func(b []byte) ([]byte, error) {
		t := operation.NewTransactGet(c.retries, b)
		for i, a := range actions {
			selection, _, err := a.selection(false, c.keyed())
			if err != nil {
				return nil, err
			}
			read := func(item []byte, opened operation.Opened) error {
				v := a.blank()
				err := selection.Read(item, v, opened)
				out[i] = v
				return err
			}
			if err := t.Add(selection, a.table, a.key, read); err != nil {
				return nil, err
			}
		}
		err := c.run(ctx, now, t)
		return t.Body(), err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (c *Client) checkTransaction(actions int) error {
	if err := c.retries.Check(); err != nil {
		return err
	}
	return operation.CheckActions(actions)
}

// transaction builds the request of a transaction.
func (c *Client) transaction(b []byte, actions []Action, options []Option) (*operation.TransactWrite, error) {
	now := c.clock()
	s, err := gather(nil, options, "WithToken")
	if err == nil && s.token == nil {
		token := c.token()
		s.token = &token
	}
	if err == nil {
		err = c.checkTransaction(len(actions))
	}
	if err != nil {
		return nil, err
	}
	t := operation.NewTransactWrite(c.retries, b, c.keyed())
	t.Now = now
	for _, a := range actions {
		if err := a.addTo(t); err != nil {
			return nil, err
		}
	}
	return t, t.Finish(*s.token)
}
