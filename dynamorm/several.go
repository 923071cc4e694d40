package dynamorm

import (
	"reflect"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// AnyModel is a *Model of some type.
type AnyModel interface {
	Schema() *schema.Model
	compiled() *codec.Plan
	// mapped is the plan of the model in maps.
	mapped() (*codec.Plan, error)
	blank() any
}

func (m *Model[T]) compiled() *codec.Plan { return m.plan }
func (m *Model[T]) mapped() (*codec.Plan, error) {
	m.once.Do(func() { m.maps, m.err = codec.Compile(m.plan.Model, reflect.TypeFor[map[string]any]()) })
	return m.maps, m.err
}
func (m *Model[T]) blank() any { return new(T) }

// Item is an item of a query over several models; a type switch on Value tells them apart.
type Item struct {
	// Model is the name of the item's model.
	Model string
	// Value is a *T of the model's type.
	Value any
}

// Query reads a partition that items of several models share, each as its own. The models share a table, and each has a discriminator;
// otherwise the reading fails with ValidationFailed. The options are those of Table.Query.
func (c *Client) Query(models []AnyModel, partition any, options ...Option) *Reading[Item] {
	if len(models) == 0 {
		return &Reading[Item]{client: c, err: errs.New(errs.CodeValidationFailed, "", "a query of no model")}
	}
	schemas, plans := make([]*schema.Model, len(models)), make([]*codec.Plan, len(models))
	for i, m := range models {
		schemas[i], plans[i] = m.Schema(), m.compiled()
	}
	s, err := gather(schemas[0], options, append([]string{"WithSort", "WithSortParts", "WithDescending"}, readOptions...)...)
	if err == nil {
		err = c.together(schemas)
	}
	return &Reading[Item]{client: c, in: c.readInput(s, keysOf(partition, s), c.tableName(schemas[0]), plans...), err: err,
		decode: func(_ *operation.Read, owner int, item []byte, opened operation.Opened, into *Item) error {
			into.Model, into.Value = schemas[owner].Name, models[owner].blank()
			return plans[owner].UnmarshalOpened(item, into.Value, false, opened.Of(plans[owner], item))
		}}
}

// together refuses models that are not told apart by one discriminator in one table.
func (c *Client) together(models []*schema.Model) error {
	first, values := models[0], map[string]bool{}
	for _, m := range models {
		d := m.Discriminator
		same := d != nil && first.Discriminator.Attribute == d.Attribute && !values[d.Value] && c.tableName(m) == c.tableName(first) &&
			m.Partition == first.Partition && (m.Sort == nil) == (first.Sort == nil) && (m.Sort == nil || *m.Sort == *first.Sort)
		if !same {
			e := errs.New(errs.CodeValidationFailed, "", "models that are read together have the same table and keys, and each a value of its own for the same discriminator")
			e.Model = m.Name
			return e
		}
		values[d.Value] = true
	}
	return nil
}
