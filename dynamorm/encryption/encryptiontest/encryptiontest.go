// Package encryptiontest has what stands in for keys and chance in tests of programs that encrypt. Nothing in it protects anything: its
// keys are known to everybody.
package encryptiontest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"maps"
	"sync"

	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/internal/inside"
)

// Call is a call that a key service got.
type Call struct {
	// Operation is GenerateDataKey or Decrypt.
	Operation, KeyID string
	Context          map[string]string
}

// InMemoryKeys is a key service of made-up keys: every id is a key, its data keys follow from the id and their number, and what one of them
// wrapped another gives back, in any process. It is for tests, NOT for anything secret. The zero value is ready.
type InMemoryKeys struct {
	mutex   sync.Mutex
	made    uint64
	calls   []Call
	refusal error
}

// Calls gives the calls so far.
func (k *InMemoryKeys) Calls() []Call {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return append([]Call(nil), k.calls...)
}

// Refuse makes the service answer with an error, an *encryption.Refusal say; nil makes it work again.
func (k *InMemoryKeys) Refuse(err error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.refusal = err
}

func (k *InMemoryKeys) called(ctx context.Context, operation, keyID string, pairs map[string]string) (number uint64, err error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.calls = append(k.calls, Call{operation, keyID, maps.Clone(pairs)})
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if operation == "GenerateDataKey" && k.refusal == nil {
		k.made++
	}
	return k.made, k.refusal
}

// GenerateDataKey gives the next data key of a key.
func (k *InMemoryKeys) GenerateDataKey(ctx context.Context, keyID string, pairs map[string]string) (encryption.DataKey, error) {
	number, err := k.called(ctx, "GenerateDataKey", keyID, pairs)
	if err != nil {
		return encryption.DataKey{}, err
	}
	counted := binary.BigEndian.AppendUint64(make([]byte, 4), number)
	plain := sha256.Sum256(append([]byte("data key of "+keyID), counted...))
	wrapped := append(binary.BigEndian.AppendUint16(nil, uint16(len(keyID))), keyID...)
	wrapped = append(wrapped, counted...)
	return encryption.DataKey{Plaintext: plain[:], Wrapped: wrapping(keyID).Seal(wrapped, counted, plain[:], text(pairs))}, nil
}

// Decrypt gives a data key back.
func (k *InMemoryKeys) Decrypt(ctx context.Context, keyID string, wrapped []byte, pairs map[string]string) ([]byte, error) {
	if _, err := k.called(ctx, "Decrypt", keyID, pairs); err != nil {
		return nil, err
	}
	damaged := &encryption.Refusal{Type: "InvalidCiphertextException", Status: 400}
	if len(wrapped) < 2 {
		return nil, damaged
	}
	n := int(binary.BigEndian.Uint16(wrapped))
	if len(wrapped) < 2+n+12 {
		return nil, damaged
	}
	if string(wrapped[2:2+n]) != keyID {
		return nil, &encryption.Refusal{Type: "IncorrectKeyException", Status: 400}
	}
	plain, err := wrapping(keyID).Open(nil, wrapped[2+n:2+n+12], wrapped[2+n+12:], text(pairs))
	if err != nil {
		return nil, damaged
	}
	return plain, nil
}

func wrapping(keyID string) cipher.AEAD {
	key := sha256.Sum256([]byte("key " + keyID))
	block, _ := aes.NewCipher(key[:]) // of 32 bytes
	aead, _ := cipher.NewGCM(block)
	return aead
}

func text(pairs map[string]string) []byte {
	out, _ := json.Marshal(pairs) // by names in order
	return out
}

// SetNonces sets where the nonces of envelopes come from, 12 bytes each: two of them must never be the same under a data key. It is to be
// called before the encryption is used. Outside of tests there is no reason to.
func SetNonces(e *encryption.Encryption, source func() ([]byte, error)) {
	inside.SetNonces(e, source)
}

// OpenGCM opens a text, its tag behind it, by the very primitive that envelopes are opened by: to hold it against vectors. It fails with
// InvalidEncryptedEnvelope.
func OpenGCM(dataKey, nonce, additional, text []byte) ([]byte, error) {
	return inside.OpenGCM(dataKey, nonce, additional, text)
}

// Counted is a source of nonces that counts from 1.
func Counted() func() ([]byte, error) {
	var mutex sync.Mutex
	number := uint64(0)
	return func() ([]byte, error) {
		mutex.Lock()
		defer mutex.Unlock()
		number++
		return binary.BigEndian.AppendUint64(make([]byte, 4), number), nil
	}
}
