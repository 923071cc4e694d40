package codec

import (
	"reflect"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// CheckKey holds a written key against what DynamoDB takes for one of at most limit bytes.
func CheckKey(text []byte, name string, limit int) error {
	if err := checkKey(text, limit); err != nil {
		return within(err, name)
	}
	return nil
}

// Each calls f with the text of each element of a JSON array.
func Each(list []byte, f func(item []byte) error) error {
	d := scanner{b: list}
	err := d.array(func(int) error {
		d.space()
		start := d.i
		if err := d.skip(); err != nil {
			return err
		}
		return f(list[start:d.i])
	})
	if err == nil && d.peek() != 0 {
		err = ErrMalformed
	}
	return err
}

// CompileView makes the plan of a part of a model in a Go type of the caller's: a struct whose fields name some of its attributes, or
// map[string]any. A field that the model has no attribute for is InvalidModel.
func CompileView(m *schema.Model, t reflect.Type) (*Plan, error) {
	if t == itemMap {
		return Compile(m, t)
	}
	if t.Kind() != reflect.Struct {
		return nil, errs.New(errs.CodeInvalidModel, "", "a view's values are structs, or map[string]any")
	}
	fields, err := schema.Fields(t)
	if err != nil {
		return nil, err
	}
	return Compile(m.Only(func(name string) bool { _, ok := fields[name]; return ok }), t)
}

// Names gives the attributes that the plan's values have.
func (p *Plan) Names() []string {
	out := make([]string, len(p.obj.members))
	for i := range p.obj.members {
		out[i] = p.obj.members[i].name
	}
	return out
}

// IsMap says whether the values are maps.
func (p *Plan) IsMap() bool { return p.isMap }
