package transport

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/internal/unsent"
)

// TornError is a successful answer that did not arrive whole. The SDK retries it.
type TornError struct {
	Reason string
	Err    error
}

func (e *TornError) Error() string { return "dynamorm: " + e.Reason }

// Unwrap gives what the network said.
func (e *TornError) Unwrap() error { return e.Err }

// RetryableError makes the SDK's retryer try again.
func (e *TornError) RetryableError() bool { return true }

// canceled is the end of a context.
func canceled(cause error, reached, maybe bool) *errs.Error {
	e := errs.Canceled(cause)
	e.MaybeApplied = maybe
	if reached {
		e.Origin = errs.Service
	}
	return e
}

// answered maps a failure that DynamoDB answered with; known is the error type that the SDK found where the body names none.
func answered(status int, body []byte, requestID, known string) *errs.Error {
	name, message := awsError(body)
	if name == "" {
		name = known
	}
	e := &errs.Error{Origin: errs.Service, Status: status, RequestID: requestID, AWS: name, Message: "DynamoDB answered " + strconv.Itoa(status)}
	if name == "" {
		e.Code, e.Retryable = errs.CodeServiceError, status >= 500
		return e
	}
	e.Message += " " + name
	e.Code, e.Retryable = errs.FromAWS(name, status)
	if e.Code == errs.CodeValidationFailed && strings.Contains(message, "Item size") {
		e.Code = errs.CodeItemTooLarge
	}
	return e
}

// awsError reads the type, without its namespace, and the message out of an error's body.
func awsError(body []byte) (name, message string) {
	tree, err := canon.ParseJSON(string(body))
	if err != nil {
		return "", ""
	}
	m, _ := tree.(map[string]any)
	name, _ = m["__type"].(string)
	if i := strings.LastIndexByte(name, '#'); i >= 0 {
		name = name[i+1:]
	}
	name, _, _ = strings.Cut(name, ":")
	for _, k := range []string{"message", "Message"} {
		if s, ok := m[k].(string); ok {
			message = s
		}
	}
	return name, message
}

// fault maps what the SDK gave up with.
func (c *call) fault(ctx context.Context, err error) *errs.Error {
	e := c.classify(ctx, err)
	e.Cause = err
	e.MaybeApplied = c.write && c.unanswered
	return e
}

func (c *call) classify(ctx context.Context, err error) *errs.Error {
	var torn *TornError
	var api smithy.APIError
	switch {
	case ctx.Err() != nil && (c.status == 0 || errors.Is(err, ctx.Err())):
		return canceled(err, c.reached, c.write && c.unanswered)
	case errors.As(err, &torn) || errors.Is(err, codec.ErrMalformed):
		e := errs.New(errs.CodeNetworkError, "", "the answer did not arrive whole")
		e.Origin, e.RequestID = errs.Service, c.requestID
		return e
	case c.status != 0:
		known := ""
		if errors.As(err, &api) && api.ErrorCode() != "UnknownError" {
			known = api.ErrorCode()
		}
		return answered(c.status, c.answer, c.requestID, known)
	case errors.As(err, &api):
		return c.mocked(err, api)
	case unsent.Credentials(err):
		e := errs.New(errs.CodeAccessDenied, "", "the request could not be signed: no credentials")
		return e
	case c.attempts == 0 && !network(err):
		return errs.New(errs.CodeServiceError, "", "the SDK did not send the request")
	}
	e := errs.New(errs.CodeNetworkError, "", "DynamoDB could not be reached, or did not answer")
	if c.reached {
		e.Origin = errs.Service
	}
	return e
}

// mocked is a failure that never was on the wire: from a middleware of the user's.
func (c *call) mocked(err error, api smithy.APIError) *errs.Error {
	status, id := 400, ""
	var resp *smithyhttp.ResponseError
	if errors.As(err, &resp) && resp.Response != nil {
		status = resp.HTTPStatusCode()
	}
	if api.ErrorFault() == smithy.FaultServer {
		status = max(status, 500)
	}
	c.answer = failedItem(err)
	return answered(status, c.answer, id, api.ErrorCode())
}

func network(err error) bool {
	var sent *smithyhttp.RequestSendError
	var n net.Error
	return errors.As(err, &sent) || errors.As(err, &n)
}
