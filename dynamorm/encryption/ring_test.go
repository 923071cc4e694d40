package encryption_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/encryption/encryptiontest"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

type Secret struct {
	ID   string `dynamorm:"id,pk"`
	Pin  string `dynamorm:"pin,encrypted"`
	Note string `dynamorm:"note,encrypted"`
	Doc  string `dynamorm:"doc,encrypted:Paper|text"`
	Hint string `dynamorm:"hint"`
}

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

var secrets = must(schema.Declare(reflect.TypeFor[Secret](), schema.Declaration{Table: "secrets", Namespace: "acme"}))

func must(m *schema.Model, err error) *schema.Model {
	if err != nil {
		panic(err)
	}
	return m
}

func setting(t testing.TB, keys encryption.KeyService, o encryption.Options) *encryption.Encryption {
	t.Helper()
	e, err := encryption.New(keys, "alias/app", o)
	if err != nil {
		t.Fatal(err)
	}
	encryptiontest.SetNonces(e, encryptiontest.Counted())
	return e
}

// seals gives what is to be sealed of an item of one id: values by attributes.
func seals(t testing.TB, id string, names ...string) *codec.Seals {
	t.Helper()
	s := &codec.Seals{}
	for _, name := range names {
		if _, err := s.Add(nil, secrets.Attribute(name), []byte(`{"S":"hush"}`)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Bind(0, secrets, []byte(`{"id":{"S":"`+id+`"}}`)); err != nil {
		t.Fatal(err)
	}
	return s
}

func seal(t testing.TB, e *encryption.Encryption, now time.Time, name, _ string) []byte {
	t.Helper()
	s := seals(t, "a", name)
	if err := e.Ring(now).Seal(t.Context(), s.All()); err != nil {
		t.Fatal(err)
	}
	return s.All()[0].Envelope()
}

func item(members ...any) []byte {
	out := `{"id":{"S":"a"}`
	for i := 0; i < len(members); i += 2 {
		out += fmt.Sprintf(`,%q:%s`, members[i], members[i+1])
	}
	return []byte(out + "}")
}

func openErr(e *encryption.Encryption, now time.Time, name string, stored []byte) error {
	text := item(name, stored)
	_, err := e.Ring(now).Open(context.Background(), []encryption.Item{{Model: secrets, JSON: text, Key: text}})[0].Openings[name].Value()
	return err
}

func open(t testing.TB, e *encryption.Encryption, now time.Time, name string, stored []byte) string {
	t.Helper()
	text := item(name, stored)
	out, err := e.Ring(now).Open(t.Context(), []encryption.Item{{Model: secrets, JSON: text, Key: text}})[0].Openings[name].Value()
	if err != nil {
		t.Error(err)
	}
	return string(out)
}

func TestASettingIsCheckedWhenItIsMade(t *testing.T) {
	keys := &encryptiontest.InMemoryKeys{}
	for name, row := range map[string]struct {
		service encryption.KeyService
		key     string
		options encryption.Options
	}{
		"no service":           {nil, "k", encryption.Options{}},
		"no key":               {keys, "", encryption.Options{}},
		"an empty read key":    {keys, "k", encryption.Options{ReadKeys: []string{""}}},
		"an empty name":        {keys, "k", encryption.Options{Context: map[string]string{"": "x"}}},
		"a name of dynamorm's": {keys, "k", encryption.Options{Context: map[string]string{"dynamorm:x": "x"}}},
		"a name of AWS's":      {keys, "k", encryption.Options{Context: map[string]string{"aws:x": "x"}}},
		"text that is none":    {keys, "k", encryption.Options{Context: map[string]string{"a": "\xff"}}},
	} {
		if e, err := encryption.New(row.service, row.key, row.options); !errors.Is(err, errs.ErrValidationFailed) || e != nil {
			t.Errorf("%s: got %v, %v", name, e, err)
		}
	}
}

func TestDataKeysAreAskedForOneAfterTheOtherByName(t *testing.T) {
	keys := &encryptiontest.InMemoryKeys{}
	e := setting(t, keys, encryption.Options{Context: map[string]string{"tenant": "t1"}})
	s := seals(t, "a", "pin", "note", "doc")
	if err := e.Ring(start).Seal(t.Context(), s.All()); err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, c := range keys.Calls() {
		text, _ := json.Marshal(c.Context)
		got = append(got, c.Operation+" "+c.KeyID+" "+string(text))
	}
	one := func(model, attribute string) string {
		return fmt.Sprintf(`GenerateDataKey alias/app {"dynamorm:attribute":"%s","dynamorm:model":"%s","dynamorm:namespace":"acme","tenant":"t1"}`, attribute, model)
	}
	if want := []string{one("Paper", "text"), one("Secret", "note"), one("Secret", "pin")}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for i, x := range s.All() {
		m := envelope(t, x.Envelope())
		if want := "AAAAAAAAAAAAAAA" + string("BCD"[0]); i == 0 && m["nonce"]["B"] != want {
			t.Errorf("got nonce %s", m["nonce"]["B"])
		}
	}
}

func TestNothingIsSealedWhereADataKeyIsMissing(t *testing.T) {
	for name, row := range map[string]struct {
		err       error
		code      error
		retryable bool
		aws       string
	}{
		"denied":      {&encryption.Refusal{Type: "AccessDeniedException", Status: 400, RequestID: "r"}, errs.ErrKeyUnavailable, false, "AccessDeniedException"},
		"throttled":   {&encryption.Refusal{Type: "ThrottlingException", Status: 400}, errs.ErrKeyUnavailable, true, "ThrottlingException"},
		"unknown":     {&encryption.Refusal{Type: "New", Status: 400}, errs.ErrKeyUnavailable, false, "New"},
		"unknown 500": {&encryption.Refusal{Type: "New", Status: 503}, errs.ErrKeyUnavailable, true, "New"},
		"not reached": {errors.New("no route"), errs.ErrKeyUnavailable, true, ""},
		"unreadable":  {fmt.Errorf("%w: %s", encryption.ErrUnreadable, "hush"), errs.ErrKeyUnavailable, true, ""},
		"wrapped":     {fmt.Errorf("mine: %w", &encryption.Refusal{Type: "DisabledException", Status: 400}), errs.ErrKeyUnavailable, false, "DisabledException"},
	} {
		keys := &encryptiontest.InMemoryKeys{}
		keys.Refuse(row.err)
		s := seals(t, "a", "note", "pin")
		err := setting(t, keys, encryption.Options{}).Ring(start).Seal(t.Context(), s.All())
		e := errs.As(err)
		if e == nil || !errors.Is(err, row.code) || e.Retryable != row.retryable || e.AWS != row.aws || e.Path != "note" || e.Model != "Secret" || e.Origin != errs.Service || (e.Cause == nil) != (name == "unreadable") && e.AWS == "" || len(keys.Calls()) != 1 || s.All()[0].Envelope() != nil {
			t.Errorf("%s: got %+v after %v", name, e, keys.Calls())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := setting(t, &encryptiontest.InMemoryKeys{}, encryption.Options{}).Ring(start).Seal(ctx, seals(t, "a", "note").All()); !errors.Is(err, errs.ErrCanceled) {
		t.Errorf("got %v", err)
	}
}

// odd gives data keys of any shape.
type odd struct{ key encryption.DataKey }

func (o odd) GenerateDataKey(context.Context, string, map[string]string) (encryption.DataKey, error) {
	return o.key, nil
}

func (o odd) Decrypt(context.Context, string, []byte, map[string]string) ([]byte, error) {
	return o.key.Plaintext, nil
}

func TestADataKeyOfAnotherSizeIsNone(t *testing.T) {
	good := seal(t, setting(t, &encryptiontest.InMemoryKeys{}, encryption.Options{}), start, "note", "hush")
	for name, key := range map[string]encryption.DataKey{
		"none":       {},
		"short":      {Plaintext: make([]byte, 16), Wrapped: []byte("w")},
		"long":       {Plaintext: make([]byte, 33), Wrapped: []byte("w")},
		"no wrapped": {Plaintext: make([]byte, 32)},
	} {
		e := setting(t, odd{key}, encryption.Options{})
		if err := errs.As(e.Ring(start).Seal(t.Context(), seals(t, "a", "note").All())); err == nil || err.Code != errs.CodeKeyUnavailable || err.Retryable {
			t.Errorf("%s: got %v", name, err)
		}
		if err := openErr(e, start, "note", good); !errors.Is(err, errs.ErrInvalidEncryptedEnvelope) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAnOperationAsksOnceForAWrappedKeyAndNeverForItsOwn(t *testing.T) {
	keys := &encryptiontest.InMemoryKeys{}
	cached := setting(t, keys, encryption.Options{Cache: cache(t, time.Minute, 100, 0)})
	var items []encryption.Item
	for range 20 {
		text := item("note", seal(t, cached, start, "note", "hush"), "pin", seal(t, cached, start, "pin", "hush"))
		items = append(items, encryption.Item{Model: secrets, JSON: text, Key: text})
	}
	fresh := setting(t, keys, encryption.Options{})
	before := len(keys.Calls())
	for _, r := range fresh.Ring(start).Open(t.Context(), items) {
		for _, name := range []string{"note", "pin"} {
			if text, err := r.Openings[name].Value(); err != nil || string(text) != `{"S":"hush"}` || r.States[name] != encryption.Current {
				t.Errorf("got %s, %v", text, err)
			}
		}
	}
	if got := len(keys.Calls()) - before; got != 2 {
		t.Errorf("asked %d times", got)
	}
	ring, own := fresh.Ring(start), seals(t, "a", "note")
	if err := ring.Seal(t.Context(), own.All()); err != nil {
		t.Fatal(err)
	}
	before = len(keys.Calls())
	text := item("note", own.All()[0].Envelope())
	if _, err := ring.Open(t.Context(), []encryption.Item{{Model: secrets, JSON: text, Key: text}})[0].Openings["note"].Value(); err != nil || len(keys.Calls()) != before {
		t.Errorf("got %v after %v", err, keys.Calls()[before:])
	}
}

func TestReadKeysAreTriedInTheirOrder(t *testing.T) {
	keys := &encryptiontest.InMemoryKeys{}
	old, err := encryption.New(keys, "alias/older", encryption.Options{})
	if err != nil {
		t.Fatal(err)
	}
	stored := seal(t, old, start, "note", "hush")
	e := setting(t, keys, encryption.Options{ReadKeys: []string{"alias/old", "alias/older", "alias/oldest"}})
	text := item("note", stored)
	got := e.Ring(start).Open(t.Context(), []encryption.Item{{Model: secrets, JSON: text, Key: text}})[0]
	if out, err := got.Openings["note"].Value(); err != nil || string(out) != `{"S":"hush"}` || got.States["note"] != encryption.Older {
		t.Errorf("got %s, %v", out, err)
	}
	asked := []string{}
	for _, c := range keys.Calls()[1:] {
		asked = append(asked, c.Operation+" "+c.KeyID)
	}
	if want := []string{"Decrypt alias/app", "Decrypt alias/old", "Decrypt alias/older"}; !slices.Equal(asked, want) {
		t.Errorf("got %v", asked)
	}
	if err := errs.As(openErr(setting(t, keys, encryption.Options{ReadKeys: []string{"alias/old"}}), start, "note", stored)); err == nil || err.Code != errs.CodeKeyUnavailable || err.AWS != "IncorrectKeyException" || err.Retryable {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsNoEnvelopeAsksForNothing(t *testing.T) {
	keys := &encryptiontest.InMemoryKeys{}
	e := setting(t, keys, encryption.Options{})
	for _, stored := range []string{`{"S":"hush hush"}`, `{"M":{}}`, `{"N":"1"}`} {
		if err := openErr(e, start, "note", []byte(stored)); !errors.Is(err, errs.ErrInvalidEncryptedEnvelope) || strings.Contains(fmt.Sprintf("%+v", err), "hush") {
			t.Errorf("%s: got %v", stored, err)
		}
	}
	text := item("note", `{"NULL":true}`, "hint", `{"S":"x"}`)
	if got := e.Ring(start).Open(t.Context(), []encryption.Item{{Model: secrets, JSON: text, Key: text}})[0]; len(got.Openings) != 0 {
		t.Errorf("got %v", got.Openings)
	}
	noKey := []byte(`{"note":` + string(seal(t, e, start, "note", "hush")) + `}`)
	if _, err := e.Ring(start).Open(t.Context(), []encryption.Item{{Model: secrets, JSON: noKey, Key: noKey}})[0].Openings["note"].Value(); !errors.Is(err, errs.ErrInvalidEncryptedEnvelope) {
		t.Errorf("got %v", err)
	}
	if len(keys.Calls()) != 1 {
		t.Errorf("asked %v", keys.Calls())
	}
}

func TestPlainValuesAreReadWhereThatIsAllowed(t *testing.T) {
	keys := &encryptiontest.InMemoryKeys{}
	e := setting(t, keys, encryption.Options{AllowPlaintextReads: true})
	text := item("note", `{"S":"plain"}`, "pin", `{"N":"1"}`, "doc", `{"M":{"v":{"N":"1"},"edk":{"S":""},"nonce":{"S":""},"ct":{"S":""}}}`)
	got := e.Ring(start).Open(t.Context(), []encryption.Item{{Model: secrets, JSON: text, Key: text}})[0]
	if out, err := got.Openings["note"].Value(); err != nil || string(out) != `{"S":"plain"}` || got.States["note"] != encryption.Plain {
		t.Errorf("got %s, %v", out, err)
	}
	for _, name := range []string{"pin", "doc"} {
		if _, err := got.Openings[name].Value(); !errors.Is(err, errs.ErrInvalidEncryptedEnvelope) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if stored := seal(t, e, start, "note", "hush"); open(t, e, start, "note", stored) != `{"S":"hush"}` {
		t.Error("an envelope does not open")
	}
}

func TestManyKeysAreAskedForSideBySide(t *testing.T) {
	keys := &encryptiontest.InMemoryKeys{}
	e := setting(t, keys, encryption.Options{})
	var items []encryption.Item
	for range 40 {
		text := item("note", seal(t, e, start, "note", "hush"))
		items = append(items, encryption.Item{Model: secrets, JSON: text, Key: text})
	}
	for _, r := range e.Ring(start).Open(t.Context(), items) {
		if _, err := r.Openings["note"].Value(); err != nil {
			t.Error(err)
		}
	}
	if len(keys.Calls()) != 80 {
		t.Errorf("asked %d times", len(keys.Calls()))
	}
}

func TestTheLibrarysOwnNoncesDiffer(t *testing.T) {
	keys := &encryptiontest.InMemoryKeys{}
	e, err := encryption.New(keys, "k", encryption.Options{Cache: cache(t, time.Minute, 1000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 500 {
		seen[envelope(t, seal(t, e, start, "note", "hush"))["nonce"]["B"]] = true
	}
	if len(seen) != 500 || len(keys.Calls()) != 1 {
		t.Errorf("%d nonces, %d calls", len(seen), len(keys.Calls()))
	}
	encryptiontest.SetNonces(e, func() ([]byte, error) { return nil, errors.New("no chance") })
	if err := e.Ring(start).Seal(t.Context(), seals(t, "a", "note").All()); !errors.Is(err, errs.ErrKeyUnavailable) {
		t.Errorf("got %v", err)
	}
}
