package dynamorm

import (
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// A Condition is a condition on the stored item.
type Condition = expression.Condition

// A FieldPath names an attribute: Field("address.city").Eq("Bonn").
type FieldPath = expression.FieldPath

// Field names an attribute by its document path: one text, or segments where a name holds a dot or a bracket.
func Field(path ...any) FieldPath { return expression.Field(path...) }

// FieldName names a top-level attribute whose name may hold dots and brackets.
func FieldName(name string) FieldPath { return expression.FieldName(name) }

// And holds where all hold.
func And(conditions ...Condition) Condition { return expression.And(conditions...) }

// Or holds where one holds.
func Or(conditions ...Condition) Condition { return expression.Or(conditions...) }

// Not holds where the condition does not.
func Not(condition Condition) Condition { return expression.Not(condition) }

// settings are what the options of one call add up to.
type settings struct {
	condition Condition
	expected  *int64
	mustExist bool
	upsert    bool
	adopt     bool
	get       operation.GetOptions
	changes   []expression.Change
}

// An Option says what one call demands or gives back. Each operation documents its own.
type Option func(*settings)

func gather(options []Option) settings {
	var out settings
	for _, option := range options {
		option(&out)
	}
	return out
}

func (s *settings) guard() operation.Guard {
	return operation.Guard{Condition: s.condition, Expected: s.expected, MustExist: s.mustExist}
}

// WithCondition demands a condition (put, update, delete).
func WithCondition(condition Condition) Option { return func(s *settings) { s.condition = condition } }

// WithExpectedVersion demands the stored version (update, delete).
func WithExpectedVersion(version int64) Option { return func(s *settings) { s.expected = &version } }

// WithMustExist makes delete demand that the item exists.
func WithMustExist() Option { return func(s *settings) { s.mustExist = true } }

// WithUpsert lets update create the item.
func WithUpsert() Option { return func(s *settings) { s.upsert = true } }

// WithAdopt makes save take over an item that was stored without a version.
func WithAdopt() Option { return func(s *settings) { s.adopt = true } }

// WithConsistent asks for a strongly consistent read (get, find, exists).
func WithConsistent() Option { return func(s *settings) { s.get.Consistent = true } }

// WithSelect asks for some paths alone (GetPartial, FindPartial).
func WithSelect(paths ...FieldPath) Option {
	return func(s *settings) { s.get.Select = append([]FieldPath{}, paths...) }
}

// WithView asks for the fields of a named view (GetPartial, FindPartial).
func WithView(name string) Option { return func(s *settings) { s.get.View = name } }

// change is an option of update.
func change(kind expression.Kind, path any, value any) Option {
	return func(s *settings) {
		s.changes = append(s.changes, expression.Change{Kind: kind, Target: asField(path), Value: value})
	}
}

// asField takes a path as text, as segments ([]any) or as a FieldPath.
func asField(path any) FieldPath {
	switch path := path.(type) {
	case FieldPath:
		return path
	case []any:
		if len(path) == 1 {
			if name, ok := path[0].(string); ok {
				return expression.FieldName(name)
			}
		}
		return expression.Field(path...)
	}
	return expression.Field(path)
}

// Set sets a path to a value, or to another attribute (a FieldPath); nil removes it. A path is text, a FieldPath, or segments ([]any).
func Set(path, value any) Option { return change(expression.Set, path, value) }

// SetIfAbsent sets a path that is absent.
func SetIfAbsent(path, value any) Option { return change(expression.SetIfAbsent, path, value) }

// Add adds a number; an absent one counts as 0. Without an expected version it happens at least once where an answer is lost.
func Add(path, value any) Option { return change(expression.Add, path, value) }

// Subtract subtracts a number.
func Subtract(path, value any) Option { return change(expression.Subtract, path, value) }

// Append appends the elements of a slice to a list; an absent one counts as empty.
func Append(path, values any) Option { return change(expression.Append, path, values) }

// Prepend puts the elements of a slice before a list.
func Prepend(path, values any) Option { return change(expression.Prepend, path, values) }

// Copy sets a path to the value of another.
func Copy(path, source any) Option { return change(expression.Copy, path, asField(source)) }

// Remove removes a path.
func Remove(path any) Option { return change(expression.Remove, path, nil) }

// AddToSet adds members to a set.
func AddToSet(path, members any) Option { return change(expression.AddToSet, path, members) }

// DeleteFromSet deletes members from a set.
func DeleteFromSet(path, members any) Option { return change(expression.DeleteFromSet, path, members) }

// Changes gives what the options of an update change, for those who compile expressions themselves.
func Changes(options ...Option) []expression.Change {
	s := gather(options)
	return s.changes
}
