package operation

import (
	"slices"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// This file has what exchanges say about encrypted attributes: which values are to be sealed before the first request, and which items of an
// answer are to be opened before it is read. Neither happens here, for both have to wait for keys.

// Sealer is an exchange of whose requests values are sealed: before the first Next the envelopes of all seals are made, and then filled in.
type Sealer interface {
	Exchange
	// Seals gives what is to be sealed, in the order in which keys are asked for.
	Seals() []*codec.Seal
	// Fill puts the envelopes in their places. It fails with ItemTooLarge, and as a transaction does that is too large.
	Fill() error
}

// Holder is an exchange whose answers hold items of which attributes may be sealed.
type Holder interface {
	Exchange
	// Held gives the items that Receive will read.
	Held(Response) []Held
}

// Held is an item of an answer.
type Held struct {
	Plan *codec.Plan
	Item []byte
	// Key has the item's key, where the item itself has not.
	Key []byte
}

// Opened has what was opened of an answer, by the items of its body.
type Opened map[place]codec.Openings

type place struct {
	plan *codec.Plan
	item *byte
}

// Add keeps what was opened of an item.
func (o Opened) Add(h Held, openings codec.Openings) { o[place{h.Plan, &h.Item[0]}] = openings }

// Of gives what was opened of an item, which is the very part of the answer that was held.
func (o Opened) Of(p *codec.Plan, item []byte) codec.Openings {
	if len(o) == 0 || len(item) == 0 {
		return nil
	}
	return o[place{p, &item[0]}]
}

// sealing is what of a request is to be sealed.
type sealing struct{ seals *codec.Seals }

// newSealing gives room for what is to be sealed; none where nobody has a key, or nothing is encrypted.
func newSealing(keyed bool) sealing {
	if !keyed {
		return sealing{}
	}
	return sealing{&codec.Seals{}}
}

// Seals gives what is to be sealed, in the order in which keys are asked for.
func (s *sealing) Seals() []*codec.Seal { return s.seals.All() }

// filled gives an item with its envelopes. It fails with ItemTooLarge.
func (s *sealing) filled(m *schema.Model, item []byte) ([]byte, error) {
	out := s.seals.Filled(item)
	if err := codec.CheckSize(out); err != nil {
		return nil, of(errs.As(err), m)
	}
	return out, nil
}

// closed refuses to read whole items of which an attribute is encrypted, where nobody has a key.
func closed(m *schema.Model, keyed bool) error {
	if keyed || len(m.Sealed) == 0 {
		return nil
	}
	first := m.Attributes[slices.IndexFunc(m.Attributes, (*schema.Attribute).Encrypted)]
	return failed(m, errs.CodeEncryptionNotConfigured, codec.Name(first.Name), "the attribute is encrypted and the client has no key")
}

// heldIn gives the item of a member of an answer, where attributes of it may be sealed.
func heldIn(p *codec.Plan, body []byte, name string, key []byte) []Held {
	if len(p.Model.Sealed) == 0 {
		return nil
	}
	item, found, err := codec.Member(body, name)
	if err != nil || !found || item[0] != '{' {
		return nil
	}
	return []Held{{p, item, key}}
}

// heldByFault gives the item that came with a failed condition.
func heldByFault(p *codec.Plan, r Response) []Held {
	if r.Fault.Code != errs.CodeConditionFailed {
		return nil
	}
	return heldIn(p, r.Body, "Item", nil)
}
