package codec

import (
	"encoding/base64"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// ItemSize gives the bytes that DynamoDB counts for an item, from the item's JSON.
func ItemSize(item []byte) int {
	d := scanner{b: item}
	return d.members()
}

// sizeOf gives the bytes of one value `{"T":…}`.
func sizeOf(value []byte) int {
	d := scanner{b: value}
	return d.size()
}

func (d *scanner) members() int {
	n := 0
	_ = d.object(func(name []byte) error { // our own text is well-formed
		n += len(name)
		n += d.size()
		return nil
	})
	return n
}

func (d *scanner) size() int {
	tag, err := d.open()
	if err != nil {
		return 0
	}
	n := 0
	switch tag {
	case schema.BOOL, schema.NULL:
		n = 1
		_ = d.skip()
	case schema.M:
		n = 3
		_ = d.object(func(name []byte) error {
			n += 1 + len(name)
			n += d.size()
			return nil
		})
	case schema.L:
		n = 3
		_ = d.array(func(int) error {
			n += 1 + d.size()
			return nil
		})
	case schema.SS, schema.NS, schema.BS:
		_ = d.array(func(int) error {
			n += d.scalar(tag[:1])
			return nil
		})
	default:
		n = d.scalar(tag)
	}
	_ = d.want('}')
	return n
}

func (d *scanner) scalar(tag schema.Type) int {
	text, err := d.text()
	switch {
	case err != nil:
		return 0
	case tag == schema.N:
		return (canon.Digits(text)+1)/2 + 1
	case tag == schema.B:
		pad := 0
		for pad < len(text) && pad < 2 && text[len(text)-1-pad] == '=' {
			pad++
		}
		return base64.StdEncoding.DecodedLen(len(text)) - pad
	}
	return len(text)
}
