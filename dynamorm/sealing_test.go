package dynamorm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/encryption/encryptiontest"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

type Secret struct {
	ID      string `dynamorm:"id,pk"`
	Hint    string `dynamorm:"hint,omitempty"`
	Pin     string `dynamorm:"pin,encrypted,omitempty"`
	Note    string `dynamorm:"note,encrypted"`
	Version int64  `dynamorm:"version,version"`
}

var secrets = dynamorm.MustDefine[Secret](dynamorm.Declaration{Table: "secrets", Namespace: "acme"})

// hidden is what no request, error or log may have.
const hidden = "hush hush"

// vault gives a client with keys over scripted answers.
type vault struct {
	*dynamorm.Client
	table  *dynamorm.Table[Secret]
	script *transport.Script
	keys   *encryptiontest.InMemoryKeys
}

func keyed(t testing.TB, options encryption.Options, answers ...transport.Answer) vault {
	t.Helper()
	keys := &encryptiontest.InMemoryKeys{}
	e, err := encryption.New(keys, "alias/app", options)
	if err != nil {
		t.Fatal(err)
	}
	encryptiontest.SetNonces(e, encryptiontest.Counted())
	s := transport.NewScript(answers...)
	c := dynamorm.NewClientOver(s, dynamorm.WithClock(func() time.Time { return now }), dynamorm.WithEncryption(e),
		dynamorm.WithSleeper((&transport.Sleeps{}).Sleep), dynamorm.WithTokens(transport.FixedTokens("one")), dynamorm.WithRandom(transport.FixedRandom(0.5)))
	return vault{c, dynamorm.NewTable(c, secrets), s, keys}
}

// calls names what the keys were asked for.
func (v vault) calls() []string {
	out := []string{}
	for _, c := range v.keys.Calls() {
		out = append(out, c.Operation+" "+c.Context["dynamorm:attribute"])
	}
	return out
}

// storedSecret gives the item that a put of a value sends.
func storedSecret(t testing.TB, value Secret) string {
	t.Helper()
	v := keyed(t, encryption.Options{}, ok(`{}`))
	if err := v.table.Put(ctx, &value); err != nil {
		t.Fatal(err)
	}
	var sent struct{ Item json.RawMessage }
	if err := json.Unmarshal(v.script.Requests()[0].Body, &sent); err != nil {
		t.Fatal(err)
	}
	return string(sent.Item)
}

func TestAWriteSealsAndTheValueStaysPlain(t *testing.T) {
	v := keyed(t, encryption.Options{}, ok(`{}`))
	value := &Secret{ID: "a", Pin: "1234", Note: hidden}
	if err := v.table.Create(ctx, value); err != nil {
		t.Fatal(err)
	}
	equal(t, "the value", *value, Secret{ID: "a", Pin: "1234", Note: hidden, Version: 1})
	equal(t, "the calls", v.calls(), []string{"GenerateDataKey note", "GenerateDataKey pin"})
	text := string(v.script.Requests()[0].Body)
	if !json.Valid([]byte(text)) || strings.Contains(text, "hush") || strings.Contains(text, "1234") || strings.Count(text, `"edk"`) != 2 {
		t.Errorf("got %s", text)
	}
}

func TestWhatIsNotStoredIsNotSealed(t *testing.T) {
	v := keyed(t, encryption.Options{}, ok(`{}`), ok(`{}`))
	if err := v.table.Put(ctx, &Secret{ID: "a"}); err != nil { // the note is the empty text, the pin is left out
		t.Fatal(err)
	}
	if _, err := v.table.Update(ctx, dynamorm.Key{"a"}, dynamorm.NewUpdate().Set(dynamorm.Field("pin"), "").Set(dynamorm.Field("note"), nil), dynamorm.WithReturn(dynamorm.ReturnNone)); err != nil {
		t.Fatal(err)
	}
	equal(t, "the calls", v.calls(), []string{"GenerateDataKey note"})
	if text := body(t, v.script); !strings.Contains(text, "REMOVE") || strings.Contains(text, "SET") {
		t.Errorf("got %s", text)
	}
}

func TestEveryReadOpens(t *testing.T) {
	want := Secret{ID: "a", Hint: "h", Pin: "1234", Note: hidden, Version: 1}
	item := storedSecret(t, Secret{ID: "a", Hint: "h", Pin: "1234", Note: hidden})
	one := func(name string) transport.Answer { return ok(`{"` + name + `":` + item + `}`) }
	page := ok(`{"Count":1,"Items":[` + item + `]}`)
	key := dynamorm.Key{"a"}
	for name, row := range map[string]struct {
		answer transport.Answer
		read   func(v vault) (*Secret, error)
	}{
		"get": {one("Item"), func(v vault) (*Secret, error) { return v.table.Get(ctx, key) }},
		"find": {one("Item"), func(v vault) (*Secret, error) {
			out, _, err := v.table.Find(ctx, key)
			return out, err
		}},
		"query": {page, func(v vault) (*Secret, error) { out, err := v.table.Query("a").One(ctx); return &out, err }},
		"scan":  {page, func(v vault) (*Secret, error) { out, _, err := v.table.Scan().First(ctx); return &out, err }},
		"batch get": {ok(`{"Responses":{"secrets":[` + item + `]}}`), func(v vault) (*Secret, error) {
			out, err := v.table.BatchGet(ctx, dynamorm.Keys(key))
			return &out.Items[0], err
		}},
		"transactional get": {ok(`{"Responses":[{"Item":` + item + `}]}`), func(v vault) (*Secret, error) {
			out, err := v.TransactGet(ctx, []dynamorm.GetAction{v.table.Actions().Get(key)})
			return out[0].(*Secret), err
		}},
		"the old item of a delete": {one("Attributes"), func(v vault) (*Secret, error) {
			var old *Secret
			err := v.table.Delete(ctx, key, dynamorm.WithOld(&old))
			return old, err
		}},
		"the new item of an update": {one("Attributes"), func(v vault) (*Secret, error) {
			return v.table.Update(ctx, key, dynamorm.NewUpdate().Set(dynamorm.Field("hint"), "h"))
		}},
		"a failed condition": {failed(`,"Item":` + item), func(v vault) (*Secret, error) {
			err := v.table.Delete(ctx, key, dynamorm.WithCondition(dynamorm.Field("hint").Eq("x")))
			var e *dynamorm.Error
			out := &Secret{}
			if !errors.As(err, &e) || !errors.Is(err, dynamorm.ErrConditionFailed) {
				return nil, err
			}
			_, fail := e.Item(out)
			return out, fail
		}},
		"a failed action": {transport.Answer{Status: 400, Body: `{"__type":"TransactionCanceledException","CancellationReasons":[{"Code":"ConditionalCheckFailed","Item":` + item + `}]}`}, func(v vault) (*Secret, error) {
			err := v.TransactWrite(ctx, []dynamorm.Action{v.table.Actions().Delete(key, dynamorm.WithExpectedVersion(7))})
			var e *dynamorm.Error
			out := &Secret{}
			if !errors.As(err, &e) || len(e.Reasons()) != 1 {
				return nil, err
			}
			_, fail := e.Reasons()[0].Item(out)
			return out, fail
		}},
	} {
		t.Run(name, func(t *testing.T) {
			v := keyed(t, encryption.Options{}, row.answer)
			got, err := row.read(v)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "the item", *got, want)
			calls := v.calls()
			slices.Sort(calls)
			if got := slices.DeleteFunc(calls, func(c string) bool { return strings.HasPrefix(c, "Generate") }); !slices.Equal(got, []string{"Decrypt note", "Decrypt pin"}) {
				t.Errorf("asked %v", got)
			}
		})
	}
}

func TestASelectionFetchesTheKeyThatOpensItAndHidesIt(t *testing.T) {
	item := storedSecret(t, Secret{ID: "a", Note: hidden})
	v := keyed(t, encryption.Options{}, ok(`{"Item":`+item+`}`), ok(`{"Item":{"hint":{"S":"h"}}}`))
	got, err := v.table.Get(ctx, dynamorm.Key{"a"}, dynamorm.WithSelect(dynamorm.Field("note")))
	if err != nil || got.ID != "" || got.Note != hidden {
		t.Errorf("got %+v, %v", got, err)
	}
	if text := body(t, v.script); !strings.Contains(text, `"ProjectionExpression":"#n0, #n1"`) || !strings.Contains(text, `{"#n0":"note","#n1":"id"}`) {
		t.Errorf("got %s", text)
	}
	if _, err := v.table.Get(ctx, dynamorm.Key{"a"}, dynamorm.WithSelect(dynamorm.Field("hint"))); err != nil || len(v.calls()) != 1 {
		t.Errorf("got %v after %v", err, v.calls())
	}
}

func TestWhatIsSentAgainHasTheSameEnvelopes(t *testing.T) {
	throttled := transport.Answer{Status: 400, Body: `{"__type":"ThrottlingException"}`}
	one := Secret{ID: "a", Note: hidden}
	for name, row := range map[string]struct {
		again transport.Answer
		call  func(v vault) error
	}{
		"a throttled batch": {throttled, func(v vault) error { _, err := v.table.BatchPut(ctx, []*Secret{&one}); return err }},
		"what a batch left": {ok(`{"UnprocessedItems":{"secrets":[{"PutRequest":{"Item":{"id":{"S":"a"}}}}]}}`), func(v vault) error {
			_, err := v.table.BatchPut(ctx, []*Secret{&one})
			return err
		}},
		"a transaction": {cancelled(`{"Code":"TransactionConflict"}`), func(v vault) error {
			return v.TransactWrite(ctx, []dynamorm.Action{v.table.Actions().Put(&one)})
		}},
	} {
		v := keyed(t, encryption.Options{}, row.again, ok(`{}`))
		one = Secret{ID: "a", Note: hidden}
		if err := row.call(v); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sent := v.script.Requests()
		if len(sent) != 2 || string(sent[0].Body) != string(sent[1].Body) || len(v.calls()) != 1 || one.Note != hidden {
			t.Errorf("%s: got %d requests after %v", name, len(sent), v.calls())
		}
	}
}

func TestAPreparedTransactionIsSealedOnce(t *testing.T) {
	v := keyed(t, encryption.Options{}, ok(`{}`), ok(`{}`))
	text, err := v.Prepare(ctx, []dynamorm.Action{v.table.Actions().Put(&Secret{ID: "a", Note: hidden})})
	if err != nil || strings.Contains(text, "hush") || !strings.Contains(text, `"edk"`) {
		t.Fatalf("got %s, %v", text, err)
	}
	for range 2 {
		if err := v.TransactSend(ctx, text); err != nil {
			t.Fatal(err)
		}
	}
	if sent := v.script.Requests(); string(sent[0].Body) != text || string(sent[1].Body) != text || len(v.calls()) != 1 {
		t.Errorf("asked %v", v.calls())
	}
}

func TestALostAnswerIsToldByItsVeryEnvelopes(t *testing.T) {
	item := storedSecret(t, Secret{ID: "a", Note: hidden, Version: 0})
	v := keyed(t, encryption.Options{}, transport.Answer{Status: 400, Body: `{"__type":"ConditionalCheckFailedException","Item":` + item + `}`, Unanswered: true})
	if err := v.table.Create(ctx, &Secret{ID: "a", Note: hidden}); err != nil {
		t.Error(err)
	}
	equal(t, "the calls", v.calls(), []string{"GenerateDataKey note"})
	other := strings.Replace(item, `"version":{"N":"1"}`, `"version":{"N":"2"}`, 1)
	v = keyed(t, encryption.Options{}, transport.Answer{Status: 400, Body: `{"__type":"ConditionalCheckFailedException","Item":` + other + `}`, Unanswered: true})
	if err := v.table.Create(ctx, &Secret{ID: "a", Note: hidden}); !errors.Is(err, dynamorm.ErrAlreadyExists) {
		t.Error(err)
	}
}

func TestNothingIsSentWhereAKeyIsMissing(t *testing.T) {
	for name, call := range map[string]func(v vault) error{
		"put":    func(v vault) error { return v.table.Put(ctx, &Secret{ID: "a", Note: hidden}) },
		"create": func(v vault) error { return v.table.Create(ctx, &Secret{ID: "a", Note: hidden}) },
		"update": func(v vault) error {
			_, err := v.table.Update(ctx, dynamorm.Key{"a"}, dynamorm.NewUpdate().Set(dynamorm.Field("note"), hidden))
			return err
		},
		"batch": func(v vault) error { _, err := v.table.BatchPut(ctx, []*Secret{{ID: "a", Note: hidden}}); return err },
		"transaction": func(v vault) error {
			return v.TransactWrite(ctx, []dynamorm.Action{v.table.Actions().Put(&Secret{ID: "a", Note: hidden})})
		},
		"prepare": func(v vault) error {
			_, err := v.Prepare(ctx, []dynamorm.Action{v.table.Actions().Put(&Secret{ID: "a", Note: hidden})})
			return err
		},
		"project": func(v vault) error {
			_, err := v.table.Project(ctx, &Secret{ID: "a", Hint: "h", Note: hidden}, "hint")
			return err
		},
	} {
		v := keyed(t, encryption.Options{})
		v.keys.Refuse(&encryption.Refusal{Type: "DisabledException", Status: 400})
		err := call(v)
		var e *dynamorm.Error
		if !errors.As(err, &e) || e.Code != "KeyUnavailable" || e.Path != "note" || e.MaybeApplied || len(v.script.Requests()) != 0 {
			t.Errorf("%s: got %v after %d requests", name, err, len(v.script.Requests()))
		}
		leaks(t, name, err)
	}
}

func TestAnAnswerThatDoesNotOpenIsAnErrorOfTheAttribute(t *testing.T) {
	item := storedSecret(t, Secret{ID: "b", Note: hidden}) // of another item
	moved := strings.Replace(item, `"id":{"S":"b"}`, `"id":{"S":"a"}`, 1)
	v := keyed(t, encryption.Options{}, ok(`{"Item":`+moved+`}`), ok(`{"Attributes":`+moved+`}`), ok(`{"Item":{"id":{"S":"a"},"note":{"S":"`+hidden+`"}}}`))
	_, err := v.table.Get(ctx, dynamorm.Key{"a"})
	var e *dynamorm.Error
	if !errors.As(err, &e) || e.Code != "InvalidEncryptedEnvelope" || e.Path != "note" || e.MaybeApplied {
		t.Errorf("got %v", err)
	}
	_, err = v.table.Update(ctx, dynamorm.Key{"a"}, dynamorm.NewUpdate().Set(dynamorm.Field("hint"), "h"))
	if !errors.As(err, &e) || e.Code != "InvalidEncryptedEnvelope" || !e.MaybeApplied {
		t.Errorf("got %v", err)
	}
	before := len(v.calls())
	_, err = v.table.Get(ctx, dynamorm.Key{"a"})
	if !errors.As(err, &e) || e.Code != "InvalidEncryptedEnvelope" || len(v.calls()) != before {
		t.Errorf("got %v", err)
	}
	leaks(t, "a plain value", err)
}

func TestWithoutAKeyOnlyWhatIsNotEncryptedIsTouched(t *testing.T) {
	s := transport.NewScript(ok(`{}`))
	table := dynamorm.NewTable(dynamorm.NewClientOver(s), secrets)
	for name, call := range map[string]func() error{
		"put":       func() error { return table.Put(ctx, &Secret{ID: "a", Note: hidden}) },
		"get":       func() error { _, err := table.Get(ctx, dynamorm.Key{"a"}); return err },
		"scan":      func() error { _, err := table.Scan().Collect(ctx); return err },
		"reencrypt": func() error { _, err := table.Reencrypt(ctx); return err },
	} {
		if err := call(); !errors.Is(err, dynamorm.ErrEncryptionNotConfigured) || len(s.Requests()) != 0 {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if err := table.Delete(ctx, dynamorm.Key{"a"}); err != nil {
		t.Error(err)
	}
}

func TestAnItemThatIsTooLargeWithItsEnvelopeIsRefused(t *testing.T) {
	v := keyed(t, encryption.Options{})
	if err := v.table.Put(ctx, &Secret{ID: "a", Note: strings.Repeat("x", 409600)}); !errors.Is(err, dynamorm.ErrItemTooLarge) || len(v.calls()) != 0 {
		t.Errorf("got %v after %v", err, v.calls())
	}
	if err := v.table.Put(ctx, &Secret{ID: "a", Note: strings.Repeat("x", 409500)}); !errors.Is(err, dynamorm.ErrItemTooLarge) || len(v.calls()) != 1 {
		t.Errorf("got %v after %v", err, v.calls())
	}
	if _, err := v.table.BatchPut(ctx, []*Secret{{ID: "a"}, {ID: "b", Note: strings.Repeat("x", 409500)}}); !errors.Is(err, dynamorm.ErrItemTooLarge) || len(v.calls()) != 3 {
		t.Errorf("got %v after %v", err, v.calls())
	}
	if len(v.script.Requests()) != 0 {
		t.Error("something was sent")
	}
}

func TestABulkWriteTellsTheWriteThatIsTooLargeWithItsEnvelope(t *testing.T) {
	values := []Secret{{ID: "a"}, {ID: "b", Note: strings.Repeat("x", 409500)}, {ID: "c"}}
	v := keyed(t, encryption.Options{}, ok(`{}`))
	var told []dynamorm.BulkFailure
	out, err := v.table.BulkPut(ctx, dynamorm.Stream(slices.Values(values)), dynamorm.WithOnFailure(func(f dynamorm.BulkFailure) { told = append(told, f) }))
	if err != nil || out != (dynamorm.Bulk{Written: 2, Failed: 1}) || len(told) != 1 || told[0].Key.Key["id"] != "b" || !errors.Is(told[0].Err, dynamorm.ErrItemTooLarge) {
		t.Errorf("got %+v, %v, %v", out, told, err)
	}
	v = keyed(t, encryption.Options{})
	_, err = v.table.BulkPut(ctx, dynamorm.Stream(slices.Values(values)))
	var e *dynamorm.Error
	if !errors.As(err, &e) || e.Code != "BatchIncomplete" || !errors.Is(err, dynamorm.ErrItemTooLarge) || len(e.Undone()) != 3 || len(v.script.Requests()) != 0 {
		t.Errorf("got %v", err)
	}
}

func TestABulkWriteWithoutKeysLeavesItsChunkUndone(t *testing.T) {
	v := keyed(t, encryption.Options{})
	v.keys.Refuse(&encryption.Refusal{Type: "ThrottlingException", Status: 400})
	var told []string
	out, err := v.table.BulkPut(ctx, dynamorm.Stream(slices.Values([]Secret{{ID: "a"}, {ID: "b"}})), dynamorm.WithOnFailure(func(f dynamorm.BulkFailure) {
		told = append(told, fmt.Sprintf("%v %v %v", f.Key.Key["id"], f.Unknown, errors.Is(f.Err, dynamorm.ErrKeyUnavailable)))
	}))
	if err != nil || out.Failed != 2 || !slices.Equal(told, []string{"a false true", "b false true"}) {
		t.Errorf("got %+v, %v, %v", out, told, err)
	}
	v = keyed(t, encryption.Options{})
	v.keys.Refuse(&encryption.Refusal{Type: "AccessDeniedException", Status: 400})
	_, err = v.table.BulkPut(ctx, dynamorm.Stream(slices.Values([]Secret{{ID: "a"}})))
	if !errors.Is(err, dynamorm.ErrBatchIncomplete) || !errors.Is(err, dynamorm.ErrKeyUnavailable) {
		t.Errorf("got %v", err)
	}
}

// leaks searches everything that an error shows.
func leaks(t *testing.T, name string, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		text, _ := json.Marshal(e)
		for _, shown := range []string{fmt.Sprint(e), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e), fmt.Sprintf("%q", e), string(text)} {
			if strings.Contains(shown, "hush") {
				t.Errorf("%s: %s", name, shown)
			}
		}
	}
}

func TestNothingThatTheLibraryMakesShowsAPlainValue(t *testing.T) {
	item := storedSecret(t, Secret{ID: "a", Note: hidden})
	v := keyed(t, encryption.Options{}, failed(`,"Item":`+item))
	err := v.table.Create(context.Background(), &Secret{ID: "a", Note: hidden})
	leaks(t, "a failed condition", err)
	put := v.table.Actions().Put(&Secret{ID: "a", Note: hidden})
	record := dynamorm.Record[Secret]{New: &Secret{Note: hidden}}
	for _, x := range []any{v.Client, *v.table, v.table, put, []dynamorm.Action{put}, v.keys, record, &record} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if text := fmt.Sprintf(verb, x); strings.Contains(text, "hush") {
				t.Errorf("%T: %s", x, text)
			}
		}
	}
}
