package operation

import (
	"bytes"
	"slices"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// This file makes items of a target out of those of a source, one by one, and writes one of them. Where a copy is, and what came of it, is in
// migration.go.

// CopyInput is what a copy needs.
type CopyInput struct {
	// Table is the target's real name.
	Table string
	// Source and Target are what items are read and written by; Target is nil for a backup, which takes everything as it is.
	Source, Target *codec.Plan
	// Mapped reads, into maps, what the target holds.
	Mapped *codec.Plan
	// Blank gives a place for a value of the source, and Check one for a value of the target.
	Blank, Check func() any
	// Transform gives the target's value for one of the source, nil for none to write. Nil takes items as they are.
	Transform func(v any) (any, error)
	// Envelope says whether a stored value has the shape of an envelope.
	Envelope func(stored []byte) bool
	Keyed    bool
}

// Copying says how the items of a source become those of a target.
type Copying struct {
	CopyInput
	// Opens has those attributes of the source's model that have to be opened; nil for none.
	Opens *schema.Model
	moved []movedAttribute
	left  map[string]bool
}

// movedAttribute is one that a raw copy opens, or seals anew, or both.
type movedAttribute struct {
	name   string
	opened bool
	sealed *schema.Attribute // the target's, nil where it does not encrypt
}

// NewCopying finds what has to be opened and sealed. It fails with EncryptionNotConfigured where nobody has a key for that.
func NewCopying(in CopyInput) (*Copying, error) {
	c := &Copying{CopyInput: in, left: map[string]bool{}}
	if in.Target == nil {
		return c, nil
	}
	from, to := in.Source.Model, in.Target.Model
	if in.Transform != nil {
		if len(from.Sealed) > 0 {
			c.Opens = from
		}
		for _, m := range []*schema.Model{from, to} {
			if err := closed(m, in.Keyed); err != nil {
				return nil, err
			}
		}
		return c, nil
	}
	opens := map[string]bool{}
	for _, a := range append(slices.Clone(from.Sealed), to.Sealed...) {
		c.move(a.Name, opens)
	}
	if len(c.moved) > 0 && !in.Keyed {
		return nil, failed(from, errs.CodeEncryptionNotConfigured, codec.Name(c.moved[0].name), "the attribute has to be opened or sealed and the client has no key")
	}
	if len(opens) > 0 {
		c.Opens = from.Only(func(name string) bool { return opens[name] })
	}
	return c, nil
}

// move says what becomes of an attribute that one of the models encrypts, or both.
func (c *Copying) move(name string, opens map[string]bool) {
	from, to := c.Source.Model, c.Target.Model
	a, b := encrypted(from, name), encrypted(to, name)
	if a != nil && b != nil && boundAlike(from, a, to, b) {
		c.left[name] = true
		return
	}
	if slices.ContainsFunc(c.moved, func(m movedAttribute) bool { return m.name == name }) {
		return
	}
	opens[name] = a != nil
	if a == nil {
		delete(opens, name)
	}
	c.moved = append(c.moved, movedAttribute{name, a != nil, b})
}

func encrypted(m *schema.Model, name string) *schema.Attribute {
	if a := m.Attribute(name); a != nil && a.Encrypted() {
		return a
	}
	return nil
}

// boundAlike says whether the envelopes of an attribute open as those of another one, of an item with the same values in its keys.
func boundAlike(from *schema.Model, a *schema.Attribute, to *schema.Model, b *schema.Attribute) bool {
	model, attribute := a.SealedAs(from)
	model2, attribute2 := b.SealedAs(to)
	return from.Namespace == to.Namespace && model == model2 && attribute == attribute2 && slices.Equal(from.Keys(), to.Keys())
}

// Copied is an item on its way into the target.
type Copied struct {
	// Item is the item as it is sent, with marks in the places of what is not sealed yet.
	Item []byte
	sealing
	model *schema.Model
	anew  map[string]bool
}

// ReasonTransform is the reason of an item whose transform failed; all others are the codes of errors.
const ReasonTransform = "Transform"

// Prepare makes the target's item out of one of the source, of which was opened what has to be. It gives nil where there is none to write.
// An item that cannot be copied has a reason beside its error.
func (c *Copying) Prepare(item []byte, opened codec.Openings) (out *Copied, reason string, err error) {
	switch {
	case c.Target == nil:
		return &Copied{Item: item, model: c.Source.Model}, "", nil
	case c.Transform != nil:
		out, reason, err = c.transformed(item, opened)
	default:
		out, err = c.raw(item, opened)
	}
	if err != nil && reason == "" {
		e := errs.As(err)
		if e == nil {
			e = of(otherShape(err), c.Source.Model)
		}
		return nil, string(e.Code), e
	}
	return out, reason, err
}

func (c *Copying) transformed(item []byte, opened codec.Openings) (*Copied, string, error) {
	v := c.Blank()
	if err := c.Source.UnmarshalOpened(item, v, false, opened); err != nil {
		return nil, "", err
	}
	value, err := c.Transform(v)
	if err != nil {
		return nil, ReasonTransform, err
	}
	if value == nil {
		return nil, "", nil
	}
	out := &Copied{model: c.Target.Model, sealing: newSealing(c.Keyed && len(c.Target.Model.Sealed) > 0), anew: map[string]bool{}}
	if out.Item, err = c.Target.AppendItem(nil, value, c.unset(value), out.seals); err != nil {
		return nil, "", err
	}
	for _, a := range c.Target.Model.Sealed {
		out.anew[a.Name] = true
	}
	from, to := c.Source.Model, c.Target.Model
	out.Item, err = codec.Joined(out.Item, item, func(name string) bool {
		return from.Attribute(name) == nil && !from.Owns(name) && to.Attribute(name) == nil && !to.Owns(name)
	})
	if err != nil {
		return nil, "", err
	}
	return out, "", out.check()
}

// unset leaves out the lifecycle attributes that a value has no room to leave out itself.
func (c *Copying) unset(value any) (over []codec.Override) {
	for _, role := range []schema.Role{schema.RoleCreatedAt, schema.RoleUpdatedAt, schema.RoleVersion} {
		if a := c.Target.Model.Role(role); a != nil && c.Target.Unset(value, a.Name) {
			over = append(over, codec.Override{Name: a.Name, Text: []byte{}})
		}
	}
	return over
}

// raw takes an item as it is, but for what has to be opened or sealed, provided that the target's model reads it.
func (c *Copying) raw(item []byte, opened codec.Openings) (*Copied, error) {
	plain, marks, readable := map[string][]byte{}, map[string][]byte{}, codec.Openings{}
	out := &Copied{model: c.Target.Model, sealing: newSealing(c.Keyed), anew: map[string]bool{}}
	for _, m := range c.moved {
		text, err := c.value(item, m, opened)
		if err != nil {
			return nil, err
		}
		switch {
		case text == nil:
		case m.sealed == nil:
			plain[m.name] = text
		default:
			readable[m.name] = codec.Opened(text)
			if marks[m.name], err = c.mark(out, m, text); err != nil {
				return nil, err
			}
		}
	}
	var err error
	if out.Item, err = codec.Replaced(item, plain); err == nil {
		err = c.reads(out.Item, readable)
	}
	if err == nil {
		out.Item, err = codec.Replaced(out.Item, marks)
	}
	if err == nil {
		err = out.seals.Bind(0, c.Target.Model, out.Item)
	}
	if err == nil {
		err = out.check()
	}
	return out, err
}

// value gives the plain value of an attribute that is opened or sealed anew, nil where there is none.
func (c *Copying) value(item []byte, m movedAttribute, opened codec.Openings) ([]byte, error) {
	text, found, err := codec.Member(item, m.name)
	if err != nil || !found || codec.TagOf(text) == schema.NULL {
		return nil, err
	}
	if m.opened {
		if text, err = opened[m.name].Value(); err != nil {
			return nil, c.Source.At(err, m.name)
		}
	}
	return text, nil
}

// mark notes what is to be sealed anew: the text that the codec writes for it.
func (c *Copying) mark(out *Copied, m movedAttribute, stored []byte) ([]byte, error) {
	text, err := c.Mapped.Text(m.name, stored)
	if err != nil {
		return nil, err
	}
	if len(text) == 0 {
		text = stored // empty, and there all the same
	}
	out.anew[m.name] = true
	return out.seals.Add(nil, m.sealed, text)
}

func (c *Copying) reads(item []byte, opened codec.Openings) error {
	if len(c.left) == 0 {
		return c.Target.UnmarshalOpened(item, c.Check(), false, opened)
	}
	return c.Target.Reads(item, opened, func(name string) bool { return c.left[name] })
}

// check refuses an item that is too large without its envelopes already.
func (x *Copied) check() error {
	if err := codec.CheckSize(x.seals.Plainly(x.Item)); err != nil {
		return of(errs.As(err), x.model)
	}
	return nil
}

// Fill puts the envelopes in their places. It fails with ItemTooLarge.
func (x *Copied) Fill() (err error) {
	x.Item, err = x.filled(x.model, x.Item)
	return err
}

// Plan says by what key the target tells items apart.
func (c *Copying) Plan() *codec.Plan {
	if c.Target != nil {
		return c.Target
	}
	return c.Source
}

// same says whether the target holds what was to be written.
func (c *Copying) same(x *Copied, held []byte) bool {
	names := map[string]bool{}
	own, err := members(x.Item, names)
	theirs, fail := members(held, names)
	if err != nil || fail != nil {
		return false
	}
	for name := range names {
		if !c.sameValue(name, x.anew[name], own[name], theirs[name]) {
			return false
		}
	}
	return true
}

// members gives the values of an item that are not null, and notes their names.
func members(item []byte, names map[string]bool) (map[string][]byte, error) {
	out := map[string][]byte{}
	err := codec.Members(item, func(name, text []byte) error {
		if codec.TagOf(text) != schema.NULL {
			out[string(name)] = text
			names[string(name)] = true
		}
		return nil
	})
	return out, err
}

func (c *Copying) sameValue(name string, anew bool, a, b []byte) bool {
	if anew {
		return (a == nil) == (b == nil) && (b == nil || c.Envelope(b))
	}
	if declared := c.Mapped.Model.Attribute(name); declared != nil && !declared.Encrypted() {
		x, err := c.text(name, a)
		y, fail := c.text(name, b)
		if err == nil && fail == nil {
			return bytes.Equal(x, y)
		}
	}
	return a != nil && b != nil && codec.EqualValues(a, b)
}

func (c *Copying) text(name string, stored []byte) ([]byte, error) {
	if stored == nil {
		return nil, nil
	}
	return c.Mapped.Text(name, stored)
}

// CopyPut writes an item into the target.
type CopyPut struct {
	// Present says that the target held the same, Different that it held something else, both of which stayed.
	Present bool
	// Different is the failed condition, nil where it held.
	Different *errs.Error
	once
	copying *Copying
	copied  *Copied
}

// NewCopyPut builds the request; it depends on the target not having the item where keep is set.
func NewCopyPut(c *Copying, x *Copied, keep bool) (*CopyPut, error) {
	b := append(append(begin(nil, c.Table), `,"Item":`...), x.Item...)
	if keep {
		e := expression.NewCompiler(x.model)
		text, err := e.Condition(expression.Path(x.model.Partition.Attribute).NotExists())
		if err != nil {
			return nil, err
		}
		b = e.AppendMembers(appendCondition(b, text))
	}
	return &CopyPut{copying: c, copied: x, once: once{request: Request{API: "PutItem", Table: c.Table, Body: append(b, '}'), Write: true}}}, nil
}

// Receive reads the answer. An attempt whose answer was lost may have written the very item.
func (p *CopyPut) Receive(r Response) error {
	if r.Fault == nil {
		return nil
	}
	e := of(r.Fault, p.copied.model)
	if e.Code != errs.CodeConditionFailed {
		return e
	}
	held := stored(r.Body)
	switch {
	case held != nil && r.Unanswered && codec.Equal(held, p.copied.Item):
	case held != nil && p.copying.same(p.copied, held):
		p.Present = true
	default:
		e.Kind = errs.KindAlreadyExists
		p.Different = e
	}
	return nil
}
