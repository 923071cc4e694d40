package dynamorm_test

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

const (
	pageOne = `{"Count":2,"Items":[{"owner":{"S":"ada"},"id":{"N":"1"},"text":{"S":"a"}},{"owner":{"S":"ada"},"id":{"N":"2"},"text":{"S":"b"}}],"LastEvaluatedKey":{"owner":{"S":"ada"},"id":{"N":"2"}}}`
	noItems = `{"Count":0,"Items":[],"LastEvaluatedKey":{"id":{"N":"5.0"},"owner":{"S":"ada"}}}`
	pageTwo = `{"Count":1,"Items":[{"owner":{"S":"ada"},"id":{"N":"7"},"text":{"S":"c"}}]}`
	query   = `{"TableName":"notes","KeyConditionExpression":"#n0 = :v0","ExpressionAttributeNames":{"#n0":"owner"},"ExpressionAttributeValues":{":v0":{"S":"ada"}}`
)

// threePages answers a query whose middle page is empty.
func threePages() []transport.Answer {
	return []transport.Answer{ok(pageOne), ok(noItems), ok(pageTwo)}
}

// ids gives the ids of a reading's notes, up to an error.
func ids(t *testing.T, items iter.Seq2[Note, error]) (out []int64) {
	t.Helper()
	for n, err := range items {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, n.ID)
	}
	return out
}

func equal(t *testing.T, name string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", name, got, want)
	}
}

func TestAPageIsAskedForWhenItsFirstItemIs(t *testing.T) {
	table, s := scripted(threePages()...)
	reading := table.Query("ada")
	items := reading.All(ctx)
	_ = reading.Pages(ctx)
	equal(t, "before an item is asked for", len(s.Requests()), 0)
	sent := map[int64]int{}
	for n, err := range items {
		if err != nil {
			t.Fatal(err)
		}
		sent[n.ID] = len(s.Requests())
	}
	equal(t, "requests by item", sent, map[int64]int{1: 1, 2: 1, 7: 3})
	equal(t, "the first", string(s.Requests()[0].Body), query+"}")
	equal(t, "the last", string(s.Requests()[2].Body), query+`,"ExclusiveStartKey":{"id":{"N":"5.0"},"owner":{"S":"ada"}}}`)
}

func TestNothingIsAskedForBehindTheItemWhereTheLoopWasLeft(t *testing.T) {
	table, s := scripted(threePages()...)
	for range table.Query("ada").All(ctx) {
		break
	}
	for range table.Query("ada").Pages(ctx) {
		break
	}
	equal(t, "requests", len(s.Requests()), 2)
}

func TestAReadingIsReadAgainFromItsStart(t *testing.T) {
	table, s := scripted(append(threePages(), threePages()...)...)
	reading := table.Query("ada")
	items := reading.All(ctx)
	equal(t, "once", ids(t, items), []int64{1, 2, 7})
	equal(t, "twice", ids(t, items), []int64{1, 2, 7})
	for i, r := range s.Requests()[:3] {
		equal(t, fmt.Sprint("request ", i), s.Requests()[3+i], r)
	}
}

func TestAReadingCanBeReadByManyAtOnce(t *testing.T) {
	reading := dynamorm.NewTable(dynamorm.NewClientOver(&shelves{pages: 3}), notes).
		Scan(dynamorm.WithLimit(5), dynamorm.WithFilter(dynamorm.Field("text").Ne("x")))
	done := make(chan []int64)
	for range 4 {
		go func() { done <- ids(t, reading.All(ctx)) }()
	}
	for range 4 {
		equal(t, "ids", <-done, []int64{0, 1, 2, 3, 4})
	}
}

func TestAnErrorIsTheLastThingOfAReading(t *testing.T) {
	table, s := scripted(ok(pageOne), transport.Answer{Status: 400, Body: `{"__type":"x#ThrottlingException"}`}, ok(pageTwo))
	got := []string{}
	for n, err := range table.Query("ada").All(ctx) {
		got = append(got, fmt.Sprint(n.ID, " ", errors.Is(err, dynamorm.ErrThrottled)))
	}
	equal(t, "items", got, []string{"1 false", "2 false", "0 true"})
	equal(t, "requests", len(s.Requests()), 2)
	table, _ = scripted(ok(pageOne), ok(`{"Items":["x"]}`))
	page, err := table.Query("ada").Collect(ctx)
	if !errors.Is(err, dynamorm.ErrDecodeFailed) || page.Items != nil || page.Cursor != "" {
		t.Errorf("a misshapen page: got %+v, %v", page, err)
	}
}

func TestACursorGoesOnInAnotherReading(t *testing.T) {
	table, s := scripted(ok(pageOne), ok(pageTwo))
	first, err := table.Query("ada", dynamorm.WithLimit(1)).Collect(ctx)
	if err != nil || first.Cursor == "" || len(first.Items) != 1 {
		t.Fatalf("got %+v, %v", first, err)
	}
	rest, err := table.Query("ada", dynamorm.WithCursor(first.Cursor)).Collect(ctx)
	if err != nil || rest.Cursor != "" || len(rest.Items) != 1 {
		t.Fatalf("got %+v, %v", rest, err)
	}
	equal(t, "the key", body(t, s), query+`,"ExclusiveStartKey":{"id":{"N":"1"},"owner":{"S":"ada"}}}`)
	for name, options := range map[string][]dynamorm.Option{
		"lost":            {dynamorm.WithCursor("")},
		"other direction": {dynamorm.WithCursor(first.Cursor), dynamorm.WithDescending()},
	} {
		if _, err := table.Query("ada", options...).Collect(ctx); !errors.Is(err, dynamorm.ErrInvalidCursor) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := table.Query("bob", dynamorm.WithCursor(first.Cursor)).Collect(ctx); !errors.Is(err, dynamorm.ErrInvalidCursor) {
		t.Errorf("other partition: got %v", err)
	}
	if _, err := table.Scan(dynamorm.WithCursor(first.Cursor)).Collect(ctx); !errors.Is(err, dynamorm.ErrInvalidCursor) {
		t.Errorf("a scan: got %v", err)
	}
	equal(t, "requests", len(s.Requests()), 2)
}

func TestAViewHasItsFieldsAlone(t *testing.T) {
	type title struct {
		Number int64  `dynamorm:"id"`
		Text   string `dynamorm:"text"`
	}
	table, s := scripted(ok(pageOne), ok(pageOne), ok(pageOne))
	titles, err := dynamorm.Projected[title](table.Query("ada", dynamorm.WithLimit(2))).Collect(ctx)
	if err != nil || titles.Cursor == "" {
		t.Fatal(titles, err)
	}
	equal(t, "items", titles.Items, []title{{1, "a"}, {2, "b"}})
	same(t, body(t, s), `{"TableName":"notes","KeyConditionExpression":"#n0 = :v0","ProjectionExpression":"#n1, #n2, #n0",`+
		`"ExpressionAttributeNames":{"#n0":"owner","#n1":"id","#n2":"text"},"ExpressionAttributeValues":{":v0":{"S":"ada"}},"Limit":2}`)
	texts, err := dynamorm.Projected[title](table.Query("ada", dynamorm.WithLimit(2)), dynamorm.Field("text"), dynamorm.Field("owner")).Collect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "a struct without the cursor's keys", texts.Items, []title{{0, "a"}, {0, "b"}})
	maps, err := dynamorm.Projected[map[string]any](table.Query("ada", dynamorm.WithLimit(1)), dynamorm.Field("text")).Collect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "a map without the cursor's keys", maps.Items, []map[string]any{{"text": "a"}})
}

func TestPartsOfPartsAreNotRead(t *testing.T) {
	type title struct {
		Text string `dynamorm:"text"`
	}
	table, s := scripted()
	parts := dynamorm.Projected[title](table.Query("ada"))
	for name, err := range map[string]error{
		"parts of parts":       failure(dynamorm.Projected[title](parts).Collect(ctx)),
		"a view of parts":      failure(dynamorm.InView[title](parts, "short").Collect(ctx)),
		"an unknown view":      failure(dynamorm.InView[title](table.Query("ada"), "short").Collect(ctx)),
		"a count of parts":     failure(parts.Count(ctx)),
		"a limit of the first": failure(table.Query("ada", dynamorm.WithLimit(3)).One(ctx)),
	} {
		if !errors.Is(err, dynamorm.ErrValidationFailed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	equal(t, "requests", len(s.Requests()), 0)
}

func TestAReadingKeepsTheMapsThatItWasGiven(t *testing.T) {
	table, s := scripted(ok(pageTwo))
	partition, sort := map[string]any{"owner": "ada"}, map[string]any{"id": 7}
	reading := table.Query(partition, dynamorm.WithSortParts(sort))
	partition["owner"], sort["id"] = "bob", 8
	equal(t, "ids", ids(t, reading.All(ctx)), []int64{7})
	same(t, body(t, s), `{"TableName":"notes","KeyConditionExpression":"#n0 = :v0 AND #n1 = :v1","ExpressionAttributeNames":{"#n0":"owner","#n1":"id"},`+
		`"ExpressionAttributeValues":{":v0":{"S":"ada"},":v1":{"N":"7"}}}`)
}

func TestAnIndexWithoutANameIsNone(t *testing.T) {
	table, s := scripted()
	for name, reading := range map[string]*dynamorm.Reading[Note]{
		"query by value": table.Query("ada", dynamorm.WithIndex("")), "query by map": table.Query(map[string]any{"owner": "ada"}, dynamorm.WithIndex("")),
		"scan": table.Scan(dynamorm.WithIndex("")),
	} {
		if _, err := reading.Collect(ctx); !errors.Is(err, dynamorm.ErrValidationFailed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	equal(t, "requests", len(s.Requests()), 0)
}

func TestASortConditionThatSaysNothingIsRefused(t *testing.T) {
	table, s := scripted(ok(pageTwo))
	var e *dynamorm.Error
	if _, err := table.Query("ada", dynamorm.WithSort(dynamorm.Sort{})).Collect(ctx); !errors.As(err, &e) || e.Code != "InvalidOperator" || e.Path != "id" {
		t.Errorf("got %v", err)
	}
	if _, err := table.Query("ada", dynamorm.WithSortParts(nil)).Collect(ctx); !errors.As(err, &e) || e.Code != "ValidationFailed" || e.Path != "id" {
		t.Errorf("no parts: got %v", err)
	}
	equal(t, "requests", len(s.Requests()), 0)
}

func failure[T any](_ T, err error) error { return err }

func TestCountFirstAndOneSayHowMuchThereIs(t *testing.T) {
	table, s := scripted(threePages()...)
	if n, err := table.Query("ada").Count(ctx); err != nil || n != 3 {
		t.Errorf("count: got %d, %v", n, err)
	}
	same(t, string(s.Requests()[0].Body), strings.Replace(query, `"#n0 = :v0"`, `"#n0 = :v0","Select":"COUNT"`, 1)+"}")
	table, _ = scripted(ok(noItems), ok(pageTwo), ok(`{"Items":[]}`))
	if n, found, err := table.Query("ada").First(ctx); err != nil || !found || n.ID != 7 {
		t.Errorf("first: got %+v, %v, %v", n, found, err)
	}
	if n, found, err := table.Query("ada").First(ctx); err != nil || found || !reflect.DeepEqual(n, Note{}) {
		t.Errorf("no first: got %+v, %v, %v", n, found, err)
	}
	table, _ = scripted(ok(pageTwo), ok(pageOne), ok(`{"Items":[]}`))
	if n, err := table.Query("ada").One(ctx); err != nil || n.ID != 7 {
		t.Errorf("one: got %+v, %v", n, err)
	}
	if _, err := table.Query("ada").One(ctx); !errors.Is(err, dynamorm.ErrValidationFailed) {
		t.Errorf("two: got %v", err)
	}
	if _, err := table.Query("ada").One(ctx); !errors.Is(err, dynamorm.ErrItemNotFound) {
		t.Errorf("none: got %v", err)
	}
}

func TestNoErrorAndNoReadingShowsAValue(t *testing.T) {
	const secret = "tell-nobody"
	field := dynamorm.Field
	table, _ := scripted(ok(`{"Items":[{"owner":{"S":"`+secret+`"},"id":{"S":"`+secret+`"}}]}`),
		transport.Answer{Status: 400, Body: `{"__type":"x#ValidationException","message":"` + secret + `"}`})
	signed := dynamorm.NewTable(dynamorm.NewClientOver(transport.NewScript(), dynamorm.WithCursorSecrets([]byte(secret))), notes)
	for name, reading := range map[string]*dynamorm.Reading[Note]{
		"an item":         table.Query(secret),
		"the answer":      table.Query(secret),
		"no answer":       table.Query(secret, dynamorm.WithFilter(field("text").Eq(secret))),
		"the partition":   table.Query(map[string]any{"owner": secret, secret: 1}, dynamorm.WithIndex("none")),
		"another part":    table.Query(map[string]any{"text": secret}),
		"a long key":      table.Query(strings.Repeat(secret, 200)),
		"the sort key":    table.Query(secret, dynamorm.WithSort(dynamorm.SortEq(secret))),
		"begins_with":     table.Query(secret, dynamorm.WithSort(dynamorm.SortBeginsWith(secret))),
		"between":         table.Query(secret, dynamorm.WithSort(dynamorm.SortBetween(9876543210123, 1234567890123))),
		"the filter":      table.Query(secret, dynamorm.WithFilter(field("version").Eq(secret))),
		"a key's filter":  table.Query(secret, dynamorm.WithFilter(field("owner").Eq(secret))),
		"the cursor":      table.Query(secret, dynamorm.WithCursor(secret)),
		"an unsigned one": signed.Query(secret, dynamorm.WithCursor(secret), dynamorm.WithCursorContext(secret)),
		"the context":     table.Scan(dynamorm.WithCursorContext(secret)),
	} {
		_, err := reading.Collect(ctx)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, text := range []string{err.Error(), fmt.Sprintf("%v %+v %#v %s %d", reading, reading, reading, reading, reading)} {
			for _, value := range []string{secret, fmt.Sprint([]byte(secret)), "9876543210123", "1234567890123"} {
				if strings.Contains(text, value) {
					t.Errorf("%s: %s", name, text)
				}
			}
		}
	}
	client := dynamorm.NewClientOver(nil, dynamorm.WithCursorSecrets([]byte(secret)))
	same(t, fmt.Sprintf("%v %d", client, client), "dynamorm.Client dynamorm.Client")
	same(t, fmt.Sprintf("%+v", table.Query(secret)), "dynamorm.Reading of Note in notes")
}

type (
	shopOrder struct {
		Customer string `dynamorm:"customer"`
		Number   int64  `dynamorm:"number"`
	}
	shopNote struct {
		Customer string `dynamorm:"customer"`
		Day      string `dynamorm:"day"`
	}
)

// shopModel declares a model of a table that orders and notes share.
func shopModel[T any](name, sort string) *dynamorm.Model[T] {
	return dynamorm.MustDefine[T](dynamorm.Declaration{
		Name: name, Table: "shop", Discriminator: &dynamorm.Discriminator{Attribute: "_type", Value: name},
		Partition: &dynamorm.Template{Attribute: "pk", Text: "C#{customer}"}, Sort: &dynamorm.Template{Attribute: "sk", Text: sort},
	})
}

func TestSeveralModelsAreReadEachAsItsOwn(t *testing.T) {
	models := []dynamorm.AnyModel{shopModel[shopOrder]("Order", "O#{number:04d}"), shopModel[shopNote]("Note", "N#{day}")}
	const order = `{"pk":{"S":"C#ada"},"sk":{"S":"O#0007"},"_type":{"S":"Order"},"customer":{"S":"ada"},"number":{"N":"7"}}`
	const note = `{"pk":{"S":"C#ada"},"sk":{"S":"N#mon"},"_type":{"S":"Note"},"customer":{"S":"ada"},"day":{"S":"mon"}}`
	s := transport.NewScript(ok(`{"Items":[`+note+`,`+order+`]}`), ok(`{"Items":[`+strings.Replace(note, `"Note"`, `"Other"`, 1)+`]}`))
	reading := dynamorm.NewClientOver(s).Query(models, map[string]any{"customer": "ada"})
	page, err := reading.Collect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "items", page.Items, []dynamorm.Item{{Model: "Note", Value: &shopNote{"ada", "mon"}}, {Model: "Order", Value: &shopOrder{"ada", 7}}})
	same(t, body(t, s), `{"TableName":"shop","KeyConditionExpression":"#n0 = :v0","FilterExpression":"#n1 IN (:v1, :v2)","ExpressionAttributeNames":{"#n0":"pk","#n1":"_type"},`+
		`"ExpressionAttributeValues":{":v0":{"S":"C#ada"},":v1":{"S":"Order"},":v2":{"S":"Note"}}}`)
	if _, err := reading.Collect(ctx); !errors.Is(err, dynamorm.ErrDecodeFailed) {
		t.Errorf("an item of none of them: got %v", err)
	}
	if _, err := dynamorm.Projected[shopNote](reading).Collect(ctx); !errors.Is(err, dynamorm.ErrValidationFailed) {
		t.Errorf("parts: got %v", err)
	}
	for name, list := range map[string][]dynamorm.AnyModel{"none": nil, "one twice": {models[0], models[0]}, "another table": {models[0], notes}} {
		if _, err := dynamorm.NewClientOver(s).Query(list, map[string]any{"customer": "ada"}).Collect(ctx); !errors.Is(err, dynamorm.ErrValidationFailed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	equal(t, "requests", len(s.Requests()), 2)
}

func TestTheClockIsReadWhenTheReadingBegins(t *testing.T) {
	type session struct {
		ID   string    `dynamorm:"id,pk"`
		Ends time.Time `dynamorm:"ends,ttl,unix_seconds"`
	}
	second := int64(0)
	clock := func() time.Time { second++; return time.Unix(second, 0) }
	s := transport.NewScript(ok(`{}`), ok(`{}`))
	model := dynamorm.MustDefine[session](dynamorm.Declaration{Name: "Session", Table: "sessions"})
	reading := dynamorm.NewTable(dynamorm.NewClientOver(s, dynamorm.WithClock(clock)), model).Scan(dynamorm.WithHideExpired())
	for _, want := range []string{`{"N":"1"}`, `{"N":"2"}`} {
		if _, err := reading.Collect(ctx); err != nil || !strings.Contains(body(t, s), `"ExpressionAttributeValues":{":v0":`+want+`}`) {
			t.Errorf("got %s, %v", body(t, s), err)
		}
	}
}

func TestHoweverAReadIsCutItsCursorsGiveEachItemOnce(t *testing.T) {
	secrets := dynamorm.WithCursorSecrets([]byte("new"), []byte("old"))
	for name, options := range map[string][]dynamorm.ClientOption{"plain": nil, "signed": {secrets}, "encrypted": {secrets, dynamorm.WithEncryptedCursors()}} {
		for limit := 1; limit < 9; limit++ {
			table := dynamorm.NewTable(dynamorm.NewClientOver(&shelves{pages: 3}, options...), notes)
			seen, more := []Note{}, []dynamorm.Option{}
			for range 7 {
				page, err := table.Scan(append(more, dynamorm.WithLimit(limit))...).Collect(ctx)
				if err != nil || len(page.Items) > limit {
					t.Fatalf("%s by %d: got %+v, %v", name, limit, page, err)
				}
				seen = append(seen, page.Items...)
				if page.Cursor == "" {
					break
				}
				more = []dynamorm.Option{dynamorm.WithCursor(page.Cursor)}
			}
			equal(t, fmt.Sprintf("%s by %d", name, limit), named(seen), everything(1, 3))
		}
	}
}

func TestASignedCursorIsOfOneContext(t *testing.T) {
	table := dynamorm.NewTable(dynamorm.NewClientOver(&shelves{pages: 3}, dynamorm.WithCursorSecrets([]byte("s"))), notes)
	first, err := table.Scan(dynamorm.WithLimit(1), dynamorm.WithCursorContext("ada")).Collect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cursor := dynamorm.WithCursor(first.Cursor)
	for name, row := range map[string]struct {
		options []dynamorm.Option
		want    error
	}{
		"its own":         {[]dynamorm.Option{cursor, dynamorm.WithCursorContext("ada")}, nil},
		"another context": {[]dynamorm.Option{cursor, dynamorm.WithCursorContext("bob")}, dynamorm.ErrInvalidCursor},
		"no context":      {[]dynamorm.Option{cursor}, dynamorm.ErrInvalidCursor},
		"another filter":  {[]dynamorm.Option{cursor, dynamorm.WithCursorContext("ada"), dynamorm.WithFilter(dynamorm.Field("text").Eq(""))}, dynamorm.ErrInvalidCursor},
	} {
		if _, err := table.Scan(row.options...).Collect(ctx); !errors.Is(err, row.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
