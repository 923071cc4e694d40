package codec

import (
	"encoding/json"
	"reflect"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Texts are attributes as DynamoDB's JSON, by name.
type Texts map[string][]byte

// Stored gives the text inside an S or N.
func (t Texts) Stored(name string) string {
	var v map[string]string
	_ = json.Unmarshal(t[name], &v) // the codec wrote it
	for _, s := range v {
		return s
	}
	return ""
}

// Has says whether an attribute is there.
func (t Texts) Has(name string) bool { return len(t[name]) > 0 }

// Compose gives a composed key as DynamoDB's JSON, out of its parts, all of which are there.
// It fails with ValidationFailed and the path of the part, or of the key where it is too long.
func Compose(m *schema.Model, c *schema.Composed, parts Texts) ([]byte, error) {
	text, part, reason := c.Compose(parts.Stored)
	if reason != "" {
		return nil, within(refuse(reason), part)
	}
	out, _ := canon.AppendString([]byte(`{"S":`), text)
	out = append(out, '}')
	err := CheckIndexKey(m, c.Name, out)
	switch {
	case err != nil:
	case c.Name == m.Partition.Attribute:
		err = checkKey(out, schema.PartitionKeyMaxBytes)
	case m.Sort != nil && c.Name == m.Sort.Attribute:
		err = checkKey(out, schema.SortKeyMaxBytes)
	}
	if err != nil {
		return nil, within(err, c.Name)
	}
	return out, nil
}

// Mark gives the discriminator's value as DynamoDB's JSON.
func Mark(d *schema.Discriminator) []byte {
	out, _ := canon.AppendString([]byte(`{"S":`), d.Value)
	return append(out, '}')
}

// owns says whether the library writes anything of an item beside what values have.
func (p *Plan) owns() bool { return len(p.Model.Composed) > 0 || p.Model.Discriminator != nil }

// appendOwn puts the composed keys and the discriminator into an item that was just written.
func (p *Plan) appendOwn(out []byte, start int) ([]byte, error) {
	parts := Texts{}
	for _, c := range p.Model.Composed {
		for _, name := range c.Parts {
			text, _, err := Member(out[start:], name)
			if err != nil {
				return out, err
			}
			parts[name] = text
		}
	}
	out = out[:len(out)-1]
	for _, c := range p.Model.Composed {
		if c.Missing(parts.Has) != "" {
			continue // a key of an index: the table's are looked for before
		}
		text, err := Compose(p.Model, c, parts)
		if err != nil {
			return out, err
		}
		out = appendMember(out, c.Name, text)
	}
	if d := p.Model.Discriminator; d != nil {
		out = appendMember(out, d.Attribute, Mark(d))
	}
	return append(out, '}'), nil
}

func appendMember(out []byte, name string, text []byte) []byte {
	if out[len(out)-1] != '{' {
		out = append(out, ',')
	}
	out, _ = canon.AppendString(out, name)
	return append(append(out, ':'), text...)
}

// KeyParts gives the attributes that the primary key is made of, out of whatever a key is given as.
func (p *Plan) KeyParts(key any) (Texts, error) {
	if name := p.named(key); name != "" {
		return nil, p.name(within(refuse("the library writes this attribute"), name))
	}
	parts := Texts{}
	for i, name := range p.Model.KeyFields {
		text, err := p.keyValue(nil, key, i, p.obj.byName[name])
		if err == nil && len(text) == 0 {
			err = errs.New(errs.CodeMissingPrimaryKey, "", "a part of the primary key is missing")
		}
		if err != nil {
			return nil, p.name(within(err, name))
		}
		parts[name] = text
	}
	return parts, nil
}

// named gives an attribute of the library's own that a key gives, "" where there is none.
func (p *Plan) named(key any) string {
	r := reflect.ValueOf(key)
	for r.Kind() == reflect.Pointer {
		r = r.Elem()
	}
	var has func(name string) bool
	switch {
	case r.IsValid() && r.Type() == itemMap:
		has = func(name string) bool { return r.MapIndex(reflect.ValueOf(name)).IsValid() }
	case r.Kind() == reflect.Struct:
		fields, err := schema.Fields(r.Type())
		has = func(name string) bool { _, ok := fields[name]; return ok && err == nil }
	default:
		return ""
	}
	for _, c := range p.Model.Composed {
		if has(c.Name) {
			return c.Name
		}
	}
	if d := p.Model.Discriminator; d != nil && has(d.Attribute) {
		return d.Attribute
	}
	return ""
}

// appendComposedKey appends the primary key of a model with composed keys.
func (p *Plan) appendComposedKey(dst []byte, key any) ([]byte, error) {
	parts, err := p.KeyParts(key)
	if err != nil {
		return dst, err
	}
	out := append(dst, '{')
	for _, k := range p.Model.Keys() {
		text := parts[k.Attribute]
		if c := p.Model.ComposedKey(k.Attribute); c != nil {
			text, err = Compose(p.Model, c, parts)
		} else {
			err = within(checkKey(text, p.obj.byName[k.Attribute].limit), k.Attribute)
		}
		if err != nil {
			return dst, p.name(err)
		}
		out = appendMember(out, k.Attribute, text)
	}
	return append(out, '}'), nil
}

// CheckMark refuses an item of another model, with DecodeFailed and the discriminator's path.
func (p *Plan) CheckMark(item []byte) error {
	d := p.Model.Discriminator
	if d == nil {
		return nil
	}
	stored, err := MarkOf(item, d.Attribute)
	if err != nil {
		return err
	}
	if stored != any(d.Value) {
		return p.name(errs.New(errs.CodeDecodeFailed, Name(d.Attribute), "not an item of this model"))
	}
	return nil
}

// MarkOf gives the text of an item's discriminator, nil where it has none.
func MarkOf(item []byte, name string) (any, error) {
	text, _, err := Member(item, name)
	var stored map[string]any
	if err != nil || json.Unmarshal(text, &stored) != nil || len(stored) != 1 {
		return nil, err
	}
	return stored["S"], nil
}

// Show puts the discriminator into a map that was just read; a struct has no place for it.
func (p *Plan) Show(into any) {
	if d := p.Model.Discriminator; d != nil && p.isMap {
		(*into.(*map[string]any))[d.Attribute] = d.Value
	}
}
