package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/schemas"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// SDK sends through the caller's own DynamoDB client, by its public hooks: Options.Protocol puts our body into the request and
// takes the answer's body before the generic deserialiser; a middleware counts attempts. Credentials, retries, endpoint rules,
// the HTTP client and the caller's own middleware stay in force.
type SDK struct{ client *dynamodb.Client }

// NewSDK takes the caller's client.
func NewSDK(client *dynamodb.Client) *SDK { return &SDK{client} }

// call is one call of ours on its way through the SDK.
type call struct {
	api       string
	table     string
	body      []byte
	answer    []byte
	failure   []byte
	status    int
	requestID string
	attempts  int
	// unanswered counts attempts that got no readable answer, lastUnanswered tells of the last one.
	unanswered     int
	lastUnanswered bool
}

// Send sends one request; what the SDK gives as an error becomes the response's.
func (t *SDK) Send(ctx context.Context, request operation.Request) operation.Response {
	c := &call{api: request.API, table: request.Table, body: request.Body}
	answered, err := t.invoke(ctx, c)
	if err == nil && c.answer == nil {
		// The caller's own middleware answered in place of the service.
		c.answer, err = bodyOf(answered)
	}
	if err == nil {
		return operation.Response{Body: c.answer, Unanswered: c.unanswered > 0}
	}
	earlier := c.unanswered
	if c.lastUnanswered {
		earlier--
	}
	out := t.mapped(ctx, c, err)
	out.MaybeApplied = request.Write && c.unanswered > 0
	return operation.Response{Body: c.failure, Err: out.Because(err), Unanswered: earlier > 0}
}

func (t *SDK) mapped(ctx context.Context, c *call, err error) *errs.Error {
	if c.status >= http.StatusMultipleChoices {
		return ofAnswer(c.status, c.requestID, c.failure)
	}
	if c.attempts == 0 {
		return ofUnsent(ctx, err)
	}
	return ofFailure(ctx, err)
}

// invoke calls the SDK with the least it has to see: the table, by which it finds the endpoint and the caller's middleware the call.
func (t *SDK) invoke(ctx context.Context, c *call) (answered any, err error) {
	options := func(o *dynamodb.Options) {
		o.Protocol = &protocol{awsjson.New10(schemas.DynamoDB_20120810), c}
		o.APIOptions = append(append([]func(*middleware.Stack) error{}, o.APIOptions...), c.watch)
	}
	switch least := map[string]types.AttributeValue{}; c.api { // an empty map passes the SDK's check of required members
	case "GetItem":
		return t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &c.table, Key: least}, options)
	case "PutItem":
		return t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &c.table, Item: least}, options)
	case "UpdateItem":
		return t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &c.table, Key: least}, options)
	case "DeleteItem":
		return t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &c.table, Key: least}, options)
	}
	return nil, fmt.Errorf("no such call: %s", c.api)
}

// watch counts the attempts that got no readable answer.
func (c *call) watch(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("dynamorm-attempts",
		func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			c.attempts++
			c.status, c.failure = 0, nil
			out, metadata, err := next.HandleDeserialize(ctx, in)
			c.lastUnanswered = err != nil && c.lost(err)
			if c.lastUnanswered {
				c.unanswered++
			}
			return out, metadata, err
		}), middleware.Before)
}

// lost tells whether a failed attempt may have been applied all the same.
func (c *call) lost(err error) bool {
	if c.status >= http.StatusMultipleChoices {
		return c.status >= serverError
	}
	var dial *net.OpError
	return !errors.As(err, &dial) || dial.Op != "dial"
}

// protocol is the SDK's own, with our bodies.
type protocol struct {
	*awsjson.Protocol
	call *call
}

// SerializeRequest puts the built body into the request.
func (p *protocol) SerializeRequest(_ context.Context, _ *smithy.OperationSchema, _ smithy.Serializable, request *smithyhttp.Request) error {
	request.Method = http.MethodPost
	if request.URL.Path == "" {
		request.URL.Path = "/"
	}
	request.Header["X-Amz-Target"] = []string{"DynamoDB_20120810." + p.call.api}
	request.Header["Content-Type"] = []string{"application/x-amz-json-1.0"}
	filled, err := request.SetStream(bytes.NewReader(p.call.body))
	if err != nil {
		return fmt.Errorf("dynamorm: set the request's body: %w", err)
	}
	*request = *filled
	return nil
}

// A bodyError is an answer that broke off or is not what was sent; the SDK retries it.
type bodyError struct{ cause error }

func (e *bodyError) Error() string        { return "dynamorm: the answer's body: " + e.cause.Error() }
func (e *bodyError) Unwrap() error        { return e.cause }
func (e *bodyError) RetryableError() bool { return true }

// DeserializeResponse takes the body of a success; an error's body is kept for us and left to the SDK.
func (p *protocol) DeserializeResponse(
	ctx context.Context, op *smithy.OperationSchema, registry *smithy.TypeRegistry, response *smithyhttp.Response, out smithy.Deserializable,
) error {
	c := p.call
	body, err := io.ReadAll(response.Body)
	c.requestID = response.Header.Get("X-Amzn-Requestid")
	if response.StatusCode >= http.StatusMultipleChoices {
		c.status, c.failure = response.StatusCode, body
		response.Body = io.NopCloser(bytes.NewReader(body))
		return p.Protocol.DeserializeResponse(ctx, op, registry, response, out) //nolint:wrapcheck // the SDK's own error is the cause
	}
	if err != nil {
		return &bodyError{err}
	}
	if sum := response.Header.Get("X-Amz-Crc32"); sum != "" && sum != strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10) {
		return &bodyError{errors.New("wrong checksum")}
	}
	if !json.Valid(body) || len(body) == 0 || bytes.TrimLeft(body, " \t\r\n")[0] != '{' {
		return &bodyError{errors.New("no JSON object")}
	}
	c.answer = body
	return nil
}
