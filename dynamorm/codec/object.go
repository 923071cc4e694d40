package codec

import (
	"reflect"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// member is the plan of one declared attribute of an item or typed map.
type member struct {
	attr   *schema.Attribute
	name   string
	key    []byte // `"name":`
	off    uintptr
	typ    reflect.Type
	node   *node
	empty  []string // the texts that omit_empty leaves out
	rank   int      // among the required, -1 for an optional one
	limit  int      // a key's greatest size in bytes, 0 for no key
	lookup bool     // a key of the table itself, or a part of one
	blank  bool     // a plain Go string of which "" can be no value: it counts as absent, so that what was read can be written back
}

// object is the plan of all members, in a struct or in a map.
type object struct {
	members  []member
	byName   map[string]*member
	required int
	model    *schema.Model // of a whole item; nil for a nested map
}

// own is what the library has to do with an item: the attributes that it writes, and where the encrypted ones go. A nested map has none.
type own struct {
	over  []Override
	seals *Seals
}

// Override is text that takes an attribute's place in an item: DynamoDB's JSON of a value that the library owns.
type Override struct {
	Name string
	Text []byte
}

const maxRequired = 256

// newObject lays out the members; fields says where a struct has them, nil for a map.
func newObject(list []*schema.Attribute, fields map[string]schema.Field) (*object, bool) {
	o := &object{byName: make(map[string]*member, len(list))}
	for _, a := range list {
		key, ok := canon.AppendString(nil, a.Name)
		if !ok {
			return nil, false
		}
		m := member{attr: a, name: a.Name, key: append(key, ':'), typ: anyType, empty: emptyTexts(a), rank: -1}
		if fields != nil {
			f, ok := fields[a.Name]
			if !ok {
				continue
			}
			m.off, m.typ = f.Offset, f.Type
			m.blank = f.Type.Kind() == reflect.String && a.Type == schema.S && !a.Required && !a.JSON && (a.Enum != nil || a.Format != "")
		}
		if m.node, ok = compile(a, m.typ); !ok {
			return nil, false
		}
		if a.Required {
			m.rank = o.required
			o.required++
		}
		o.members = append(o.members, m)
	}
	for i := range o.members {
		o.byName[o.members[i].name] = &o.members[i]
	}
	return o, o.required <= maxRequired
}

func emptyTexts(a *schema.Attribute) []string {
	if !a.OmitEmpty {
		return nil
	}
	switch {
	case a.JSON:
		return []string{`{"S":"\"\""}`, `{"S":"0"}`, `{"S":"false"}`, `{"S":"[]"}`, `{"S":"{}"}`}
	case a.Format == schema.BoolString:
		return []string{`{"S":"false"}`}
	case a.Format == schema.Timestamp:
		return []string{`{"S":"0001-01-01T00:00:00.000000Z"}`}
	case a.Format == schema.RFC3339Nano:
		return []string{`{"S":"0001-01-01T00:00:00.000000000Z"}`}
	}
	return []string{map[schema.Type]string{schema.S: `{"S":""}`, schema.N: `{"N":"0"}`, schema.B: `{"B":""}`,
		schema.BOOL: `{"BOOL":false}`, schema.L: `{"L":[]}`, schema.M: `{"M":{}}`}[a.Type]}
}

// append appends a member with its name; nothing where its value is absent or left out.
func (m *member) append(b []byte, p unsafe.Pointer, depth int, own own) ([]byte, error) {
	start := len(b)
	if b[start-1] != '{' {
		b = append(b, ',')
	}
	b = append(b, m.key...)
	at := len(b)
	text := overriding(own.over, m.name)
	switch {
	case text != nil:
		b = append(b, text...)
	case m.blank && *(*string)(p) == "":
		return b[:start], nil
	default:
		var err error
		if b, err = m.node.enc(b, p, depth); err != nil {
			return b[:start], within(err, m.name)
		}
	}
	b, err := m.check(b, at)
	if err != nil {
		return b[:start], within(err, m.name)
	}
	switch {
	case len(b) == at:
		return b[:start], nil
	case m.attr.Encrypted():
		sealed, err := own.seals.Add(b[:at], m.attr, b[at:])
		if err != nil {
			return b[:start], within(err, m.name)
		}
		return sealed, nil
	}
	return b, nil
}

func overriding(over []Override, name string) []byte {
	for i := range over {
		if over[i].Name == name {
			return over[i].Text
		}
	}
	return nil
}

// check holds a written value against the member's duties; it takes away what is left out.
func (m *member) check(b []byte, at int) ([]byte, error) {
	for _, e := range m.empty {
		if string(b[at:]) == e {
			b = b[:at]
			break
		}
	}
	switch {
	case len(b) > at:
		if m.limit > 0 {
			return b, checkKey(b[at:], m.limit)
		}
	case m.lookup:
		return b, errs.New(errs.CodeMissingPrimaryKey, "", "a part of the primary key is missing")
	case m.attr.Required && m.attr.Type == schema.NULL:
		return append(b, `{"NULL":true}`...), nil
	case m.attr.Required:
		return b, refuse("a required attribute is missing")
	}
	return b, nil
}

// checkKey holds a key's value against what DynamoDB takes for one.
func checkKey(text []byte, limit int) error {
	switch n := sizeOf(text); {
	case text[2] == 'N':
		return nil
	case n == 0:
		return refuse("a key must not be empty")
	case n > limit:
		return refuse("a key is too long")
	}
	return nil
}

// seen notes which of the required members were read.
type seen [maxRequired / 64]uint64

func (o *object) missing(s *seen) error {
	for i := range o.members {
		if m := &o.members[i]; m.obliged() && s[m.rank/64]&(1<<(m.rank%64)) == 0 {
			return m.missing()
		}
	}
	return nil
}

// obliged says whether a whole item has to have the member.
func (m *member) obliged() bool { return m.rank >= 0 && m.attr.Type != schema.NULL }

func (m *member) missing() error {
	return within(errs.New(errs.CodeDecodeFailed, "", "expected "+describe(m.attr)+", found nothing"), m.name)
}

// read reads an object's members by put, which reads a member's value from where it stands; it does so for members that are not null.
func (o *object) read(d *scanner, put func(d *scanner, m *member) error) error {
	var s seen
	err := d.object(func(name []byte) error {
		m := o.byName[string(name)]
		if m == nil {
			return d.skip()
		}
		from := d
		if m.attr.Encrypted() {
			var err error
			if from, err = d.opening(m.name); err != nil {
				return within(err, m.name)
			}
		}
		null, err := from.null()
		switch {
		case err != nil:
			return within(err, m.name)
		case null:
			return nil
		}
		if m.rank >= 0 {
			s[m.rank/64] |= 1 << (m.rank % 64)
		}
		if err := put(from, m); err != nil {
			return within(err, m.name)
		}
		return nil
	})
	if err != nil || d.partial || o.required == 0 {
		return err
	}
	return o.missing(&s)
}

// opening passes over a sealed value and gives a scanner of what was in it. Nothing, and NULL, is read as it is; what nobody has opened is
// EncryptionNotConfigured.
func (d *scanner) opening(name string) (*scanner, error) {
	opening, known := d.opened[name]
	if !known {
		at := d.i
		null, err := d.null()
		if err == nil && !null {
			err = unkeyed()
		}
		d.i = at
		return d, err
	}
	if err := d.skip(); err != nil {
		return nil, err
	}
	text, err := opening.Value()
	if err != nil {
		return nil, err
	}
	return &scanner{b: text, partial: d.partial}, nil
}

// encStruct appends the members of a struct as a JSON object.
func (o *object) encStruct(b []byte, p unsafe.Pointer, depth int, own own) ([]byte, error) {
	b = append(b, '{')
	for i := range o.members {
		m := &o.members[i]
		var err error
		if b, err = m.append(b, unsafe.Add(p, m.off), depth, own); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

func (o *object) decStruct(d *scanner, p unsafe.Pointer) error {
	return o.read(d, func(d *scanner, m *member) error { return m.node.dec(d, unsafe.Add(p, m.off)) })
}

// encMap appends the members of a map; a name that the model does not know is refused.
func (o *object) encMap(b []byte, values map[string]any, depth int, own own) ([]byte, error) {
	for name := range values {
		if o.byName[name] == nil {
			return b, within(refuse("is no attribute of the model"), name)
		}
	}
	b = append(b, '{')
	for i := range o.members {
		m := &o.members[i]
		v := values[m.name]
		var err error
		if b, err = m.append(b, unsafe.Pointer(&v), depth, own); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

func (o *object) decMap(d *scanner, values map[string]any) error {
	err := o.read(d, func(d *scanner, m *member) error {
		var v any
		if err := m.node.dec(d, unsafe.Pointer(&v)); err != nil {
			return err
		}
		values[m.name] = v
		return nil
	})
	if err != nil || d.partial {
		return err
	}
	for i := range o.members {
		m := &o.members[i]
		if _, there := values[m.name]; m.attr.Type.IsSet() && !there {
			values[m.name] = reflect.Zero(naturals[m.attr.Type]).Interface()
		}
	}
	return nil
}

func structNode(list []*schema.Attribute, t reflect.Type) (*node, bool) {
	fields, err := schema.Fields(t)
	if err != nil || unknown(list, fields) != "" {
		return nil, false
	}
	o, ok := newObject(list, fields)
	if !ok {
		return nil, false
	}
	enc := func(b []byte, p unsafe.Pointer, depth int) ([]byte, error) {
		if depth >= schema.NestingDepthMax {
			return b, refuse("a value nested too deeply")
		}
		at := len(b)
		b, err := o.encStruct(append(b, `{"M":`...), p, depth+1, own{})
		if err != nil {
			return b[:at], err
		}
		return append(b, '}'), nil
	}
	dec := func(d *scanner, p unsafe.Pointer) error {
		if err := d.enter(schema.M); err != nil {
			return err
		}
		if err := o.decStruct(d, p); err != nil {
			return err
		}
		return d.want('}')
	}
	return &node{enc, dec}, true
}

// unknown names a field of a struct that the model has no attribute for.
func unknown(list []*schema.Attribute, fields map[string]schema.Field) string {
	known := make(map[string]bool, len(list))
	for _, a := range list {
		known[a.Name] = true
	}
	for name := range fields {
		if !known[name] {
			return name
		}
	}
	return ""
}

func membersNode(list []*schema.Attribute, t reflect.Type) (*node, bool) {
	o, ok := newObject(list, nil)
	if !ok {
		return nil, false
	}
	enc := func(b []byte, p unsafe.Pointer, depth int) ([]byte, error) {
		values := *(*map[string]any)(p)
		if values == nil {
			return b, nil
		}
		if depth >= schema.NestingDepthMax && len(values) > 0 {
			return b, refuse("a value nested too deeply")
		}
		at := len(b)
		b, err := o.encMap(append(b, `{"M":`...), values, depth+1, own{})
		if err != nil {
			return b[:at], err
		}
		return append(b, '}'), nil
	}
	dec := func(d *scanner, p unsafe.Pointer) error {
		if err := d.enter(schema.M); err != nil {
			return err
		}
		values := map[string]any{}
		*(*map[string]any)(p) = values
		if err := o.decMap(d, values); err != nil {
			return err
		}
		return d.want('}')
	}
	return &node{enc, dec}, t.Key().Kind() == reflect.String
}
