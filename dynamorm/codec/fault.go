// Package codec turns values into DynamoDB's JSON and back, by plans compiled once per model and Go type.
package codec

import (
	"errors"
	"strconv"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// refuse is a value that cannot be written.
func refuse(reason string) *errs.Error { return errs.New(errs.CodeValidationFailed, "", reason) }

// mismatch is a stored value with another tag than the model says.
func mismatch(want, found schema.Type) *errs.Error {
	return errs.New(errs.CodeDecodeFailed, "", "expected "+string(want)+", found "+string(found))
}

// unreadable is a stored value whose text does not fit.
func unreadable(want string) *errs.Error {
	return errs.New(errs.CodeDecodeFailed, "", "expected "+want+", found other text")
}

// misshapen turns a value of another shape than DynamoDB's, in an answer that is JSON as a whole, into the library's error.
func misshapen(err error) error {
	if err == ErrMalformed {
		return errs.New(errs.CodeDecodeFailed, "", "expected a value of DynamoDB's")
	}
	return err
}

// within puts the name of a member in front of an error's path.
func within(err error, name string) error {
	err = misshapen(err)
	var e *errs.Error
	if errors.As(err, &e) {
		e.Path = Join(Name(name), e.Path)
	}
	return err
}

// inside puts the index of an element in front of an error's path.
func inside(err error, i int) error {
	err = misshapen(err)
	var e *errs.Error
	if errors.As(err, &e) {
		e.Path = Join("["+strconv.Itoa(i)+"]", e.Path)
	}
	return err
}

// Join joins two parts of a path.
func Join(head, tail string) string {
	if tail == "" || tail[0] == '[' {
		return head + tail
	}
	return head + "." + tail
}

// Name gives a name as part of a path: in backticks where it holds what a path is made of.
func Name(name string) string {
	if strings.ContainsAny(name, ".[]`") {
		return "`" + name + "`"
	}
	return name
}
