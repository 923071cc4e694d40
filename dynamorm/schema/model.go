// Package schema describes models: what a DMS document or a tagged struct says, checked once, and its canonical JSON.
package schema

import (
	"slices"
	"strings"
	"sync"
)

// Type is DynamoDB's tag of an attribute.
type Type string

// The ten types.
const (
	S    Type = "S"
	N    Type = "N"
	B    Type = "B"
	BOOL Type = "BOOL"
	NULL Type = "NULL"
	L    Type = "L"
	M    Type = "M"
	SS   Type = "SS"
	NS   Type = "NS"
	BS   Type = "BS"
)

// Format is a finer meaning of an S or N.
type Format string

// The formats.
const (
	Timestamp   Format = "timestamp"
	RFC3339Nano Format = "rfc3339nano"
	Date        Format = "date"
	UUID        Format = "uuid"
	BoolString  Format = "bool_string"
	Int         Format = "int"
	Int64       Format = "int64"
	Float       Format = "float"
	Decimal     Format = "decimal"
	UnixSeconds Format = "unix_seconds"
	UnixMillis  Format = "unix_millis"
)

// Role is a duty that the library does for an attribute.
type Role string

// The roles, in the order of canonical JSON.
const (
	RolePK        Role = "pk"
	RoleSK        Role = "sk"
	RoleCreatedAt Role = "created_at"
	RoleUpdatedAt Role = "updated_at"
	RoleVersion   Role = "version"
	RoleTTL       Role = "ttl"
)

var roles = []Role{RolePK, RoleSK, RoleCreatedAt, RoleUpdatedAt, RoleVersion, RoleTTL}

// Document is a DMS document: one or more models that live together.
type Document struct {
	Namespace string
	Models    []*Model
	// Tags is data of the author's own: any JSON value, nil where not given.
	Tags map[string]any
}

// Model describes the items of one kind. It is checked and complete once it comes out of this package; do not change it then.
type Model struct {
	Name      string
	Namespace string
	Table     string
	Naming    string
	Partition Key
	Sort      *Key
	// Attributes are what values have: composed attributes and the discriminator are not among them.
	Attributes []*Attribute
	// Sealed are those of the attributes that are encrypted, by the bytes of their names.
	Sealed []*Attribute
	// Composed are the attributes that templates compose, by the bytes of their names.
	Composed      []*Composed
	Discriminator *Discriminator
	// KeyFields are the attributes that make up the table's key: plain ones, and the parts of composed ones.
	KeyFields []string
	Indexes   []*Index
	Views     []*View
	Tags      map[string]any

	declared []*Attribute // all that the document declares
	byName   map[string]*Attribute
	byRole   map[Role]*Attribute
}

// Key is a key attribute and its type.
type Key struct {
	Attribute string
	Type      Type
}

// Attribute describes an attribute, on the top level, in a map or as the items of a list (then without a name).
type Attribute struct {
	Name       string
	Type       Type
	Format     Format
	JSON       bool
	Enum       []string
	Attributes []*Attribute
	// Typed says that the map's attributes are declared, be there none.
	Typed     bool
	Items     *Attribute
	Required  bool
	OmitEmpty bool
	Roles     []Role
	Field     string
	// Encryption is the encryption's declaration, nil for a clear attribute.
	Encryption map[string]any
	Tags       map[string]any
	// Template composes a key of text and other attributes, "" for an attribute that values have.
	Template string

	plans sync.Map
}

// Plans is a place for what the codec compiles of the attribute, so that it lives as long as the attribute.
func (a *Attribute) Plans() *sync.Map { return &a.plans }

// Index describes a secondary index.
type Index struct {
	Name       string
	Local      bool
	Partition  *Key
	Sort       *Key
	Projection string
	Fields     []string
	Tags       map[string]any
}

// View is a named selection of attributes.
type View struct {
	Name   string
	Fields []string
	Tags   map[string]any
}

// Has says whether the attribute has a role.
func (a *Attribute) Has(role Role) bool {
	for _, r := range a.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// Member finds an attribute of a typed map.
func (a *Attribute) Member(name string) *Attribute { return find(a.Attributes, name) }

// Encrypted says whether the attribute is stored sealed.
func (a *Attribute) Encrypted() bool { return a.Encryption != nil }

// SealedAs gives what the attribute and its model are called in envelopes.
func (a *Attribute) SealedAs(m *Model) (model, attribute string) {
	model, attribute = m.Name, a.Name
	pinned, _ := a.Encryption["context"].(map[string]any)
	if name, ok := pinned["model"].(string); ok {
		model = name
	}
	if name, ok := pinned["attribute"].(string); ok {
		attribute = name
	}
	return model, attribute
}

// IsSet says whether the type is one of the sets.
func (t Type) IsSet() bool { return t == SS || t == NS || t == BS }

// IsKey says whether the type can be that of a key.
func (t Type) IsKey() bool { return t == S || t == N || t == B }

// Known says whether it is one of DynamoDB's ten types.
func (t Type) Known() bool {
	switch t {
	case S, N, B, BOOL, NULL, L, M, SS, NS, BS:
		return true
	}
	return false
}

// Attribute finds a top-level attribute, nil where there is none.
func (m *Model) Attribute(name string) *Attribute { return m.byName[name] }

// Role finds the attribute of a role, nil where there is none.
func (m *Model) Role(role Role) *Attribute { return m.byRole[role] }

// Index finds an index, nil where there is none.
func (m *Model) Index(name string) *Index {
	for _, ix := range m.Indexes {
		if ix.Name == name {
			return ix
		}
	}
	return nil
}

// KeyParts are the attributes that make up a key: itself, or the parts of its template.
func (m *Model) KeyParts(key string) []string {
	if c := m.ComposedKey(key); c != nil {
		return c.Parts
	}
	return []string{key}
}

// Merged gives a model whose attributes are those of all; of one name the first model's stands.
func Merged(models []*Model) *Model {
	if len(models) == 1 {
		return models[0]
	}
	out := *models[0]
	out.Attributes = nil
	for _, m := range models {
		for _, a := range m.Attributes {
			if find(out.Attributes, a.Name) == nil {
				out.Attributes = append(out.Attributes, a)
			}
		}
	}
	out.index()
	return &out
}

// Only gives a model with these attributes alone: what a projection is read by.
func (m *Model) Only(has func(name string) bool) *Model {
	out := *m
	out.Attributes = nil
	for _, a := range m.Attributes {
		if has(a.Name) {
			out.Attributes = append(out.Attributes, a)
		}
	}
	out.index()
	return &out
}

// View finds a view, nil where there is none.
func (m *Model) View(name string) *View {
	for _, v := range m.Views {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// Keys gives the table's key attributes, partition first.
func (m *Model) Keys() []Key {
	if m.Sort == nil {
		return []Key{m.Partition}
	}
	return []Key{m.Partition, *m.Sort}
}

// Model finds a model of the document by name, nil where there is none.
func (d *Document) Model(name string) *Model {
	for _, m := range d.Models {
		if m.Name == name {
			return m
		}
	}
	return nil
}

func find(list []*Attribute, name string) *Attribute {
	for _, a := range list {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// index fills the look-up tables; it runs after the checks.
func (m *Model) index() {
	m.byName = make(map[string]*Attribute, len(m.Attributes))
	m.byRole, m.Sealed = map[Role]*Attribute{}, nil
	for _, a := range m.Attributes {
		m.byName[a.Name] = a
		if a.Encrypted() {
			m.Sealed = append(m.Sealed, a)
		}
		for _, r := range a.Roles {
			m.byRole[r] = a
		}
	}
	slices.SortFunc(m.Sealed, func(a, b *Attribute) int { return strings.Compare(a.Name, b.Name) })
}
