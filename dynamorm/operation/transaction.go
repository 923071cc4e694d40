package operation

import (
	"bytes"
	"strconv"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// transaction is the conversation of one request that is sent again, byte for byte, while every reason of its failure is retryable.
type transaction struct {
	attempts
	request Request
	over    bool
	lost    bool
	// explain turns a failed condition of an action into what it means.
	explain func(action int, r Response) error
}

// Body gives the request's body, whose memory is free again after a success.
func (t *transaction) Body() []byte { return t.request.Body }

// Next gives the request, until it succeeded or failed for good.
func (t *transaction) Next() (Request, bool) {
	if t.over {
		return Request{}, false
	}
	t.sent++
	t.request.Waits, t.request.Delay = t.sent > 1, t.delay
	return t.request, true
}

// receive reads an answer: false where the request is to be sent again.
func (t *transaction) receive(r Response) (over bool, err error) {
	if r.Fault == nil {
		t.over = true
		return true, nil
	}
	e := r.Fault
	t.lost = t.lost || e.MaybeApplied
	e.MaybeApplied = t.lost
	if e.Code == errs.CodeTransactionCanceled {
		e.Retryable = t.reasons(e, r)
		if e.Retryable && t.again() {
			return false, nil
		}
	}
	t.over = true
	return true, e
}

// reasons gives the error its reasons, and says whether there are any and all of them are retryable.
func (t *transaction) reasons(e *errs.Error, r Response) bool {
	var list []*errs.Error
	some, all := false, true
	text, _, err := codec.Member(r.Body, "CancellationReasons")
	if err != nil || len(text) == 0 || text[0] != '[' {
		return false
	}
	err = codec.Each(text, func(element []byte) error {
		reason := t.reason(e, len(list), Response{Body: element, Opened: r.Opened})
		if reason != nil {
			some, all = true, all && reason.Retryable
		}
		list = append(list, reason)
		return nil
	})
	if err != nil {
		return false
	}
	e.SetReasons(list)
	return some && all
}

// reason reads why an action failed, nil for one that did not.
func (t *transaction) reason(canceled *errs.Error, action int, r Response) *errs.Error {
	element := r.Body
	text, _, _ := codec.Member(element, "Code")
	tree, _ := canon.ParseJSON(string(text))
	name, _ := tree.(string)
	if name == "" || name == "None" {
		return nil
	}
	code, kind, known := errs.FromReason(name)
	message, _, _ := codec.Member(element, "Message")
	e := &errs.Error{Code: code, Kind: kind, Origin: errs.Service, AWS: name, RequestID: canceled.RequestID, Status: canceled.Status,
		Message: "action " + strconv.Itoa(action+1) + " failed", Retryable: known && errs.Retryable(code)}
	if code == errs.CodeValidationFailed && bytes.Contains(message, []byte("Item size")) {
		e.Code = errs.CodeItemTooLarge
	}
	if name == "ConditionalCheckFailed" {
		return errs.As(t.explain(action, Response{Body: element, Fault: e, Opened: r.Opened}))
	}
	return e
}

// identities refuses a transaction that names an item twice.
type identities struct {
	tables tables
	seen   map[string]bool
	id     []byte
}

func (d *identities) add(table string, m *schema.Model, item []byte) error {
	if err := d.tables.add(table, m); err != nil {
		return err
	}
	var err error
	if d.id, err = appendID(d.id[:0], []byte(table), m, item); err != nil {
		return misshapen(m, err)
	}
	if d.seen[string(d.id)] {
		return failed(m, errs.CodeValidationFailed, "", "the transaction names an item twice")
	}
	if d.seen == nil {
		d.seen = map[string]bool{}
	}
	d.seen[string(d.id)] = true
	return nil
}

// CheckActions holds a number of actions, or of keys, against DynamoDB's limit.
func CheckActions(n int) error {
	if n < 1 || n > schema.TransactMax {
		return errs.New(errs.CodeValidationFailed, "", "a transaction has 1 to 100 actions")
	}
	return nil
}
