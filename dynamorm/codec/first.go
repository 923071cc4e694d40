package codec

import "reflect"

// This file finds, of several failures of an item, the one that is told.

// first gives the failure of the first attribute of the model that cannot be opened or decoded, where something may be sealed: what came
// first in the answer is chance.
func (p *Plan) first(err error, item []byte, partial bool, opened Openings) error {
	if len(p.Model.Sealed) == 0 {
		return err
	}
	for i := range p.obj.members {
		m := &p.obj.members[i]
		text, found, malformed := Member(item, m.name)
		if malformed != nil {
			return err
		}
		there := false
		if found {
			var fail error
			if there, fail = m.try(text, partial, opened); fail != nil {
				return within(fail, m.name)
			}
		}
		if !there && !partial && m.obliged() {
			return m.missing()
		}
	}
	return err
}

// try reads a member by itself; false for null.
func (m *member) try(text []byte, partial bool, opened Openings) (bool, error) {
	from, err := &scanner{b: text, partial: partial, opened: opened}, error(nil)
	if m.attr.Encrypted() {
		if from, err = from.opening(m.name); err != nil {
			return false, err
		}
	}
	null, err := from.null()
	if err != nil || null {
		return false, err
	}
	return true, m.node.dec(from, reflect.New(m.typ).UnsafePointer())
}
