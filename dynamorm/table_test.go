package dynamorm_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/dms"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.UTC)
)

// over gives the table of notes over scripted answers.
func over(responses ...operation.Response) (*dynamorm.Table[Note], *transport.Script) {
	script := &transport.Script{Responses: responses}
	client := dynamorm.New(nil, dynamorm.WithTransport(script), dynamorm.WithClock(dynamorm.FixedClock(now, time.Second)))
	return dynamorm.TableOf(client, notes), script
}

func body(text string) operation.Response { return operation.Response{Body: []byte(text)} }

// refusal is the service's word that a condition was false, with the stored item where there is one.
func refusal(item string) operation.Response {
	out := operation.Response{Err: errs.New(errs.ConditionFailed, "refused"), Body: []byte(`{}`)}
	if item != "" {
		out.Body = []byte(`{"Item":` + item + `}`)
	}
	return out
}

// sameJSON compares a request with what it has to be, by value.
func sameJSON(t *testing.T, got []byte, want string) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if err := json.Unmarshal([]byte(want), &b); err != nil {
		t.Fatalf("%s: %v", want, err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("sent\n%s\nnot\n%s", got, want)
	}
}

func TestCreateStampsAGuardedItemAndTheCallersValue(t *testing.T) {
	table, script := over(body("{}"))
	note := &Note{Owner: "ada", ID: "1", Stars: "1.50", Labels: []string{"b", "a", "b"}, At: now, Version: 9}
	if err := table.Create(ctx, note); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, script.Sent[0].Body, `{"TableName":"notes","Item":{"owner":{"S":"ada"},"id":{"S":"1"},"stars":{"N":"1.5"},"labels":{"SS":["a","b"]},
		"at":{"S":"2026-01-02T03:04:05.123456Z"},"created_at":{"S":"2026-01-02T03:04:05.123456Z"},"updated_at":{"S":"2026-01-02T03:04:05.123456Z"},"version":{"N":"1"}},
		"ConditionExpression":"attribute_not_exists(#n0)","ExpressionAttributeNames":{"#n0":"owner"},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}`)
	cut := now.Truncate(time.Microsecond)
	want := &Note{Owner: "ada", ID: "1", Stars: "1.5", Labels: []string{"a", "b"}, At: cut, CreatedAt: cut, UpdatedAt: cut, Version: 1}
	if !reflect.DeepEqual(note, want) {
		t.Errorf("the value holds\n%+v\nnot\n%+v", note, want)
	}
}

func TestAFailedWriteLeavesTheValueAlone(t *testing.T) {
	table, _ := over(refusal(`{"owner":{"S":"ada"},"id":{"S":"1"},"version":{"N":"7"}}`))
	note := &Note{Owner: "ada", ID: "1", Labels: []string{"b", "a"}, Version: 3}
	before := *note
	err := table.Save(ctx, note)
	if !errors.Is(err, dynamorm.ErrVersionConflict) || !errors.Is(err, dynamorm.ErrConditionFailed) || errors.Is(err, dynamorm.ErrAlreadyExists) {
		t.Fatalf("got %v", err)
	}
	if !reflect.DeepEqual(*note, before) {
		t.Errorf("the value became %+v", note)
	}
	var e *dynamorm.Error
	var stored Note
	if !errors.As(err, &e) || !e.HasItem() || e.DecodeItem(&stored) != nil || stored.Version != 7 {
		t.Errorf("the stored item is %+v", stored)
	}
}

func TestAFailedConditionIsToldByTheReturnedItem(t *testing.T) {
	const stored = `{"owner":{"S":"hush"},"id":{"S":"1"},"version":{"N":"2"}}`
	key := dynamorm.Values{"owner": "hush", "id": "1"}
	rows := map[string]struct {
		item string
		act  func(*dynamorm.Table[Note]) error
		want error
	}{
		"create of one that exists": {stored, func(table *dynamorm.Table[Note]) error { return table.Create(ctx, &Note{Owner: "hush", ID: "1"}) }, dynamorm.ErrAlreadyExists},
		"save of a gone one": {"", func(table *dynamorm.Table[Note]) error {
			return table.Save(ctx, &Note{Owner: "hush", ID: "1", Version: 1})
		}, dynamorm.ErrItemNotFound},
		"adopt of a versioned one": {stored, func(table *dynamorm.Table[Note]) error {
			return table.Save(ctx, &Note{Owner: "hush", ID: "1"}, dynamorm.WithAdopt())
		}, dynamorm.ErrVersionConflict},
		"update of none": {"", func(table *dynamorm.Table[Note]) error {
			_, err := table.Update(ctx, key, dynamorm.Set("text", "x"))
			return err
		}, dynamorm.ErrItemNotFound},
		"update of another version": {stored, func(table *dynamorm.Table[Note]) error {
			_, err := table.Update(ctx, key, dynamorm.Set("text", "x"), dynamorm.WithExpectedVersion(1))
			return err
		}, dynamorm.ErrVersionConflict},
		"delete of one that has to exist": {"", func(table *dynamorm.Table[Note]) error { return table.Delete(ctx, key, dynamorm.WithMustExist()) }, dynamorm.ErrItemNotFound},
		"delete under a false condition": {stored, func(table *dynamorm.Table[Note]) error {
			return table.Delete(ctx, key, dynamorm.WithCondition(dynamorm.Field("text").Eq("x")))
		}, dynamorm.ErrConditionFailed},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			table, _ := over(refusal(row.item))
			err := row.act(table)
			if !errors.Is(err, row.want) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(err.Error(), "hush") {
				t.Errorf("the text holds a value: %v", err)
			}
		})
	}
}

func TestALostAnswerIsASuccessOnlyForTheVeryItem(t *testing.T) {
	const own = `{"owner":{"S":"ada"},"id":{"S":"1"},"version":{"N":"1"},"created_at":{"S":"2026-01-02T03:04:05.123456Z"},"updated_at":{"S":"2026-01-02T03:04:05.123456Z"}`
	lost := func(item string) operation.Response {
		out := refusal(item)
		out.Unanswered = true
		return out
	}
	for item, want := range map[string]bool{own + `}`: true, own + `,"other":{"S":"x"}}`: false, strings.Replace(own, `"1"},"created`, `"2"},"created`, 1) + `}`: false} {
		table, _ := over(lost(item))
		if err := table.Create(ctx, &Note{Owner: "ada", ID: "1"}); (err == nil) != want {
			t.Errorf("%s gave %v", item, err)
		}
	}
	table, _ := over(refusal(own + `}`))
	if err := table.Create(ctx, &Note{Owner: "ada", ID: "1"}); !errors.Is(err, dynamorm.ErrAlreadyExists) {
		t.Errorf("with every attempt answered it is another's item: %v", err)
	}
}

func TestReadsGiveTheItemOrSayThereIsNone(t *testing.T) {
	key := dynamorm.Values{"owner": "ada", "id": "1"}
	table, script := over(body(`{"Item":{"owner":{"S":"ada"},"id":{"S":"1"},"text":{"S":"t"},"unknown":{"S":"u"}}}`), body("{}"), body("{}"), body("{}"), body("{}"))
	note, err := table.Get(ctx, key, dynamorm.WithConsistent())
	if err != nil || note.Text != "t" {
		t.Fatalf("%+v, %v", note, err)
	}
	sameJSON(t, script.Sent[0].Body, `{"TableName":"notes","Key":{"owner":{"S":"ada"},"id":{"S":"1"}},"ConsistentRead":true}`)
	if _, err := table.Get(ctx, note); !errors.Is(err, dynamorm.ErrItemNotFound) {
		t.Errorf("a missing item by a whole value: %v", err)
	}
	if found, err := table.Find(ctx, key); found != nil || err != nil {
		t.Errorf("find gave %v, %v", found, err)
	}
	if _, err := table.GetPartial(ctx, key, dynamorm.WithSelect(dynamorm.Field("text"))); !errors.Is(err, dynamorm.ErrItemNotFound) {
		t.Errorf("a missing item by parts: %v", err)
	}
	if values, err := table.FindPartial(ctx, key, dynamorm.WithView("Short")); values != nil || err != nil {
		t.Errorf("find by a view gave %v, %v", values, err)
	}
	sameJSON(t, script.Sent[4].Body, `{"TableName":"notes","Key":{"owner":{"S":"ada"},"id":{"S":"1"}},"ProjectionExpression":"#n0, #n1","ExpressionAttributeNames":{"#n0":"id","#n1":"text"}}`)
}

func TestAPartialReadHoldsWhatWasSelectedAndStored(t *testing.T) {
	table, _ := over(body(`{"Item":{"stars":{"N":"1.0"}}}`))
	values, err := table.GetPartial(ctx, dynamorm.Values{"owner": "a", "id": "1"}, dynamorm.WithSelect(dynamorm.Field("stars"), dynamorm.Field("text"), dynamorm.Field("labels")))
	if err != nil || !reflect.DeepEqual(values, dynamorm.Values{"stars": dynamorm.Number("1")}) {
		t.Errorf("%v, %v", values, err)
	}
}

func TestWhatIsWrongIsRefusedBeforeAnythingIsSent(t *testing.T) {
	key := dynamorm.Values{"owner": "a", "id": "1"}
	rows := map[string]struct {
		act  func(*dynamorm.Table[Note]) error
		want error
	}{
		"a missing part of the key": {func(table *dynamorm.Table[Note]) error {
			_, err := table.Get(ctx, dynamorm.Values{"owner": "a"})
			return err
		}, dynamorm.ErrMissingPrimaryKey},
		"an empty key":         {func(table *dynamorm.Table[Note]) error { return table.Create(ctx, &Note{Owner: "a"}) }, dynamorm.ErrValidationFailed},
		"an update of nothing": {func(table *dynamorm.Table[Note]) error { _, err := table.Update(ctx, key); return err }, dynamorm.ErrValidationFailed},
		"an update of a key": {func(table *dynamorm.Table[Note]) error {
			_, err := table.Update(ctx, key, dynamorm.Set("id", "2"))
			return err
		}, dynamorm.ErrValidationFailed},
		"an update of the version": {func(table *dynamorm.Table[Note]) error {
			_, err := table.Update(ctx, key, dynamorm.Add("version", 1))
			return err
		}, dynamorm.ErrValidationFailed},
		"an append to a number": {func(table *dynamorm.Table[Note]) error {
			_, err := table.Update(ctx, key, dynamorm.Append("stars", []any{1}))
			return err
		}, dynamorm.ErrInvalidOperator},
		"a view and a selection": {func(table *dynamorm.Table[Note]) error {
			_, err := table.GetPartial(ctx, key, dynamorm.WithView("Short"), dynamorm.WithSelect(dynamorm.Field("id")))
			return err
		}, dynamorm.ErrValidationFailed},
		"no selection": {func(table *dynamorm.Table[Note]) error { _, err := table.GetPartial(ctx, key); return err }, dynamorm.ErrValidationFailed},
		"a selection of a whole": {func(table *dynamorm.Table[Note]) error {
			_, err := table.Get(ctx, key, dynamorm.WithView("Short"))
			return err
		}, dynamorm.ErrValidationFailed},
		"a version at its end, save": {func(table *dynamorm.Table[Note]) error {
			return table.Save(ctx, &Note{Owner: "a", ID: "1", Version: 1<<63 - 1})
		}, dynamorm.ErrValidationFailed},
		"a version at its end, update": {func(table *dynamorm.Table[Note]) error {
			_, err := table.Update(ctx, key, dynamorm.Set("text", "x"), dynamorm.WithExpectedVersion(1<<63-1))
			return err
		}, dynamorm.ErrValidationFailed},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			table, script := over()
			err := row.act(table)
			var e *dynamorm.Error
			if !errors.Is(err, row.want) || !errors.As(err, &e) || e.Origin != errs.Client || len(script.Sent) != 0 {
				t.Errorf("got %v after %d requests", err, len(script.Sent))
			}
		})
	}
}

func TestSealedAttributesAreNeitherWrittenNorRead(t *testing.T) {
	type Sealed struct {
		ID   string  `dynamorm:"id,pk"`
		Hint string  `dynamorm:"hint"`
		Note *string `dynamorm:"note,encrypted"`
	}
	model := dynamorm.MustDeclare[Sealed](dynamorm.Spec{Table: "sealed"})
	script := &transport.Script{Responses: []operation.Response{body("{}"), body("{}")}}
	table := dynamorm.TableOf(dynamorm.New(nil, dynamorm.WithTransport(script)), model)
	key, secret := dynamorm.Values{"id": "1"}, "hush"
	refused := map[string]error{"create": table.Create(ctx, &Sealed{ID: "1", Note: &secret})}
	_, refused["get"] = table.Get(ctx, key)
	_, refused["select"] = table.FindPartial(ctx, key, dynamorm.WithSelect(dynamorm.Field("note")))
	_, refused["update"] = table.Update(ctx, key, dynamorm.Set("hint", "h"))
	_, refused["take"] = table.Take(ctx, key)
	_, refused["replace"] = table.Replace(ctx, &Sealed{ID: "1"})
	for name, err := range refused {
		if !errors.Is(err, dynamorm.ErrEncryptionNotConfigured) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s gave %v", name, err)
		}
	}
	if len(script.Sent) != 0 {
		t.Errorf("%d requests were sent", len(script.Sent))
	}
	if _, err := table.Change(ctx, key, dynamorm.ReturnNone, dynamorm.Remove("note")); err != nil {
		t.Errorf("removing it whole: %v", err)
	}
	if err := table.Delete(ctx, key, dynamorm.WithCondition(dynamorm.Field("note").Exists())); err != nil {
		t.Errorf("asking whether it is there: %v", err)
	}
}

func TestADynamicTableSendsWhatTheTypedOneDoes(t *testing.T) {
	models, err := dms.Load(notes.Schema().Canonical())
	if err != nil {
		t.Fatal(err)
	}
	typed, one := over(body("{}"))
	script := &transport.Script{Responses: []operation.Response{body("{}")}}
	client := dynamorm.New(nil, dynamorm.WithTransport(script), dynamorm.WithClock(dynamorm.FixedClock(now, 0)), dynamorm.WithTablePrefix("dev-"))
	values := dynamorm.Values{"owner": "ada", "id": "1", "stars": 2, "labels": []string{"b", "a"}}
	if err := client.Dynamic(models["Note"]).Create(ctx, &values); err != nil {
		t.Fatal(err)
	}
	if err := typed.Create(ctx, &Note{Owner: "ada", ID: "1", Stars: "2", Labels: []string{"a", "b"}}); err != nil {
		t.Fatal(err)
	}
	sameJSON(t, script.Sent[0].Body, strings.Replace(string(one.Sent[0].Body), `"notes"`, `"dev-notes"`, 1))
	if values["version"] != int64(1) || values["stars"] != dynamorm.Number("2") {
		t.Errorf("the map holds %v", values)
	}
}

func TestTheClockIsReadOnceAnOperation(t *testing.T) {
	readings := 0
	script := &transport.Script{Responses: []operation.Response{body("{}"), body("{}"), body("{}")}}
	client := dynamorm.New(nil, dynamorm.WithTransport(script), dynamorm.WithClock(func() time.Time { readings++; return now }))
	table := dynamorm.TableOf(client, notes)
	err := errors.Join(table.Create(ctx, &Note{Owner: "a", ID: "1"}), table.Put(ctx, &Note{Owner: "a", ID: "1"}))
	_, updated := table.Change(ctx, &Note{Owner: "a", ID: "1"}, dynamorm.ReturnNone, dynamorm.Set("text", "t"), dynamorm.WithUpsert())
	if err != nil || updated != nil || readings != 3 {
		t.Errorf("%d readings, %v, %v", readings, err, updated)
	}
}
