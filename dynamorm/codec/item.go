package codec

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/limits"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// An ItemCodec is the compiled codec of one model.
type ItemCodec struct {
	Model     *schema.Model
	root      *Plan
	keys      []*Plan
	indexKeys map[string]int
}

// New compiles a model.
func New(model *schema.Model) *ItemCodec {
	root := &Plan{Field: &schema.Field{Type: "M", Typed: true}}
	root.setMembers(model.Fields)
	c := &ItemCodec{Model: model, root: root, indexKeys: map[string]int{}}
	for _, name := range model.KeyNames() {
		c.keys = append(c.keys, root.byName[name])
	}
	for _, index := range model.Indexes {
		c.indexKey(&index.Partition, limits.PartitionKeyMaxBytes)
		c.indexKey(index.Sort, limits.SortKeyMaxBytes)
	}
	return c
}

func (c *ItemCodec) indexKey(key *schema.Key, limit int) {
	if key == nil {
		return
	}
	for _, name := range c.Model.KeyNames() {
		if name == key.Attribute {
			return
		}
	}
	if known, there := c.indexKeys[key.Attribute]; !there || limit < known {
		c.indexKeys[key.Attribute] = limit
	}
}

// Plan gives the compiled top-level attribute of a name, or nil.
func (c *ItemCodec) Plan(name string) *Plan { return c.root.byName[name] }

// value gives an attribute of a struct, a pointer to one, or a map; the zero Value where it is absent or null.
func (c *ItemCodec) value(from reflect.Value, name string) reflect.Value {
	from = indirect(from)
	if !from.IsValid() {
		return from
	}
	if from.Kind() == reflect.Map {
		return indirect(from.MapIndex(reflect.ValueOf(name)))
	}
	if from.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	for i, member := range c.root.Members {
		if member.Field.Name == name {
			if index := c.root.indexes(from.Type())[i]; index != nil {
				return indirect(from.FieldByIndex(index))
			}
		}
	}
	return reflect.Value{}
}

// Value gives an attribute of a struct or map by name; nil where it is absent or null.
func (c *ItemCodec) Value(from any, name string) any {
	if v := c.value(reflect.ValueOf(from), name); v.IsValid() {
		return v.Interface()
	}
	return nil
}

// AppendKey appends the primary key out of a key or a whole value: DynamoDB JSON with exactly the key attributes.
func (c *ItemCodec) AppendKey(dst []byte, from any) ([]byte, error) {
	source := reflect.ValueOf(from)
	if err := c.RequireKey(from); err != nil {
		return dst, err
	}
	keyLimits := []int{limits.PartitionKeyMaxBytes, limits.SortKeyMaxBytes}
	dst = append(dst, '{')
	for i, plan := range c.keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, plan.quoted...)
		start := len(dst)
		var err error
		if dst, _, err = plan.appendValue(dst, c.value(source, plan.Field.Name), 1); err == nil {
			err = checkKey(dst[start:], keyLimits[i])
		}
		if err != nil {
			return dst, errs.Under(err, plan.Field.Name)
		}
	}
	return append(dst, '}'), nil
}

// RequireReadable refuses to read attributes that nobody here can decrypt: those named, or all of the model's.
func (c *ItemCodec) RequireReadable(names ...string) error {
	for _, plan := range c.root.Members {
		if plan.Field.Encrypted && (len(names) == 0 || slices.Contains(names, plan.Field.Name)) {
			return errs.New(errs.EncryptionNotConfigured, "the attribute is encrypted and the client has no key").At(plan.Field.Name)
		}
	}
	return nil
}

// RequireKey refuses a key of which a part is missing or null.
func (c *ItemCodec) RequireKey(from any) error {
	for _, plan := range c.keys {
		if !c.value(reflect.ValueOf(from), plan.Field.Name).IsValid() {
			return errs.New(errs.MissingPrimaryKey, "%s: a part of the primary key is missing", c.Model.Name).At(plan.Field.Name)
		}
	}
	return nil
}

// checkKey refuses an empty or too long key, given as a tagged value.
func checkKey(value []byte, limit int) error {
	if strings.HasPrefix(string(value), `{"N"`) {
		return nil
	}
	size := Scan(value).valueSize()
	if size == 0 {
		return refused("a key is not empty")
	}
	if size > limit {
		return refused("a key of more than %d bytes", limit)
	}
	return nil
}

// CheckIndexKey refuses an empty or too long value of an index key attribute.
func (c *ItemCodec) CheckIndexKey(name string, value []byte) error {
	if limit, there := c.indexKeys[name]; there {
		return errs.Under(checkKey(value, limit), name)
	}
	return nil
}

// AppendItem appends a whole item: DynamoDB JSON of a struct or map. Keys, index keys and size are checked.
func (c *ItemCodec) AppendItem(dst []byte, from any) ([]byte, error) {
	return c.AppendItemWith(dst, from, nil)
}

// AppendItemWith appends a whole item, with the tagged values of `own` in place of the caller's.
func (c *ItemCodec) AppendItemWith(dst []byte, from any, own map[string][]byte) ([]byte, error) {
	if _, err := c.AppendKey(nil, from); err != nil {
		return dst, err
	}
	source := indirect(reflect.ValueOf(from))
	if !source.IsValid() {
		return dst, refused("expected a value, found nil")
	}
	start := len(dst)
	dst, err := c.root.appendMembers(dst, source, 1, own)
	if err != nil {
		return dst, err
	}
	size := 0
	s := Scan(dst[start:])
	err = s.Each(func(key []byte) error {
		name := string(key)
		raw, err := s.Raw()
		if err != nil {
			return err
		}
		size += len(name) + Scan(raw).valueSize()
		return c.CheckIndexKey(name, raw)
	})
	if err == nil && size > limits.ItemSizeMaxBytes {
		err = errs.New(errs.ItemTooLarge, "%s: larger than %d bytes", c.Model.Name, limits.ItemSizeMaxBytes)
	}
	return dst, err
}

// UnmarshalItem reads DynamoDB JSON into a pointer to a struct or to a map[string]any; what was there before is cleared.
// A partial item may lack required attributes.
func (c *ItemCodec) UnmarshalItem(item []byte, dst any, partial bool) error {
	target := reflect.ValueOf(dst).Elem()
	if target.Kind() == reflect.Map {
		target.Set(reflect.MakeMap(target.Type()))
	} else {
		target.SetZero()
	}
	return c.decodeError(c.root.readMembers(Scan(item), target, partial))
}

// decodeError names the model and the path in a reader's refusal.
func (c *ItemCodec) decodeError(err error) error {
	if err == nil {
		return nil
	}
	var own *errs.Error
	if !errors.As(asDecode(err), &own) {
		return err
	}
	own.Message = c.Model.Name + ": " + own.Message
	return own
}

// ReadFields reads some attributes of an item into a pointer to a struct or map, and leaves the rest of it alone.
func (c *ItemCodec) ReadFields(item []byte, dst any, fields []*schema.Field) error {
	target := reflect.ValueOf(dst).Elem()
	s := Scan(item)
	return c.decodeError(s.Each(func(key []byte) error {
		for _, field := range fields {
			if field.Name == string(key) {
				return c.readField(s, target, field)
			}
		}
		return s.skip()
	}))
}

func (c *ItemCodec) readField(s *Scanner, target reflect.Value, field *schema.Field) error {
	for i, member := range c.root.Members {
		if member.Field == field {
			_, err := member.readMember(s, c.root.target(target, i), true)
			return err
		}
	}
	return s.skip()
}

// AppendValueAt appends a tagged value for a path: by the plan where the model types it, else by the value's own type.
func AppendValueAt(dst []byte, plan *Plan, value any, depth int) ([]byte, error) {
	v := indirect(reflect.ValueOf(value))
	if !v.IsValid() {
		return append(dst, `{"NULL":true}`...), nil
	}
	if plan == nil {
		return appendAny(dst, v, depth)
	}
	out, _, err := plan.appendValue(dst, v, depth)
	return out, err
}

// IsEmptyValue tells whether a value is empty in the sense of omit_empty.
func IsEmptyValue(plan *Plan, value any) bool {
	v := indirect(reflect.ValueOf(value))
	if !v.IsValid() || plan == nil {
		return false
	}
	_, empty, err := plan.appendValue(nil, v, 0)
	return err == nil && empty
}

// IsNull tells whether a value is nil, however it is wrapped.
func IsNull(value any) bool { return !indirect(reflect.ValueOf(value)).IsValid() }
