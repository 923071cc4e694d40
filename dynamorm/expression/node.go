// Package expression holds conditions, changes and projections as trees, and compiles them to DynamoDB's text.
// Equal trees give equal text in every language.
package expression

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

// A Path is a document path: names (string) and indexes (int).
type Path []any

// Text writes a path for people.
func (p Path) Text() string { return errs.PathText(p) }

var part = regexp.MustCompile(`\A([^\[\]]+)((?:\[[0-9]+\])*)\z`)
var index = regexp.MustCompile(`[0-9]+`)

func badPath(format string) error { return errs.New(errs.ValidationFailed, "%s", format) }

// ParsePath splits a document path: one text at `.` and `[n]`, or segments that are taken as they are.
func ParsePath(segments ...any) (Path, error) {
	if len(segments) == 1 {
		if text, ok := segments[0].(string); ok {
			return parseText(text)
		}
	}
	return Segments(segments...)
}

// Segments makes a path of segments; each string is one name, whatever it holds.
func Segments(segments ...any) (Path, error) {
	for i, segment := range segments {
		switch segment := segment.(type) {
		case string:
			if segment == "" {
				return nil, badPath("a path has no empty segment")
			}
		case int:
			if i == 0 {
				return nil, badPath("a path begins with a name")
			}
		default:
			return nil, badPath("a path has names and indexes")
		}
	}
	if len(segments) == 0 {
		return nil, badPath("an empty path")
	}
	return append(Path{}, segments...), nil
}

func parseText(text string) (Path, error) {
	var out Path
	for _, piece := range strings.Split(text, ".") {
		found := part.FindStringSubmatch(piece)
		if found == nil {
			return nil, badPath("a malformed path")
		}
		out = append(out, found[1])
		for _, digits := range index.FindAllString(found[2], -1) {
			number, err := strconv.Atoi(digits)
			if err != nil {
				return nil, badPath("a malformed index")
			}
			out = append(out, number)
		}
	}
	return out, nil
}

// An Operand is a value, an attribute (FieldPath) or a size (FieldSize).
type Operand any

// A FieldPath names an attribute in conditions: Field("address.city").Eq("Bonn").
type FieldPath struct {
	path Path
	err  error
}

// Field names an attribute by its document path: one text, or segments where a name holds a dot or a bracket
// (Field("lines", 0, "sku")). One segment that holds a dot is said by FieldName. A malformed path is reported by the operation that uses it.
func Field(path ...any) FieldPath {
	parsed, err := ParsePath(path...)
	return FieldPath{parsed, err}
}

// FieldName names a top-level attribute whose name may hold dots and brackets.
func FieldName(name string) FieldPath {
	parsed, err := Segments(name)
	return FieldPath{parsed, err}
}

// A FieldSize is the size of an attribute.
type FieldSize struct{ of FieldPath }

// Size gives the attribute's size as an operand.
func (f FieldPath) Size() FieldSize { return FieldSize{f} }

// A Condition is a condition on the stored item; And, Or and Not combine them.
type Condition interface {
	compile(c *Compiler, parent group) (string, error)
}

type group int

const (
	alone group = iota
	inAnd
	inOr
	inNot
)

type compare struct {
	operator    string
	left, right Operand
}

type between struct{ left, lower, upper Operand }

type in struct {
	left     Operand
	operands []Operand
}

type function struct {
	name    string
	of      FieldPath
	operand Operand
	unary   bool
}

type logical struct {
	kind     group
	children []Condition
}

type not struct{ child Condition }

// And holds where all hold.
func And(conditions ...Condition) Condition { return logical{inAnd, conditions} }

// Or holds where one holds.
func Or(conditions ...Condition) Condition { return logical{inOr, conditions} }

// Not holds where the condition does not.
func Not(condition Condition) Condition { return not{condition} }

// Eq is `=`.
func (f FieldPath) Eq(operand Operand) Condition { return compare{"=", f, operand} }

// Ne is `<>`.
func (f FieldPath) Ne(operand Operand) Condition { return compare{"<>", f, operand} }

// Lt is `<`.
func (f FieldPath) Lt(operand Operand) Condition { return compare{"<", f, operand} }

// Le is `<=`.
func (f FieldPath) Le(operand Operand) Condition { return compare{"<=", f, operand} }

// Gt is `>`.
func (f FieldPath) Gt(operand Operand) Condition { return compare{">", f, operand} }

// Ge is `>=`.
func (f FieldPath) Ge(operand Operand) Condition { return compare{">=", f, operand} }

// Between is a range, both ends included.
func (f FieldPath) Between(lower, upper Operand) Condition { return between{f, lower, upper} }

// In equals one of 1 to 100 operands.
func (f FieldPath) In(operands ...Operand) Condition { return in{f, operands} }

// BeginsWith fits S and B.
func (f FieldPath) BeginsWith(prefix Operand) Condition {
	return function{name: "begins_with", of: f, operand: prefix}
}

// Contains is a substring (S) or a member (L, sets).
func (f FieldPath) Contains(member Operand) Condition {
	return function{name: "contains", of: f, operand: member}
}

// Exists is attribute_exists.
func (f FieldPath) Exists() Condition { return function{name: "attribute_exists", of: f, unary: true} }

// NotExists is attribute_not_exists.
func (f FieldPath) NotExists() Condition {
	return function{name: "attribute_not_exists", of: f, unary: true}
}

// IsType is attribute_type, with one of DynamoDB's ten types.
func (f FieldPath) IsType(tag string) Condition {
	return function{name: "attribute_type", of: f, operand: tag}
}

// Eq is `=` of a size.
func (s FieldSize) Eq(operand Operand) Condition { return compare{"=", s, operand} }

// Ne is `<>` of a size.
func (s FieldSize) Ne(operand Operand) Condition { return compare{"<>", s, operand} }

// Lt is `<` of a size.
func (s FieldSize) Lt(operand Operand) Condition { return compare{"<", s, operand} }

// Le is `<=` of a size.
func (s FieldSize) Le(operand Operand) Condition { return compare{"<=", s, operand} }

// Gt is `>` of a size.
func (s FieldSize) Gt(operand Operand) Condition { return compare{">", s, operand} }

// Ge is `>=` of a size.
func (s FieldSize) Ge(operand Operand) Condition { return compare{">=", s, operand} }

// Between is a range of sizes.
func (s FieldSize) Between(lower, upper Operand) Condition { return between{s, lower, upper} }

// In equals one of 1 to 100 sizes.
func (s FieldSize) In(operands ...Operand) Condition { return in{s, operands} }

// Path gives the parsed path, or what was wrong with it.
func (f FieldPath) Path() (Path, error) { return f.path, f.err }
