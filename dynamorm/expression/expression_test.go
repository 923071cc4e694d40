package expression_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

func attribute(name, kind string, more map[string]any) map[string]any {
	out := map[string]any{"attribute": name, "type": kind}
	for key, value := range more {
		out[key] = value
	}
	return out
}

// scope is that of a small model with one attribute of each kind that matters here.
var scope = func() expression.Scope {
	models, err := schema.Load(map[string]any{"dms_version": "1.0", "models": []any{map[string]any{
		"name": "Test", "table": map[string]any{"name": "tests"}, "keys": map[string]any{"partition": map[string]any{"attribute": "id", "type": "S"}},
		"attributes": []any{
			attribute("id", "S", map[string]any{"required": true}), attribute("text", "S", nil), attribute("num", "N", nil), attribute("flag", "BOOL", nil),
			attribute("status", "S", map[string]any{"enum": []any{"open", "paid"}}), attribute("stamp", "S", map[string]any{"format": "timestamp"}),
			attribute("words", "SS", nil), attribute("bin", "B", nil), attribute("list", "L", nil), attribute("doc", "M", nil),
			attribute("inner", "M", map[string]any{"attributes": []any{attribute("level", "N", map[string]any{"format": "int"})}}),
			attribute("sealed", "S", map[string]any{"encryption": map[string]any{}}),
		},
	}}})
	if err != nil {
		panic(err)
	}
	return expression.Scope{Codec: codec.New(models["Test"])}
}()

func compiled(condition expression.Condition) (text, placed string, err error) {
	places := &expression.Placeholders{}
	compiler := expression.Compiler{Scope: scope, Placeholders: places}
	text, err = compiler.Condition(condition)
	return text, string(places.Append(nil)), err
}

var field = expression.Field

func TestAConditionCompilesToOneText(t *testing.T) {
	a, b, c := field("text").Exists(), field("num").Exists(), field("flag").Exists()
	for want, condition := range map[string]expression.Condition{
		"#n0 <= :v0":               field("num").Le(1),
		"#n0 BETWEEN :v0 AND :v1":  field("num").Between(1, 1),
		"#n0 IN (:v0, :v1)":        field("text").In("a", "a"),
		"begins_with(#n0, :v0)":    field("text").BeginsWith("a"),
		"size(#n0) > :v0":          field("words").Size().Gt(1),
		"#n0 = size(#n1)":          field("num").Eq(field("text").Size()),
		"#n0 <> #n1":               field("num").Ne(field("inner.level")),
		"attribute_type(#n0, :v0)": field("text").IsType("S"),
		"#n0[2].#n1 = :v0":         field("list[2].x").Eq("v"),
		"NOT (attribute_exists(#n0) OR attribute_exists(#n1))":                           expression.Not(expression.Or(a, b)),
		"(attribute_exists(#n0) OR attribute_exists(#n1)) AND attribute_exists(#n2)":     expression.And(expression.Or(a, b), c),
		"attribute_exists(#n0) AND attribute_exists(#n1) AND attribute_exists(#n2)":      expression.And(expression.And(a, expression.And(b)), c),
		"attribute_exists(#n0) OR (attribute_exists(#n1) AND NOT attribute_exists(#n0))": expression.Or(a, expression.And(b, expression.Not(a))),
	} {
		if want == "#n0 <> #n1" {
			want = "#n0 <> #n1.#n2"
		}
		if got, _, err := compiled(condition); err != nil || got != want {
			t.Errorf("%s, %v, not %s", got, err, want)
		}
	}
}

func TestNamesAreReusedAndValuesAreNot(t *testing.T) {
	_, got, err := compiled(expression.And(field("text").Eq("x"), field("text").Ne("x")))
	if want := `,"ExpressionAttributeNames":{"#n0":"text"},"ExpressionAttributeValues":{":v0":{"S":"x"},":v1":{"S":"x"}}`; err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
}

func TestAValueIsMarshalledByItsAttributeAndAPartIsPlain(t *testing.T) {
	for want, condition := range map[string]expression.Condition{
		`{"S":"2026-01-02T02:04:05.000000Z"}`: field("stamp").Lt("2026-01-02T03:04:05+01:00"),
		`{"S":"2026-01"}`:                     field("stamp").BeginsWith("2026-01"),
		`{"S":"op"}`:                          field("status").Contains("op"),
		`{"S":"w"}`:                           field("words").Contains("w"),
		`{"N":"1.5"}`:                         field("num").Eq(codec.Number("1.50")),
		`{"SS":["a","b"]}`:                    field("words").Eq([]string{"b", "a"}),
	} {
		if _, got, err := compiled(condition); err != nil || !strings.Contains(got, `":v0":`+want) {
			t.Errorf("%s, %v, not %s", got, err, want)
		}
	}
}

func TestAConditionThatCannotBeIsRefused(t *testing.T) {
	many := make([]expression.Operand, 101)
	for i := range many {
		many[i] = "x"
	}
	var long []expression.Condition
	for range 200 {
		long = append(long, field("text").Exists())
	}
	rows := map[string]struct {
		condition expression.Condition
		code      errs.Code
	}{
		"order of booleans":        {field("flag").Lt(true), errs.InvalidOperator},
		"a turned range":           {field("num").Between(2, 1), errs.InvalidOperator},
		"a turned range of bytes":  {field("bin").Between([]byte{128}, []byte{127}), errs.InvalidOperator},
		"IN of none":               {field("text").In(), errs.InvalidOperator},
		"IN of 101":                {field("text").In(many...), errs.InvalidOperator},
		"an AND of nothing":        {expression.Not(expression.And()), errs.InvalidOperator},
		"begins_with of a number":  {field("num").BeginsWith("1"), errs.InvalidOperator},
		"contains in a number":     {field("num").Contains("1"), errs.InvalidOperator},
		"size of a boolean":        {field("flag").Size().Gt(1), errs.InvalidOperator},
		"a type nobody knows":      {field("text").IsType("STRING"), errs.InvalidOperator},
		"text for a number":        {field("num").Eq("hush"), errs.ValidationFailed},
		"a value not enumerated":   {field("status").Eq("hush"), errs.ValidationFailed},
		"a malformed path":         {field("doc..x").Exists(), errs.ValidationFailed},
		"an index first":           {field(0, "doc").Exists(), errs.ValidationFailed},
		"more than 4,096 bytes":    {expression.Or(long...), errs.ValidationFailed},
		"a sealed attribute":       {field("sealed").Eq("hush"), errs.EncryptedFieldNotQueryable},
		"a sealed one as operand":  {field("text").Eq(field("sealed")), errs.EncryptedFieldNotQueryable},
		"the size of a sealed one": {field("sealed").Size().Gt(1), errs.EncryptedFieldNotQueryable},
	}
	for name, row := range rows {
		_, _, err := compiled(row.condition)
		var e *errs.Error
		if !errors.As(err, &e) || e.Code != row.code || e.Origin != errs.Client || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s gave %v", name, err)
		}
	}
}

func updated(changes ...expression.Change) (text, placed string, err error) {
	plan, err := expression.PlanUpdate(scope, changes, []string{"id"})
	if err != nil {
		return "", "", err
	}
	places := &expression.Placeholders{}
	text, err = plan.Text(places, expression.Owned{Version: "version"})
	return text, string(places.Append(nil)), err
}

func change(kind expression.Kind, path string, value any) expression.Change {
	return expression.Change{Kind: kind, Target: field(path), Value: value}
}

func TestAnUpdateStandsInTheOrderOfClausesAndKinds(t *testing.T) {
	got, placed, err := updated(
		change(expression.DeleteFromSet, "words", []string{"z"}), change(expression.Remove, "text", nil), change(expression.Subtract, "num", 3),
		change(expression.Append, "list", []any{1}), change(expression.Add, "inner.level", 2), change(expression.Set, "flag", true),
	)
	want := "SET #n0 = :v0, #n1.#n2 = if_not_exists(#n1.#n2, :v1) + :v2, #n3 = list_append(if_not_exists(#n3, :v3), :v4) REMOVE #n4 ADD #n5 :v5, #n6 :v6 DELETE #n7 :v7"
	if err != nil || got != want || !strings.Contains(placed, `":v5":{"N":"-3"}`) {
		t.Errorf("%s (%s), %v", got, placed, err)
	}
}

func TestSettingNullOrAnEmptySetRemoves(t *testing.T) {
	got, _, err := updated(change(expression.Set, "text", nil), change(expression.Set, "words", []string{}))
	if want := "REMOVE #n0, #n1 ADD #n2 :v0"; err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
}

func TestAnUpdateThatCannotBeIsRefused(t *testing.T) {
	rows := map[string]struct {
		changes []expression.Change
		code    errs.Code
	}{
		"nothing":              {nil, errs.ValidationFailed},
		"a key":                {[]expression.Change{change(expression.Set, "id", "x")}, errs.ValidationFailed},
		"a path nobody knows":  {[]expression.Change{change(expression.Set, "nosuch", 1)}, errs.ValidationFailed},
		"overlapping paths":    {[]expression.Change{change(expression.Set, "doc", map[string]any{}), change(expression.Remove, "doc.x", nil)}, errs.ValidationFailed},
		"add to text":          {[]expression.Change{change(expression.Add, "text", 1)}, errs.InvalidOperator},
		"append to a set":      {[]expression.Change{change(expression.Append, "words", []any{"x"})}, errs.InvalidOperator},
		"text added":           {[]expression.Change{change(expression.Add, "num", "hush")}, errs.ValidationFailed},
		"null added":           {[]expression.Change{change(expression.Add, "num", nil)}, errs.ValidationFailed},
		"an empty set added":   {[]expression.Change{change(expression.AddToSet, "words", []string{})}, errs.ValidationFailed},
		"a part of a sealed":   {[]expression.Change{change(expression.Set, "sealed.x", "hush")}, errs.ValidationFailed},
		"sealed, if absent":    {[]expression.Change{change(expression.SetIfAbsent, "sealed", "hush")}, errs.EncryptedFieldNotQueryable},
		"sealed without a key": {[]expression.Change{change(expression.Set, "sealed", "hush")}, errs.EncryptionNotConfigured},
	}
	for name, row := range rows {
		_, _, err := updated(row.changes...)
		var e *errs.Error
		if !errors.As(err, &e) || e.Code != row.code || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s gave %v", name, err)
		}
	}
}
