package dynamorm

import (
	"context"
	"iter"

	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// DynamicModel is a model whose values are maps by attribute name.
type DynamicModel = Model[map[string]any]

// Dynamic gives a loaded model maps for its values.
func Dynamic(m *schema.Model) (*DynamicModel, error) { return Bind[map[string]any](m) }

// DynamicTable reads and writes the items of a model as maps by attribute name: for models known only when the program runs.
// The calls are those of Table. Attributes are read as string, int64, float64, Number, bool, time.Time, []byte, []any,
// map[string]any, StringSet, NumberSet and BinarySet.
type DynamicTable struct {
	table *Table[map[string]any]
}

// NewDynamicTable gives the table of a model.
func NewDynamicTable(c *Client, m *DynamicModel) *DynamicTable {
	return &DynamicTable{NewTable(c, m)}
}

// Create is Table.Create; the map holds what was stored after success.
func (t *DynamicTable) Create(ctx context.Context, v map[string]any, options ...Option) error {
	return t.table.Create(ctx, &v, options...)
}

// Put is Table.Put.
func (t *DynamicTable) Put(ctx context.Context, v map[string]any, options ...Option) error {
	return t.table.Put(ctx, &v, options...)
}

// Save is Table.Save.
func (t *DynamicTable) Save(ctx context.Context, v map[string]any, options ...Option) error {
	return t.table.Save(ctx, &v, options...)
}

// Get is Table.Get.
func (t *DynamicTable) Get(ctx context.Context, key any, options ...Option) (map[string]any, error) {
	return value(t.table.Get(ctx, key, options...))
}

// Find is Table.Find.
func (t *DynamicTable) Find(ctx context.Context, key any, options ...Option) (map[string]any, bool, error) {
	v, found, err := t.table.Find(ctx, key, options...)
	out, err := value(v, err)
	return out, found, err
}

// Exists is Table.Exists.
func (t *DynamicTable) Exists(ctx context.Context, key any, options ...Option) (bool, error) {
	return t.table.Exists(ctx, key, options...)
}

// Query is Table.Query; the items are maps.
func (t *DynamicTable) Query(partition any, options ...Option) *Reading[map[string]any] {
	return t.table.Query(partition, options...)
}

// Scan is Table.Scan; the items are maps.
func (t *DynamicTable) Scan(options ...Option) *Reading[map[string]any] {
	return t.table.Scan(options...)
}

// Update is Table.Update.
func (t *DynamicTable) Update(ctx context.Context, key any, u *expression.Update, options ...Option) (map[string]any, error) {
	return value(t.table.Update(ctx, key, u, options...))
}

// Delete is Table.Delete.
func (t *DynamicTable) Delete(ctx context.Context, key any, options ...Option) error {
	return t.table.Delete(ctx, key, options...)
}

// BatchGet is Table.BatchGet.
func (t *DynamicTable) BatchGet(ctx context.Context, keys []any, options ...Option) (Batch[map[string]any], error) {
	return t.table.BatchGet(ctx, keys, options...)
}

// BatchPut is Table.BatchPut.
func (t *DynamicTable) BatchPut(ctx context.Context, values []map[string]any, options ...Option) (int, error) {
	return t.table.BatchPut(ctx, pointers(values), options...)
}

// BatchDelete is Table.BatchDelete.
func (t *DynamicTable) BatchDelete(ctx context.Context, keys []any, options ...Option) (int, error) {
	return t.table.BatchDelete(ctx, keys, options...)
}

// BatchWrite is Table.BatchWrite.
func (t *DynamicTable) BatchWrite(ctx context.Context, put []map[string]any, remove []any, options ...Option) (Written, error) {
	return t.table.BatchWrite(ctx, pointers(put), remove, options...)
}

// BulkPut is Table.BulkPut.
func (t *DynamicTable) BulkPut(ctx context.Context, values iter.Seq2[map[string]any, error], options ...Option) (Bulk, error) {
	return t.table.BulkPut(ctx, values, options...)
}

// BulkDelete is Table.BulkDelete.
func (t *DynamicTable) BulkDelete(ctx context.Context, keys iter.Seq2[any, error], options ...Option) (Bulk, error) {
	return t.table.BulkDelete(ctx, keys, options...)
}

func pointers(values []map[string]any) []*map[string]any {
	out := make([]*map[string]any, len(values))
	for i := range values {
		out[i] = &values[i]
	}
	return out
}

func value(v *map[string]any, err error) (map[string]any, error) {
	if v == nil {
		return nil, err
	}
	return *v, err
}
