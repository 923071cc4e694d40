// Package dms reads DMS documents, written in YAML 1.2 or JSON. It alone needs a YAML parser, and of that only its nodes:
// no two parsers agree on what a scalar means, so scalars are resolved here by the core schema of YAML 1.2.
package dms

import (
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Load reads and checks a document. What is wrong with it is InvalidModel, with the JSON Pointer of the entry in Path.
func Load(text string) (*schema.Document, error) {
	tree, err := Parse(text)
	if err != nil {
		return nil, err
	}
	return schema.Parse(tree)
}

// Parse reads a text to its JSON value without checking it against DMS.
func Parse(text string) (any, error) {
	if strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		tree, err := canon.ParseJSON(text)
		var bad *canon.SyntaxError
		if err == nil {
			return checkNumbers(tree)
		}
		if errors.As(err, &bad) && bad.Pointer != "" {
			return nil, errs.New(errs.CodeInvalidModel, bad.Pointer, bad.Reason)
		}
	}
	return parseYAML(text)
}

// checkNumbers refuses what the same number in YAML would be refused for.
func checkNumbers(tree any) (any, error) {
	if at, ok := inexact(tree, ""); !ok {
		return nil, errs.New(errs.CodeInvalidModel, at, "a number that binary64 does not hold exactly")
	}
	return tree, nil
}

func inexact(v any, at string) (string, bool) {
	switch x := v.(type) {
	case canon.Number:
		return at, exact(string(x))
	case []any:
		for i, e := range x {
			if where, ok := inexact(e, at+"/"+strconv.Itoa(i)); !ok {
				return where, false
			}
		}
	case map[string]any:
		for k, e := range x {
			if where, ok := inexact(e, at+canon.Pointer(k)); !ok {
				return where, false
			}
		}
	}
	return "", true
}

func exact(text string) bool {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return false
	}
	a, ok := canon.AppendFloat(nil, f, 64)
	b, fine := canon.AppendNumber(nil, text)
	return ok && fine && string(a) == string(b)
}

type refusal struct{ pointer, reason string }

func refuse(pointer, reason string) { panic(refusal{pointer, reason}) }

func parseYAML(text string) (tree any, err error) {
	defer func() {
		if r := recover(); r != nil {
			bad, ok := r.(refusal)
			if !ok {
				bad = refusal{"", "is not YAML"}
			}
			tree, err = nil, errs.New(errs.CodeInvalidModel, bad.pointer, bad.reason)
		}
	}()
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var doc, more yaml.Node
	if err := decoder.Decode(&doc); err != nil {
		refuse("", "is not YAML")
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		refuse("", "is more than one document, or not YAML")
	}
	if len(doc.Content) != 1 {
		refuse("", "is empty")
	}
	return value(doc.Content[0], ""), nil
}

func value(n *yaml.Node, at string) any {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		refuse(at, "anchors and aliases are not part of DMS")
	case n.Style&yaml.TaggedStyle != 0:
		refuse(at, "tags of YAML are not part of DMS")
	}
	switch n.Kind {
	case yaml.MappingNode:
		return mapping(n, at)
	case yaml.SequenceNode:
		list := []any{}
		for i, e := range n.Content {
			list = append(list, value(e, at+"/"+strconv.Itoa(i)))
		}
		return list
	}
	return scalar(n, at)
}

func mapping(n *yaml.Node, at string) any {
	m := map[string]any{}
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			refuse(at, "a key must be a string")
		}
		entry := at + canon.Pointer(key.Value)
		k, ok := value(key, entry).(string)
		if !ok {
			refuse(at, "a key must be a string")
		}
		if k == "<<" && key.Style == 0 {
			refuse(at, "merge keys are not part of DMS")
		}
		if _, twice := m[k]; twice {
			refuse(entry, "a key stands twice")
		}
		m[k] = value(n.Content[i+1], entry)
	}
	return m
}

var (
	decimals = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	octals   = regexp.MustCompile(`^0o[0-7]+$`)
	hexes    = regexp.MustCompile(`^0x[0-9a-fA-F]+$`)
	infinite = regexp.MustCompile(`^([-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN)$`)
)

// scalar resolves a plain scalar by the core schema.
func scalar(n *yaml.Node, at string) any {
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return n.Value
	}
	switch v := n.Value; v {
	case "", "~", "null", "Null", "NULL":
		return nil
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	default:
		switch {
		case infinite.MatchString(v):
			refuse(at, "is no number of JSON")
		case octals.MatchString(v):
			return whole(v[2:], 8, at)
		case hexes.MatchString(v):
			return whole(v[2:], 16, at)
		case decimals.MatchString(v):
			return number(v, at)
		}
		return v
	}
}

func whole(digits string, base int, at string) any {
	u, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		refuse(at, "a number that binary64 does not hold exactly")
	}
	return number(strconv.FormatUint(u, 10), at)
}

func number(text, at string) any {
	if !exact(text) {
		refuse(at, "a number that binary64 does not hold exactly")
	}
	b, _ := canon.AppendNumber(nil, text)
	return canon.Number(b)
}
