package operation

import (
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Stored is what a put wrote: the item, and the one it replaced where that was asked for.
type Stored struct {
	Item []byte
	Old  []byte
}

// PutMode says which of create, put and save a write is.
type PutMode int

// The modes.
const (
	Create PutMode = iota
	Replace
	Save
	Adopt
)

// PutOptions are what put may ask for.
type PutOptions struct {
	Condition expression.Condition
	ReturnOld bool
}

// Put writes a whole item. value is a map[string]any or a pointer to a struct; it is not changed.
func Put(b *Binding, mode PutMode, value any, now time.Time, options PutOptions) (Exchange[Stored], error) {
	current, err := b.currentVersion(value)
	if err != nil {
		return nil, err
	}
	if mode == Adopt && current != nil {
		return nil, refused("adopt is for a value without a version")
	}
	next := int64(1)
	guard := Guard{Condition: options.Condition}
	switch {
	case mode == Adopt:
		guard.Unversioned = true
	case mode == Create || mode == Save && current == nil:
		guard.MustNotExist = true
	case current != nil:
		if *current == math.MaxInt64 {
			return nil, refused("the version after this one is beyond 64 bits").At(b.version.Name)
		}
		guard.Expected, next = current, *current+1
	}
	item, err := b.marshalStamped(value, now, next, mode != Create)
	if err != nil {
		return nil, err
	}
	body := append(append(b.begin(), `,"Item":`...), item...)
	places := &expression.Placeholders{}
	if body, err = guard.add(b, body, places); err != nil {
		return nil, err
	}
	if options.ReturnOld {
		if err := b.Codec.RequireReadable(); err != nil {
			return nil, err
		}
		body = withText(body, "ReturnValues", "ALL_OLD")
	}
	body = append(places.Append(body), '}')
	return &single[Stored]{request: Request{API: "PutItem", Table: b.Table, Body: body, Write: true}, read: func(response Response) (Stored, error) {
		if response.Err != nil && !(mode != Replace && response.Unanswered && b.isOurs(response, item)) {
			return Stored{}, guard.failure(b, response)
		}
		return Stored{Item: item, Old: member(response.Body, "Attributes")}, nil
	}}, nil
}

// isOurs tells whether a condition failed on the very item that an earlier, unanswered attempt wrote.
func (b *Binding) isOurs(response Response, item []byte) bool {
	stored := member(response.Body, "Item")
	return response.Err.Code == errs.ConditionFailed && stored != nil && codec.SameItem(stored, item)
}

// currentVersion gives the version a value has; nil for none, which in Go is also 0.
func (b *Binding) currentVersion(value any) (*int64, error) {
	if err := b.Codec.RequireKey(value); err != nil {
		return nil, err
	}
	if b.version == nil {
		return nil, nil
	}
	given := b.Codec.Value(value, b.version.Name)
	if given == nil {
		return nil, nil
	}
	tagged, err := codec.AppendValueAt(nil, b.Codec.Plan(b.version.Name), given, 1)
	if err != nil {
		return nil, errs.Under(err, b.version.Name)
	}
	_, text := codec.TagOf(tagged)
	current, err := strconv.ParseInt(text, 10, 64)
	if err != nil || current == 0 {
		return nil, nil //nolint:nilerr // the codec has written an integer of 64 bits
	}
	return &current, nil
}

// marshalStamped marshals a value with the library's own attributes in place.
func (b *Binding) marshalStamped(value any, now time.Time, version int64, keepCreated bool) ([]byte, error) {
	own := map[string][]byte{}
	if b.version != nil {
		own[b.version.Name] = []byte(`{"N":"` + formatInt(version) + `"}`)
	}
	if b.updated != nil {
		own[b.updated.Name] = stamp(b.updated, now)
	}
	if b.created != nil && !(keepCreated && b.has(value, b.created)) {
		own[b.created.Name] = stamp(b.created, now)
	}
	return b.Codec.AppendItemWith(nil, value, own)
}

// has tells whether a value gives an attribute; a struct's zero time gives none.
func (b *Binding) has(value any, field *schema.Field) bool {
	given := b.Codec.Value(value, field.Name)
	if given == nil {
		return false
	}
	if moment, ok := given.(time.Time); ok {
		return !moment.IsZero()
	}
	return reflect.Indirect(reflect.ValueOf(value)).Kind() == reflect.Map || !reflect.ValueOf(given).IsZero()
}

func formatInt(value int64) string { return strconv.FormatInt(value, 10) }
