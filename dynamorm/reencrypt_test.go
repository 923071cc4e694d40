package dynamorm_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/encryption/encryptiontest"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

// older gives an item that an older key sealed.
func older(t *testing.T, value Secret) string {
	t.Helper()
	e, err := encryption.New(&encryptiontest.InMemoryKeys{}, "alias/old", encryption.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := transport.NewScript(ok(`{}`))
	if err := dynamorm.NewTable(dynamorm.NewClientOver(s, dynamorm.WithEncryption(e)), secrets).Put(ctx, &value); err != nil {
		t.Fatal(err)
	}
	text := body(t, s)
	from := strings.Index(text, `"Item":`) + len(`"Item":`)
	return text[from : strings.Index(text, `"version":{"N":"1"}}`)+len(`"version":{"N":"1"}}`)]
}

func rotated(t *testing.T, answers ...transport.Answer) vault {
	t.Helper()
	return keyed(t, encryption.Options{ReadKeys: []string{"alias/old"}, AllowPlaintextReads: true}, answers...)
}

func page(more string, items ...string) transport.Answer {
	return ok(`{"Items":[` + strings.Join(items, ",") + `]` + more + `}`)
}

const plainItem = `{"id":{"S":"p"},"note":{"S":"` + hidden + `"}}`

func TestWhatIsNotSealedUnderTheKeyIsRewritten(t *testing.T) {
	v := rotated(t, page(`,"LastEvaluatedKey":{"id":{"S":"x"}}`, storedSecret(t, Secret{ID: "c", Note: "n"}), older(t, Secret{ID: "o", Note: hidden, Pin: "1"}), `{"id":{"S":"none"}}`), ok(`{}`),
		page(``, plainItem, older(t, Secret{ID: "g"})), ok(`{}`), failed(``))
	got, err := v.table.Reencrypt(ctx, dynamorm.WithPageSize(3))
	if want := (dynamorm.Reencrypted{Read: 5, Rewritten: 2, Current: 2, Changed: 1}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	sent := v.script.Requests()
	if scan := string(sent[0].Body); scan != `{"TableName":"secrets","ProjectionExpression":"#n0, #n1, #n2","ExpressionAttributeNames":{"#n0":"id","#n1":"note","#n2":"pin"},"Limit":3}` {
		t.Errorf("got %s", scan)
	}
	update := string(sent[1].Body)
	for _, part := range []string{`"Key":{"id":{"S":"o"}}`, `"ConditionExpression":"#n0 = :v0 AND #n1 = :v1"`, `"UpdateExpression":"SET #n0 = :v2, #n1 = :v3"`, `"ReturnValuesOnConditionCheckFailure":"ALL_OLD"`, `{"#n0":"note","#n1":"pin"}`} {
		if !strings.Contains(update, part) {
			t.Errorf("%s is not in %s", part, update)
		}
	}
	if strings.Contains(update, "hush") || strings.Contains(update, "version") || strings.Count(update, `"edk"`) != 4 {
		t.Errorf("got %s", update)
	}
	if update = string(sent[3].Body); strings.Count(update, hidden) != 1 || !strings.Contains(update, `":v0":{"S":"`+hidden+`"}`) {
		t.Errorf("got %s", update)
	}
}

func TestAllEnvelopesAreRewrittenWhereThatIsAsked(t *testing.T) {
	v := rotated(t, page(``, storedSecret(t, Secret{ID: "c", Note: "n"})), ok(`{}`))
	if got, err := v.table.Reencrypt(ctx, dynamorm.WithAll(), dynamorm.WithSegment(1, 3)); err != nil || got != (dynamorm.Reencrypted{Read: 1, Rewritten: 1}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if text := string(v.script.Requests()[0].Body); !strings.Contains(text, `"Segment":1,"TotalSegments":3`) {
		t.Errorf("got %s", text)
	}
}

func TestTheFirstFailureEndsAReencryptionOrIsTold(t *testing.T) {
	bad := strings.Replace(older(t, Secret{ID: "other", Note: hidden}), `"other"`, `"bad"`, 1)
	pages := []transport.Answer{page(``, bad, older(t, Secret{ID: "g", Note: "n"})), ok(`{}`)}
	v := rotated(t, pages...)
	got, err := v.table.Reencrypt(ctx)
	var e *dynamorm.Error
	if !errors.As(err, &e) || e.Code != "InvalidEncryptedEnvelope" || e.Path != "note" || got.Read != 1 || len(v.script.Requests()) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	leaks(t, "the failure", err)
	var told []string
	v = rotated(t, pages...)
	got, err = v.table.Reencrypt(ctx, dynamorm.WithOnFailure(func(f dynamorm.BulkFailure) {
		told = append(told, f.Key.Key["id"].(string))
		leaks(t, "the failure", f.Err)
	}))
	if err != nil || got != (dynamorm.Reencrypted{Read: 2, Rewritten: 1, Failed: 1}) || !slices.Equal(told, []string{"bad"}) {
		t.Errorf("got %+v, %v, %v", got, told, err)
	}
}

func TestAReencryptionEndsWithItsContext(t *testing.T) {
	v := rotated(t, page(``, older(t, Secret{ID: "a", Note: "n"}), older(t, Secret{ID: "b", Note: "n"})))
	inner, cancel := context.WithCancel(ctx)
	_, err := v.table.Reencrypt(inner, dynamorm.WithOnFailure(func(dynamorm.BulkFailure) { cancel() }))
	if err == nil {
		t.Error("it went on")
	}
	cancel()
}

func TestALostAnswerOfARewriteIsNoChange(t *testing.T) {
	item := older(t, Secret{ID: "a", Note: hidden})
	v := rotated(t, page(``, item), transport.Answer{Status: 400, Unanswered: true, Body: `{"__type":"ConditionalCheckFailedException","Item":` + storedSecret(t, Secret{ID: "a", Note: hidden}) + `}`})
	got, err := v.table.Reencrypt(ctx) // the keys and nonces of tests are counted, so that the stored envelope is the one that was sent
	if err != nil || got != (dynamorm.Reencrypted{Read: 1, Rewritten: 1}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestAModelWithoutEncryptionHasNothingToReencrypt(t *testing.T) {
	table, s := scripted()
	if _, err := table.Reencrypt(ctx); !errors.Is(err, dynamorm.ErrValidationFailed) || len(s.Requests()) != 0 {
		t.Errorf("got %v", err)
	}
}
