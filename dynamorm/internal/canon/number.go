// Package canon writes and reads the canonical JSON text that every language agrees on byte for byte.
package canon

import (
	"math"
	"strconv"
)

// Number is a decimal number as text; what the library hands out is canonical.
type Number string

const (
	maxDigits   = 38
	maxExponent = 125
	minExponent = -130
	plainFrom   = -7
	plainBelow  = 38
)

// decimal is a number taken apart: its significant digits and the exponent of the first of them.
type decimal struct {
	digits [maxDigits]byte
	n      int
	exp    int
	neg    bool
}

// AppendNumber appends the canonical text of a number; false where the text is no number, or not one that DynamoDB holds.
func AppendNumber[T ~string | ~[]byte](dst []byte, text T) ([]byte, bool) {
	var d decimal
	if !scan(&d, text) {
		return dst, false
	}
	return d.append(dst)
}

// AppendFloat appends the shortest text that reads back to the same binary64, in canonical form.
func AppendFloat(dst []byte, f float64, bits int) ([]byte, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return dst, false
	}
	var buf [32]byte
	return AppendNumber(dst, strconv.AppendFloat(buf[:0], f, 'e', -1, bits))
}

// Binary64 tells whether the shortest text of the nearest binary64 is the number itself.
func Binary64(text string) bool {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return false
	}
	near, ok := AppendFloat(nil, f, 64)
	own, fine := AppendNumber(nil, text)
	return ok && fine && string(near) == string(own)
}

// scan takes text apart: a sign, digits with at most one point, and an exponent.
func scan[T ~string | ~[]byte](d *decimal, text T) bool {
	i, seen, point, lead := 0, false, false, 0
	if i < len(text) && (text[i] == '-' || text[i] == '+') {
		d.neg = text[i] == '-'
		i++
	}
	zeros := 0 // zeros after the last significant digit
	for ; i < len(text); i++ {
		c := text[i]
		if c == '.' && !point {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		seen = true
		switch {
		case !point && (d.n > 0 || c != '0'):
			lead++
		case point && d.n == 0 && c == '0':
			lead--
		}
		switch {
		case c != '0':
			if !d.push(zeros, c) {
				return false
			}
			zeros = 0
		case d.n > 0:
			zeros++
		}
	}
	d.exp = lead - 1
	return seen && (i == len(text) || scanExponent(d, text, i))
}

// push takes a digit that is not 0, and the zeros before it; false for one digit too many.
func (d *decimal) push(zeros int, c byte) bool {
	if d.n+zeros >= maxDigits {
		return false
	}
	for range zeros {
		d.digits[d.n] = '0'
		d.n++
	}
	d.digits[d.n] = c
	d.n++
	return true
}

func scanExponent[T ~string | ~[]byte](d *decimal, text T, i int) bool {
	if text[i] != 'e' && text[i] != 'E' {
		return false
	}
	i++
	neg := false
	if i < len(text) && (text[i] == '-' || text[i] == '+') {
		neg = text[i] == '-'
		i++
	}
	if i == len(text) {
		return false
	}
	e := 0
	for ; i < len(text); i++ {
		c := text[i]
		if c < '0' || c > '9' {
			return false
		}
		if e < 1e8 {
			e = e*10 + int(c-'0')
		}
	}
	if neg {
		e = -e
	}
	d.exp += e
	return true
}

func (d *decimal) append(dst []byte) ([]byte, bool) {
	if d.n == 0 {
		return append(dst, '0'), true
	}
	if d.exp > maxExponent || d.exp < minExponent {
		return dst, false
	}
	if d.neg {
		dst = append(dst, '-')
	}
	digits := d.digits[:d.n]
	switch {
	case d.exp < plainFrom || d.exp >= plainBelow:
		dst = append(dst, digits[0])
		if d.n > 1 {
			dst = append(append(dst, '.'), digits[1:]...)
		}
		dst = append(dst, 'E')
		if d.exp >= 0 {
			dst = append(dst, '+')
		}
		dst = strconv.AppendInt(dst, int64(d.exp), 10)
	case d.exp < 0:
		dst = append(dst, "0."...)
		for i := d.exp; i < -1; i++ {
			dst = append(dst, '0')
		}
		dst = append(dst, digits...)
	case d.n <= d.exp+1:
		dst = append(dst, digits...)
		for i := d.n; i <= d.exp; i++ {
			dst = append(dst, '0')
		}
	default:
		dst = append(dst, digits[:d.exp+1]...)
		dst = append(append(dst, '.'), digits[d.exp+1:]...)
	}
	return dst, true
}

// Compare orders two canonical numbers by value.
func Compare[A, B ~string | ~[]byte](a A, b B) int {
	var x, y decimal
	if !scan(&x, a) || !scan(&y, b) {
		return 0
	}
	sx, sy := x.sign(), y.sign()
	switch {
	case sx < sy:
		return -1
	case sx > sy:
		return 1
	case sx == 0:
		return 0
	}
	return sx * x.magnitude(&y)
}

func (d *decimal) sign() int {
	switch {
	case d.n == 0:
		return 0
	case d.neg:
		return -1
	}
	return 1
}

func (d *decimal) magnitude(o *decimal) int {
	if d.exp != o.exp {
		if d.exp < o.exp {
			return -1
		}
		return 1
	}
	x, y := string(d.digits[:d.n]), string(o.digits[:o.n])
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// Digits counts the significant digits of a number's text, zero having none.
func Digits[T ~string | ~[]byte](text T) int {
	var d decimal
	scan(&d, text)
	return d.n
}

// Int64 reads a number's text as an integer: false for a fraction, or beyond 64 bits.
func Int64[T ~string | ~[]byte](text T) (int64, bool) {
	var d decimal
	if !scan(&d, text) {
		return 0, false
	}
	if d.n == 0 {
		return 0, true
	}
	if d.exp > 18 || d.n > d.exp+1 {
		return 0, false
	}
	var v uint64
	for i := 0; i <= d.exp; i++ {
		v *= 10
		if i < d.n {
			v += uint64(d.digits[i] - '0')
		}
	}
	if d.neg {
		if v > 1<<63 {
			return 0, false
		}
		return -int64(v), true
	}
	return int64(v), v < 1<<63
}
