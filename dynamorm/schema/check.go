package schema

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/limits"
)

var conventions = map[string]*regexp.Regexp{
	"snake_case": regexp.MustCompile(`\A_?[a-z][a-z0-9]*(_[a-z0-9]+)*\z`),
	"camelCase":  regexp.MustCompile(`\A_?[a-z][a-zA-Z0-9]*\z`),
}

var timeFits = []string{"S ", "S timestamp", "S rfc3339nano", "N unix_seconds", "N unix_millis"}

// fits lists, for each lifecycle role, the types and formats it may stand on.
var fits = map[string][]string{
	"created_at": timeFits,
	"updated_at": timeFits,
	"version":    {"N ", "N int", "N int64"},
	"ttl":        {"N unix_seconds"},
}

func contains(members []string, member string) bool {
	for _, one := range members {
		if one == member {
			return true
		}
	}
	return false
}

func at(pointer string, index int, more ...string) string {
	return strings.Join(append([]string{fmt.Sprintf("%s/%d", pointer, index)}, more...), "/")
}

// distinct refuses the second of two equal names.
func distinct(entries []any, member, pointer string) error {
	seen := map[string]bool{}
	for i, one := range entries {
		name, there := entry(one)[member].(string)
		if there && seen[name] {
			return refuse(at(pointer, i, member), "the name stands here twice")
		}
		seen[name] = there
	}
	return nil
}

func checkDocument(document map[string]any) error {
	models := list(document["models"])
	if err := distinct(models, "name", "/models"); err != nil {
		return err
	}
	tables := map[string]string{}
	for i, value := range models {
		model := entry(value)
		if err := checkModel(model, at("/models", i)); err != nil {
			return err
		}
		name, keys := text(entry(model["table"])["name"]), Dump(model["keys"])
		if first, there := tables[name]; there && first != keys {
			return refuse(at("/models", i, "keys"), "models that share a table have the same keys")
		}
		tables[name] = keys
	}
	return nil
}

func checkModel(model map[string]any, pointer string) error {
	if _, there := model["discriminator"]; there {
		return refuse(pointer+"/discriminator", "discriminators are not supported by this version yet")
	}
	attributes := list(model["attributes"])
	if err := checkAttributes(attributes, pointer+"/attributes", text(entry(model["naming"])["convention"]), true); err != nil {
		return err
	}
	named := map[string]map[string]any{}
	for _, attribute := range attributes {
		named[text(entry(attribute)["attribute"])] = entry(attribute)
	}
	for _, check := range []func(map[string]any, map[string]map[string]any, string) error{checkKeys, checkRoles, checkIndexes, checkViews} {
		if err := check(model, named, pointer); err != nil {
			return err
		}
	}
	return nil
}

func checkAttributes(attributes []any, pointer, convention string, top bool) error {
	for i, value := range attributes {
		attribute := entry(value)
		name := text(attribute["attribute"])
		if convention != "" && name != "PK" && name != "SK" && !conventions[convention].MatchString(name) {
			return refuse(at(pointer, i, "attribute"), "not in %s", convention)
		}
		if _, there := attribute["template"]; there {
			return refuse(at(pointer, i, "template"), "key templates are not supported by this version yet")
		}
		if err := checkValue(attribute, at(pointer, i), convention); err != nil {
			return err
		}
		if _, encrypted := attribute["encryption"]; top && encrypted && hasLifecycle(attribute) {
			return refuse(at(pointer, i, "encryption"), "a lifecycle attribute is not encrypted")
		}
	}
	if err := distinct(attributes, "attribute", pointer); err != nil {
		return err
	}
	return distinct(attributes, "field", pointer)
}

func hasLifecycle(attribute map[string]any) bool {
	for _, role := range texts(attribute["roles"]) {
		if _, lifecycle := fits[role]; lifecycle {
			return true
		}
	}
	return false
}

// checkValue checks what an attribute or a list's element holds.
func checkValue(in map[string]any, pointer, convention string) error {
	kind, format := text(in["type"]), text(in["format"])
	_, enumerated := in["enum"]
	members, hasMembers := in["attributes"]
	items, hasItems := in["items"]
	switch {
	case format != "" && !(kind == "S" && contains(textFormats, format) || kind == "N" && contains(numberFormats, format)):
		return refuse(pointer+"/format", "this format does not fit %s", kind)
	case flag(in["json"]) && (kind != "S" || format != ""):
		return refuse(pointer+"/json", "json fits S without format")
	case enumerated && (kind != "S" || format != "" || flag(in["json"])):
		return refuse(pointer+"/enum", "enum fits S without format and json")
	case hasMembers && kind != "M":
		return refuse(pointer+"/attributes", "attributes fit M")
	case hasItems && kind != "L":
		return refuse(pointer+"/items", "items fit L")
	case hasMembers:
		return checkAttributes(list(members), pointer+"/attributes", convention, false)
	case hasItems:
		return checkValue(entry(items), pointer+"/items", convention)
	}
	return nil
}

func checkKeys(model map[string]any, named map[string]map[string]any, pointer string) error {
	keys := entry(model["keys"])
	for _, part := range []string{"partition", "sort"} {
		if keys[part] == nil {
			continue
		}
		place := pointer + "/keys/" + part
		attribute, err := declared(entry(keys[part]), named, place)
		if err != nil {
			return err
		}
		own := place
		for i, one := range list(model["attributes"]) {
			if text(entry(one)["attribute"]) == text(attribute["attribute"]) {
				own = at(pointer+"/attributes", i)
			}
		}
		_, encrypted := attribute["encryption"]
		switch {
		case encrypted:
			return refuse(own+"/encryption", "a key is not encrypted")
		case flag(attribute["json"]):
			return refuse(own+"/json", "a key is not json")
		case !flag(attribute["required"]):
			return refuse(own, "a key is required")
		case len(text(attribute["attribute"])) > limits.KeyNameMaxBytes:
			return refuse(place+"/attribute", "a key's name has at most %d bytes", limits.KeyNameMaxBytes)
		}
	}
	if text(entry(keys["partition"])["attribute"]) == text(entry(keys["sort"])["attribute"]) {
		return refuse(pointer+"/keys/sort/attribute", "partition and sort key are two attributes")
	}
	return nil
}

func declared(key map[string]any, named map[string]map[string]any, pointer string) (map[string]any, error) {
	attribute := named[text(key["attribute"])]
	if attribute == nil {
		return nil, refuse(pointer+"/attribute", "no such attribute")
	}
	if text(attribute["type"]) != text(key["type"]) {
		return nil, refuse(pointer+"/type", "the attribute is %s", text(attribute["type"]))
	}
	return attribute, nil
}

func checkRoles(model map[string]any, _ map[string]map[string]any, pointer string) error {
	keys := map[string]string{
		"pk": text(entry(entry(model["keys"])["partition"])["attribute"]),
		"sk": text(entry(entry(model["keys"])["sort"])["attribute"]),
	}
	seen := map[string]bool{}
	for i, value := range list(model["attributes"]) {
		attribute := entry(value)
		for j, role := range texts(attribute["roles"]) {
			place := at(at(pointer+"/attributes", i, "roles"), j)
			name, isKey := keys[role]
			allowed, lifecycle := fits[role]
			switch {
			case isKey && name != text(attribute["attribute"]):
				return refuse(place, "not the key that %s names", role)
			case lifecycle && !contains(allowed, text(attribute["type"])+" "+text(attribute["format"])):
				return refuse(place, "%s does not fit this type and format", role)
			case seen[role]:
				return refuse(place, "a role is used once")
			}
			seen[role] = true
		}
	}
	return nil
}

func checkIndexes(model map[string]any, named map[string]map[string]any, pointer string) error {
	counts := map[string]int{}
	most := map[string]int{"LSI": limits.LsiMax, "GSI": limits.GsiMax}
	indexes := list(model["indexes"])
	for i, value := range indexes {
		index := entry(value)
		place, kind := at(pointer+"/indexes", i), text(index["type"])
		if counts[kind]++; counts[kind] > most[kind] {
			return refuse(place, "too many indexes of type %s", kind)
		}
		if err := checkIndex(model, index, named, place); err != nil {
			return err
		}
	}
	return distinct(indexes, "name", pointer+"/indexes")
}

func checkIndex(model, index map[string]any, named map[string]map[string]any, place string) error {
	keys := entry(model["keys"])
	if text(index["type"]) == "LSI" {
		if keys["sort"] == nil {
			return refuse(place, "a local index needs a table with a sort key")
		}
		if index["sort"] == nil {
			return refuse(place, "a local index has a sort key of its own")
		}
		if index["partition"] != nil && Dump(index["partition"]) != Dump(keys["partition"]) {
			return refuse(place+"/partition", "a local index has the table's partition key")
		}
	} else if index["partition"] == nil {
		return refuse(place, "partition is missing")
	}
	for _, part := range []string{"partition", "sort"} {
		if index[part] == nil {
			continue
		}
		attribute, err := declared(entry(index[part]), named, place+"/"+part)
		if err != nil {
			return err
		}
		if _, encrypted := attribute["encryption"]; encrypted {
			return refuse(place+"/"+part+"/attribute", "an index key is not encrypted")
		}
	}
	return checkProjection(index["projection"], named, place+"/projection")
}

func checkProjection(value any, named map[string]map[string]any, pointer string) error {
	projection := entry(value)
	fields, there := projection["fields"]
	if text(projection["type"]) == "INCLUDE" {
		if !there {
			return refuse(pointer, "INCLUDE names its fields")
		}
		return known(fields, named, pointer+"/fields")
	}
	if there {
		return refuse(pointer+"/fields", "fields belong to INCLUDE")
	}
	return nil
}

func checkViews(model map[string]any, named map[string]map[string]any, pointer string) error {
	views := list(model["views"])
	for i, view := range views {
		if err := known(entry(view)["fields"], named, at(pointer+"/views", i, "fields")); err != nil {
			return err
		}
	}
	return distinct(views, "name", pointer+"/views")
}

func known(fields any, named map[string]map[string]any, pointer string) error {
	for i, name := range texts(fields) {
		if named[name] == nil {
			return refuse(at(pointer, i), "no such attribute")
		}
	}
	return nil
}
