package schema

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Template composes a key attribute of text and other attributes, which alone the values have: `CUSTOMER#{customer_id}`, `ORDER#{number:08d}`.
type Template struct {
	Attribute string
	Text      string
}

// Discriminator marks a model's items in a table of several models.
type Discriminator struct {
	Attribute string
	Value     string
}

// Composed is a key attribute that a template composes; values do not have it.
type Composed struct {
	Name     string
	Segments []Segment
	// Parts are the names of the parts, each once.
	Parts []string
}

// Segment is literal text, or the attribute of a part; a number has a width.
type Segment struct {
	Literal string
	Part    string
	Width   int
}

// widthMax is the digits of the largest int64.
const widthMax = 19

var (
	tokenPattern = regexp.MustCompile(`\{[^{}]*\}|[^{}]+|[{}]`)
	partPattern  = regexp.MustCompile(`^\{([^{}]+?)(?::0([1-9][0-9]?)d)?\}$`)
)

// parseTemplate gives the segments of a template's text, or why it is none.
func parseTemplate(text string) (list []Segment, reason string) {
	for _, token := range tokenPattern.FindAllString(text, -1) {
		if token[0] != '{' && token[0] != '}' {
			list = append(list, Segment{Literal: token})
			continue
		}
		found := partPattern.FindStringSubmatch(token)
		if found == nil {
			return nil, "has a brace that is no part's: a part is {attribute} or {attribute:0Nd}"
		}
		width, _ := strconv.Atoi(found[2])
		if width > widthMax {
			return nil, "has a width above 19"
		}
		if n := len(list); n > 0 && list[n-1].Part != "" && list[n-1].Width == 0 {
			return nil, "has two parts without text between them"
		}
		list = append(list, Segment{Part: found[1], Width: width})
	}
	return list, ""
}

// Missing names the first part that has does not have, "" where it has all.
func (c *Composed) Missing(has func(name string) bool) string {
	for _, p := range c.Parts {
		if !has(p) {
			return p
		}
	}
	return ""
}

// Compose gives the composed text out of the stored text of the parts; where it could not be told back into them, the part and the reason.
func (c *Composed) Compose(stored func(name string) string) (text, part, reason string) {
	text, _, part, reason = c.Leading(func(string) bool { return true }, stored)
	return text, part, reason
}

// Leading composes as far as there are parts, with the literal behind the last of them, and says whether that is the whole text.
// A part behind a missing one is refused: the missing part and the reason.
func (c *Composed) Leading(has func(name string) bool, stored func(name string) string) (text string, whole bool, part, reason string) {
	if gap := c.Missing(has); gap != "" && slices.ContainsFunc(c.Parts[slices.Index(c.Parts, gap):], has) {
		return "", false, gap, "a part in front of a given one is missing"
	}
	var out strings.Builder
	for i, s := range c.Segments {
		if s.Part == "" {
			out.WriteString(s.Literal)
			continue
		}
		if !has(s.Part) {
			return out.String(), false, "", ""
		}
		t := stored(s.Part)
		if s.Width > 0 {
			// Canonical text has no exponent below 38 digits, so that digits alone are a whole number.
			if len(t) > s.Width || strings.Trim(t, "0123456789") != "" {
				return "", false, s.Part, "a part of a key: a whole number of at most " + strconv.Itoa(s.Width) + " digits"
			}
			t = strings.Repeat("0", s.Width-len(t)) + t
		} else if behind := c.behind(i); t == "" || c.holdsLiteral(t) || strings.Index(t+behind, behind) < len(t) && behind != "" {
			return "", false, s.Part, "a part of a key is not empty and holds none of the template's own text"
		}
		out.WriteString(t)
	}
	return out.String(), true, "", ""
}

// behind gives the literal that follows a segment, "" where a part or nothing does.
func (c *Composed) behind(i int) string {
	if i+1 < len(c.Segments) {
		return c.Segments[i+1].Literal
	}
	return ""
}

func (c *Composed) holdsLiteral(text string) bool {
	return slices.ContainsFunc(c.Segments, func(s Segment) bool { return s.Literal != "" && strings.Contains(text, s.Literal) })
}

// Owns says whether the library writes an attribute of this name itself: a composed one, or the discriminator.
func (m *Model) Owns(name string) bool {
	return m.Discriminator != nil && m.Discriminator.Attribute == name || m.ComposedKey(name) != nil
}

// ComposedKey finds a composed attribute, nil where there is none.
func (m *Model) ComposedKey(name string) *Composed {
	for _, c := range m.Composed {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// IsTableKey says whether an attribute is a key of the table.
func (m *Model) IsTableKey(name string) bool {
	return m.Partition.Attribute == name || m.Sort != nil && m.Sort.Attribute == name
}

// split takes what the library writes itself out of the attributes that values have.
func (m *Model) split() {
	m.declared, m.Attributes = m.Attributes, nil
	for _, a := range m.declared {
		switch {
		case a.Template != "":
			c := &Composed{Name: a.Name}
			c.Segments, _ = parseTemplate(a.Template)
			for _, s := range c.Segments {
				if s.Part != "" && !slices.Contains(c.Parts, s.Part) {
					c.Parts = append(c.Parts, s.Part)
				}
			}
			m.Composed = append(m.Composed, c)
		case m.Discriminator == nil || a.Name != m.Discriminator.Attribute:
			m.Attributes = append(m.Attributes, a)
		}
	}
	slices.SortFunc(m.Composed, func(a, b *Composed) int { return strings.Compare(a.Name, b.Name) })
	for _, k := range m.Keys() {
		parts := []string{k.Attribute}
		if c := m.ComposedKey(k.Attribute); c != nil {
			parts = c.Parts
		}
		for _, p := range parts {
			if !slices.Contains(m.KeyFields, p) {
				m.KeyFields = append(m.KeyFields, p)
			}
		}
	}
}

func checkTemplates(m *Model, at string) {
	for i, a := range m.Attributes {
		if a.Template == "" {
			continue
		}
		entry := at + "/" + strconv.Itoa(i) + "/template"
		list, reason := parseTemplate(a.Template)
		if reason != "" {
			refuse(entry, reason)
		}
		primary := m.IsTableKey(a.Name)
		switch {
		case !primary && !m.isIndexKey(a.Name):
			refuse(entry, "composes no key of the table or of an index")
		case !a.plainText() || a.OmitEmpty || slices.ContainsFunc(a.Roles, func(r Role) bool { return r != RolePK && r != RoleSK }):
			refuse(entry, "a composed attribute is a plain S")
		case a.Required && !primary:
			refuse(entry, "a composed key of an index is not required")
		}
		for _, s := range list {
			if s.Part != "" {
				checkPart(find(m.Attributes, s.Part), s, primary, entry)
			}
		}
	}
}

func (a *Attribute) plainText() bool {
	return a.Type == S && a.Format == "" && !a.JSON && a.Enum == nil && !a.Encrypted()
}

func (m *Model) isIndexKey(name string) bool {
	return slices.ContainsFunc(m.Indexes, func(ix *Index) bool {
		return ix.Partition != nil && ix.Partition.Attribute == name || ix.Sort != nil && ix.Sort.Attribute == name
	})
}

func checkPart(a *Attribute, s Segment, primary bool, at string) {
	fits := a != nil && a.Template == "" && !a.Encrypted() && !a.JSON && !a.Has(RoleUpdatedAt) && !a.Has(RoleVersion)
	if fits && s.Width > 0 {
		fits = a.Type == N && a.Format != Float && a.Format != Decimal
	} else if fits {
		fits = a.Type == S
	}
	if !fits {
		refuse(at, s.Part+" is no part of a key")
	}
	if primary && (a.OmitEmpty || a.Has(RoleCreatedAt)) {
		refuse(at, s.Part+" is no part of the table's key")
	}
}

func checkDiscriminator(m *Model, at string) {
	if m.Discriminator == nil {
		return
	}
	name, entry := m.Discriminator.Attribute, at+"/discriminator/attribute"
	if pattern, ok := conventions[m.Naming]; ok && name != "PK" && name != "SK" && !pattern.MatchString(name) {
		refuse(entry, "is not in "+m.Naming)
	}
	if m.IsTableKey(name) || m.isIndexKey(name) {
		refuse(entry, "a discriminator is no key")
	}
	if a := find(m.Attributes, name); a != nil && (!a.plainText() || len(a.Roles) > 0 || a.Template != "") {
		refuse(entry, "a discriminator is a plain S")
	}
	for i, ix := range m.Indexes {
		if ix.Projection != "ALL" && !slices.Contains(ix.Fields, name) {
			refuse(at+"/indexes/"+strconv.Itoa(i)+"/projection", "does not project the discriminator")
		}
	}
}
