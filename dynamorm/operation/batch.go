package operation

import (
	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// This file has what batches that read and batches that write share: the keys of a batch, and the error of what is left.

// fate is what became of a key of a batch.
type fate uint8

const (
	undone fate = iota
	done
	unknown // only of writes: its answer was lost
)

// Keyed is a key of a batch, as errors show it.
type Keyed struct {
	model *schema.Model
	// item holds the attributes that make up the key.
	item []byte
}

// Fates has the keys of a batch by what became of them.
type Fates struct{ Done, Undone, Unknown []Keyed }

func (f *Fates) add(to fate, k Keyed) {
	switch to {
	case done:
		f.Done = append(f.Done, k)
	case unknown:
		f.Unknown = append(f.Unknown, k)
	default:
		f.Undone = append(f.Undone, k)
	}
}

// Keys gives the keys as plain values.
func (f *Fates) Keys() errs.Fates {
	r := KeyReader{}
	return errs.Fates{Done: r.all(f.Done), Undone: r.all(f.Undone), Unknown: r.all(f.Unknown)}
}

// KeyReader reads keys as plain values; it compiles each model's key once.
type KeyReader map[*schema.Model]*codec.Plan

// Read reads a key.
func (r KeyReader) Read(k Keyed) errs.BatchKey {
	plan, known := r[k.model]
	if !known {
		plan, _ = codec.CompileKey(k.model) // a part of a model that compiles
		r[k.model] = plan
	}
	out := map[string]any{}
	_ = plan.Unmarshal(k.item, &out, true) // the library wrote it
	return errs.BatchKey{Model: k.model.Name, Key: out}
}

func (r KeyReader) all(list []Keyed) []errs.BatchKey {
	out := make([]errs.BatchKey, len(list))
	for i, k := range list {
		out[i] = r.Read(k)
	}
	return out
}

// Incomplete is what a batch fails with that did a part of its work, or may have. The cause gives its origin, type, request id, status and
// retryability; where the attempts were spent the rest can be tried later.
func Incomplete(cause error, spent bool, f Fates) *errs.Error {
	e := errs.New(errs.CodeBatchIncomplete, "", "a part of the batch is not done")
	e.Cause, e.MaybeApplied, e.Retryable = cause, len(f.Unknown) > 0, spent
	if c := errs.As(cause); c != nil {
		e.Origin, e.AWS, e.RequestID, e.Status, e.Model = c.Origin, c.AWS, c.RequestID, c.Status, c.Model
		e.Retryable = spent || c.Retryable
	}
	if spent {
		e.Origin = errs.Service
	}
	e.SetKeys(f.Keys)
	return e
}

// sole gives the model that all of n parts are of, nil where they are of several.
func sole(n int, model func(i int) *schema.Model) *schema.Model {
	for i := 1; i < n; i++ {
		if model(i) != model(0) {
			return nil
		}
	}
	if n == 0 {
		return nil
	}
	return model(0)
}

// of gives an error the model that a batch is of, where it is of one.
func of(e *errs.Error, m *schema.Model) *errs.Error {
	if m != nil && e.Model == "" {
		e.Model = m.Name
	}
	return e
}

// foreign is an answer that names what nobody asked for.
func foreign() *errs.Error {
	return errs.New(errs.CodeDecodeFailed, "", "the answer names an item that is not in the request")
}

// unreadable turns what is wrong with an answer to several models into an error of the library.
func unreadable(err error) *errs.Error {
	if e := errs.As(err); e != nil {
		return e
	}
	return otherShape(err)
}

// tables has a model of each table that a batch or transaction names: those of one table have to mean the same by a key.
type tables []struct {
	name  string
	model *schema.Model
}

func (t *tables) add(name string, m *schema.Model) error {
	for _, known := range *t {
		if known.name != name {
			continue
		}
		if a := known.model; a != m && (a.Partition != m.Partition || (a.Sort == nil) != (m.Sort == nil) || a.Sort != nil && *a.Sort != *m.Sort) {
			return failed(m, errs.CodeValidationFailed, "", "another model of the same table has other keys")
		}
		return nil
	}
	*t = append(*t, struct {
		name  string
		model *schema.Model
	}{name, m})
	return nil
}

// model gives a model of a table, nil where none is named.
func (t tables) model(name []byte) *schema.Model {
	for _, known := range t {
		if known.name == string(name) {
			return known.model
		}
	}
	return nil
}

func (t tables) names() []string {
	out := make([]string, len(t))
	for i, known := range t {
		out[i] = known.name
	}
	return out
}

// appendID appends what tells an item from all others.
func appendID(dst []byte, table []byte, m *schema.Model, item []byte) ([]byte, error) {
	return codec.AppendIdentity(append(append(dst, table...), 0), m, item)
}

// KeyedOf gives the key that a value or key has, false where it has none.
func KeyedOf(p *codec.Plan, key any) (Keyed, bool) {
	text, err := p.AppendKeyParts(nil, key)
	return Keyed{p.Model, text}, err == nil
}
