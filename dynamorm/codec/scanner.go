package codec

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// ErrMalformed says that a response is not the JSON of DynamoDB: it did not arrive whole, or has another shape.
var ErrMalformed = errors.New("the answer is not the JSON of DynamoDB")

// scanner reads DynamoDB's JSON from front to back, straight into the caller's values.
type scanner struct {
	b []byte
	i int
	// partial says that the item is a projection: nothing is required.
	partial bool
	// opened has the values of the item's encrypted attributes.
	opened Openings
	tmp    []byte
	// arena is what is left of the memory that the strings of this item share.
	arena []byte
	// digits is room for one number in canonical text.
	digits [64]byte
}

// arenaSize bounds the memory that strings share, and so what one string can keep alive.
const arenaSize = 8 << 10

// keep copies text that is to outlive the scanner: one allocation serves many strings.
func (d *scanner) keep(text []byte) string {
	n := len(text)
	switch {
	case n == 0:
		return ""
	case n > arenaSize/4:
		return string(text)
	case n > len(d.arena):
		d.arena = make([]byte, min(arenaSize, max(n, len(d.b)-d.i)))
	}
	copy(d.arena, text)
	out := unsafe.String(&d.arena[0], n)
	d.arena = d.arena[n:]
	return out
}

func (d *scanner) space() {
	for d.i < len(d.b) {
		switch d.b[d.i] {
		case ' ', '\t', '\n', '\r':
			d.i++
		default:
			return
		}
	}
}

// peek gives the next byte that is not white space, 0 at the end.
func (d *scanner) peek() byte {
	if d.i < len(d.b) && d.b[d.i] > ' ' {
		return d.b[d.i]
	}
	d.space()
	if d.i < len(d.b) {
		return d.b[d.i]
	}
	return 0
}

// want passes over one byte that has to come next.
func (d *scanner) want(c byte) error {
	if d.peek() != c {
		return ErrMalformed
	}
	d.i++
	return nil
}

// raw gives the bytes between two quotes, and whether there are escapes in them. It looks at eight bytes at once.
func (d *scanner) raw() ([]byte, bool, error) {
	if err := d.want('"'); err != nil {
		return nil, false, err
	}
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	b, start := d.b, d.i
	i := start
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		hit := ((quote-ones)&^quote | (slash-ones)&^slash) & highs
		if hit != 0 {
			i += bits.TrailingZeros64(hit) >> 3
			break
		}
		i += 8
	}
	escaped := false
	for i < len(b) {
		switch b[i] {
		case '"':
			d.i = i + 1
			return b[start:i], escaped, nil
		case '\\':
			escaped = true
			i += 2
		default:
			i++
		}
	}
	return nil, false, ErrMalformed
}

// text gives the bytes of a string, escapes resolved; they are valid until the next call.
func (d *scanner) text() ([]byte, error) {
	r, escaped, err := d.raw()
	if err != nil || !escaped {
		return r, err
	}
	out := d.tmp[:0]
	for i := 0; i < len(r); {
		if r[i] != '\\' {
			out = append(out, r[i])
			i++
			continue
		}
		var n int
		if out, n = canon.Unescape(out, r[i+1:]); n == 0 {
			return nil, ErrMalformed
		}
		i += 1 + n
	}
	d.tmp = out
	return out, nil
}

// open reads `{"T":` and leaves the value; it gives the tag.
func (d *scanner) open() (schema.Type, error) {
	if err := d.want('{'); err != nil {
		return "", err
	}
	r, _, err := d.raw()
	if err != nil {
		return "", err
	}
	tag := tagOf(r)
	if tag == "" {
		return "", ErrMalformed
	}
	return tag, d.want(':')
}

// tag gives the tag of the value that comes next, and leaves the value untouched.
func (d *scanner) tag() (schema.Type, error) {
	at := d.i
	t, err := d.open()
	d.i = at
	return t, err
}

func tagOf(r []byte) schema.Type {
	switch string(r) {
	case "S":
		return schema.S
	case "N":
		return schema.N
	case "B":
		return schema.B
	case "BOOL":
		return schema.BOOL
	case "NULL":
		return schema.NULL
	case "L":
		return schema.L
	case "M":
		return schema.M
	case "SS":
		return schema.SS
	case "NS":
		return schema.NS
	case "BS":
		return schema.BS
	}
	return ""
}

// null passes over the value that comes next where it is NULL, or nothing at all.
func (d *scanner) null() (bool, error) {
	if d.peek() == 'n' {
		return true, d.skip()
	}
	at := d.i
	t, err := d.open()
	if err != nil {
		return false, err
	}
	if t != schema.NULL {
		d.i = at
		return false, nil
	}
	if err := d.skip(); err != nil {
		return false, err
	}
	return true, d.want('}')
}

// enter opens a value that has to have a tag.
func (d *scanner) enter(want schema.Type) error {
	got, err := d.open()
	if err != nil {
		return err
	}
	if got != want {
		return mismatch(want, got)
	}
	return nil
}

// skip passes over one JSON value.
func (d *scanner) skip() error {
	switch d.peek() {
	case 0:
		return ErrMalformed
	case '"':
		_, _, err := d.raw()
		return err
	case '{', '[':
		return d.skipNested()
	}
	start := d.i
	for d.i < len(d.b) {
		switch d.b[d.i] {
		case ',', '}', ']', ' ', '\n', '\t', '\r':
			if d.i == start {
				return ErrMalformed
			}
			return nil
		}
		d.i++
	}
	return nil
}

func (d *scanner) skipNested() error {
	for depth := 0; d.i < len(d.b); {
		switch d.b[d.i] {
		case '"':
			if _, _, err := d.raw(); err != nil {
				return err
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				d.i++
				return nil
			}
		}
		d.i++
	}
	return ErrMalformed
}

// object calls f for each member with its name, which is valid until f reads on.
func (d *scanner) object(f func(name []byte) error) error {
	if err := d.want('{'); err != nil {
		return err
	}
	if d.peek() == '}' {
		d.i++
		return nil
	}
	for {
		name, err := d.text()
		if err != nil {
			return err
		}
		if err := d.want(':'); err != nil {
			return err
		}
		if err := f(name); err != nil {
			return err
		}
		switch d.peek() {
		case ',':
			d.i++
		case '}':
			d.i++
			return nil
		default:
			return ErrMalformed
		}
	}
}

// array calls f for each element.
func (d *scanner) array(f func(i int) error) error {
	if err := d.want('['); err != nil {
		return err
	}
	if d.peek() == ']' {
		d.i++
		return nil
	}
	for i := 0; ; i++ {
		if err := f(i); err != nil {
			return err
		}
		switch d.peek() {
		case ',':
			d.i++
		case ']':
			d.i++
			return nil
		default:
			return ErrMalformed
		}
	}
}

// Member finds a member of a JSON object and gives its text, a part of body; one that is null is as one that is not there.
func Member(body []byte, name string) (text []byte, found bool, err error) {
	d := scanner{b: body}
	err = d.object(func(k []byte) error {
		hit := string(k) == name
		d.space()
		start := d.i
		if err := d.skip(); err != nil {
			return err
		}
		if hit && string(body[start:d.i]) != "null" {
			text, found = body[start:d.i], true
		}
		return nil
	})
	if err == nil && d.peek() != 0 {
		err = ErrMalformed
	}
	return text, found, err
}
