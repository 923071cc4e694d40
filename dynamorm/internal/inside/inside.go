// Package inside lets the library's testing part reach what nothing else can; package encryption puts it here.
package inside

// SetNonces sets where the nonces of an *encryption.Encryption come from.
var SetNonces func(encryption any, source func() ([]byte, error))

// OpenGCM opens a text by the primitive that envelopes are opened by.
var OpenGCM func(dataKey, nonce, additional, text []byte) ([]byte, error)
