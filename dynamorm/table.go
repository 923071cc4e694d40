package dynamorm

import (
	"context"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// Table reads and writes the items of a model as values of type T. It is safe for concurrent use.
//
// A key is a T or *T, a map[string]any by attribute, any struct with the key's attributes, or Key by position.
type Table[T any] struct {
	client *Client
	model  *Model[T]
	name   string
}

// NewTable gives the table of a model.
func NewTable[T any](c *Client, m *Model[T]) *Table[T] {
	return &Table[T]{client: c, model: m, name: c.tableName(m.Schema())}
}

// Model gives the table's model.
func (t *Table[T]) Model() *Model[T] { return t.model }

// Create writes a new item; it sets the times and the version. After success *v holds what was stored.
// It fails with AlreadyExists where an item has the key.
func (t *Table[T]) Create(ctx context.Context, v *T, options ...Option) error {
	s, err := gather(t.model.Schema(), options)
	if err != nil {
		return err
	}
	return t.put(ctx, operation.Create, v, s)
}

// Put writes an item, whatever there is; with a version in v it depends on that version being stored.
// It fails with ConditionFailed, of kind VersionConflict where the version is another.
func (t *Table[T]) Put(ctx context.Context, v *T, options ...Option) error {
	s, err := gather(t.model.Schema(), options, "WithCondition", "WithOld")
	if err != nil {
		return err
	}
	return t.put(ctx, operation.Replace, v, s)
}

// Save creates an item that has no version yet, and replaces one that has, if the stored version is the same.
// It fails with AlreadyExists or VersionConflict.
func (t *Table[T]) Save(ctx context.Context, v *T, options ...Option) error {
	s, err := gather(t.model.Schema(), options, "WithAdopt")
	if err != nil {
		return err
	}
	if s.adopt {
		return t.put(ctx, operation.Adopt, v, s)
	}
	return t.put(ctx, operation.Save, v, s)
}

func (t *Table[T]) put(ctx context.Context, mode operation.PutMode, v *T, s settings) error {
	in := operation.PutInput{Table: t.name, Mode: mode, Value: v, Now: t.client.clock(), Condition: s.condition, Keyed: t.client.keyed()}
	old, none, err := t.old(s)
	if err != nil {
		return err
	}
	in.Old = old
	return t.client.buffered(func(b []byte) ([]byte, error) {
		x, err := operation.NewPut(t.model.plan, b, in)
		if err != nil {
			return nil, err
		}
		err = t.client.run(ctx, in.Now, x)
		if old != nil && !x.HadOld {
			none()
		}
		return x.Body(), err
	})
}

// old gives what takes the replaced item, nil where it is not asked for, and what empties its place where there was none.
func (t *Table[T]) old(s settings) (into any, none func(), err error) {
	switch old := s.old.(type) {
	case nil:
		return nil, nil, nil
	case **T:
		*old = new(T)
		return *old, func() { *old = nil }, nil
	case *map[string]any:
		if _, ok := s.old.(*T); ok {
			*old = nil
			return old, func() { *old = nil }, nil
		}
	}
	e := errs.New(errs.CodeValidationFailed, "", "WithOld needs a place for a value of the table")
	e.Model = t.model.Schema().Name
	return nil, nil, e
}

// Get reads the item of a key. It fails with ItemNotFound where there is none.
func (t *Table[T]) Get(ctx context.Context, key any, options ...Option) (*T, error) {
	v, x, err := t.find(ctx, key, options)
	if err == nil && !x.Found {
		return nil, &errs.Error{Code: errs.CodeItemNotFound, Origin: errs.Service, Model: t.model.Schema().Name, RequestID: x.RequestID, Message: "there is no item with this key"}
	}
	return v, err
}

// Find reads the item of a key; it gives false where there is none.
func (t *Table[T]) Find(ctx context.Context, key any, options ...Option) (*T, bool, error) {
	v, x, err := t.find(ctx, key, options)
	return v, err == nil && x.Found, err
}

func (t *Table[T]) find(ctx context.Context, key any, options []Option) (*T, *operation.Get, error) {
	now := t.client.clock() // every operation reads the clock once, as it begins, so that a ticking one gives the same times in every language
	s, err := gather(t.model.Schema(), options, "WithConsistentRead", "WithSelect", "WithView")
	if err != nil {
		return nil, nil, err
	}
	in := operation.GetInput{Table: t.name, Key: key, Consistent: s.consistent, Select: s.selected, View: s.view, Keyed: t.client.keyed()}
	v := new(T)
	x, err := t.get(ctx, now, in, v)
	if err != nil || !x.Found {
		return nil, x, err
	}
	return v, x, nil
}

// Exists says whether there is an item with a key.
func (t *Table[T]) Exists(ctx context.Context, key any, options ...Option) (bool, error) {
	now := t.client.clock()
	s, err := gather(t.model.Schema(), options, "WithConsistentRead")
	if err != nil {
		return false, err
	}
	x, err := t.get(ctx, now, operation.GetInput{Table: t.name, Key: key, Consistent: s.consistent, KeysOnly: true}, nil)
	return err == nil && x.Found, err
}

func (t *Table[T]) get(ctx context.Context, now time.Time, in operation.GetInput, v *T) (x *operation.Get, err error) {
	err = t.client.buffered(func(b []byte) ([]byte, error) {
		var err error
		if x, err = operation.NewGet(t.model.plan, b, in, v); err != nil {
			return nil, err
		}
		return x.Body(), t.client.run(ctx, now, x)
	})
	return x, err
}

// Update changes parts of an item in one call; it writes the time of update and counts the version up. It gives the new item, or what
// WithReturn says; nil where nothing comes back. It fails with ItemNotFound, ConditionFailed or VersionConflict.
func (t *Table[T]) Update(ctx context.Context, key any, u *expression.Update, options ...Option) (*T, error) {
	s, err := gather(t.model.Schema(), options, "WithCondition", "WithExpectedVersion", "WithUpsert", "WithReturn")
	if err != nil {
		return nil, err
	}
	in := operation.UpdateInput{Table: t.name, Key: key, Update: u, Condition: s.condition, Expected: s.expected, Upsert: s.upsert, Return: s.returns, Now: t.client.clock(), Keyed: t.client.keyed()}
	v, found := new(T), false
	err = t.client.buffered(func(b []byte) ([]byte, error) {
		x, err := operation.NewUpdate(t.model.plan, b, in, v)
		if err != nil {
			return nil, err
		}
		err = t.client.run(ctx, in.Now, x)
		found = x.Found
		return x.Body(), err
	})
	if err != nil || !found {
		return nil, err
	}
	return v, nil
}

// Delete deletes the item of a key, if there is one. It fails with ItemNotFound where WithMustExist or a version was given and there is
// none, and with ConditionFailed.
func (t *Table[T]) Delete(ctx context.Context, key any, options ...Option) error {
	now := t.client.clock()
	s, err := gather(t.model.Schema(), options, "WithCondition", "WithExpectedVersion", "WithMustExist", "WithOld")
	if err != nil {
		return err
	}
	in := operation.DeleteInput{Table: t.name, Key: key, Condition: s.condition, Expected: s.expected, MustExist: s.mustExist, Keyed: t.client.keyed()}
	old, none, err := t.old(s)
	if err != nil {
		return err
	}
	in.Old = old
	return t.client.buffered(func(b []byte) ([]byte, error) {
		x, err := operation.NewDelete(t.model.plan, b, in)
		if err != nil {
			return nil, err
		}
		err = t.client.run(ctx, now, x)
		if old != nil && !x.HadOld {
			none()
		}
		return x.Body(), err
	})
}
