package codec

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// This file tells items apart by their keys: in answers, whose spelling is DynamoDB's, and in what the library wrote.

// errEnough ends a scan that has found what it looks for.
var errEnough = errors.New("enough")

// AppendIdentity appends what tells an item from all others of its table, by its key alone: the same bytes however the item or key is
// spelled. An item without the key is ErrMalformed.
func AppendIdentity(dst []byte, m *schema.Model, item []byte) ([]byte, error) {
	var found [2][]byte
	wanted := 1
	if m.Sort != nil {
		wanted = 2
	}
	left := wanted
	d := scanner{b: item}
	err := d.object(func(name []byte) error {
		at := -1
		switch {
		case string(name) == m.Partition.Attribute:
			at = 0
		case m.Sort != nil && string(name) == m.Sort.Attribute:
			at = 1
		}
		d.space()
		start := d.i
		if err := d.skip(); err != nil || at < 0 {
			return err
		}
		if found[at] == nil {
			left--
		}
		if found[at] = item[start:d.i]; left == 0 {
			return errEnough
		}
		return nil
	})
	if err != errEnough {
		return dst, ErrMalformed
	}
	for _, value := range found[:wanted] {
		if dst, err = appendScalar(dst, value); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// appendScalar appends a key's value: its type, its length, and its canonical bytes.
func appendScalar(dst, value []byte) ([]byte, error) {
	d := scanner{b: value}
	tag, err := d.open()
	if err != nil {
		return dst, err
	}
	text, err := d.text()
	if err != nil {
		return dst, err
	}
	if tag == schema.N {
		var ok bool
		if text, ok = canon.AppendNumber(d.digits[:0], text); !ok {
			return dst, ErrMalformed
		}
	}
	dst = binary.AppendUvarint(append(dst, tag[0]), uint64(len(text)))
	return append(dst, text...), nil
}

// Members calls f with the name and the text of each member of a JSON object; the name is valid until f returns.
func Members(body []byte, f func(name, text []byte) error) error {
	d := scanner{b: body}
	err := d.object(func(name []byte) error {
		d.space()
		start := d.i
		if err := d.skip(); err != nil {
			return err
		}
		return f(name, body[start:d.i])
	})
	if err == nil && d.peek() != 0 {
		err = ErrMalformed
	}
	return err
}

// Lists reads a JSON object of which a member holds lists by name: it calls element for each of their elements, and other for each other
// member, with its text. It goes over the lists once.
func Lists(body []byte, member string, element, other func(name, text []byte) error) error {
	d := scanner{b: body}
	value := func(name []byte, f func(name, text []byte) error) error {
		d.space()
		start := d.i
		if err := d.skip(); err != nil {
			return err
		}
		return f(name, body[start:d.i])
	}
	err := d.object(func(name []byte) error {
		if string(name) != member || d.peek() != '{' {
			return value(name, other)
		}
		return d.object(func(name []byte) error {
			return d.array(func(int) error { return value(name, element) })
		})
	})
	if err == nil && d.peek() != 0 {
		err = ErrMalformed
	}
	return err
}

// AppendKeyParts appends the attributes that make up the primary key, as the caller knows them; of a plain key that is the key itself.
func (p *Plan) AppendKeyParts(dst []byte, key any) ([]byte, error) {
	if len(p.Model.Composed) == 0 {
		return p.AppendKey(dst, key)
	}
	parts, err := p.KeyParts(key)
	if err != nil {
		return dst, err
	}
	dst = append(dst, '{')
	for _, name := range p.Model.KeyFields {
		dst = appendMember(dst, name, parts[name])
	}
	return append(dst, '}'), nil
}

// CompileKey makes the plan of a model's key alone: it reads the attributes that make up the key, of an item or of a key, into a map.
func CompileKey(m *schema.Model) (*Plan, error) {
	return Compile(m.Only(func(name string) bool { return slices.Contains(m.KeyFields, name) }), itemMap)
}

// UnmarshalUntyped reads an item of no known model into a map.
func UnmarshalUntyped(item []byte, into *map[string]any) error {
	d := scanner{b: item, partial: true}
	n, _ := freeMapNode(itemMap)
	return wrapped(&d, n, into)
}
