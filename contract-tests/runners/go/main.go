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
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
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
	Endpoint                   string
	Documents                  []json.RawMessage
	NowNS                      int64             `json:"now_ns,string"`
	TickNS                     int64             `json:"tick_ns,string"`
	Retries                    int               `json:"sdk_retries"`
	TimeoutMS                  int               `json:"sdk_timeout_ms"`
	Prefix                     string            `json:"table_prefix"`
	TableNames                 map[string]string `json:"table_names"`
	Args                       object
	CancelMS                   *int `json:"cancel_ms"`
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

// opened is a model of a client, with the table that its calls go through and the one of maps.
type opened struct {
	model       *schema.Model
	table, maps table
}

var (
	sdks    = map[string]*dynamodb.Client{}
	clients = map[string]map[string]opened{}
)

func main() {
	in := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for {
		line, end := in.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			if err := out.Encode(answer(line)); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
		if end != nil {
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

func answer(line []byte) (out object) {
	var c command
	defer func() {
		if p := recover(); p != nil {
			out = object{"crash": object{"message": fmt.Sprint(p), "stack": string(debug.Stack())}}
		}
		out["id"] = c.ID
	}()
	if err := parse(string(line), &c); err != nil {
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
		return call(c)
	}
	return object{"ok": object{}}
}

// failure reports an error, with what the call has to show beside it.
func failure(err error, beside object) object {
	var e *dynamorm.Error
	if !errors.As(err, &e) {
		return object{"crash": object{"message": err.Error(), "stack": ""}}
	}
	var op *smithy.OperationError
	symbol := errors.Is(err, symbols[string(e.Code)]) && (e.Kind == "" || errors.Is(err, symbols[string(e.Kind)]))
	m := object{"code": e.Code, "origin": e.Origin, "retryable": e.Retryable, "message": fmt.Sprintf("%v %+v", err, err),
		"symbol": symbol, "cause": errors.As(err, &op)}
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
	maps.Copy(m, beside)
	return object{"error": m}
}

// symbols has what errors.Is finds, by code and kind.
var symbols = map[string]error{
	"InvalidModel": dynamorm.ErrInvalidModel, "ValidationFailed": dynamorm.ErrValidationFailed,
	"MissingPrimaryKey": dynamorm.ErrMissingPrimaryKey, "InvalidOperator": dynamorm.ErrInvalidOperator,
	"ItemTooLarge": dynamorm.ErrItemTooLarge, "ItemNotFound": dynamorm.ErrItemNotFound, "ConditionFailed": dynamorm.ErrConditionFailed,
	"AlreadyExists": dynamorm.ErrAlreadyExists, "VersionConflict": dynamorm.ErrVersionConflict,
	"TransactionConflict": dynamorm.ErrTransactionConflict, "TransactionCanceled": dynamorm.ErrTransactionCanceled,
	"TransactionInProgress": dynamorm.ErrTransactionInProgress, "IdempotencyMismatch": dynamorm.ErrIdempotencyMismatch,
	"EncryptionNotConfigured": dynamorm.ErrEncryptionNotConfigured, "EncryptedFieldNotQueryable": dynamorm.ErrEncryptedFieldNotQueryable,
	"DecodeFailed": dynamorm.ErrDecodeFailed, "TableNotFound": dynamorm.ErrTableNotFound, "TableExists": dynamorm.ErrTableExists,
	"LimitExceeded": dynamorm.ErrLimitExceeded, "Throttled": dynamorm.ErrThrottled, "AccessDenied": dynamorm.ErrAccessDenied,
	"NetworkError": dynamorm.ErrNetworkError, "Canceled": dynamorm.ErrCanceled, "ServiceError": dynamorm.ErrServiceError,
}

func open(c command) error {
	clock := func() time.Time {
		t := time.Unix(0, c.NowNS)
		c.NowNS += c.TickNS
		return t
	}
	client := dynamorm.NewClient(sdk(c), dynamorm.WithClock(clock), dynamorm.WithTablePrefix(c.Prefix), dynamorm.WithTableNames(c.TableNames))
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
			o := opened{model: m, maps: newDynamic(client, d)}
			o.table = o.maps
			if n, ok := natives[m.Name]; ok && c.Table == "typed" && n.schema.CanonicalJSON() == m.CanonicalJSON() {
				o.table = n.open(client, m, o.maps)
			}
			models[m.Name] = o
		}
	}
	clients[c.Client] = models
	return nil
}

func sdk(c command) *dynamodb.Client {
	key := fmt.Sprint(c.Endpoint, c.Retries, c.TimeoutMS)
	if known, ok := sdks[key]; ok {
		return known
	}
	credentials := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIDCONTRACT", SecretAccessKey: "secret"}, nil
	})
	retryer := retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = c.Retries + 1
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil })
		o.RateLimiter = ratelimit.None
	})
	options := dynamodb.Options{Region: "us-east-1", Credentials: credentials, Retryer: retryer, BaseEndpoint: aws.String(c.Endpoint)}
	if c.Endpoint == "" {
		options.BaseEndpoint = aws.String("http://127.0.0.1:9")
	}
	if c.TimeoutMS > 0 {
		options.HTTPClient = awshttp.NewBuildableClient().WithTimeout(time.Duration(c.TimeoutMS) * time.Millisecond)
	}
	sdks[key] = dynamodb.New(options)
	return sdks[key]
}
