// Package operation has one DynamoDB call a file: it builds the request and reads the response. Nothing here waits or sends.
package operation

import (
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Request is one call of DynamoDB: its API's name and its body as JSON.
type Request struct {
	API   string
	Table string
	// Tables are those of a request that names several, or whose API could.
	Tables []string
	Body   []byte
	// Write says that the call changes something, so that a lost answer leaves doubt.
	Write bool
	// Waits says that something is sent again, which waits for Delay, be it nothing.
	Waits bool
	Delay time.Duration
}

// Response is what came of a request: a body, or a fault with the body that explained it.
type Response struct {
	// Body is the answer's JSON, of a success or of a failure; nil where none came.
	Body []byte
	// Fault is the failure, nil for a success.
	Fault *errs.Error
	// Unanswered says that an attempt before the last may have reached DynamoDB without an answer.
	Unanswered bool
	// RequestID is the service's id of the request, of a success; a fault has its own.
	RequestID string
	// Opened has what was opened of the items in the body.
	Opened Opened
}

// Exchange is a conversation without a wire: Next gives the next request, false at the end, and Receive takes its answer.
// An error of Receive is the end, too.
type Exchange interface {
	Next() (Request, bool)
	Receive(Response) error
}

// once is the conversation of a single request.
type once struct {
	request Request
	sent    bool
}

// Next gives the request, once.
func (o *once) Next() (Request, bool) {
	first := !o.sent
	o.sent = true
	return o.request, first
}

// Body gives the request's body, whose memory is free again after a success.
func (o *once) Body() []byte { return o.request.Body }

// begin appends the start of every body.
func begin(dst []byte, table string) []byte {
	dst, _ = canon.AppendString(append(dst, `{"TableName":`...), table)
	return dst
}

// appendKeyed appends the start of a body that has a key, and gives the key's text, too.
func appendKeyed(p *codec.Plan, dst []byte, table string, key any) (b, text []byte, err error) {
	b = append(begin(dst, table), `,"Key":`...)
	start := len(b)
	if b, err = p.AppendKey(b, key); err != nil {
		return nil, nil, err
	}
	return b, b[start:], nil
}

// appendText appends a member that holds text.
func appendText(dst []byte, name, text string) []byte {
	dst = append(append(append(dst, `,"`...), name...), `":`...)
	dst, _ = canon.AppendString(dst, text)
	return dst
}

// appendCondition appends a condition and what goes with it; nothing for none.
func appendCondition(dst []byte, text string) []byte {
	if text == "" {
		return dst
	}
	return append(appendText(dst, "ConditionExpression", text), `,"ReturnValuesOnConditionCheckFailure":"ALL_OLD"`...)
}

// failed gives an error of a model, at an attribute.
func failed(m *schema.Model, code errs.Code, path, reason string) error {
	e := errs.New(code, path, reason)
	e.Model = m.Name
	return e
}

// Guard is what the library adds to a caller's condition, and what a failure of it then means.
type Guard struct {
	Condition expression.Condition
	// Exist says that the item has to be there.
	Exist bool
	// Expected is the version that the item has to have; nil for any.
	Expected *int64
}

// compile gives the condition's text, the library's part behind the caller's.
func (g Guard) compile(c *expression.Compiler, m *schema.Model, ownOnly bool) (string, error) {
	cond := g.Condition
	switch {
	case g.Expected != nil:
		version := m.Role(schema.RoleVersion)
		if version == nil {
			return "", failed(m, errs.CodeValidationFailed, "", "the model has no version")
		}
		cond = expression.Joined(cond, expression.Path(version.Name).Eq(*g.Expected))
	case g.Exist:
		cond = expression.Joined(cond, expression.Path(m.Partition.Attribute).Exists())
	}
	if d := m.Discriminator; d != nil && ownOnly {
		own := expression.Path(d.Attribute).Eq(d.Value)
		if g.Expected == nil && !g.Exist {
			own = expression.Or(expression.Path(m.Partition.Attribute).NotExists(), own)
		}
		cond = expression.Joined(cond, own)
	}
	return c.Condition(cond)
}

// explain turns a failed condition into what it means: no item, another version, or just false. Other faults stay as they are.
func (g Guard) explain(p *codec.Plan, r Response, kind errs.Kind) error {
	e := r.Fault
	e.Model = p.Model.Name
	if e.Code != errs.CodeConditionFailed {
		return e
	}
	item := stored(r.Body)
	if item != nil {
		keep, opened := append([]byte(nil), item...), r.Opened.Of(p, item)
		e.SetItem(func(into any) error {
			if err := p.CheckMark(keep); err != nil {
				return err
			}
			return p.UnmarshalOpened(keep, into, false, opened)
		})
	}
	switch {
	case item == nil && (g.Exist || g.Expected != nil):
		e.Code, e.Retryable = errs.CodeItemNotFound, false
	case item != nil && g.Expected != nil && !hasVersion(p.Model, item, *g.Expected):
		e.Kind = errs.KindVersionConflict
	default:
		e.Kind = kind
	}
	return e
}

// stored gives the item that came with a failed condition, nil for none.
func stored(body []byte) []byte {
	item, _, err := codec.Member(body, "Item")
	if err != nil {
		return nil
	}
	return item
}

// hasVersion says whether an item has this version; one without a version has none.
func hasVersion(m *schema.Model, item []byte, version int64) bool {
	text, found, err := codec.Member(item, m.Role(schema.RoleVersion).Name)
	if err != nil || !found {
		return false
	}
	n, ok := canon.Int64(codec.NumberOf(text))
	return ok && n == version
}

// member reads the item of an answer into a value; false where there is none.
func member(p *codec.Plan, r Response, name string, into any, partial bool) (bool, error) {
	item, found, err := codec.Member(r.Body, name)
	if err != nil {
		return false, malformed(p, err)
	}
	if !found {
		return false, nil
	}
	if err := p.UnmarshalOpened(item, into, partial, r.Opened.Of(p, item)); err != nil {
		return false, malformed(p, err)
	}
	return true, nil
}

// malformed turns an answer of another shape than DynamoDB's into the library's error.
func malformed(p *codec.Plan, err error) error {
	return misshapen(p.Model, err)
}
