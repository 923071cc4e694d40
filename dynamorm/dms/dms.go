// Package dms reads DMS documents. It alone needs a YAML parser; scalars are resolved here, by the core schema of YAML 1.2,
// for no two parsers agree on what `010` or a bare date is.
package dms

import (
	"errors"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Load reads a document's text, YAML or JSON, and gives its models by name.
// Errors are InvalidModel, with the JSON Pointer of the offending entry in Path ("" where the text cannot be read at all).
func Load(text string) (map[string]*schema.Model, error) {
	document, err := parse(text)
	if err != nil {
		return nil, err
	}
	return schema.Load(document)
}

// Canonical gives the canonical JSON of a document's text.
func Canonical(text string) (string, error) {
	document, err := parse(text)
	if err != nil {
		return "", err
	}
	filled, err := schema.Fill(document)
	if err != nil {
		return "", err
	}
	return schema.Dump(filled), nil
}

func refuse(pointer, format string, args ...any) error {
	return errs.New(errs.InvalidModel, format, args...).At(pointer)
}

func parse(text string) (any, error) {
	decoder := yaml.NewDecoder(strings.NewReader(joinSurrogates(text)))
	var node, more yaml.Node
	if err := decoder.Decode(&node); err != nil {
		return nil, refuse("", "the text is not YAML")
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, refuse("", "the text is not YAML")
		}
		return nil, refuse("", "expected one document")
	}
	return value(node.Content[0], "")
}

var surrogatePair = regexp.MustCompile(`\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})`)

// joinSurrogates turns the surrogate pairs that JSON escapes into one escape, which is all that YAML knows.
func joinSurrogates(text string) string {
	return surrogatePair.ReplaceAllStringFunc(text, func(pair string) string {
		high, _ := strconv.ParseUint(pair[2:6], 16, 32)
		low, _ := strconv.ParseUint(pair[8:12], 16, 32)
		joined := (high-0xd800)<<10 + (low - 0xdc00) + 0x10000
		return `\U` + strings.ToUpper(strconv.FormatUint(joined+1<<32, 16)[1:])
	})
}

func value(node *yaml.Node, pointer string) (any, error) {
	if node.Kind == yaml.AliasNode || node.Anchor != "" {
		return nil, refuse(pointer, "anchors and aliases are not allowed")
	}
	if node.Style&yaml.TaggedStyle != 0 {
		return nil, refuse(pointer, "tags are not allowed")
	}
	switch node.Kind {
	case yaml.MappingNode:
		return mapping(node, pointer)
	case yaml.SequenceNode:
		out := make([]any, 0, len(node.Content))
		for i, child := range node.Content {
			member, err := value(child, pointer+"/"+strconv.Itoa(i))
			if err != nil {
				return nil, err
			}
			out = append(out, member)
		}
		return out, nil
	}
	if node.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return node.Value, nil
	}
	return scalar(node.Value, pointer)
}

func mapping(node *yaml.Node, pointer string) (any, error) {
	out := make(map[string]any, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Kind != yaml.ScalarNode {
			return nil, refuse(pointer, "a key that is not a string")
		}
		if node.Content[i].Value == "<<" && node.Content[i].Style == 0 {
			return nil, refuse(pointer, "merge keys are not allowed")
		}
		read, err := value(node.Content[i], pointer)
		if err != nil {
			return nil, err
		}
		key, ok := read.(string)
		if !ok {
			return nil, refuse(pointer, "a key that is not a string")
		}
		place := pointer + "/" + schema.Escape(key)
		if _, there := out[key]; there {
			return nil, refuse(place, "a key that stands here twice")
		}
		if out[key], err = value(node.Content[i+1], place); err != nil {
			return nil, err
		}
	}
	return out, nil
}

var (
	integer = regexp.MustCompile(`\A[-+]?[0-9]+\z`)
	octal   = regexp.MustCompile(`\A0o[0-7]+\z`)
	hex     = regexp.MustCompile(`\A0x[0-9a-fA-F]+\z`)
	float   = regexp.MustCompile(`\A[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z`)
	special = regexp.MustCompile(`\A([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\z`)
)

func scalar(text, pointer string) (any, error) {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return nil, nil
	case "true", "True", "TRUE":
		return true, nil
	case "false", "False", "FALSE":
		return false, nil
	}
	switch {
	case integer.MatchString(text), float.MatchString(text):
		return number(text, pointer)
	case octal.MatchString(text):
		return based(text[2:], 8, pointer)
	case hex.MatchString(text):
		return based(text[2:], 16, pointer)
	case special.MatchString(text):
		return nil, refuse(pointer, "a number that JSON cannot hold")
	}
	return text, nil
}

func based(digits string, base int, pointer string) (any, error) {
	whole, _ := new(big.Int).SetString(digits, base)
	return number(whole.String(), pointer)
}

// number gives a number that every language holds: its shortest binary64 text has to be the number itself.
func number(text, pointer string) (any, error) {
	exact, err := codec.Canonical(strings.TrimSuffix(text, "."))
	near, floatErr := strconv.ParseFloat(text, 64)
	if err == nil && floatErr == nil {
		back, backErr := codec.Canonical(strconv.FormatFloat(near, 'e', -1, 64))
		if backErr == nil && back == exact {
			return schema.Num(exact), nil
		}
	}
	return nil, refuse(pointer, "a number that binary64 does not hold exactly")
}
