// Command go-runner speaks the runner protocol for the Go library: it translates, and asserts nothing.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
	"github.com/dynamorm/dynamorm/dynamorm/schema/dms"
)

type object = map[string]any

type command struct {
	ID                         any
	Cmd, Client, Do, On, Table string
	Endpoint                   string // null on the pure target
	Documents                  []json.RawMessage
	NowNS                      int64             `json:"now_ns,string"`
	TickNS                     int64             `json:"tick_ns,string"`
	Retries                    int               `json:"sdk_retries"`
	TimeoutMS                  int               `json:"sdk_timeout_ms"`
	Prefix                     string            `json:"table_prefix"`
	TableNames                 map[string]string `json:"table_names"`
	Secrets                    []string          `json:"cursor_secrets"`
	Encrypt                    bool              `json:"encrypt_cursor"`
	Args                       object
	CancelMS                   *int `json:"cancel_ms"`
	grouping
	ciphering
}

// context gives a call's context, which ends after the time that the call names, if it names one.
func (c command) context() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	if c.CancelMS != nil && *c.CancelMS == 0 {
		cancel()
	} else if c.CancelMS != nil {
		time.AfterFunc(time.Duration(*c.CancelMS)*time.Millisecond, cancel)
	}
	return ctx, cancel
}

// opened is a model of a client, with what makes its calls.
type opened struct {
	model *schema.Model
	caller
}

var (
	sdks    = map[string]*dynamodb.Client{}
	clients = map[string]map[string]opened{}
)

func main() {
	in, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	in.Buffer(nil, 1<<26)
	out.SetEscapeHTML(false)
	for in.Scan() {
		if err := out.Encode(answer(in.Text())); err != nil {
			log.Fatal(err)
		}
	}
	if err := in.Err(); err != nil {
		log.Fatal(err)
	}
}

func parse(text string, into any) error {
	if !json.Valid([]byte(text)) {
		return errors.New("this is no JSON")
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return d.Decode(into)
}

func answer(line string) (out object) {
	var c command
	defer func() {
		if p := recover(); p != nil {
			out = object{"crash": object{"message": fmt.Sprint(p), "stack": string(debug.Stack())}}
		}
		out["id"] = c.ID
	}()
	if err := parse(line, &c); err != nil {
		panic(err)
	}
	switch c.Cmd {
	case "hello":
		return object{"ok": object{"impl": "dynamorm-go", "language": "go", "version": dynamorm.Version, "dms": []string{schema.Version},
			"capabilities": dynamorm.Capabilities, "native_models": slices.Sorted(maps.Keys(natives))}}
	case "open":
		if err := open(c); err != nil {
			return failure(err, nil)
		}
	case "close":
		delete(clients, c.Client)
	default:
		return slept(c)
	}
	return object{"ok": object{}}
}

func call(c command) object {
	switch c.Do {
	case "fn.dms.load":
		doc, err := dms.Load(c.Args["text"].(string))
		if err != nil {
			return failure(err, nil)
		}
		return object{"result": object{"dms": doc.CanonicalJSON()}}
	case "fn.dms.native":
		return object{"result": object{"dms": natives[c.Args["model"].(string)].schema.CanonicalJSON()}}
	case "fn.cursor.encode", "fn.cursor.decode":
		return cursor(c.Do, c.Args)
	case "fn.encrypt", "fn.decrypt", "fn.aad", "fn.gcm":
		return envelope(c.Do, c.Args)
	}
	ctx, cancel := c.context()
	defer cancel()
	if slices.Contains(tableCalls, c.Do) {
		return c.tables(ctx)
	}
	m, ok := clients[c.Client][c.On]
	if !ok {
		return object{"unsupported": c.Do}
	}
	if c.Do == "fn.stream" || strings.HasPrefix(c.Do, "stream_") {
		return (&streamed{c, libraries[c.Client].client, m, clients[c.Client], object{}}).run(ctx)
	}
	return m.call(c.Do, args{ctx, c.Args, m.model, item(m.model), clients[c.Client]})
}

// failure reports an error, with what the call has to show beside it; one that is not the library's own is a crash.
func failure(err error, beside object) object {
	var e *dynamorm.Error
	if !errors.As(err, &e) {
		return object{"crash": object{"message": err.Error(), "stack": ""}}
	}
	var cause *smithy.OperationError
	found := errors.Is(err, symbols[string(e.Code)]) && (e.Kind == "" || errors.Is(err, symbols[string(e.Kind)]))
	out := object{"code": e.Code, "origin": e.Origin, "retryable": e.Retryable, "message": fmt.Sprintf("%v %+v", err, err),
		"symbol": found, "cause": errors.As(err, &cause) || e.Code == "BatchIncomplete" && e.Cause != nil}
	for name, v := range map[string]any{"kind": string(e.Kind), "aws": e.AWS, "path": e.Path, "request_id": e.RequestID, "status": e.Status,
		"maybe_applied": e.MaybeApplied} {
		if v != "" && v != 0 && v != false || name == "path" && e.Code == "InvalidModel" {
			out[name] = v
		}
	}
	maps.Copy(out, beside)
	return object{"error": out}
}

// symbols has what errors.Is looks for, by code and by kind.
var symbols = map[string]error{
	"InvalidModel": dynamorm.ErrInvalidModel, "ValidationFailed": dynamorm.ErrValidationFailed, "MissingPrimaryKey": dynamorm.ErrMissingPrimaryKey,
	"InvalidOperator": dynamorm.ErrInvalidOperator, "ItemTooLarge": dynamorm.ErrItemTooLarge, "ItemNotFound": dynamorm.ErrItemNotFound,
	"ConditionFailed": dynamorm.ErrConditionFailed, "AlreadyExists": dynamorm.ErrAlreadyExists, "VersionConflict": dynamorm.ErrVersionConflict,
	"TransactionConflict": dynamorm.ErrTransactionConflict, "TransactionCanceled": dynamorm.ErrTransactionCanceled,
	"TransactionInProgress": dynamorm.ErrTransactionInProgress, "IdempotencyMismatch": dynamorm.ErrIdempotencyMismatch,
	"EncryptionNotConfigured": dynamorm.ErrEncryptionNotConfigured, "EncryptedFieldNotQueryable": dynamorm.ErrEncryptedFieldNotQueryable,
	"InvalidEncryptedEnvelope": dynamorm.ErrInvalidEncryptedEnvelope, "KeyUnavailable": dynamorm.ErrKeyUnavailable, "DecodeFailed": dynamorm.ErrDecodeFailed, "TableNotFound": dynamorm.ErrTableNotFound, "TableExists": dynamorm.ErrTableExists, "TableMismatch": dynamorm.ErrTableMismatch,
	"LimitExceeded": dynamorm.ErrLimitExceeded, "InvalidCursor": dynamorm.ErrInvalidCursor, "Throttled": dynamorm.ErrThrottled, "AccessDenied": dynamorm.ErrAccessDenied,
	"NetworkError": dynamorm.ErrNetworkError, "BatchIncomplete": dynamorm.ErrBatchIncomplete, "Canceled": dynamorm.ErrCanceled, "ServiceError": dynamorm.ErrServiceError,
}

func open(c command) error {
	clock := func() time.Time {
		t := time.Unix(0, c.NowNS)
		c.NowNS += c.TickNS
		return t
	}
	named := []dynamorm.ClientOption{dynamorm.WithClock(clock), dynamorm.WithTablePrefix(c.Prefix), dynamorm.WithTableNames(c.TableNames)}
	keys, err := c.keys()
	if err != nil {
		return err
	}
	client := dynamorm.NewClient(sdk(c), slices.Concat(named, c.cursors(), c.groups(), keys)...)
	c.streams()
	models := map[string]opened{}
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
			rows := newRows(client, d, nil)
			if n, ok := natives[m.Name]; ok && c.Table == "typed" && n.schema.CanonicalJSON() == m.CanonicalJSON() {
				rows = n.open(client, rows)
			}
			models[m.Name] = opened{m, rows}
		}
	}
	clients[c.Client] = models
	return nil
}
