package dynamorm

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// A Number is the decimal text of a number, with up to 38 digits.
type Number = codec.Number

// Sets inside untyped lists and maps, where a plain slice is an L.
type (
	// StringSet is an SS.
	StringSet = codec.StringSet
	// NumberSet is an NS.
	NumberSet = codec.NumberSet
	// BinarySet is a BS.
	BinarySet = codec.BinarySet
)

// An Error is any failure of the library.
type Error = errs.Error

// A Spec says of a model what its struct does not.
type Spec struct {
	// Table is the table's name; it is required.
	Table string
	// Name is the model's name; the struct's unless given.
	Name      string
	Namespace string
	// Naming is snake_case or camelCase, checked and never converted; nothing is checked unless given.
	Naming  string
	Indexes []Index
	Views   []View
}

// An Index is a secondary index, by attribute names. A local one shares the table's partition key.
type Index struct {
	Name, Partition, Sort string
	Local                 bool
	// Projection is ALL (unless given), KEYS_ONLY or INCLUDE with Fields.
	Projection string
	Fields     []string
}

// A View is a named read projection.
type View struct {
	Name   string
	Fields []string
}

// A Model is a declared struct: what Table takes.
type Model[T any] struct{ schema *schema.Model }

// Schema gives the model's description.
func (m *Model[T]) Schema() *schema.Model { return m.schema }

// Declare turns a struct into a model. Each exported field is an attribute by its tag `dynamorm:"name,option,…"` (without a tag: its
// name in snake_case); embedded structs are flattened. Options: pk, sk, created_at, updated_at, version, ttl, required, omitempty, set, json,
// encrypted, format=…, type=…, enum=a|b, field=…. Errors are InvalidModel, with the pointer into the DMS document it amounts to.
func Declare[T any](spec Spec) (*Model[T], error) {
	typ := reflect.TypeFor[T]()
	if typ.Kind() != reflect.Struct {
		return nil, errs.New(errs.InvalidModel, "%s is no struct", typ).At("")
	}
	name := spec.Name
	if name == "" {
		name = typ.Name()
	}
	attributes, err := attributesOf(typ, place{"/models/0/attributes", nil})
	if err != nil {
		return nil, err
	}
	entry := map[string]any{"name": name, "table": map[string]any{"name": spec.Table}, "attributes": attributes, "keys": keysOf(attributes)}
	if spec.Naming != "" {
		entry["naming"] = map[string]any{"convention": spec.Naming}
	}
	entry["indexes"], entry["views"] = indexesOf(spec.Indexes, attributes), viewsOf(spec.Views)
	document := map[string]any{"dms_version": "1.0", "models": []any{entry}}
	if spec.Namespace != "" {
		document["namespace"] = spec.Namespace
	}
	models, err := schema.Load(document)
	if err != nil {
		return nil, err
	}
	return &Model[T]{models[name]}, nil
}

// MustDeclare is Declare for package variables; it panics where the model is wrong.
func MustDeclare[T any](spec Spec) *Model[T] {
	model, err := Declare[T](spec)
	if err != nil {
		panic(err)
	}
	return model
}

var (
	timeType   = reflect.TypeFor[time.Time]()
	numberType = reflect.TypeFor[Number]()
	rawType    = reflect.TypeFor[json.RawMessage]()
)

// A place is where in the document a Go type's attributes would stand, and the struct types on the way there.
type place struct {
	pointer string
	within  []reflect.Type
}

func (p place) to(segments string) place { return place{p.pointer + segments, p.within} }

func (p place) refuse(format string, args ...any) error {
	return errs.New(errs.InvalidModel, format, args...).At(p.pointer)
}

func attributesOf(typ reflect.Type, at place) ([]any, error) {
	if slices.Contains(at.within, typ) {
		return nil, at.refuse("%s contains itself; use map[string]any, or json", typ)
	}
	at.within = append(slices.Clip(at.within), typ)
	var out []any
	for i, field := range codec.StructFields(typ) {
		attribute, err := attributeOf(field, at.to("/"+strconv.Itoa(i)))
		if err != nil {
			return nil, err
		}
		out = append(out, attribute)
	}
	return out, nil
}

// The options a tag may have: words alone, the roles among them, and words with a value. Any other is a mistake, not a comment.
var (
	roleOptions  = []string{"pk", "sk", "created_at", "updated_at", "version", "ttl"}
	wordOptions  = []string{"required", "omitempty", "set", "json", "encrypted"}
	valueOptions = []string{"format", "type", "enum", "field"}
)

func checkOptions(field codec.StructField, at place) error {
	for _, option := range field.Options {
		word, _, hasValue := strings.Cut(option, "=")
		known := slices.Contains(roleOptions, word) || slices.Contains(wordOptions, word)
		if hasValue {
			known = slices.Contains(valueOptions, word)
		}
		if !known {
			return at.refuse("the tag of %s has an unknown option %s", field.Name, word)
		}
	}
	return nil
}

func attributeOf(field codec.StructField, at place) (map[string]any, error) {
	if err := checkOptions(field, at); err != nil {
		return nil, err
	}
	out, err := valueOf(field.Type, field, at)
	if err != nil {
		return nil, err
	}
	out["attribute"] = field.Name
	var roles []any
	for _, role := range roleOptions {
		if _, there := field.Option(role); there {
			roles = append(roles, role)
		}
	}
	if roles != nil {
		out["roles"] = roles
	}
	_, partition := field.Option("pk")
	_, sort := field.Option("sk")
	_, required := field.Option("required")
	if partition || sort || required {
		out["required"] = true
	}
	if _, there := field.Option("omitempty"); there {
		out["omit_empty"] = true
	}
	if _, there := field.Option("encrypted"); there {
		out["encryption"] = map[string]any{}
	}
	if name, there := field.Option("field"); there {
		out["field"] = name
	}
	if enum, there := field.Option("enum"); there {
		var members []any
		for _, member := range strings.Split(enum, "|") {
			members = append(members, member)
		}
		out["enum"] = members
	}
	return out, nil
}

// valueOf says what a Go type is in DMS, with the options that change it.
func valueOf(typ reflect.Type, field codec.StructField, at place) (map[string]any, error) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	out := map[string]any{}
	format, formatted := field.Option("format")
	if _, there := field.Option("json"); there || typ == rawType {
		out["type"], out["json"] = "S", true
		return out, nil
	}
	if kind, there := field.Option("type"); there {
		out["type"] = kind
	} else if err := inferred(out, typ, field, at); err != nil {
		return nil, err
	}
	if formatted {
		out["format"] = format
		switch format {
		case "unix_seconds", "unix_millis":
			out["type"] = "N"
		case "bool_string":
			out["type"] = "S"
		}
	}
	return out, nil
}

func inferred(out map[string]any, typ reflect.Type, field codec.StructField, at place) error {
	_, set := field.Option("set")
	switch kind := typ.Kind(); {
	case typ == timeType:
		out["type"], out["format"] = "S", "timestamp"
	case typ == numberType:
		out["type"] = "N"
	case kind == reflect.String:
		out["type"] = "S"
	case kind == reflect.Bool:
		out["type"] = "BOOL"
	case kind >= reflect.Int && kind <= reflect.Uint64:
		out["type"], out["format"] = "N", "int"
	case kind == reflect.Float32, kind == reflect.Float64:
		out["type"], out["format"] = "N", "float"
	case kind == reflect.Slice && typ.Elem().Kind() == reflect.Uint8:
		out["type"] = "B"
	case kind == reflect.Map && typ.Elem() == reflect.TypeFor[struct{}](), set && (kind == reflect.Slice || kind == reflect.Map):
		out["type"] = setType(typ)
	case kind == reflect.Slice:
		return listOf(out, typ, at)
	case kind == reflect.Map:
		out["type"] = "M"
	case kind == reflect.Struct:
		members, err := attributesOf(typ, at.to("/attributes"))
		if members == nil {
			members = []any{}
		}
		out["type"], out["attributes"] = "M", members
		return err
	default:
		return at.refuse("%s has no DynamoDB type", typ)
	}
	return nil
}

func setType(typ reflect.Type) string {
	member := typ.Elem()
	if typ.Kind() == reflect.Map {
		member = typ.Key()
	}
	switch {
	case member.Kind() == reflect.Slice:
		return "BS"
	case member.Kind() == reflect.String && member != numberType:
		return "SS"
	}
	return "NS"
}

func listOf(out map[string]any, typ reflect.Type, at place) error {
	out["type"] = "L"
	if typ.Elem().Kind() == reflect.Interface {
		return nil
	}
	items, err := valueOf(typ.Elem(), codec.StructField{}, at.to("/items"))
	out["items"] = items
	return err
}

func keysOf(attributes []any) map[string]any {
	out := map[string]any{}
	for _, one := range attributes {
		attribute, _ := one.(map[string]any)
		roles, _ := attribute["roles"].([]any)
		for _, role := range roles {
			if part, there := map[any]string{"pk": "partition", "sk": "sort"}[role]; there {
				out[part] = map[string]any{"attribute": attribute["attribute"], "type": attribute["type"]}
			}
		}
	}
	return out
}

func indexesOf(indexes []Index, attributes []any) []any {
	kinds := map[string]any{}
	for _, one := range attributes {
		attribute, _ := one.(map[string]any)
		name, _ := attribute["attribute"].(string)
		kinds[name] = attribute["type"]
	}
	out := []any{}
	for _, index := range indexes {
		projection := map[string]any{"type": "ALL"}
		if index.Projection != "" {
			projection["type"] = index.Projection
		}
		if index.Fields != nil {
			projection["fields"] = anys(index.Fields)
		}
		entry := map[string]any{"name": index.Name, "type": "GSI", "projection": projection}
		if index.Local {
			entry["type"] = "LSI"
		}
		for part, name := range map[string]string{"partition": index.Partition, "sort": index.Sort} {
			if name != "" {
				entry[part] = map[string]any{"attribute": name, "type": kinds[name]}
			}
		}
		out = append(out, entry)
	}
	return out
}

func viewsOf(views []View) []any {
	out := []any{}
	for _, view := range views {
		out = append(out, map[string]any{"name": view.Name, "fields": anys(view.Fields)})
	}
	return out
}

func anys(texts []string) []any {
	out := make([]any, len(texts))
	for i, text := range texts {
		out[i] = text
	}
	return out
}
