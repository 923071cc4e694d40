package unsent_test

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/internal/unsent"
)

func TestWhatNeverLeftIsTold(t *testing.T) {
	for _, err := range []error{
		&net.OpError{Op: "dial", Err: errors.New("x")},
		fmt.Errorf("send: %w", &net.DNSError{Err: "no such host"}),
		fmt.Errorf("send: %w", syscall.ECONNREFUSED),
	} {
		if !unsent.Connection(err) {
			t.Errorf("%v was sent", err)
		}
	}
	for _, err := range []error{errors.New("x"), &net.OpError{Op: "read", Err: syscall.ECONNRESET}} {
		if unsent.Connection(err) {
			t.Errorf("%v was not sent", err)
		}
	}
	if !unsent.Credentials(errors.New("get identity: none")) || unsent.Credentials(errors.New("reset")) {
		t.Error("credentials")
	}
}
