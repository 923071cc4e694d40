// Package expression has conditions, updates and projections as trees of values, and compiles them to DynamoDB's text:
// equal trees give equal text.
package expression

import (
	"strconv"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
)

// segment is a step of a path: a name, or an index of a list.
type segment struct {
	name  string
	index int
	list  bool
}

// Field names an attribute by its path, or the size of one. It is a left side of conditions, and an operand where a value could stand.
type Field struct {
	path []segment
	size bool
	bad  string
}

// F gives the field of a path as text: names joined by `.`, indexes in brackets.
func F(path string) Field {
	f := Field{}
	for _, part := range strings.Split(path, ".") {
		name, rest, _ := strings.Cut(part, "[")
		if name == "" || strings.Contains(name, "]") {
			return Field{bad: "the path is malformed"}
		}
		f.path = append(f.path, segment{name: name})
		for rest != "" || strings.HasSuffix(part, "[") {
			digits, after, closed := strings.Cut(rest, "]")
			n, err := strconv.ParseUint(digits, 10, 31)
			if !closed || err != nil || after != "" && after[0] != '[' {
				return Field{bad: "the path is malformed"}
			}
			f.path = append(f.path, segment{index: int(n), list: true})
			if after == "[" {
				return Field{bad: "the path is malformed"}
			}
			part, rest = "", strings.TrimPrefix(after, "[")
		}
	}
	return f
}

// Path gives the field of a path as segments: a string is one name, whatever it holds, an int is an index.
func Path(segments ...any) Field {
	f := Field{}
	for i, s := range segments {
		switch x := s.(type) {
		case string:
			f.path = append(f.path, segment{name: x})
			if x == "" {
				f.bad = "the path has an empty segment"
			}
		case int:
			f.path = append(f.path, segment{index: x, list: true})
			if x < 0 || i == 0 {
				f.bad = "the path is malformed"
			}
		default:
			f.bad = "a segment of a path is a string or an int"
		}
	}
	if len(segments) == 0 {
		f.bad = "the path is empty"
	}
	return f
}

// String gives the path as text, a name with a dot or a bracket in backticks.
func (f Field) String() string {
	out := ""
	for _, s := range f.path {
		switch {
		case s.list:
			out += "[" + strconv.Itoa(s.index) + "]"
		case out == "":
			out = codec.Name(s.name)
		default:
			out += "." + codec.Name(s.name)
		}
	}
	return out
}

// covers says whether the path is the other, or one above it.
func (f Field) covers(o Field) bool {
	if len(f.path) > len(o.path) {
		return false
	}
	for i, s := range f.path {
		if s != o.path[i] {
			return false
		}
	}
	return true
}

// Condition is a tree; the zero Condition is none.
type Condition struct {
	op   op
	left Field
	args []any
	kids []Condition
}

type op int

const (
	none op = iota
	opCompare
	opBetween
	opIn
	opBeginsWith
	opContains
	opExists
	opNotExists
	opType
	opAnd
	opOr
	opNot
)

// Fields gives every path that the condition names, on either side.
func (c Condition) Fields() []Field {
	out := []Field{}
	for _, kid := range c.kids {
		out = append(out, kid.Fields()...)
	}
	if c.op != none && len(c.kids) == 0 && len(c.left.path) > 0 {
		out = append(out, c.left)
	}
	for _, arg := range c.args {
		if f, ok := arg.(Field); ok && len(f.path) > 0 {
			out = append(out, f)
		}
	}
	return out
}

// Top gives the name that the path begins with, "" for a malformed one.
func (f Field) Top() string {
	if len(f.path) == 0 {
		return ""
	}
	return f.path[0].name
}

// Is says whether the path is a top-level attribute, and this one.
func (f Field) Is(name string) bool { return len(f.path) == 1 && f.path[0].name == name }

// Path gives the field's text without size.
func (f Field) Path() string {
	f.size = false
	return f.String()
}

// IsZero says whether there is no condition.
func (c Condition) IsZero() bool { return c.op == none }

// And joins conditions of which all have to hold. One that is none is a mistake, as is no condition at all: InvalidOperator; [Joined] leaves it out.
func And(conditions ...Condition) Condition { return Condition{op: opAnd, kids: conditions} }

// Or joins conditions of which one has to hold.
func Or(conditions ...Condition) Condition { return Condition{op: opOr, kids: conditions} }

// Not turns a condition round.
func Not(c Condition) Condition { return Condition{op: opNot, kids: []Condition{c}} }

// Joined joins conditions by AND, without those that are none; nothing joined is none.
func Joined(conditions ...Condition) Condition {
	kids := []Condition{}
	for _, c := range conditions {
		if !c.IsZero() {
			kids = append(kids, c)
		}
	}
	if len(kids) == 0 {
		return Condition{}
	}
	return And(kids...)
}

// Update is what an update changes, in the caller's order. Its methods add to it and give it back.
type Update struct {
	actions []action
}

type kind int

// The kinds stand in the order in which a clause has them.
const (
	set kind = iota
	setIfAbsent
	add
	subtract
	appendTo
	prependTo
	copyOf
	remove
	addToSet
	deleteFromSet
)

type action struct {
	kind  kind
	field Field
	value any
}

// NewUpdate gives an empty update.
func NewUpdate() *Update { return &Update{} }

func (u *Update) with(k kind, f Field, v any) *Update {
	u.actions = append(u.actions, action{k, f, v})
	return u
}

// Set sets an attribute to a value, or to another attribute where v is a Field. Null, an empty set, and an empty value under omit_empty remove it.
func (u *Update) Set(f Field, v any) *Update { return u.with(set, f, v) }

// SetIfAbsent sets an attribute that is not there.
func (u *Update) SetIfAbsent(f Field, v any) *Update { return u.with(setIfAbsent, f, v) }

// Add adds a number; an absent attribute counts as 0.
func (u *Update) Add(f Field, v any) *Update { return u.with(add, f, v) }

// Subtract takes a number away; an absent attribute counts as 0.
func (u *Update) Subtract(f Field, v any) *Update { return u.with(subtract, f, v) }

// Append puts the elements of a list behind those there are; an absent list counts as empty.
func (u *Update) Append(f Field, list any) *Update { return u.with(appendTo, f, list) }

// Prepend puts the elements of a list before those there are; an absent list counts as empty.
func (u *Update) Prepend(f Field, list any) *Update { return u.with(prependTo, f, list) }

// Copy sets an attribute to another one.
func (u *Update) Copy(f, source Field) *Update { return u.with(copyOf, f, source) }

// Remove takes attributes away.
func (u *Update) Remove(fields ...Field) *Update {
	for _, f := range fields {
		u.with(remove, f, nil)
	}
	return u
}

// AddToSet adds members to a set; an absent set counts as empty.
func (u *Update) AddToSet(f Field, members any) *Update { return u.with(addToSet, f, members) }

// DeleteFromSet takes members out of a set.
func (u *Update) DeleteFromSet(f Field, members any) *Update {
	return u.with(deleteFromSet, f, members)
}
