package operation

import (
	"slices"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Selection is what is read of items found by their keys: the whole of them, or the fields of a selection or view.
type Selection struct {
	plan *codec.Plan
	// members are the request's members for it, each with a comma before it; none for whole items.
	members []byte
	partial bool
	// hidden are the keys that were fetched for the library alone; shown says that the discriminator was selected.
	hidden []string
	shown  bool
}

// NewSelection checks and writes a selection; with keys, and where something encrypted is selected, the table's keys are fetched besides.
// What is encrypted can be opened where it is keyed.
func NewSelection(p *codec.Plan, fields []expression.Field, view string, keys, keyed bool) (*Selection, error) {
	if view != "" {
		v := p.Model.View(view)
		if v == nil || fields != nil {
			return nil, failed(p.Model, errs.CodeValidationFailed, "", "the view is unknown, or stands beside a selection")
		}
		fields = paths(v.Fields)
	}
	s := &Selection{plan: p, partial: fields != nil}
	if fields == nil {
		return s, closed(p.Model, keyed)
	}
	c := expression.NewCompiler(p.Model).Opening(keyed)
	var besides []string
	if keys || c.Encrypted(fields) {
		besides = keyNames(p.Model)
	}
	text, err := c.Projection(fields, besides...)
	if err != nil {
		return nil, err
	}
	s.hidden = slices.DeleteFunc(besides, func(name string) bool {
		return slices.ContainsFunc(fields, func(f expression.Field) bool { return f.Is(name) })
	})
	s.shown = c.Shows(fields)
	s.members = c.AppendMembers(appendText(nil, "ProjectionExpression", text))
	return s, nil
}

// Read reads an item of an answer into a pointer to the plan's type.
func (s *Selection) Read(item []byte, into any, opened Opened) error {
	if s.partial {
		if err := s.plan.CheckMark(item); err != nil {
			return malformed(s.plan, err)
		}
	}
	if err := s.plan.UnmarshalOpened(item, into, s.partial, opened.Of(s.plan, item)); err != nil {
		return malformed(s.plan, err)
	}
	if len(s.hidden) > 0 {
		s.plan.Hide(into, s.hidden)
	}
	if s.shown {
		s.plan.Show(into)
	}
	return nil
}

func keyNames(m *schema.Model) []string {
	names := []string{}
	for _, k := range m.Keys() {
		names = append(names, k.Attribute)
	}
	return names
}

func paths(names []string) []expression.Field {
	out := make([]expression.Field, len(names))
	for i, n := range names {
		out[i] = expression.Path(n)
	}
	return out
}
