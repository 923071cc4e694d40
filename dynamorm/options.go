package dynamorm

import (
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Option changes one call. An option that a call does not take makes it fail with ValidationFailed.
type Option struct {
	name  string
	apply func(*settings)
}

// settings is what the options of a call come to.
type settings struct {
	consistent bool
	selected   []expression.Field
	view       string
	condition  expression.Condition
	expected   *int64
	upsert     bool
	mustExist  bool
	adopt      bool
	returns    operation.Return
	old        any
}

// WithConsistentRead reads what was written last (get, find, exists).
func WithConsistentRead() Option {
	return Option{"WithConsistentRead", func(s *settings) { s.consistent = true }}
}

// WithSelect reads these fields alone; the rest of the result stays empty (get, find).
func WithSelect(fields ...expression.Field) Option {
	return Option{"WithSelect", func(s *settings) { s.selected = append([]expression.Field{}, fields...) }}
}

// WithView reads the fields of a view of the model's (get, find).
func WithView(name string) Option {
	return Option{"WithView", func(s *settings) { s.view = name }}
}

// WithCondition makes the write depend on a condition (put, update, delete).
func WithCondition(c expression.Condition) Option {
	return Option{"WithCondition", func(s *settings) { s.condition = c }}
}

// WithExpectedVersion makes the write depend on the stored version (update, delete).
func WithExpectedVersion(version int64) Option {
	return Option{"WithExpectedVersion", func(s *settings) { s.expected = &version }}
}

// WithUpsert lets an update make the item that is not there.
func WithUpsert() Option {
	return Option{"WithUpsert", func(s *settings) { s.upsert = true }}
}

// WithMustExist makes a delete of nothing fail with ItemNotFound.
func WithMustExist() Option {
	return Option{"WithMustExist", func(s *settings) { s.mustExist = true }}
}

// WithAdopt makes a save take over a stored item that has no version yet.
func WithAdopt() Option {
	return Option{"WithAdopt", func(s *settings) { s.adopt = true }}
}

// WithReturn says what an update gives back; the new item unless said.
func WithReturn(r operation.Return) Option {
	return Option{"WithReturn", func(s *settings) { s.returns = r }}
}

// WithOld asks for the replaced or deleted item (put, delete). It is put into old, which is what Get gives: a *T, or the map of a dynamic
// table; nil where there was none.
func WithOld[V any](old *V) Option {
	return Option{"WithOld", func(s *settings) { s.old = old }}
}

// gather applies the options that a call takes.
func gather(m *schema.Model, options []Option, takes ...string) (settings, error) {
	var s settings
	for _, o := range options {
		ok := false
		for _, name := range takes {
			ok = ok || name == o.name
		}
		if !ok {
			e := errs.New(errs.CodeValidationFailed, "", "the call does not take the option "+o.name)
			e.Model = m.Name
			return s, e
		}
		o.apply(&s)
	}
	return s, nil
}
