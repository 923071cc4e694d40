package expression_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

type thing struct {
	ID    string         `dynamorm:"id,pk"`
	Name  string         `dynamorm:"name"`
	Age   int64          `dynamorm:"age"`
	Flag  bool           `dynamorm:"flag"`
	Tags  []string       `dynamorm:"tags,set"`
	Lines []thingLine    `dynamorm:"lines"`
	Doc   map[string]any `dynamorm:"doc"`
	Note  *string        `dynamorm:"note,encrypted"`
	Born  string         `dynamorm:"born,created_at"`
}

type thingLine struct {
	SKU string `dynamorm:"sku,required"`
}

func model(t testing.TB) *schema.Model {
	t.Helper()
	m, err := schema.Declare(reflect.TypeFor[thing](), schema.Declaration{Name: "Thing", Table: "things"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var f = expression.F

func TestAConditionIsSpelledInOneWay(t *testing.T) {
	m := model(t)
	for want, c := range map[string]expression.Condition{
		"#n0 = :v0":                              f("name").Eq("x"),
		"#n0 <> #n1":                             f("name").Ne(f("id")),
		"size(#n0) >= size(#n1)":                 f("name").Size().Ge(f("id").Size()),
		"#n0 BETWEEN :v0 AND :v1":                f("age").Between(1, 1),
		"#n0 IN (:v0, :v1)":                      f("age").In(1, 1),
		"begins_with(#n0, :v0)":                  f("name").BeginsWith("x"),
		"contains(#n0, :v0)":                     f("tags").Contains("x"),
		"attribute_type(#n0.#n1[2].#n2, :v0)":    f("doc.deep[2].x").IsType("SS"),
		"attribute_exists(#n0[3].#n1)":           f("lines[3].sku").Exists(),
		"attribute_not_exists(#n0)":              expression.Path("a.b[0]").NotExists(),
		"NOT (#n0 = :v0 AND #n1 = :v1)":          expression.Not(expression.And(f("name").Eq("x"), f("age").Eq(1))),
		"(#n0 = :v0 OR #n1 = :v1) AND #n1 < :v2": expression.And(expression.Or(f("name").Eq("x"), f("age").Eq(1)), f("age").Lt(2)),
		"#n0 = :v0 AND #n1 = :v1 AND #n1 > :v2":  expression.And(expression.And(f("name").Eq("x"), expression.And(f("age").Eq(1))), f("age").Gt(2)),
		"#n0 <= :v0":                             expression.Or(expression.And(f("age").Le(2))),
		"NOT NOT attribute_exists(#n0)":          expression.Not(expression.Not(f("name").Exists())),
	} {
		got, err := expression.NewCompiler(m).Condition(c)
		if err != nil || got != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
}

func TestAConditionThatMakesNoSenseIsRefused(t *testing.T) {
	m := model(t)
	for name, c := range map[string]struct {
		c    expression.Condition
		want error
	}{
		"empty and":           {expression.And(), errs.ErrInvalidOperator},
		"empty inside":        {expression.Or(f("age").Eq(1), expression.And()), errs.ErrInvalidOperator},
		"zero inside":         {expression.Not(expression.Condition{}), errs.ErrInvalidOperator},
		"order of bool":       {f("flag").Lt(true), errs.ErrInvalidOperator},
		"prefix of number":    {f("age").BeginsWith(1), errs.ErrInvalidOperator},
		"contains of map":     {f("doc").Contains("x"), errs.ErrInvalidOperator},
		"size of number":      {f("age").Size().Gt(1), errs.ErrInvalidOperator},
		"size that exists":    {f("name").Size().Exists(), errs.ErrInvalidOperator},
		"no type":             {f("name").IsType("X"), errs.ErrInvalidOperator},
		"in nothing":          {f("age").In(), errs.ErrInvalidOperator},
		"in too much":         {f("age").In(make([]any, 101)...), errs.ErrInvalidOperator},
		"bounds of numbers":   {f("age").Between(10, 9), errs.ErrInvalidOperator},
		"bounds of text":      {f("name").Between("b", "a"), errs.ErrInvalidOperator},
		"value of other type": {f("age").Eq("x"), errs.ErrValidationFailed},
		"empty set":           {f("tags").Eq([]string{}), errs.ErrValidationFailed},
		"encrypted":           {f("note").Eq("x"), errs.ErrEncryptedFieldNotQueryable},
		"encrypted operand":   {f("name").Eq(f("note")), errs.ErrEncryptedFieldNotQueryable},
		"too long":            {f(strings.Repeat("x", 10) + strings.Repeat("[0]", 1400)).Exists(), errs.ErrValidationFailed},
	} {
		if _, err := expression.NewCompiler(m).Condition(c.c); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAPathThatIsNoneIsRefused(t *testing.T) {
	m := model(t)
	for _, text := range []string{"", ".", "a.", ".a", "a..b", "[0]", "a[", "a[]", "a[x]", "a[-1]", "a[0", "a[0]b", "a]", "a[0][", "a[99999999999]"} {
		if _, err := expression.NewCompiler(m).Condition(f(text).Exists()); !errors.Is(err, errs.ErrValidationFailed) {
			t.Errorf("%q: got %v", text, err)
		}
	}
	for _, p := range [][]any{{}, {""}, {0}, {"a", -1}, {"a", 1.5}} {
		if _, err := expression.NewCompiler(m).Condition(expression.Path(p...).Exists()); !errors.Is(err, errs.ErrValidationFailed) {
			t.Errorf("%v: got %v", p, err)
		}
	}
}

func FuzzATextPathIsRefusedOrTheSameAsItsSegments(fz *testing.F) {
	for _, s := range []string{"a", "a.b[0].c", "a[1][2]", "x[", "..", "a]b"} {
		fz.Add(s)
	}
	m := model(fz)
	fz.Fuzz(func(t *testing.T, path string) {
		c := expression.NewCompiler(m)
		text, err := c.Condition(f(path).Exists())
		if err != nil {
			return
		}
		var names map[string]string
		if err := json.Unmarshal(c.AppendNames(nil), &names); err != nil {
			return // a name that is no Unicode text
		}
		back := strings.TrimSuffix(strings.TrimPrefix(text, "attribute_exists("), ")")
		for i := len(names) - 1; i >= 0; i-- {
			alias := "#n" + string(rune('0'+i))
			if i < 10 {
				back = strings.ReplaceAll(back, alias, names[alias])
			}
		}
		if len(names) <= 10 && !strings.Contains(path, "#n") && !strings.Contains(path, "[0") && back != path {
			t.Errorf("%q became %q", path, back)
		}
	})
}

func TestAnUpdateThatMakesNoSenseIsRefused(t *testing.T) {
	m := model(t)
	u := expression.NewUpdate
	for name, c := range map[string]struct {
		u    *expression.Update
		want error
	}{
		"nothing":            {u(), errs.ErrValidationFailed},
		"nil":                {nil, errs.ErrValidationFailed},
		"key":                {u().Set(f("id"), "x"), errs.ErrValidationFailed},
		"owned":              {u().Remove(f("born")), errs.ErrValidationFailed},
		"unknown":            {u().Set(f("nosuch"), 1), errs.ErrValidationFailed},
		"unknown nested":     {u().Set(f("lines[0].nosuch"), 1), errs.ErrValidationFailed},
		"required nested":    {u().Remove(f("lines[0].sku")), errs.ErrValidationFailed},
		"overlap":            {u().Set(f("doc.a"), 1).Remove(f("doc")), errs.ErrValidationFailed},
		"twice":              {u().Add(f("age"), 1).Subtract(f("age"), 1), errs.ErrValidationFailed},
		"add to text":        {u().Add(f("name"), 1), errs.ErrInvalidOperator},
		"append to set":      {u().Append(f("tags"), []any{1}), errs.ErrInvalidOperator},
		"set of list":        {u().AddToSet(f("lines"), []string{"a"}), errs.ErrInvalidOperator},
		"null":               {u().Add(f("age"), nil), errs.ErrValidationFailed},
		"null if absent":     {u().SetIfAbsent(f("age"), nil), errs.ErrValidationFailed},
		"empty set":          {u().AddToSet(f("tags"), []string{}), errs.ErrValidationFailed},
		"untyped add":        {u().Add(f("doc.n"), "x"), errs.ErrValidationFailed},
		"untyped append":     {u().Append(f("doc.n"), 1), errs.ErrValidationFailed},
		"field as a number":  {u().Add(f("age"), f("age")), errs.ErrInvalidOperator},
		"encrypted":          {u().Set(f("note"), "x"), errs.ErrEncryptionNotConfigured},
		"inside encrypted":   {u().Remove(f("note.a")), errs.ErrEncryptedFieldNotQueryable},
		"copy of encrypted":  {u().Copy(f("name"), f("note")), errs.ErrEncryptedFieldNotQueryable},
		"copy to encrypted":  {u().Copy(f("note"), f("name")), errs.ErrEncryptedFieldNotQueryable},
		"if absent, no text": {u().SetIfAbsent(f("note"), "x"), errs.ErrEncryptedFieldNotQueryable},
	} {
		if _, err := expression.NewCompiler(m).Update(c.u, &expression.Owned{}); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestOfSeveralThingsWrongWithAnUpdateTheFirstIsTold(t *testing.T) {
	m := model(t)
	u := expression.NewUpdate
	for path, c := range map[string]struct {
		u    *expression.Update
		want error
	}{
		"":         {u().Set(f("id"), "x").Copy(f("name"), f("doc..a")), errs.ErrValidationFailed},
		"age":      {u().Add(f("name"), 1).Set(f("age"), "x").Set(f("nosuch"), 1), errs.ErrValidationFailed},
		"nosuch":   {u().Add(f("name"), 1).Set(f("nosuch"), f("name").Size()), errs.ErrValidationFailed},
		"lines":    {u().Set(f("lines[0].sku"), "x").Set(f("lines"), 5).Remove(f("born")), errs.ErrValidationFailed},
		"note":     {u().Set(f("note"), f("name").Size()), errs.ErrEncryptedFieldNotQueryable},
		"tags":     {u().AddToSet(f("tags"), []string{"a"}).DeleteFromSet(f("tags"), []int{1}), errs.ErrValidationFailed},
		"name":     {u().Add(f("age"), 1).Append(f("name"), f("note")), errs.ErrInvalidOperator},
		"doc":      {u().Set(f("doc"), f("note").Size()), errs.ErrInvalidOperator},
		"lines[1]": {u().Set(f("lines[1]"), map[string]any{"sku": "x"}).Remove(f("lines[1]")), errs.ErrValidationFailed},
	} {
		_, err := expression.NewCompiler(m).Update(c.u, &expression.Owned{})
		if e := errs.As(err); e == nil || !errors.Is(err, c.want) || e.Path != path {
			t.Errorf("%s: got %v", path, err)
		}
	}
	bad := expression.And(f("name").Eq("x"), expression.Not(f("name").Eq(f("doc..a"))))
	if err := expression.WellFormed(m, bad, nil); !errors.Is(err, errs.ErrValidationFailed) {
		t.Errorf("got %v", err)
	}
	if err := expression.WellFormed(m, f("name").Eq("x"), u().Set(f("name"), f("id"))); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNotStoredIsRemoved(t *testing.T) {
	m := model(t)
	for name, u := range map[string]*expression.Update{
		"null": expression.NewUpdate().Set(f("age"), nil), "empty set": expression.NewUpdate().Set(f("tags"), []string{}), "encrypted": expression.NewUpdate().Set(f("note"), nil),
		"nil pointer": expression.NewUpdate().Set(f("age"), (*int)(nil)),
	} {
		if text, err := expression.NewCompiler(m).Update(u, &expression.Owned{}); err != nil || text != "REMOVE #n0" {
			t.Errorf("%s: got %q, %v", name, text, err)
		}
	}
}

func TestAProjectionHasEachPathOnce(t *testing.T) {
	c := expression.NewCompiler(model(t))
	text, err := c.Projection([]expression.Field{f("doc.a"), f("name"), f("doc.a.b"), f("name"), f("lines[0].sku")})
	if err != nil || text != "#n0.#n1, #n2, #n3[0].#n4" {
		t.Errorf("got %q, %v", text, err)
	}
	for _, bad := range [][]expression.Field{{}, {f("nosuch")}, {f("name.x")}, {f("lines[0].x")}} {
		if _, err := expression.NewCompiler(model(t)).Projection(bad); !errors.Is(err, errs.ErrValidationFailed) {
			t.Errorf("%v: got %v", bad, err)
		}
	}
}

func TestManyMixedChangesKeepTheCallersOrderWithinAKind(t *testing.T) {
	u := expression.NewUpdate()
	var kinds [3][]string
	for i := range 60 {
		kind, name := (i*i+i/3)%3, fmt.Sprintf("doc.x%02d", i)
		kinds[kind] = append(kinds[kind], name)
		switch kind {
		case 0:
			u = u.Set(f(name), i)
		case 1:
			u = u.SetIfAbsent(f(name), i)
		default:
			u = u.Remove(f(name))
		}
	}
	c := expression.NewCompiler(model(t))
	if _, err := c.Update(u, &expression.Owned{}); err != nil {
		t.Fatal(err)
	}
	// A name is numbered where it first appears.
	want, n := `{"#n0":"doc"`, 1
	for _, names := range kinds {
		for _, name := range names {
			want += fmt.Sprintf(`,"#n%d":%q`, n, strings.TrimPrefix(name, "doc."))
			n++
		}
	}
	if got := string(c.AppendNames(nil)); got != want+"}" {
		t.Errorf("got %s", got)
	}
}
