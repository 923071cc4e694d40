// Package transport sends requests and gets responses: through the AWS SDK, or from a script.
package transport

import (
	"context"

	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// Transport sends one request and gives its response. A failure is an *errs.Error in the response's Fault.
type Transport interface {
	Send(ctx context.Context, r operation.Request) operation.Response
}

// Run holds an exchange's conversation over a transport.
func Run(ctx context.Context, t Transport, x operation.Exchange) error {
	return x.Receive(t.Send(ctx, x.Next()))
}
