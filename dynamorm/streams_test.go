package dynamorm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/stream"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

type Jot struct {
	Page string `dynamorm:"page,required"`
	Text string `dynamorm:"text"`
}

type Scrap struct {
	Page  string `dynamorm:"page,required"`
	Count int64  `dynamorm:"count"`
}

var (
	jots   = dynamorm.MustDefine[Jot](dynamorm.Declaration{Table: "book", Partition: &dynamorm.Template{Attribute: "pk", Text: "JOT#{page}"}, Discriminator: &dynamorm.Discriminator{Attribute: "kind", Value: "Jot"}})
	scraps = dynamorm.MustDefine[Scrap](dynamorm.Declaration{Table: "book", Partition: &dynamorm.Template{Attribute: "pk", Text: "SCRAP#{page}"}, Discriminator: &dynamorm.Discriminator{Attribute: "kind", Value: "Scrap"}})
)

func change(number, kind, key, images string) stream.Record {
	return stream.Record(`{"eventID":"e-` + number + `","eventName":"` + kind + `","dynamodb":{"ApproximateCreationDateTime":1767323045,"Keys":` + key + `,"SequenceNumber":"` + number + `"` + images + `}}`)
}

func jot(number, page, text string) stream.Record {
	return change(number, "INSERT", `{"pk":{"S":"JOT#`+page+`"}}`, `,"NewImage":{"pk":{"S":"JOT#`+page+`"},"page":{"S":"`+page+`"},"kind":{"S":"Jot"},"text":{"S":"`+text+`"}}`)
}

func scrap(number, page, count string) stream.Record {
	return change(number, "REMOVE", `{"pk":{"S":"SCRAP#`+page+`"}}`, `,"OldImage":{"pk":{"S":"SCRAP#`+page+`"},"page":{"S":"`+page+`"},"kind":{"S":"Scrap"},"count":{"N":"`+count+`"}}`)
}

func offline() *dynamorm.Client { return dynamorm.NewClientOver(transport.NewScript()) }

func TestARecordIsTyped(t *testing.T) {
	table := dynamorm.NewTable(offline(), jots)
	got, err := table.DecodeRecord(ctx, jot("1", "a", "hello"))
	want := dynamorm.Record[Jot]{Kind: stream.Insert, Model: "Jot", EventID: "e-1", SequenceNumber: "1", CreatedAt: time.Unix(1767323045, 0).UTC(),
		Keys: map[string]any{"pk": "JOT#a"}, New: &Jot{Page: "a", Text: "hello"}, Changed: []string{"page", "text"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, %v", got.Keys, err)
	}
	notes := dynamorm.NewTable(offline(), notes)
	both, err := notes.DecodeRecord(ctx, change("2", "MODIFY", `{"owner":{"S":"a"},"id":{"N":"7"}}`, `,"OldImage":{"owner":{"S":"a"},"id":{"N":"7"},"text":{"S":"x"}},"NewImage":{"owner":{"S":"a"},"id":{"N":"7.0"}}`))
	if err != nil || both.Old.Text != "x" || both.New.ID != 7 || !reflect.DeepEqual(both.Keys, map[string]any{"owner": "a", "id": int64(7)}) || !slices.Equal(both.Changed, []string{"text"}) {
		t.Errorf("got %+v, %+v, %v, %v", both.Old, both.New, both.Changed, err)
	}
	dynamic, err := dynamorm.Dynamic(jots.Schema())
	if err != nil {
		t.Fatal(err)
	}
	m, err := dynamorm.NewDynamicTable(offline(), dynamic).DecodeRecord(ctx, jot("1", "a", "hello"))
	if err != nil || (*m.New)["text"] != "hello" || m.Old != nil {
		t.Errorf("got %v, %v", m.New, err)
	}
}

func TestARecordThatDoesNotFitSaysWhere(t *testing.T) {
	table := dynamorm.NewTable(offline(), jots)
	for name, row := range map[string]struct {
		record stream.Record
		path   string
	}{
		"a tag":          {change("1", "INSERT", `{"pk":{"S":"JOT#a"}}`, `,"NewImage":{"pk":{"S":"JOT#a"},"page":{"S":"a"},"kind":{"S":"Jot"},"text":{"N":"123456"}}`), "text"},
		"missing":        {change("1", "INSERT", `{"pk":{"S":"JOT#a"}}`, `,"NewImage":{"pk":{"S":"JOT#a"},"kind":{"S":"Jot"}}`), "page"},
		"another model":  {scrap("1", "a", "1"), "kind"},
		"no key":         {change("1", "INSERT", `{}`, ``), "pk"},
		"a key of N":     {change("1", "INSERT", `{"pk":{"N":"123456"}}`, ``), "pk"},
		"another record": {stream.Record(`{}`), ""},
	} {
		_, err := table.DecodeRecord(ctx, row.record)
		var e *dynamorm.Error
		if !errors.As(err, &e) || e.Code != "DecodeFailed" || e.Path != row.path || strings.Contains(fmt.Sprintf("%+v", err), "123456") {
			t.Errorf("%s: got %v", name, err)
		}
		if got := errors.Is(err, dynamorm.ErrUnknownRecord); got != (name == "another model") {
			t.Errorf("%s: unknown is %v", name, got)
		}
	}
}

func TestARecordOfSeveralModelsIsOfOne(t *testing.T) {
	c, both := offline(), []dynamorm.AnyModel{jots, scraps}
	got, err := c.DecodeRecord(ctx, both, scrap("1", "a", "3"))
	if err != nil || got.Model != "Scrap" || got.New != nil || !reflect.DeepEqual(got.Old, &dynamorm.Item{Model: "Scrap", Value: &Scrap{Page: "a", Count: 3}}) {
		t.Errorf("got %+v, %v", got.Old, err)
	}
	if _, err := c.DecodeRecord(ctx, both, change("1", "REMOVE", `{"pk":{"S":"JOT#a"}}`, ``)); !errors.Is(err, dynamorm.ErrUnknownRecord) || !errors.Is(err, dynamorm.ErrDecodeFailed) {
		t.Errorf("got %v", err)
	}
	if _, err := c.DecodeRecord(ctx, []dynamorm.AnyModel{jots, jots}, scrap("1", "a", "3")); !errors.Is(err, dynamorm.ErrValidationFailed) {
		t.Errorf("got %v", err)
	}
}

func TestAnImageIsOpened(t *testing.T) {
	old, young := storedSecret(t, Secret{ID: "a", Note: hidden, Hint: "h"}), storedSecret(t, Secret{ID: "a", Pin: "1234", Note: hidden})
	v := keyed(t, encryption.Options{})
	r := change("1", "MODIFY", `{"id":{"S":"a"}}`, `,"OldImage":`+old+`,"NewImage":`+young)
	got, err := v.table.DecodeRecord(ctx, r)
	if err != nil || got.Old.Note != hidden || got.New.Pin != "1234" || !slices.Equal(got.Changed, []string{"hint", "pin"}) {
		t.Errorf("got %+v, %v, %v", got.New, got.Changed, err)
	}
	if len(v.script.Requests()) != 0 {
		t.Error("DynamoDB was asked")
	}
	if _, err := dynamorm.NewTable(offline(), secrets).DecodeRecord(ctx, r); !errors.Is(err, dynamorm.ErrEncryptionNotConfigured) {
		t.Errorf("got %v", err)
	}
}

// handled notes what a handler is given.
type handled struct {
	list  []string
	fails map[string]bool
}

func (h *handled) note(number, text string) error {
	h.list = append(h.list, number+" "+text)
	if h.fails[number] {
		return errors.New("mine")
	}
	return nil
}

func (h *handled) routes() []dynamorm.StreamRoute {
	return []dynamorm.StreamRoute{
		dynamorm.OnRecord(jots, func(_ context.Context, r dynamorm.Record[Jot]) error { return h.note(r.SequenceNumber, r.New.Text) }),
		dynamorm.OnRecord(scraps, func(_ context.Context, r dynamorm.Record[Scrap]) error {
			return h.note(r.SequenceNumber, fmt.Sprint(r.Old.Count))
		}),
	}
}

func handle(t *testing.T, h *handled, o dynamorm.StreamOptions, records ...stream.Record) (string, error) {
	t.Helper()
	handler, err := dynamorm.NewStreamHandler(offline(), o, h.routes()...)
	if err != nil {
		t.Fatal(err)
	}
	event, _ := json.Marshal(dynamorm.StreamEvent{Records: records})
	var given dynamorm.StreamEvent // as Lambda gives it
	if err := json.Unmarshal(event, &given); err != nil {
		t.Fatal(err)
	}
	out, err := handler.Handle(ctx, given)
	text, _ := json.Marshal(out)
	return string(text), err
}

func TestABatchIsHandledUpToTheFirstFailure(t *testing.T) {
	var told []string
	options := dynamorm.StreamOptions{OnFailure: func(_ context.Context, f dynamorm.StreamFailure) {
		told = append(told, f.SequenceNumber+" "+f.Err.Error())
	}}
	h := &handled{fails: map[string]bool{"3": true}}
	out, err := handle(t, h, options, jot("1", "a", "one"), scrap("2", "b", "2"), jot("3", "c", "three"), jot("4", "d", "four"))
	equal(t, "the answer", out, `{"batchItemFailures":[{"itemIdentifier":"3"}]}`)
	equal(t, "the records", h.list, []string{"1 one", "2 2", "3 three"})
	equal(t, "the failures", told, []string{"3 mine"})
	if err != nil {
		t.Error(err)
	}
	out, err = handle(t, &handled{}, options)
	if equal(t, "the answer", out, `{"batchItemFailures":[]}`); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeReadGoesToItsHandler(t *testing.T) {
	bad := change("2", "INSERT", `{"pk":{"S":"JOT#b"}}`, `,"NewImage":{"kind":{"S":"Jot"}}`)
	nameless := stream.Record(`{"dynamodb":{}}`)
	stray := change("5", "REMOVE", `{"pk":{"S":"X"}}`, ``)
	var got []string
	catch := func(fail error) dynamorm.StreamOptions {
		return dynamorm.StreamOptions{OnDecodeError: func(_ context.Context, r stream.Record, err error) error {
			got = append(got, stream.SequenceNumber(r)+fmt.Sprint(errors.Is(err, dynamorm.ErrDecodeFailed)))
			return fail
		}, OnFailure: func(context.Context, dynamorm.StreamFailure) {}}
	}
	h := &handled{}
	out, err := handle(t, h, catch(nil), jot("1", "a", "one"), bad, nameless, stray, jot("6", "c", "six"))
	equal(t, "the answer", out, `{"batchItemFailures":[]}`)
	equal(t, "the records", h.list, []string{"1 one", "6 six"})
	if equal(t, "the unreadable", got, []string{"2true", "true", "5true"}); err != nil {
		t.Error(err)
	}
	if out, err = handle(t, &handled{}, catch(errors.New("mine")), bad, jot("3", "c", "x")); err != nil || out != `{"batchItemFailures":[{"itemIdentifier":"2"}]}` {
		t.Errorf("got %s, %v", out, err)
	}
	if _, err = handle(t, &handled{}, dynamorm.StreamOptions{OnFailure: func(context.Context, dynamorm.StreamFailure) {}}, nameless); !errors.Is(err, dynamorm.ErrDecodeFailed) {
		t.Errorf("got %v", err)
	}
	var unknown []string
	o := dynamorm.StreamOptions{OnUnknown: func(_ context.Context, r stream.Record) error {
		unknown = append(unknown, stream.SequenceNumber(r))
		return nil
	}}
	if out, err = handle(t, &handled{}, o, stray); err != nil || out != `{"batchItemFailures":[]}` || !slices.Equal(unknown, []string{"5"}) {
		t.Errorf("got %s, %v, %v", out, unknown, err)
	}
}

func TestARecordWithoutItsKeyHasFailedAndIsNoUnreadableOne(t *testing.T) {
	r := change("1", "INSERT", `{"id":{"S":"a"}}`, `,"NewImage":`+storedSecret(t, Secret{ID: "a", Note: hidden}))
	v := keyed(t, encryption.Options{})
	v.keys.Refuse(&encryption.Refusal{Type: "ThrottlingException", Status: 400})
	handler, err := dynamorm.NewStreamHandler(v.Client, dynamorm.StreamOptions{
		OnDecodeError: func(context.Context, stream.Record, error) error { t.Error("it was taken for unreadable"); return nil },
		OnFailure:     func(_ context.Context, f dynamorm.StreamFailure) { leaks(t, "the failure", f.Err) },
	}, dynamorm.OnRecord(secrets, func(context.Context, dynamorm.Record[Secret]) error { return nil }))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := handler.Handle(ctx, dynamorm.StreamEvent{Records: []stream.Record{r}}); err != nil || len(out.BatchItemFailures) != 1 {
		t.Errorf("got %v, %v", out, err)
	}
}

func TestWhatWasHandledIsNotHandledAgain(t *testing.T) {
	seen, err := stream.NewMemory(10)
	if err != nil {
		t.Fatal(err)
	}
	quiet := func(context.Context, dynamorm.StreamFailure) {}
	h := &handled{fails: map[string]bool{"2": true}}
	for range 2 {
		if _, err := handle(t, h, dynamorm.StreamOptions{Seen: seen, OnFailure: quiet}, jot("1", "a", "one"), jot("2", "b", "two"), jot("3", "c", "three")); err != nil {
			t.Fatal(err)
		}
		h.fails = nil
	}
	equal(t, "the records", h.list, []string{"1 one", "2 two", "2 two", "3 three"})
}

func TestAFailureIsLoggedWithoutItems(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	bad := change("2", "INSERT", `{"pk":{"S":"JOT#b"}}`, `,"NewImage":{"kind":{"S":"Jot"},"text":{"S":"hush hush"}}`)
	if _, err := handle(t, &handled{}, dynamorm.StreamOptions{}, bad); err != nil {
		t.Fatal(err)
	}
	if text := log.String(); !strings.Contains(text, "sequence_number=2") || !strings.Contains(text, "DecodeFailed Jot at page") || strings.Contains(text, "hush") {
		t.Errorf("got %s", text)
	}
}

func TestAHandlerRefusesRoutesThatNothingTellsApart(t *testing.T) {
	route := dynamorm.OnRecord(jots, func(context.Context, dynamorm.Record[Jot]) error { return nil })
	for _, routes := range [][]dynamorm.StreamRoute{nil, {route, route}, {{}}, {route, dynamorm.OnRecord(notes, func(context.Context, dynamorm.Record[Note]) error { return nil })}} {
		if _, err := dynamorm.NewStreamHandler(offline(), dynamorm.StreamOptions{}, routes...); !errors.Is(err, dynamorm.ErrValidationFailed) {
			t.Errorf("got %v", err)
		}
	}
}
