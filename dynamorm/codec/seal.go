package codec

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// This file has the places of items whose values are sealed: what is to be sealed before it is sent. Until then a mark stands there that
// is no JSON, so that what was forgotten to be sealed is nothing that could be sent. How values are sealed, and opened, is others' work.

// sealMark stands on both sides of a seal's number; it never stands in JSON.
const sealMark = 0xFF

// Seal is a value that is to be sealed: it stands at an attribute of an item.
type Seal struct {
	model    *schema.Model
	attr     *schema.Attribute
	key      []KeyPart
	plain    []byte
	envelope []byte
}

// KeyPart is an attribute of a primary key: its type, and its value as UTF-8, canonical number or bytes.
type KeyPart struct {
	Name string
	Type schema.Type
	Text []byte
}

// Model gives the model of the item.
func (s *Seal) Model() *schema.Model { return s.model }

// Attribute gives the attribute.
func (s *Seal) Attribute() *schema.Attribute { return s.attr }

// Key gives the item's key.
func (s *Seal) Key() []KeyPart { return s.key }

// Plain gives the value that is to be sealed, as canonical JSON of DynamoDB.
func (s *Seal) Plain() []byte { return s.plain }

// Envelope gives what is stored instead of the value.
func (s *Seal) Envelope() []byte { return s.envelope }

// Fill sets what is stored instead of the value.
func (s *Seal) Fill(envelope []byte) { s.envelope = envelope }

// Format gives the attribute, whatever fmt is asked for: the value stays out of logs.
func (s *Seal) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "codec.Seal of "+s.attr.Name) }

// Seals gathers what is to be sealed of one request, or of several.
type Seals struct {
	slots []*Seal
	// order has them by items, and within an item by the bytes of the attributes' names.
	order []*Seal
}

// Format gives the number, whatever fmt is asked for: the values stay out of logs.
func (s *Seals) Format(w fmt.State, _ rune) { _, _ = fmt.Fprintf(w, "codec.Seals: %d", s.Len()) }

// Len gives the number of seals.
func (s *Seals) Len() int {
	if s == nil {
		return 0
	}
	return len(s.slots)
}

// All gives the seals in the order of their items, and within an item of the attributes' names.
func (s *Seals) All() []*Seal {
	if s == nil {
		return nil
	}
	return s.order
}

// unkeyed is what a client without a key answers.
func unkeyed() *errs.Error {
	return errs.New(errs.CodeEncryptionNotConfigured, "", "the attribute is encrypted and the client has no key")
}

// Add notes a value of an attribute, and gives the mark that stands in its place. It fails with EncryptionNotConfigured without Seals.
func (s *Seals) Add(dst []byte, a *schema.Attribute, text []byte) ([]byte, error) {
	if s == nil {
		return dst, unkeyed()
	}
	s.slots = append(s.slots, &Seal{attr: a, plain: sorted(a, text)})
	dst = strconv.AppendInt(append(dst, sealMark), int64(len(s.slots)-1), 10)
	return append(dst, sealMark), nil
}

// sorted gives a written value of an attribute with the names of its maps in canonical order; all else of it is canonical.
func sorted(a *schema.Attribute, text []byte) []byte {
	if a != nil && a.Type != schema.L && a.Type != schema.M {
		return bytes.Clone(text)
	}
	out, ok := CanonicalJSON(text)
	if !ok {
		return bytes.Clone(text)
	}
	return out
}

// Bind says of which item, by its JSON or that of its key, the seals from a number on are.
func (s *Seals) Bind(from int, m *schema.Model, item []byte) error {
	if s.Len() == from {
		return nil
	}
	key, err := KeyOf(m, item)
	if err != nil {
		return err
	}
	list := slices.Clone(s.slots[from:])
	for _, x := range list {
		x.model, x.key = m, key
	}
	slices.SortFunc(list, func(a, b *Seal) int { return strings.Compare(a.attr.Name, b.attr.Name) })
	s.order = append(s.order, list...)
	return nil
}

// Filled gives text in which the envelopes stand in their places.
func (s *Seals) Filled(b []byte) []byte { return s.put(b, func(x *Seal) []byte { return x.envelope }) }

// Plainly gives text in which the values themselves stand in their places: for measuring it, never for sending it.
func (s *Seals) Plainly(b []byte) []byte { return s.put(b, func(x *Seal) []byte { return x.plain }) }

func (s *Seals) put(b []byte, text func(x *Seal) []byte) []byte {
	if s.Len() == 0 {
		return b
	}
	out := make([]byte, 0, len(b)+256*len(s.slots))
	for {
		i := bytes.IndexByte(b, sealMark)
		if i < 0 {
			return append(out, b...)
		}
		end := i + 1 + bytes.IndexByte(b[i+1:], sealMark)
		number, _ := strconv.Atoi(string(b[i+1 : end]))
		out = append(append(out, b[:i]...), text(s.slots[number])...)
		b = b[end+1:]
	}
}

// Openings gives the values that these seals hold, for an item that still has their marks.
func (s *Seals) Openings(item []byte) Openings {
	if s.Len() == 0 {
		return nil
	}
	out := Openings{}
	for i := bytes.IndexByte(item, sealMark); i >= 0; i = bytes.IndexByte(item, sealMark) {
		end := i + 1 + bytes.IndexByte(item[i+1:], sealMark)
		number, _ := strconv.Atoi(string(item[i+1 : end]))
		x := s.slots[number]
		out[x.attr.Name] = Opened(x.plain)
		item = item[end+1:]
	}
	return out
}

// Opening is what became of a sealed value that was read: the value's JSON, or why there is none.
type Opening struct {
	text []byte
	err  *errs.Error
}

// Opened is a value that was opened.
func Opened(text []byte) Opening { return Opening{text: text} }

// NotOpened is a value that could not be.
func NotOpened(err *errs.Error) Opening { return Opening{err: err} }

// Format gives the type's name, whatever fmt is asked for: the value stays out of logs.
func (o Opening) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "codec.Opening") }

// Openings are those of one item, by the attributes' names.
type Openings map[string]Opening

// Value gives the opened value as DynamoDB's JSON; its error is the reader's own.
func (o Opening) Value() ([]byte, error) {
	if o.err != nil {
		own := *o.err
		return nil, &own
	}
	return o.text, nil
}

// KeyOf gives the primary key of an item, or of a key, each part in canonical text. It fails with ErrMalformed where there is none.
func KeyOf(m *schema.Model, item []byte) ([]KeyPart, error) {
	keys := m.Keys()
	out := make([]KeyPart, len(keys))
	for i, k := range keys {
		text, found, err := Member(item, k.Attribute)
		if err != nil || !found {
			return nil, ErrMalformed
		}
		if out[i], err = ScalarOf(k.Attribute, text); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ScalarOf reads a value of type S, N or B in canonical text. Another is ErrMalformed.
func ScalarOf(name string, value []byte) (KeyPart, error) {
	d := scanner{b: value}
	tag, err := d.open()
	if err != nil || !tag.IsKey() || d.peek() != '"' {
		return KeyPart{}, ErrMalformed
	}
	out := KeyPart{Name: name, Type: tag}
	if tag == schema.B {
		if out.Text, err = d.base64(); err != nil {
			return KeyPart{}, ErrMalformed
		}
		return out, nil
	}
	text, err := d.text()
	if err != nil {
		return KeyPart{}, err
	}
	if tag == schema.S {
		out.Text = bytes.Clone(text)
		return out, nil
	}
	number, ok := canon.AppendNumber(nil, text)
	if !ok {
		return KeyPart{}, ErrMalformed
	}
	out.Text = number
	return out, nil
}

// CanonicalJSON gives JSON without white space, its names by their bytes; false for what is no JSON.
func CanonicalJSON(text []byte) ([]byte, bool) {
	tree, err := canon.ParseJSON(string(text))
	if err != nil {
		return nil, false
	}
	return canon.AppendJSON(nil, tree)
}

// Failures calls f for the error of each value that could not be opened.
func (o Openings) Failures(f func(e *errs.Error)) {
	for _, x := range o {
		if x.err != nil {
			f(x.err)
		}
	}
}
