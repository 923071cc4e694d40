package codec

import (
	"encoding/base64"
	"reflect"
	"slices"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// node is the compiled plan of one attribute in one Go type.
type node struct {
	// enc appends `{"T":…}`; it appends nothing for a value that is absent: nil, an empty set.
	enc func(b []byte, p unsafe.Pointer, depth int) ([]byte, error)
	// dec reads `{"T":…}` that is not NULL into a zero value.
	dec func(d *scanner, p unsafe.Pointer) error
}

var bytesType = reflect.TypeFor[[]byte]()

// textNode is the plan of an S that is neither json nor a time.
func textNode(a *schema.Attribute, t reflect.Type) (*node, bool) {
	switch {
	case a.Format == schema.BoolString:
		return boolStringNode(), t.Kind() == reflect.Bool
	case t == timeType:
		return timeNode(a), a.Format != "" && a.Format != schema.UUID
	case t.Kind() != reflect.String || t == numberType || t == jsonNumberType:
		return nil, false
	}
	x := &text{a, fitting(a)}
	return &node{x.enc, x.dec}, true
}

// text is the plan of an S in a string.
type text struct {
	a   *schema.Attribute
	fit func(string) (string, bool) // nil where every text fits
}

func (x *text) enc(b []byte, p unsafe.Pointer, _ int) ([]byte, error) {
	s, ok := *(*string)(p), true
	if x.fit != nil {
		if s, ok = x.fit(s); !ok {
			return b, refuse("text that is no " + describe(x.a))
		}
	}
	at := len(b)
	b, ok = canon.AppendString(append(b, `{"S":`...), s)
	if !ok {
		return b[:at], refuse("text that is not Unicode")
	}
	return append(b, '}'), nil
}

func (x *text) dec(d *scanner, p unsafe.Pointer) error {
	if err := d.enter(schema.S); err != nil {
		return err
	}
	r, err := d.text()
	if err != nil {
		return err
	}
	s, ok := d.keep(r), true
	if x.fit != nil {
		if s, ok = x.fit(s); !ok {
			return unreadable(describe(x.a))
		}
	}
	*(*string)(p) = s
	return d.want('}')
}

// fitting gives what holds text against an attribute's format and gives it in canonical form; nil for plain text.
func fitting(a *schema.Attribute) func(string) (string, bool) {
	switch a.Format {
	case schema.UUID:
		return canonicalUUID
	case schema.Date:
		return func(s string) (string, bool) {
			_, ok := parseStamp(schema.Date, []byte(s))
			return s, ok
		}
	case schema.Timestamp, schema.RFC3339Nano:
		return func(s string) (string, bool) {
			t, ok := parseTime([]byte(s), fractionOf(a.Format))
			if !ok {
				return "", false
			}
			out, ok := AppendTime(nil, t, fractionOf(a.Format))
			return string(out), ok
		}
	}
	if a.Enum == nil {
		return nil
	}
	return func(s string) (string, bool) { return s, slices.Contains(a.Enum, s) }
}

func canonicalUUID(s string) (string, bool) {
	if len(s) != 36 {
		return "", false
	}
	upper := false
	for i := range len(s) {
		c := s[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return "", false
			}
		case c >= 'A' && c <= 'F':
			upper = true
		case (c < '0' || c > '9') && (c < 'a' || c > 'f'):
			return "", false
		}
	}
	if !upper {
		return s, true
	}
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'F' {
			b[i] = c | 0x20
		}
	}
	return string(b), true
}

func boolStringNode() *node {
	enc := func(b []byte, p unsafe.Pointer, _ int) ([]byte, error) {
		if *(*bool)(p) {
			return append(b, `{"S":"true"}`...), nil
		}
		return append(b, `{"S":"false"}`...), nil
	}
	dec := func(d *scanner, p unsafe.Pointer) error {
		if err := d.enter(schema.S); err != nil {
			return err
		}
		text, err := d.text()
		if err != nil {
			return err
		}
		if string(text) != "true" && string(text) != "false" {
			return unreadable("S (bool_string)")
		}
		*(*bool)(p) = text[0] == 't'
		return d.want('}')
	}
	return &node{enc: enc, dec: dec}
}

func boolNode() *node {
	enc := func(b []byte, p unsafe.Pointer, _ int) ([]byte, error) {
		if *(*bool)(p) {
			return append(b, `{"BOOL":true}`...), nil
		}
		return append(b, `{"BOOL":false}`...), nil
	}
	dec := func(d *scanner, p unsafe.Pointer) error {
		if err := d.enter(schema.BOOL); err != nil {
			return err
		}
		c := d.peek()
		if c != 't' && c != 'f' {
			return unreadable("BOOL")
		}
		*(*bool)(p) = c == 't'
		if err := d.skip(); err != nil {
			return err
		}
		return d.want('}')
	}
	return &node{enc: enc, dec: dec}
}

// nullNode is the plan of a NULL: it holds nothing, so that only nil fits.
func nullNode() *node {
	enc := func(b []byte, p unsafe.Pointer, _ int) ([]byte, error) {
		if *(*unsafe.Pointer)(p) != nil {
			return b, refuse("a value for an attribute that is always null")
		}
		return b, nil
	}
	dec := func(d *scanner, _ unsafe.Pointer) error {
		tag, err := d.tag()
		if err != nil {
			return err
		}
		return mismatch(schema.NULL, tag)
	}
	return &node{enc: enc, dec: dec}
}

func binaryNode() *node {
	enc := func(b []byte, p unsafe.Pointer, _ int) ([]byte, error) {
		v := *(*[]byte)(p)
		if v == nil {
			return b, nil
		}
		b = append(b, `{"B":"`...)
		b = base64.StdEncoding.AppendEncode(b, v)
		return append(b, `"}`...), nil
	}
	dec := func(d *scanner, p unsafe.Pointer) error {
		if err := d.enter(schema.B); err != nil {
			return err
		}
		v, err := d.base64()
		if err != nil {
			return err
		}
		*(*[]byte)(p) = v
		return d.want('}')
	}
	return &node{enc: enc, dec: dec}
}

func (d *scanner) base64() ([]byte, error) {
	text, err := d.text()
	if err != nil {
		return nil, err
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(out, text)
	if err != nil || slices.Contains(text, '\n') || slices.Contains(text, '\r') {
		return nil, unreadable("B")
	}
	return out[:n], nil
}
