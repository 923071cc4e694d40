package encryptiontest_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/encryption/encryptiontest"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

func refusal(err error) string {
	var r *encryption.Refusal
	if errors.As(err, &r) {
		return r.Type
	}
	return ""
}

func TestWhatOneServiceWrappedAnotherGivesBack(t *testing.T) {
	one, other := &encryptiontest.InMemoryKeys{}, &encryptiontest.InMemoryKeys{}
	pairs := map[string]string{"a": "b"}
	first, err := one.GenerateDataKey(t.Context(), "k", pairs)
	second, fail := one.GenerateDataKey(t.Context(), "k", pairs)
	if err != nil || fail != nil || len(first.Plaintext) != 32 || bytes.Equal(first.Plaintext, second.Plaintext) {
		t.Errorf("got %v, %v", err, fail)
	}
	if got, err := other.Decrypt(t.Context(), "k", first.Wrapped, pairs); err != nil || !bytes.Equal(got, first.Plaintext) {
		t.Errorf("got %v", err)
	}
	for name, row := range map[string]struct {
		key     string
		wrapped []byte
		pairs   map[string]string
	}{
		"IncorrectKeyException":               {"l", first.Wrapped, pairs},
		"InvalidCiphertextException, context": {"k", first.Wrapped, nil},
		"InvalidCiphertextException, changed": {"k", append(bytes.Clone(first.Wrapped[:len(first.Wrapped)-1]), 0), pairs},
		"InvalidCiphertextException, cut":     {"k", first.Wrapped[:5], pairs},
		"InvalidCiphertextException, nothing": {"k", nil, pairs},
	} {
		_, err := other.Decrypt(t.Context(), row.key, row.wrapped, row.pairs)
		if got := refusal(err); got == "" || !bytes.HasPrefix([]byte(name), []byte(got)) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAServiceRefusesWhereItIsTold(t *testing.T) {
	k := &encryptiontest.InMemoryKeys{}
	k.Refuse(&encryption.Refusal{Type: "DisabledException"})
	if _, err := k.GenerateDataKey(t.Context(), "k", nil); refusal(err) != "DisabledException" {
		t.Errorf("got %v", err)
	}
	k.Refuse(nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := k.GenerateDataKey(ctx, "k", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if calls := k.Calls(); len(calls) != 2 || calls[0].KeyID != "k" || calls[1].Operation != "GenerateDataKey" {
		t.Errorf("got %v", calls)
	}
}

func TestNoncesAreCountedFromOne(t *testing.T) {
	next := encryptiontest.Counted()
	one, _ := next()
	two, _ := next()
	if !bytes.Equal(one, []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}) || two[11] != 2 {
		t.Errorf("got %v and %v", one, two)
	}
}

func TestThePrimitiveRefusesAsAnEnvelopeIsRefused(t *testing.T) {
	for _, row := range [][2]int{{16, 12}, {32, 11}, {32, 12}} {
		if _, err := encryptiontest.OpenGCM(make([]byte, row[0]), make([]byte, row[1]), nil, make([]byte, 20)); !errors.Is(err, errs.ErrInvalidEncryptedEnvelope) {
			t.Errorf("%v: got %v", row, err)
		}
	}
}
