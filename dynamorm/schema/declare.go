package schema

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
)

// Tag is the struct tag in which a field says what it is: `dynamorm:"name,option,…"`.
//
// The name is the attribute's; an empty one is the field's own, and `-` leaves the field out. A comma in a name is written `\,`.
// Options: the roles pk, sk, created_at, updated_at, version, ttl (keys are required by themselves); the formats; required,
// omitempty, set, json; encrypted, or encrypted:model|attribute for names that envelopes keep; enum:a|b|c; field:name; type:NULL.
const Tag = "dynamorm"

// Declaration says about a model what its struct's fields cannot.
type Declaration struct {
	// Name is the model's name; the struct's own where empty.
	Name      string
	Table     string
	Namespace string
	// Naming is snake_case, camelCase, or empty for no rule.
	Naming string
	// Partition and Sort are the table's keys where templates compose them; a plain key is a field with the role pk or sk.
	Partition *Template
	Sort      *Template
	// Composed are keys of indexes that templates compose; Indexes name them.
	Composed []Template
	// Discriminator marks the model's items in a table of several models.
	Discriminator *Discriminator
	Indexes       []Index
	Views         []View
	Tags          map[string]any
}

// Field is where a struct holds an attribute.
type Field struct {
	Offset uintptr
	Type   reflect.Type
	option options
}

type options struct {
	words map[string]string
}

func (o options) has(word string) bool {
	_, ok := o.words[word]
	return ok
}

var (
	timeType   = reflect.TypeFor[time.Time]()
	numberType = reflect.TypeFor[canon.Number]()
	jsonNumber = reflect.TypeFor[json.Number]()
	empty      = reflect.TypeFor[struct{}]()
)

// Declare makes the model that a tagged struct describes, and checks it as a document of its own.
func Declare(t reflect.Type, d Declaration) (*Model, error) {
	if t.Kind() != reflect.Struct {
		return nil, errs.New(errs.CodeInvalidModel, "", "a model is declared by a struct")
	}
	if d.Name == "" {
		d.Name = t.Name()
	}
	attributes, err := attributesOf(t, 0)
	if err != nil {
		return nil, err
	}
	attributes = append(attributes, d.composed()...)
	model := map[string]any{"name": d.Name, "table": map[string]any{"name": d.Table}, "keys": keysOf(attributes), "attributes": attributes, "indexes": indexesOf(d.Indexes), "views": viewsOf(d.Views)}
	if d.Discriminator != nil {
		model["discriminator"] = map[string]any{"attribute": d.Discriminator.Attribute, "value": d.Discriminator.Value}
	}
	if d.Naming != "" {
		model["naming"] = map[string]any{"convention": d.Naming}
	}
	if d.Tags != nil {
		model["tags"] = d.Tags
	}
	tree := map[string]any{"dms_version": Version, "models": []any{model}}
	if d.Namespace != "" {
		tree["namespace"] = d.Namespace
	}
	doc, err := Parse(tree)
	if err != nil {
		return nil, err
	}
	return doc.Models[0], nil
}

// composed gives the trees of the attributes that templates compose.
func (d *Declaration) composed() []any {
	out := []any{}
	tree := func(t *Template, roles ...any) {
		if t != nil {
			out = append(out, map[string]any{"attribute": t.Attribute, "type": "S", "template": t.Text, "roles": roles})
		}
	}
	tree(d.Partition, string(RolePK))
	tree(d.Sort, string(RoleSK))
	for i := range d.Composed {
		tree(&d.Composed[i])
	}
	return out
}

func indexesOf(list []Index) []any {
	out := []any{}
	for _, ix := range list {
		kind := "GSI"
		if ix.Local {
			kind = "LSI"
		}
		t := map[string]any{"name": ix.Name, "type": kind}
		if ix.Partition != nil {
			t["partition"] = ix.Partition.tree()
		}
		if ix.Sort != nil {
			t["sort"] = ix.Sort.tree()
		}
		if ix.Projection != "" || ix.Fields != nil {
			p := map[string]any{"type": ix.Projection}
			if ix.Fields != nil {
				p["type"], p["fields"] = "INCLUDE", texts(ix.Fields)
			}
			t["projection"] = p
		}
		if ix.Tags != nil {
			t["tags"] = ix.Tags
		}
		out = append(out, t)
	}
	return out
}

func viewsOf(list []View) []any {
	out := []any{}
	for _, v := range list {
		out = append(out, map[string]any{"name": v.Name, "fields": texts(v.Fields)})
	}
	return out
}

// keysOf finds the key attributes by their roles.
func keysOf(attributes []any) map[string]any {
	keys := map[string]any{}
	for _, e := range attributes {
		a := e.(map[string]any)
		given, _ := a["roles"].([]any)
		for role, place := range map[Role]string{RolePK: "partition", RoleSK: "sort"} {
			if slices.Contains(given, any(string(role))) {
				keys[place] = map[string]any{"attribute": a["attribute"], "type": a["type"]}
			}
		}
	}
	return keys
}

// Fields gives the attributes of a struct by name, those of embedded structs included.
func Fields(t reflect.Type) (map[string]Field, error) {
	out := map[string]Field{}
	_, err := walk(t, 0, func(name string, f Field) error {
		if _, twice := out[name]; twice {
			return errs.New(errs.CodeInvalidModel, "", "two fields of "+t.String()+" have one attribute")
		}
		out[name] = f
		return nil
	})
	return out, err
}

// walk calls f for each field that is an attribute, in order.
func walk(t reflect.Type, base uintptr, f func(name string, field Field) error) (int, error) {
	n := 0
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, tagged := sf.Tag.Lookup(Tag)
		if tag == "-" || !sf.IsExported() && !sf.Anonymous {
			continue
		}
		if sf.Anonymous && !tagged && sf.Type.Kind() == reflect.Struct && sf.Type != timeType {
			k, err := walk(sf.Type, base+sf.Offset, f)
			if err != nil {
				return 0, err
			}
			n += k
			continue
		}
		if !sf.IsExported() {
			continue
		}
		parts := split(tag)
		name := parts[0]
		if name == "" {
			name = sf.Name
		}
		o := options{map[string]string{}}
		for _, p := range parts[1:] {
			word, value, _ := strings.Cut(p, ":")
			o.words[word] = value
		}
		n++
		if err := f(name, Field{base + sf.Offset, sf.Type, o}); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// split splits a tag at its commas, a backslash keeping one.
func split(tag string) []string {
	parts := []string{""}
	for i := 0; i < len(tag); i++ {
		switch {
		case tag[i] == '\\' && i+1 < len(tag) && tag[i+1] == ',':
			i++
			parts[len(parts)-1] += ","
		case tag[i] == ',':
			parts = append(parts, "")
		default:
			parts[len(parts)-1] += tag[i : i+1]
		}
	}
	return parts
}

// attributesOf gives the trees of a struct's attributes.
func attributesOf(t reflect.Type, depth int) ([]any, error) {
	if depth > NestingDepthMax {
		return nil, errs.New(errs.CodeInvalidModel, "", "the struct "+t.String()+" holds itself")
	}
	out := []any{}
	_, err := walk(t, 0, func(name string, f Field) error {
		a, err := typeTree(f.Type, f.option, depth)
		if err != nil {
			return err
		}
		a["attribute"] = name
		if err := applyOptions(a, f.option); err != nil {
			return err
		}
		out = append(out, a)
		return nil
	})
	return out, err
}

var (
	roleWords   = []string{"pk", "sk", "created_at", "updated_at", "version", "ttl"}
	formatWords = []string{"timestamp", "rfc3339nano", "date", "uuid", "bool_string", "int", "int64", "float", "decimal", "unix_seconds", "unix_millis"}
)

func applyOptions(a map[string]any, o options) error {
	given := []any{}
	for _, r := range roleWords {
		if o.has(r) {
			given = append(given, r)
		}
	}
	if len(given) > 0 {
		a["roles"] = given
	}
	for word, value := range o.words {
		switch {
		case word == "required" || word == "pk" || word == "sk":
			a["required"] = true
		case word == "omitempty":
			a["omit_empty"] = true
		case word == "encrypted":
			a["encryption"] = encryptionOf(value)
		case word == "enum":
			a["enum"] = texts(strings.Split(value, "|"))
		case word == "field":
			a["field"] = value
		case slices.Contains(roleWords, word), slices.Contains(formatWords, word), word == "json", word == "set", word == "type":
		default:
			return errs.New(errs.CodeInvalidModel, "", "the tag option "+word+" is unknown")
		}
	}
	return nil
}

// encryptionOf gives the tree of an encryption: `encrypted:model|attribute` pins what the two are called in envelopes.
func encryptionOf(pinned string) map[string]any {
	model, attribute, _ := strings.Cut(pinned, "|")
	context := map[string]any{}
	if model != "" {
		context["model"] = model
	}
	if attribute != "" {
		context["attribute"] = attribute
	}
	if len(context) == 0 {
		return map[string]any{}
	}
	return map[string]any{"context": context}
}

// Infer gives the attribute that a Go type is by itself.
func Infer(t reflect.Type) (*Attribute, error) {
	tree, err := typeTree(t, options{}, 0)
	if err != nil {
		return nil, err
	}
	if tree["type"] == "N" {
		delete(tree, "format") // a number of no model follows the rules of its wire type
	}
	return parseSafely(tree)
}

func parseSafely(tree map[string]any) (a *Attribute, err error) {
	defer func() {
		if r := recover(); r != nil {
			bad, ok := r.(invalid)
			if !ok {
				panic(r)
			}
			a, err = nil, errs.New(errs.CodeInvalidModel, bad.pointer, bad.reason)
		}
	}()
	a = parseAttribute(node{tree, ""}, item)
	checkAttribute(a, "", "")
	return a, nil
}

// typeTree gives the tree of a Go type under a field's options.
func typeTree(t reflect.Type, o options, depth int) (map[string]any, error) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	format := ""
	for _, f := range formatWords {
		if o.has(f) {
			format = f
		}
	}
	tree := map[string]any{}
	switch {
	case o.has("type"):
		tree["type"] = o.words["type"]
	case o.has("json"):
		return map[string]any{"type": "S", "json": true}, nil
	case o.has("set") || isSet(t):
		tree["type"] = setType(t)
	default:
		var err error
		if tree, err = plainTree(t, format, depth); err != nil {
			return nil, err
		}
	}
	if format != "" {
		tree["format"] = format
	}
	return tree, nil
}

func isSet(t reflect.Type) bool {
	return t.Kind() == reflect.Map && t.Elem() == empty || t.Kind() == reflect.Slice && (t.Name() == "StringSet" || t.Name() == "NumberSet" || t.Name() == "BinarySet")
}

func setType(t reflect.Type) string {
	elem := t
	switch t.Kind() {
	case reflect.Map:
		elem = t.Key()
	case reflect.Slice:
		elem = t.Elem()
	}
	switch {
	case elem == numberType || elem == jsonNumber:
		return "NS"
	case elem.Kind() == reflect.String:
		return "SS"
	case elem.Kind() == reflect.Slice:
		return "BS"
	}
	return "NS"
}

func plainTree(t reflect.Type, format string, depth int) (map[string]any, error) {
	switch {
	case t == timeType:
		if strings.HasPrefix(format, "unix_") {
			return map[string]any{"type": "N"}, nil
		}
		return map[string]any{"type": "S", "format": "timestamp"}, nil
	case t == numberType || t == jsonNumber:
		return map[string]any{"type": "N"}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "S"}, nil
	case reflect.Bool:
		if format == "bool_string" {
			return map[string]any{"type": "S"}, nil
		}
		return map[string]any{"type": "BOOL"}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "N", "format": "int"}, nil
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "N", "format": "float"}, nil
	case reflect.Slice:
		return listTree(t, depth)
	case reflect.Map:
		if t.Key().Kind() == reflect.String {
			return map[string]any{"type": "M"}, nil
		}
	case reflect.Struct:
		list, err := attributesOf(t, depth+1)
		return map[string]any{"type": "M", "attributes": list}, err
	}
	return nil, errs.New(errs.CodeInvalidModel, "", "the Go type "+t.String()+" holds no value of DynamoDB's; say type, json or set")
}

func listTree(t reflect.Type, depth int) (map[string]any, error) {
	elem := t.Elem()
	switch {
	case elem.Kind() == reflect.Uint8:
		return map[string]any{"type": "B"}, nil
	case elem.Kind() == reflect.Interface:
		return map[string]any{"type": "L"}, nil
	}
	items, err := typeTree(elem, options{}, depth+1)
	return map[string]any{"type": "L", "items": items}, err
}
