package codec

import (
	"reflect"
	"strconv"
	"time"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

var timeType = reflect.TypeFor[time.Time]()

// AppendTime appends an instant in UTC with so many digits of the second's fraction, the rest cut off; false outside the years 1 to 9999.
func AppendTime(b []byte, t time.Time, fraction int) ([]byte, bool) {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 1 || year > 9999 {
		return b, false
	}
	hour, minute, second := t.Clock()
	b = appendDate(b, year, int(month), day)
	b = appendDigits(append(b, 'T'), hour, 2)
	b = appendDigits(append(b, ':'), minute, 2)
	b = appendDigits(append(b, ':'), second, 2)
	nanos := t.Nanosecond()
	for i := fraction; i < 9; i++ {
		nanos /= 10
	}
	b = appendDigits(append(b, '.'), nanos, fraction)
	return append(b, 'Z'), true
}

func appendDate(b []byte, year, month, day int) []byte {
	b = appendDigits(b, year, 4)
	b = appendDigits(append(b, '-'), month, 2)
	return appendDigits(append(b, '-'), day, 2)
}

func appendDigits(b []byte, n, width int) []byte {
	at := len(b)
	for i := 0; i < width; i++ {
		b = append(b, '0')
	}
	for i := at + width - 1; n > 0 && i >= at; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}

// digits reads exactly width digits.
func digits(s []byte, width int) (int, []byte, bool) {
	if len(s) < width {
		return 0, s, false
	}
	n := 0
	for _, c := range s[:width] {
		if c < '0' || c > '9' {
			return 0, s, false
		}
		n = n*10 + int(c-'0')
	}
	return n, s[width:], true
}

func mark(s []byte, c byte) ([]byte, bool) {
	if len(s) == 0 || s[0] != c {
		return s, false
	}
	return s[1:], true
}

// parseDate reads `YYYY-MM-DD` and gives what follows.
func parseDate(s []byte) (y, m, d int, rest []byte, ok bool) {
	if y, s, ok = digits(s, 4); !ok {
		return
	}
	if s, ok = mark(s, '-'); !ok {
		return
	}
	if m, s, ok = digits(s, 2); !ok {
		return
	}
	if s, ok = mark(s, '-'); !ok {
		return
	}
	if d, rest, ok = digits(s, 2); !ok {
		return
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	ok = y >= 0 && t.Day() == d && int(t.Month()) == m && t.Year() == y
	return
}

func parseClock(s []byte) (h, m, sec int, rest []byte, ok bool) {
	if h, s, ok = digits(s, 2); !ok {
		return
	}
	if s, ok = mark(s, ':'); !ok {
		return
	}
	if m, s, ok = digits(s, 2); !ok {
		return
	}
	if s, ok = mark(s, ':'); !ok {
		return
	}
	sec, rest, ok = digits(s, 2)
	ok = ok && h < 24 && m < 60 && sec < 60
	return
}

// parseTime reads RFC 3339 with at most so many significant digits of the fraction.
func parseTime(s []byte, fraction int) (time.Time, bool) {
	y, mo, d, s, ok := parseDate(s)
	if !ok || len(s) == 0 || s[0]|0x20 != 't' {
		return time.Time{}, false
	}
	h, mi, sec, s, ok := parseClock(s[1:])
	if !ok {
		return time.Time{}, false
	}
	nanos, s, ok := parseFraction(s, fraction)
	if !ok {
		return time.Time{}, false
	}
	offset, ok := parseOffset(s)
	if !ok {
		return time.Time{}, false
	}
	t := time.Date(y, time.Month(mo), d, h, mi, sec, nanos, time.UTC).Add(-offset)
	return t, t.Year() >= 1 && t.Year() <= 9999
}

func parseFraction(s []byte, most int) (int, []byte, bool) {
	if len(s) == 0 || s[0] != '.' {
		return 0, s, true
	}
	nanos, i := 0, 1
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		if i > most && s[i] != '0' {
			return 0, s, false
		}
		if i <= 9 {
			nanos = nanos*10 + int(s[i]-'0')
		}
	}
	for k := i; k <= 9; k++ {
		nanos *= 10
	}
	return nanos, s[i:], i > 1
}

func parseOffset(s []byte) (time.Duration, bool) {
	if len(s) == 1 && s[0]|0x20 == 'z' {
		return 0, true
	}
	if len(s) != 6 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, rest, ok := digits(s[1:], 2)
	rest, colon := mark(rest, ':')
	if !ok || !colon {
		return 0, false
	}
	m, _, ok := digits(rest, 2)
	if !ok || h > 23 || m > 59 {
		return 0, false
	}
	offset := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

func fractionOf(f schema.Format) int {
	if f == schema.RFC3339Nano {
		return 9
	}
	return 6
}

// timeNode is the plan of a timestamp, rfc3339nano or date in a time.Time.
func timeNode(a *schema.Attribute) *node {
	enc := func(b []byte, p unsafe.Pointer, _ int) ([]byte, error) {
		at := len(b)
		b = append(b, `{"S":"`...)
		t, ok := *(*time.Time)(p), true
		if a.Format == schema.Date {
			if ok = t.Year() >= 1 && t.Year() <= 9999; ok {
				b = appendDate(b, t.Year(), int(t.Month()), t.Day())
			}
		} else {
			b, ok = AppendTime(b, t, fractionOf(a.Format))
		}
		if !ok {
			return b[:at], refuse("an instant outside the years 1 to 9999")
		}
		return append(b, `"}`...), nil
	}
	dec := func(d *scanner, p unsafe.Pointer) error {
		if err := d.enter(schema.S); err != nil {
			return err
		}
		text, err := d.text()
		if err != nil {
			return err
		}
		t, ok := parseStamp(a.Format, text)
		if !ok {
			return unreadable(describe(a))
		}
		*(*time.Time)(p) = t
		return d.want('}')
	}
	return &node{enc: enc, dec: dec}
}

func parseStamp(f schema.Format, text []byte) (time.Time, bool) {
	if f != schema.Date {
		return parseTime(text, fractionOf(f))
	}
	y, m, d, rest, ok := parseDate(text)
	return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC), ok && y >= 1 && len(rest) == 0
}

// unixNode is the plan of unix_seconds and unix_millis in a time.Time.
func unixNode(a *schema.Attribute) *node {
	ttl := a.Has(schema.RoleTTL)
	enc := func(b []byte, p unsafe.Pointer, _ int) ([]byte, error) {
		t := *(*time.Time)(p)
		n := t.Unix()
		if a.Format == schema.UnixMillis {
			n = t.UnixMilli()
		}
		if t.IsZero() && a.OmitEmpty {
			n = 0 // the zero time of Go is empty, as the number 0 is
		}
		if ttl && n < 0 {
			return b, refuse("an instant before 1970")
		}
		b = append(b, `{"N":"`...)
		return append(strconv.AppendInt(b, n, 10), `"}`...), nil
	}
	dec := func(d *scanner, p unsafe.Pointer) error {
		if err := d.enter(schema.N); err != nil {
			return err
		}
		r, _, err := d.raw()
		if err != nil {
			return err
		}
		n, ok := canon.Int64(r)
		if !ok {
			return unreadable(describe(a))
		}
		t := time.Unix(n, 0)
		if a.Format == schema.UnixMillis {
			t = time.UnixMilli(n)
		}
		*(*time.Time)(p) = t.UTC()
		return d.want('}')
	}
	return &node{enc: enc, dec: dec}
}
