// The Go runner: calls on standard input become calls of the library, what comes back becomes lines. It asserts nothing.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"sort"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/dms"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

var capabilities = []string{"dms", "native", "crud", "condition", "update", "lifecycle", "lock.version", "errors"}

// A native is a declared model: its schema, and its typed table on a client.
type native struct {
	schema *schema.Model
	table  func(client *dynamorm.Client) verbs
}

func declared[T any](spec dynamorm.Spec) native {
	model := dynamorm.MustDeclare[T](spec)
	return native{model.Schema(), func(client *dynamorm.Client) verbs { return &adapter[T]{dynamorm.TableOf(client, model)} }}
}

// verbs are the operations as the protocol has them, over values whose type only the adapter knows.
type verbs interface {
	fresh(values object) (value any, err error)
	create(value any) error
	put(value any, returnOld bool, options []dynamorm.Option) (any, error)
	save(value any, options []dynamorm.Option) error
	get(key any, must bool, options []dynamorm.Option) (any, error)
	partial(key any, must bool, options []dynamorm.Option) (dynamorm.Values, error)
	exists(key any, options []dynamorm.Option) (bool, error)
	update(key any, returns dynamorm.Returns, options []dynamorm.Option) (any, error)
	delete(key any, returnOld bool, options []dynamorm.Option) (any, error)
	failedItem(err *dynamorm.Error) (any, error)
}

// table is what Table[T] and DynamicTable share.
type table[T any] interface {
	Create(ctx context.Context, value *T) error
	Put(ctx context.Context, value *T, options ...dynamorm.Option) error
	Replace(ctx context.Context, value *T, options ...dynamorm.Option) (*T, error)
	Save(ctx context.Context, value *T, options ...dynamorm.Option) error
	Get(ctx context.Context, key any, options ...dynamorm.Option) (*T, error)
	Find(ctx context.Context, key any, options ...dynamorm.Option) (*T, error)
	GetPartial(ctx context.Context, key any, options ...dynamorm.Option) (dynamorm.Values, error)
	FindPartial(ctx context.Context, key any, options ...dynamorm.Option) (dynamorm.Values, error)
	Exists(ctx context.Context, key any, options ...dynamorm.Option) (bool, error)
	Update(ctx context.Context, key any, options ...dynamorm.Option) (*T, error)
	Change(ctx context.Context, key any, returns dynamorm.Returns, options ...dynamorm.Option) (dynamorm.Values, error)
	Delete(ctx context.Context, key any, options ...dynamorm.Option) error
	Take(ctx context.Context, key any, options ...dynamorm.Option) (*T, error)
}

type adapter[T any] struct{ table table[T] }

var background = context.Background()

func (a *adapter[T]) fresh(values object) (any, error) {
	out := new(T)
	return out, fill(reflect.ValueOf(out).Elem(), values)
}

func (a *adapter[T]) create(value any) error { return a.table.Create(background, value.(*T)) }

func (a *adapter[T]) put(value any, returnOld bool, options []dynamorm.Option) (any, error) {
	if returnOld {
		return orNil(a.table.Replace(background, value.(*T), options...))
	}
	return nil, a.table.Put(background, value.(*T), options...)
}

func (a *adapter[T]) save(value any, options []dynamorm.Option) error {
	return a.table.Save(background, value.(*T), options...)
}

func (a *adapter[T]) get(key any, must bool, options []dynamorm.Option) (any, error) {
	if must {
		return orNil(a.table.Get(background, key, options...))
	}
	return orNil(a.table.Find(background, key, options...))
}

func (a *adapter[T]) partial(key any, must bool, options []dynamorm.Option) (dynamorm.Values, error) {
	if must {
		return a.table.GetPartial(background, key, options...)
	}
	return a.table.FindPartial(background, key, options...)
}

func (a *adapter[T]) exists(key any, options []dynamorm.Option) (bool, error) {
	return a.table.Exists(background, key, options...)
}

func (a *adapter[T]) update(key any, returns dynamorm.Returns, options []dynamorm.Option) (any, error) {
	if returns == dynamorm.ReturnNew {
		return orNil(a.table.Update(background, key, options...))
	}
	values, err := a.table.Change(background, key, returns, options...)
	if values == nil {
		return nil, err
	}
	return values, err
}

func (a *adapter[T]) delete(key any, returnOld bool, options []dynamorm.Option) (any, error) {
	if returnOld {
		return orNil(a.table.Take(background, key, options...))
	}
	return nil, a.table.Delete(background, key, options...)
}

func (a *adapter[T]) failedItem(err *dynamorm.Error) (any, error) {
	out := new(T)
	return out, err.DecodeItem(out)
}

func orNil[T any](value *T, err error) (any, error) {
	if value == nil {
		return nil, err
	}
	return value, err
}

// A session is what `open` made.
type session struct {
	models map[string]*schema.Model
	client *dynamorm.Client
	typed  bool
}

var sdkClients = map[string]*dynamodb.Client{}

func sdkClient(endpoint, region string, retries int) *dynamodb.Client {
	key := fmt.Sprint(endpoint, region, retries)
	if sdkClients[key] == nil {
		sdkClients[key] = dynamodb.New(dynamodb.Options{
			BaseEndpoint: &endpoint, Region: region, Credentials: credentials.NewStaticCredentialsProvider("AKIDCONTRACT", "secret", ""),
			Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff, o.RateLimiter = retries+1, 10*time.Millisecond, noLimit{}
			}),
		})
	}
	return sdkClients[key]
}

// noLimit keeps one case's failures from using up another's retries.
type noLimit struct{}

func (noLimit) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (noLimit) AddTokens(uint) error { return nil }

var _ aws.Retryer = retry.NewStandard()

func open(message object) (*session, error) {
	s := &session{models: map[string]*schema.Model{}, typed: message["table"] == "typed"}
	for _, document := range message["documents"].([]any) {
		text, err := json.Marshal(document)
		if err != nil {
			return nil, err
		}
		models, err := dms.Load(string(text))
		if err != nil {
			return nil, err
		}
		for name, model := range models {
			s.models[name] = model
		}
	}
	if endpoint, there := message["endpoint"].(string); there {
		options := []dynamorm.ClientOption{dynamorm.WithClock(clock(message["now_ns"].(string), message["tick_ns"].(string)))}
		if prefix, there := message["table_prefix"].(string); there {
			options = append(options, dynamorm.WithTablePrefix(prefix))
		}
		if names, there := message["table_names"].(object); there {
			options = append(options, dynamorm.WithTableNames(texts(names)))
		}
		retries, err := message["sdk_retries"].(json.Number).Int64()
		if err != nil {
			return nil, err
		}
		s.client = dynamorm.New(sdkClient(endpoint, message["region"].(string), int(retries)), options...)
	}
	return s, nil
}

func texts(in object) map[string]string {
	out := map[string]string{}
	for name, value := range in {
		out[name] = value.(string)
	}
	return out
}

func clock(now, tick string) func() time.Time {
	start, err := strconv.ParseInt(now, 10, 64)
	step, errStep := strconv.ParseInt(tick, 10, 64)
	if err != nil || errStep != nil {
		panic("a clock that is no number")
	}
	return dynamorm.FixedClock(time.Unix(0, start).UTC(), time.Duration(step))
}

// table gives the typed table where the native declaration equals the document, else the dynamic one.
func (s *session) table(name string, typed bool) verbs {
	own, there := natives[name]
	if typed && there && own.schema.Canonical() == s.models[name].Canonical() {
		return own.table(s.client)
	}
	return &adapter[dynamorm.Values]{s.client.Dynamic(s.models[name])}
}

// A failure carries the caller's object beside the error of create, put and save.
type failure struct {
	error
	after object
	table verbs
}

func (f *failure) Unwrap() error { return f.error }

func (s *session) call(do, on string, args object) (object, error) {
	if pure, there := pures[do]; there {
		return pure(s, s.models[on], args)
	}
	operation, there := operations[do]
	if !there {
		return nil, nil
	}
	c := &call{session: s, model: s.models[on], table: s.table(on, s.typed), args: args}
	c.scope = expression.Scope{Codec: codec.New(c.model)}
	out, err := operation(c)
	if err != nil {
		var known *failure
		if !errors.As(err, &known) {
			err = &failure{error: err, table: c.table}
		}
	}
	return out, err
}

type call struct {
	session *session
	model   *schema.Model
	table   verbs
	scope   expression.Scope
	args    object
}

func (c *call) flag(name string) bool {
	out, _ := c.args[name].(bool)
	return out
}

func (c *call) key() object { return membersToNative(c.model.Fields, c.args["key"].(object)) }

func (c *call) tagged(value any) object {
	return membersFromNative(c.model.Fields, reflect.ValueOf(value))
}

func (c *call) itemOrNull(value any, err error) (object, error) {
	if err != nil {
		return nil, err
	}
	if value == nil {
		return object{"item": nil}, nil
	}
	return object{"item": c.tagged(value)}, nil
}

// options turns the arguments that are options into the library's.
func (c *call) options() []dynamorm.Option {
	var out []dynamorm.Option
	if given, there := c.args["condition"].([]any); there {
		out = append(out, dynamorm.WithCondition(c.condition(given)))
	}
	if given, there := c.args["expected_version"].(object); there {
		version, err := strconv.ParseInt(given["N"].(string), 10, 64)
		if err != nil {
			panic(err)
		}
		out = append(out, dynamorm.WithExpectedVersion(version))
	}
	for name, option := range map[string]func() dynamorm.Option{
		"must_exist": dynamorm.WithMustExist, "upsert": dynamorm.WithUpsert, "adopt": dynamorm.WithAdopt, "consistent": dynamorm.WithConsistent,
	} {
		if c.flag(name) {
			out = append(out, option())
		}
	}
	return out
}

// whole runs create, put or save on the caller's object: a struct where Go's types hold the values, else a map.
func (c *call) whole(act func(value any) (any, error)) (object, error) {
	values := membersToNative(c.model.Fields, c.args["item"].(object))
	value, err := c.table.fresh(values)
	if err != nil {
		c.table = c.session.table(c.model.Name, false)
		value, _ = c.table.fresh(values)
	}
	old, err := act(value)
	if err != nil {
		return nil, &failure{err, c.tagged(value), c.table}
	}
	out := object{"item": c.tagged(value)}
	if old != nil {
		out["old"] = c.tagged(old)
	}
	return out, nil
}

var operations = map[string]func(c *call) (object, error){
	"create": func(c *call) (object, error) {
		return c.whole(func(value any) (any, error) { return nil, c.table.create(value) })
	},
	"put": func(c *call) (object, error) {
		return c.whole(func(value any) (any, error) { return c.table.put(value, c.flag("return_old"), c.options()) })
	},
	"save": func(c *call) (object, error) {
		return c.whole(func(value any) (any, error) { return nil, c.table.save(value, c.options()) })
	},
	"get":  func(c *call) (object, error) { return c.read(true) },
	"find": func(c *call) (object, error) { return c.read(false) },
	"exists": func(c *call) (object, error) {
		exists, err := c.table.exists(c.key(), c.options())
		return object{"exists": exists}, err
	},
	"update": func(c *call) (object, error) {
		returns := map[any]dynamorm.Returns{
			nil: dynamorm.ReturnNew, "new": dynamorm.ReturnNew, "old": dynamorm.ReturnOld, "none": dynamorm.ReturnNone,
			"updated_new": dynamorm.ReturnUpdatedNew, "updated_old": dynamorm.ReturnUpdatedOld,
		}[c.args["return"]]
		return c.itemOrNull(c.table.update(c.key(), returns, append(c.options(), c.changes(c.args)...)))
	},
	"delete": func(c *call) (object, error) {
		old, err := c.table.delete(c.key(), c.flag("return_old"), c.options())
		if err != nil || old == nil {
			return object{}, err
		}
		return object{"old": c.tagged(old)}, nil
	},
}

func (c *call) read(must bool) (object, error) {
	paths, selecting := c.args["select"].([]any)
	view, viewing := c.args["view"].(string)
	if !selecting && !viewing {
		return c.itemOrNull(c.table.get(c.key(), must, c.options()))
	}
	options := c.options()
	if selecting {
		options = append(options, dynamorm.WithSelect(fields(paths)...))
	}
	if viewing {
		options = append(options, dynamorm.WithView(view))
	}
	values, err := c.table.partial(c.key(), must, options)
	if err != nil || values == nil {
		return object{"item": nil}, err
	}
	return c.itemOrNull(values, nil)
}

func report(s *session, on string, err error) object {
	var own *dynamorm.Error
	if !errors.As(err, &own) {
		return object{"crash": object{"message": err.Error()}}
	}
	out := object{
		"code": own.Code, "origin": own.Origin, "retryable": own.Retryable, "message": own.Error(), "cause": own.Unwrap() != nil,
		"symbol": errors.Is(err, symbols[string(own.Code)]) && (own.Kind == "" || errors.Is(err, symbols[string(own.Kind)])),
	}
	for name, value := range map[string]string{"kind": string(own.Kind), "aws": own.AWS, "request_id": own.RequestID} {
		if value != "" {
			out[name] = value
		}
	}
	if own.HasPath {
		out["path"] = own.Path
	}
	if own.Status != 0 {
		out["status"] = own.Status
	}
	if own.MaybeApplied {
		out["maybe_applied"] = true
	}
	var context *failure
	if errors.As(err, &context) {
		if context.after != nil {
			out["after"] = context.after
		}
		if own.HasItem() {
			item, err := context.table.failedItem(own)
			if err == nil {
				out["details"] = object{"item": membersFromNative(s.models[on].Fields, reflect.ValueOf(item))}
			}
		}
	}
	return object{"error": out}
}

func answer(message object, sessions map[string]*session) (out object) {
	name, _ := message["client"].(string)
	on, _ := message["on"].(string)
	defer func() {
		if failed := recover(); failed != nil {
			out = object{"crash": object{"message": fmt.Sprint(failed), "stack": string(debug.Stack())}}
		}
	}()
	switch message["cmd"] {
	case "hello":
		names := make([]string, 0, len(natives))
		for name := range natives {
			names = append(names, name)
		}
		sort.Strings(names)
		return object{"ok": object{
			"impl": "dynamorm-go", "language": "go", "version": dynamorm.Version, "dms": schema.Versions, "capabilities": capabilities, "native_models": names,
		}}
	case "open":
		opened, err := open(message)
		if err != nil {
			return report(nil, "", err)
		}
		sessions[name] = opened
		return object{"ok": object{}}
	case "close":
		delete(sessions, name)
		return object{"ok": object{}}
	}
	do := message["do"].(string)
	result, err := sessions[name].call(do, on, message["args"].(object))
	switch {
	case err != nil:
		return report(sessions[name], on, err)
	case result == nil:
		return object{"unsupported": do}
	}
	return object{"result": result}
}

func main() {
	sessions := map[string]*session{}
	reader := bufio.NewReader(os.Stdin)
	for {
		line, err := reader.ReadBytes('\n')
		if err != nil {
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.UseNumber()
		var message object
		if err := decoder.Decode(&message); err != nil {
			panic(err)
		}
		out := answer(message, sessions)
		out["id"] = message["id"]
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(out); err != nil {
			panic(err)
		}
	}
}
