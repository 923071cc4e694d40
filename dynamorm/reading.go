package dynamorm

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"reflect"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Page is what one response held, or everything up to the end or the limit: the items, and the cursor to go on from.
type Page[T any] struct {
	Items []T
	// Cursor is "" at the end.
	Cursor string
	// Segment is the number of the segment in a parallel scan.
	Segment int
}

// Reading is a query or scan that has not begun; got by Query and Scan. It is lazy: nothing is sent before an item is asked for.
// It can be read again; each time is a read of its own. It fails, when it is read, with MissingPrimaryKey, InvalidOperator,
// ValidationFailed, InvalidCursor, DecodeFailed, and with what DynamoDB answers.
type Reading[T any] struct {
	client *Client
	in     operation.ReadInput
	err    error
	decode func(r *operation.Read, owner int, item []byte, opened operation.Opened, into *T) error
	// parts makes a reading of parts possible; false where one was made, or several models are read.
	parts bool
}

// Format gives the model and the table, whatever fmt is asked for: keys, filter and cursor stay out of logs.
func (q *Reading[T]) Format(w fmt.State, _ rune) {
	text := "dynamorm.Reading"
	if len(q.in.Models) > 0 {
		text += " of " + q.in.Models[0].Name + " in " + q.in.Table
	}
	_, _ = io.WriteString(w, text)
}

// Query reads the items of one partition, in the order of the sort key. The partition is the key's value, or a map[string]any of
// attributes: of a composed key its parts. A map without WithIndex goes to the table, or to the one index that it fits.
func (t *Table[T]) Query(partition any, options ...Option) *Reading[T] {
	s, err := gather(t.model.Schema(), options, append([]string{"WithSort", "WithSortParts", "WithDescending"}, readOptions...)...)
	return t.reading(s, keysOf(partition, s), err)
}

// keysOf keeps the caller's map as it is now: it is looked at when the reading is read.
func keysOf(partition any, s settings) *operation.Keys {
	if parts, ok := partition.(map[string]any); ok {
		partition = maps.Clone(parts)
	}
	return &operation.Keys{Partition: partition, Sort: s.sort}
}

// Scan reads every item of the table or of an index.
func (t *Table[T]) Scan(options ...Option) *Reading[T] {
	s, err := gather(t.model.Schema(), options, append([]string{"WithSegment"}, readOptions...)...)
	return t.reading(s, nil, err)
}

var readOptions = []string{"WithIndex", "WithFilter", "WithLimit", "WithPageSize", "WithConsistentRead", "WithHideExpired", "WithCursor", "WithCursorContext"}

func (t *Table[T]) reading(s settings, keys *operation.Keys, err error) *Reading[T] {
	plan := t.model.plan
	return &Reading[T]{client: t.client, in: t.client.readInput(s, keys, t.name, plan), err: err, parts: true,
		decode: func(_ *operation.Read, _ int, item []byte, opened operation.Opened, into *T) error {
			return plan.UnmarshalOpened(item, into, false, opened.Of(plan, item))
		}}
}

// readInput gathers what a read needs of a call's settings.
func (c *Client) readInput(s settings, keys *operation.Keys, table string, plans ...*codec.Plan) operation.ReadInput {
	models := make([]*schema.Model, len(plans))
	for i, p := range plans {
		models[i] = p.Model
	}
	return operation.ReadInput{
		Table: table, Models: models, Plans: plans, Keyed: c.keyed(), Keys: keys, Index: s.index, Filter: s.filter, Descending: s.descending, Consistent: s.consistent,
		HideExpired: s.hideExpired, Limit: s.limit, PageSize: s.pageSize, Cursor: s.cursor, Context: s.context, Segment: s.segment, Signer: c.signer,
	}
}

// Projected reads parts of the items into values of V: a struct whose fields name attributes by the same tags, or map[string]any.
// Without fields a struct reads its own attributes, and a map what the index projects.
func Projected[V, T any](q *Reading[T], fields ...expression.Field) *Reading[V] {
	return partial[V](q, func(in *operation.ReadInput, plan *codec.Plan) {
		in.Select, in.Projected = fields, true // an empty selection is refused, none is not
		if fields == nil && !plan.IsMap() {
			for _, name := range plan.Names() {
				in.Select = append(in.Select, expression.Path(name))
			}
		}
	})
}

// InView reads the attributes of a view of the model's into values of V.
func InView[V, T any](q *Reading[T], name string) *Reading[V] {
	return partial[V](q, func(in *operation.ReadInput, _ *codec.Plan) { in.View = name })
}

func partial[V, T any](q *Reading[T], shape func(in *operation.ReadInput, plan *codec.Plan)) *Reading[V] {
	out := &Reading[V]{client: q.client, in: q.in, err: q.err}
	if out.err == nil && !q.parts {
		out.err = errs.New(errs.CodeValidationFailed, "", "no parts are read of several models, or of parts")
	}
	if out.err != nil {
		return out
	}
	plan, err := codec.CompileView(q.in.Models[0], reflect.TypeFor[V]())
	if err != nil {
		out.err = err
		return out
	}
	shape(&out.in, plan)
	out.in.Plans = []*codec.Plan{plan}
	out.decode = func(r *operation.Read, _ int, item []byte, opened operation.Opened, into *V) error {
		if err := plan.CheckMark(item); err != nil {
			return err
		}
		if err := plan.UnmarshalOpened(item, into, true, opened.Of(plan, item)); err != nil {
			return err
		}
		plan.Hide(into, r.Hidden)
		if r.Shown {
			plan.Show(into)
		}
		return nil
	}
	return out
}

// begin starts a read.
func (q *Reading[T]) begin(change func(in *operation.ReadInput)) (*operation.Read, error) {
	if q.err != nil {
		return nil, q.err
	}
	in := q.in
	in.Now = q.client.clock()
	if change != nil {
		change(&in)
	}
	r, err := operation.NewRead(in)
	if err != nil {
		return nil, err
	}
	if r.Partial && in.Select == nil && in.View == "" && !in.Projected && !in.Count {
		e := errs.New(errs.CodeInvalidOperator, "", r.Place.String()+" holds parts of the items: read it by Projected or InView")
		e.Model = in.Models[0].Name
		return nil, e
	}
	return r, nil
}

// All reads item by item; a page is asked for when its first item is. After an error there is nothing more.
func (q *Reading[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return items(q.Pages(ctx))
}

func items[T any](pages iter.Seq2[Page[T], error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for page, err := range pages {
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, v := range page.Items {
				if !yield(v, nil) {
					return
				}
			}
		}
	}
}

// Pages reads page by page. A page may be empty and still have a cursor; the last has none, unless WithLimit cut it.
func (q *Reading[T]) Pages(ctx context.Context) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		r, err := q.begin(nil)
		if err != nil {
			yield(Page[T]{}, err)
			return
		}
		q.pages(ctx, r, q.in.Segment, q.in.Limit, func() bool { return false })(yield)
	}
}

// pages reads a read's pages, of one segment, until halted.
func (q *Reading[T]) pages(ctx context.Context, r *operation.Read, segment *operation.Segment, limit *int, halted func() bool) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		start, remaining := r.Start(), limit
		for !halted() {
			x := r.Page(start, remaining, segment)
			page, err := q.page(ctx, r, x, segment)
			if !yield(page, err) || err != nil {
				return
			}
			if remaining != nil {
				left := *remaining - len(page.Items)
				remaining = &left
			}
			start = x.Last
			if start == nil || remaining != nil && *remaining == 0 {
				return
			}
		}
	}
}

func (q *Reading[T]) page(ctx context.Context, r *operation.Read, x *operation.Page, segment *operation.Segment) (Page[T], error) {
	page := Page[T]{}
	if segment != nil {
		page.Segment = segment.Number
	}
	if err := q.client.run(ctx, r.Now(), x); err != nil {
		return page, err
	}
	page.Items = make([]T, len(x.Items))
	for i, item := range x.Items {
		owner, err := r.Owner(item)
		if err == nil {
			err = q.decode(r, owner, item, x.Opened, &page.Items[i])
		}
		if err != nil {
			return Page[T]{}, decoded(err)
		}
	}
	var err error
	page.Cursor, err = r.Cursor(x.Last, segment)
	return page, err
}

// Collect reads to the end or the limit, as one page with the cursor behind its last item.
func (q *Reading[T]) Collect(ctx context.Context) (Page[T], error) {
	out := Page[T]{}
	for page, err := range q.Pages(ctx) {
		if err != nil {
			return Page[T]{}, err
		}
		out.Items, out.Cursor = append(out.Items, page.Items...), page.Cursor
	}
	return out, nil
}

// Count counts the items without reading them. A limit or a selection is ValidationFailed.
func (q *Reading[T]) Count(ctx context.Context) (int, error) {
	if err := q.unlimited("Count"); err != nil {
		return 0, err
	}
	r, err := q.begin(func(in *operation.ReadInput) { in.Count = true })
	if err != nil {
		return 0, err
	}
	total := 0
	for start := r.Start(); ; {
		x := r.Page(start, nil, nil)
		if err := q.client.run(ctx, r.Now(), x); err != nil {
			return 0, err
		}
		total += x.Count
		if start = x.Last; start == nil {
			return total, nil
		}
	}
}

// First gives the first item, false where there is none; DynamoDB is asked for one alone where nothing filters.
func (q *Reading[T]) First(ctx context.Context) (T, bool, error) {
	list, err := q.limited(ctx, "First", 1)
	if err != nil || len(list) == 0 {
		var none T
		return none, false, err
	}
	return list[0], true, nil
}

// One gives the only item. No item is ItemNotFound, more than one ValidationFailed with origin service.
func (q *Reading[T]) One(ctx context.Context) (T, error) {
	var none T
	list, err := q.limited(ctx, "One", 2)
	if err != nil {
		return none, err
	}
	if len(list) == 1 {
		return list[0], nil
	}
	e := errs.New(errs.CodeItemNotFound, "", "there is no such item")
	if len(list) > 1 {
		e = errs.New(errs.CodeValidationFailed, "", "there is more than one such item")
	}
	e.Origin, e.Model = errs.Service, q.in.Models[0].Name
	return none, e
}

func (q *Reading[T]) limited(ctx context.Context, verb string, limit int) ([]T, error) {
	if err := q.unlimited(verb); err != nil {
		return nil, err
	}
	short := *q
	short.in.Limit, short.in.NoCursor = &limit, true
	page, err := short.Collect(ctx)
	return page.Items, err
}

func (q *Reading[T]) unlimited(verb string) error {
	if q.err == nil && q.in.Limit != nil {
		return errs.New(errs.CodeValidationFailed, "", verb+" takes no limit")
	}
	return q.err
}
