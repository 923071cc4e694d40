package dynamorm

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Reencrypted counts what a re-encryption did.
type Reencrypted struct {
	// Read is the number of items that were read.
	Read int
	// Rewritten were sealed anew; Current are sealed under the client's key, or hold nothing encrypted.
	Rewritten, Current int
	// Changed were left because somebody wrote them meanwhile.
	Changed int
	// Failed were told to WithOnFailure.
	Failed int
}

// WithAll rewrites every envelope, whatever key it is sealed under (re-encryption).
func WithAll() Option {
	return Option{"WithAll", func(s *settings) { s.all = true }}
}

// Reencrypt goes over the model's items and seals under the client's key what is sealed under one of its read keys, and, where it may read
// them, plain values. An item is rewritten by one update, if its encrypted attributes are as they were read; nothing else of it changes. It
// takes WithAll, WithPageSize, WithSegment and WithOnFailure. Without the last the first failure ends it; the counts are given with the
// error, too. The clock is read again for each further page, so that no data key of a cache grows too old on the way.
func (t *Table[T]) Reencrypt(ctx context.Context, options ...Option) (Reencrypted, error) {
	now := t.client.clock()
	model := t.model.Schema()
	s, err := gather(model, options, "WithAll", "WithPageSize", "WithSegment", "WithOnFailure")
	if err == nil && len(model.Sealed) == 0 {
		err = errs.New(errs.CodeValidationFailed, "", "the model has nothing that is encrypted")
		err.(*errs.Error).Model = model.Name
	}
	if err != nil {
		return Reencrypted{}, err
	}
	r, err := operation.NewRead(operation.ReadInput{Table: t.name, Models: []*schema.Model{model}, Now: now, Keyed: t.client.keyed(),
		PageSize: s.pageSize, Segment: s.segment, NoCursor: true, Sealed: true})
	if err != nil {
		return Reencrypted{}, err
	}
	w := &reencryption{settings: s, client: t.client, model: model, table: t.name}
	if w.plan, err = t.model.mapped(); err != nil {
		return Reencrypted{}, err
	}
	for page := r.Page(nil, nil, nil); ; page = r.Page(page.Last, nil, nil) {
		if err := t.client.session(now).run(ctx, page); err != nil {
			return w.counts, err
		}
		if err := w.page(ctx, now, page.Items); err != nil || page.Last == nil {
			return w.counts, err
		}
		now = t.client.clock()
	}
}

// reencryption is the work of one call.
type reencryption struct {
	settings
	client *Client
	model  *schema.Model
	table  string
	plan   *codec.Plan
	counts Reencrypted
}

func (w *reencryption) page(ctx context.Context, now time.Time, list [][]byte) error {
	s := w.client.session(now)
	items := make([]encryption.Item, len(list))
	for i, item := range list {
		items[i] = encryption.Item{Model: w.model, JSON: item, Key: item}
	}
	for i, result := range s.ring.Open(ctx, items) {
		w.counts.Read++
		err := w.rewrite(ctx, s, list[i], result)
		if err == nil {
			continue
		}
		if w.onFailure == nil || ctx.Err() != nil {
			return err
		}
		w.counts.Failed++
		w.onFailure(w.failure(list[i], err))
	}
	return nil
}

// failure is an item that could not be sealed anew, as it is told.
func (w *reencryption) failure(item []byte, err error) BulkFailure {
	told := BulkFailure{Err: err}
	if key, fail := w.plan.Keys(item); fail == nil {
		told.Key = &BatchKey{Model: w.model.Name, Key: key}
	}
	if e := errs.As(err); e != nil {
		told.Unknown = e.MaybeApplied
	}
	return told
}

// rewrite seals an item anew, where it has to be.
func (w *reencryption) rewrite(ctx context.Context, s session, item []byte, result encryption.Result) error {
	list, err := w.fresh(item, result)
	if err != nil {
		return decoded(err)
	}
	if len(list) == 0 {
		w.counts.Current++
		return nil
	}
	x, err := operation.NewReseal(w.model, w.table, item, list)
	if err == nil {
		err = s.seal(ctx, x)
	}
	if err == nil {
		err = s.run(ctx, x)
	}
	switch {
	case err != nil:
		return err
	case x.Changed:
		w.counts.Changed++
	default:
		w.counts.Rewritten++
	}
	return nil
}

// fresh gives what of an item is to be sealed anew.
func (w *reencryption) fresh(item []byte, result encryption.Result) (list []operation.Fresh, err error) {
	for _, a := range w.model.Attributes {
		opening, there := result.Openings[a.Name]
		if !there {
			continue
		}
		text, err := opening.Value()
		if err != nil {
			return nil, w.plan.At(err, a.Name)
		}
		switch state := result.States[a.Name]; {
		case state == encryption.Plain:
			if text, err = w.plan.Text(a.Name, text); err != nil {
				return nil, err
			}
		case state == encryption.Current && !w.all:
			continue
		}
		list = append(list, operation.Fresh{Attribute: a, Text: text})
	}
	slices.SortFunc(list, func(a, b operation.Fresh) int { return strings.Compare(a.Attribute.Name, b.Attribute.Name) })
	return list, nil
}
