package dms_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/dms"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

const base = `dms_version: "1.0"
models:
  - name: A
    table: {name: aaa}
    keys: {partition: {attribute: id, type: S}}
    attributes: [{attribute: id, type: S, required: true}]
`

func TestScalarsResolveByTheCoreSchemaAlone(t *testing.T) {
	for scalar, want := range map[string]string{
		"no": `"no"`, "Off": `"Off"`, "1:30": `"1:30"`, "1_000": `"1_000"`, "2026-01-02": `"2026-01-02"`, "010": "10", "0o10": "8", "0x1F": "31", "-0": "0", "+12": "12", "1.": "1", ".5": "0.5", "1e2": "100",
		"True": "true", "~": "null", "": "null", "NULL": "null", "nUll": `"nUll"`, `"true"`: `"true"`, "'1'": `"1"`, "=": `"="`, `"\ud83d\ude00"`: `"😀"`, "0b1": `"0b1"`, "1e": `"1e"`, "0x": `"0x"`,
	} {
		got, err := dms.Canonical(base + "tags: {x: " + scalar + "}\n")
		if err != nil || !strings.HasSuffix(got, `"tags":{"x":`+want+`}}`) {
			t.Errorf("%s gave %s, %v", scalar, got, err)
		}
	}
}

func TestWhatJSONDoesNotHaveIsInvalidModel(t *testing.T) {
	for extra, path := range map[string]string{
		"tags: {a: &x 1, b: *x}": "/tags", "tags: {a: !!str 1}": "/tags", "tags: {<<: {a: 1}}": "/tags", "tags: {a: 1, a: 2}": "/tags/a", `dms_version: "1.0"`: "/dms_version",
		"tags: {1: a}": "/tags", "tags: {a: .inf}": "/tags/a", "tags: {a: 9007199254740993}": "/tags/a", "tags: {a: 1e400}": "/tags/a", "---\na: 1": "", "tags: {a: [1": "", "tags: {[1]: a}": "/tags", "colour: red": "/colour",
	} {
		_, err := dms.Load(base + extra + "\n")
		var e *errs.Error
		if !errors.As(err, &e) || e.Code != errs.InvalidModel || !strings.HasPrefix(e.Path, path) || path == "" && e.Path != "" {
			t.Errorf("%s gave %v at %q", extra, err, e.Path)
		}
	}
}

func TestTextThatIsNoDocumentIsInvalidModelNotAPanic(t *testing.T) {
	for _, text := range []string{"", "# nothing", "null", "[]", "a", "\xff", "\x00", strings.Repeat("[", 20000), "{}", "dms_version: 1.0", "- - - -"} {
		if _, err := dms.Load(text); !errors.Is(err, errs.OfCode(errs.InvalidModel)) {
			t.Errorf("%.20q gave %v", text, err)
		}
	}
}

// FuzzLoad demands that any text is read or refused, and that a document's canonical JSON is its own.
func FuzzLoad(f *testing.F) {
	f.Add(base)
	f.Add(base + "tags: {a: [1, 0x10, ~, \"\\ud83d\\ude00\"]}\n")
	f.Fuzz(func(t *testing.T, text string) {
		first, err := dms.Canonical(text)
		if err != nil {
			if !errors.Is(err, errs.OfCode(errs.InvalidModel)) {
				t.Fatalf("a bare error: %v", err)
			}
			return
		}
		if again, err := dms.Canonical(first); err != nil || again != first {
			t.Fatalf("%s became %s, %v", first, again, err)
		}
	})
}
