package operation

import (
	"slices"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Place is where a read goes: the table, or one of its indexes.
type Place struct {
	Model *schema.Model
	// Index is nil for the table.
	Index     *schema.Index
	Partition schema.Key
	Sort      *schema.Key
}

// placeOf gives the table for no name, or an index. An unknown name is ValidationFailed.
func placeOf(m *schema.Model, name *string) (Place, error) {
	if name == nil {
		return Place{Model: m, Partition: m.Partition, Sort: m.Sort}, nil
	}
	ix := m.Index(*name)
	if ix == nil {
		return Place{}, failed(m, errs.CodeValidationFailed, "", "the model has no index of this name")
	}
	p := Place{Model: m, Index: ix, Partition: m.Partition, Sort: ix.Sort}
	if ix.Partition != nil {
		p.Partition = *ix.Partition
	}
	return p, nil
}

// Global says whether it is a global index.
func (p Place) Global() bool { return p.Index != nil && !p.Index.Local }

// Whole says whether its items are whole ones.
func (p Place) Whole() bool { return p.Index == nil || p.Index.Projection == "ALL" }

// name gives the index's name, nil for the table.
func (p Place) name() *string {
	if p.Index == nil {
		return nil
	}
	return &p.Index.Name
}

// isKey says whether it is queried by an attribute.
func (p Place) isKey(name string) bool {
	return p.Partition.Attribute == name || p.Sort != nil && p.Sort.Attribute == name
}

// cursorKeys are the attributes of a cursor: the table's keys, then the index's.
func (p Place) cursorKeys() []schema.Key {
	out := p.Model.Keys()
	own := []schema.Key{p.Partition}
	if p.Sort != nil {
		own = append(own, *p.Sort)
	}
	for _, k := range own {
		if !slices.ContainsFunc(out, func(o schema.Key) bool { return o.Attribute == k.Attribute }) {
			out = append(out, k)
		}
	}
	return out
}

// projects says whether its items hold an attribute of the table's.
func (p Place) projects(name string) bool {
	d := p.Model.Discriminator
	return p.Whole() || slices.Contains(p.Index.Fields, name) || d != nil && d.Attribute == name ||
		slices.ContainsFunc(p.cursorKeys(), func(k schema.Key) bool { return k.Attribute == name })
}

// holds says whether the attributes that the caller names are these keys.
func (p Place) holds(given map[string]any, sort *Sort) bool {
	parts := p.Model.KeyParts(p.Partition.Attribute)
	if len(given) != len(parts) || !named(given, parts) {
		return false
	}
	switch {
	case sort == nil:
		return true
	case p.Sort == nil:
		return false
	case sort.Parts == nil:
		return p.Model.ComposedKey(p.Sort.Attribute) == nil
	}
	parts = p.Model.KeyParts(p.Sort.Attribute)
	return len(sort.Parts) <= len(parts) && named(sort.Parts, parts[:len(sort.Parts)])
}

func named(given map[string]any, names []string) bool {
	for _, name := range names {
		if _, ok := given[name]; !ok {
			return false
		}
	}
	return true
}

// String names it with its keys, for messages.
func (p Place) String() string {
	keys := p.Partition.Attribute
	if p.Sort != nil {
		keys += ", " + p.Sort.Attribute
	}
	if p.Index == nil {
		return "the table (" + keys + ")"
	}
	return p.Index.Name + " (" + keys + ")"
}

// choose gives the table where the attributes that the caller names are its keys, else the one index. None, or several, is
// InvalidOperator with the candidates.
func choose(m *schema.Model, given map[string]any, sort *Sort) (Place, error) {
	table, _ := placeOf(m, nil)
	if table.holds(given, sort) {
		return table, nil
	}
	candidates, fitting := []string{table.String()}, []Place{}
	for _, ix := range m.Indexes {
		p, _ := placeOf(m, &ix.Name)
		candidates = append(candidates, p.String())
		if p.holds(given, sort) {
			fitting = append(fitting, p)
		}
	}
	if len(fitting) == 1 {
		return fitting[0], nil
	}
	reason := "no key fits these attributes; there are "
	if len(fitting) > 1 {
		reason, candidates = "several indexes fit, name one of ", nil
		for _, p := range fitting {
			candidates = append(candidates, p.String())
		}
	}
	return Place{}, failed(m, errs.CodeInvalidOperator, "", reason+strings.Join(candidates, ", "))
}
