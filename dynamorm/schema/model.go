// Package schema says what a model is: frozen descriptions of attributes, keys, indexes and views, how a DMS document
// becomes one, and what makes it wrong. It knows DMS terms and nothing of wire or language.
package schema

// A Role is a duty an attribute has for the library.
type Role string

// The roles, in canonical order.
const (
	RolePartitionKey Role = "pk"
	RoleSortKey      Role = "sk"
	RoleCreatedAt    Role = "created_at"
	RoleUpdatedAt    Role = "updated_at"
	RoleVersion      Role = "version"
	RoleTTL          Role = "ttl"
)

var roleOrder = []Role{RolePartitionKey, RoleSortKey, RoleCreatedAt, RoleUpdatedAt, RoleVersion, RoleTTL}

// A Field is one attribute: on the top level of an item, in a typed map, or (without a name) the element of a list.
type Field struct {
	Name      string
	Type      string
	Format    string
	JSON      bool
	Required  bool
	OmitEmpty bool
	Enum      []string
	Roles     []Role
	// Fields are the members of a typed map; Typed tells an empty declaration from none.
	Fields    []*Field
	Typed     bool
	Items     *Field
	Encrypted bool
}

// Has tells whether the attribute has a role.
func (f *Field) Has(role Role) bool {
	for _, one := range f.Roles {
		if one == role {
			return true
		}
	}
	return false
}

// IsSet tells whether the attribute is SS, NS or BS.
func (f *Field) IsSet() bool { return f.Type == "SS" || f.Type == "NS" || f.Type == "BS" }

// A Key is one key attribute.
type Key struct{ Attribute, Type string }

// An Index is a secondary index.
type Index struct {
	Name, Type string
	Partition  Key
	Sort       *Key
	Projection string
	Fields     []string
}

// A Model is a whole model.
type Model struct {
	Name      string
	Table     string
	Partition Key
	Sort      *Key
	Fields    []*Field
	Indexes   []Index
	Views     map[string][]string

	document map[string]any
}

// KeyNames gives the names of the table's key attributes, partition first.
func (m *Model) KeyNames() []string {
	if m.Sort == nil {
		return []string{m.Partition.Attribute}
	}
	return []string{m.Partition.Attribute, m.Sort.Attribute}
}

// Field gives a top-level attribute by name, or nil.
func (m *Model) Field(name string) *Field {
	for _, field := range m.Fields {
		if field.Name == name {
			return field
		}
	}
	return nil
}

// Role gives the attribute that has a role, or nil.
func (m *Model) Role(role Role) *Field {
	for _, field := range m.Fields {
		if field.Has(role) {
			return field
		}
	}
	return nil
}

// Canonical gives the canonical DMS JSON of a document that holds this one model.
func (m *Model) Canonical() string { return Dump(m.document) }
