package dynamorm

import (
	"fmt"
	"io"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// Action is a write, or a check, for a batch or a transaction. It carries its table and arguments; what is wrong with them comes out
// where it is used.
type Action struct {
	verb       string
	table      string
	plan       *codec.Plan
	value, key any
	update     *expression.Update
	options    []Option
}

// GetAction is a read of one key, for a batch or a transaction.
type GetAction struct {
	table   string
	plan    *codec.Plan
	key     any
	options []Option
	blank   func() any
}

// Format gives what is done to which model, whatever fmt is asked for: values and keys stay out of logs.
func (a Action) Format(w fmt.State, _ rune) { describe(w, a.verb, a.plan) }

// Format gives the model, whatever fmt is asked for: keys stay out of logs.
func (a GetAction) Format(w fmt.State, _ rune) { describe(w, "get", a.plan) }

func describe(w io.Writer, verb string, plan *codec.Plan) {
	text := "dynamorm.Action"
	if plan != nil {
		text += " " + verb + " " + plan.Model.Name
	}
	_, _ = io.WriteString(w, text)
}

// Actions makes the actions of a table.
type Actions[T any] struct{ table *Table[T] }

// Actions gives what makes this table's actions.
func (t *Table[T]) Actions() Actions[T] { return Actions[T]{t} }

func (a Actions[T]) action(verb string, value, key any, options []Option) Action {
	return Action{verb: verb, table: a.table.name, plan: a.table.model.plan, value: value, key: key, options: options}
}

// Put is Table.Put; it takes WithCondition. *v holds what was stored after success of the batch or transaction.
func (a Actions[T]) Put(v *T, options ...Option) Action { return a.action("put", v, nil, options) }

// Create is Table.Create, in a transaction.
func (a Actions[T]) Create(v *T, options ...Option) Action {
	return a.action("create", v, nil, options)
}

// Save is Table.Save, in a transaction; it takes WithAdopt.
func (a Actions[T]) Save(v *T, options ...Option) Action { return a.action("save", v, nil, options) }

// Update is Table.Update, in a transaction; it takes WithCondition, WithExpectedVersion and WithUpsert.
func (a Actions[T]) Update(key any, u *expression.Update, options ...Option) Action {
	out := a.action("update", nil, key, options)
	out.update = u
	return out
}

// Delete is Table.Delete; it takes WithCondition, WithExpectedVersion and WithMustExist.
func (a Actions[T]) Delete(key any, options ...Option) Action {
	return a.action("delete", nil, key, options)
}

// Check lets a transaction depend on an item that it does not write; it takes the options of Delete, at least one of them.
func (a Actions[T]) Check(key any, options ...Option) Action {
	return a.action("check", nil, key, options)
}

// Get is Table.Get of a batch or transaction; it takes WithSelect, WithView and WithConsistentRead. A transaction always reads consistently.
func (a Actions[T]) Get(key any, options ...Option) GetAction {
	return GetAction{table: a.table.name, plan: a.table.model.plan, key: key, options: options, blank: a.table.model.blank}
}

// DynamicActions makes the actions of a table of maps; they are those of Actions.
type DynamicActions struct{ actions Actions[map[string]any] }

// Actions gives what makes this table's actions.
func (t *DynamicTable) Actions() DynamicActions { return DynamicActions{t.table.Actions()} }

// Put is Actions.Put.
func (a DynamicActions) Put(v map[string]any, options ...Option) Action {
	return a.actions.Put(&v, options...)
}

// Create is Actions.Create.
func (a DynamicActions) Create(v map[string]any, options ...Option) Action {
	return a.actions.Create(&v, options...)
}

// Save is Actions.Save.
func (a DynamicActions) Save(v map[string]any, options ...Option) Action {
	return a.actions.Save(&v, options...)
}

// Update is Actions.Update.
func (a DynamicActions) Update(key any, u *expression.Update, options ...Option) Action {
	return a.actions.Update(key, u, options...)
}

// Delete is Actions.Delete.
func (a DynamicActions) Delete(key any, options ...Option) Action {
	return a.actions.Delete(key, options...)
}

// Check is Actions.Check.
func (a DynamicActions) Check(key any, options ...Option) Action {
	return a.actions.Check(key, options...)
}

// Get is Actions.Get.
func (a DynamicActions) Get(key any, options ...Option) GetAction {
	return a.actions.Get(key, options...)
}

// takes has the options of each verb.
var takes = map[string][]string{
	"put":    {"WithCondition"},
	"create": nil,
	"save":   {"WithAdopt"},
	"update": {"WithCondition", "WithExpectedVersion", "WithUpsert"},
	"delete": {"WithCondition", "WithExpectedVersion", "WithMustExist"},
	"check":  {"WithCondition", "WithExpectedVersion", "WithMustExist"},
}

// settings gathers the action's options.
func (a Action) settings() (settings, error) {
	if a.plan == nil {
		return settings{}, errs.New(errs.CodeValidationFailed, "", "an action is made by the Actions of a table")
	}
	return gather(a.plan.Model, a.options, takes[a.verb]...)
}

func (a Action) putInput(mode operation.PutMode, s settings) operation.PutInput {
	return operation.PutInput{Table: a.table, Mode: mode, Value: a.value, Condition: s.condition}
}

func (a Action) deleteInput(s settings) operation.DeleteInput {
	return operation.DeleteInput{Table: a.table, Key: a.key, Condition: s.condition, Expected: s.expected, MustExist: s.mustExist}
}

// addTo adds the action to a transaction.
func (a Action) addTo(t *operation.TransactWrite) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	switch a.verb {
	case "put":
		return t.Put(a.plan, a.putInput(operation.Replace, s))
	case "create":
		return t.Put(a.plan, a.putInput(operation.Create, s))
	case "save":
		if s.adopt {
			return t.Put(a.plan, a.putInput(operation.Adopt, s))
		}
		return t.Put(a.plan, a.putInput(operation.Save, s))
	case "update":
		return t.Update(a.plan, operation.UpdateInput{Table: a.table, Key: a.key, Update: a.update, Condition: s.condition, Expected: s.expected, Upsert: s.upsert})
	case "delete":
		return t.Delete(a.plan, a.deleteInput(s))
	}
	return t.Check(a.plan, a.deleteInput(s))
}

// write builds the action for a batch.
func (a Action) write(w *operation.Writes) (operation.Write, error) {
	s, err := a.settings()
	if err != nil {
		return operation.Write{}, err
	}
	switch a.verb {
	case "put":
		return w.Put(a.plan, a.putInput(operation.Replace, s))
	case "delete":
		return w.Delete(a.plan, a.deleteInput(s))
	}
	e := errs.New(errs.CodeValidationFailed, "", "a batch holds puts and deletes, no "+a.verb)
	e.Model = a.plan.Model.Name
	return operation.Write{}, e
}

// of gives what a key is read from, as far as the action has one.
func (a Action) of() any {
	if a.key != nil {
		return a.key
	}
	return a.value
}

// selection checks and writes what the action selects; with keys the table's keys are fetched besides.
func (a GetAction) selection(keys, keyed bool) (*operation.Selection, settings, error) {
	if a.plan == nil {
		return nil, settings{}, errs.New(errs.CodeValidationFailed, "", "an action is made by the Actions of a table")
	}
	s, err := gather(a.plan.Model, a.options, getOptions...)
	if err != nil {
		return nil, s, err
	}
	out, err := operation.NewSelection(a.plan, s.selected, s.view, keys, keyed)
	return out, s, err
}

var getOptions = []string{"WithConsistentRead", "WithSelect", "WithView"}

// keyed gives the key of a write, false where it has none.
func (a Action) keyed() (operation.Keyed, bool) {
	if a.plan == nil {
		return operation.Keyed{}, false
	}
	return operation.KeyedOf(a.plan, a.of())
}
