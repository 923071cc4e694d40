package dms_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/schema/dms"
)

const contract = "../../../contract-tests"

func TestTheCanonicalJSONOfAModelFileEqualsItsGolden(t *testing.T) {
	goldens, err := filepath.Glob(contract + "/golden/dms/*.json")
	if err != nil || len(goldens) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, golden := range goldens {
		name := strings.TrimSuffix(filepath.Base(golden), ".json")
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(contract + "/models/" + name + ".dms.yaml")
			if err != nil {
				t.Fatal(err)
			}
			doc, err := dms.Load(string(text))
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.CanonicalJSON(); got != strings.TrimSpace(string(want)) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			again, err := dms.Load(doc.CanonicalJSON())
			if err != nil || again.CanonicalJSON() != doc.CanonicalJSON() {
				t.Errorf("canonical JSON does not load to itself: %v", err)
			}
		})
	}
}
