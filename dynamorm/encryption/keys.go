package encryption

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/inside"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// DataKey is a key that seals values, and its form under a KMS key, in which it is stored.
type DataKey struct{ Plaintext, Wrapped []byte }

// Format gives the type's name, whatever fmt is asked for: data keys stay out of logs.
func (k DataKey) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "encryption.DataKey") }

// MarshalJSON gives nothing.
func (k DataKey) MarshalJSON() ([]byte, error) { return []byte(`"encryption.DataKey"`), nil }

// KeyService makes data keys and gives wrapped ones back; it is safe for concurrent use. encryption/kms has that of AWS. What it refuses is
// an error with a *Refusal in its chain, an answer that cannot be read ErrUnreadable; any other error is a service that was not reached.
type KeyService interface {
	// GenerateDataKey gives a new data key of 32 bytes.
	GenerateDataKey(ctx context.Context, keyID string, encryptionContext map[string]string) (DataKey, error)
	// Decrypt gives a data key back. It refuses one of another key with IncorrectKeyException, and one of another context, or that was
	// changed, with InvalidCiphertextException.
	Decrypt(ctx context.Context, keyID string, wrapped []byte, encryptionContext map[string]string) ([]byte, error)
}

// ErrUnreadable is a key service's answer that could not be read. What was in it is left out: it may be a data key.
var ErrUnreadable = errors.New("the answer of the key service could not be read")

// ErrNotSent is in the chain of an error where the key service was not asked at all; ErrNoCredentials where it could not be, for want of credentials.
var (
	ErrNotSent       = errors.New("the key service was not asked")
	ErrNoCredentials = errors.New("there are no credentials to ask the key service with")
)

// Refusal is what a key service answers in the place of a key.
type Refusal struct {
	// Type is KMS's error type, without its namespace.
	Type string
	// Status is the HTTP status.
	Status    int
	RequestID string
	// Err is the service's own error; no data key is in it.
	Err error
}

// Error gives the type.
func (r *Refusal) Error() string { return "the key service refused: " + r.Type }

// Unwrap gives the service's own error.
func (r *Refusal) Unwrap() error { return r.Err }

// Options are what an Encryption can have besides its key.
type Options struct {
	// ReadKeys are older keys, whose envelopes open.
	ReadKeys []string
	// Context is part of what every envelope is bound to: a tenant, say. KMS and its log see it.
	Context map[string]string
	// AllowPlaintextReads reads values that are not encrypted yet, for a migration.
	AllowPlaintextReads bool
	// Cache holds data keys; nil for none.
	Cache *DataKeyCache
}

// Encryption is a client's setting: how its encrypted attributes are sealed and opened. It is safe for concurrent use.
type Encryption struct {
	service    KeyService
	keys       []string // the one that seals, then the others
	client     map[string]string
	clientText []byte
	plaintext  bool
	cache      *DataKeyCache
	nonces     func() ([]byte, error)
}

// New gives the setting of a key: its id, ARN or alias. It fails with ValidationFailed for an empty key, and for a context with a name that
// is empty or begins with `dynamorm:` or `aws:`.
func New(service KeyService, key string, o Options) (*Encryption, error) {
	e := &Encryption{service: service, keys: append([]string{key}, o.ReadKeys...), client: maps.Clone(o.Context), plaintext: o.AllowPlaintextReads, cache: o.Cache, nonces: randomNonce}
	if service == nil || slices.Contains(e.keys, "") {
		return nil, errs.New(errs.CodeValidationFailed, "", "encryption needs a key service, and keys that are not empty")
	}
	for name := range e.client {
		if name == "" || strings.HasPrefix(name, "dynamorm:") || strings.HasPrefix(name, "aws:") {
			return nil, errs.New(errs.CodeValidationFailed, "", "the names of the encryption's context are not empty, and begin neither with dynamorm: nor with aws:")
		}
	}
	var ok bool
	if e.clientText, ok = canonical(e.client); !ok {
		return nil, errs.New(errs.CodeValidationFailed, "", "the encryption's context has text that is not Unicode")
	}
	return e, nil
}

// Format gives the type's name, whatever fmt is asked for: what belongs to keys stays out of logs.
func (e Encryption) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "encryption.Encryption") }

func init() {
	inside.SetNonces = func(encryption any, source func() ([]byte, error)) { encryption.(*Encryption).nonces = source }
	inside.OpenGCM = openGCM
}

func randomNonce() ([]byte, error) {
	b := make([]byte, schema.EnvelopeNonceBytes)
	_, err := rand.Read(b)
	return b, err
}

// purpose is what data keys of an attribute are for.
type purpose struct {
	binding
	// pairs are the encryption context, text is its canonical JSON.
	pairs map[string]string
	text  string
}

func (e *Encryption) purpose(m *schema.Model, a *schema.Attribute) purpose {
	p := purpose{binding: binding{namespace: m.Namespace, client: e.clientText}, pairs: map[string]string{}}
	p.model, p.attribute = a.SealedAs(m)
	maps.Copy(p.pairs, e.client)
	p.pairs["dynamorm:model"], p.pairs["dynamorm:attribute"] = p.model, p.attribute
	if m.Namespace != "" {
		p.pairs["dynamorm:namespace"] = m.Namespace
	}
	text, _ := canonical(p.pairs) // names of models and New's pairs are Unicode
	p.text = string(text)
	return p
}

// refused makes the library's error of a key service's.
func refused(ctx context.Context, err error) *errs.Error {
	if ctx.Err() != nil {
		return errs.Canceled(err)
	}
	e := errs.New(errs.CodeKeyUnavailable, "", "the key service could not be reached, or did not answer readably")
	e.Origin, e.Retryable = errs.Service, true
	if !errors.Is(err, ErrUnreadable) {
		e.Cause = err
	}
	if errors.Is(err, ErrNotSent) || errors.Is(err, ErrNoCredentials) {
		e.Origin, e.Retryable = errs.Client, errors.Is(err, ErrNotSent)
	}
	var r *Refusal
	if errors.As(err, &r) {
		e.AWS, e.Status, e.RequestID, e.Cause = r.Type, r.Status, r.RequestID, r.Err
		e.Message, e.Retryable = "the key service refused: "+r.Type, errs.FromKMS(r.Type, r.Status)
	}
	return e
}

// isRefusal says whether a key service refused with a type.
func isRefusal(err error, name string) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Type == name
}
