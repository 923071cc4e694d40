package codec

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// This file tells values of DynamoDB's from other JSON, of which nobody says what it should be.

// IsValue says whether text is the JSON of one value of DynamoDB's, and nothing else.
func IsValue(text []byte) bool {
	d := scanner{b: text}
	return json.Valid(text) && utf8.Valid(text) && d.shape(0) == nil && end(&d) == nil
}

// end refuses what stands behind a value.
func end(d *scanner) error {
	if d.peek() != 0 {
		return ErrMalformed
	}
	return nil
}

// shape passes over a value of any type.
func (d *scanner) shape(depth int) error {
	tag, err := d.open()
	if err == nil && depth > schema.NestingDepthMax {
		err = ErrMalformed
	}
	if err != nil {
		return err
	}
	switch tag {
	case schema.L:
		err = d.array(func(int) error { return d.shape(depth + 1) })
	case schema.M:
		err = d.object(func([]byte) error { return d.shape(depth + 1) })
	case schema.SS, schema.NS, schema.BS:
		err = d.array(func(int) error { return d.scalarShape(tag[:1]) })
	case schema.BOOL, schema.NULL:
		if c := d.peek(); c != 't' && (c != 'f' || tag == schema.NULL) {
			return ErrMalformed
		}
		err = d.skip()
	default:
		err = d.scalarShape(tag)
	}
	if err != nil {
		return err
	}
	return d.want('}')
}

// scalarShape passes over the text of an S, N or B.
func (d *scanner) scalarShape(tag schema.Type) error {
	if tag == schema.B {
		if _, err := d.base64(); err != nil {
			return ErrMalformed
		}
		return nil
	}
	text, err := d.text()
	if err != nil || tag == schema.S {
		return err
	}
	if _, ok := canon.AppendNumber(d.digits[:0], text); !ok {
		return ErrMalformed
	}
	return nil
}
