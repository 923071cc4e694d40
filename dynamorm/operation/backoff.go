package operation

import (
	"math"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

// Retries says how often a chunk of a batch, or a transaction, is sent, and how long what is sent again waits.
type Retries struct {
	MaxAttempts int
	Base, Cap   time.Duration
	// Random gives numbers from 0 to below 1; it is asked once for each wait.
	Random func() float64
}

// Check fails with ValidationFailed where the numbers make no sense.
func (r Retries) Check() error {
	if r.MaxAttempts < 1 || r.Base < 0 || r.Cap < 0 {
		return errs.New(errs.CodeValidationFailed, "", "retries need at least one attempt, and times that are not negative")
	}
	return nil
}

// attempts counts how often one thing was sent, and how long its next attempt waits.
type attempts struct {
	Retries
	sent  int
	delay time.Duration
}

func (a *attempts) begin() { a.sent, a.delay = 0, 0 }

// again sets the wait before what was sent is sent again; false where the attempts are spent.
func (a *attempts) again() bool {
	if a.sent >= a.MaxAttempts {
		return false
	}
	most := math.Min(milliseconds(a.Cap), math.Ldexp(milliseconds(a.Base), a.sent-1))
	a.delay = time.Duration(math.Floor(a.Random()*most)) * time.Millisecond
	return true
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// Patient is an exchange of one request, which is sent again while it is throttled, as a chunk of a batch is.
type Patient struct {
	Exchange
	attempts
	request    Request
	waits      bool
	unanswered bool
}

// NewPatient makes an exchange patient.
func NewPatient(x Exchange, r Retries) *Patient {
	return &Patient{Exchange: x, attempts: attempts{Retries: r}}
}

// Next gives the request, again where it is to be sent again.
func (p *Patient) Next() (Request, bool) {
	p.attempts.sent++
	if p.waits {
		p.waits = false
		p.request.Waits, p.request.Delay = true, p.delay
		return p.request, true
	}
	var ok bool
	p.request, ok = p.Exchange.Next()
	return p.request, ok
}

// Receive takes the answer, unless another attempt may bring a better one.
func (p *Patient) Receive(r Response) error {
	p.unanswered = p.unanswered || r.Unanswered
	if r.Fault != nil && r.Fault.Code == errs.CodeThrottled && p.again() {
		p.waits = true
		return nil
	}
	r.Unanswered = p.unanswered
	return p.Exchange.Receive(r)
}
