package expression

import (
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

// A Kind of change; the order of kinds inside a clause is the same in every language.
type Kind int

// The kinds, in their order.
const (
	Set Kind = iota
	SetIfAbsent
	Add
	Subtract
	Append
	Prepend
	Copy
	Remove
	AddToSet
	DeleteFromSet
	kinds
)

var kindNames = [kinds]string{"set", "set_if_absent", "add", "subtract", "append", "prepend", "copy", "remove", "add_to_set", "delete_from_set"}

// kindTypes says what each kind fits; "" fits all.
var kindTypes = [kinds]string{Add: " N ", Subtract: " N ", Append: " L ", Prepend: " L ", AddToSet: " SS NS BS ", DeleteFromSet: " SS NS BS "}

// A Change is one thing an update does to one path.
type Change struct {
	Kind   Kind
	Target FieldPath
	Value  any
}

// Owned is what the library itself adds to an update.
type Owned struct {
	// IfAbsent and Sets are names with tagged values.
	IfAbsent, Sets []NamedValue
	// Version is the version attribute's name, or "".
	Version string
}

// A NamedValue is a top-level attribute with its tagged value.
type NamedValue struct {
	Name  string
	Value []byte
}

// An UpdatePlan holds checked and marshalled changes, waiting for placeholders.
type UpdatePlan struct {
	sets    []func(*Placeholders) string
	removes []Path
	adds    []valueAt
	deletes []valueAt
}

type valueAt struct {
	path  Path
	value []byte
}

// PlanUpdate checks and marshals changes; protected names are never touched.
func PlanUpdate(scope Scope, changes []Change, protected []string) (*UpdatePlan, error) {
	if len(changes) == 0 {
		return nil, errs.New(errs.ValidationFailed, "an update of nothing")
	}
	var ordered []Change
	for kind := Kind(0); kind < kinds; kind++ {
		for _, change := range changes {
			if change.Kind == kind {
				ordered = append(ordered, change)
			}
		}
	}
	if err := refuseOverlaps(ordered); err != nil {
		return nil, err
	}
	out := &UpdatePlan{}
	for _, change := range ordered {
		if err := checkChange(scope, change, protected); err != nil {
			return nil, err
		}
		if err := out.add(scope, change); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func refuseOverlaps(changes []Change) error {
	for i, change := range changes {
		if change.Target.err != nil {
			return change.Target.err
		}
		for _, other := range changes[:i] {
			if isPrefix(other.Target.path, change.Target.path) || isPrefix(change.Target.path, other.Target.path) {
				return errs.New(errs.ValidationFailed, "two changes of one place").At(change.Target.path.Text())
			}
		}
	}
	return nil
}

func checkChange(scope Scope, change Change, protected []string) error {
	path := change.Target.path
	text := path.Text()
	plan, known := scope.plan(path)
	for _, name := range protected {
		if path[0] == name {
			return errs.New(errs.ValidationFailed, "a key or lifecycle attribute is not updated").At(text)
		}
	}
	if change.Kind != Remove && !known {
		return errs.New(errs.ValidationFailed, "the model does not know this path").At(text)
	}
	if fit := kindTypes[change.Kind]; fit != "" && plan != nil && !strings.Contains(fit, " "+plan.Field.Type+" ") {
		return badOperator(path, "%s does not fit %s", kindNames[change.Kind], plan.Field.Type)
	}
	owner := scope.Codec.Plan(path[0].(string))
	if owner == nil || !owner.Field.Encrypted || change.Kind == Remove {
		return nil
	}
	if change.Kind == Set && len(path) == 1 {
		if codec.IsNull(change.Value) {
			return nil
		}
		return errs.New(errs.EncryptionNotConfigured, "the attribute is encrypted and the client has no key").At(text)
	}
	return errs.New(errs.EncryptedFieldNotQueryable, "an encrypted attribute is set or removed as a whole").At(text)
}

func (u *UpdatePlan) add(scope Scope, change Change) error {
	path := change.Target.path
	if source, ok := change.Value.(FieldPath); ok && (change.Kind == Copy || change.Kind == Set) {
		if source.err != nil {
			return source.err
		}
		u.sets = append(u.sets, func(p *Placeholders) string { return p.path(path) + " = " + p.path(source.path) })
		return nil
	}
	switch null := codec.IsNull(change.Value); {
	case change.Kind == Remove, change.Kind == Set && null:
		return u.remove(scope, path)
	case null || change.Kind == Copy:
		return errs.New(errs.ValidationFailed, "%s takes no null", kindNames[change.Kind]).At(path.Text())
	}
	return u.addValue(scope, change)
}

func (u *UpdatePlan) remove(scope Scope, path Path) error {
	plan, _ := scope.plan(path)
	_, element := path[len(path)-1].(int)
	if plan != nil && plan.Field.Required && !element {
		return errs.New(errs.ValidationFailed, "a required attribute is not removed").At(path.Text())
	}
	u.removes = append(u.removes, path)
	return nil
}

func (u *UpdatePlan) addValue(scope Scope, change Change) error {
	path := change.Target.path
	plan, _ := scope.plan(path)
	written, err := scope.marshal(path, change.Value)
	if err != nil {
		return err
	}
	empty := plan != nil && codec.IsEmptyValue(plan, change.Value)
	emptySet := empty && plan.Field.IsSet()
	switch {
	case change.Kind == Set && (emptySet || empty && plan.Field.OmitEmpty):
		return u.remove(scope, path)
	case emptySet, empty && plan.Field.OmitEmpty && change.Kind == SetIfAbsent:
		return errs.New(errs.ValidationFailed, "an empty value is not stored").At(path.Text())
	}
	if name, top := path[0].(string); top && len(path) == 1 {
		if err := scope.Codec.CheckIndexKey(name, written); err != nil {
			return err
		}
	}
	u.place(change.Kind, path, written)
	return nil
}

func (u *UpdatePlan) place(kind Kind, path Path, value []byte) {
	if kind == Subtract {
		_, text := codec.TagOf(value)
		value = []byte(`{"N":"` + string(codec.Number(text).Negated()) + `"}`)
		kind = Add
	}
	switch {
	case kind == Add && len(path) == 1, kind == AddToSet:
		u.adds = append(u.adds, valueAt{path, value})
	case kind == DeleteFromSet:
		u.deletes = append(u.deletes, valueAt{path, value})
	default:
		u.sets = append(u.sets, setText(kind, path, value))
	}
}

var (
	zero      = []byte(`{"N":"0"}`)
	emptyList = []byte(`{"L":[]}`)
)

func setText(kind Kind, path Path, value []byte) func(*Placeholders) string {
	return func(p *Placeholders) string {
		target := p.path(path)
		switch kind {
		case SetIfAbsent:
			return target + " = if_not_exists(" + target + ", " + p.value(value) + ")"
		case Add:
			start := target + " = if_not_exists(" + target + ", " + p.value(zero) + ") + "
			return start + p.value(value)
		case Append:
			start := target + " = list_append(if_not_exists(" + target + ", " + p.value(emptyList) + "), "
			return start + p.value(value) + ")"
		case Prepend:
			start := target + " = list_append(" + p.value(value) + ", if_not_exists(" + target + ", "
			return start + p.value(emptyList) + "))"
		}
		return target + " = " + p.value(value)
	}
}

// Text writes the update: clauses in their order, the library's own actions last in each.
func (u *UpdatePlan) Text(p *Placeholders, owned Owned) (string, error) {
	var sets, removes, adds, deletes []string
	for _, write := range u.sets {
		sets = append(sets, write(p))
	}
	for _, own := range owned.IfAbsent {
		sets = append(sets, setText(SetIfAbsent, Path{own.Name}, own.Value)(p))
	}
	for _, own := range owned.Sets {
		sets = append(sets, setText(Set, Path{own.Name}, own.Value)(p))
	}
	for _, path := range u.removes {
		removes = append(removes, p.path(path))
	}
	for _, one := range u.adds {
		adds = append(adds, p.path(one.path)+" "+p.value(one.value))
	}
	if owned.Version != "" {
		adds = append(adds, p.path(Path{owned.Version})+" "+p.value([]byte(`{"N":"1"}`)))
	}
	for _, one := range u.deletes {
		deletes = append(deletes, p.path(one.path)+" "+p.value(one.value))
	}
	var clauses []string
	for _, clause := range []struct {
		word    string
		actions []string
	}{{"SET ", sets}, {"REMOVE ", removes}, {"ADD ", adds}, {"DELETE ", deletes}} {
		if len(clause.actions) > 0 {
			clauses = append(clauses, clause.word+strings.Join(clause.actions, ", "))
		}
	}
	text := strings.Join(clauses, " ")
	return text, checkLength(text)
}
