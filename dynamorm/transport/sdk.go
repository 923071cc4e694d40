package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/dynamorm/dynamorm/dynamorm/internal/unsent"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// SDK sends through the user's own SDK client: its credentials, region, endpoint rules, retries, HTTP client and middleware stay in
// force; only the bodies are the library's, and a body is the SDK's where a middleware changed the parameters.
type SDK struct {
	client *dynamodb.Client
	// full says that the client has middleware of the user's, which may want to see the parameters, and to change them.
	full bool
}

// NewSDK gives a transport over a client; the client itself is not changed.
func NewSDK(client *dynamodb.Client) *SDK {
	full := len(client.Options().APIOptions) > 0
	return &SDK{full: full, client: dynamodb.New(client.Options(), func(o *dynamodb.Options) {
		o.Protocol = protocol{o.Protocol, full}
		o.HTTPClient = plainBodies{o.HTTPClient}
		// The checksum is over the bytes as sent, and is checked in DeserializeResponse, where a mismatch is an error.
		o.DisableValidateResponseChecksum = true
		o.EnableAcceptEncodingGzip = false
		o.APIOptions = append(o.APIOptions[:len(o.APIOptions):len(o.APIOptions)], watch)
	})}
}

// call carries one request through the SDK, in its context.
type call struct {
	request    reader
	write      bool
	answer     []byte
	status     int
	requestID  string
	attempts   int
	reached    bool // an attempt left this process
	unanswered bool
	earlier    bool
	done       bool
}

type callKey struct{}

// Send sends a request with as many attempts as the user's retryer makes.
func (s *SDK) Send(ctx context.Context, r operation.Request) operation.Response {
	c := &call{request: reader{b: r.Body}, write: r.Write}
	out, err := s.invoke(context.WithValue(ctx, callKey{}, c), r)
	if err != nil {
		return operation.Response{Body: c.answer, Fault: c.fault(ctx, err), Unanswered: c.earlier}
	}
	if !c.done {
		c.answer = answerOf(out) // a middleware of the user's answered for DynamoDB
	}
	return operation.Response{Body: c.answer, Unanswered: c.earlier, RequestID: c.requestID}
}

// reader gives the body to the SDK. It has WriteTo, so that hashing it needs no buffer.
type reader struct {
	b []byte
	i int64
}

func (r *reader) Read(p []byte) (int, error) {
	if r.i >= int64(len(r.b)) {
		return 0, io.EOF
	}
	n := copy(p, r.b[r.i:])
	r.i += int64(n)
	return n, nil
}

func (r *reader) Seek(off int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
		r.i = off
	case io.SeekCurrent:
		r.i += off
	case io.SeekEnd:
		r.i = int64(len(r.b)) + off
	}
	return r.i, nil
}

func (r *reader) Len() int { return len(r.b) - int(r.i) }

func (r *reader) WriteTo(w io.Writer) (int64, error) {
	if r.i >= int64(len(r.b)) {
		return 0, nil
	}
	n, err := w.Write(r.b[r.i:])
	r.i += int64(n)
	return int64(n), err
}

// plainBodies hides WriteTo from net/http: smithy's closer answers io.EOF there, which net/http takes for a failed write.
type plainBodies struct{ dynamodb.HTTPClient }

type plainBody struct{ io.ReadCloser }

func (c plainBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body = plainBody{r.Body}
	}
	return c.HTTPClient.Do(r)
}

// protocol puts the library's body into a request of its own, and takes the answer's; other calls go their usual way.
type protocol struct {
	smithyhttp.ClientProtocol
	full bool
}

func (p protocol) SerializeRequest(ctx context.Context, op *smithy.OperationSchema, in smithy.Serializable, req *smithyhttp.Request) error {
	c, _ := ctx.Value(callKey{}).(*call)
	if c == nil || p.full && changed(in, c.request.b) {
		return p.ClientProtocol.SerializeRequest(ctx, op, in, req)
	}
	req.Method = http.MethodPost
	if req.URL.Path == "" {
		req.URL.Path = "/"
	}
	req.Header.Set("X-Amz-Target", "DynamoDB_20120810."+op.ID().Name)
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	with, err := req.SetStream(&c.request)
	if err != nil {
		return err
	}
	*req = *with
	return nil
}

func (p protocol) DeserializeResponse(ctx context.Context, op *smithy.OperationSchema, types *smithy.TypeRegistry, resp *smithyhttp.Response, out smithy.Deserializable) error {
	c, _ := ctx.Value(callKey{}).(*call)
	if c == nil {
		return p.ClientProtocol.DeserializeResponse(ctx, op, types, resp, out)
	}
	body, err := whole(resp)
	c.answer, c.status, c.requestID = body, resp.StatusCode, resp.Header.Get("X-Amzn-Requestid")
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		resp.Body = io.NopCloser(&reader{b: body})
		resp.ContentLength = int64(len(body))
		return p.ClientProtocol.DeserializeResponse(ctx, op, types, resp, out)
	}
	if err == nil {
		err = wellFormed(resp, body)
	}
	if err != nil {
		return &smithy.DeserializationError{Err: err}
	}
	c.done = true
	return nil
}

// most bounds what one answer may hold; DynamoDB's own limit is 16 MB.
const most = 64 << 20

func whole(resp *smithyhttp.Response) ([]byte, error) {
	if n := resp.ContentLength; n >= 0 && n <= most {
		body := make([]byte, n)
		k, err := io.ReadFull(resp.Body, body)
		if err != nil {
			return body[:k], &TornError{"the answer broke off", err}
		}
		return body, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return body, &TornError{"the answer broke off", err}
	case len(body) > most:
		return nil, &TornError{"the answer is longer than DynamoDB's can be", nil}
	}
	return body, nil
}

// wellFormed checks an answer's CRC32, where it has one, and that it is a JSON object.
func wellFormed(resp *smithyhttp.Response, body []byte) error {
	if sum := resp.Header.Get("X-Amz-Crc32"); sum != "" {
		want, err := strconv.ParseUint(sum, 10, 32)
		if err != nil || uint32(want) != crc32.ChecksumIEEE(body) {
			return &TornError{"the answer has another checksum", nil}
		}
	}
	if !json.Valid(body) || !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return &TornError{"the answer is no JSON object", nil}
	}
	return nil
}

// watch puts attempt where each attempt passes.
func watch(stack *middleware.Stack) error {
	return stack.Deserialize.Add(attempt{}, middleware.Before)
}

// attempt notes for each attempt whether it may have reached DynamoDB without a readable answer.
type attempt struct{}

func (attempt) ID() string { return "DynamORMAttempt" }

func (attempt) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	c, _ := ctx.Value(callKey{}).(*call)
	if c == nil {
		return next.HandleDeserialize(ctx, in)
	}
	c.attempts++
	c.earlier = c.unanswered
	c.answer, c.status, c.requestID, c.done = nil, 0, "", false
	ended := ctx.Err() != nil
	out, metadata, err := next.HandleDeserialize(ctx, in)
	c.reached = c.reached || !ended && (err == nil || c.status != 0 || !unsent.Connection(err))
	if err != nil && !ended && c.lost(err) {
		c.unanswered = true
	}
	return out, metadata, err
}

// lost says whether this attempt's outcome is unknown.
func (c *call) lost(err error) bool {
	var torn *TornError
	var ended *smithy.CanceledError
	switch {
	case errors.As(err, &torn) || errors.As(err, &ended) || c.status >= 500:
		return true
	case c.status != 0:
		return false
	}
	return network(err) && !unsent.Connection(err)
}
