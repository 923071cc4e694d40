package expression

import (
	"strconv"

	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Placeholders are the names and values of one request, shared by its expressions: `#n0`, `:v0`, … in order of first use.
// Every name gets one, reserved or not, so that no list of words can be out of date.
type Placeholders struct {
	Names  []string
	Values [][]byte
	alias  map[string]string
}

func (p *Placeholders) path(path Path) string {
	out := ""
	for _, segment := range path {
		switch segment := segment.(type) {
		case int:
			out += "[" + strconv.Itoa(segment) + "]"
		case string:
			if out != "" {
				out += "."
			}
			out += p.name(segment)
		}
	}
	return out
}

func (p *Placeholders) name(name string) string {
	if known, there := p.alias[name]; there {
		return known
	}
	if p.alias == nil {
		p.alias = map[string]string{}
	}
	alias := "#n" + strconv.Itoa(len(p.Names))
	p.alias[name] = alias
	p.Names = append(p.Names, name)
	return alias
}

// value gives a tagged value a placeholder of its own, also where an equal one has one.
func (p *Placeholders) value(tagged []byte) string {
	p.Values = append(p.Values, tagged)
	return ":v" + strconv.Itoa(len(p.Values)-1)
}

// Append appends the request members of the placeholders, each with a comma before it; none that would be empty.
func (p *Placeholders) Append(dst []byte) []byte {
	if len(p.Names) > 0 {
		dst = append(dst, `,"ExpressionAttributeNames":{`...)
		for i, name := range p.Names {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(append(dst, `"#n`...), strconv.Itoa(i)...), `":`...)
			dst = schema.AppendQuoted(dst, name)
		}
		dst = append(dst, '}')
	}
	if len(p.Values) > 0 {
		dst = append(dst, `,"ExpressionAttributeValues":{`...)
		for i, value := range p.Values {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(append(dst, `":v`...), strconv.Itoa(i)...), `":`...)
			dst = append(dst, value...)
		}
		dst = append(dst, '}')
	}
	return dst
}
