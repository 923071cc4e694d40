// Package errs has the one error of the library and the catalogue of its codes.
package errs

import (
	"encoding/json"
	"errors"
	"strings"
)

// Code is the stable, portable name of what went wrong.
type Code string

// Kind is a finer kind of a code; most codes have none.
type Kind string

// Origin says whether DynamoDB had a part in the failure.
type Origin string

// The origins.
const (
	// Client: nothing was sent, or a well answer could not be decoded.
	Client Origin = "client"
	// Service: DynamoDB answered with a failure, or its answer did not arrive.
	Service Origin = "service"
)

// Error is every failure of the library. It never holds an attribute's value in its text or path;
// Item is the only way to the item that a failed condition returned.
type Error struct {
	Code   Code
	Kind   Kind
	Origin Origin
	// Message says what happened, without values.
	Message string
	// Path is the attribute's path (`lines[3].price`), or the JSON Pointer of an InvalidModel.
	Path string
	// Model names the model, where one is concerned.
	Model string
	// Retryable says whether the same call can succeed later without a change.
	Retryable bool
	// AWS is DynamoDB's own error type, without its namespace.
	AWS string
	// RequestID is the service's id of the request, where the answer had one.
	RequestID string
	// Status is the HTTP status, 0 where there was no answer.
	Status int
	// MaybeApplied says that the write may have happened although it failed.
	MaybeApplied bool
	// Cause is the SDK's error, or that of a lower layer.
	Cause error

	decode  func(into any) error
	found   func(into any) bool
	keys    func() Fates
	reasons []*Error
	drift   []TableDifference
}

// awsType is what an error type of DynamoDB means.
type awsType struct {
	code      Code
	retryable bool
}

// reason is what a reason of a cancelled transaction means.
type reason struct {
	code Code
	kind Kind
}

// BatchKey is a key of a batch: its model's name and its attributes, as plain values.
type BatchKey struct {
	Model string
	Key   map[string]any
}

// Fates has the keys of a batch by what became of them, each list in the order of the requests.
type Fates struct{ Done, Undone, Unknown []BatchKey }

// TableDifference is what differs between a table and its models.
type TableDifference struct {
	// What is `keys`, `billing`, `stream`, `table_class`, `deletion_protection`, `sse`, `ttl`, or of the index that Index names `index`,
	// `index_type`, `index_keys` or `index_projection`.
	What, Index string
	// Kind is `missing`, `extra` or `different`.
	Kind string
	// Expected and Found are what the models and the table say, nil for nothing: a text, a bool, keys, a projection, the shape of an index,
	// or encryption at rest.
	Expected, Found any
}

// New gives a client error of a code, at a path ("" for none).
func New(code Code, path, message string) *Error {
	return &Error{Code: code, Origin: Client, Path: path, Message: message, Retryable: retryable[code]}
}

// Canceled gives the error of a call whose context ended before anything was sent.
func Canceled(cause error) *Error {
	e := New(CodeCanceled, "", "the context ended")
	e.Cause = cause
	return e
}

// Retryable says whether errors of a code can vanish without a change of the call.
func Retryable(code Code) bool { return retryable[code] }

// FromAWS gives the code and retryability of DynamoDB's error type, known or not.
func FromAWS(name string, status int) (Code, bool) {
	if known, ok := aws[name]; ok {
		return known.code, known.retryable
	}
	return CodeServiceError, status >= 500
}

// FromKMS says whether a refusal of KMS can vanish, by its error type, known or not.
func FromKMS(name string, status int) bool {
	if retryable, known := kmsRetryable[name]; known {
		return retryable
	}
	return status >= 500
}

// FromReason gives the code and kind of a reason why a transaction was cancelled; false where nobody knows it.
func FromReason(name string) (Code, Kind, bool) {
	if known, ok := reasons[name]; ok {
		return known.code, known.kind, true
	}
	return CodeServiceError, "", false
}

// Error gives the text: code, kind, model, path and message.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("dynamorm: ")
	b.WriteString(string(e.Code))
	if e.Kind != "" {
		b.WriteString(" (" + string(e.Kind) + ")")
	}
	if e.Model != "" {
		b.WriteString(" " + e.Model)
	}
	if e.Path != "" {
		b.WriteString(" at " + e.Path)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is find an error by its code, and by its kind.
func (e *Error) Is(target error) bool {
	s, ok := target.(*sentinel)
	return ok && s.code == e.Code && (s.kind == "" || s.kind == e.Kind)
}

// SetItem keeps what decodes the item that the service returned with the failure.
func (e *Error) SetItem(decode func(into any) error) { e.decode = decode }

// HasItem says whether the service returned an item with the failure.
func (e *Error) HasItem() bool { return e.decode != nil }

// Item decodes the item that a failed condition returned into a value of the table's type, given as pointer.
// It gives false where no item came with the failure.
func (e *Error) Item(into any) (bool, error) {
	if e.decode == nil {
		return false, nil
	}
	return true, e.decode(into)
}

// SetKeys keeps what gives the keys of a batch; it is asked when the error is.
func (e *Error) SetKeys(keys func() Fates) { e.keys = keys }

func (e *Error) fates() (out Fates) {
	if e.keys != nil {
		out = e.keys()
	}
	return out
}

// Done gives the keys of a BatchIncomplete that were written, deleted, or answered.
func (e *Error) Done() []BatchKey { return e.fates().Done }

// Undone gives the keys of a BatchIncomplete that surely were not, or were never sent.
func (e *Error) Undone() []BatchKey { return e.fates().Undone }

// Unknown gives the keys of a BatchIncomplete whose writes got no answer: they may have happened.
func (e *Error) Unknown() []BatchKey { return e.fates().Unknown }

// SetFound keeps what gives the items that a batch found before it failed.
func (e *Error) SetFound(found func(into any) bool) { e.found = found }

// Found gives the items that a batch get found before it failed, into a pointer to the slice that it would have given: *[]T of a table,
// *[]Item of a client. It gives false where there are none, and for another type.
func (e *Error) Found(into any) bool { return e.found != nil && e.found(into) }

// SetReasons keeps the reasons of a TransactionCanceled.
func (e *Error) SetReasons(list []*Error) { e.reasons = list }

// Reasons gives why a transaction was cancelled: an error for each of its actions, nil for one that did not fail.
func (e *Error) Reasons() []*Error { return e.reasons }

// SetDifferences keeps what a TableMismatch found.
func (e *Error) SetDifferences(list []TableDifference) { e.drift = list }

// Differences gives what differs between the table and its models, of a TableMismatch.
func (e *Error) Differences() []TableDifference { return e.drift }

// MarshalJSON gives what the text of an error gives, by name: no item, no key and nothing of the SDK's.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Code         Code   `json:"code"`
		Kind         Kind   `json:"kind,omitempty"`
		Origin       Origin `json:"origin"`
		Message      string `json:"message"`
		Path         string `json:"path,omitempty"`
		Model        string `json:"model,omitempty"`
		Retryable    bool   `json:"retryable"`
		AWS          string `json:"aws,omitempty"`
		RequestID    string `json:"request_id,omitempty"`
		Status       int    `json:"status,omitempty"`
		MaybeApplied bool   `json:"maybe_applied,omitempty"`
	}{e.Code, e.Kind, e.Origin, e.Message, e.Path, e.Model, e.Retryable, e.AWS, e.RequestID, e.Status, e.MaybeApplied})
}

// As gives the library's error in a chain, nil where there is none.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// sentinel is a target of errors.Is.
type sentinel struct {
	code Code
	kind Kind
}

func (s *sentinel) Error() string {
	if s.kind != "" {
		return "dynamorm: " + string(s.code) + " (" + string(s.kind) + ")"
	}
	return "dynamorm: " + string(s.code)
}
