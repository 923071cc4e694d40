package stream_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/stream"
)

func TestTheStoreInMemoryHoldsTheLastIDs(t *testing.T) {
	if _, err := stream.NewMemory(0); !errors.Is(err, errs.ErrValidationFailed) {
		t.Errorf("got %v", err)
	}
	m, err := stream.NewMemory(2)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b", "a", "c"} {
		if err := m.Add(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string]bool{}
	for _, id := range []string{"a", "b", "c", "d"} {
		got[id], _ = m.Has(t.Context(), id)
	}
	if want := map[string]bool{"a": false, "b": true, "c": true, "d": false}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}
