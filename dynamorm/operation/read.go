package operation

import (
	"slices"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// ReadInput is what a query or scan needs.
type ReadInput struct {
	Table string
	// Models are those whose items are read; several share a table and a discriminator.
	Models []*schema.Model
	// Plans are what the items of each model are read by; Keyed says that what of it is encrypted can be opened.
	Plans []*codec.Plan
	Keyed bool
	// Keys is nil for a scan.
	Keys *Keys
	// Index is nil for the table.
	Index *string

	Filter      expression.Condition
	Descending  bool
	Consistent  bool
	HideExpired bool
	// Limit is how many items are read in all, PageSize is DynamoDB's Limit; nil for none.
	Limit, PageSize *int
	Cursor          *string
	Context         string
	Segment         *Segment

	// Select asks for these paths alone; nil asks for the whole item.
	Select []expression.Field
	// View asks for the fields of a view.
	View string
	// Projected takes what an index projects for the whole.
	Projected bool
	// Count asks for the number of items alone.
	Count bool
	// Sealed asks for what is encrypted alone, as it is stored.
	Sealed bool
	// Everything reads the items of all models, whatever their discriminator.
	Everything bool
	// NoCursor says that no cursor is asked for, so that a limited selection needs no keys.
	NoCursor bool

	Now    time.Time
	Signer Signer
}

// Read is one reading from its start, or its cursor, to its end or limit: what its requests share is built once.
type Read struct {
	Place Place
	// Partial says that items are read in parts.
	Partial bool
	// Hidden are the keys that were fetched for the cursor alone; Shown says that the discriminator was selected.
	Hidden []string
	Shown  bool

	in      ReadInput
	model   *schema.Model
	key     *keyCondition
	body    []byte
	filters bool
	start   []byte
	// encrypted says that something encrypted is selected, which its item's key opens.
	encrypted bool
}

// NewRead builds what all requests share. It fails with ValidationFailed, InvalidOperator, MissingPrimaryKey, InvalidCursor,
// EncryptedFieldNotQueryable or EncryptionNotConfigured.
func NewRead(in ReadInput) (*Read, error) {
	r := &Read{in: in, model: schema.Merged(in.Models)}
	for _, step := range []func() error{r.checkOptions, r.findPlace, r.checkShape, r.checkFilter, r.build, r.begin} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *Read) fail(code errs.Code, path, reason string) error {
	return failed(r.in.Models[0], code, path, reason)
}

// CheckSegments holds a number of segments against DynamoDB's limit.
func CheckSegments(total int) error {
	if total < 1 || total > schema.ScanSegmentsMax {
		return errs.New(errs.CodeValidationFailed, "", "a scan has 1 to 1,000,000 segments")
	}
	return nil
}

func (r *Read) checkOptions() error {
	if s := r.in.Segment; s != nil {
		if err := CheckSegments(s.Total); err != nil {
			return err
		}
		if s.Number < 0 || s.Number >= s.Total {
			return r.fail(errs.CodeValidationFailed, "", "a segment is from 0 to the total less one")
		}
	}
	if r.in.Limit != nil && *r.in.Limit < 1 || r.in.PageSize != nil && *r.in.PageSize < 1 {
		return r.fail(errs.CodeValidationFailed, "", "a limit and a page size are at least 1")
	}
	if r.in.Context != "" && len(r.in.Signer.Secrets) == 0 {
		return r.fail(errs.CodeValidationFailed, "", "a cursor's context needs the client's cursor secrets")
	}
	return r.in.Signer.Check()
}

// findPlace finds where the read goes, and by what key; several models have to mean the same key.
func (r *Read) findPlace() (err error) {
	if r.in.Keys == nil {
		r.Place, err = placeOf(r.model, r.in.Index)
		return r.consistent(err)
	}
	for i, m := range r.in.Models {
		p, err := placeOf(m, r.in.Index)
		if parts, isMap := r.in.Keys.Partition.(map[string]any); isMap && r.in.Index == nil && len(r.in.Models) == 1 {
			p, err = choose(m, parts, r.in.Keys.Sort)
		}
		if err != nil {
			return err
		}
		key, err := newKeyCondition(m, p, r.in.Keys)
		if err != nil {
			return err
		}
		if i == 0 {
			r.Place, r.key = p, key
		}
		if key.plain(m) != r.key.plain(m) {
			return r.fail(errs.CodeValidationFailed, "", "the keys do not mean the same in every model")
		}
	}
	return r.consistent(nil)
}

func (r *Read) consistent(err error) error {
	if err == nil && r.in.Consistent && r.Place.Global() {
		err = r.fail(errs.CodeInvalidOperator, "", r.Place.String()+" is a global index, which is never read consistently")
	}
	return err
}

// checkShape finds what is selected, and whether it can be read.
func (r *Read) checkShape() error {
	if r.in.View != "" {
		view := r.model.View(r.in.View)
		if view == nil || r.in.Select != nil {
			return r.fail(errs.CodeValidationFailed, "", "the view is unknown, or stands beside a selection")
		}
		r.in.Select = paths(view.Fields)
	}
	if r.in.Sealed {
		r.Partial = true
		return closed(r.model, r.in.Keyed)
	}
	if r.in.Select == nil {
		r.Partial = r.in.Projected || !r.Place.Whole()
		return r.closed()
	}
	if r.in.Count || len(r.in.Models) > 1 {
		return r.fail(errs.CodeValidationFailed, "", "nothing is selected of several models, or of a count")
	}
	r.Partial = true
	c := expression.NewCompiler(r.model)
	r.encrypted = c.Encrypted(r.in.Select)
	for _, f := range r.in.Select {
		if c.Knows(f) && r.Place.Global() && !r.Place.projects(f.Top()) {
			return r.fail(errs.CodeInvalidOperator, f.Path(), r.Place.String()+" does not project it")
		}
	}
	r.Shown = c.Shows(r.in.Select)
	return nil
}

// closed refuses whole items with attributes that nobody here can decrypt.
func (r *Read) closed() error {
	for _, m := range r.in.Models {
		for _, a := range m.Attributes {
			if a.Encrypted() && r.Place.projects(a.Name) && !r.in.Count && !r.in.Keyed {
				return failed(m, errs.CodeEncryptionNotConfigured, codec.Name(a.Name), "the attribute is encrypted and the client has no key")
			}
		}
	}
	return nil
}

func (r *Read) checkFilter() error {
	expired, err := r.expired()
	if err != nil {
		return err
	}
	for _, f := range append(r.in.Filter.Fields(), expired.Fields()...) {
		switch {
		case r.key != nil && r.Place.isKey(f.Top()):
			return r.fail(errs.CodeInvalidOperator, f.Path(), "a query does not filter on its own keys")
		case r.Place.Global() && !r.Place.projects(f.Top()):
			return r.fail(errs.CodeInvalidOperator, f.Path(), r.Place.String()+" does not project it")
		}
	}
	return nil
}

// expired is what hides expired items, none where they are not to be hidden.
func (r *Read) expired() (out expression.Condition, err error) {
	if !r.in.HideExpired {
		return out, nil
	}
	name := ""
	for i, m := range r.in.Models {
		ttl := m.Role(schema.RoleTTL)
		if ttl == nil || i > 0 && ttl.Name != name {
			return out, r.fail(errs.CodeValidationFailed, "", "hiding expired items needs an attribute with the role ttl, the same in every model")
		}
		name = ttl.Name
	}
	f := expression.Path(name)
	return expression.Or(f.NotExists(), f.Gt(r.in.Now.Unix())), nil
}

func (r *Read) discriminator() (out expression.Condition) {
	var values []any
	name := ""
	for _, m := range r.in.Models {
		if d := m.Discriminator; d != nil && !r.in.Everything {
			name, values = d.Attribute, append(values, d.Value)
		}
	}
	switch len(values) {
	case 0:
		return out
	case 1:
		return expression.Path(name).Eq(values[0])
	}
	return expression.Path(name).In(values...)
}

// build writes what all requests share.
func (r *Read) build() error {
	in, c := r.in, expression.NewCompiler(r.model).Opening(r.in.Keyed)
	b := begin(nil, in.Table)
	if r.Place.Index != nil {
		b = appendText(b, "IndexName", r.Place.Index.Name)
	}
	if r.key != nil {
		b = appendText(b, "KeyConditionExpression", r.key.text(c))
	}
	expired, _ := r.expired() // checkFilter saw it
	filter, err := c.Condition(expression.Joined(in.Filter, expired, r.discriminator()))
	if err != nil {
		return err
	}
	if r.filters = filter != ""; r.filters {
		b = appendText(b, "FilterExpression", filter)
	}
	if in.Select != nil {
		fetched := r.fetched()
		text, err := c.Projection(in.Select, fetched...)
		if err != nil {
			return err
		}
		b = appendText(b, "ProjectionExpression", text)
		r.Hidden = slices.DeleteFunc(fetched, func(name string) bool {
			return slices.ContainsFunc(in.Select, func(f expression.Field) bool { return f.Is(name) })
		})
	}
	if in.Sealed {
		fields := paths(keyNames(r.model))
		for _, a := range r.model.Sealed {
			fields = append(fields, expression.Path(a.Name))
		}
		text, err := c.Fetch(fields)
		if err != nil {
			return err
		}
		b = appendText(b, "ProjectionExpression", text)
	}
	for _, flag := range []struct {
		on   bool
		text string
	}{{in.Count, `,"Select":"COUNT"`}, {in.Descending && r.key != nil, `,"ScanIndexForward":false`}, {in.Consistent, `,"ConsistentRead":true`}} {
		if flag.on {
			b = append(b, flag.text...)
		}
	}
	r.body = c.AppendMembers(b)
	return nil
}

// fetched are the keys that a limited selection needs for its cursor, and one of something encrypted to open it.
func (r *Read) fetched() (out []string) {
	if r.in.Limit == nil || r.in.NoCursor {
		if r.encrypted {
			return keyNames(r.in.Models[0])
		}
		return nil
	}
	for _, k := range r.Place.cursorKeys() {
		out = append(out, k.Attribute)
	}
	return out
}

// begin reads the caller's cursor: it has to be of this very read.
func (r *Read) begin() error {
	if r.in.Cursor == nil {
		return nil
	}
	c, err := r.in.Signer.Read(*r.in.Cursor, r.bound)
	if err != nil {
		return err
	}
	own := r.cursorOf(nil)
	same := c.Order == own.Order && (c.Index == nil) == (own.Index == nil) && (c.Index == nil || *c.Index == *own.Index) &&
		(c.Segment == nil) == (own.Segment == nil) && (c.Segment == nil || *c.Segment == *own.Segment)
	keys := r.Place.cursorKeys()
	if !same || len(keys) != len(c.Key) {
		return r.fail(errs.CodeInvalidCursor, "", "the cursor is of another read")
	}
	key := map[string]any{}
	for _, k := range keys {
		text, ok := c.Key[k.Attribute][string(k.Type)]
		if !ok {
			return r.fail(errs.CodeInvalidCursor, "", "the cursor has other keys")
		}
		key[k.Attribute] = map[string]any{string(k.Type): text}
	}
	if r.key != nil {
		there, _ := canon.AppendJSON(nil, key[r.Place.Partition.Attribute])
		if string(there) != string(r.key.partition) {
			return r.fail(errs.CodeInvalidCursor, "", "the cursor is of another partition")
		}
	}
	r.start, _ = canon.AppendJSON(nil, key)
	return nil
}

func (r *Read) cursorOf(segment *Segment) Cursor {
	c := Cursor{Index: r.Place.name(), Segment: r.in.Segment}
	if segment != nil {
		c.Segment = segment
	}
	if r.key != nil {
		c.Order = "asc"
		if r.in.Descending {
			c.Order = "desc"
		}
	}
	return c
}

// bound is what signatures of this read bind a cursor to.
func (r *Read) bound() Bound {
	b := Bound{Table: r.in.Table, Context: r.in.Context}
	if r.Place.Index != nil {
		b.Index = r.Place.Index.Name
	}
	for _, m := range r.in.Models {
		b.Models = append(b.Models, m.Name)
	}
	if r.key != nil {
		b.Condition = r.key.plain(r.model)
	}
	c := expression.NewCompiler(r.model)
	text, _ := c.Condition(r.in.Filter) // build wrote it before
	b.Filter = c.Inline(text)
	return b
}

// Now is when the read began.
func (r *Read) Now() time.Time { return r.in.Now }

// Start is the key that the read begins behind, nil for its start.
func (r *Read) Start() []byte { return r.start }

// Owner finds the model of an item, by the discriminator where there are several.
func (r *Read) Owner(item []byte) (int, error) {
	if len(r.in.Models) == 1 {
		return 0, nil
	}
	name := r.model.Discriminator.Attribute
	stored, err := codec.MarkOf(item, name)
	if err != nil {
		return 0, err
	}
	for i, m := range r.in.Models {
		if stored == any(m.Discriminator.Value) {
			return i, nil
		}
	}
	return 0, r.fail(errs.CodeDecodeFailed, codec.Name(name), "not an item of these models")
}
