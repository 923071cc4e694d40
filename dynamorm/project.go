package dynamorm

import (
	"context"
	"errors"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// Project is Put for what is derived of a stream: it writes an item if there is none, or one whose attribute `by` is less than this one's,
// so that records that come twice, or late, do nothing. It says whether it was written. The attribute grows with each change of the source.
// It fails with ValidationFailed where the model or the item has not got it, and with EncryptedFieldNotQueryable where it is encrypted.
func (t *Table[T]) Project(ctx context.Context, v *T, by string) (bool, error) {
	now := t.client.clock()
	m := t.model.Schema()
	refused := func(code errs.Code, reason string) error {
		e := errs.New(code, codec.Name(by), reason)
		e.Model = m.Name
		return e
	}
	a := m.Attribute(by)
	switch {
	case a == nil:
		return false, refused(errs.CodeValidationFailed, "is no attribute of the model")
	case a.Encrypted():
		return false, refused(errs.CodeEncryptedFieldNotQueryable, "the attribute is encrypted")
	}
	value, err := t.model.plan.Value(v, by)
	if err == nil && value == nil {
		err = refused(errs.CodeValidationFailed, "the item has no value to go by")
	}
	if err != nil {
		return false, err
	}
	in := operation.PutInput{Table: t.name, Mode: operation.Project, Value: v, Now: now, Keyed: t.client.keyed(),
		Condition: expression.Or(expression.Path(m.Partition.Attribute).NotExists(), expression.Path(by).Lt(value))}
	err = t.client.buffered(func(b []byte) ([]byte, error) {
		x, err := operation.NewPut(t.model.plan, b, in)
		if err != nil {
			return nil, err
		}
		return x.Body(), t.client.run(ctx, now, x)
	})
	if errors.Is(err, ErrConditionFailed) {
		return false, nil
	}
	return err == nil, err
}

// Project is Table.Project.
func (t *DynamicTable) Project(ctx context.Context, v map[string]any, by string) (bool, error) {
	return t.table.Project(ctx, &v, by)
}

// Reencrypt is Table.Reencrypt.
func (t *DynamicTable) Reencrypt(ctx context.Context, options ...Option) (Reencrypted, error) {
	return t.table.Reencrypt(ctx, options...)
}

// Name gives the real name of the table.
func (t *Table[T]) Name() string { return t.name }

// Name gives the real name of the table.
func (t *DynamicTable) Name() string { return t.table.name }
