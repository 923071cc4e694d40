package dynamorm_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

// Label has a composed key, and a discriminator that Sticker shares a table with.
type Label struct {
	Owner string `dynamorm:"owner,required"`
	Text  string `dynamorm:"text"`
}

type Sticker struct {
	Owner string `dynamorm:"owner,required"`
	Size  int64  `dynamorm:"size,required"`
}

func shelf(kind, sort string) dynamorm.Declaration {
	return dynamorm.Declaration{
		Name: kind, Table: "shelf", Partition: &dynamorm.Template{Attribute: "pk", Text: "OWNER#{owner}"}, Sort: &dynamorm.Template{Attribute: "sk", Text: sort},
		Discriminator: &dynamorm.Discriminator{Attribute: "kind", Value: kind},
	}
}

var (
	labels   = dynamorm.MustDefine[Label](shelf("Label", "LABEL"))
	stickers = dynamorm.MustDefine[Sticker](shelf("Sticker", "STICKER#{size:04d}"))
)

// group gives a client over a script, whose waits are kept.
func group(answers ...transport.Answer) (*dynamorm.Client, *transport.Script, *transport.Sleeps) {
	s, waits := transport.NewScript(answers...), &transport.Sleeps{}
	return dynamorm.NewClientOver(s, dynamorm.WithClock(func() time.Time { return now }), dynamorm.WithSleeper(waits.Sleep),
		dynamorm.WithRandom(transport.FixedRandom(0.5)), dynamorm.WithTokens(transport.FixedTokens("one", "two"))), s, waits
}

func bodies(s *transport.Script) (out []string) {
	for _, r := range s.Requests() {
		out = append(out, string(r.Body))
	}
	return out
}

func TestABatchGetGivesItemsInTheOrderOfTheKeysAndTheKeysWithoutOne(t *testing.T) {
	c, s, waits := group(ok(`{"Responses":{"notes":[{"owner":{"S":"a"},"id":{"N":"2"},"text":{"S":"two"}}]},"UnprocessedKeys":{"notes":{"Keys":[{"owner":{"S":"a"},"id":{"N":"1"}}]}}}`),
		ok(`{"Responses":{"notes":[{"owner":{"S":"a"},"id":{"N":"1"},"text":{"S":"one"}}]}}`))
	got, err := dynamorm.NewTable(c, notes).BatchGet(ctx, dynamorm.Keys(dynamorm.Key{"a", 1}, dynamorm.Key{"a", 2}, dynamorm.Key{"a", 3}, dynamorm.Key{"a", 1}), dynamorm.WithConsistentRead())
	if err != nil {
		t.Fatal(err)
	}
	one, two := Note{Owner: "a", ID: 1, Text: "one"}, Note{Owner: "a", ID: 2, Text: "two"}
	if want := (dynamorm.Batch[Note]{Items: []Note{one, two, one}, Missing: []Note{{Owner: "a", ID: 3}}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	same(t, bodies(s)[1], `{"RequestItems":{"notes":{"Keys":[{"owner":{"S":"a"},"id":{"N":"1"}}],"ConsistentRead":true}}}`)
	same(t, fmt.Sprint(waits.All()), "[25ms]")
}

func TestABatchGetThatIsNotCompleteGivesWhatItFound(t *testing.T) {
	c, _, _ := group(ok(`{"Responses":{"shelf":[{"pk":{"S":"OWNER#a"},"sk":{"S":"LABEL"},"owner":{"S":"a"},"text":{"S":"x"},"kind":{"S":"Label"}}]},"UnprocessedKeys":{"shelf":{"Keys":[{"pk":{"S":"OWNER#b"},"sk":{"S":"STICKER#0007"}}]}}}`),
		transport.Answer{Status: 400, Body: `{"__type":"x#AccessDeniedException"}`})
	tags, marks := dynamorm.NewTable(c, labels).Actions(), dynamorm.NewTable(c, stickers).Actions()
	_, err := c.BatchGet(ctx, []dynamorm.GetAction{tags.Get(Label{Owner: "a"}), marks.Get(Sticker{Owner: "b", Size: 7})})
	var e *dynamorm.Error
	if !errors.As(err, &e) || !errors.Is(err, dynamorm.ErrBatchIncomplete) || !errors.Is(err, dynamorm.ErrAccessDenied) || e.Retryable {
		t.Fatalf("got %v", err)
	}
	var found []dynamorm.Item
	if !e.Found(&found) || !reflect.DeepEqual(found, []dynamorm.Item{{Model: "Label", Value: &Label{"a", "x"}}}) || e.Found(&[]Label{}) {
		t.Errorf("found %+v", found)
	}
	if want := []dynamorm.BatchKey{{Model: "Sticker", Key: map[string]any{"owner": "b", "size": int64(7)}}}; !reflect.DeepEqual(e.Undone(), want) {
		t.Errorf("got %+v", e.Undone())
	}
	if want := []dynamorm.BatchKey{{Model: "Label", Key: map[string]any{"owner": "a"}}}; !reflect.DeepEqual(e.Done(), want) {
		t.Errorf("got %+v", e.Done())
	}
}

func TestABatchGetOfSeveralModelsTellsThemApartAndHidesWhatItFetched(t *testing.T) {
	c, s, _ := group(ok(`{"Responses":{"shelf":[{"pk":{"S":"OWNER#a"},"sk":{"S":"LABEL"},"kind":{"S":"Label"},"text":{"S":"x"}}]}}`), ok(`{}`))
	tags, marks := dynamorm.NewTable(c, labels).Actions(), dynamorm.NewTable(c, stickers).Actions()
	got, err := c.BatchGet(ctx, []dynamorm.GetAction{tags.Get(Label{Owner: "a"}, dynamorm.WithSelect(dynamorm.Field("text"))), marks.Get(Sticker{Owner: "a", Size: 7})})
	if err != nil {
		t.Fatal(err)
	}
	same(t, bodies(s)[0], `{"RequestItems":{"shelf":{"Keys":[{"pk":{"S":"OWNER#a"},"sk":{"S":"LABEL"}}],"ProjectionExpression":"#n0, #n1, #n2, #n3","ExpressionAttributeNames":{"#n0":"text","#n1":"pk","#n2":"sk","#n3":"kind"}}}}`)
	want := dynamorm.Batch[dynamorm.Item]{Items: []dynamorm.Item{{Model: "Label", Value: &Label{Text: "x"}}}, Missing: []dynamorm.Item{{Model: "Sticker", Value: &Sticker{Owner: "a", Size: 7}}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestABatchPutLeavesWhatWasStoredWithTheCallerAndTheRestAsItWas(t *testing.T) {
	answers := []transport.Answer{ok(`{}`)}
	c, _, waits := group(append(answers, transport.Answer{Status: 400, Body: `{"__type":"x#AccessDeniedException"}`})...)
	values := make([]*Note, 26)
	for i := range values {
		values[i] = &Note{Owner: "a", ID: int64(i), Tags: []string{"b", "a"}}
	}
	n, err := dynamorm.NewTable(c, notes).BatchPut(ctx, values)
	if n != 25 || !errors.Is(err, dynamorm.ErrBatchIncomplete) || len(waits.All()) != 0 {
		t.Errorf("got %d, %v", n, err)
	}
	if values[24].Version != 1 || values[24].Updated.IsZero() || values[24].Tags[0] != "a" || !reflect.DeepEqual(*values[25], Note{Owner: "a", ID: 25, Tags: []string{"b", "a"}}) {
		t.Errorf("got %+v and %+v", values[24], values[25])
	}
}

func TestABatchIsCheckedBeforeItIsSent(t *testing.T) {
	for name, call := range map[string]func(table *dynamorm.Table[Note], c *dynamorm.Client) error{
		"a put without a key": func(table *dynamorm.Table[Note], _ *dynamorm.Client) error {
			_, err := table.BatchPut(ctx, []*Note{{Owner: "a"}, {}})
			return err
		},
		"a version": func(table *dynamorm.Table[Note], _ *dynamorm.Client) error {
			_, err := table.BatchPut(ctx, []*Note{{Owner: "a", Version: 3}})
			return err
		},
		"the same object twice": func(table *dynamorm.Table[Note], _ *dynamorm.Client) error {
			v := &Note{Owner: "a"}
			_, err := table.BatchPut(ctx, []*Note{v, v})
			return err
		},
		"a put and a delete of an item": func(table *dynamorm.Table[Note], _ *dynamorm.Client) error {
			_, err := table.BatchWrite(ctx, []*Note{{Owner: "a", ID: 1}}, dynamorm.Keys(dynamorm.Key{"a", 1}))
			return err
		},
		"a condition": func(table *dynamorm.Table[Note], c *dynamorm.Client) error {
			_, err := c.BatchWrite(ctx, []dynamorm.Action{table.Actions().Delete(dynamorm.Key{"a", 1}, dynamorm.WithMustExist())})
			return err
		},
		"a create": func(table *dynamorm.Table[Note], c *dynamorm.Client) error {
			_, err := c.BatchWrite(ctx, []dynamorm.Action{table.Actions().Create(&Note{Owner: "a"})}, dynamorm.WithUnchecked())
			return err
		},
		"an action of nobody": func(_ *dynamorm.Table[Note], c *dynamorm.Client) error {
			_, err := c.BatchWrite(ctx, []dynamorm.Action{{}})
			return err
		},
		"an option of another call": func(table *dynamorm.Table[Note], _ *dynamorm.Client) error {
			_, err := table.BatchDelete(ctx, nil, dynamorm.WithMustExist())
			return err
		},
		"a delete of a model among others": func(_ *dynamorm.Table[Note], c *dynamorm.Client) error {
			_, err := dynamorm.NewTable(c, labels).BatchDelete(ctx, dynamorm.Keys(Label{Owner: "a"}))
			return err
		},
	} {
		c, s, _ := group()
		var e *dynamorm.Error
		err := call(dynamorm.NewTable(c, notes), c)
		if !errors.As(err, &e) || e.Code != "ValidationFailed" && e.Code != "MissingPrimaryKey" || len(s.Requests()) != 0 {
			t.Errorf("%s: %v after %v", name, err, bodies(s))
		}
	}
}

func TestABatchOfNothingSendsNothing(t *testing.T) {
	c, s, _ := group()
	table := dynamorm.NewTable(c, notes)
	got, err := table.BatchGet(ctx, nil)
	out, fail := table.BatchWrite(ctx, nil, nil)
	if err = errors.Join(err, fail); err != nil || len(got.Items)+len(got.Missing) != 0 || out != (dynamorm.Written{}) || len(s.Requests()) != 0 {
		t.Errorf("got %v, %v, %v", got, out, err)
	}
}

func TestABatchOfMapsIsABatch(t *testing.T) {
	c, s, _ := group(ok(`{}`), ok(`{"Responses":{"notes":[{"owner":{"S":"a"},"id":{"N":"1"}}]}}`))
	model, err := dynamorm.Dynamic(notes.Schema())
	if err != nil {
		t.Fatal(err)
	}
	table := dynamorm.NewDynamicTable(c, model)
	v := map[string]any{"owner": "a", "id": 1}
	out, err := table.BatchWrite(ctx, []map[string]any{v}, dynamorm.Keys(dynamorm.Key{"a", 2}))
	if err != nil || out != (dynamorm.Written{Written: 1, Deleted: 1}) || v["version"] != int64(1) {
		t.Errorf("got %+v, %v, %v", out, err, v)
	}
	got, err := table.BatchGet(ctx, dynamorm.Keys(dynamorm.Key{"a", 1}, dynamorm.Key{"a", 9}))
	if err != nil || len(got.Items) != 1 || got.Items[0]["owner"] != "a" || !reflect.DeepEqual(got.Missing, []map[string]any{{"owner": "a", "id": int64(9)}}) {
		t.Errorf("got %+v, %v after %v", got, err, bodies(s))
	}
}

func TestActionsAndTheirErrorsShowNoValues(t *testing.T) {
	c, _, _ := group()
	table := dynamorm.NewTable(c, notes)
	actions := []any{table.Actions().Put(&Note{Owner: "hush"}), []dynamorm.Action{table.Actions().Delete(dynamorm.Key{"hush", 1})}, table.Actions().Get(dynamorm.Key{"hush", 1}), dynamorm.Action{}}
	for _, a := range actions {
		if text := fmt.Sprintf("%v %+v %#v %s %d", a, a, a, a, a); strings.Contains(text, "hush") || !strings.Contains(text, "dynamorm.Action") {
			t.Errorf("got %s", text)
		}
	}
}

func TestRetriesThatMakeNoSenseAreRefusedBeforeARequest(t *testing.T) {
	for _, option := range []dynamorm.ClientOption{dynamorm.WithMaxAttempts(0), dynamorm.WithBackoffBase(-1), dynamorm.WithBackoffCap(-time.Second)} {
		s := transport.NewScript(ok(`{}`))
		c := dynamorm.NewClientOver(s, option)
		table := dynamorm.NewTable(c, notes)
		_, get := table.BatchGet(ctx, dynamorm.Keys(dynamorm.Key{"a", 1}))
		_, put := table.BatchPut(ctx, []*Note{{Owner: "a"}})
		_, bulk := table.BulkPut(ctx, dynamorm.Stream(func(func(Note) bool) {}))
		transact := c.TransactWrite(ctx, []dynamorm.Action{table.Actions().Put(&Note{Owner: "a"})})
		for _, err := range []error{get, put, bulk, transact} {
			if !errors.Is(err, dynamorm.ErrValidationFailed) || len(s.Requests()) != 0 {
				t.Errorf("got %v", err)
			}
		}
	}
}
