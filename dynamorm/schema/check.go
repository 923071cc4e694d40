package schema

import (
	"regexp"
	"strconv"
)

// checkModel holds a model against the rules that its structure alone does not show.
func checkModel(m *Model, at string) {
	checkLevel(m.Attributes, m.Naming, at+"/attributes")
	checkKey(m, m.Partition, at+"/keys/partition")
	if m.Sort != nil {
		checkKey(m, *m.Sort, at+"/keys/sort")
		if m.Sort.Attribute == m.Partition.Attribute {
			refuse(at+"/keys/sort/attribute", "is the partition key already")
		}
	}
	checkRoles(m, at+"/attributes")
	checkIndexes(m, at+"/indexes")
	checkTemplates(m, at+"/attributes")
	checkDiscriminator(m, at)
	checkViews(m, at+"/views")
}

func checkKey(m *Model, k Key, at string) {
	for i, a := range m.Attributes {
		if a.Name != k.Attribute {
			continue
		}
		entry := pointerTo(at, i)
		if a.Type != k.Type {
			refuse(at+"/type", "is not the attribute's type")
		}
		if len(k.Attribute) > KeyNameMaxBytes {
			refuse(at+"/attribute", "is longer than 255 bytes")
		}
		switch {
		case a.Encrypted():
			refuse(entry+"/encryption", "a key cannot be encrypted")
		case a.JSON:
			refuse(entry+"/json", "a key cannot be json")
		case !a.Required && a.Template == "":
			refuse(entry, "a key attribute must be required")
		}
		return
	}
	refuse(at+"/attribute", "is not declared")
}

// pointerTo gives the pointer of a model's attribute, from the pointer of an entry of its keys.
func pointerTo(at string, i int) string {
	return modelPointer.FindString(at) + "/attributes/" + strconv.Itoa(i)
}

var modelPointer = regexp.MustCompile(`^/models/\d+`)

func checkLevel(list []*Attribute, convention, at string) {
	names, fields := map[string]bool{}, map[string]bool{}
	for i, a := range list {
		entry := at + "/" + strconv.Itoa(i)
		if names[a.Name] {
			refuse(entry+"/attribute", "stands twice")
		}
		if a.Field != "" && fields[a.Field] {
			refuse(entry+"/field", "stands twice")
		}
		names[a.Name], fields[a.Field] = true, true
		checkName(a.Name, convention, entry+"/attribute")
		checkAttribute(a, convention, entry)
	}
}

var formatsOf = map[Type][]Format{
	S: {Timestamp, RFC3339Nano, Date, UUID, BoolString},
	N: {Int, Int64, Float, Decimal, UnixSeconds, UnixMillis},
}

func (a *Attribute) fits() bool {
	for _, f := range formatsOf[a.Type] {
		if f == a.Format {
			return true
		}
	}
	return a.Format == ""
}

func checkAttribute(a *Attribute, convention, at string) {
	switch {
	case !a.fits():
		refuse(at+"/format", "does not fit the type")
	case a.JSON && (a.Type != S || a.Format != ""):
		refuse(at+"/json", "fits only S without format")
	case a.Enum != nil && (a.Type != S || a.Format != "" || a.JSON):
		refuse(at+"/enum", "fits only S without format and without json")
	case a.Typed && a.Type != M:
		refuse(at+"/attributes", "fits only M")
	}
	checkLevel(a.Attributes, convention, at+"/attributes")
	if a.Items != nil {
		if a.Type != L {
			refuse(at+"/items", "fits only L")
		}
		checkAttribute(a.Items, convention, at+"/items")
	}
}

var conventions = map[string]*regexp.Regexp{
	"snake_case": regexp.MustCompile(`^_?[a-z][a-z0-9]*(_[a-z0-9]+)*$`),
	"camelCase":  regexp.MustCompile(`^_?[a-z][a-zA-Z0-9]*$`),
}

func checkName(name, convention, at string) {
	if pattern, ok := conventions[convention]; ok && name != "PK" && name != "SK" && !pattern.MatchString(name) {
		refuse(at, "is not in "+convention)
	}
}

func checkRoles(m *Model, at string) {
	seen := map[Role]bool{}
	for i, a := range m.Attributes {
		entry := at + "/" + strconv.Itoa(i)
		for j, r := range a.Roles {
			role := entry + "/roles/" + strconv.Itoa(j)
			if seen[r] {
				refuse(role, "stands twice in the model")
			}
			seen[r] = true
			if !a.fitsRole(m, r) {
				refuse(role, "does not fit the attribute")
			}
			if a.Encrypted() {
				refuse(entry+"/encryption", "an attribute with a role cannot be encrypted")
			}
		}
	}
}

func (a *Attribute) fitsRole(m *Model, r Role) bool {
	switch r {
	case RolePK:
		return a.Name == m.Partition.Attribute
	case RoleSK:
		return m.Sort != nil && a.Name == m.Sort.Attribute
	case RoleVersion:
		return a.Type == N && (a.Format == "" || a.Format == Int || a.Format == Int64)
	case RoleTTL:
		return a.Type == N && a.Format == UnixSeconds
	}
	if a.Type == S {
		return !a.JSON && a.Enum == nil && (a.Format == "" || a.Format == Timestamp || a.Format == RFC3339Nano)
	}
	return a.Type == N && (a.Format == UnixSeconds || a.Format == UnixMillis)
}

func checkIndexes(m *Model, at string) {
	names := map[string]bool{}
	local, global := 0, 0
	for i, ix := range m.Indexes {
		entry := at + "/" + strconv.Itoa(i)
		if names[ix.Name] {
			refuse(entry+"/name", "stands twice")
		}
		names[ix.Name] = true
		if ix.Local {
			local++
		} else {
			global++
		}
		if local > LSIMax || global > GSIMax {
			refuse(entry, "is one index too many")
		}
		if ix.Local {
			checkLocal(m, ix, entry)
		} else if ix.Partition == nil {
			refuse(entry, "lacks the member partition")
		}
		checkIndexKey(m, ix.Partition, entry+"/partition")
		checkIndexKey(m, ix.Sort, entry+"/sort")
		if ix.Fields == nil && ix.Projection == "INCLUDE" {
			refuse(entry+"/projection", "lacks the member fields")
		}
		if ix.Fields != nil && ix.Projection != "INCLUDE" {
			refuse(entry+"/projection/fields", "belong to a projection of type INCLUDE")
		}
		checkFields(m, ix.Fields, entry+"/projection/fields")
	}
}

func checkLocal(m *Model, ix *Index, at string) {
	switch {
	case m.Sort == nil:
		refuse(at, "a local index needs a table with a sort key")
	case ix.Sort == nil:
		refuse(at, "a local index needs a sort key of its own")
	case ix.Partition != nil && ix.Partition.Attribute != m.Partition.Attribute:
		refuse(at+"/partition", "a local index has the table's partition key")
	}
}

func checkIndexKey(m *Model, k *Key, at string) {
	if k == nil {
		return
	}
	a := find(m.Attributes, k.Attribute)
	switch {
	case a == nil:
		refuse(at+"/attribute", "is not declared")
	case a.Type != k.Type:
		refuse(at+"/type", "is not the attribute's type")
	case len(k.Attribute) > KeyNameMaxBytes:
		refuse(at+"/attribute", "is longer than 255 bytes")
	case a.Encrypted():
		refuse(at+"/attribute", "an index key cannot be encrypted")
	}
}

func checkFields(m *Model, fields []string, at string) {
	for i, f := range fields {
		if find(m.Attributes, f) == nil && (m.Discriminator == nil || f != m.Discriminator.Attribute) {
			refuse(at+"/"+strconv.Itoa(i), "is no top-level attribute")
		}
	}
}

func checkViews(m *Model, at string) {
	names := map[string]bool{}
	for i, v := range m.Views {
		entry := at + "/" + strconv.Itoa(i)
		if names[v.Name] {
			refuse(entry+"/name", "stands twice")
		}
		names[v.Name] = true
		checkFields(m, v.Fields, entry+"/fields")
		for j, f := range v.Fields {
			if a := find(m.Attributes, f); a != nil && a.Template != "" {
				refuse(entry+"/fields/"+strconv.Itoa(j), "is composed, and no view shows it")
			}
		}
	}
}

// checkDocument holds the models of one document against each other.
func checkDocument(doc *Document) {
	names, tables := map[string]bool{}, map[string]*Model{}
	for i, m := range doc.Models {
		at := "/models/" + strconv.Itoa(i)
		if names[m.Name] {
			refuse(at+"/name", "stands twice")
		}
		names[m.Name] = true
		if other, ok := tables[m.Table]; ok && !sameKeys(m, other) {
			refuse(at+"/keys", "are not those of another model of the same table")
		}
		tables[m.Table] = m
		for _, other := range doc.Models[:i] {
			if m.Discriminator != nil && other.Discriminator != nil && *m.Discriminator == *other.Discriminator && m.Table == other.Table {
				refuse(at+"/discriminator/value", "is that of another model of the same table")
			}
		}
	}
}

func sameKeys(a, b *Model) bool {
	if a.Partition != b.Partition || (a.Sort == nil) != (b.Sort == nil) {
		return false
	}
	return a.Sort == nil || *a.Sort == *b.Sort
}

// complete fills in the defaults of the specification.
func (m *Model) complete() {
	for _, a := range m.Attributes {
		given := a.Roles
		a.Roles = []Role{}
		for _, r := range roles {
			key := r == RolePK && a.Name == m.Partition.Attribute || r == RoleSK && m.Sort != nil && a.Name == m.Sort.Attribute
			if key || hasRole(given, r) {
				a.Roles = append(a.Roles, r)
			}
		}
		if a.Template != "" && m.IsTableKey(a.Name) {
			a.Required = true
		}
		switch {
		case a.Format != "":
		case a.Type == S && (a.Has(RoleCreatedAt) || a.Has(RoleUpdatedAt)):
			a.Format = Timestamp
		case a.Has(RoleVersion):
			a.Format = Int
		}
	}
	for _, ix := range m.Indexes {
		if ix.Partition == nil {
			k := m.Partition
			ix.Partition = &k
		}
	}
}

func hasRole(list []Role, r Role) bool {
	for _, e := range list {
		if e == r {
			return true
		}
	}
	return false
}
