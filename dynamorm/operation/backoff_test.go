package operation_test

import (
	"slices"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// single is an exchange of one request that keeps its answer.
type single struct {
	asked bool
	got   *operation.Response
}

func (s *single) Next() (operation.Request, bool) {
	first := !s.asked
	s.asked = true
	return operation.Request{API: "Scan"}, first
}

func (s *single) Receive(r operation.Response) error {
	s.got = &r
	if r.Fault != nil {
		return r.Fault
	}
	return nil
}

func throttle() operation.Response {
	return operation.Response{Fault: &errs.Error{Code: errs.CodeThrottled, Retryable: true}, Unanswered: true}
}

func TestAPatientExchangeSendsAgainWhileItIsThrottledAndRemembersALostAnswer(t *testing.T) {
	s := &single{}
	p := operation.NewPatient(s, retries(3, 0.5))
	delays := []time.Duration{}
	for _, answer := range []operation.Response{throttle(), throttle(), {Body: []byte("{}")}} {
		request, ok := p.Next()
		if !ok || request.API != "Scan" || request.Waits != (len(delays) > 0) {
			t.Fatalf("got %+v", request)
		}
		delays = append(delays, request.Delay)
		if err := p.Receive(answer); err != nil {
			t.Fatal(err)
		}
	}
	if _, more := p.Next(); more || s.got == nil || !s.got.Unanswered || !slices.Equal(delays, []time.Duration{0, 25 * time.Millisecond, 50 * time.Millisecond}) {
		t.Errorf("got %+v after %v", s.got, delays)
	}
}

func TestAPatientExchangeEndsWithTheThrottlingWhenItsAttemptsAreSpent(t *testing.T) {
	s := &single{}
	p := operation.NewPatient(s, retries(2, 0.5))
	for n := range 2 {
		if _, ok := p.Next(); !ok {
			t.Fatal("there is no request")
		}
		if err := p.Receive(throttle()); (errs.As(err) != nil) != (n == 1) {
			t.Errorf("%d: got %v", n, err)
		}
	}
	if _, more := p.Next(); more {
		t.Error("there is a further request")
	}
}
