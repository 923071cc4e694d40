package transport

import (
	"context"
	"net/http"
	"sync"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// Answer is one scripted answer: a status and a body of DynamoDB's JSON. Status 0 is 200.
type Answer struct {
	Status int
	Body   string
	// Unanswered says that an attempt before this one got no answer.
	Unanswered bool
}

// Script is a transport that plays given answers in order and keeps the requests it got. It is for tests, the library's and yours.
type Script struct {
	mutex    sync.Mutex
	answers  []Answer
	requests []operation.Request
}

// NewScript gives a script of answers.
func NewScript(answers ...Answer) *Script { return &Script{answers: answers} }

// Requests gives the requests so far; their bodies are copies.
func (s *Script) Requests() []operation.Request {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]operation.Request(nil), s.requests...)
}

// Send plays the next answer; behind the last one it fails as a network does.
func (s *Script) Send(ctx context.Context, r operation.Request) operation.Response {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err := ctx.Err(); err != nil {
		return operation.Response{Fault: canceled(err, false, false)}
	}
	r.Body = append([]byte(nil), r.Body...)
	s.requests = append(s.requests, r)
	if len(s.answers) == 0 {
		e := errs.New(errs.CodeNetworkError, "", "the script has no answer left")
		e.Origin, e.MaybeApplied = errs.Service, r.Write
		return operation.Response{Fault: e}
	}
	a := s.answers[0]
	s.answers = s.answers[1:]
	if a.Status == 0 || a.Status == http.StatusOK {
		return operation.Response{Body: []byte(a.Body), Unanswered: a.Unanswered}
	}
	e := answered(a.Status, []byte(a.Body), "", "")
	e.MaybeApplied = r.Write && (a.Unanswered || a.Status >= 500)
	return operation.Response{Body: []byte(a.Body), Fault: e, Unanswered: a.Unanswered}
}
