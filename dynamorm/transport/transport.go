// Package transport is the one door to AWS, and a scripted stand-in for it.
package transport

import (
	"context"
	"fmt"

	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// A Transport sends one request and gets one response. Failures come as Response.Err.
type Transport interface {
	Send(ctx context.Context, request operation.Request) operation.Response
}

// A Script plays given answers in order; for users' tests and ours.
type Script struct {
	Responses []operation.Response
	Sent      []operation.Request
}

// Send remembers the request and gives the next answer; it panics where none is left, for then the test is wrong.
func (s *Script) Send(_ context.Context, request operation.Request) operation.Response {
	s.Sent = append(s.Sent, request)
	if len(s.Responses) == 0 {
		panic(fmt.Sprintf("no answer left for %s", request.API))
	}
	response := s.Responses[0]
	s.Responses = s.Responses[1:]
	return response
}

// Run drives an exchange to its result.
func Run[R any](ctx context.Context, t Transport, exchange operation.Exchange[R]) (R, error) {
	for request, ok := exchange.Next(); ok; request, ok = exchange.Next() {
		if err := exchange.Receive(t.Send(ctx, request)); err != nil {
			var none R
			return none, err
		}
	}
	return exchange.Result(), nil
}
