package dms_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema/dms"
)

func TestATextIsReadByYAML12OrAsJSON(t *testing.T) {
	for text, want := range map[string]string{
		"\ufeffa: b":                          "b",
		"%YAML 1.2\n---\na: b\n...":           "b",
		"x: 1\r\ny: 2\ra: b":                  "b",
		"a: x\u2028y\u0085z":                  "x\u2028y\u0085z",
		"a: \"x\ty\" # \tz":                   "x\ty",
		`a: "\/\ud83d\ude00\\ud83d"`:          "/😀\\ud83d",
		`a: '\/\ud83d\ude00'`:                 `\/\ud83d\ude00`,
		"{\"a\":\t\"\\/\\ud83d\\ude00\x7f\"}": "/😀\x7f",
		"a: |\n  b\n   \n  c":                 "b\n\nc\n",
	} {
		tree, err := dms.Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := tree.(map[string]any)["a"]; got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestATextIsRefusedAtTheEntryOrAsAWhole(t *testing.T) {
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	for text, want := range map[string]string{
		"a: \xff":                    "",
		"a: {b: &x 1}":               "",
		"a: ! b":                     "",
		"a: *x":                      "",
		"? a\n: b":                   "",
		"a: {? b : c}":               "",
		"{: b}":                      "",
		"a:\tb":                      "",
		"a: b\t":                     "",
		"%TAG ! x\n---\na: b":        "",
		"a: \x7f":                    "",
		`a: "\ufdd0"`:                "",
		"a: {b: c?}":                 "",
		"a: {\nb: c}":                "",
		"a: \"b\nc\"":                "",
		"a: {b: c}#":                 "",
		"a: [{b: c}#\n]":             "",
		"a: |#\n  b":                 "",
		"a:\n# b\n  c":               "",
		"a: \"b\\\n\n  c\"":          "",
		"a:\n- b:\n  |\n    c":       "",
		"a: 1\n...\n...\n":           "",
		"a: " + deep:                 "",
		`{"a":` + deep + `}`:         "",
		`{"a":{"b":1,"b":{"b":1e9}}`: "",
		`{"a":{"b":1,"b":2}}`:        "/a/b",
		`{"a":[1,9007199254740993]}`: "/a/1",
		`{"a":"\ud800"}`:             "/a",
		`a: "\ud800"`:                "/a",
		`a: "\udc00\ud800"`:          "/a",
		"a: {b: 1e126}":              "/a/b",
		"a: {1: b}":                  "/a",
		"a: {<<: b}":                 "/a",
		"a: {[b]: c}":                "/a",
		"a: {b: 1, 'b': .inf}":       "/a/b",
	} {
		_, err := dms.Parse(text)
		var bad *errs.Error
		if !errors.As(err, &bad) || bad.Code != errs.CodeInvalidModel || bad.Path != want {
			t.Errorf("%q: got %v", text, err)
		}
	}
}
