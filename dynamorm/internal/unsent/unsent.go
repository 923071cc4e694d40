// Package unsent tells the SDK's errors of which it is certain that nothing left the process. Both doors to AWS ask it.
package unsent

import (
	"errors"
	"net"
	"strings"
	"syscall"
)

// Connection says whether no connection was made.
func Connection(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	var dns *net.DNSError
	return errors.As(err, &dns) || errors.Is(err, syscall.ECONNREFUSED)
}

// Credentials says whether the SDK had none to sign with.
func Credentials(err error) bool {
	text := err.Error()
	return strings.Contains(text, "get identity") || strings.Contains(text, "failed to sign") || strings.Contains(text, "failed to retrieve credentials")
}
