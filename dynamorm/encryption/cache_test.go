package encryption_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/encryption/encryptiontest"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

func cache(t *testing.T, age time.Duration, uses int64, entries int) *encryption.DataKeyCache {
	t.Helper()
	c, err := encryption.NewDataKeyCache(encryption.CacheLimits{MaxAge: age, MaxUses: uses, MaxEntries: entries})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACacheHasLimits(t *testing.T) {
	for _, l := range []encryption.CacheLimits{
		{}, {MaxAge: time.Second}, {MaxUses: 1}, {MaxAge: -1, MaxUses: 1}, {MaxAge: 1, MaxUses: -1}, {MaxAge: 1, MaxUses: 1<<32 + 1}, {MaxAge: 1, MaxUses: 1, MaxEntries: -1},
	} {
		if _, err := encryption.NewDataKeyCache(l); !errors.Is(err, errs.ErrValidationFailed) {
			t.Errorf("%+v: got %v", l, err)
		}
	}
	if _, err := encryption.NewDataKeyCache(encryption.CacheLimits{MaxAge: 1, MaxUses: 1 << 32}); err != nil {
		t.Error(err)
	}
}

// generated seals one value at each time, and counts how often a data key was asked for.
func generated(t *testing.T, c *encryption.DataKeyCache, ages ...time.Duration) int {
	t.Helper()
	keys := &encryptiontest.InMemoryKeys{}
	e := setting(t, keys, encryption.Options{Cache: c})
	for _, age := range ages {
		seal(t, e, start.Add(age), "note", "hush")
	}
	return len(keys.Calls())
}

func TestADataKeyServesSoManyEnvelopesForSoLong(t *testing.T) {
	for name, row := range map[string]struct {
		uses int64
		ages []time.Duration
		want int
	}{
		"one use":                  {1, []time.Duration{0, 0, 0}, 3},
		"two uses":                 {2, []time.Duration{0, 0, 0, 0, 0}, 3},
		"to the last moment":       {9, []time.Duration{0, time.Minute - 1}, 1},
		"not at the greatest age":  {9, []time.Duration{0, time.Minute}, 2},
		"the age begins anew":      {9, []time.Duration{0, time.Minute, 2*time.Minute - 1}, 2},
		"uses and age, first uses": {2, []time.Duration{0, 1, 2, time.Minute + 1}, 2},
	} {
		if got := generated(t, cache(t, time.Minute, row.uses, 0), row.ages...); got != row.want {
			t.Errorf("%s: asked %d times, expected %d", name, got, row.want)
		}
	}
}

func TestACachedDataKeyOpensAsLongAsItSeals(t *testing.T) {
	keys := &encryptiontest.InMemoryKeys{}
	e := setting(t, keys, encryption.Options{Cache: cache(t, time.Minute, 1, 0)})
	stored := seal(t, e, start, "note", "hush")
	for age, want := range map[time.Duration]int{0: 1, time.Minute - 1: 1} {
		if text := open(t, e, start.Add(age), "note", stored); text != `{"S":"hush"}` || len(keys.Calls()) != want {
			t.Errorf("%v: got %s by %v", age, text, keys.Calls())
		}
	}
	open(t, e, start.Add(time.Minute), "note", stored)
	open(t, e, start.Add(2*time.Minute-1), "note", stored)
	if len(keys.Calls()) != 2 || keys.Calls()[1].Operation != "Decrypt" {
		t.Errorf("got %v", keys.Calls())
	}
}

func TestADataKeyServesNoOtherPlace(t *testing.T) {
	shared := cache(t, time.Minute, 100, 0)
	keys := &encryptiontest.InMemoryKeys{}
	a := setting(t, keys, encryption.Options{Cache: shared, Context: map[string]string{"tenant": "a"}})
	b := setting(t, keys, encryption.Options{Cache: shared, Context: map[string]string{"tenant": "b"}})
	c, err := encryption.New(keys, "alias/other", encryption.Options{Cache: shared, Context: map[string]string{"tenant": "a"}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		seal(t, a, start, "note", "hush")
		seal(t, b, start, "note", "hush")
		seal(t, c, start, "note", "hush")
		seal(t, a, start, "pin", "hush")
	}
	if got := len(keys.Calls()); got != 4 {
		t.Errorf("asked %d times", got)
	}
	moved := seal(t, a, start, "note", "hush")
	if got := openErr(b, start, "note", moved); !errors.Is(got, errs.ErrInvalidEncryptedEnvelope) {
		t.Errorf("got %v", got)
	}
	if last := keys.Calls()[4]; last.Operation != "Decrypt" || last.Context["tenant"] != "b" {
		t.Errorf("got %v", keys.Calls())
	}
}

func TestTheEntryThatWasNotUsedForLongestGoesFirst(t *testing.T) {
	keys := &encryptiontest.InMemoryKeys{}
	e := setting(t, keys, encryption.Options{Cache: cache(t, time.Minute, 100, 2)})
	for _, name := range []string{"note", "pin", "note", "doc", "note", "pin"} {
		seal(t, e, start, name, "hush")
	}
	if got := len(keys.Calls()); got != 4 { // pin went for doc, and came again
		t.Errorf("asked %d times", got)
	}
}

func TestARefusalIsNotCached(t *testing.T) {
	keys := &encryptiontest.InMemoryKeys{}
	e := setting(t, keys, encryption.Options{Cache: cache(t, time.Minute, 100, 0)})
	stored := seal(t, setting(t, keys, encryption.Options{}), start, "note", "hush")
	keys.Refuse(&encryption.Refusal{Type: "ThrottlingException", Status: 400})
	if err := openErr(e, start, "note", stored); !errors.Is(err, errs.ErrKeyUnavailable) {
		t.Errorf("got %v", err)
	}
	keys.Refuse(nil)
	if text := open(t, e, start, "note", stored); text != `{"S":"hush"}` {
		t.Errorf("got %s", text)
	}
}

func TestACacheIsSafeForManyAtOnce(t *testing.T) {
	keys := &encryptiontest.InMemoryKeys{}
	e := setting(t, keys, encryption.Options{Cache: cache(t, time.Minute, 7, 2)})
	var all sync.WaitGroup
	for i := range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for j := range 50 {
				name := []string{"note", "pin", "doc"}[(i+j)%3]
				stored := seal(t, e, start, name, "hush")
				if text := open(t, e, start, name, stored); text != `{"S":"hush"}` {
					t.Errorf("got %s", text)
				}
			}
		}()
	}
	all.Wait()
}

func TestACacheShowsNothing(t *testing.T) {
	c := cache(t, time.Minute, 100, 0)
	keys := &encryptiontest.InMemoryKeys{}
	e := setting(t, keys, encryption.Options{Cache: c})
	seal(t, e, start, "note", "hush hush")
	key, err := keys.GenerateDataKey(t.Context(), "k", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{c, *e, e, e.Ring(start), key, &key} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
			if text := fmt.Sprintf(verb, v); !strings.HasPrefix(text, "encryption.") || len(text) > 40 {
				t.Errorf("%s: got %s", verb, text)
			}
		}
	}
}
