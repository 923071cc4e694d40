package operation

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// This file makes a table's request out of models and settings. What DynamoDB says of a table is in table_description.go, the conversations
// about tables are in table_exchange.go, the forms for other tools in table_export.go.

// Throughput is provisioned capacity, in units.
type Throughput struct{ Read, Write int64 }

// TableSettings are what a document does not say of a table; what is nil or empty is not given.
type TableSettings struct {
	Billing         *string
	Throughput      *Throughput
	IndexThroughput map[string]Throughput
	Stream          *string
	TableClass      *string
	// DeletionProtection is compared where it is given, be it false.
	DeletionProtection *bool
	// SSE asks for encryption at rest under KMS, by the AWS managed key where SSEKey is nil.
	SSE                 bool
	SSEKey              *string
	PointInTimeRecovery bool
	Tags                map[string]string
	Timeout             *time.Duration
}

// The words of DynamoDB that tables are described in.
const (
	onDemand      = "PAY_PER_REQUEST"
	provisioned   = "PROVISIONED"
	standardClass = "STANDARD"
	global        = "GSI"
	local         = "LSI"
	hashKey       = "HASH"
	rangeKey      = "RANGE"
	keysOnly      = "KEYS_ONLY"
	included      = "INCLUDE"
)

var (
	billings     = []string{onDemand, provisioned}
	views        = []string{keysOnly, "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"}
	tableClasses = []string{standardClass, "STANDARD_INFREQUENT_ACCESS"}
	namePattern  = regexp.MustCompile(`^[a-zA-Z0-9_.-]{` + strconv.Itoa(schema.TableNameMin) + `,` + strconv.Itoa(schema.TableNameMax) + `}$`)
)

// defaultTimeout is how long an operation waits in all.
const defaultTimeout = 10 * time.Minute

// Table is what models that share a table, and settings, say about it.
type Table struct {
	Name string
	// TTL is the attribute with the role ttl, "" for none.
	TTL string

	model    string // for errors; "" where there are several
	keys     []TableKey
	indexes  []TableIndex
	settings TableSettings
}

// NewTable gathers what models say about the table that they share, whose real name is given for each. What does not go together, and
// settings that no table can have, are ValidationFailed.
func NewTable(name func(*schema.Model) string, models []*schema.Model, s TableSettings) (*Table, error) {
	if len(models) == 0 {
		return nil, errs.New(errs.CodeValidationFailed, "", "a table of no model")
	}
	t := &Table{Name: name(models[0]), settings: s}
	if m := sole(len(models), func(i int) *schema.Model { return models[i] }); m != nil {
		t.model = m.Name
	}
	t.keys = tableKeys(models[0].Keys())
	for _, m := range models {
		if name(m) != t.Name || !slices.Equal(tableKeys(m.Keys()), t.keys) {
			return nil, failed(m, errs.CodeValidationFailed, "", "models of one table have its name and its keys in common")
		}
		if err := t.add(m); err != nil {
			return nil, err
		}
	}
	for i := range t.indexes {
		t.indexes[i].Projection = t.stripped(t.indexes[i].Keys, t.indexes[i].Projection)
	}
	slices.SortFunc(t.indexes, func(a, b TableIndex) int { return strings.Compare(a.Name, b.Name) })
	return t, t.check()
}

// NewBackupTable is the table of another one's items: it has its keys and nothing else.
func NewBackupTable(name string, of *schema.Model, timeout *time.Duration) (*Table, error) {
	t := &Table{Name: name, model: of.Name, keys: tableKeys(of.Keys()), settings: TableSettings{Timeout: timeout}}
	return t, t.check()
}

func tableKeys(keys []schema.Key) []TableKey {
	out := make([]TableKey, len(keys))
	for i, k := range keys {
		out[i] = TableKey{k.Attribute, string(k.Type), [...]string{hashKey, rangeKey}[i]}
	}
	return out
}

// add adds a model's indexes and its ttl attribute.
func (t *Table) add(m *schema.Model) error {
	if ttl := m.Role(schema.RoleTTL); ttl != nil {
		if t.TTL != "" && t.TTL != ttl.Name {
			return failed(m, errs.CodeValidationFailed, ttl.Name, "another model of the same table has another ttl attribute")
		}
		t.TTL = ttl.Name
	}
	for _, ix := range m.Indexes {
		if err := t.addIndex(m, indexOf(ix)); err != nil {
			return err
		}
	}
	return nil
}

func indexOf(ix *schema.Index) TableIndex {
	keys := []schema.Key{*ix.Partition}
	if ix.Sort != nil {
		keys = append(keys, *ix.Sort)
	}
	shape := IndexShape{Type: global, Keys: tableKeys(keys), Projection: Projection{Type: cmp.Or(ix.Projection, "ALL"), Fields: slices.Clone(ix.Fields)}}
	if ix.Local {
		shape.Type = local
	}
	return TableIndex{Name: ix.Name, IndexShape: shape}
}

func (t *Table) addIndex(m *schema.Model, ix TableIndex) error {
	at := slices.IndexFunc(t.indexes, func(known TableIndex) bool { return known.Name == ix.Name })
	if at < 0 {
		t.indexes = append(t.indexes, ix)
		return nil
	}
	known := &t.indexes[at]
	if known.Type != ix.Type || known.Projection.Type != ix.Projection.Type || !slices.Equal(known.Keys, ix.Keys) {
		return failed(m, errs.CodeValidationFailed, "", "another model of the same table declares the index "+ix.Name+" otherwise")
	}
	known.Projection.Fields = append(known.Projection.Fields, ix.Projection.Fields...)
	return nil
}

// stripped gives a projection as DynamoDB is told: its fields in their order, each once, without keys, which are always projected.
func (t *Table) stripped(keys []TableKey, p Projection) Projection {
	fields := slices.DeleteFunc(slices.Clone(p.Fields), func(name string) bool { return isKeyOf(name, t.keys) || isKeyOf(name, keys) })
	slices.Sort(fields)
	p.Fields = slices.Compact(fields)
	if len(p.Fields) == 0 {
		p.Fields = nil
		if p.Type == included {
			p.Type = keysOnly
		}
	}
	return p
}

func isKeyOf(name string, keys []TableKey) bool {
	return slices.ContainsFunc(keys, func(k TableKey) bool { return k.Attribute == name })
}

func (t *Table) fail(reason string) error { return t.failAt("", reason) }

func (t *Table) failAt(path, reason string) error {
	e := errs.New(errs.CodeValidationFailed, path, reason)
	e.Model = t.model
	return e
}

func (t *Table) count(kind string) (n int) {
	for _, ix := range t.indexes {
		if ix.Type == kind {
			n++
		}
	}
	return n
}

// check holds the table against the rules of DynamoDB and of the library.
func (t *Table) check() error {
	s := t.settings
	for _, rule := range []struct {
		broken bool
		reason string
	}{
		{!namePattern.MatchString(t.Name), "a table's name has 3 to 255 characters out of a-z A-Z 0-9 _ - ."},
		{t.count(global) > schema.GSIMax || t.count(local) > schema.LSIMax, "a table has at most 20 global and 5 local indexes"},
		{!oneOf(s.Billing, billings), "the billing is PAY_PER_REQUEST or PROVISIONED"},
		{!oneOf(s.Stream, views), "the stream is KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES"},
		{!oneOf(s.TableClass, tableClasses), "the table class is STANDARD or STANDARD_INFREQUENT_ACCESS"},
		{s.SSEKey != nil && *s.SSEKey == "", "the key of encryption at rest is empty"},
		{len(s.Tags) > schema.TableTagsMax, "a table has at most 50 tags"},
		{s.Timeout != nil && *s.Timeout < 0, "a timeout is not negative"},
	} {
		if rule.broken {
			return t.fail(rule.reason)
		}
	}
	if name := t.untyped(); name != "" {
		return t.failAt(name, "a key attribute has another type in another index or model")
	}
	if _, unnamed := s.Tags[""]; unnamed {
		return t.fail("a tag has no name")
	}
	return t.checkThroughput()
}

func oneOf(given *string, words []string) bool { return given == nil || slices.Contains(words, *given) }

// untyped gives a key attribute of two types; "" where each has one.
func (t *Table) untyped() string {
	types := map[string]string{}
	for _, k := range t.allKeys() {
		if known, ok := types[k.Attribute]; ok && known != k.Type {
			return k.Attribute
		}
		types[k.Attribute] = k.Type
	}
	return ""
}

func (t *Table) allKeys() []TableKey {
	out := slices.Clone(t.keys)
	for _, ix := range t.indexes {
		out = append(out, ix.Keys...)
	}
	return out
}

func (t *Table) checkThroughput() error {
	s := t.settings
	whole := func(u Throughput) bool { return u.Read >= 1 && u.Write >= 1 }
	given := s.Throughput != nil
	switch {
	case given && !whole(*s.Throughput):
		return t.fail("a throughput has at least one unit for reading and one for writing")
	case given && s.Billing != nil && *s.Billing == onDemand:
		return t.fail("a table that is paid per request has no throughput")
	case !given && (s.Billing != nil && *s.Billing == provisioned || len(s.IndexThroughput) > 0):
		return t.fail("a provisioned table, and an index with a throughput of its own, needs the throughput of the table")
	}
	for name, units := range s.IndexThroughput {
		if !whole(units) || !slices.ContainsFunc(t.indexes, func(ix TableIndex) bool { return ix.Name == name && ix.Type == global }) {
			return t.fail("a throughput of an index is of a global one of the models, and has at least one unit for reading and one for writing")
		}
	}
	return nil
}

// timeout is how long an operation waits in all.
func (t *Table) timeout() time.Duration {
	if t.settings.Timeout != nil {
		return *t.settings.Timeout
	}
	return defaultTimeout
}

// object is JSON before it is text, as canon writes it.
type object = map[string]any

// Request gives the body of CreateTable.
func (t *Table) Request() ([]byte, error) { return t.text(t.tree()) }

// text gives canonical JSON; text that is not Unicode is ValidationFailed.
func (t *Table) text(tree object) ([]byte, error) {
	out, ok := canon.AppendJSON(nil, tree)
	if !ok {
		return nil, t.fail("text that is not Unicode")
	}
	return out, nil
}

func (t *Table) tree() object {
	out := object{"TableName": t.Name, "KeySchema": keySchema(t.keys), "AttributeDefinitions": definitions(t.allKeys())}
	t.addIndexes(out)
	s := t.settings
	if s.Throughput == nil {
		out["BillingMode"] = onDemand
	} else {
		out["ProvisionedThroughput"] = units(*s.Throughput)
	}
	if s.Stream != nil {
		out["StreamSpecification"] = object{"StreamEnabled": true, "StreamViewType": *s.Stream}
	}
	if s.TableClass != nil && *s.TableClass != standardClass {
		out["TableClass"] = *s.TableClass
	}
	if s.DeletionProtection != nil && *s.DeletionProtection {
		out["DeletionProtectionEnabled"] = true
	}
	if s.SSE {
		sse := object{"Enabled": true}
		if s.SSEKey != nil {
			sse["KMSMasterKeyId"] = *s.SSEKey
		}
		out["SSESpecification"] = sse
	}
	if len(s.Tags) > 0 {
		tags := []any{}
		for _, name := range t.tagNames() {
			tags = append(tags, object{"Key": name, "Value": s.Tags[name]})
		}
		out["Tags"] = tags
	}
	return out
}

func (t *Table) addIndexes(out object) {
	for _, kind := range []struct{ name, typ string }{{"GlobalSecondaryIndexes", global}, {"LocalSecondaryIndexes", local}} {
		list := []any{}
		for _, ix := range t.indexes {
			if ix.Type == kind.typ {
				list = append(list, indexTree(ix, t.indexUnits(ix, nil)))
			}
		}
		if len(list) > 0 {
			out[kind.name] = list
		}
	}
}

// indexUnits gives the throughput of an index: its own, the settings', or that of the existing table; nil for none.
func (t *Table) indexUnits(ix TableIndex, existing *Throughput) *Throughput {
	if ix.Type == local {
		return nil
	}
	if own, ok := t.settings.IndexThroughput[ix.Name]; ok {
		return &own
	}
	if t.settings.Throughput != nil {
		return t.settings.Throughput
	}
	return existing
}

func indexTree(ix TableIndex, u *Throughput) object {
	projection := object{"ProjectionType": ix.Projection.Type}
	if len(ix.Projection.Fields) > 0 {
		projection["NonKeyAttributes"] = anyList(ix.Projection.Fields)
	}
	out := object{"IndexName": ix.Name, "KeySchema": keySchema(ix.Keys), "Projection": projection}
	if u != nil {
		out["ProvisionedThroughput"] = units(*u)
	}
	return out
}

func anyList(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func units(u Throughput) object {
	number := func(n int64) canon.Number { return canon.Number(strconv.FormatInt(n, 10)) }
	return object{"ReadCapacityUnits": number(u.Read), "WriteCapacityUnits": number(u.Write)}
}

func keySchema(keys []TableKey) []any {
	out := make([]any, len(keys))
	for i, k := range keys {
		out[i] = object{"AttributeName": k.Attribute, "KeyType": k.Kind}
	}
	return out
}

// definitions gives the attribute definitions of keys, each once, by the bytes of their names.
func definitions(keys []TableKey) []any {
	keys = slices.Clone(keys)
	slices.SortFunc(keys, func(a, b TableKey) int { return strings.Compare(a.Attribute, b.Attribute) })
	keys = slices.CompactFunc(keys, func(a, b TableKey) bool { return a.Attribute == b.Attribute })
	out := make([]any, len(keys))
	for i, k := range keys {
		out[i] = object{"AttributeName": k.Attribute, "AttributeType": k.Type}
	}
	return out
}

// tagNames gives the names of the tags, by their bytes.
func (t *Table) tagNames() []string {
	out := make([]string, 0, len(t.settings.Tags))
	for name := range t.settings.Tags {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
