package codec

import (
	"bytes"
	"slices"
	"strings"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// This file reads stored values only to write them again: as the text that the codec writes for them, by which they are compared. Its plans
// are those of maps.

// Text gives the canonical JSON that the codec writes for a stored value of an attribute; nothing for NULL and for what it would leave out.
// It fails with DecodeFailed and the attribute's path.
func (p *Plan) Text(name string, stored []byte) ([]byte, error) {
	m := p.obj.byName[name]
	d := scanner{b: stored}
	null, err := d.null()
	if err == nil && null {
		return nil, nil
	}
	var v any
	if err == nil {
		err = m.node.dec(&d, unsafe.Pointer(&v))
	}
	if err == nil {
		err = end(&d)
	}
	if err != nil {
		return nil, p.At(err, name)
	}
	out, err := m.node.enc(nil, unsafe.Pointer(&v), 1)
	if err != nil {
		out = stored // what was read and cannot be written is its own text
	}
	if slices.ContainsFunc(m.empty, func(e string) bool { return e == string(out) }) {
		return nil, nil
	}
	return sorted(m.attr, out), nil
}

// Value gives an attribute of a value given by pointer as a plain value of its type, nil for null.
func (p *Plan) Value(of any, name string) (any, error) {
	text, err := p.AppendAttribute(nil, of, name)
	if err != nil || len(text) == 0 {
		return nil, err
	}
	var v any
	d := scanner{b: text}
	node, _ := compile(p.Model.Attribute(name), anyType) // an any holds every attribute
	if err := node.dec(&d, unsafe.Pointer(&v)); err != nil {
		return nil, p.At(err, name)
	}
	return v, nil
}

// At gives an error the path of an attribute and the model's name.
func (p *Plan) At(err error, name string) error { return p.name(within(err, name)) }

// Texts gives the text of each attribute of a stored item that is not null.
func (p *Plan) Texts(item []byte, opened Openings) (Texts, error) {
	out := Texts{}
	err := Members(item, func(name, stored []byte) error {
		m := p.obj.byName[string(name)]
		if m == nil {
			return nil
		}
		if opening, known := opened[m.name]; known {
			var err error
			if stored, err = opening.Value(); err != nil {
				return p.At(err, m.name)
			}
		}
		text, err := p.Text(m.name, stored)
		if err == nil && len(text) > 0 {
			out[m.name] = text
		}
		return err
	})
	return out, err
}

// Differing gives the names of the attributes whose texts differ, in the order of their bytes.
func Differing(a, b Texts) []string {
	out := []string{}
	for name, text := range a {
		if !bytes.Equal(text, b[name]) {
			out = append(out, name)
		}
	}
	for name := range b {
		if !a.Has(name) {
			out = append(out, name)
		}
	}
	slices.SortFunc(out, strings.Compare)
	return out
}

// Keys gives the table's key attributes of an item, or of a key, as plain values of their types, a composed one as its text.
// It fails with DecodeFailed and the attribute's path.
func (p *Plan) Keys(item []byte) (map[string]any, error) {
	out := map[string]any{}
	for _, k := range p.Model.Keys() {
		text, found, err := Member(item, k.Attribute)
		if err == nil && !found {
			err = errs.New(errs.CodeDecodeFailed, "", "expected a key, found nothing")
		}
		d, node := scanner{b: text}, anyNode(plainKey)
		if known := p.values[k.Attribute]; known != nil {
			node = known
		}
		var v any
		if err == nil {
			err = node.dec(&d, unsafe.Pointer(&v))
		}
		if err != nil {
			return nil, p.At(err, k.Attribute)
		}
		out[k.Attribute] = v
	}
	return out, nil
}

// plainKey is what a composed key is.
var plainKey = &schema.Attribute{Type: schema.S}

// EqualValues says whether two stored values are the same, however they are spelled.
func EqualValues(a, b []byte) bool {
	item := func(value []byte) []byte { return append(append([]byte(`{"v":`), value...), '}') }
	return Equal(item(a), item(b))
}
