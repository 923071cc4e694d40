package operation

import (
	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
)

// A Guard is what a write demands of the stored item.
type Guard struct {
	Condition    expression.Condition
	MustExist    bool
	MustNotExist bool
	Unversioned  bool
	// Expected is the version the stored item has to have; nil asks for none.
	Expected *int64
}

func (g Guard) needsItem() bool { return g.MustExist || g.Unversioned || g.Expected != nil }

// add compiles the guard into a request: the caller's condition, then existence, then version; a version replaces existence.
func (g Guard) add(b *Binding, body []byte, places *expression.Placeholders) ([]byte, error) {
	var parts []expression.Condition
	if g.Condition != nil {
		parts = append(parts, g.Condition)
	}
	own, err := g.own(b)
	if err != nil {
		return body, err
	}
	parts = append(parts, own...)
	if len(parts) == 0 {
		return body, nil
	}
	compiler := expression.Compiler{Scope: b.Scope, Placeholders: places}
	text, err := compiler.Condition(expression.And(parts...))
	if err != nil {
		return body, err
	}
	return withText(withText(body, "ConditionExpression", text), "ReturnValuesOnConditionCheckFailure", "ALL_OLD"), nil
}

func (g Guard) own(b *Binding) ([]expression.Condition, error) {
	key := expression.FieldName(b.Model.Partition.Attribute)
	if (g.Expected != nil || g.Unversioned) && b.version == nil {
		return nil, refused("%s has no version", b.Model.Name)
	}
	switch {
	case g.Expected != nil:
		return []expression.Condition{expression.FieldName(b.version.Name).Eq(*g.Expected)}, nil
	case g.MustNotExist:
		return []expression.Condition{key.NotExists()}, nil
	case g.Unversioned:
		return []expression.Condition{key.Exists(), expression.FieldName(b.version.Name).NotExists()}, nil
	case g.MustExist:
		return []expression.Condition{key.Exists()}, nil
	}
	return nil, nil
}

// failure tells what the error of a guarded write means, by the item that came with it.
func (g Guard) failure(b *Binding, response Response) error {
	err := response.Err
	if err.Code != errs.ConditionFailed {
		return err
	}
	item := member(response.Body, "Item")
	err.Message = b.Model.Name + ": the condition was false"
	switch {
	case item == nil && g.needsItem():
		err.Code, err.Message = errs.ItemNotFound, b.Model.Name+": there is no item with this key"
	case item != nil && g.Unversioned, item != nil && g.Expected != nil && !g.sameVersion(b, item):
		err.Kind, err.Message = errs.VersionConflict, b.Model.Name+": the stored item has another version"
	case g.MustNotExist && g.Condition == nil:
		err.Kind, err.Message = errs.AlreadyExists, b.Model.Name+": an item with this key exists"
	}
	if item != nil {
		return err.WithItem(item, func(raw []byte, dst any) error { return b.Codec.UnmarshalItem(raw, dst, false) })
	}
	return err
}

func (g Guard) sameVersion(b *Binding, item []byte) bool {
	tag, text := codec.TagOf(member(item, b.version.Name))
	want, _ := codec.Canonical(formatInt(*g.Expected))
	return tag == "N" && codec.Number(text).Compare(want) == 0
}
