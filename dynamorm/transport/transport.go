// Package transport sends requests and gets responses: through the AWS SDK, or from a script.
package transport

import (
	"context"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// Transport sends one request and gives its response. A failure is an *errs.Error in the response's Fault.
type Transport interface {
	Send(ctx context.Context, r operation.Request) operation.Response
}

// Sleeper waits for a time; it gives an error where the context ends before.
type Sleeper func(ctx context.Context, d time.Duration) error

// Sleep is the Sleeper of a real clock.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Opener opens what an answer holds sealed, before it is read.
type Opener func(ctx context.Context, request operation.Request, r operation.Response) operation.Opened

// Run holds an exchange's conversation over a transport. A wait that is cut short is answered as Canceled. Nothing is opened where open is
// nil.
func Run(ctx context.Context, t Transport, sleep Sleeper, x operation.Exchange, open Opener) error {
	for request, ok := x.Next(); ok; request, ok = x.Next() {
		response := deliver(ctx, t, sleep, request)
		if open != nil {
			response.Opened = open(ctx, request, response)
		}
		if err := x.Receive(response); err != nil {
			return err
		}
	}
	return nil
}

func deliver(ctx context.Context, t Transport, sleep Sleeper, request operation.Request) operation.Response {
	if request.Waits {
		if err := sleep(ctx, request.Delay); err != nil {
			return operation.Response{Fault: canceled(err, true, false)} // only what was sent before waits
		}
	}
	return t.Send(ctx, request)
}
