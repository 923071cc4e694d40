package main

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
)

// Batches and transactions: the operations of P2.

// grouping is what `open` says for them.
type grouping struct {
	IDs     []string
	Random  []float64
	Sleeper string // "real" waits
	Batch   struct {
		MaxAttempts *int `json:"max_attempts"`
		BaseMS      *int `json:"base_ms"`
		CapMS       *int `json:"cap_ms"`
	}
}

// grouper is what a model's table does for them.
type grouper interface {
	group(g *groupCall) error
	action(verb string, a args) action
	getAction(a args) dynamorm.GetAction
}

// library is an opened client, and the waits that it asked for.
type library struct {
	client *dynamorm.Client
	waits
}

var libraries = map[string]*library{}

func (c command) groups() []dynamorm.ClientOption {
	l, read := &library{}, 0
	libraries[c.Client] = l
	out := []dynamorm.ClientOption{
		func(client *dynamorm.Client) { l.client = client },
		dynamorm.WithSleeper(l.sleeper(c.Sleeper)),
		dynamorm.WithTokens(func() string {
			if read++; read <= len(c.IDs) {
				return c.IDs[read-1]
			}
			return fmt.Sprint("token-", read)
		}),
		dynamorm.WithRandom(func() float64 {
			if len(c.Random) == 0 {
				return 0.5
			}
			r := c.Random[0]
			c.Random = c.Random[1:]
			return r
		}),
	}
	if n := c.Batch.MaxAttempts; n != nil {
		out = append(out, dynamorm.WithMaxAttempts(*n))
	}
	if n := c.Batch.BaseMS; n != nil {
		out = append(out, dynamorm.WithBackoffBase(time.Duration(*n)*time.Millisecond))
	}
	if n := c.Batch.CapMS; n != nil {
		out = append(out, dynamorm.WithBackoffCap(time.Duration(*n)*time.Millisecond))
	}
	return out
}

// slept makes a call, and tells the waits beside its answer.
func slept(c command) object {
	l := libraries[c.Client]
	if l == nil {
		return call(c)
	}
	l.sleeps = nil
	out := l.call(c)
	if len(l.sleeps) > 0 {
		out["sleeps"] = l.sleeps
	}
	return out
}

func (l *library) call(c command) object {
	if !strings.HasPrefix(c.Do, "batch_") && !strings.HasPrefix(c.Do, "bulk_") && !strings.HasPrefix(c.Do, "transact_") {
		return call(c)
	}
	ctx, cancel := c.context()
	defer cancel()
	g := &groupCall{library: l, do: c.Do, args: args{ctx: ctx, all: c.Args, models: clients[c.Client]}, result: object{}}
	var err error
	if m, own := g.models[c.On]; own && c.Args["gets"] == nil && c.Args["writes"] == nil && !strings.HasPrefix(c.Do, "transact_") {
		g.model, g.item, g.on = m.model, item(m.model), c.On
		err = m.group(g)
	} else {
		err = g.run()
	}
	return g.answer(err)
}

func list(all object, name string) []any {
	out, _ := all[name].([]any)
	return out
}

// groupCall is a call of a batch or transaction.
type groupCall struct {
	*library
	args
	do       string
	on       string // the model of a call of its table, "" for a call of the client
	actions  []action
	result   object
	failures []object
	items    func(e *dynamorm.Error) []any
}

// action is what a table made, and what then shows the caller's object, and an item of a reason.
type action struct {
	dynamorm.Action
	after  func() any
	stored func(e *dynamorm.Error) any
}

func (g *groupCall) answer(err error) object {
	after := each(anys(g.actions), func(a any) any { return a.(action).after() })
	if g.do == "bulk_write" || len(g.actions) == 0 {
		after = nil
	}
	if err == nil {
		out := object{"result": g.result}
		if after != nil {
			out["after"] = after
		}
		return out
	}
	beside := object{}
	if after != nil {
		beside["after"] = after
	}
	var e *dynamorm.Error
	if errors.As(err, &e) && e.Code == "TransactionCanceled" {
		reasons := []any{}
		for i, r := range e.Reasons() {
			reasons = append(reasons, g.reason(i, r))
		}
		beside["details"] = object{"reasons": reasons}
	}
	if e != nil && e.Code == "BatchIncomplete" {
		details := object{"done": g.keys(e.Done()), "undone": g.keys(e.Undone()), "unknown": g.keys(e.Unknown())}
		beside["details"] = details
		if g.items != nil {
			details["items"] = g.items(e)
		}
		if g.all["on_failure"] == true {
			details["failures"] = g.failures
		}
	}
	return failure(err, beside)
}

func (g *groupCall) reason(i int, e *dynamorm.Error) any {
	if e == nil {
		return nil
	}
	out := object{"code": e.Code, "retryable": e.Retryable}
	if e.Kind != "" {
		out["kind"] = e.Kind
	}
	if e.HasItem() && i < len(g.actions) {
		out["item"] = g.actions[i].stored(e)
	}
	return out
}

func (g *groupCall) keys(list []dynamorm.BatchKey) []any {
	return each(anys(list), func(k any) any { return g.key(k.(dynamorm.BatchKey)) })
}

func (g *groupCall) key(k dynamorm.BatchKey) any {
	key := g.tagged(k.Model, k.Key)
	if g.on != "" {
		return key
	}
	return object{"model": k.Model, "key": key}
}

// tagged gives a value of a model, nil for none.
func (g *groupCall) tagged(model string, v any) any {
	if v == nil {
		return nil
	}
	return toTagged(item(g.models[model].model), reflect.ValueOf(v))["M"]
}

func (a args) batchOptions() (out []dynamorm.Option) {
	if a.all["last_wins"] == true {
		out = append(out, dynamorm.WithLastWins())
	}
	if a.all["unchecked"] == true {
		out = append(out, dynamorm.WithUnchecked())
	}
	if token, ok := a.all["token"].(string); ok {
		out = append(out, dynamorm.WithToken(token))
	}
	if n, ok := a.all["concurrency"]; ok {
		out = append(out, dynamorm.WithConcurrency(integer(n)))
	}
	return out
}

// run makes a call of the client.
func (g *groupCall) run() (err error) {
	name := "actions"
	if g.all["writes"] != nil {
		name = "writes"
	}
	for _, v := range list(g.all, name) {
		m := g.models[v.(object)["model"].(string)]
		for verb, all := range v.(object) {
			if all, ok := all.(object); ok {
				g.actions = append(g.actions, m.action(verb, args{g.ctx, all, m.model, item(m.model), g.models}))
			}
		}
	}
	actions := each(anys(g.actions), func(a any) dynamorm.Action { return a.(action).Action })
	gets := []dynamorm.GetAction{}
	for _, v := range list(g.all, "gets") {
		m := g.models[v.(object)["model"].(string)]
		gets = append(gets, m.getAction(args{g.ctx, v.(object), m.model, item(m.model), g.models}))
	}
	switch g.do {
	case "batch_get":
		entry := func(of string) func(any) any {
			return func(v any) any {
				i := v.(dynamorm.Item)
				return object{"model": i.Model, of: g.tagged(i.Model, i.Value)}
			}
		}
		g.items = func(e *dynamorm.Error) []any {
			var found []dynamorm.Item
			e.Found(&found)
			return each(anys(found), entry("item"))
		}
		found, fail := g.client.BatchGet(g.ctx, gets)
		g.result["items"], g.result["missing"], err = each(anys(found.Items), entry("item")), each(anys(found.Missing), entry("key")), fail
	case "batch_write":
		out, fail := g.client.BatchWrite(g.ctx, actions, g.batchOptions()...)
		g.result["written"], g.result["deleted"], err = out.Written, out.Deleted, fail
	case "bulk_write":
		err = g.bulk(func(options []dynamorm.Option) (dynamorm.Bulk, error) {
			return g.client.BulkWrite(g.ctx, dynamorm.Stream(slices.Values(actions)), options...)
		})
	case "transact_write":
		err = g.client.TransactWrite(g.ctx, actions, g.batchOptions()...)
	case "transact_prepare":
		g.result["request"], err = g.client.Prepare(g.ctx, actions, g.batchOptions()...)
	case "transact_send":
		err = g.client.TransactSend(g.ctx, g.all["request"].(string))
	case "transact_get":
		out, fail := g.client.TransactGet(g.ctx, gets)
		for i := range out {
			out[i] = g.tagged(list(g.all, "gets")[i].(object)["model"].(string), out[i])
		}
		g.result["items"], err = out, fail
	}
	return err
}

// bulk runs a bulk write, and keeps what its callbacks are told.
func (g *groupCall) bulk(run func([]dynamorm.Option) (dynamorm.Bulk, error)) error {
	progress := [][]int{}
	options := append(g.batchOptions(), dynamorm.WithProgress(func(b dynamorm.Bulk) { progress = append(progress, []int{b.Written, b.Deleted, b.Failed}) }))
	if g.failures = []object{}; g.all["on_failure"] == true {
		options = append(options, dynamorm.WithOnFailure(func(f dynamorm.BulkFailure) {
			var e *dynamorm.Error
			errors.As(f.Err, &e)
			told := object{"state": map[bool]string{false: "undone", true: "unknown"}[f.Unknown], "code": e.Code}
			if f.Key != nil {
				told["key"] = g.key(*f.Key)
			}
			g.failures = append(g.failures, told)
		}))
	}
	out, err := run(options)
	g.result = object{"written": out.Written, "deleted": out.Deleted, "failed": out.Failed, "progress": progress}
	if g.all["on_failure"] == true {
		g.result["failures"] = g.failures
	}
	return err
}
