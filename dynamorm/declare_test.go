package dynamorm_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/dms"
)

// Note is the model of these tests.
type Note struct {
	Owner     string          `dynamorm:"owner,pk"`
	ID        string          `dynamorm:"id,sk"`
	Text      string          `dynamorm:"text,omitempty"`
	Stars     dynamorm.Number `dynamorm:"stars,format=decimal"`
	Labels    []string        `dynamorm:"labels,set"`
	At        time.Time       `dynamorm:"at,omitempty"`
	CreatedAt time.Time       `dynamorm:"created_at,created_at"`
	UpdatedAt time.Time       `dynamorm:"updated_at,updated_at"`
	Version   int64           `dynamorm:"version,version"`
}

var notes = dynamorm.MustDeclare[Note](dynamorm.Spec{
	Table: "notes", Naming: "snake_case", Namespace: "acme",
	Indexes: []dynamorm.Index{{Name: "by-text", Partition: "text", Projection: "INCLUDE", Fields: []string{"stars"}}},
	Views:   []dynamorm.View{{Name: "Short", Fields: []string{"id", "text"}}},
})

func TestADeclarationEqualsItsDocument(t *testing.T) {
	const document = `
dms_version: "1.0"
namespace: acme
models:
  - name: Note
    table: { name: notes }
    naming: { convention: snake_case }
    keys: { partition: { attribute: owner, type: S }, sort: { attribute: id, type: S } }
    attributes:
      - { attribute: owner, type: S, required: true }
      - { attribute: id, type: S, required: true }
      - { attribute: text, type: S, omit_empty: true }
      - { attribute: stars, type: N, format: decimal }
      - { attribute: labels, type: SS }
      - { attribute: at, type: S, format: timestamp, omit_empty: true }
      - { attribute: created_at, type: S, roles: [created_at] }
      - { attribute: updated_at, type: S, roles: [updated_at] }
      - { attribute: version, type: N, roles: [version] }
    indexes: [ { name: by-text, type: GSI, partition: { attribute: text, type: S }, projection: { type: INCLUDE, fields: [stars] } } ]
    views: [ { name: Short, fields: [id, text] } ]
`
	want, err := dms.Canonical(document)
	if err != nil {
		t.Fatal(err)
	}
	if got := notes.Schema().Canonical(); got != want {
		t.Errorf("\n%s\nis not\n%s", got, want)
	}
	again, err := dms.Canonical(want)
	if err != nil || again != want {
		t.Errorf("the canonical JSON of canonical JSON is %s, %v", again, err)
	}
}

type inner struct {
	Version int64 `dynamorm:"version,version"`
}

type recursive struct {
	ID   string     `dynamorm:"id,pk"`
	Next *recursive `dynamorm:"next"`
}

func pointerOf[T any](t *testing.T) string {
	t.Helper()
	_, err := dynamorm.Declare[T](dynamorm.Spec{Table: "tests", Name: "Test"})
	var e *dynamorm.Error
	if !errors.As(err, &e) || !errors.Is(err, dynamorm.ErrInvalidModel) {
		t.Fatalf("got %v", err)
	}
	return e.Path
}

func TestAWrongStructIsInvalidModelAtItsEntry(t *testing.T) {
	rows := map[string]struct{ got, want string }{
		"no key": {pointerOf[struct {
			ID string `dynamorm:"id"`
		}](t), "/models/0/keys"},
		"an option nobody knows": {pointerOf[struct {
			ID string `dynamorm:"id,pk"`
			A  string `dynamorm:"a,omit_empty"`
		}](t), "/models/0/attributes/1"},
		"a role twice": {pointerOf[struct {
			ID string `dynamorm:"id,pk"`
			A  int64  `dynamorm:"a,version"`
			B  int64  `dynamorm:"b,version"`
		}](t), "/models/0/attributes/2/roles/0"},
		"a nested role": {pointerOf[struct {
			ID string `dynamorm:"id,pk"`
			In inner  `dynamorm:"in"`
		}](t), "/models/0/attributes/1/attributes/0/roles"},
		"a type that contains itself": {pointerOf[recursive](t), "/models/0/attributes/1/attributes"},
		"a type without a DynamoDB type": {pointerOf[struct {
			ID string   `dynamorm:"id,pk"`
			C  chan int `dynamorm:"c"`
		}](t), "/models/0/attributes/1"},
		"a format that does not fit": {pointerOf[struct {
			ID string `dynamorm:"id,pk"`
			A  bool   `dynamorm:"a,format=uuid"`
		}](t), "/models/0/attributes/1/format"},
		"a name twice": {pointerOf[struct {
			ID string `dynamorm:"id,pk"`
			A  string `dynamorm:"a"`
			B  string `dynamorm:"a"`
		}](t), "/models/0/attributes/2/attribute"},
	}
	for name, row := range rows {
		if row.got != row.want {
			t.Errorf("%s: at %s, not %s", name, row.got, row.want)
		}
	}
}

func TestTheSuitesModelsGiveTheirGoldenCanonicalJSON(t *testing.T) {
	goldens, err := filepath.Glob("../contract-tests/golden/dms/*.json")
	if err != nil || len(goldens) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, golden := range goldens {
		name := strings.TrimSuffix(filepath.Base(golden), ".json")
		document, err := os.ReadFile("../contract-tests/models/" + name + ".dms.yaml")
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := dms.Canonical(string(document)); err != nil || got != strings.TrimSuffix(string(want), "\n") {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}
