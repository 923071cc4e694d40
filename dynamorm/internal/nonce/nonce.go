// Package nonce lets the library's testing part set where the nonces of envelopes come from; nothing else can.
package nonce

// Set sets the source of an *encryption.Encryption; the package itself puts it here.
var Set func(encryption any, source func() ([]byte, error))
