package schema

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// A Num is a number in a document: its canonical text.
type Num string

// Dump writes a document's value as canonical JSON: keys sorted by UTF-8 bytes, no white space, the fewest escapes.
func Dump(value any) string {
	var out strings.Builder
	dump(&out, value)
	return out.String()
}

func dump(out *strings.Builder, value any) {
	switch value := value.(type) {
	case nil:
		out.WriteString("null")
	case bool:
		if value {
			out.WriteString("true")
		} else {
			out.WriteString("false")
		}
	case Num:
		out.WriteString(string(value))
	case string:
		out.Write(AppendQuoted(nil, value))
	case []any:
		out.WriteByte('[')
		for i, member := range value {
			if i > 0 {
				out.WriteByte(',')
			}
			dump(out, member)
		}
		out.WriteByte(']')
	case map[string]any:
		out.WriteByte('{')
		for i, key := range sortedKeys(value) {
			if i > 0 {
				out.WriteByte(',')
			}
			out.Write(AppendQuoted(nil, key))
			out.WriteByte(':')
			dump(out, value[key])
		}
		out.WriteByte('}')
	}
}

func sortedKeys(value map[string]any) []string {
	keys := make([]string, 0, len(value))
	for key := range value {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

const hexDigits = "0123456789abcdef"

// AppendQuoted appends a string as canonical JSON text: only `"`, `\` and the control characters below U+0020 escaped.
// What is not UTF-8 is written as U+FFFD; callers refuse it before.
func AppendQuoted(dst []byte, text string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	rest := text[start:]
	if !utf8.ValidString(rest) {
		rest = strings.ToValidUTF8(rest, "\uFFFD")
	}
	return append(append(dst, rest...), '"')
}

// Load checks a document that is a JSON value already (map[string]any, []any, string, bool, nil, Num) and gives its models by name.
// Errors are InvalidModel with the JSON Pointer of the offending entry.
func Load(document any) (map[string]*Model, error) {
	filled, err := Fill(document)
	if err != nil {
		return nil, err
	}
	out := map[string]*Model{}
	for _, entry := range list(filled["models"]) {
		one := map[string]any{}
		for key, value := range filled {
			one[key] = value
		}
		one["models"] = []any{entry}
		model := build(entry.(map[string]any))
		model.document = one
		out[model.Name] = model
	}
	return out, nil
}

// Fill checks a document and fills its defaults in: its canonical form.
func Fill(document any) (map[string]any, error) {
	if err := checkStructure(document); err != nil {
		return nil, err
	}
	root := document.(map[string]any)
	if err := checkDocument(root); err != nil {
		return nil, err
	}
	out := clone(root)
	var models []any
	for _, model := range list(root["models"]) {
		models = append(models, fillModel(model.(map[string]any)))
	}
	out["models"] = byName(models, "name")
	return out, nil
}

func list(value any) []any {
	out, _ := value.([]any)
	return out
}

func entry(value any) map[string]any {
	out, _ := value.(map[string]any)
	return out
}

func text(value any) string {
	out, _ := value.(string)
	return out
}

func flag(value any) bool {
	out, _ := value.(bool)
	return out
}

func clone(in map[string]any) map[string]any {
	out := make(map[string]any, len(in)+4)
	for key, value := range in {
		out[key] = value
	}
	return out
}

func setDefault(in map[string]any, key string, value any) {
	if _, there := in[key]; !there {
		in[key] = value
	}
}

func byName(entries []any, name string) []any {
	out := append([]any{}, entries...)
	sort.SliceStable(out, func(i, j int) bool { return text(entry(out[i])[name]) < text(entry(out[j])[name]) })
	return out
}

func fillModel(in map[string]any) map[string]any {
	out := clone(in)
	keys := entry(in["keys"])
	var attributes, indexes []any
	for _, attribute := range list(in["attributes"]) {
		attributes = append(attributes, fillAttribute(entry(attribute), keys))
	}
	for _, index := range list(in["indexes"]) {
		indexes = append(indexes, fillIndex(entry(index), keys["partition"]))
	}
	out["attributes"] = byName(attributes, "attribute")
	out["indexes"] = byName(indexes, "name")
	out["views"] = byName(list(in["views"]), "name")
	return out
}

func fillAttribute(in, keys map[string]any) map[string]any {
	out := fillNested(in)
	named := map[Role]bool{
		RolePartitionKey: text(entry(keys["partition"])["attribute"]) == text(in["attribute"]),
		RoleSortKey:      text(entry(keys["sort"])["attribute"]) == text(in["attribute"]),
	}
	for _, role := range list(in["roles"]) {
		named[Role(text(role))] = true
	}
	roles := []any{}
	for _, role := range roleOrder {
		if named[role] {
			roles = append(roles, string(role))
		}
	}
	out["roles"] = roles
	if text(in["type"]) == "S" && (named[RoleCreatedAt] || named[RoleUpdatedAt]) {
		setDefault(out, "format", "timestamp")
	}
	if named[RoleVersion] {
		setDefault(out, "format", "int")
	}
	return out
}

func fillNested(in map[string]any) map[string]any {
	out := fillValue(in)
	setDefault(out, "required", false)
	setDefault(out, "omit_empty", false)
	return out
}

func fillValue(in map[string]any) map[string]any {
	out := clone(in)
	setDefault(out, "json", false)
	if members, there := in["attributes"]; there {
		var nested []any
		for _, member := range list(members) {
			nested = append(nested, fillNested(entry(member)))
		}
		out["attributes"] = byName(nested, "attribute")
	}
	if items, there := in["items"]; there {
		out["items"] = fillValue(entry(items))
	}
	return out
}

func fillIndex(in map[string]any, partition any) map[string]any {
	out := clone(in)
	setDefault(out, "projection", map[string]any{"type": "ALL"})
	if text(in["type"]) == "LSI" {
		setDefault(out, "partition", partition)
	}
	projection := clone(entry(out["projection"]))
	if fields, there := projection["fields"]; there {
		sorted := append([]any{}, list(fields)...)
		sort.Slice(sorted, func(i, j int) bool { return text(sorted[i]) < text(sorted[j]) })
		projection["fields"] = sorted
	}
	out["projection"] = projection
	return out
}

func build(in map[string]any) *Model {
	keys := entry(in["keys"])
	out := &Model{Name: text(in["name"]), Table: text(entry(in["table"])["name"]), Partition: *buildKey(keys["partition"]), Sort: buildKey(keys["sort"]), Views: map[string][]string{}}
	for _, attribute := range list(in["attributes"]) {
		out.Fields = append(out.Fields, buildField(entry(attribute)))
	}
	for _, value := range list(in["indexes"]) {
		index := entry(value)
		projection := entry(index["projection"])
		out.Indexes = append(out.Indexes, Index{
			Name: text(index["name"]), Type: text(index["type"]), Partition: *buildKey(index["partition"]), Sort: buildKey(index["sort"]),
			Projection: text(projection["type"]), Fields: texts(projection["fields"]),
		})
	}
	for _, view := range list(in["views"]) {
		out.Views[text(entry(view)["name"])] = texts(entry(view)["fields"])
	}
	return out
}

func buildKey(value any) *Key {
	if value == nil {
		return nil
	}
	return &Key{Attribute: text(entry(value)["attribute"]), Type: text(entry(value)["type"])}
}

func texts(value any) []string {
	var out []string
	for _, member := range list(value) {
		out = append(out, text(member))
	}
	return out
}

func buildField(in map[string]any) *Field {
	out := &Field{
		Name: text(in["attribute"]), Type: text(in["type"]), Format: text(in["format"]), JSON: flag(in["json"]),
		Required: flag(in["required"]), OmitEmpty: flag(in["omit_empty"]), Enum: texts(in["enum"]),
	}
	_, out.Encrypted = in["encryption"]
	for _, role := range texts(in["roles"]) {
		out.Roles = append(out.Roles, Role(role))
	}
	if members, there := in["attributes"]; there {
		out.Typed = true
		for _, member := range list(members) {
			out.Fields = append(out.Fields, buildField(entry(member)))
		}
	}
	if items, there := in["items"]; there {
		out.Items = buildField(entry(items))
	}
	return out
}
