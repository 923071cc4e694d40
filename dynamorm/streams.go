package dynamorm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
	"github.com/dynamorm/dynamorm/dynamorm/stream"
)

// Record is a change of an item, as a stream tells it.
type Record[T any] struct {
	// Kind is stream.Insert, stream.Modify or stream.Remove.
	Kind stream.Kind
	// Model is the name of the item's model.
	Model string
	// EventID is "" where the record has none.
	EventID        string
	SequenceNumber string
	// CreatedAt is in whole milliseconds, and zero where the record has none.
	CreatedAt time.Time
	// Expired says that DynamoDB removed the item because its time to live was over.
	Expired bool
	// Keys are the table's key attributes as plain values, a composed one as its text.
	Keys map[string]any
	// Old and New are the item before and after the change, nil where the stream does not tell.
	Old, New *T
	// Changed names the attributes whose values differ, in the order of their bytes; nil where the stream does not tell.
	Changed []string
}

// Format gives the kind and the model, whatever fmt is asked for: items and keys stay out of logs.
func (r Record[T]) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "dynamorm.Record: "+string(r.Kind)+" of "+r.Model)
}

// ErrUnknownRecord is in the chain of the error of a record whose model nobody knows.
var ErrUnknownRecord = errors.New("dynamorm: no model is known for the record")

// DecodeRecord reads a record of the table's stream. It fails with DecodeFailed, with what the opening of an encrypted attribute gives, and
// for an image of another model with ErrUnknownRecord in its chain.
func (t *Table[T]) DecodeRecord(ctx context.Context, r stream.Record) (Record[T], error) {
	d, err := newDecoder(t.client, []AnyModel{t.model})
	if err != nil {
		return Record[T]{}, err
	}
	out, err := d.decode(ctx, r)
	if err != nil {
		return Record[T]{}, err
	}
	return recordOf[T](out), nil
}

// DecodeRecord is Table.DecodeRecord; the items are maps.
func (t *DynamicTable) DecodeRecord(ctx context.Context, r stream.Record) (Record[map[string]any], error) {
	return t.table.DecodeRecord(ctx, r)
}

// DecodeRecord reads a record of a stream that items of several models share, each told by its own value of one discriminator; otherwise it
// fails with ValidationFailed. It is as Table.DecodeRecord.
func (c *Client) DecodeRecord(ctx context.Context, models []AnyModel, r stream.Record) (Record[Item], error) {
	d, err := newDecoder(c, models)
	if err != nil {
		return Record[Item]{}, err
	}
	out, err := d.decode(ctx, r)
	if err != nil {
		return Record[Item]{}, err
	}
	item := func(v any) *Item {
		if v == nil {
			return nil
		}
		return &Item{out.model.Name, v}
	}
	record := recordOf[Item](decodedRecord{Change: out.Change, model: out.model, keys: out.keys, changed: out.changed})
	record.Old, record.New = item(out.before), item(out.after)
	return record, nil
}

// decoder reads the records of a stream.
type decoder struct {
	client  *Client
	models  []AnyModel
	schemas []*schema.Model
}

func newDecoder(c *Client, models []AnyModel) (*decoder, error) {
	d := &decoder{client: c, models: models}
	for _, m := range models {
		d.schemas = append(d.schemas, m.Schema())
	}
	return d, stream.Check(d.schemas)
}

// decodedRecord is a record of some model, its items pointers to values of the model's type.
type decodedRecord struct {
	stream.Change
	owner         int
	model         *schema.Model
	keys          map[string]any
	before, after any
	changed       []string
}

func recordOf[T any](d decodedRecord) Record[T] {
	out := Record[T]{Kind: d.Kind, Model: d.model.Name, EventID: d.EventID, SequenceNumber: d.SequenceNumber, CreatedAt: d.CreatedAt, Expired: d.Expired, Keys: d.keys, Changed: d.changed}
	out.Old, _ = d.before.(*T)
	out.New, _ = d.after.(*T)
	return out
}

func (d *decoder) decode(ctx context.Context, r stream.Record) (decodedRecord, error) {
	now := d.client.clock()
	out := decodedRecord{}
	var err error
	if out.Change, err = stream.Parse(r); err != nil {
		return out, err
	}
	known := false
	if out.owner, known, err = stream.Owner(d.schemas, &out.Change); err != nil {
		return out, err
	}
	if !known {
		return out, d.unknown()
	}
	out.model = d.schemas[out.owner]
	return out, decoded(d.read(ctx, now, &out))
}

// unknown is a record whose model nobody knows.
func (d *decoder) unknown() error {
	e := errs.New(errs.CodeDecodeFailed, "", "no model is known for the record")
	e.Cause = ErrUnknownRecord
	if mark := d.schemas[0].Discriminator; mark != nil {
		e.Path = codec.Name(mark.Attribute)
	}
	return e
}

// read reads the keys and images of a record of a known model.
func (d *decoder) read(ctx context.Context, now time.Time, out *decodedRecord) (err error) {
	m := d.models[out.owner]
	mapped, err := m.mapped()
	if err != nil {
		return err
	}
	if out.keys, err = mapped.Keys(out.Keys); err != nil {
		return err
	}
	opened := d.open(ctx, now, m, out.Change)
	for _, image := range []struct {
		item []byte
		into *any
	}{{out.Old, &out.before}, {out.New, &out.after}} {
		if image.item == nil {
			continue
		}
		v := m.blank()
		if err := m.compiled().UnmarshalOpened(image.item, v, false, opened.Of(m.compiled(), image.item)); err != nil {
			return err
		}
		*image.into = v
	}
	out.changed, err = stream.Changed(mapped, out.Change, opened.Of(m.compiled(), out.Old), opened.Of(m.compiled(), out.New))
	return err
}

// open opens both images.
func (d *decoder) open(ctx context.Context, now time.Time, m AnyModel, c stream.Change) operation.Opened {
	if !d.client.keyed() || len(m.Schema().Sealed) == 0 {
		return nil
	}
	var held []operation.Held
	for _, image := range [][]byte{c.Old, c.New} {
		if image != nil {
			held = append(held, operation.Held{Plan: m.compiled(), Item: image})
		}
	}
	return d.client.session(now).open(ctx, held, false)
}
