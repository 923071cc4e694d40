package main

import (
	"reflect"
	"slices"

	"github.com/dynamorm/dynamorm/dynamorm"
)

// Batches and transactions: what a model's table does for them.

// native gives tagged members as a value of the table's type; false where that type cannot hold them.
func (r rows[T]) native(a args, members any) (*T, bool) {
	v := new(T)
	return v, assign(reflect.ValueOf(v).Elem(), a.item, object{"M": members}) || r.maps == nil
}

func (r rows[T]) action(verb string, a args) action {
	given := a.all["item"]
	if given == nil {
		given = a.all["key"]
	}
	v, fits := r.native(a, given)
	if !fits {
		return r.maps.action(verb, a)
	}
	t, options := r.table.Actions(), a.options()
	out := action{after: func() any { return r.tagged(v) }, stored: func(e *dynamorm.Error) any { return r.beside(e, false, nil)["details"].(object)["item"] }}
	if a.all["item"] == nil {
		out.after = func() any { return nil }
	}
	switch verb {
	case "put":
		out.Action = t.Put(v, options...)
	case "create":
		out.Action = t.Create(v, options...)
	case "save":
		out.Action = t.Save(v, options...)
	case "update":
		out.Action = t.Update(v, a.update(a.all), options...)
	case "delete":
		out.Action = t.Delete(v, options...)
	case "check":
		out.Action = t.Check(v, options...)
	}
	return out
}

func (r rows[T]) getAction(a args) dynamorm.GetAction {
	v, fits := r.native(a, a.all["key"])
	if !fits {
		return r.maps.getAction(a)
	}
	return r.table.Actions().Get(v, a.options()...)
}

// group makes a call of the table.
func (r rows[T]) group(g *groupCall) (err error) {
	puts, keys, actions, several := []*T{}, []any{}, []action{}, g.do == "batch_get"
	for _, name := range []string{"put", "items", "delete", "keys"} {
		for _, members := range list(g.all, name) {
			v, fits := r.native(g.args, members)
			if !fits {
				return r.maps.group(g)
			}
			one := action{after: func() any { return nil }}
			if name == "put" || name == "items" {
				puts, one.after = append(puts, v), func() any { return r.tagged(v) }
			} else {
				keys = append(keys, v)
			}
			actions = append(actions, one)
		}
	}
	if !several {
		g.actions = actions
	}
	tagged := func(list []T) []any { return each(anys(list), func(v any) any { t := v.(T); return r.tagged(&t) }) }
	switch g.do {
	case "batch_get":
		g.items = func(e *dynamorm.Error) []any {
			var found []T
			e.Found(&found)
			return tagged(found)
		}
		found, fail := r.table.BatchGet(g.ctx, keys, g.options()...)
		g.result["items"], g.result["missing"], err = tagged(found.Items), tagged(found.Missing), fail
	case "batch_put":
		g.result["written"], err = r.table.BatchPut(g.ctx, puts, g.batchOptions()...)
	case "batch_delete":
		g.result["deleted"], err = r.table.BatchDelete(g.ctx, keys, g.batchOptions()...)
	case "batch_write":
		out, fail := r.table.BatchWrite(g.ctx, puts, keys, g.batchOptions()...)
		g.result["written"], g.result["deleted"], err = out.Written, out.Deleted, fail
	case "bulk_write":
		err = g.bulk(func(options []dynamorm.Option) (dynamorm.Bulk, error) {
			if g.all["put"] == nil {
				return r.table.BulkDelete(g.ctx, dynamorm.Stream(slices.Values(keys)), options...)
			}
			return r.table.BulkPut(g.ctx, dynamorm.Stream(func(yield func(T) bool) {
				for _, v := range puts {
					if !yield(*v) {
						return
					}
				}
			}), options...)
		})
	}
	return err
}
