package dynamorm

import (
	"context"
	"reflect"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Returns says what Change gives back.
type Returns = operation.Returns

// What Change may give back.
const (
	ReturnNew        = operation.ReturnNew
	ReturnOld        = operation.ReturnOld
	ReturnUpdatedNew = operation.ReturnUpdatedNew
	ReturnUpdatedOld = operation.ReturnUpdatedOld
	ReturnNone       = operation.ReturnNone
)

// Values are attribute values by name.
type Values = map[string]any

// verbs are the operations over values of type T: a struct, or Values.
type verbs[T any] struct {
	client  *Client
	binding *operation.Binding
}

// A Table has the operations of one declared model. It is safe for concurrent use.
type Table[T any] struct{ verbs[T] }

// A DynamicTable has the operations of a model that was loaded from a document, over plain maps:
// S is string (timestamp and rfc3339nano time.Time, bool_string bool, json any JSON value), N with int formats int64, float float64, other N Number, B []byte,
// SS []string, NS []Number, BS [][]byte, L []any, M map[string]any.
type DynamicTable struct{ verbs[Values] }

// TableOf gives the table of a declared model.
func TableOf[T any](client *Client, model *Model[T]) *Table[T] {
	return &Table[T]{verbs[T]{client, client.bind(model.schema)}}
}

// Dynamic gives the table of a model that was loaded from a document.
func (c *Client) Dynamic(model *schema.Model) *DynamicTable {
	return &DynamicTable{verbs[Values]{c, c.bind(model)}}
}

// Name gives the table's real name.
func (t *verbs[T]) Name() string { return t.binding.Table }

func (t *verbs[T]) write(ctx context.Context, mode operation.PutMode, value *T, options operation.PutOptions) ([]byte, error) {
	exchange, err := operation.Put(t.binding, mode, reflect.ValueOf(value).Interface(), t.client.clock(), options)
	stored, err := run(ctx, t.client, exchange, err)
	if err != nil {
		return nil, err
	}
	return stored.Old, t.stamp(value, stored.Item)
}

// stamp puts what the library wrote otherwise (times, version, sorted sets) into the caller's value.
func (t *verbs[T]) stamp(value *T, item []byte) error {
	return t.binding.Codec.ReadFields(item, value, t.binding.Rewritten())
}

func (t *verbs[T]) decode(item []byte) (*T, error) {
	out := new(T)
	if err := t.binding.Codec.UnmarshalItem(item, out, false); err != nil {
		return nil, err
	}
	return out, nil
}

// Create stores a new item; times and version are the library's, and *value holds them after success.
// Errors: ErrAlreadyExists, ErrMissingPrimaryKey, ErrValidationFailed, ErrItemTooLarge.
func (t *verbs[T]) Create(ctx context.Context, value *T) error {
	_, err := t.write(ctx, operation.Create, value, operation.PutOptions{})
	return err
}

// Put replaces the whole item; a value with a version checks it, one without writes 1. Options: WithCondition.
// Errors: ErrConditionFailed, ErrVersionConflict, ErrItemNotFound (a version was given and there is no item).
func (t *verbs[T]) Put(ctx context.Context, value *T, options ...Option) error {
	s := gather(options)
	_, err := t.write(ctx, operation.Replace, value, operation.PutOptions{Condition: s.condition})
	return err
}

// Replace does as Put and gives the item that was replaced, nil where there was none. Options: WithCondition.
func (t *verbs[T]) Replace(ctx context.Context, value *T, options ...Option) (*T, error) {
	s := gather(options)
	old, err := t.write(ctx, operation.Replace, value, operation.PutOptions{Condition: s.condition, ReturnOld: true})
	if err != nil || old == nil {
		return nil, err
	}
	return t.decode(old)
}

// Save stores a value whose version is still the stored one; one without a version is new. Options: WithAdopt.
// Errors: ErrVersionConflict, ErrAlreadyExists, ErrItemNotFound.
func (t *verbs[T]) Save(ctx context.Context, value *T, options ...Option) error {
	mode := operation.Save
	if s := gather(options); s.adopt {
		mode = operation.Adopt
	}
	_, err := t.write(ctx, mode, value, operation.PutOptions{})
	return err
}

// Get reads a whole item by key: a struct or Values that holds the key attributes. Options: WithConsistent; parts are read by GetPartial.
// Errors: ErrItemNotFound, ErrDecodeFailed.
func (t *verbs[T]) Get(ctx context.Context, key any, options ...Option) (*T, error) {
	out, err := t.Find(ctx, key, options...)
	if err == nil && out == nil {
		err = t.notFound()
	}
	return out, err
}

// Find reads an item by key, or gives nil. Options: WithConsistent.
func (t *verbs[T]) Find(ctx context.Context, key any, options ...Option) (*T, error) {
	s := gather(options)
	if s.get.Select != nil || s.get.View != "" {
		return nil, errs.New(errs.ValidationFailed, "%s: parts of an item are read by GetPartial or FindPartial", t.binding.Model.Name)
	}
	item, err := t.read(ctx, key, s.get)
	if err != nil || item == nil {
		return nil, err
	}
	return t.decode(item)
}

// GetPartial reads parts of an item: exactly what was selected and stored, by attribute name.
// Options: WithSelect or WithView, WithConsistent. Errors: ErrItemNotFound, ErrDecodeFailed, ErrValidationFailed (both given, an unknown path or view).
func (t *verbs[T]) GetPartial(ctx context.Context, key any, options ...Option) (Values, error) {
	out, err := t.FindPartial(ctx, key, options...)
	if err == nil && out == nil {
		err = t.notFound()
	}
	return out, err
}

// FindPartial does as GetPartial, and gives nil where there is no item.
func (t *verbs[T]) FindPartial(ctx context.Context, key any, options ...Option) (Values, error) {
	s := gather(options)
	if s.get.Select == nil && s.get.View == "" {
		s.get.Select = []FieldPath{}
	}
	item, err := t.read(ctx, key, s.get)
	if err != nil || item == nil {
		return nil, err
	}
	var out Values
	return out, t.binding.Codec.UnmarshalItem(item, &out, true)
}

func (t *verbs[T]) read(ctx context.Context, key any, options operation.GetOptions) ([]byte, error) {
	exchange, _, err := operation.Get(t.binding, key, options)
	return run(ctx, t.client, exchange, err)
}

func (t *verbs[T]) notFound() error {
	return errs.New(errs.ItemNotFound, "%s: there is no item with this key", t.binding.Model.Name)
}

// Exists tells whether an item is there; only its key is read. Options: WithConsistent.
func (t *verbs[T]) Exists(ctx context.Context, key any, options ...Option) (bool, error) {
	s := gather(options)
	exchange, err := operation.Exists(t.binding, key, s.get.Consistent)
	item, err := run(ctx, t.client, exchange, err)
	return item != nil, err
}

// Update changes parts of an item and gives the new one. Options: the changes (Set, Add, …), WithCondition, WithExpectedVersion, WithUpsert.
// The item has to exist unless WithUpsert. Errors: ErrItemNotFound, ErrConditionFailed, ErrVersionConflict, ErrValidationFailed, ErrInvalidOperator.
func (t *verbs[T]) Update(ctx context.Context, key any, options ...Option) (*T, error) {
	item, err := t.change(ctx, key, ReturnNew, options)
	if err != nil || item == nil {
		return nil, err
	}
	return t.decode(item)
}

// Change does as Update and gives what `returns` asks for, by attribute name; nil where nothing came back.
func (t *verbs[T]) Change(ctx context.Context, key any, returns Returns, options ...Option) (Values, error) {
	item, err := t.change(ctx, key, returns, options)
	if err != nil || item == nil {
		return nil, err
	}
	var out Values
	return out, t.binding.Codec.UnmarshalItem(item, &out, returns.Partial())
}

func (t *verbs[T]) change(ctx context.Context, key any, returns Returns, options []Option) ([]byte, error) {
	s := gather(options)
	update := operation.UpdateOptions{Guard: s.guard(), Upsert: s.upsert, Returns: returns}
	exchange, err := operation.Update(t.binding, key, s.changes, t.client.clock(), update)
	return run(ctx, t.client, exchange, err)
}

// Delete removes an item; without a condition it does not matter whether it is there.
// Options: WithCondition, WithExpectedVersion, WithMustExist. Errors: ErrItemNotFound, ErrConditionFailed, ErrVersionConflict.
func (t *verbs[T]) Delete(ctx context.Context, key any, options ...Option) error {
	_, err := t.delete(ctx, key, false, options)
	return err
}

// Take deletes an item and gives what it was, nil where there was none. Options as Delete.
func (t *verbs[T]) Take(ctx context.Context, key any, options ...Option) (*T, error) {
	item, err := t.delete(ctx, key, true, options)
	if err != nil || item == nil {
		return nil, err
	}
	return t.decode(item)
}

func (t *verbs[T]) delete(ctx context.Context, key any, returnOld bool, options []Option) ([]byte, error) {
	s := gather(options)
	exchange, err := operation.Delete(t.binding, key, s.guard(), returnOld)
	return run(ctx, t.client, exchange, err)
}

// FixedClock gives a clock for tests: now at its first reading, and tick more at each further one.
func FixedClock(now time.Time, tick time.Duration) func() time.Time {
	next := now
	return func() time.Time {
		current := next
		next = next.Add(tick)
		return current
	}
}
