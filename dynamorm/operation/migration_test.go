package operation_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

// anyPlace makes up a place.
func anyPlace(r *rand.Rand) *operation.SegmentPlace {
	p := &operation.SegmentPlace{Counts: operation.Counts{Read: r.IntN(3), Written: r.IntN(3), Present: r.IntN(2), Different: r.IntN(2), Skipped: r.IntN(2), Failed: r.IntN(1 << 40), Reasons: map[string]int{}}}
	for _, reason := range []string{"Transform", "DecodeFailed", "é"}[:r.IntN(4)] {
		p.Reasons[reason] = 1 + r.IntN(9)
	}
	if p.Done = r.IntN(2) == 0; !p.Done {
		p.At = "eyJ2IjoxfQ"
	}
	return p
}

func TestACursorOfAMigrationComesBackAsItWas(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		c := operation.NewMigrationCursor(1 + r.IntN(30))
		for _, phase := range []operation.Phase{operation.PhaseBackup, operation.PhaseCopy} {
			for range r.IntN(5) {
				c.Places[phase][r.IntN(c.Segments)] = anyPlace(r)
			}
		}
		again, err := operation.ParseMigrationCursor(c.Text())
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Fatalf("%s came back as %+v, %v", c.Text(), again, err)
		}
	}
}

func FuzzACursorOfAMigrationHasOneSpelling(f *testing.F) {
	for _, text := range []string{`{"segments":1,"v":1}`, `{"copy":{"0":{"done":true,"reasons":{"a":1}}},"segments":1,"v":1}`, `{"segments":1.0,"v":1}`, `{"backup":{"0":{"at":"x"}},"segments":1e0,"v":1}`, `[`, ``} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := operation.ParseMigrationCursor(text)
		if err != nil && !errors.Is(err, errs.ErrInvalidCursor) {
			t.Errorf("got %v", err)
		}
		if err == nil && c.Text() != text {
			t.Errorf("%q was read, and is written as %q", text, c.Text())
		}
	})
}

func TestNumbersThatWereToldDoNotChange(t *testing.T) {
	c := operation.Counts{}
	c.Because("Transform", 1)
	told := c.Clone()
	c.Add(operation.Counts{Read: 1, Reasons: map[string]int{"Transform": 2}})
	if told.Read != 0 || told.Reasons["Transform"] != 1 || c.Reasons["Transform"] != 3 {
		t.Errorf("told %+v of %+v", told, c)
	}
}
