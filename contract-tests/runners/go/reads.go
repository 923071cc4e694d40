package main

import (
	"encoding/base64"
	"encoding/json"
	"reflect"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

func (r rows[T]) any() dynamorm.AnyModel { return r.model }

// read makes the query or scan that the arguments describe, and reads it.
func (r rows[T]) read(do string, a args) object {
	_, hasPartition := a.all["partition"]
	names, several := a.all["models"].([]any)
	if several {
		models, list := []dynamorm.AnyModel{}, []*schema.Model{}
		for _, name := range names {
			m := a.models[name.(string)]
			models, list = append(models, m.any()), append(list, m.model)
		}
		if len(list) > 0 {
			a.model, a.item = list[0], item(schema.Merged(list))
		}
		partition, options := a.keys()
		q := r.client.Query(models, partition, append(a.reading(), options...)...)
		if a.all["view"] != nil {
			return finish(a, do, dynamorm.InView[object](q, a.all["view"].(string)), func(v object) any { return v })
		}
		if a.all["select"] != nil {
			return finish(a, do, dynamorm.Projected[object](q, each(a.all["select"], field)...), func(v object) any { return v })
		}
		return finish(a, do, q, func(v dynamorm.Item) any {
			return object{"model": v.Model, "item": toTagged(item(a.models[v.Model].model), reflect.ValueOf(v.Value))["M"]}
		})
	}
	q := r.table.Scan(a.reading()...)
	if do == "query" || do != "scan" && hasPartition {
		partition, options := a.keys()
		q = r.table.Query(partition, append(a.reading(), options...)...)
	}
	plain := func(v object) any { return toTagged(a.item, reflect.ValueOf(v))["M"] }
	name, _ := a.all["index"].(string)
	ix := a.model.Index(name)
	switch {
	case a.all["view"] != nil && a.all["select"] != nil:
		return finish(a, do, dynamorm.InView[object](dynamorm.Projected[object](q, each(a.all["select"], field)...), a.all["view"].(string)), plain)
	case a.all["view"] != nil:
		return finish(a, do, dynamorm.InView[object](q, a.all["view"].(string)), plain)
	case a.all["select"] != nil:
		return finish(a, do, dynamorm.Projected[object](q, each(a.all["select"], field)...), plain)
	case ix != nil && ix.Projection != "ALL":
		return finish(a, do, dynamorm.Projected[object](q), plain)
	}
	return finish(a, do, q, func(v T) any { return r.tagged(&v) })
}

// reading has the options that queries and scans share.
func (a args) reading() (list []dynamorm.Option) {
	for name, v := range a.all {
		switch name {
		case "index":
			list = append(list, dynamorm.WithIndex(v.(string)))
		case "filter":
			list = append(list, dynamorm.WithFilter(a.condition(v)))
		case "order":
			if v == "desc" {
				list = append(list, dynamorm.WithDescending())
			}
		case "limit":
			list = append(list, dynamorm.WithLimit(integer(v)))
		case "page_size":
			list = append(list, dynamorm.WithPageSize(integer(v)))
		case "consistent", "hide_expired":
			if options := map[string]dynamorm.Option{"consistent": dynamorm.WithConsistentRead(), "hide_expired": dynamorm.WithHideExpired()}; v == true {
				list = append(list, options[name])
			}
		case "cursor":
			if text, ok := v.(string); ok {
				list = append(list, dynamorm.WithCursor(text))
			}
		case "cursor_context":
			list = append(list, dynamorm.WithCursorContext(v.(string)))
		case "segment":
			list = append(list, dynamorm.WithSegment(integer(v.([]any)[0]), integer(v.([]any)[1])))
		}
	}
	return list
}

func integer(v any) int {
	n, _ := v.(json.Number).Int64()
	return int(n)
}

var sorts = map[string]func(any) dynamorm.Sort{"eq": dynamorm.SortEq, "lt": dynamorm.SortLt, "le": dynamorm.SortLe, "gt": dynamorm.SortGt,
	"ge": dynamorm.SortGe, "begins_with": dynamorm.SortBeginsWith}

// keys gives the partition and the option of the sort condition, as native values of the keys that are queried.
func (a args) keys() (partition any, options []dynamorm.Option) {
	given, _ := a.all["partition"].(object)
	place := schema.Index{Partition: &a.model.Partition, Sort: a.model.Sort}
	for _, ix := range a.model.Indexes {
		if ix.Name == a.all["index"] {
			place.Sort = ix.Sort
			if ix.Partition != nil {
				place.Partition = ix.Partition
			}
		}
	}
	if m, ok := given["map"].(object); ok {
		partition = toNative(a.item, object{"M": m})
	} else if given != nil {
		partition = toNative(a.item.Member(place.Partition.Attribute), given["value"].(object))
	}
	switch sort := a.all["sort"].(type) {
	case object:
		options = append(options, dynamorm.WithSortParts(toNative(a.item, object{"M": sort["parts"]}).(object)))
	case []any:
		op, at := sort[0].(string), (*schema.Attribute)(nil)
		if place.Sort != nil && op != "begins_with" {
			at = a.item.Member(place.Sort.Attribute)
		}
		values := each(sort[1:], func(v any) any { return toNative(at, v.(object)) })
		by := sorts[op]
		if op == "between" {
			by = func(low any) dynamorm.Sort { return dynamorm.SortBetween(low, values[1]) }
		}
		options = append(options, dynamorm.WithSort(by(values[0])))
	}
	return partition, options
}

// finish reads a query or scan as the call says.
func finish[V any](a args, do string, q *dynamorm.Reading[V], tagged func(V) any) object {
	result, list, err := object{}, []V{}, error(nil)
	text := func(cursor string) any {
		if cursor == "" {
			return nil
		}
		return cursor
	}
	switch segments, parallel := a.all["segments"]; {
	case do == "count":
		result["count"], err = q.Count(a.ctx)
	case do == "first":
		v, found, fail := q.First(a.ctx)
		if result["item"], err = nil, fail; found {
			result["item"] = tagged(v)
		}
	case do == "one":
		var v V
		if v, err = q.One(a.ctx); err == nil {
			result["item"] = tagged(v)
		}
	case parallel:
		concurrency := 0
		if n, ok := a.all["concurrency"]; ok {
			if concurrency = integer(n); concurrency == 0 {
				concurrency = -1 // 0 is Go's way to leave it out
			}
		}
		var cursors []string
		list, cursors, err = q.Parallel(integer(segments), concurrency).Collect(a.ctx)
		result["cursors"] = each(anys(cursors), func(c any) any { return text(c.(string)) })
	case a.all["take"] != nil:
		for v, fail := range q.All(a.ctx) {
			if list, err = append(list, v), fail; fail != nil || len(list) == integer(a.all["take"]) {
				break
			}
		}
	case a.all["pages"] != nil:
		read := 0
		for page, fail := range q.Pages(a.ctx) {
			list, result["cursor"], err = append(list, page.Items...), text(page.Cursor), fail
			if read++; fail != nil || read == integer(a.all["pages"]) {
				break
			}
		}
	default:
		page, fail := q.Collect(a.ctx)
		list, result["cursor"], err = page.Items, text(page.Cursor), fail
	}
	if err != nil {
		return failure(err, nil)
	}
	if do == "query" || do == "scan" {
		result["items"] = each(anys(list), func(v any) any { return tagged(v.(V)) })
	}
	return object{"result": result}
}

func anys[T any](list []T) any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// cursors has the client's options for its cursors.
func (c command) cursors() []dynamorm.ClientOption {
	out := []dynamorm.ClientOption{dynamorm.WithCursorSecrets(secrets(c.Secrets)...)}
	if c.Encrypt {
		out = append(out, dynamorm.WithEncryptedCursors())
	}
	return out
}

func secrets(list []string) (out [][]byte) {
	for _, s := range list {
		out = append(out, []byte(s))
	}
	return out
}

// cursor writes or reads a cursor by itself.
func cursor(do string, a object) object {
	list, _ := a["secrets"].([]any)
	nonce, encrypt := a["nonce"].(string)
	s := operation.Signer{Secrets: secrets(each(list, func(v any) string { return v.(string) })), Encrypt: encrypt || a["encrypted"] == true,
		Nonce: func() ([]byte, error) { return base64.StdEncoding.DecodeString(nonce) }}
	bound := func() operation.Bound {
		context, _ := a["context"].(string)
		return operation.Bound{Context: context}
	}
	var c struct {
		Key     map[string]map[string]string `json:"key,omitempty"`
		Index   *string                      `json:"index,omitempty"`
		Order   string                       `json:"order,omitempty"`
		Segment []int                        `json:"segment,omitempty"`
	}
	if do == "fn.cursor.decode" {
		found, err := s.Read(a["cursor"].(string), bound)
		if err != nil {
			return failure(err, nil)
		}
		if c.Key, c.Index, c.Order = found.Key, found.Index, found.Order; found.Segment != nil {
			c.Segment = []int{found.Segment.Number, found.Segment.Total}
		}
		return object{"result": c}
	}
	given, _ := json.Marshal(a)
	_ = json.Unmarshal(given, &c)
	cursor := operation.Cursor{Key: c.Key, Index: c.Index, Order: c.Order}
	if len(c.Segment) > 0 {
		cursor.Segment = &operation.Segment{Number: c.Segment[0], Total: c.Segment[1]}
	}
	text, err := s.Write(cursor, bound)
	if err != nil {
		return failure(err, nil)
	}
	return object{"result": object{"cursor": text}}
}
