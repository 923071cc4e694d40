package dynamorm

import (
	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// What a program needs of the rooms, under one roof.
type (
	// Error is every failure of the library.
	Error = errs.Error
	// BatchKey is a key of a batch: its model's name and its attributes, as plain values.
	BatchKey = errs.BatchKey
	// Number is a decimal number as text, with all its digits.
	Number = codec.Number
	// StringSet is a set of strings in values that no type declares.
	StringSet = codec.StringSet
	// NumberSet is a set of numbers in values that no type declares.
	NumberSet = codec.NumberSet
	// BinarySet is a set of binaries in values that no type declares.
	BinarySet = codec.BinarySet
	// Key is a primary key by position: the partition key's value, and the sort key's where there is one.
	Key = codec.Values
	// Declaration says about a model what its struct's fields cannot.
	Declaration = schema.Declaration
	// Template composes a key attribute of text and other attributes, which alone the values have.
	Template = schema.Template
	// Discriminator marks a model's items in a table of several models.
	Discriminator = schema.Discriminator
	// Condition is what a write can depend on.
	Condition = expression.Condition
	// Return says what an update gives back.
	Return = operation.Return
)

// What an update can give back.
const (
	ReturnNew        = operation.ReturnNew
	ReturnOld        = operation.ReturnOld
	ReturnUpdatedNew = operation.ReturnUpdatedNew
	ReturnUpdatedOld = operation.ReturnUpdatedOld
	ReturnNone       = operation.ReturnNone
)

// Field names an attribute by its path: names joined by `.`, indexes in brackets.
func Field(path string) expression.Field { return expression.F(path) }

// Path names an attribute by segments: a string is one name, whatever it holds, an int is an index.
func Path(segments ...any) expression.Field { return expression.Path(segments...) }

// And joins conditions of which all have to hold.
func And(conditions ...Condition) Condition { return expression.And(conditions...) }

// Or joins conditions of which one has to hold.
func Or(conditions ...Condition) Condition { return expression.Or(conditions...) }

// Not turns a condition round.
func Not(c Condition) Condition { return expression.Not(c) }

// NewUpdate gives an empty update; its methods add to it.
func NewUpdate() *expression.Update { return expression.NewUpdate() }
