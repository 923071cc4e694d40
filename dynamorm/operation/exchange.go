// Package operation holds the operations as conversations without a wire: pure functions from a model and arguments to
// requests, and from answers to results. Nothing here waits, reads a clock, or knows the SDK.
package operation

import (
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

// A Request is one DynamoDB call: the API's name, the table, the body as DynamoDB JSON, and how long to wait before sending it.
type Request struct {
	API   string
	Table string
	Body  []byte
	Delay time.Duration
	Write bool
}

// A Response is one answer: a body, or the error it became, with the answer's own body beside it.
type Response struct {
	Body []byte
	Err  *errs.Error
	// Unanswered tells that an attempt before the last one got no readable answer, so that it may have been applied.
	Unanswered bool
}

// An Exchange is an operation under way: send what Next gives, hand the answer to Receive, and take the Result.
type Exchange[R any] interface {
	Next() (Request, bool)
	Receive(Response) error
	Result() R
}

// single is an operation of one call.
type single[R any] struct {
	request Request
	sent    bool
	result  R
	read    func(Response) (R, error)
}

func (s *single[R]) Next() (Request, bool) {
	if s.sent {
		return Request{}, false
	}
	s.sent = true
	return s.request, true
}

func (s *single[R]) Receive(response Response) (err error) {
	s.result, err = s.read(response)
	return err
}

func (s *single[R]) Result() R { return s.result }
