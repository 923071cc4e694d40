package dynamorm_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

type Note struct {
	Owner   string         `dynamorm:"owner,pk"`
	ID      int64          `dynamorm:"id,sk"`
	Text    string         `dynamorm:"text,omitempty"`
	Tags    []string       `dynamorm:"tags,set"`
	Extra   map[string]any `dynamorm:"extra"`
	Created time.Time      `dynamorm:"created,created_at"`
	Updated time.Time      `dynamorm:"updated,updated_at"`
	Version int64          `dynamorm:"version,version"`
	secret  string
}

var (
	notes = dynamorm.MustDefine[Note](dynamorm.Declaration{Table: "notes"})
	ctx   = context.Background()
	now   = time.Date(2026, 1, 2, 3, 4, 5, 6789, time.FixedZone("", 3600))
)

const stamp = `{"S":"2026-01-02T02:04:05.000006Z"}`

func scripted(answers ...transport.Answer) (*dynamorm.Table[Note], *transport.Script) {
	s := transport.NewScript(answers...)
	return dynamorm.NewTable(dynamorm.NewClientOver(s, dynamorm.WithClock(func() time.Time { return now })), notes), s
}

func ok(body string) transport.Answer { return transport.Answer{Body: body} }

func failed(item string) transport.Answer {
	return transport.Answer{Status: 400, Body: `{"__type":"x#ConditionalCheckFailedException"` + item + `}`}
}

func body(t *testing.T, s *transport.Script) string {
	t.Helper()
	list := s.Requests()
	if len(list) == 0 {
		t.Fatal("nothing was sent")
	}
	return string(list[len(list)-1].Body)
}

func same(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCreateSendsTheItemAndLeavesTheStoredValueWithTheCaller(t *testing.T) {
	table, s := scripted(ok(`{}`))
	n := &Note{Owner: "ada", ID: 7, Tags: []string{"b", "a", "b"}, Version: 99, secret: "kept"}
	if err := table.Create(ctx, n); err != nil {
		t.Fatal(err)
	}
	same(t, body(t, s), `{"TableName":"notes","Item":{"owner":{"S":"ada"},"id":{"N":"7"},"tags":{"SS":["a","b"]},"created":`+stamp+`,"updated":`+stamp+`,"version":{"N":"1"}},`+
		`"ConditionExpression":"attribute_not_exists(#n0)","ReturnValuesOnConditionCheckFailure":"ALL_OLD","ExpressionAttributeNames":{"#n0":"owner"}}`)
	when := time.Date(2026, 1, 2, 2, 4, 5, 6000, time.UTC)
	want := &Note{Owner: "ada", ID: 7, Tags: []string{"a", "b"}, Created: when, Updated: when, Version: 1, secret: "kept"}
	if !reflect.DeepEqual(n, want) {
		t.Errorf("got %+v", n)
	}
}

func TestAFailedWriteLeavesTheCallersValueAsItWas(t *testing.T) {
	table, _ := scripted(failed(`,"Item":{"owner":{"S":"ada"},"id":{"N":"7"},"version":{"N":"3"}}`))
	n := &Note{Owner: "ada", ID: 7, Tags: []string{"b", "a"}, Version: 2}
	before := *n
	err := table.Save(ctx, n)
	if !errors.Is(err, dynamorm.ErrVersionConflict) || !errors.Is(err, dynamorm.ErrConditionFailed) || errors.Is(err, dynamorm.ErrAlreadyExists) {
		t.Errorf("got %v", err)
	}
	if !reflect.DeepEqual(*n, before) {
		t.Errorf("got %+v", n)
	}
	var e *dynamorm.Error
	var stored Note
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	if found, err := e.Item(&stored); err != nil || !found || stored.Version != 3 {
		t.Errorf("got %+v, %v, %v", stored, found, err)
	}
}

func TestSaveOfAVersionDependsOnItAlone(t *testing.T) {
	table, s := scripted(ok(`{}`))
	created := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	n := &Note{Owner: "ada", ID: 7, Created: created, Version: 41}
	if err := table.Save(ctx, n); err != nil {
		t.Fatal(err)
	}
	if got := body(t, s); !strings.Contains(got, `"ConditionExpression":"#n0 = :v0"`) || !strings.Contains(got, `":v0":{"N":"41"}`) || !strings.Contains(got, `"created":{"S":"2020-01-01T00:00:00.000000Z"}`) {
		t.Errorf("sent %s", got)
	}
	if n.Version != 42 || !n.Created.Equal(created) {
		t.Errorf("got %+v", n)
	}
}

func TestAVersionThatCannotGrowIsRefusedBeforeARequest(t *testing.T) {
	table, s := scripted()
	err := table.Save(ctx, &Note{Owner: "ada", Version: math.MaxInt64})
	if !errors.Is(err, dynamorm.ErrValidationFailed) || len(s.Requests()) != 0 {
		t.Errorf("got %v after %d requests", err, len(s.Requests()))
	}
	_, err = table.Update(ctx, dynamorm.Key{"ada", 7}, dynamorm.NewUpdate().Set(dynamorm.Field("text"), "x"), dynamorm.WithExpectedVersion(math.MaxInt64))
	if !errors.Is(err, dynamorm.ErrValidationFailed) || len(s.Requests()) != 0 {
		t.Errorf("got %v after %d requests", err, len(s.Requests()))
	}
}

func TestALostAnswerToACreateIsASuccessWhereTheStoredItemIsTheOneSent(t *testing.T) {
	mine := `,"Item":{"version":{"N":"1.0"},"tags":{"SS":["b","a"]},"owner":{"S":"ada"},"id":{"N":"7"},"created":` + stamp + `,"updated":` + stamp + `}`
	lost := failed(mine)
	lost.Unanswered = true
	table, _ := scripted(lost)
	n := &Note{Owner: "ada", ID: 7, Tags: []string{"a", "b"}}
	if err := table.Create(ctx, n); err != nil || n.Version != 1 {
		t.Errorf("got %+v, %v", n, err)
	}
	lost = failed(strings.Replace(mine, `"b"`, `"c"`, 1))
	lost.Unanswered = true
	table, _ = scripted(lost, failed(mine))
	for _, name := range []string{"another item", "no lost answer"} {
		if err := table.Create(ctx, &Note{Owner: "ada", ID: 7, Tags: []string{"a", "b"}}); !errors.Is(err, dynamorm.ErrAlreadyExists) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAnItemIsFoundByEveryShapeOfKey(t *testing.T) {
	type noteKey struct {
		ID    *int   `dynamorm:"id"`
		Owner string `dynamorm:"owner"`
	}
	seven := 7
	for name, key := range map[string]any{
		"value": Note{Owner: "ada", ID: 7, Text: "ignored"}, "pointer": &Note{Owner: "ada", ID: 7}, "map": map[string]any{"owner": "ada", "id": 7, "more": 1},
		"position": dynamorm.Key{"ada", dynamorm.Number("7.0")}, "struct": noteKey{&seven, "ada"}, "pointer to struct": &noteKey{&seven, "ada"},
	} {
		table, s := scripted(ok(`{"Item":{"owner":{"S":"ada"},"id":{"N":"7"},"text":{"S":"hi"}}}`))
		n, err := table.Get(ctx, key, dynamorm.WithConsistentRead())
		if err != nil || n.Text != "hi" {
			t.Errorf("%s: got %+v, %v", name, n, err)
			continue
		}
		same(t, body(t, s), `{"TableName":"notes","Key":{"owner":{"S":"ada"},"id":{"N":"7"}},"ConsistentRead":true}`)
	}
}

func TestAKeyThatIsNoneIsRefusedBeforeARequest(t *testing.T) {
	table, s := scripted()
	for name, c := range map[string]struct {
		key  any
		want error
		path string
	}{
		"nil":        {nil, dynamorm.ErrMissingPrimaryKey, "owner"},
		"nil struct": {(*Note)(nil), dynamorm.ErrMissingPrimaryKey, "owner"},
		"no sort":    {dynamorm.Key{"ada"}, dynamorm.ErrMissingPrimaryKey, "id"},
		"empty":      {dynamorm.Key{"", 1}, dynamorm.ErrValidationFailed, "owner"},
		"too long":   {dynamorm.Key{strings.Repeat("é", 1025), 1}, dynamorm.ErrValidationFailed, "owner"},
		"other type": {dynamorm.Key{1, 1}, dynamorm.ErrValidationFailed, "owner"},
		"fraction":   {dynamorm.Key{"ada", 1.5}, dynamorm.ErrValidationFailed, "id"},
		"text":       {"ada", dynamorm.ErrValidationFailed, "owner"},
	} {
		_, err := table.Get(ctx, c.key)
		var e *dynamorm.Error
		if !errors.Is(err, c.want) || !errors.As(err, &e) || e.Path != c.path {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if len(s.Requests()) != 0 {
		t.Error("something was sent")
	}
}

func TestNoItemIsItemNotFoundFromGetAndFalseFromFind(t *testing.T) {
	table, _ := scripted(ok(`{}`), ok(`{}`), ok(`{}`), ok(`{"Item":{}}`))
	if n, err := table.Get(ctx, dynamorm.Key{"ada", 7}); n != nil || !errors.Is(err, dynamorm.ErrItemNotFound) {
		t.Errorf("get: %v, %v", n, err)
	}
	if n, found, err := table.Find(ctx, dynamorm.Key{"ada", 7}); n != nil || found || err != nil {
		t.Errorf("find: %v, %v, %v", n, found, err)
	}
	if there, err := table.Exists(ctx, dynamorm.Key{"ada", 7}); there || err != nil {
		t.Errorf("exists: %v, %v", there, err)
	}
	if n, found, err := table.Find(ctx, dynamorm.Key{"ada", 7}, dynamorm.WithSelect(dynamorm.Field("text"))); n == nil || !found || err != nil {
		t.Errorf("an empty projection: %v, %v, %v", n, found, err)
	}
}

func TestUpdateSendsTheClausesInOrderAndReadsWhatComesBack(t *testing.T) {
	table, s := scripted(ok(`{"Attributes":{"text":{"S":"new"},"version":{"N":"5"}}}`))
	u := dynamorm.NewUpdate().Remove(dynamorm.Path("extra", "a.b")).Add(dynamorm.Path("extra", "n"), 2).Set(dynamorm.Field("text"), "new").AddToSet(dynamorm.Field("tags"), []string{"y", "x"})
	n, err := table.Update(ctx, Note{Owner: "ada", ID: 7}, u, dynamorm.WithCondition(dynamorm.Or(dynamorm.Field("text").Ne("new"), dynamorm.Field("tags").Size().Gt(1))), dynamorm.WithReturn(dynamorm.ReturnUpdatedNew))
	if err != nil || n.Text != "new" || n.Version != 5 {
		t.Fatalf("got %+v, %v", n, err)
	}
	same(t, body(t, s), `{"TableName":"notes","Key":{"owner":{"S":"ada"},"id":{"N":"7"}},"ConditionExpression":"(#n0 <> :v0 OR size(#n1) > :v1) AND attribute_exists(#n2)","ReturnValuesOnConditionCheckFailure":"ALL_OLD",`+
		`"UpdateExpression":"SET #n0 = :v2, #n3.#n4 = if_not_exists(#n3.#n4, :v3) + :v4, #n5 = :v5 REMOVE #n3.#n6 ADD #n1 :v6, #n7 :v7",`+
		`"ExpressionAttributeNames":{"#n0":"text","#n1":"tags","#n2":"owner","#n3":"extra","#n4":"n","#n5":"updated","#n6":"a.b","#n7":"version"},`+
		`"ExpressionAttributeValues":{":v0":{"S":"new"},":v1":{"N":"1"},":v2":{"S":"new"},":v3":{"N":"0"},":v4":{"N":"2"},":v5":`+stamp+`,":v6":{"SS":["x","y"]},":v7":{"N":"1"}},"ReturnValues":"UPDATED_NEW"}`)
}

func TestDeleteGivesTheOldItemOrNil(t *testing.T) {
	table, s := scripted(ok(`{"Attributes":{"owner":{"S":"ada"},"id":{"N":"7"},"text":{"S":"bye"}}}`), ok(`{}`), failed(""))
	var old *Note
	if err := table.Delete(ctx, dynamorm.Key{"ada", 7}, dynamorm.WithOld(&old)); err != nil || old == nil || old.Text != "bye" {
		t.Errorf("got %+v, %v", old, err)
	}
	same(t, body(t, s), `{"TableName":"notes","Key":{"owner":{"S":"ada"},"id":{"N":"7"}},"ReturnValues":"ALL_OLD"}`)
	if err := table.Delete(ctx, dynamorm.Key{"ada", 7}, dynamorm.WithOld(&old)); err != nil || old != nil {
		t.Errorf("got %+v, %v", old, err)
	}
	if err := table.Delete(ctx, dynamorm.Key{"ada", 7}, dynamorm.WithMustExist()); !errors.Is(err, dynamorm.ErrItemNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestAnOptionThatACallDoesNotTakeIsRefused(t *testing.T) {
	table, s := scripted()
	if err := table.Create(ctx, &Note{Owner: "a"}, dynamorm.WithUpsert()); !errors.Is(err, dynamorm.ErrValidationFailed) {
		t.Errorf("got %v", err)
	}
	var wrong *int
	if err := table.Put(ctx, &Note{Owner: "a"}, dynamorm.WithOld(&wrong)); !errors.Is(err, dynamorm.ErrValidationFailed) {
		t.Errorf("got %v", err)
	}
	if len(s.Requests()) != 0 {
		t.Error("something was sent")
	}
}

func TestAnAnswerThatIsNoItemDoesNotDecode(t *testing.T) {
	for _, bad := range []string{`{"Item":[]}`, `{"Item":5}`, `{"Item":{"owner":"ada"}}`, `{"Item":{"owner":{"S":5}}}`} {
		table, _ := scripted(ok(bad))
		_, err := table.Get(ctx, dynamorm.Key{"ada", 7})
		var e *dynamorm.Error
		if !errors.Is(err, dynamorm.ErrDecodeFailed) || !errors.As(err, &e) || e.Retryable {
			t.Errorf("%s: got %v", bad, err)
		}
	}
}

func TestTablesAreNamedByThePrefixOrTheMap(t *testing.T) {
	for want, option := range map[string]dynamorm.ClientOption{
		"dev-notes": dynamorm.WithTablePrefix("dev-"),
		"real":      dynamorm.WithTableNames(map[string]string{"notes": "real"}),
	} {
		s := transport.NewScript(ok(`{}`))
		table := dynamorm.NewTable(dynamorm.NewClientOver(s, dynamorm.WithTablePrefix("dev-"), option), notes)
		if _, err := table.Exists(ctx, dynamorm.Key{"ada", 7}); err != nil {
			t.Fatal(err)
		}
		if got := s.Requests()[0].Table; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestADynamicTableTakesAndGivesMaps(t *testing.T) {
	model, err := dynamorm.Dynamic(notes.Schema())
	if err != nil {
		t.Fatal(err)
	}
	s := transport.NewScript(ok(`{}`), ok(`{"Item":{"owner":{"S":"ada"},"id":{"N":"7"},"created":`+stamp+`}}`))
	table := dynamorm.NewDynamicTable(dynamorm.NewClientOver(s, dynamorm.WithClock(func() time.Time { return now })), model)
	note := map[string]any{"owner": "ada", "id": 7, "tags": []string{"x"}}
	if err := table.Create(ctx, note); err != nil {
		t.Fatal(err)
	}
	if note["version"] != int64(1) || note["id"] != int64(7) || !reflect.DeepEqual(note["tags"], dynamorm.StringSet{"x"}) {
		t.Errorf("got %v", note)
	}
	got, err := table.Get(ctx, dynamorm.Key{"ada", 7})
	if err != nil || !got["created"].(time.Time).Equal(now.Truncate(time.Microsecond)) || !reflect.DeepEqual(got["tags"], dynamorm.StringSet(nil)) {
		t.Errorf("got %v, %v", got, err)
	}
	if err := table.Put(ctx, map[string]any{"owner": "ada", "id": 7, "nosuch": 1}); !errors.Is(err, dynamorm.ErrValidationFailed) {
		t.Errorf("got %v", err)
	}
}

func TestALoadedModelIsBoundToAStruct(t *testing.T) {
	type other struct {
		Owner string `dynamorm:"owner"`
	}
	if _, err := dynamorm.Bind[Note](notes.Schema()); err != nil {
		t.Error(err)
	}
	if _, err := dynamorm.Bind[other](notes.Schema()); !errors.Is(err, dynamorm.ErrInvalidModel) {
		t.Errorf("got %v", err)
	}
}

func TestMustDefinePanicsForAWrongModel(t *testing.T) {
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, dynamorm.ErrInvalidModel) {
			t.Errorf("got %v", err)
		}
	}()
	type keyless struct {
		Text string `dynamorm:"text"`
	}
	dynamorm.MustDefine[keyless](dynamorm.Declaration{Name: "Keyless", Table: "keyless"})
}

func TestARefusedWriteLeavesTheCallersSlicesAsTheyWere(t *testing.T) {
	table, _ := scripted(transport.Answer{Status: 400, Body: `{"__type":"x#ConditionalCheckFailedException"}`}, ok(`{}`))
	n := &Note{Owner: "ada", ID: 7, Tags: []string{"b", "a", "b"}}
	if err := table.Create(ctx, n); err == nil || !slices.Equal(n.Tags, []string{"b", "a", "b"}) {
		t.Errorf("got %v, %q", err, n.Tags)
	}
	tags := []string{"z", "y", "z"}
	if _, err := table.Update(ctx, dynamorm.Key{"ada", 7}, expression.NewUpdate().AddToSet(expression.F("tags"), tags)); err != nil || !slices.Equal(tags, []string{"z", "y", "z"}) {
		t.Errorf("got %v, %q", err, tags)
	}
}
