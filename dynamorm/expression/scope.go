package expression

import (
	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// A Scope is what a model says about document paths.
type Scope struct{ Codec *codec.ItemCodec }

// plan finds the compiled attribute of a path; nil where the model does not type it. known tells whether the path leads to
// something the model declares, or inside an untyped list or map.
func (s Scope) plan(path Path) (plan *codec.Plan, known bool) {
	plan = s.Codec.Plan(path[0].(string))
	for _, segment := range path[1:] {
		if plan == nil {
			return nil, false
		}
		field := plan.Field
		switch segment := segment.(type) {
		case int:
			if field.Type != "L" || plan.Element == nil {
				return nil, field.Type == "L" || field.Type == "M" && !field.Typed
			}
			plan = plan.Element
		case string:
			if field.Type != "M" || !field.Typed {
				return nil, field.Type == "M" || field.Type == "L" && plan.Element == nil
			}
			plan = plan.Member(segment)
		}
	}
	return plan, plan != nil
}

// typeOf gives the type of a path's attribute; "" where the model does not type it.
func (s Scope) typeOf(path Path) string {
	if plan, _ := s.plan(path); plan != nil {
		return plan.Field.Type
	}
	return ""
}

// open refuses an encrypted attribute where DynamoDB would have to look into it.
func (s Scope) open(path Path) error {
	name := path[0].(string)
	if plan := s.Codec.Plan(name); plan != nil && plan.Field.Encrypted {
		return errs.New(errs.EncryptedFieldNotQueryable, "an encrypted attribute cannot be compared").At(path.Text())
	}
	return nil
}

// marshal gives the tagged value of an operand by the attribute its path names, or by its own type.
func (s Scope) marshal(path Path, value any) ([]byte, error) {
	plan, _ := s.plan(path)
	return place(path)(codec.AppendValueAt(nil, plan, value, len(path)))
}

func place(path Path) func([]byte, error) ([]byte, error) {
	return func(out []byte, err error) ([]byte, error) {
		for i := len(path) - 1; i >= 0 && err != nil; i-- {
			if index, ok := path[i].(int); ok {
				err = errs.UnderIndex(err, index)
			} else {
				err = errs.Under(err, path[i].(string))
			}
		}
		return out, err
	}
}

var partType = map[string]string{"S": "S", "B": "B", "SS": "S", "NS": "N", "BS": "B"}

// marshalPart gives what begins_with and contains look for: plain text or bytes, or a member of a set or list.
func (s Scope) marshalPart(path Path, value any) ([]byte, error) {
	plan, _ := s.plan(path)
	if plan == nil {
		return s.marshal(path, value)
	}
	if tag, there := partType[plan.Field.Type]; there {
		return place(path)(codec.AppendValueAt(nil, codec.PlanOf(&schema.Field{Type: tag}), value, 1))
	}
	return place(path)(codec.AppendValueAt(nil, plan.Element, value, 1))
}
