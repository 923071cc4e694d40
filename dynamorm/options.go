package dynamorm

import (
	"maps"

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

	context         string
	index, cursor   *string
	sort            *operation.Sort
	filter          expression.Condition
	descending      bool
	hideExpired     bool
	limit, pageSize *int
	segment         *operation.Segment

	lastWins, unchecked bool
	concurrency         *int
	progress            func(Bulk)
	onFailure           func(BulkFailure)
	token               *string
	all                 bool

	table      operation.TableSettings
	addIndexes bool
	label      string
	moving     migrationSettings
}

// WithConsistentRead reads what was written last (get, find, exists, query, scan, batch get).
func WithConsistentRead() Option {
	return Option{"WithConsistentRead", func(s *settings) { s.consistent = true }}
}

// WithSelect reads these fields alone; the rest of the result stays empty (get, find, batch get).
func WithSelect(fields ...expression.Field) Option {
	return Option{"WithSelect", func(s *settings) { s.selected = append([]expression.Field{}, fields...) }}
}

// WithView reads the fields of a view of the model's (get, find, batch get).
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

// WithMustExist makes a delete of nothing fail with ItemNotFound, that of a table with TableNotFound.
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

// WithIndex reads a secondary index (query, scan); "" is no name, and refused as any other that the model does not have.
func WithIndex(name string) Option {
	return Option{"WithIndex", func(s *settings) { s.index = &name }}
}

// Sort is an operator on the sort key of a query.
type Sort struct{ sort operation.Sort }

func sortBy(operator string, operands ...any) Sort {
	return Sort{operation.Sort{Operator: operator, Operands: operands}}
}

// SortEq holds for the sort key that is v.
func SortEq(v any) Sort { return sortBy("=", v) }

// SortLt holds for sort keys below v.
func SortLt(v any) Sort { return sortBy("<", v) }

// SortLe holds for sort keys up to v.
func SortLe(v any) Sort { return sortBy("<=", v) }

// SortGt holds for sort keys above v.
func SortGt(v any) Sort { return sortBy(">", v) }

// SortGe holds for sort keys from v on.
func SortGe(v any) Sort { return sortBy(">=", v) }

// SortBetween holds for sort keys from low to high, both included.
func SortBetween(low, high any) Sort { return sortBy("BETWEEN", low, high) }

// SortBeginsWith holds for sort keys that begin with plain text or bytes.
func SortBeginsWith(prefix any) Sort { return sortBy("begins_with", prefix) }

// WithSort narrows a query by its sort key.
func WithSort(by Sort) Option {
	return Option{"WithSort", func(s *settings) { s.sort = &by.sort }}
}

// WithSortParts narrows a query by the leading parts of a composed sort key, or by the attribute of a plain one.
func WithSortParts(parts map[string]any) Option {
	return Option{"WithSortParts", func(s *settings) {
		s.sort = &operation.Sort{Parts: maps.Clone(parts)}
		if parts == nil {
			s.sort.Parts = map[string]any{}
		}
	}}
}

// WithFilter leaves out what a condition does not hold for; DynamoDB reads and charges it all the same (query, scan).
func WithFilter(c expression.Condition) Option {
	return Option{"WithFilter", func(s *settings) { s.filter = c }}
}

// WithDescending turns the order of a query round.
func WithDescending() Option {
	return Option{"WithDescending", func(s *settings) { s.descending = true }}
}

// WithLimit reads so many items in all, after filtering (query, scan).
func WithLimit(n int) Option {
	return Option{"WithLimit", func(s *settings) { s.limit = &n }}
}

// WithPageSize sets DynamoDB's Limit of a page, before filtering (query, scan).
func WithPageSize(n int) Option {
	return Option{"WithPageSize", func(s *settings) { s.pageSize = &n }}
}

// WithHideExpired leaves out items whose time to live is over (query, scan).
func WithHideExpired() Option {
	return Option{"WithHideExpired", func(s *settings) { s.hideExpired = true }}
}

// WithCursor goes on where another read stopped (query, scan). The start has no cursor: "" is InvalidCursor, so that a cursor that got
// lost never begins again.
func WithCursor(cursor string) Option {
	return Option{"WithCursor", func(s *settings) { s.cursor = &cursor }}
}

// WithCursorContext binds signed cursors to whom they are given: a tenant, say (query, scan).
func WithCursorContext(context string) Option {
	return Option{"WithCursorContext", func(s *settings) { s.context = context }}
}

// WithSegment reads one segment of a scan.
func WithSegment(number, total int) Option {
	return Option{"WithSegment", func(s *settings) { s.segment = &operation.Segment{Number: number, Total: total} }}
}

// WithLastWins lets a batch have several writes of one item: the last of them stays, in its place (batch writes).
func WithLastWins() Option {
	return Option{"WithLastWins", func(s *settings) { s.lastWins = true }}
}

// WithUnchecked lets a batch leave out the conditions that it cannot hold: versions are written on without a look at what is stored, and
// deletes do not ask what they delete (batch writes, bulk writes).
func WithUnchecked() Option {
	return Option{"WithUnchecked", func(s *settings) { s.unchecked = true }}
}

// WithConcurrency sets how many chunks are under way at a time; 4 unless set (bulk writes).
func WithConcurrency(n int) Option {
	return Option{"WithConcurrency", func(s *settings) { s.concurrency = &n }}
}

// WithProgress is told how far the work is after each chunk; by one goroutine, that of the caller (bulk writes).
func WithProgress(told func(Bulk)) Option {
	return Option{"WithProgress", func(s *settings) { s.progress = told }}
}

// WithOnFailure is told each write that is not done, by the goroutine of the caller, and lets the work go on behind a refused write and
// behind an error that can vanish (bulk writes).
func WithOnFailure(told func(BulkFailure)) Option {
	return Option{"WithOnFailure", func(s *settings) { s.onFailure = told }}
}

// WithToken sets the token of a transaction, 1 to 36 characters: the same transaction with the same token happens once within ten minutes.
func WithToken(token string) Option {
	return Option{"WithToken", func(s *settings) { s.token = &token }}
}

// gather applies the options that a call takes; m is nil for a call of several models.
func gather(m *schema.Model, options []Option, takes ...string) (settings, error) {
	var s settings
	for _, o := range options {
		ok := false
		for _, name := range takes {
			ok = ok || name == o.name
		}
		if !ok {
			e := errs.New(errs.CodeValidationFailed, "", "the call does not take the option "+o.name)
			if m != nil {
				e.Model = m.Name
			}
			return s, e
		}
		o.apply(&s)
	}
	return s, nil
}
