package schema

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

// Versions are the document versions this library reads.
var Versions = []string{"1.0"}

var (
	wireTypes     = []string{"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"}
	textFormats   = []string{"timestamp", "rfc3339nano", "date", "uuid", "bool_string"}
	numberFormats = []string{"int", "int64", "float", "decimal", "unix_seconds", "unix_millis"}
	roleNames     = []string{"pk", "sk", "created_at", "updated_at", "version", "ttl"}
)

// A checker says whether a value of a document has the shape it should.
type checker func(value any, pointer string) error

func refuse(pointer, format string, args ...any) error {
	return errs.New(errs.InvalidModel, format, args...).At(pointer)
}

// Escape escapes a key for a JSON Pointer (RFC 6901).
func Escape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

func matching(pattern, what string) checker {
	compiled := regexp.MustCompile(`\A(?:` + pattern + `)\z`)
	return func(value any, pointer string) error {
		if text, ok := value.(string); ok && compiled.MatchString(text) {
			return nil
		}
		return refuse(pointer, "expected %s", what)
	}
}

func oneOf(members ...string) checker {
	return func(value any, pointer string) error {
		for _, member := range members {
			if value == member {
				return nil
			}
		}
		return refuse(pointer, "expected one of %s", strings.Join(members, ", "))
	}
}

func checkFlag(value any, pointer string) error {
	if _, ok := value.(bool); !ok {
		return refuse(pointer, "expected true or false")
	}
	return nil
}

func checkMap(value any, pointer string) error {
	if _, ok := value.(map[string]any); !ok {
		return refuse(pointer, "expected a map")
	}
	return nil
}

func listOf(element func() checker, least int, distinct bool) checker {
	return func(value any, pointer string) error {
		members, ok := value.([]any)
		if !ok || len(members) < least {
			return refuse(pointer, "expected a list of at least %d entries", least)
		}
		seen := map[string]bool{}
		for i, member := range members {
			place := pointer + "/" + strconv.Itoa(i)
			if err := element()(member, place); err != nil {
				return err
			}
			if distinct && seen[text(member)] {
				return refuse(place, "stands here twice")
			}
			seen[text(member)] = true
		}
		return nil
	}
}

// shape is a map with known members; order makes the first refusal the same at every run.
type shape struct {
	members  map[string]checker
	required []string
}

func (s *shape) check(value any, pointer string) error {
	in, ok := value.(map[string]any)
	if !ok {
		return refuse(pointer, "expected a map")
	}
	keys := sortedKeys(in)
	for _, key := range keys {
		if s.members[key] == nil {
			return refuse(pointer+"/"+Escape(key), "an unknown member")
		}
	}
	for _, name := range s.required {
		if _, there := in[name]; !there {
			return refuse(pointer, "%s is missing", name)
		}
	}
	for _, key := range keys {
		if err := s.members[key](in[key], pointer+"/"+key); err != nil {
			return err
		}
	}
	return nil
}

func with(base map[string]checker, more map[string]checker) map[string]checker {
	out := map[string]checker{}
	for _, part := range []map[string]checker{base, more} {
		for key, value := range part {
			out[key] = value
		}
	}
	return out
}

var documentShape = func() *shape {
	var nested, items shape
	name := matching(`(?s).+`, "a non-empty string")
	anyText := matching(`(?s).*`, "a string")
	tableName := matching(`[a-zA-Z0-9_.-]{3,255}`, "3 to 255 characters out of a-z A-Z 0-9 _ - .")
	typeName := matching(`[A-Z][A-Za-z0-9]*`, "a name that begins with a capital letter")
	of := func(c checker) func() checker { return func() checker { return c } }
	key := &shape{map[string]checker{"attribute": name, "type": oneOf("S", "N", "B")}, []string{"attribute", "type"}}
	shared := map[string]checker{
		"type": oneOf(wireTypes...), "format": oneOf(append(append([]string{}, textFormats...), numberFormats...)...),
		"json": checkFlag, "enum": listOf(of(anyText), 1, true),
		"attributes": listOf(func() checker { return nested.check }, 0, false),
		"items":      func(value any, pointer string) error { return items.check(value, pointer) },
	}
	items = shape{shared, []string{"type"}}
	nested = shape{with(shared, map[string]checker{
		"attribute": name, "required": checkFlag, "omit_empty": checkFlag, "field": matching(`[a-z][a-z0-9_]*`, "a name in snake_case"), "tags": checkMap,
	}), []string{"attribute", "type"}}
	context := &shape{members: map[string]checker{"model": name, "attribute": name}}
	encryption := &shape{members: map[string]checker{"context": context.check}}
	attribute := &shape{with(nested.members, map[string]checker{
		"roles": listOf(of(oneOf(roleNames...)), 0, true), "encryption": encryption.check, "template": name,
	}), []string{"attribute", "type"}}
	projection := &shape{map[string]checker{"type": oneOf("ALL", "KEYS_ONLY", "INCLUDE"), "fields": listOf(of(name), 1, true)}, []string{"type"}}
	index := &shape{map[string]checker{
		"name": tableName, "type": oneOf("GSI", "LSI"), "partition": key.check, "sort": key.check, "projection": projection.check, "tags": checkMap,
	}, []string{"name", "type"}}
	view := &shape{map[string]checker{"name": typeName, "fields": listOf(of(name), 1, true)}, []string{"name", "fields"}}
	keys := &shape{map[string]checker{"partition": key.check, "sort": key.check}, []string{"partition"}}
	naming := &shape{map[string]checker{"convention": oneOf("snake_case", "camelCase")}, []string{"convention"}}
	table := &shape{map[string]checker{"name": tableName}, []string{"name"}}
	discriminator := &shape{map[string]checker{"attribute": name, "value": name}, []string{"attribute", "value"}}
	model := &shape{map[string]checker{
		"name": typeName, "table": table.check, "naming": naming.check, "keys": keys.check, "attributes": listOf(of(attribute.check), 1, false),
		"indexes": listOf(of(index.check), 0, false), "views": listOf(of(view.check), 0, false), "discriminator": discriminator.check, "tags": checkMap,
	}, []string{"name", "table", "keys", "attributes"}}
	namespace := matching(`[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*`, "names in lower case, joined by dots")
	return &shape{map[string]checker{
		"dms_version": checkVersion, "namespace": namespace, "models": listOf(of(model.check), 1, false), "tags": checkMap,
	}, []string{"dms_version", "models"}}
}()

func checkVersion(value any, pointer string) error {
	for _, version := range Versions {
		if value == version {
			return nil
		}
	}
	return refuse(pointer, "expected one of the supported versions: %s", strings.Join(Versions, ", "))
}

// checkStructure refuses a document whose entries are not of the shape of DMS 1.0.
// The version comes first: a document of another version has another shape.
func checkStructure(document any) error {
	if root, ok := document.(map[string]any); ok {
		if version, there := root["dms_version"]; there {
			if err := checkVersion(version, "/dms_version"); err != nil {
				return err
			}
		}
	}
	return documentShape.check(document, "")
}
