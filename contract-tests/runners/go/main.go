// Command go-runner speaks the runner protocol for the Go library: it translates, and asserts nothing.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
	"github.com/dynamorm/dynamorm/dynamorm/schema/dms"
)

type object = map[string]any

// native is a model declared in Go.
type native struct {
	schema *schema.Model
	open   func(*dynamorm.Client, *dynamorm.DynamicModel) table
}

// table is a typed or dynamic table whose values are tagged.
type table interface {
	write(do string, item object, options []dynamorm.Option, old bool) (after, replaced object, err error)
	find(key object, options []dynamorm.Option) (object, bool, error)
	get(key object, options []dynamorm.Option) (object, error)
	exists(key object, options []dynamorm.Option) (bool, error)
	update(key object, u *expression.Update, options []dynamorm.Option) (object, error)
	remove(key object, options []dynamorm.Option, old bool) (object, error)
	marshal(item object) ([]byte, int, error)
	unmarshal(item []byte) (object, error)
}

type command struct {
	ID         any
	Cmd        string
	Client     string
	Endpoint   *string
	Region     string
	Documents  []json.RawMessage
	NowNS      string `json:"now_ns"`
	TickNS     string `json:"tick_ns"`
	Retries    int    `json:"sdk_retries"`
	TimeoutMS  int    `json:"sdk_timeout_ms"`
	Table      string
	Prefix     string            `json:"table_prefix"`
	TableNames map[string]string `json:"table_names"`
	Do         string
	On         string
	Args       object
}

type session struct {
	models map[string]*schema.Model
	tables map[string]table
	maps   map[string]table
}

type runner struct {
	sdks     map[string]*dynamodb.Client
	sessions map[string]*session
}

func main() {
	r := &runner{map[string]*dynamodb.Client{}, map[string]*session{}}
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if err := out.Encode(r.answer(line)); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		if err != nil {
			return
		}
	}
}

func parse(text string, into any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("text after the value")
	}
	return nil
}

func (r *runner) answer(line []byte) (out object) {
	var c command
	defer func() {
		if p := recover(); p != nil {
			out = object{"id": c.ID, "crash": object{"message": fmt.Sprint(p), "stack": string(debug.Stack())}}
		}
	}()
	if err := parse(string(line), &c); err != nil {
		return object{"id": nil, "crash": object{"message": err.Error(), "stack": ""}}
	}
	out = object{"id": c.ID}
	switch c.Cmd {
	case "hello":
		out["ok"] = object{"impl": "dynamorm-go", "language": "go", "version": dynamorm.Version, "dms": []string{schema.Version},
			"capabilities": dynamorm.Capabilities, "native_models": slices.Sorted(maps.Keys(natives))}
	case "open":
		out["ok"] = object{}
		if err := r.open(c); err != nil {
			delete(out, "ok")
			report(out, err)
		}
	case "close":
		delete(r.sessions, c.Client)
		out["ok"] = object{}
	default:
		r.answerCall(out, c)
	}
	return out
}

func (r *runner) answerCall(out object, c command) {
	result, after, err := r.sessions[c.Client].call(c)
	switch {
	case err != nil:
		report(out, err)
		if e, ok := out["error"].(object); ok && after != nil {
			e["after"] = after
		}
	case result == nil:
		out["unsupported"] = c.Do
	default:
		out["result"] = result
	}
}

func report(out object, err error) {
	var e *dynamorm.Error
	if !errors.As(err, &e) {
		out["crash"] = object{"message": err.Error(), "stack": ""}
		return
	}
	m := object{"code": e.Code, "origin": e.Origin, "retryable": e.Retryable, "message": fmt.Sprintf("%v %+v", err, err), "symbol": symbol(err, e)}
	for k, v := range map[string]string{"kind": string(e.Kind), "aws": e.AWS, "path": e.Path, "request_id": e.RequestID} {
		if v != "" || k == "path" && e.Code == "InvalidModel" {
			m[k] = v
		}
	}
	if e.Status != 0 {
		m["status"] = e.Status
	}
	if e.MaybeApplied {
		m["maybe_applied"] = true
	}
	var op *smithy.OperationError
	m["cause"] = errors.As(err, &op)
	var d *detailed
	if errors.As(err, &d) && d.item != nil {
		m["details"] = object{"item": d.item}
	}
	out["error"] = m
}

// symbol says whether errors.Is finds the error by its code, and by its kind where it has one.
func symbol(err error, e *dynamorm.Error) bool {
	return errors.Is(err, symbols[string(e.Code)]) && (e.Kind == "" || errors.Is(err, symbols[string(e.Kind)]))
}

var symbols = map[string]error{"InvalidModel": dynamorm.ErrInvalidModel, "ValidationFailed": dynamorm.ErrValidationFailed, "MissingPrimaryKey": dynamorm.ErrMissingPrimaryKey,
	"InvalidOperator": dynamorm.ErrInvalidOperator, "ItemTooLarge": dynamorm.ErrItemTooLarge, "ItemNotFound": dynamorm.ErrItemNotFound, "ConditionFailed": dynamorm.ErrConditionFailed,
	"AlreadyExists": dynamorm.ErrAlreadyExists, "VersionConflict": dynamorm.ErrVersionConflict, "TransactionConflict": dynamorm.ErrTransactionConflict,
	"TransactionCanceled": dynamorm.ErrTransactionCanceled, "TransactionInProgress": dynamorm.ErrTransactionInProgress, "IdempotencyMismatch": dynamorm.ErrIdempotencyMismatch,
	"EncryptionNotConfigured": dynamorm.ErrEncryptionNotConfigured, "EncryptedFieldNotQueryable": dynamorm.ErrEncryptedFieldNotQueryable, "DecodeFailed": dynamorm.ErrDecodeFailed,
	"TableNotFound": dynamorm.ErrTableNotFound, "TableExists": dynamorm.ErrTableExists, "LimitExceeded": dynamorm.ErrLimitExceeded, "Throttled": dynamorm.ErrThrottled,
	"AccessDenied": dynamorm.ErrAccessDenied, "NetworkError": dynamorm.ErrNetworkError, "Canceled": dynamorm.ErrCanceled, "ServiceError": dynamorm.ErrServiceError}

// detailed carries the item of a failed condition beside the error.
type detailed struct {
	error
	item object
}

func (d *detailed) Unwrap() error { return d.error }

func (r *runner) open(c command) error {
	now, _ := strconv.ParseInt(c.NowNS, 10, 64)
	tick, _ := strconv.ParseInt(c.TickNS, 10, 64)
	clock := func() time.Time {
		t := time.Unix(0, now)
		now += tick
		return t
	}
	client := dynamorm.NewClient(r.sdk(c), dynamorm.WithClock(clock), dynamorm.WithTablePrefix(c.Prefix), dynamorm.WithTableNames(c.TableNames))
	s := &session{map[string]*schema.Model{}, map[string]table{}, map[string]table{}}
	for _, text := range c.Documents {
		doc, err := dms.Load(string(text))
		if err != nil {
			return err
		}
		for _, m := range doc.Models {
			d, err := dynamorm.Dynamic(m)
			if err != nil {
				return err
			}
			s.models[m.Name] = m
			s.maps[m.Name] = dynamic{m, d, dynamorm.NewDynamicTable(client, d)}
			s.tables[m.Name] = s.maps[m.Name]
			if n, ok := natives[m.Name]; ok && c.Table == "typed" && n.schema.CanonicalJSON() == m.CanonicalJSON() {
				s.tables[m.Name] = n.open(client, d)
			}
		}
	}
	r.sessions[c.Client] = s
	return nil
}

func (r *runner) sdk(c command) *dynamodb.Client {
	endpoint := "http://127.0.0.1:9"
	if c.Endpoint != nil {
		endpoint = *c.Endpoint
	}
	key := endpoint + " " + strconv.Itoa(c.Retries) + " " + strconv.Itoa(c.TimeoutMS)
	if known, ok := r.sdks[key]; ok {
		return known
	}
	credentials := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIDCONTRACT", SecretAccessKey: "secret"}, nil
	})
	retryer := retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = c.Retries + 1
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil })
		o.RateLimiter = unlimited{}
	})
	options := dynamodb.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials, Retryer: retryer}
	if c.TimeoutMS > 0 {
		options.HTTPClient = awshttp.NewBuildableClient().WithTimeout(time.Duration(c.TimeoutMS) * time.Millisecond)
	}
	sdk := dynamodb.New(options)
	r.sdks[key] = sdk
	return sdk
}

type unlimited struct{}

func (unlimited) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (unlimited) AddTokens(uint) error { return nil }

func (s *session) call(c command) (result, after object, err error) {
	t := s.tables[c.On]
	a := args{c.Args, s.models[c.On]}
	if d := discriminator(a.model); d != "" && slices.Contains(a.selected(), any(d)) {
		t = s.maps[c.On] // no struct has a field for it
	}
	item, _ := c.Args["item"].(object)
	switch c.Do {
	case "create", "put", "save":
		out, old, err := t.write(c.Do, item, a.options(), a.flag("return_old"))
		if err != nil {
			return nil, out, err
		}
		return withOld(object{"item": out}, old), nil, nil
	case "get", "find", "exists", "update", "delete":
		key, _ := c.Args["key"].(object)
		result, err = a.keyed(c.Do, t, key)
	case "fn.dms.load":
		doc, err := dms.Load(c.Args["text"].(string))
		if err != nil {
			return nil, nil, err
		}
		result = object{"dms": doc.CanonicalJSON()}
	case "fn.dms.native":
		if n, ok := natives[c.Args["model"].(string)]; ok {
			result = object{"dms": n.schema.CanonicalJSON()}
		}
	case "fn.expression":
		result, err = a.expression()
	default:
		result, err = codec(c.Do, t, item)
	}
	return result, nil, err
}

func discriminator(m *schema.Model) string {
	if m == nil || m.Discriminator == nil {
		return ""
	}
	return m.Discriminator.Attribute
}

func (a args) selected() []any {
	list, _ := a.all["select"].([]any)
	return list
}

// keyed makes the calls that take a key.
func (a args) keyed(do string, t table, key object) (object, error) {
	var out object
	var err error
	switch do {
	case "get":
		out, err = t.get(key, a.options())
	case "find":
		out, _, err = t.find(key, a.options())
	case "exists":
		found, err := t.exists(key, a.options())
		return object{"exists": found}, err
	case "update":
		out, err = t.update(key, a.update(a.all), a.options())
	case "delete":
		old, err := t.remove(key, a.options(), a.flag("return_old"))
		return withOld(object{}, old), err
	}
	if out == nil {
		return object{"item": nil}, err
	}
	return object{"item": out}, err
}

func withOld(result, old object) object {
	if old != nil {
		result["old"] = old
	}
	return result
}

// codec makes the calls that send nothing; nil for one it does not know.
func codec(do string, t table, item object) (object, error) {
	switch do {
	case "fn.marshal":
		text, _, err := t.marshal(item)
		return object{"item": json.RawMessage(text)}, err
	case "fn.size":
		_, size, err := t.marshal(item)
		return object{"bytes": size}, err
	case "fn.unmarshal":
		text, err := json.Marshal(item)
		if err != nil {
			return nil, err
		}
		out, err := t.unmarshal(text)
		return object{"item": out}, err
	}
	return nil, nil
}

// args reads a call's arguments.
type args struct {
	all   object
	model *schema.Model
}

func (a args) flag(name string) bool { return a.all[name] == true }

var returns = map[string]dynamorm.Return{"new": dynamorm.ReturnNew, "old": dynamorm.ReturnOld, "none": dynamorm.ReturnNone, "updated_new": dynamorm.ReturnUpdatedNew, "updated_old": dynamorm.ReturnUpdatedOld}

func (a args) options() (list []dynamorm.Option) {
	for name, o := range map[string]func() dynamorm.Option{"consistent": dynamorm.WithConsistentRead, "upsert": dynamorm.WithUpsert, "must_exist": dynamorm.WithMustExist, "adopt": dynamorm.WithAdopt} {
		if a.flag(name) {
			list = append(list, o())
		}
	}
	if v, ok := a.all["condition"]; ok {
		list = append(list, dynamorm.WithCondition(a.condition(v)))
	}
	if v, ok := a.all["expected_version"].(object); ok {
		n, err := strconv.ParseInt(v["N"].(string), 10, 64)
		if err != nil {
			panic("the version does not fit an int64: " + err.Error())
		}
		list = append(list, dynamorm.WithExpectedVersion(n))
	}
	if v, ok := a.all["select"]; ok {
		list = append(list, dynamorm.WithSelect(fields(v)...))
	}
	if v, ok := a.all["view"].(string); ok {
		list = append(list, dynamorm.WithView(v))
	}
	if v, ok := a.all["return"].(string); ok {
		list = append(list, dynamorm.WithReturn(returns[v]))
	}
	return list
}

func fields(v any) []expression.Field {
	out := []expression.Field{}
	for _, p := range v.([]any) {
		out = append(out, field(p))
	}
	return out
}

// segments gives a path's segments: text is split for finding the attribute alone.
func segments(p any) []any {
	out := []any{}
	if list, ok := p.([]any); ok {
		for _, s := range list {
			if n, ok := s.(json.Number); ok {
				i, _ := n.Int64()
				s = int(i)
			}
			out = append(out, s)
		}
		return out
	}
	for _, part := range strings.Split(p.(string), ".") {
		name, rest, _ := strings.Cut(part, "[")
		out = append(out, name)
		for range strings.Count(rest, "]") {
			out = append(out, 0)
		}
	}
	return out
}

func field(p any) expression.Field {
	if text, ok := p.(string); ok {
		return dynamorm.Field(text)
	}
	return dynamorm.Path(segments(p)...)
}

// at finds the attribute that a path names, nil for none.
func (a args) at(p any) *schema.Attribute {
	if o, ok := p.(object); ok {
		if _, ok := o["size"]; ok {
			return &schema.Attribute{Type: schema.N}
		}
	}
	list := segments(p)
	if len(list) == 0 {
		return nil
	}
	name, _ := list[0].(string)
	cur := a.model.Attribute(name)
	for _, s := range list[1:] {
		if cur == nil {
			return nil
		}
		if name, ok := s.(string); ok {
			cur = cur.Member(name)
		} else {
			cur = cur.Items
		}
	}
	return cur
}

func left(p any) expression.Field {
	if o, ok := p.(object); ok {
		return field(o["size"]).Size()
	}
	return field(p)
}

func operand(at *schema.Attribute, v any) any {
	o := v.(object)
	if p, ok := o["attr"]; ok {
		return field(p)
	}
	if _, ok := o["size"]; ok {
		return left(o)
	}
	return toNative(at, o["value"].(object))
}

func (a args) condition(v any) expression.Condition {
	c := v.([]any)
	op := c[0].(string)
	joins := map[string]func(...expression.Condition) expression.Condition{"and": dynamorm.And, "or": dynamorm.Or,
		"not": func(kids ...expression.Condition) expression.Condition { return dynamorm.Not(kids[0]) }}
	if join, ok := joins[op]; ok {
		kids := []expression.Condition{}
		for _, k := range c[1:] {
			kids = append(kids, a.condition(k))
		}
		return join(kids...)
	}
	f, at := left(c[1]), a.at(c[1])
	switch op {
	case "exists":
		return f.Exists()
	case "not_exists":
		return f.NotExists()
	case "type":
		return f.IsType(c[2].(string))
	case "between":
		return f.Between(operand(at, c[2]), operand(at, c[3]))
	case "in":
		list := []any{}
		for _, o := range c[2].([]any) {
			list = append(list, operand(at, o))
		}
		return f.In(list...)
	case "contains":
		return f.Contains(operand(memberOf(at), c[2]))
	}
	compare := map[string]func(any) expression.Condition{"eq": f.Eq, "ne": f.Ne, "lt": f.Lt, "le": f.Le, "gt": f.Gt, "ge": f.Ge, "begins_with": f.BeginsWith}
	return compare[op](operand(at, c[2]))
}

func memberOf(a *schema.Attribute) *schema.Attribute {
	if a != nil && a.Type == schema.L {
		return a.Items
	}
	return nil
}

func (a args) update(from object) *expression.Update {
	u := dynamorm.NewUpdate()
	kinds := map[string]func(expression.Field, any) *expression.Update{"set": u.Set, "set_if_absent": u.SetIfAbsent, "add": u.Add, "subtract": u.Subtract,
		"append": u.Append, "prepend": u.Prepend, "add_to_set": u.AddToSet, "delete_from_set": u.DeleteFromSet}
	for name, add := range kinds {
		list, _ := from[name].([]any)
		for _, e := range list {
			pair := e.([]any)
			add(field(pair[0]), operand(a.at(pair[0]), pair[1]))
		}
	}
	if list, ok := from["copy"].([]any); ok {
		for _, e := range list {
			u.Copy(field(e.([]any)[0]), field(e.([]any)[1]))
		}
	}
	if list, ok := from["remove"]; ok {
		u.Remove(fields(list)...)
	}
	return u
}

func (a args) expression() (out object, err error) {
	c := expression.NewCompiler(a.model)
	out = object{}
	put := func(name, text string, fail error) {
		out[name] = text
		if err == nil {
			err = fail
		}
	}
	if v, ok := a.all["condition"]; ok {
		text, fail := c.Condition(a.condition(v))
		put("condition", text, fail)
	}
	if v, ok := a.all["update"].(object); ok {
		text, fail := c.Update(a.update(v), nil)
		put("update", text, fail)
	}
	if v, ok := a.all["select"]; ok {
		text, fail := c.Projection(fields(v))
		put("projection", text, fail)
	}
	noNames, noValues := c.Empty()
	if !noNames {
		out["names"] = json.RawMessage(c.AppendNames(nil))
	}
	if !noValues {
		out["values"] = json.RawMessage(c.AppendValues(nil))
	}
	return out, err
}
