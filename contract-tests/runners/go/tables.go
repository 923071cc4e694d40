package main

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"sync"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

// Tables: the operations of P5.

var tableCalls = []string{"create_table", "ensure_table", "table_drift", "describe_table", "delete_table", "list_tables", "fn.table", "auto_migrate"}

// waits notes what a client's sleeper was asked for.
type waits struct {
	mutex  sync.Mutex
	sleeps []int64
}

// sleeper notes a wait, and waits where the case wants that.
func (w *waits) sleeper(kind string) transport.Sleeper {
	return func(ctx context.Context, d time.Duration) error {
		w.mutex.Lock()
		w.sleeps = append(w.sleeps, d.Milliseconds())
		w.mutex.Unlock()
		if kind == "real" {
			return transport.Sleep(ctx, d)
		}
		return ctx.Err()
	}
}

// compact leaves out what is nil.
func compact(members object) object {
	for name, v := range members {
		if r := reflect.ValueOf(v); v == nil || v == "" || r.Kind() == reflect.Pointer && r.IsNil() {
			delete(members, name)
		}
	}
	return members
}

// tableCall is a call about a table.
type tableCall struct {
	args
	client *dynamorm.Client
	on     opened
	shared []dynamorm.AnyModel
	result object
}

func (c command) tables(ctx context.Context) object {
	models := clients[c.Client]
	t := &tableCall{args{ctx: ctx, all: c.Args, models: models}, libraries[c.Client].client, models[c.On], nil, object{}}
	names, several := c.Args["models"].([]any)
	if !several && c.Do != "list_tables" {
		names = []any{c.On}
	}
	for _, name := range names {
		t.shared = append(t.shared, models[name.(string)].any())
	}
	if c.Do == "auto_migrate" {
		return t.migrate()
	}
	if err := t.run(c.Do); err != nil {
		return failure(err, details(err))
	}
	return object{"result": t.result}
}

func (t *tableCall) run(do string) (err error) {
	switch do {
	case "create_table":
		d, fail := t.client.CreateTable(t.ctx, t.shared, t.settings()...)
		t.result["description"], err = description(d), fail
	case "ensure_table":
		options := t.settings()
		if t.all["add_indexes"] == true {
			options = append(options, dynamorm.WithAddIndexes())
		}
		out, fail := t.client.EnsureTable(t.ctx, t.shared, options...)
		t.result, err = object{"created": out.Created, "added": out.Added, "ttl_enabled": out.TTLEnabled, "description": description(out.Description)}, fail
	case "table_drift":
		list, fail := t.client.TableDrift(t.ctx, t.shared, t.settings()...)
		t.result["differences"], err = differences(list), fail
	case "describe_table":
		d, fail := t.client.DescribeTable(t.ctx, t.shared)
		t.result["description"], err = description(d), fail
	case "delete_table":
		options := []dynamorm.Option{}
		if t.all["must_exist"] == true {
			options = append(options, dynamorm.WithMustExist())
		}
		if ms, ok := t.all["timeout_ms"]; ok {
			options = append(options, timeout(ms))
		}
		t.result["deleted"], err = t.client.DeleteTable(t.ctx, t.shared[0], options...)
	case "list_tables":
		names := []string{}
		for name, fail := range t.client.ListTables(t.ctx) {
			if fail != nil {
				return fail
			}
			names = append(names, name)
		}
		t.result["tables"] = names
	default:
		t.result["table"], err = t.form()
	}
	return err
}

// form gives what makes the table elsewhere.
func (t *tableCall) form() (any, error) {
	options := t.settings()
	switch t.all["form"] {
	case "terraform":
		if label, ok := t.all["label"].(string); ok {
			options = append(options, dynamorm.WithLabel(label))
		}
		return t.client.Terraform(t.shared, options...)
	case "cloudformation":
		return t.client.CloudFormation(t.shared, options...)
	}
	return t.client.TableRequest(t.shared, options...)
}

func timeout(ms any) dynamorm.Option {
	return dynamorm.WithTimeout(time.Duration(integer(ms)) * time.Millisecond)
}

// settings gives the options for what a document does not say of a table.
func (t *tableCall) settings() (list []dynamorm.Option) {
	given, _ := t.all["settings"].(object)
	units := func(v any) (read, write int64) {
		return int64(integer(v.(object)["read"])), int64(integer(v.(object)["write"]))
	}
	for name, v := range given {
		switch name {
		case "billing":
			list = append(list, dynamorm.WithBilling(v.(string)))
		case "throughput":
			list = append(list, dynamorm.WithThroughput(units(v)))
		case "index_throughput":
			for index, u := range v.(object) {
				read, write := units(u)
				list = append(list, dynamorm.WithIndexThroughput(index, read, write))
			}
		case "stream":
			list = append(list, dynamorm.WithStream(v.(string)))
		case "table_class":
			list = append(list, dynamorm.WithTableClass(v.(string)))
		case "deletion_protection":
			list = append(list, dynamorm.WithDeletionProtection(v.(bool)))
		case "sse":
			option := dynamorm.WithSSE()
			if key, ok := v.(object)["key"].(string); ok {
				option = dynamorm.WithSSEKey(key)
			}
			list = append(list, option)
		case "point_in_time_recovery":
			if v == true {
				list = append(list, dynamorm.WithPointInTimeRecovery())
			}
		case "tags":
			tags := map[string]string{}
			for key, text := range v.(object) {
				tags[key] = text.(string)
			}
			list = append(list, dynamorm.WithTags(tags))
		case "timeout_ms":
			list = append(list, timeout(v))
		}
	}
	return list
}

func details(err error) object {
	var e *dynamorm.Error
	if errors.As(err, &e) && len(e.Differences()) > 0 {
		return object{"details": object{"differences": differences(e.Differences())}}
	}
	return nil
}

func keysOf(list []dynamorm.TableKey) []any {
	return each(anys(list), func(v any) any {
		k := v.(dynamorm.TableKey)
		return compact(object{"attribute": k.Attribute, "type": k.Type, "kind": k.Kind})
	})
}

func shape(s dynamorm.IndexShape) object {
	return object{"type": s.Type, "keys": keysOf(s.Keys), "projection": projection(s.Projection)}
}

func projection(p dynamorm.Projection) object {
	out := object{}
	if p.Type != "" {
		out["type"] = p.Type
	}
	if p.Fields != nil {
		out["fields"] = p.Fields
	}
	return out
}

func description(d *dynamorm.TableDescription) object {
	if d == nil {
		return nil
	}
	indexes := []any{}
	for _, ix := range d.Indexes {
		out := shape(ix.IndexShape)
		out["name"], out["status"], out["backfilling"] = ix.Name, ix.Status, ix.Backfilling
		indexes = append(indexes, compact(out))
	}
	out := object{"name": d.Name, "status": d.Status, "arn": d.ARN, "keys": keysOf(d.Keys), "indexes": indexes, "billing": d.Billing, "stream": d.Stream,
		"table_class": d.TableClass, "deletion_protection": d.DeletionProtection, "ttl": d.TTL, "item_count": d.ItemCount, "size_bytes": d.SizeBytes, "raw": json.RawMessage(d.Raw)}
	if d.Throughput != nil {
		out["throughput"] = object{"read": d.Throughput.Read, "write": d.Throughput.Write}
	}
	if d.SSE != nil {
		out["sse"] = compact(object{"status": d.SSE.Status, "type": d.SSE.Type, "key": d.SSE.Key})
	}
	if !d.CreatedAt.IsZero() {
		out["created_at"] = d.CreatedAt.UTC().Format(layouts["timestamp"])
	}
	return compact(out)
}

func differences(list []dynamorm.TableDifference) []any {
	return each(anys(list), func(v any) any {
		d := v.(dynamorm.TableDifference)
		return compact(object{"what": d.What, "index": d.Index, "kind": d.Kind, "expected": differing(d.Expected), "found": differing(d.Found)})
	})
}

func differing(v any) any {
	switch x := v.(type) {
	case []dynamorm.TableKey:
		return keysOf(x)
	case dynamorm.IndexShape:
		return shape(x)
	case dynamorm.Projection:
		return projection(x)
	case dynamorm.TableSSE:
		return compact(object{"key": x.Key})
	}
	return v
}
