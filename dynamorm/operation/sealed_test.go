package operation_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

type Safe struct {
	ID   string `dynamorm:"id,pk"`
	Note string `dynamorm:"note,encrypted"`
	Pin  string `dynamorm:"pin,encrypted"`
}

func safe(t *testing.T) *codec.Plan {
	t.Helper()
	return planOf[Safe](t, "safes")
}

// sealers builds an exchange of each kind that seals.
func sealers(t *testing.T) map[string]operation.Sealer {
	t.Helper()
	p, v := safe(t), &Safe{"a", "hush", "1234"}
	put, err := operation.NewPut(p, nil, operation.PutInput{Table: "safes", Value: v, Keyed: true})
	if err != nil {
		t.Fatal(err)
	}
	set := expression.NewUpdate().Set(expression.F("pin"), "1234").Set(expression.F("note"), "hush")
	update, err := operation.NewUpdate(p, nil, operation.UpdateInput{Table: "safes", Key: codec.Values{"a"}, Update: set, Keyed: true}, new(Safe))
	if err != nil {
		t.Fatal(err)
	}
	all := operation.NewTransactWrite(retries(1), nil, true)
	if err := all.Put(p, operation.PutInput{Table: "safes", Value: v}); err != nil {
		t.Fatal(err)
	}
	if err := all.Finish("token"); err != nil {
		t.Fatal(err)
	}
	w := &operation.Writes{Keyed: true}
	one, err := w.Put(p, operation.PutInput{Table: "safes", Value: v})
	if err == nil {
		err = w.Add(one)
	}
	if err != nil {
		t.Fatal(err)
	}
	item := []byte(`{"id":{"S":"a"},"note":{"S":"n"},"pin":{"S":"p"}}`)
	list := []operation.Fresh{{Attribute: p.Model.Attribute("note"), Text: []byte(`{"S":"hush"}`)}, {Attribute: p.Model.Attribute("pin"), Text: []byte(`{"S":"1234"}`)}}
	again, err := operation.NewReseal(p.Model, "safes", item, list)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]operation.Sealer{"put": put, "update": update, "transaction": all, "batch": operation.NewBatchWrite(w, retries(1), nil), "reseal": again}
}

func TestARequestThatWasNotFilledIsNothingThatCouldBeSent(t *testing.T) {
	for name, x := range sealers(t) {
		request, ok := x.Next()
		if !ok || json.Valid(request.Body) || bytes.Contains(request.Body, []byte("hush")) || bytes.Contains(request.Body, []byte("1234")) {
			t.Errorf("%s: got %q", name, request.Body)
		}
	}
}

func TestARequestIsFilledWithItsEnvelopes(t *testing.T) {
	for name, x := range sealers(t) {
		names := ""
		for _, s := range x.Seals() {
			names += s.Attribute().Name + " "
			s.Fill([]byte(`{"M":{"of":{"S":"` + s.Attribute().Name + `"}}}`))
		}
		if err := x.Fill(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		request, ok := x.Next()
		if text := string(request.Body); names != "note pin " || !ok || !json.Valid(request.Body) || strings.Count(text, `{"M":{"of":`) != 2 {
			t.Errorf("%s: got %s of %s", name, text, names)
		}
	}
}

func TestSizesCountTheEnvelope(t *testing.T) {
	for name, x := range sealers(t) {
		for _, s := range x.Seals() {
			s.Fill([]byte(`{"S":"` + strings.Repeat("x", schema.ItemSizeMaxBytes/2) + `"}`))
		}
		if err := x.Fill(); errors.Is(err, errs.ErrItemTooLarge) != (name != "update" && name != "reseal") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestWhatIsHeldIsFoundAgain(t *testing.T) {
	p := safe(t)
	body := []byte(`{"Item": {"id":{"S":"a"},"note":{"S":"n"}}}`)
	v := new(Safe)
	get, err := operation.NewGet(p, nil, operation.GetInput{Table: "safes", Key: codec.Values{"a"}, Keyed: true}, v)
	if err != nil {
		t.Fatal(err)
	}
	held := get.Held(operation.Response{Body: body})
	if len(held) != 1 || held[0].Plan != p || held[0].Key != nil {
		t.Fatalf("got %v", held)
	}
	if err := get.Receive(operation.Response{Body: body}); !errors.Is(err, errs.ErrEncryptionNotConfigured) {
		t.Errorf("an unopened value is read: %v", err)
	}
	opened := operation.Opened{}
	opened.Add(held[0], codec.Openings{"note": codec.Opened([]byte(`{"S":"hush"}`))})
	if err := get.Receive(operation.Response{Body: body, Opened: opened}); err != nil || v.Note != "hush" {
		t.Errorf("got %+v, %v", v, err)
	}
	if opened.Of(p, []byte("{}")) != nil || opened.Of(safe(t), held[0].Item) != nil || opened.Of(p, nil) != nil {
		t.Error("another item has openings")
	}
	for _, odd := range []string{`{}`, `{"Item":null}`, `{"Item":[]}`, `{"Item":`} {
		if held := get.Held(operation.Response{Body: []byte(odd)}); held != nil {
			t.Errorf("%s: got %v", odd, held)
		}
	}
}
