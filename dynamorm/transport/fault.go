package transport

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"regexp"
	"strings"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
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

// ofUnsent maps what went wrong before a first attempt: an ended context, no credentials, an endpoint that is none, the caller's own middleware.
func ofUnsent(ctx context.Context, err error) *errs.Error {
	out := errs.New(errs.ServiceError, "the request was not sent")
	var signing *v4.SigningError
	switch {
	case ctx.Err() != nil:
		out = errs.New(errs.Canceled, "the context ended before anything was sent")
	case errors.As(err, &signing), strings.Contains(err.Error(), "get identity"):
		// The SDK gives what a credentials provider failed with no type of its own.
		out = errs.New(errs.AccessDenied, "no usable credentials")
	}
	out.Origin = errs.Client
	return out
}

// ofFailure maps an attempt that got no answer: no connection, a cut one, an ended context.
func ofFailure(ctx context.Context, err error) *errs.Error {
	var dial *net.OpError
	switch {
	case ctx.Err() != nil:
		out := errs.New(errs.Canceled, "the context ended")
		out.Origin = errs.Service
		return out
	case errors.As(err, &dial) && dial.Op == "dial":
		out := errs.New(errs.NetworkError, "the service could not be reached")
		out.Origin = errs.Client
		return out
	}
	out := errs.New(errs.NetworkError, "no whole answer from the service")
	out.Origin = errs.Service
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		out.RequestID, out.Status = response.ServiceRequestID(), response.HTTPStatusCode()
	}
	return out
}
