// Package errs holds the one error shape and the codes of spec/errors.yaml.
//
// Every failure of the library is an *Error. errors.Is finds it by the sentinels of package dynamorm
// (ErrConditionFailed, ErrVersionConflict, …), errors.As gives the *Error itself, and Unwrap the SDK's own error.
package errs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Code is a stable, portable name of a failure.
type Code string

// A Kind is finer than a code.
type Kind string

// An Origin says which side failed.
type Origin string

// The origins.
const (
	// Client: nothing was sent, or an answer could not be decoded.
	Client Origin = "client"
	// Service: DynamoDB, or the network on the way to it, failed.
	Service Origin = "service"
)

type traits struct {
	origin    Origin
	retryable bool
}

type fault struct {
	code      Code
	retryable bool
}

// An Error is any failure of the library. Its text names attributes and types, never values.
type Error struct {
	Code Code
	Kind Kind
	// Path is the attribute path; for InvalidModel the JSON Pointer of the offending entry.
	Path    string
	HasPath bool
	Message string
	Origin  Origin
	// Retryable says whether the same call can succeed later without a change.
	Retryable bool
	// AWS is DynamoDB's own type name, without its namespace.
	AWS       string
	RequestID string
	Status    int
	// MaybeApplied is true for a write of which an answer was lost.
	MaybeApplied bool

	cause  error
	item   []byte
	decode func(raw []byte, dst any) error
}

// New makes an error with the code's own origin and retryability.
func New(code Code, format string, args ...any) *Error {
	own := defaults[code]
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Origin: own.origin, Retryable: own.retryable}
}

// At names the attribute path, or the pointer, of the failure.
func (e *Error) At(path string) *Error {
	e.Path, e.HasPath = path, true
	return e
}

// Because keeps the cause.
func (e *Error) Because(cause error) *Error {
	e.cause = cause
	return e
}

// Error tells kind or code, place and fact.
func (e *Error) Error() string {
	name := string(e.Code)
	if e.Kind != "" {
		name = string(e.Kind)
	}
	if e.Path != "" {
		return name + " at " + e.Path + ": " + e.Message
	}
	return name + ": " + e.Message
}

// Unwrap gives the cause: the SDK's own error where there was one.
func (e *Error) Unwrap() error { return e.cause }

// Is answers errors.Is for the sentinels.
func (e *Error) Is(target error) bool {
	s, ok := target.(*sentinel)
	return ok && (s.code != "" && s.code == e.Code || s.kind != "" && s.kind == e.Kind)
}

// WithItem attaches the item that a failed condition returned; it is decoded when asked for.
func (e *Error) WithItem(raw []byte, decode func(raw []byte, dst any) error) *Error {
	e.item, e.decode = raw, decode
	return e
}

// HasItem tells whether a failed condition came with the stored item.
func (e *Error) HasItem() bool { return e.item != nil }

// DecodeItem decodes the stored item that made a condition fail into dst: a pointer to the model's struct, or to a map[string]any.
// It gives a DecodeFailed error where that item does not fit.
func (e *Error) DecodeItem(dst any) error {
	if e.item == nil {
		return New(ItemNotFound, "the failure came without an item")
	}
	return e.decode(e.item, dst)
}

// GoString hides what the error carries, the stored item above all.
func (e *Error) GoString() string { return "&errs.Error{" + e.Error() + "}" }

type sentinel struct {
	code Code
	kind Kind
}

func (s *sentinel) Error() string {
	if s.kind != "" {
		return string(s.kind)
	}
	return string(s.code)
}

// OfCode makes a target for errors.Is that any error of the code answers.
func OfCode(code Code) error { return &sentinel{code: code} }

// OfKind makes a target for errors.Is that any error of the kind answers.
func OfKind(kind Kind) error { return &sentinel{kind: kind} }

// OfFault gives the code of one of DynamoDB's error types, and whether a later try can succeed.
func OfFault(aws string) (code Code, retryable, known bool) {
	found, known := codeOfFault[aws]
	return found.code, found.retryable, known
}

// Under puts a name before the path of an error on its way up.
func Under(err error, name string) error {
	return prefixed(err, quoteName(name))
}

// UnderIndex puts an index before the path of an error on its way up.
func UnderIndex(err error, index int) error {
	return prefixed(err, "["+strconv.Itoa(index)+"]")
}

func prefixed(err error, segment string) error {
	var own *Error
	if !errors.As(err, &own) {
		return err
	}
	switch {
	case own.Path == "":
		own.Path = segment
	case own.Path[0] == '[':
		own.Path = segment + own.Path
	default:
		own.Path = segment + "." + own.Path
	}
	own.HasPath = true
	return own
}

func quoteName(name string) string {
	if strings.ContainsAny(name, ".[]") {
		return "`" + name + "`"
	}
	return name
}

// PathText writes a document path for people: names joined by dots, indexes in brackets, odd names in backticks.
func PathText(segments []any) string {
	var out strings.Builder
	for _, segment := range segments {
		switch segment := segment.(type) {
		case int:
			out.WriteString("[" + strconv.Itoa(segment) + "]")
		case string:
			if out.Len() > 0 {
				out.WriteByte('.')
			}
			out.WriteString(quoteName(segment))
		}
	}
	return out.String()
}
