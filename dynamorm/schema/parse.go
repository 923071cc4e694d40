package schema

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
)

var (
	namespacePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)
	typeNamePattern  = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	tablePattern     = regexp.MustCompile(`^[a-zA-Z0-9_.-]{3,255}$`)
	fieldPattern     = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// invalid ends the reading of a document; Parse catches it.
type invalid struct{ pointer, reason string }

func refuse(pointer, reason string) { panic(invalid{pointer, reason}) }

// Parse reads a document's JSON value: objects as map[string]any, lists as []any, numbers as canon.Number.
// Every rule of the specification is checked; what breaks one is InvalidModel with the JSON Pointer of the entry.
func Parse(tree any) (doc *Document, err error) {
	defer func() {
		if r := recover(); r != nil {
			bad, ok := r.(invalid)
			if !ok {
				panic(r)
			}
			doc, err = nil, errs.New(errs.CodeInvalidModel, bad.pointer, bad.reason)
		}
	}()
	doc = parseDocument(node{tree, ""})
	for i, m := range doc.Models {
		checkModel(m, "/models/"+strconv.Itoa(i))
		m.complete()
		m.split()
		m.index()
	}
	checkDocument(doc)
	return doc, nil
}

// node is an entry of the tree with its pointer.
type node struct {
	value   any
	pointer string
}

// object is a node that is an object, of which the members in allowed may be there.
func (n node) object(required, optional []string) map[string]node {
	m, ok := n.value.(map[string]any)
	if !ok {
		refuse(n.pointer, "must be an object")
	}
	known := make(map[string]node, len(m))
	for _, k := range sortedKeys(m) {
		if !contains(required, k) && !contains(optional, k) {
			refuse(n.pointer+canon.Pointer(k), "is no member of DMS "+Version+"; data of one's own goes under tags")
		}
		known[k] = node{m[k], n.pointer + canon.Pointer(k)}
	}
	for _, k := range required {
		if _, ok := m[k]; !ok {
			refuse(n.pointer, "lacks the member "+k)
		}
	}
	return known
}

func (n node) list(least int) []node {
	l, ok := n.value.([]any)
	if !ok {
		refuse(n.pointer, "must be a list")
	}
	if len(l) < least {
		refuse(n.pointer, "must have at least one entry")
	}
	out := make([]node, len(l))
	for i, v := range l {
		out[i] = node{v, n.pointer + "/" + strconv.Itoa(i)}
	}
	return out
}

func (n node) text() string {
	s, ok := n.value.(string)
	if !ok {
		refuse(n.pointer, "must be a string")
	}
	return s
}

func (n node) name() string {
	s := n.text()
	if s == "" {
		refuse(n.pointer, "must not be empty")
	}
	return s
}

func (n node) matching(p *regexp.Regexp, reason string) string {
	s := n.text()
	if !p.MatchString(s) {
		refuse(n.pointer, reason)
	}
	return s
}

func (n node) oneOf(words ...string) string {
	s := n.text()
	if !contains(words, s) {
		refuse(n.pointer, "is none of the words allowed here")
	}
	return s
}

func (n node) flag() bool {
	b, ok := n.value.(bool)
	if !ok {
		refuse(n.pointer, "must be true or false")
	}
	return b
}

func (n node) free() map[string]any {
	m, ok := n.value.(map[string]any)
	if !ok {
		refuse(n.pointer, "must be an object")
	}
	return m
}

// texts is a list of strings of which none stands twice.
func (n node) texts(least int, one func(node) string) []string {
	out := []string{}
	for _, e := range n.list(least) {
		s := one(e)
		if contains(out, s) {
			refuse(e.pointer, "stands twice")
		}
		out = append(out, s)
	}
	return out
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// parseDocument reads the members of each object by name, so that of several faults every language tells the same.
func parseDocument(n node) *Document {
	if m, ok := n.value.(map[string]any); ok {
		v, given := m["dms_version"]
		if text, _ := v.(string); given && !contains(versions, text) {
			refuse("/dms_version", "is not a supported version; supported: "+strings.Join(versions, ", "))
		}
	}
	m := n.object([]string{"dms_version", "models"}, []string{"namespace", "tags"})
	doc := &Document{}
	for _, e := range m["models"].list(1) {
		doc.Models = append(doc.Models, parseModel(e))
	}
	if v, ok := m["namespace"]; ok {
		doc.Namespace = v.matching(namespacePattern, "must be lower-case words joined by dots")
		for _, model := range doc.Models {
			model.Namespace = doc.Namespace
		}
	}
	if v, ok := m["tags"]; ok {
		doc.Tags = v.free()
	}
	return doc
}

func parseModel(n node) *Model {
	m := n.object([]string{"name", "table", "keys", "attributes"}, []string{"naming", "indexes", "views", "discriminator", "tags"})
	model := &Model{}
	for _, e := range m["attributes"].list(1) {
		model.Attributes = append(model.Attributes, parseAttribute(e, top))
	}
	if v, ok := m["discriminator"]; ok {
		d := v.object([]string{"attribute", "value"}, nil)
		model.Discriminator = &Discriminator{d["attribute"].name(), d["value"].name()}
	}
	if v, ok := m["indexes"]; ok {
		for _, e := range v.list(0) {
			model.Indexes = append(model.Indexes, parseIndex(e))
		}
	}
	keys := m["keys"].object([]string{"partition"}, []string{"sort"})
	model.Partition = parseKey(keys["partition"])
	if v, ok := keys["sort"]; ok {
		k := parseKey(v)
		model.Sort = &k
	}
	model.Name = m["name"].matching(typeNamePattern, "must be a name in PascalCase")
	if v, ok := m["naming"]; ok {
		model.Naming = v.object([]string{"convention"}, nil)["convention"].oneOf("snake_case", "camelCase")
	}
	model.Table = m["table"].object([]string{"name"}, nil)["name"].matching(tablePattern, "must have 3 to 255 characters out of a-z A-Z 0-9 _ - .")
	if v, ok := m["tags"]; ok {
		model.Tags = v.free()
	}
	if v, ok := m["views"]; ok {
		for _, e := range v.list(0) {
			f := e.object([]string{"name", "fields"}, nil)
			model.Views = append(model.Views, &View{Fields: f["fields"].texts(1, node.name), Name: f["name"].matching(typeNamePattern, "must be a name in PascalCase")})
		}
	}
	return model
}

func parseKey(n node) Key {
	m := n.object([]string{"attribute", "type"}, nil)
	return Key{m["attribute"].name(), Type(m["type"].oneOf("S", "N", "B"))}
}

// level is where an attribute stands: what it may say depends on it.
type level int

const (
	top level = iota
	nested
	item
)

var (
	always  = []string{"format", "json", "enum", "attributes", "items"}
	inMaps  = append([]string{"required", "omit_empty", "field", "tags"}, always...)
	onTop   = append([]string{"roles", "encryption", "template"}, inMaps...)
	members = map[level][]string{top: onTop, nested: inMaps, item: always}
)

func parseAttribute(n node, at level) *Attribute {
	required := []string{"attribute", "type"}
	if at == item {
		required = required[1:]
	}
	m := n.object(required, members[at])
	a := &Attribute{}
	for _, k := range sortedKeys(m) {
		parseMember(a, k, m[k])
	}
	return a
}

func parseMember(a *Attribute, k string, v node) {
	switch k {
	case "attribute":
		a.Name = v.name()
	case "type":
		a.Type = Type(v.oneOf("S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"))
	case "format":
		a.Format = Format(v.oneOf("timestamp", "rfc3339nano", "date", "uuid", "bool_string", "int", "int64", "float", "decimal", "unix_seconds", "unix_millis"))
	case "json":
		a.JSON = v.flag()
	case "enum":
		a.Enum = v.texts(1, node.text)
	case "attributes":
		a.Typed = true
		for _, e := range v.list(0) {
			a.Attributes = append(a.Attributes, parseAttribute(e, nested))
		}
	case "items":
		a.Items = parseAttribute(v, item)
	case "required":
		a.Required = v.flag()
	case "omit_empty":
		a.OmitEmpty = v.flag()
	case "roles":
		for _, r := range v.texts(0, func(e node) string { return e.oneOf("pk", "sk", "created_at", "updated_at", "version", "ttl") }) {
			a.Roles = append(a.Roles, Role(r))
		}
	case "field":
		a.Field = v.matching(fieldPattern, "must be a name in snake_case")
	case "encryption":
		a.Encryption = parseEncryption(v)
	case "tags":
		a.Tags = v.free()
	case "template":
		a.Template = v.name()
	}
}

func parseEncryption(n node) map[string]any {
	if c, ok := n.object(nil, []string{"context"})["context"]; ok {
		names := c.object(nil, []string{"attribute", "model"})
		for _, k := range sortedKeys(names) {
			names[k].name()
		}
	}
	return n.free()
}

func parseIndex(n node) *Index {
	m := n.object([]string{"name", "type"}, []string{"partition", "sort", "projection", "tags"})
	ix := &Index{Name: m["name"].matching(tablePattern, "must have 3 to 255 characters out of a-z A-Z 0-9 _ - ."), Projection: "ALL"}
	if v, ok := m["partition"]; ok {
		k := parseKey(v)
		ix.Partition = &k
	}
	if v, ok := m["projection"]; ok {
		p := v.object([]string{"type"}, []string{"fields"})
		if f, given := p["fields"]; given {
			ix.Fields = f.texts(1, node.name)
		}
		ix.Projection = p["type"].oneOf("ALL", "KEYS_ONLY", "INCLUDE")
	}
	if v, ok := m["sort"]; ok {
		k := parseKey(v)
		ix.Sort = &k
	}
	if v, ok := m["tags"]; ok {
		ix.Tags = v.free()
	}
	ix.Local = m["type"].oneOf("GSI", "LSI") == "LSI"
	return ix
}
