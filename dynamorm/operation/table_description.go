package operation

import (
	"cmp"
	"encoding/json"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
)

// This file reads what DynamoDB says of a table, and compares it with what models and settings say.

// TableKey is an attribute of a key of a table or index.
type TableKey struct {
	Attribute string
	// Type is S, N or B; "" where DynamoDB does not define it.
	Type string
	// Kind is HASH or RANGE.
	Kind string
}

// Projection says what an index holds of the items: KEYS_ONLY, INCLUDE with the names of fields, or ALL.
type Projection struct {
	Type   string
	Fields []string
}

// IndexShape is what does not change about an index: its type is GSI or LSI.
type IndexShape struct {
	Type       string
	Keys       []TableKey
	Projection Projection
}

// TableIndex is an index of a table as DynamoDB tells it; a local one has no status.
type TableIndex struct {
	Name string
	IndexShape
	Status      string
	Backfilling bool
}

// TableSSE is encryption at rest. In a difference only the key is told: "" is the AWS managed one.
type TableSSE struct{ Status, Type, Key string }

// TableDescription is what DynamoDB says of a table. A value of an enumeration that the library does not know is told as it is.
type TableDescription struct {
	Name, Status, ARN string
	// Keys are in the order of the key schema, Indexes by the bytes of their names.
	Keys    []TableKey
	Indexes []TableIndex
	// Billing is PROVISIONED where DynamoDB says nothing; Throughput is nil for a table that is paid per request.
	Billing    string
	Throughput *Throughput
	// Stream is the view type, "" without a stream.
	Stream string
	// TableClass is STANDARD where DynamoDB says nothing.
	TableClass         string
	DeletionProtection bool
	// SSE is nil where DynamoDB's own key encrypts.
	SSE *TableSSE
	// TTL is the attribute of the time to live that is enabled, or being enabled; "" for none, and where no model has such an attribute.
	TTL string
	// ItemCount and SizeBytes are nil where DynamoDB does not say them; it counts every six hours or so.
	ItemCount, SizeBytes *int64
	// CreatedAt is zero where DynamoDB does not say it.
	CreatedAt time.Time
	// Raw is all that DynamoDB said.
	Raw json.RawMessage
}

// described has the members of a description, as DynamoDB names them.
type described struct {
	TableName, TableStatus, TableArn              string
	KeySchema                                     []describedKey
	AttributeDefinitions                          []struct{ AttributeName, AttributeType string }
	GlobalSecondaryIndexes, LocalSecondaryIndexes []describedIndex
	BillingModeSummary                            struct{ BillingMode string }
	ProvisionedThroughput                         *struct{ ReadCapacityUnits, WriteCapacityUnits int64 }
	StreamSpecification                           struct {
		StreamEnabled  bool
		StreamViewType string
	}
	TableClassSummary         struct{ TableClass string }
	DeletionProtectionEnabled bool
	SSEDescription            struct{ Status, SSEType, KMSMasterKeyArn string }
	ItemCount, TableSizeBytes *int64
	CreationDateTime          json.Number
}

type describedKey struct{ AttributeName, KeyType string }

type describedIndex struct {
	IndexName, IndexStatus string
	Backfilling            bool
	KeySchema              []describedKey
	Projection             struct {
		ProjectionType   string
		NonKeyAttributes []string
	}
}

// ParseTable reads the answer to DescribeTable. One of another shape is DecodeFailed.
func ParseTable(body []byte) (*TableDescription, error) {
	raw, found, err := codec.Member(body, "Table")
	if err != nil || !found {
		return nil, otherShape(codec.ErrMalformed)
	}
	var d described
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, otherShape(err)
	}
	types := map[string]string{}
	for _, a := range d.AttributeDefinitions {
		types[a.AttributeName] = a.AttributeType
	}
	out := &TableDescription{
		Name: d.TableName, Status: d.TableStatus, ARN: d.TableArn, Keys: readKeys(d.KeySchema, types),
		Billing: cmp.Or(d.BillingModeSummary.BillingMode, provisioned), TableClass: cmp.Or(d.TableClassSummary.TableClass, standardClass),
		DeletionProtection: d.DeletionProtectionEnabled, ItemCount: d.ItemCount, SizeBytes: d.TableSizeBytes, Raw: slices.Clone(raw),
	}
	out.Indexes = append(readIndexes(d.GlobalSecondaryIndexes, global, types), readIndexes(d.LocalSecondaryIndexes, local, types)...)
	slices.SortStableFunc(out.Indexes, func(a, b TableIndex) int { return strings.Compare(a.Name, b.Name) })
	d.tellWhatIsOn(out)
	if out.CreatedAt, err = createdAt(d.CreationDateTime); err != nil {
		return nil, err
	}
	return out, nil
}

// tellWhatIsOn tells what a table may have, or not.
func (d *described) tellWhatIsOn(out *TableDescription) {
	if u := d.ProvisionedThroughput; u != nil && out.Billing == provisioned {
		out.Throughput = &Throughput{u.ReadCapacityUnits, u.WriteCapacityUnits}
	}
	if d.StreamSpecification.StreamEnabled {
		out.Stream = d.StreamSpecification.StreamViewType
	}
	if s := d.SSEDescription; s.Status != "" && s.Status != "DISABLED" {
		out.SSE = &TableSSE{s.Status, s.SSEType, s.KMSMasterKeyArn}
	}
}

func readKeys(list []describedKey, types map[string]string) []TableKey {
	out := make([]TableKey, len(list))
	for i, k := range list {
		out[i] = TableKey{k.AttributeName, types[k.AttributeName], k.KeyType}
	}
	return out
}

func readIndexes(list []describedIndex, kind string, types map[string]string) []TableIndex {
	out := make([]TableIndex, len(list))
	for i, x := range list {
		fields := slices.Clone(x.Projection.NonKeyAttributes)
		slices.Sort(fields)
		out[i] = TableIndex{x.IndexName, IndexShape{kind, readKeys(x.KeySchema, types), Projection{x.Projection.ProjectionType, fields}}, x.IndexStatus, x.Backfilling}
	}
	return out
}

// createdAt reads a number of seconds, cut to microseconds.
func createdAt(number json.Number) (time.Time, error) {
	if number == "" {
		return time.Time{}, nil
	}
	canonical, ok := canon.AppendNumber(nil, string(number))
	seconds := new(big.Rat)
	if ok {
		_, ok = seconds.SetString(string(canonical))
	}
	if !ok {
		return time.Time{}, otherShape(codec.ErrMalformed)
	}
	seconds.Mul(seconds, big.NewRat(1_000_000, 1))
	micros := new(big.Int).Div(seconds.Num(), seconds.Denom())
	if !micros.IsInt64() {
		return time.Time{}, otherShape(codec.ErrMalformed)
	}
	return time.UnixMicro(micros.Int64()).UTC(), nil
}

// parseTTL reads the answer to DescribeTimeToLive: the attribute that is enabled, or being enabled, "" for none.
func parseTTL(body []byte) (string, error) {
	var d struct {
		TimeToLiveDescription struct{ TimeToLiveStatus, AttributeName string }
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return "", otherShape(err)
	}
	switch d.TimeToLiveDescription.TimeToLiveStatus {
	case "ENABLED", "ENABLING":
		return d.TimeToLiveDescription.AttributeName, nil
	}
	return "", nil
}

// What a difference between a table and its models can be.
const (
	missing   = "missing"
	extra     = "extra"
	different = "different"
)

// drift gathers differences.
type drift []errs.TableDifference

// compare adds a difference where two values are not the same; nil is a value that is not there.
func (d *drift) compare(what, index string, expected, found any) {
	kind := different
	switch {
	case reflect.DeepEqual(expected, found):
		return
	case expected == nil:
		kind = extra
	case found == nil:
		kind = missing
	}
	*d = append(*d, errs.TableDifference{What: what, Index: index, Kind: kind, Expected: expected, Found: found})
}

// word gives a text that may not be there.
func word(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// Drift compares an existing table with what models and settings say.
func (t *Table) Drift(d *TableDescription) []errs.TableDifference {
	out, s := drift{}, t.settings
	out.compare("keys", "", t.keys, d.Keys)
	if s.Billing != nil {
		out.compare("billing", "", *s.Billing, d.Billing)
	} else if s.Throughput != nil {
		out.compare("billing", "", provisioned, d.Billing)
	}
	if s.Stream != nil {
		out.compare("stream", "", *s.Stream, word(d.Stream))
	}
	if s.TableClass != nil {
		out.compare("table_class", "", *s.TableClass, d.TableClass)
	}
	if s.DeletionProtection != nil {
		out.compare("deletion_protection", "", *s.DeletionProtection, d.DeletionProtection)
	}
	t.compareSSE(&out, d.SSE)
	if t.TTL != "" {
		out.compare("ttl", "", t.TTL, word(d.TTL))
	}
	t.compareIndexes(&out, d)
	return out
}

func (t *Table) compareSSE(out *drift, found *TableSSE) {
	switch s := t.settings; {
	case !s.SSE:
	case found == nil && s.SSEKey == nil:
		out.compare("sse", "", TableSSE{}, nil)
	case found == nil:
		out.compare("sse", "", TableSSE{Key: *s.SSEKey}, nil)
	case s.SSEKey != nil:
		out.compare("sse", "", TableSSE{Key: *s.SSEKey}, TableSSE{Key: found.Key})
	}
}

func (t *Table) compareIndexes(out *drift, d *TableDescription) {
	expected, found := map[string]IndexShape{}, map[string]IndexShape{}
	names := []string{}
	for _, ix := range t.indexes {
		expected[ix.Name], names = ix.IndexShape, append(names, ix.Name)
	}
	for _, ix := range d.Indexes {
		ix.Projection = t.stripped(ix.Keys, ix.Projection)
		found[ix.Name], names = ix.IndexShape, append(names, ix.Name)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		want, declared := expected[name]
		have, there := found[name]
		switch {
		case !there:
			out.compare("index", name, want, nil)
		case !declared:
			out.compare("index", name, nil, have)
		default:
			out.compare("index_type", name, want.Type, have.Type)
			out.compare("index_keys", name, want.Keys, have.Keys)
			out.compare("index_projection", name, want.Projection, have.Projection)
		}
	}
}
