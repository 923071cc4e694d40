// Package codec turns values of Go into DynamoDB JSON and back: one compiled plan per model, used by every path.
package codec

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/limits"
)

// A Number is the decimal text of a number, with up to 38 digits: what an N without format, or with format decimal, is in Go.
type Number string

// Refusals name types and rules, never the value.
var (
	errNotNumber = errors.New("not a number")
	errFinite    = errors.New("not a finite number")
	errDigits    = errors.New("more than 38 significant digits")
	errRange     = errors.New("outside DynamoDB's range")
	errInteger   = errors.New("not an integer")
	err64        = errors.New("outside 64 bits")
)

// decimal is a parsed number: significant digits without outer zeros, and the exponent of the first one.
type decimal struct {
	negative bool
	digits   string
	power    int
}

// parseDecimal reads a number's text by its value, with all its digits.
func parseDecimal(text string) (decimal, error) {
	out := decimal{}
	rest := text
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		out.negative = rest[0] == '-'
		rest = rest[1:]
	}
	mantissa, exponent, hasExponent := strings.Cut(strings.Replace(rest, "E", "e", 1), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return out, notNumber(rest)
	}
	power := 0
	if hasExponent {
		unsigned := strings.TrimPrefix(strings.TrimPrefix(exponent, "+"), "-")
		if unsigned == "" || !allDigits(unsigned) || len(exponent)-len(unsigned) > 1 {
			return out, errNotNumber
		}
		power, _ = strconv.Atoi(exponent[:min(len(exponent), 9)])
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return decimal{}, nil
	}
	out.power = power + len(digits) - len(fraction) - 1
	out.digits = strings.TrimRight(digits, "0")
	return out, nil
}

func notNumber(text string) error {
	switch strings.ToLower(text) {
	case "nan", "inf", "infinity":
		return errFinite
	}
	return errNotNumber
}

func allDigits(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

// AppendNumber appends the canonical text of a number, or refuses; it never rounds.
func AppendNumber(dst []byte, text string) ([]byte, error) {
	if simple(text) {
		return append(dst, text...), nil
	}
	number, err := parseDecimal(text)
	if err != nil {
		return dst, err
	}
	return number.append(dst)
}

// simple finds canonical integers of at most 38 digits without parsing them.
func simple(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	return digits != "" && len(digits) <= limits.NumberDigitsMax && digits[0] != '0' && allDigits(digits)
}

func (d decimal) append(dst []byte) ([]byte, error) {
	if d.digits == "" {
		return append(dst, '0'), nil
	}
	if len(d.digits) > limits.NumberDigitsMax {
		return dst, errDigits
	}
	if d.power > limits.NumberExponentMax || d.power < limits.NumberExponentMin {
		return dst, errRange
	}
	if d.negative {
		dst = append(dst, '-')
	}
	switch {
	case d.power < -7 || d.power >= 38:
		dst = append(dst, d.digits[0])
		if len(d.digits) > 1 {
			dst = append(append(dst, '.'), d.digits[1:]...)
		}
		dst = append(dst, 'E')
		if d.power >= 0 {
			dst = append(dst, '+')
		}
		return strconv.AppendInt(dst, int64(d.power), 10), nil
	case d.power < 0:
		dst = append(dst, "0."...)
		dst = append(dst, strings.Repeat("0", -d.power-1)...)
		return append(dst, d.digits...), nil
	case len(d.digits) <= d.power+1:
		dst = append(dst, d.digits...)
		return append(dst, strings.Repeat("0", d.power+1-len(d.digits))...), nil
	}
	dst = append(dst, d.digits[:d.power+1]...)
	return append(append(dst, '.'), d.digits[d.power+1:]...), nil
}

// Canonical gives the canonical text of a number.
func Canonical(text string) (Number, error) {
	out, err := AppendNumber(nil, text)
	return Number(out), err
}

// appendFloat appends a float by its shortest round-trip text, in canonical form.
func appendFloat(dst []byte, value float64) ([]byte, error) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return dst, errFinite
	}
	return AppendNumber(dst, strconv.FormatFloat(value, 'e', -1, 64))
}

// parseInt reads an integer of 64 bits; a fraction or a larger one is refused.
func parseInt(text string) (int64, error) {
	if value, err := strconv.ParseInt(text, 10, 64); err == nil && text[0] != '+' {
		return value, nil
	}
	number, err := parseDecimal(text)
	if err != nil {
		return 0, err
	}
	if number.digits == "" {
		return 0, nil
	}
	if len(number.digits) > number.power+1 {
		return 0, errInteger
	}
	if number.power > 19 {
		return 0, err64
	}
	whole := number.digits + strings.Repeat("0", number.power+1-len(number.digits))
	if number.negative {
		whole = "-" + whole
	}
	value, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return 0, err64
	}
	return value, nil
}

// Compare orders two numbers by value.
func (n Number) Compare(other Number) int {
	a, errA := parseDecimal(string(n))
	b, errB := parseDecimal(string(other))
	if errA != nil || errB != nil {
		return strings.Compare(string(n), string(other))
	}
	switch {
	case a.sign() != b.sign():
		return a.sign() - b.sign()
	case a.sign() == 0:
		return 0
	case a.power != b.power:
		return (a.power - b.power) * a.sign()
	}
	return strings.Compare(a.digits, b.digits) * a.sign()
}

func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// Negated gives the number with the other sign, in canonical text.
func (n Number) Negated() Number {
	number, err := parseDecimal(string(n))
	if err != nil || number.digits == "" {
		return n
	}
	number.negative = !number.negative
	out, _ := number.append(nil)
	return Number(out)
}
