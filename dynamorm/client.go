// Package dynamorm is the Go library of DynamORM: models declared by tagged structs or by DMS documents, and tables that read and
// write them in DynamoDB through your own SDK client.
package dynamorm

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"reflect"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

// Client holds what all tables share: the way to DynamoDB, the clock, the names of tables. It is safe for concurrent use.
type Client struct {
	transport transport.Transport
	clock     func() time.Time
	prefix    string
	names     map[string]string
	signer    operation.Signer
	buffers   sync.Pool
	retries   operation.Retries
	sleep     transport.Sleeper
	tokens    func() string
	random    func() float64
	sources   sync.Mutex // random and tokens are asked by one at a time
	keys      *encryption.Encryption
}

// ClientOption changes a client as it is made.
type ClientOption func(*Client)

// WithClock sets the clock; each operation that writes reads it once. The default is time.Now.
func WithClock(clock func() time.Time) ClientOption { return func(c *Client) { c.clock = clock } }

// WithTablePrefix sets what stands before the name of every table.
func WithTablePrefix(prefix string) ClientOption { return func(c *Client) { c.prefix = prefix } }

// WithTableNames sets the real names of tables by their models' names for them; these take no prefix.
func WithTableNames(names map[string]string) ClientOption { return func(c *Client) { c.names = names } }

// WithCursorSecrets signs cursors: the first secret does, all are accepted. An empty secret makes every read fail with ValidationFailed.
func WithCursorSecrets(secrets ...[]byte) ClientOption {
	return func(c *Client) { c.signer.Secrets = secrets }
}

// WithEncryptedCursors hides the keys in cursors; it needs secrets.
func WithEncryptedCursors() ClientOption { return func(c *Client) { c.signer.Encrypt = true } }

// WithMaxAttempts sets how often a chunk of a batch, or a cancelled transaction, is sent at most; 10 unless set, 1 sends nothing again.
// Attempts of the SDK's are within each of these. Under 1 makes every batch and transaction fail with ValidationFailed.
func WithMaxAttempts(n int) ClientOption { return func(c *Client) { c.retries.MaxAttempts = n } }

// WithBackoffBase sets what the time before the first new attempt is at most; it doubles with each. 50 ms unless set.
func WithBackoffBase(d time.Duration) ClientOption { return func(c *Client) { c.retries.Base = d } }

// WithBackoffCap sets what the time before a new attempt is at most; 5 s unless set.
func WithBackoffCap(d time.Duration) ClientOption { return func(c *Client) { c.retries.Cap = d } }

// WithSleeper sets what waits before a new attempt, for tests. It may be called from several goroutines.
func WithSleeper(sleep transport.Sleeper) ClientOption { return func(c *Client) { c.sleep = sleep } }

// WithRandom sets the source of numbers from 0 to below 1 that spread the waits, for tests.
func WithRandom(random func() float64) ClientOption { return func(c *Client) { c.random = random } }

// WithTokens sets the source of the tokens of transactions; random UUIDs unless set.
func WithTokens(tokens func() string) ClientOption { return func(c *Client) { c.tokens = tokens } }

// randomUUID gives a UUID of version 4.
func randomUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

// randomFraction gives a number from 0 to below 1.
func randomFraction() float64 {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return float64(binary.LittleEndian.Uint64(b[:])>>11) / (1 << 53)
}

// randomNonce gives bytes that no two cursors share.
func randomNonce() ([]byte, error) {
	b := make([]byte, 12)
	_, err := rand.Read(b)
	return b, err
}

// NewClient gives a client over an SDK client of yours: its credentials, retries, endpoint, HTTP client and middleware stay in force.
func NewClient(sdk *dynamodb.Client, options ...ClientOption) *Client {
	return NewClientOver(transport.NewSDK(sdk), options...)
}

// NewClientOver gives a client over any transport, a script in a test.
func NewClientOver(t transport.Transport, options ...ClientOption) *Client {
	c := &Client{transport: t, clock: time.Now, signer: operation.Signer{Nonce: randomNonce}, sleep: transport.Sleep, tokens: randomUUID,
		random: randomFraction, retries: operation.Retries{MaxAttempts: 10, Base: 50 * time.Millisecond, Cap: 5 * time.Second}}
	c.retries.Random = func() float64 {
		c.sources.Lock()
		defer c.sources.Unlock()
		return c.random()
	}
	c.buffers.New = func() any {
		b := make([]byte, 0, 1024)
		return &b
	}
	for _, o := range options {
		o(c)
	}
	return c
}

// Format gives the type's name, whatever fmt is asked for: cursor secrets stay out of logs.
func (c *Client) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "dynamorm.Client") }

// mostPooled bounds the buffers that are kept.
const mostPooled = 1 << 20

// buffered runs a call with a pooled buffer for its body. Only after success is the body surely read to its end by the network.
func (c *Client) buffered(run func(b []byte) ([]byte, error)) error {
	p := c.buffers.Get().(*[]byte)
	body, err := run((*p)[:0])
	if err == nil && cap(body) > 0 && cap(body) <= mostPooled {
		*p = body
		c.buffers.Put(p)
	}
	return err
}

// token gives a new token.
func (c *Client) token() string {
	c.sources.Lock()
	defer c.sources.Unlock()
	return c.tokens()
}

// tableName gives the real name of a model's table.
func (c *Client) tableName(m *schema.Model) string {
	if name, ok := c.names[m.Table]; ok {
		return name
	}
	return c.prefix + m.Table
}

// Model is a model whose values are of type T.
type Model[T any] struct {
	plan *codec.Plan

	once sync.Once
	maps *codec.Plan
	err  error
}

// Define declares the model that the tagged struct T describes, and checks it. What is wrong with it is InvalidModel.
// The tags are described at schema.Tag.
func Define[T any](d schema.Declaration) (*Model[T], error) {
	m, err := schema.Declare(reflect.TypeFor[T](), d)
	if err != nil {
		return nil, err
	}
	return Bind[T](m)
}

// MustDefine is Define for package variables: it panics where the model is wrong.
func MustDefine[T any](d schema.Declaration) *Model[T] {
	m, err := Define[T](d)
	if err != nil {
		panic(err)
	}
	return m
}

// Bind gives a loaded model the struct that holds its values: each attribute needs a field that names it in its tag.
func Bind[T any](m *schema.Model) (*Model[T], error) {
	plan, err := codec.Compile(m, reflect.TypeFor[T]())
	if err != nil {
		if e := errs.As(err); e != nil {
			e.Model = m.Name
		}
		return nil, err
	}
	return &Model[T]{plan: plan}, nil
}

// Schema gives the model's description.
func (m *Model[T]) Schema() *schema.Model { return m.plan.Model }

// Marshal gives a value's item as DynamoDB's JSON, as the operations send it.
func (m *Model[T]) Marshal(v *T) ([]byte, error) { return m.plan.AppendItem(nil, v, nil, nil) }

// AppendItem appends a value's item as DynamoDB's JSON.
func (m *Model[T]) AppendItem(dst []byte, v *T) ([]byte, error) {
	return m.plan.AppendItem(dst, v, nil, nil)
}

// Unmarshal reads an item in DynamoDB's JSON.
func (m *Model[T]) Unmarshal(item []byte) (*T, error) {
	v := new(T)
	if err := m.plan.Unmarshal(item, v, false); err != nil {
		return nil, decoded(err)
	}
	return v, nil
}

// Size gives the bytes that DynamoDB counts for a value's item.
func (m *Model[T]) Size(v *T) (int, error) {
	item, err := m.Marshal(v)
	return codec.ItemSize(item), err
}

// decoded makes an error of the library out of text that is no JSON of DynamoDB.
func decoded(err error) error {
	if err == nil || errs.As(err) != nil {
		return err
	}
	e := errs.New(errs.CodeDecodeFailed, "", "the text is not the JSON of DynamoDB")
	e.Cause = err
	return e
}
