package codec

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync/atomic"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Sets inside untyped lists and maps, where a plain slice is an L.
type (
	// StringSet is an SS.
	StringSet []string
	// NumberSet is an NS.
	NumberSet []Number
	// BinarySet is a BS.
	BinarySet [][]byte
)

var (
	timeType   = reflect.TypeOf(time.Time{})
	numberType = reflect.TypeOf(Number(""))
	rawType    = reflect.TypeOf(json.RawMessage(nil))
	bytesType  = reflect.TypeOf([]byte(nil))
)

// A Plan is one attribute, compiled: its name as JSON text, its members, and where a struct keeps them.
type Plan struct {
	Field   *schema.Field
	quoted  []byte
	Members []*Plan
	byName  map[string]*Plan
	Element *Plan
	layout  atomic.Pointer[layout]
}

// layout says where a struct type keeps each member of a plan; the last type seen is kept, which in practice is the only one.
type layout struct {
	typ   reflect.Type
	index [][]int
}

func newPlan(field *schema.Field) *Plan {
	p := &Plan{Field: field, quoted: append(schema.AppendQuoted(nil, field.Name), ':')}
	if field.Items != nil {
		p.Element = newPlan(field.Items)
	}
	p.setMembers(field.Fields)
	return p
}

func (p *Plan) setMembers(fields []*schema.Field) {
	p.byName = make(map[string]*Plan, len(fields))
	for _, field := range fields {
		member := newPlan(field)
		p.Members = append(p.Members, member)
		p.byName[field.Name] = member
	}
}

// Member gives a member of a typed map by name.
func (p *Plan) Member(name string) *Plan { return p.byName[name] }

// indexes gives where a struct type keeps each member; nil for a member it does not have.
func (p *Plan) indexes(typ reflect.Type) [][]int {
	if known := p.layout.Load(); known != nil && known.typ == typ {
		return known.index
	}
	places := map[string][]int{}
	for _, field := range StructFields(typ) {
		places[field.Name] = field.Index
	}
	out := make([][]int, len(p.Members))
	for i, member := range p.Members {
		out[i] = places[member.Field.Name]
	}
	p.layout.Store(&layout{typ, out})
	return out
}

// A StructField is an attribute as a struct tag says it: name and options.
type StructField struct {
	Name    string
	Options []string
	Index   []int
	Type    reflect.Type
}

// Option gives the value of `key=value`, or whether the bare option is there.
func (f StructField) Option(key string) (value string, there bool) {
	for _, option := range f.Options {
		name, value, _ := strings.Cut(option, "=")
		if name == key {
			return value, true
		}
	}
	return "", false
}

// StructFields lists the attributes of a struct: exported fields with a `dynamorm:"name,options"` tag, embedded structs flattened.
// A field without a tag takes its name in snake_case; `dynamorm:"-"` leaves it out.
func StructFields(typ reflect.Type) []StructField {
	var out []StructField
	for i := 0; i < typ.NumField(); i++ {
		field := typ.Field(i)
		tag, tagged := field.Tag.Lookup("dynamorm")
		if tag == "-" {
			continue
		}
		if field.Anonymous && !tagged && field.Type.Kind() == reflect.Struct {
			for _, inner := range StructFields(field.Type) {
				inner.Index = append([]int{i}, inner.Index...)
				out = append(out, inner)
			}
			continue
		}
		if !field.IsExported() {
			continue
		}
		name, options := splitTag(tag)
		if name == "" {
			name = snake(field.Name)
		}
		out = append(out, StructField{name, options, []int{i}, field.Type})
	}
	return out
}

// splitTag takes a tag apart; a name that holds a comma cannot be said by a tag.
func splitTag(tag string) (name string, options []string) {
	parts := strings.Split(tag, ",")
	return parts[0], parts[1:]
}

func snake(name string) string {
	var out strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		upper := r >= 'A' && r <= 'Z'
		if upper && i > 0 {
			before := runes[i-1] < 'A' || runes[i-1] > 'Z'
			after := i+1 < len(runes) && (runes[i+1] < 'A' || runes[i+1] > 'Z')
			if before || after {
				out.WriteByte('_')
			}
		}
		if upper {
			r += 'a' - 'A'
		}
		out.WriteRune(r)
	}
	return out.String()
}

// PlanOf compiles a single attribute, for values that stand alone.
func PlanOf(field *schema.Field) *Plan { return newPlan(field) }
