// Package samples_test runs the samples and holds the README to them.
package samples_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// printed is what each sample prints.
var printed = map[string]string{
	"basic": `created version 1
created twice: true
updated: paid 13 [express gift] version 2
saved an old version: true
read: paid 13
there after delete: false
`,
	"pages": `message 2 by bob
message 3 by eve
message 4 by ada
by ada: 3
scanned: map[garden:7 kitchen:7]
page: [{7 ada} {6 eve} {5 bob}]
page: [{4 ada} {3 eve} {2 bob}]
page: [{1 ada}]
`,
	"encrypted": `read: north measles
without a key: true
without a key: north
sealed anew: 1
`,
	"stream-handler": `insert 1 customer number status
insert 2 customer number status
modify 2 status
failed: 0
failed: 0
last: 2
`,
	"transaction": `in stock: 2
order 2 failed by action 2 with ConditionFailed
left: 1 cup
ordered: 2 cup
missing: 1
deleted: 3
`,
}

func TestEachSampleDoesWhatItSays(t *testing.T) {
	if os.Getenv("SKIP_INTEGRATION") == "1" {
		t.Skip("SKIP_INTEGRATION=1")
	}
	if os.Getenv("DYNAMODB_ENDPOINT") == "" {
		t.Fatal("DYNAMODB_ENDPOINT is not set: start a DynamoDB (`make engine`), or set SKIP_INTEGRATION=1")
	}
	for name, want := range printed {
		t.Run(name, func(t *testing.T) {
			got, err := exec.CommandContext(t.Context(), "go", "run", "./"+name).CombinedOutput()
			if err != nil || string(got) != want {
				t.Errorf("%v\n%s", err, got)
			}
		})
	}
}

func TestTheReadmeShowsTheSamplesAsTheyAre(t *testing.T) {
	readme := read(t, "../README.md")
	for title, name := range map[string]string{"Query and scan": "pages", "Batches and transactions": "transaction", "Encryption": "encrypted", "Streams": "stream-handler"} {
		_, section, found := strings.Cut(readme, "\n## "+title+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		_, block, shown := strings.Cut(section, "```go\n")
		block, _, closed := strings.Cut(block, "```\n")
		if !found || !shown || !closed || !strings.Contains(read(t, name+"/main.go"), "\n"+block) {
			t.Errorf("the README does not show a part of the sample %s:\n%s", name, block)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
