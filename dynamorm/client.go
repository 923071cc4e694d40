package dynamorm

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

// A Client is one DynamoDB: the tables of models on it, and everything that is given from outside. It is safe for concurrent use.
type Client struct {
	transport transport.Transport
	clock     func() time.Time
	prefix    string
	names     map[string]string
	codecs    sync.Map
}

// A ClientOption configures a Client.
type ClientOption func(*Client)

// WithClock gives the clock; every operation reads it once.
func WithClock(clock func() time.Time) ClientOption { return func(c *Client) { c.clock = clock } }

// WithTablePrefix puts a prefix before every table's name.
func WithTablePrefix(prefix string) ClientOption { return func(c *Client) { c.prefix = prefix } }

// WithTableNames maps a document's table name to the real one, which then takes no prefix.
func WithTableNames(names map[string]string) ClientOption {
	return func(c *Client) { c.names = names }
}

// WithTransport stands in for the SDK, in tests.
func WithTransport(t transport.Transport) ClientOption { return func(c *Client) { c.transport = t } }

// New makes a Client over the caller's own DynamoDB client, which keeps its credentials, retries, endpoint and middleware.
func New(client *dynamodb.Client, options ...ClientOption) *Client {
	c := &Client{transport: transport.NewSDK(client), clock: time.Now}
	for _, option := range options {
		option(c)
	}
	return c
}

func (c *Client) bind(model *schema.Model) *operation.Binding {
	compiled, there := c.codecs.Load(model)
	if !there {
		compiled, _ = c.codecs.LoadOrStore(model, codec.New(model))
	}
	name := c.prefix + model.Table
	if real, there := c.names[model.Table]; there {
		name = real
	}
	return operation.Bind(model, name, compiled.(*codec.ItemCodec)) //nolint:forcetypeassert // the map holds nothing else
}

func run[R any](ctx context.Context, c *Client, exchange operation.Exchange[R], err error) (R, error) {
	if err != nil {
		var none R
		return none, err
	}
	return transport.Run(ctx, c.transport, exchange)
}
