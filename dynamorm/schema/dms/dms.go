// Package dms reads DMS documents, written in YAML 1.2 or JSON. It alone needs a YAML parser, and of that only its nodes:
// no two parsers agree on what a scalar means, so scalars are resolved here by the core schema of YAML 1.2.
package dms

import (
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

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
func Parse(text string) (tree any, err error) {
	defer func() {
		if r := recover(); r != nil {
			bad, ok := r.(refusal)
			if !ok {
				bad = refusal{"", "is not YAML"}
			}
			tree, err = nil, errs.New(errs.CodeInvalidModel, bad.pointer, bad.reason)
		}
	}()
	text = strings.TrimPrefix(text, "\ufeff")
	if !utf8.ValidString(text) {
		refuse("", "is not UTF-8")
	}
	if json.Valid([]byte(text)) {
		return parseJSON(text), nil
	}
	text = guard(text)
	root := compose(text)
	newLayout(text, root).check(root, -1, 1)
	return value(root, ""), nil
}

// maxDepth is how deep lists and maps may nest.
const maxDepth = 100

func tooDeep() { refuse("", "nests deeper than "+strconv.Itoa(maxDepth)) }

func parseJSON(text string) any {
	depth := 0
	for tokens := json.NewDecoder(strings.NewReader(text)); ; {
		token, err := tokens.Token()
		if err != nil {
			break
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth > maxDepth {
			tooDeep()
		}
	}
	tree, err := canon.ParseExact(text)
	var bad *canon.SyntaxError
	if errors.As(err, &bad) {
		refuse(bad.Pointer, bad.Reason)
	}
	return tree
}

type refusal struct{ pointer, reason string }

func refuse(pointer, reason string) { panic(refusal{pointer, reason}) }

// compose gives the root of a text's one document.
func compose(text string) *yaml.Node {
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
	return doc.Content[0]
}

func plain(n *yaml.Node) bool {
	return n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
}

func value(n *yaml.Node, at string) any {
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
		k, ok := value(key, at).(string)
		if !ok {
			refuse(at, "a key must be a string")
		}
		if k == "<<" && plain(key) {
			refuse(at, "merge keys are not part of DMS")
		}
		entry := at + canon.Pointer(k)
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
	if !plain(n) {
		text, ok := shown(n.Value, n.Style&yaml.DoubleQuotedStyle != 0)
		if !ok {
			refuse(at, "a lone surrogate is no text")
		}
		return text
	}
	switch v, _ := shown(n.Value, false); v {
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
	n, _ := new(big.Int).SetString(digits, base)
	return number(n.String(), at)
}

func number(text, at string) any {
	if !canon.Binary64(text) {
		refuse(at, "a number that binary64 does not hold exactly")
	}
	b, _ := canon.AppendNumber(nil, text)
	return canon.Number(b)
}
