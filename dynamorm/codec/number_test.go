package codec

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/quick"
)

func TestANumberIsWrittenInCanonicalText(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0.00": "0", "+7": "7", "007": "7", "10.50": "10.5", "1E37": "1" + strings.Repeat("0", 37), "1E38": "1E+38",
		"12.5E+40": "1.25E+41", "1E-7": "0.0000001", "0.00000001": "1E-8", "15e-9": "1.5E-8", "-1.0": "-1", ".5": "0.5",
	} {
		got, err := Canonical(in)
		if err != nil || string(got) != want {
			t.Errorf("%s gave %s, %v", in, got, err)
		}
	}
}

func TestANumberIsRefusedAndNeverRounded(t *testing.T) {
	for _, in := range []string{
		"", "-", ".", "1e", "1e+", "abc", "NaN", "Infinity", "0x10", "1_000", "1 ", " 1", "--1", "1.2.3",
		strings.Repeat("9", 39), "1." + strings.Repeat("0", 37) + "1", "1E126", "-1E126", "1E-131",
	} {
		if got, err := Canonical(in); err == nil {
			t.Errorf("%q gave %s", in, got)
		}
	}
}

// randomNumber gives digits with a point and an exponent somewhere, within DynamoDB's range.
func randomNumber(r *rand.Rand) string {
	digits := make([]byte, 1+r.IntN(38))
	for i := range digits {
		digits[i] = byte('0' + r.IntN(10))
	}
	point := r.IntN(len(digits) + 1)
	text := string(digits[:point]) + "." + string(digits[point:])
	if r.IntN(2) == 0 {
		text = "-" + text
	}
	return text + "E" + strconv.Itoa(r.IntN(160)-80)
}

func TestCanonicalTextKeepsTheValueAndIsItsOwnCanonicalText(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		in := randomNumber(r)
		got, err := Canonical(in)
		if err != nil {
			t.Fatalf("%s: %v", in, err)
		}
		a, _ := new(big.Rat).SetString(in)
		b, ok := new(big.Rat).SetString(string(got))
		if !ok || a.Cmp(b) != 0 {
			t.Fatalf("%s became %s", in, got)
		}
		if again, err := Canonical(string(got)); err != nil || again != got {
			t.Fatalf("%s became %s", got, again)
		}
	}
}

func TestNumbersCompareByValue(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		x, y := randomNumber(r), randomNumber(r)
		a, _ := new(big.Rat).SetString(x)
		b, _ := new(big.Rat).SetString(y)
		if got := Number(x).Compare(Number(y)); got < 0 != (a.Cmp(b) < 0) || got > 0 != (a.Cmp(b) > 0) {
			t.Fatalf("%s and %s compare as %d", x, y, got)
		}
	}
}

func TestAFloatIsWrittenByItsShortestText(t *testing.T) {
	law := func(bits uint64) bool {
		f := math.Float64frombits(bits)
		text, err := appendFloat(nil, f)
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return err != nil
		}
		if magnitude := math.Abs(f); magnitude != 0 && (magnitude >= 1e126 || magnitude < 1e-130) {
			return err != nil
		}
		back, parseErr := strconv.ParseFloat(string(text), 64)
		return err == nil && parseErr == nil && (back == f || f == 0)
	}
	if err := quick.Check(law, &quick.Config{MaxCount: 20000}); err != nil {
		t.Error(err)
	}
}

func TestIntegersReadExactlyOrNotAtAll(t *testing.T) {
	law := func(n int64) bool {
		for _, text := range []string{strconv.FormatInt(n, 10), strconv.FormatInt(n, 10) + ".0", strconv.FormatInt(n, 10) + "E0"} {
			if got, err := parseInt(text); err != nil || got != n {
				return false
			}
		}
		return true
	}
	if err := quick.Check(law, nil); err != nil {
		t.Error(err)
	}
	for _, text := range []string{"9223372036854775808", "-9223372036854775809", "1.5", "1E-1", "1E19", "1E400"} {
		if got, err := parseInt(text); err == nil {
			t.Errorf("%s gave %d", text, got)
		}
	}
	for text, want := range map[string]int64{"9223372036854775807": math.MaxInt64, "-9223372036854775808": math.MinInt64, "1E+5": 100000, "0001.50e1": 15} {
		if got, err := parseInt(text); err != nil || got != want {
			t.Errorf("%s gave %d, %v", text, got, err)
		}
	}
}

func TestNegatingTwiceGivesTheNumber(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 1000 {
		n, _ := Canonical(randomNumber(r))
		if back := n.Negated().Negated(); back != n {
			t.Fatalf("%s became %s", n, back)
		}
	}
	if got := Number("0").Negated(); got != "0" {
		t.Errorf("zero became %s", got)
	}
}
