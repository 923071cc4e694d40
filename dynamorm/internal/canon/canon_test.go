package canon_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"testing/quick"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
)

func TestANumberIsWrittenInCanonicalText(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "0e9": "0", "+1": "1", "001.500": "1.5", "1e5": "100000", "1E+40": "1E+40", "15e-9": "1.5E-8",
		"0.0000001": "0.0000001", "0.00000001": "1E-8", "-12.30": "-12.3", ".5": "0.5", "5.": "5", "100": "100",
		"12345678901234567890123456789012345678":       "12345678901234567890123456789012345678",
		"123456789012345678901234567890123456780":      "1.2345678901234567890123456789012345678E+38",
		"9.9999999999999999999999999999999999999E+125": "9.9999999999999999999999999999999999999E+125",
		"1E-130": "1E-130", "10e-131": "1E-130",
	} {
		got, ok := canon.AppendNumber(nil, in)
		if !ok || string(got) != want {
			t.Errorf("%s: got %s, %t; want %s", in, got, ok, want)
		}
	}
}

func TestWhatDynamoDBDoesNotHoldIsNoNumber(t *testing.T) {
	for _, in := range []string{"", "-", ".", "e5", "1e", "1e+", "1.2.3", "0x10", "1_0", "inf", "NaN", " 1", "1 ", "1E+126", "9e-131", "123456789012345678901234567890123456789", "1e999999999999999999999"} {
		if got, ok := canon.AppendNumber(nil, in); ok {
			t.Errorf("%q: got %s", in, got)
		}
	}
}

// value reads a number's text exactly, by another implementation.
func value(t *testing.T, text string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	return r
}

func FuzzCanonicalTextKeepsTheValueAndIsItsOwnCanonicalText(f *testing.F) {
	for _, s := range []string{"1.50", "-0.001e10", "0001", "9e125", "1e-130", "12345678901234567890123456789012345678"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, ok := canon.AppendNumber(nil, in)
		if !ok {
			return
		}
		if _, fine := new(big.Rat).SetString(in); !fine && string(got) == "0" {
			return // a zero with an exponent that the other implementation gives up on
		}
		if value(t, in).Cmp(value(t, string(got))) != 0 {
			t.Errorf("%q became %q", in, got)
		}
		again, ok := canon.AppendNumber(nil, got)
		if !ok || string(again) != string(got) {
			t.Errorf("%q became %q", got, again)
		}
	})
}

func TestNumbersAreOrderedByValue(t *testing.T) {
	law := func(a, b int64, shiftA, shiftB uint8) bool {
		x := strconv.FormatInt(a, 10) + "e-" + strconv.Itoa(int(shiftA%40))
		y := strconv.FormatInt(b, 10) + "e-" + strconv.Itoa(int(shiftB%40))
		return canon.Compare(x, y) == value(t, x).Cmp(value(t, y))
	}
	if err := quick.Check(law, nil); err != nil {
		t.Error(err)
	}
}

func TestAnIntegerIsReadWholeOrNotAtAll(t *testing.T) {
	law := func(n int64) bool {
		got, ok := canon.Int64(strconv.FormatInt(n, 10))
		return ok && got == n
	}
	if err := quick.Check(law, nil); err != nil {
		t.Error(err)
	}
	for in, want := range map[string]int64{"-9223372036854775808": math.MinInt64, "9223372036854775807": math.MaxInt64, "1.0": 1, "1e3": 1000, "0.0": 0} {
		if got, ok := canon.Int64(in); !ok || got != want {
			t.Errorf("%s: got %d, %t", in, got, ok)
		}
	}
	for _, in := range []string{"9223372036854775808", "-9223372036854775809", "1.5", "1e-1", "x", "", "1e19"} {
		if got, ok := canon.Int64(in); ok {
			t.Errorf("%s: got %d", in, got)
		}
	}
}

func TestAFloatReadsBackToTheSameBits(t *testing.T) {
	law := func(f float64) bool {
		text, ok := canon.AppendFloat(nil, f, 64)
		if a := math.Abs(f); !ok {
			return a > 9.9e125 || a < 1e-130
		}
		back, err := strconv.ParseFloat(string(text), 64)
		return err == nil && back == f
	}
	if err := quick.Check(law, nil); err != nil {
		t.Error(err)
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64} {
		if text, ok := canon.AppendFloat(nil, f, 64); ok {
			t.Errorf("%v became %s", f, text)
		}
	}
}

func TestAStringIsEscapedNoMoreThanJSONDemandsAndReadsBack(t *testing.T) {
	law := func(s string) bool {
		text, ok := canon.AppendString(nil, s)
		if !ok {
			return strings.ToValidUTF8(s, "") != s
		}
		var back string
		return json.Unmarshal(text, &back) == nil && back == s
	}
	if err := quick.Check(law, nil); err != nil {
		t.Error(err)
	}
	text, ok := canon.AppendString(nil, "<é&\u2028>\x01\n\"\\")
	if want := `"<é&` + "\u2028" + `>\u0001\n\"\\"`; !ok || string(text) != want {
		t.Errorf("got %s", text)
	}
	if _, ok := canon.AppendString(nil, "a\xed\xa0\x80"); ok {
		t.Error("a lone surrogate passed")
	}
}

func FuzzParsingAgreesWithTheStandardLibrary(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.50,null,true,"é\ud83d\ude00"]}`, `[`, `{"a":1,"a":2}`, `"\ud800"`, ` 1 `, `-0`, `01`, `1e400`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		tree, err := canon.ParseJSON(in)
		if err != nil {
			return // stricter on purpose: repeated keys, lone surrogates, numbers beyond 38 digits
		}
		if !json.Valid([]byte(in)) {
			t.Fatalf("%q is no JSON, but was read", in)
		}
		text, ok := canon.AppendJSON(nil, tree)
		if !ok {
			t.Fatalf("%q was read but cannot be written", in)
		}
		again, err := canon.ParseJSON(string(text))
		if err != nil {
			t.Fatalf("%q: canonical text %q does not read: %v", in, text, err)
		}
		if second, _ := canon.AppendJSON(nil, again); string(second) != string(text) {
			t.Errorf("%q became %q", text, second)
		}
	})
}

func TestARepeatedKeyIsRefusedWithItsPointer(t *testing.T) {
	_, err := canon.ParseJSON(`{"a":[0,{"x/y":1,"x/y":2}]}`)
	bad, ok := err.(*canon.SyntaxError)
	if !ok || bad.Pointer != "/a/1/x~1y" {
		t.Errorf("got %#v", err)
	}
}
