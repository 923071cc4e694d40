// Package encryption seals attributes into envelopes, opens them, and holds the data keys that this takes. The KMS of AWS is behind
// encryption/kms; stand-ins for tests are in encryption/encryptiontest.
package encryption

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// This file seals and opens one value under a data key that is there: bytes in, bytes out.

// label and version begin the additional data of each envelope.
const (
	label   = "dynamorm.envelope.v1"
	version = "1"
)

// Context is what an envelope is bound to: it opens nowhere else.
type Context struct {
	// Namespace is that of the model's document, "" for none.
	Namespace string
	// Model and Attribute are the names, or those that `encryption: {context: …}` puts in their place.
	Model, Attribute string
	// Client has the pairs of the client's setting.
	Client map[string]string
	// Key is the item's primary key, the partition key first.
	Key []KeyAttribute
}

// KeyAttribute is an attribute of a primary key, with its value as DynamoDB's JSON.
type KeyAttribute struct {
	Name  string
	Value json.RawMessage
}

// AdditionalData gives the bytes that an envelope's tag is over besides its value. It fails with ValidationFailed for a key or a text that
// DynamoDB does not hold.
func AdditionalData(c Context) ([]byte, error) {
	client, ok := canonical(c.Client)
	if !ok {
		return nil, errs.New(errs.CodeValidationFailed, codec.Name(c.Attribute), "text that is not Unicode")
	}
	b := binding{namespace: c.Namespace, model: c.Model, attribute: c.Attribute, client: client}
	for _, k := range c.Key {
		part, err := codec.ScalarOf(k.Name, k.Value)
		if err != nil {
			return nil, errs.New(errs.CodeValidationFailed, codec.Name(c.Attribute), "a key is an S, N or B")
		}
		b.key = append(b.key, part)
	}
	return b.additionalData(), nil
}

// SealValue gives the envelope, as DynamoDB's JSON, of a value in DynamoDB's JSON: for those who write items by other means than a table.
// The value is as a table would write it: numbers in canonical text, sets in order, each member once. No nonce must ever be used twice under a data key. It fails with ValidationFailed.
func SealValue(value, dataKey, nonce, wrapped []byte, c Context) ([]byte, error) {
	additional, err := AdditionalData(c)
	if err != nil {
		return nil, err
	}
	plain, ok := codec.CanonicalJSON(value)
	switch {
	case !ok || !codec.IsValue(plain):
		return nil, errs.New(errs.CodeValidationFailed, codec.Name(c.Attribute), "expected a value in DynamoDB's JSON")
	case len(dataKey) != schema.DataKeyBytes || len(nonce) != schema.EnvelopeNonceBytes || !fitsWrapped(wrapped):
		return nil, errs.New(errs.CodeValidationFailed, codec.Name(c.Attribute), "a data key has 32 bytes, a nonce 12, and a wrapped key 1 to 6,144")
	}
	return seal(plain, dataKey, nonce, wrapped, additional), nil
}

// OpenEnvelope gives the value of an envelope, as DynamoDB's JSON. It fails with InvalidEncryptedEnvelope, and with ValidationFailed for a
// context that is none.
func OpenEnvelope(stored, dataKey []byte, c Context) ([]byte, error) {
	additional, err := AdditionalData(c)
	if err != nil {
		return nil, err
	}
	e, _, ok := parse(stored)
	if !ok {
		return nil, at(misshapen(), c)
	}
	if len(dataKey) == schema.DataKeyBytes {
		if plain, ok := e.open(dataKey, additional); ok {
			return plain, nil
		}
	}
	return nil, at(unopened(), c)
}

// at gives an error the path of a context's attribute.
func at(e *errs.Error, c Context) error {
	e.Path = codec.Name(c.Attribute)
	return e
}

func misshapen() *errs.Error {
	return errs.New(errs.CodeInvalidEncryptedEnvelope, "", "the stored value is no envelope")
}

func unopened() *errs.Error {
	return errs.New(errs.CodeInvalidEncryptedEnvelope, "", "the envelope was changed, or is of another place")
}

// canonical gives the canonical JSON of the client's pairs; false for text that is not Unicode.
func canonical(pairs map[string]string) ([]byte, bool) {
	tree := make(map[string]any, len(pairs))
	for name, v := range pairs {
		tree[name] = v
	}
	return canon.AppendJSON(nil, tree)
}

// binding is a context in the form of its additional data.
type binding struct {
	namespace, model, attribute string
	client                      []byte
	key                         []codec.KeyPart
}

func (b binding) additionalData() []byte {
	out := part(nil, label)
	for _, text := range []string{version, b.namespace, b.model, b.attribute} {
		out = part(out, text)
	}
	out = part(out, b.client)
	for _, k := range b.key {
		out = part(part(part(out, k.Name), string(k.Type)), k.Text)
	}
	return out
}

// part appends a text behind its length.
func part[T ~string | ~[]byte](dst []byte, text T) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(text))), text...)
}

// envelope is what is stored for a value.
type envelope struct{ text, wrapped, nonce []byte }

func gcm(dataKey []byte) cipher.AEAD {
	block, err := aes.NewCipher(dataKey)
	if err != nil {
		panic("dynamorm: a data key of another size") // all were measured before
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // the sizes are the standard's
	}
	return aead
}

// openGCM opens a text with its tag behind it.
func openGCM(dataKey, nonce, additional, text []byte) ([]byte, error) {
	if len(dataKey) == schema.DataKeyBytes && len(nonce) == schema.EnvelopeNonceBytes {
		if plain, err := gcm(dataKey).Open([]byte{}, nonce, text, additional); err == nil {
			return plain, nil
		}
	}
	return nil, unopened()
}

// seal gives the envelope of a value in canonical JSON.
func seal(plain, dataKey, nonce, wrapped, additional []byte) []byte {
	text := gcm(dataKey).Seal(nil, nonce, plain, additional)
	out := make([]byte, 0, 64+base64.StdEncoding.EncodedLen(len(text))+base64.StdEncoding.EncodedLen(len(wrapped)))
	out = base64.StdEncoding.AppendEncode(append(out, `{"M":{"ct":{"B":"`...), text)
	out = base64.StdEncoding.AppendEncode(append(out, `"},"edk":{"B":"`...), wrapped)
	out = base64.StdEncoding.AppendEncode(append(out, `"},"nonce":{"B":"`...), nonce)
	return append(out, `"},"v":{"N":"1"}}}`...)
}

// open gives the value, false where the tag does not fit or it is not the JSON of one attribute value.
func (e envelope) open(dataKey, additional []byte) ([]byte, bool) {
	plain, err := openGCM(dataKey, e.nonce, additional, e.text)
	return plain, err == nil && codec.IsValue(plain)
}

func fitsWrapped(wrapped []byte) bool {
	return len(wrapped) > 0 && len(wrapped) <= schema.KMSCiphertextMaxBytes
}

// IsEnvelope says whether a stored value has the shape of an envelope; nobody opens it.
func IsEnvelope(stored []byte) bool {
	_, _, ok := parse(stored)
	return ok
}

// parse reads a stored value as an envelope: ok where it has the shape of one, named where it is a map of an envelope's four names.
func parse(stored []byte) (e envelope, named, ok bool) {
	members, found, err := codec.Member(stored, "M")
	if err != nil || !found || codec.TagOf(stored) != schema.M {
		return e, false, false
	}
	seen := map[string]codec.KeyPart{}
	count, known := 0, 0
	fields := map[string]schema.Type{"v": schema.N, "edk": schema.B, "nonce": schema.B, "ct": schema.B}
	err = codec.Members(members, func(name, text []byte) error {
		count++
		want, ours := fields[string(name)]
		if !ours {
			return nil
		}
		known++
		if value, err := codec.ScalarOf("", text); err == nil && value.Type == want {
			seen[string(name)] = value
		}
		return nil
	})
	named = err == nil && count == len(fields) && known == count
	if !named || len(seen) != len(fields) {
		return e, named, false
	}
	e = envelope{text: seen["ct"].Text, wrapped: seen["edk"].Text, nonce: seen["nonce"].Text}
	ok = string(seen["v"].Text) == version && len(e.nonce) == schema.EnvelopeNonceBytes && len(e.text) >= schema.EnvelopeTagBytes && fitsWrapped(e.wrapped)
	return e, named, ok
}
