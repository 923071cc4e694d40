package transport

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"regexp"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

const serverError = 500

var sizeMessage = regexp.MustCompile(`[Ii]tem size .*exceeded the maximum`)

// ofAnswer maps an error answer of the service by DynamoDB's type name, and by the status where there is none.
func ofAnswer(status int, requestID string, body []byte) *errs.Error {
	var answer struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Other   string `json:"Message"` //nolint:tagliatelle // DynamoDB's own spelling, sometimes
	}
	_ = json.Unmarshal(body, &answer)
	aws := answer.Type[strings.LastIndexByte(answer.Type, '#')+1:]
	aws, _, _ = strings.Cut(aws, ":")
	code, retryable, known := errs.OfFault(aws)
	if !known {
		code, retryable = errs.ServiceError, status >= serverError
	}
	if aws == "ValidationException" && sizeMessage.MatchString(answer.Message+answer.Other) {
		code, retryable = errs.ItemTooLarge, false
	}
	name := aws
	if name == "" {
		name = "an error without a type"
	}
	out := errs.New(code, "DynamoDB answered %s", name)
	out.Origin, out.Retryable, out.AWS, out.RequestID, out.Status = errs.Service, retryable, aws, requestID, status
	return out
}

// ofFailure maps what is no answer: no credentials, no connection, a cut one, a cancelled context. sent tells whether the request may have arrived.
func ofFailure(ctx context.Context, err error) (out *errs.Error, sent bool) {
	var dial *net.OpError
	notSent := errors.As(err, &dial) && dial.Op == "dial"
	switch {
	case ctx.Err() != nil:
		out = errs.New(errs.Canceled, "the context ended")
		out.Origin = errs.Service
		if errors.Is(err, errNotStarted) {
			out.Origin = errs.Client
		}
		return out, out.Origin == errs.Service
	case strings.Contains(err.Error(), "credentials"):
		out = errs.New(errs.AccessDenied, "no usable credentials")
		return out, false
	case notSent:
		out = errs.New(errs.NetworkError, "the service could not be reached")
		out.Origin = errs.Client
		return out, false
	}
	out = errs.New(errs.NetworkError, "no whole answer from the service")
	out.Origin = errs.Service
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		out.RequestID, out.Status = response.ServiceRequestID(), response.HTTPStatusCode()
	}
	return out, true
}

var errNotStarted = errors.New("not started")
