package dynamorm

import (
	"context"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// Batch is what a batch get found: the items in the order of the keys that were given, one that was asked for again standing again, and
// the keys without an item, each once, as values that hold nothing but the key.
type Batch[T any] struct {
	Items   []T
	Missing []T
}

// Written counts what a batch wrote and deleted.
type Written struct{ Written, Deleted int }

// Keys makes a list of keys out of keys of one type.
func Keys[K any](keys ...K) []any {
	out := make([]any, len(keys))
	for i, k := range keys {
		out[i] = k
	}
	return out
}

// BatchGet reads the items of many keys, 100 a request. It takes WithConsistentRead, WithSelect and WithView.
// It fails with BatchIncomplete where a part could not be read: Done and Undone of the error say which, and Found gives the items.
func (t *Table[T]) BatchGet(ctx context.Context, keys []any, options ...Option) (Batch[T], error) {
	now := t.client.clock()
	s, err := gather(t.model.Schema(), options, getOptions...)
	if err != nil {
		return Batch[T]{}, err
	}
	selection, err := operation.NewSelection(t.model.plan, s.selected, s.view, true, t.client.keyed())
	if err != nil {
		return Batch[T]{}, err
	}
	gets := operation.NewGets(len(keys))
	for _, key := range keys {
		if err := gets.Add(selection, t.name, key, s.consistent); err != nil {
			return Batch[T]{}, err
		}
	}
	values := make([]T, len(keys))
	read := func(i int, s *operation.Selection, item []byte, opened operation.Opened) error {
		return s.Read(item, &values[i], opened)
	}
	blank := func(_ int, key []byte, into *T) error { return t.model.plan.Unmarshal(key, into, true) }
	return batchGet(ctx, now, t.client, gets, values, read, blank)
}

// BatchGet reads the items of many keys, of any models. A type switch on an item's Value tells the models apart.
// It fails as Table.BatchGet does; Found gives []Item.
func (c *Client) BatchGet(ctx context.Context, actions []GetAction) (Batch[Item], error) {
	now := c.clock()
	gets := operation.NewGets(len(actions))
	for _, a := range actions {
		selection, s, err := a.selection(true, c.keyed())
		if err == nil {
			err = gets.Add(selection, a.table, a.key, s.consistent)
		}
		if err != nil {
			return Batch[Item]{}, err
		}
	}
	values := make([]Item, len(actions))
	read := func(i int, s *operation.Selection, item []byte, opened operation.Opened) error {
		values[i] = Item{actions[i].plan.Model.Name, actions[i].blank()}
		return s.Read(item, values[i].Value, opened)
	}
	blank := func(i int, key []byte, into *Item) error {
		*into = Item{actions[i].plan.Model.Name, actions[i].blank()}
		return actions[i].plan.Unmarshal(key, into.Value, true)
	}
	return batchGet(ctx, now, c, gets, values, read, blank)
}

// batchGet reads into values, and gives those that were found in their order.
func batchGet[V any](ctx context.Context, now time.Time, c *Client, gets *operation.Gets, values []V,
	read func(i int, s *operation.Selection, item []byte, opened operation.Opened) error, blank func(i int, key []byte, into *V) error) (Batch[V], error) {
	if err := c.retries.Check(); err != nil {
		return Batch[V]{}, err
	}
	err := c.buffered(func(b []byte) ([]byte, error) {
		x := operation.NewBatchGet(gets, c.retries, b, read)
		err := c.run(ctx, now, x)
		return x.Body(), err
	})
	out := Batch[V]{Items: values[:0]}
	for i := range gets.Len() {
		if gets.Found(i) {
			out.Items = append(out.Items, values[i])
		}
	}
	if err != nil {
		if e := errs.As(err); e != nil && e.Code == errs.CodeBatchIncomplete {
			e.SetFound(func(into any) bool {
				list, ok := into.(*[]V)
				if ok {
					*list = out.Items
				}
				return ok
			})
		}
		return Batch[V]{}, err
	}
	err = gets.Missing(func(i int, key []byte) error {
		var v V
		err := blank(i, key, &v)
		out.Missing = append(out.Missing, v)
		return err
	})
	return out, err
}

var batchOptions = []string{"WithLastWins", "WithUnchecked"}

// BatchPut writes many values, 25 a request, and gives how many. Each is written as by Put, but a batch holds no conditions: a value with
// a version is refused, unless WithUnchecked. Two of one item are refused, unless WithLastWins. Everything is checked before anything is
// sent. It fails with BatchIncomplete where a part is not done: Done, Undone and Unknown of the error say which.
func (t *Table[T]) BatchPut(ctx context.Context, values []*T, options ...Option) (int, error) {
	out, err := t.BatchWrite(ctx, values, nil, options...)
	return out.Written, err
}

// BatchDelete deletes the items of many keys, 25 a request, and gives how many. A model with a discriminator is refused, unless
// WithUnchecked. It fails as BatchPut does.
func (t *Table[T]) BatchDelete(ctx context.Context, keys []any, options ...Option) (int, error) {
	out, err := t.BatchWrite(ctx, nil, keys, options...)
	return out.Deleted, err
}

// BatchWrite puts and deletes; it is BatchPut and BatchDelete in one. It takes WithLastWins and WithUnchecked.
func (t *Table[T]) BatchWrite(ctx context.Context, put []*T, remove []any, options ...Option) (Written, error) {
	s, err := gather(t.model.Schema(), options, batchOptions...)
	if err != nil {
		return Written{}, err
	}
	plan := t.model.plan
	return t.client.batchWrite(ctx, s, func(w *operation.Writes) error {
		for _, v := range put {
			if err := add(w)(w.Put(plan, operation.PutInput{Table: t.name, Value: v})); err != nil {
				return err
			}
		}
		for _, key := range remove {
			if err := add(w)(w.Delete(plan, operation.DeleteInput{Table: t.name, Key: key})); err != nil {
				return err
			}
		}
		return nil
	})
}

// BatchWrite writes actions of any models: Put and Delete, without conditions. It takes WithLastWins and WithUnchecked, and fails as
// Table.BatchPut does.
func (c *Client) BatchWrite(ctx context.Context, actions []Action, options ...Option) (Written, error) {
	s, err := gather(nil, options, batchOptions...)
	if err != nil {
		return Written{}, err
	}
	return c.batchWrite(ctx, s, func(w *operation.Writes) error {
		for _, a := range actions {
			if err := add(w)(a.write(w)); err != nil {
				return err
			}
		}
		return nil
	})
}

func add(w *operation.Writes) func(x operation.Write, err error) error {
	return func(x operation.Write, err error) error {
		if err != nil {
			return err
		}
		return w.Add(x)
	}
}

// batchWrite gathers the writes of a batch, and sends them.
func (c *Client) batchWrite(ctx context.Context, s settings, gather func(w *operation.Writes) error) (Written, error) {
	w := &operation.Writes{LastWins: s.lastWins, Unchecked: s.unchecked, Now: c.clock(), Keyed: c.keyed()}
	err := c.retries.Check()
	if err == nil {
		err = gather(w)
	}
	if err != nil || w.Len() == 0 {
		return Written{}, err
	}
	var out Written
	err = c.buffered(func(b []byte) ([]byte, error) {
		x := operation.NewBatchWrite(w, c.retries, b)
		err := c.run(ctx, w.Now, x)
		out = Written{x.Written, x.Deleted}
		return x.Body(), err
	})
	return out, err
}
