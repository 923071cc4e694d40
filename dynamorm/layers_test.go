package dynamorm_test

import (
	"cmp"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/dynamorm/dynamorm/dynamorm"

// rooms lists the packages from left to right: each may import those left of it.
var rooms = []string{"internal/canon", "errs", "schema", "codec", "stream", "expression", "operation", "internal/inside", "internal/unsent", "encryption", "encryption/kms", "encryption/encryptiontest", "transport", "stream/poll", ".", "dynamormtest"}

// doors says which packages alone may import what comes from outside.
var doors = map[string][]string{
	"go.yaml.in/":              {"schema/dms"},
	"github.com/aws/":          {"transport", ".", "dynamormtest"},
	"github.com/aws/smithy-go": {"transport", "encryption/kms", "stream/poll"},
	"context":                  {"transport", ".", "encryption", "encryption/kms", "encryption/encryptiontest", "stream", "stream/poll", "dynamormtest"},
	"github.com/aws/aws-sdk-go-v2/service/kms":             {"encryption/kms"},
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams": {"stream/poll"},
	"github.com/aws/aws-sdk-go-v2/service/dynamodb":        {"transport", ".", "stream/poll", "dynamormtest"},
	"crypto/rand":                      {"encryption", ".", "dynamormtest"},
	"net/http":                         {"transport"},
	"math/rand":                        nil,
	"os":                               {"dynamormtest"},
	"testing":                          {"dynamormtest"},
	"github.com/aws/aws-sdk-go-v2/aws": {"dynamormtest"},
}

// imports gives the imports of each package's own files, tests and samples left out.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "samples" {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		room := filepath.ToSlash(filepath.Dir(path))
		for _, i := range file.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			out[room] = append(out[room], name)
		}
		return nil
	})
	if err != nil || len(out) < len(rooms) {
		t.Fatal(out, err)
	}
	return out
}

func TestARoomImportsOnlyTheRoomsLeftOfIt(t *testing.T) {
	for room, list := range imports(t) {
		at := slices.Index(rooms, room)
		if room == "schema/dms" {
			at = slices.Index(rooms, "codec") // beside codec: it may read schema and what is left of it
		}
		if at < 0 {
			t.Errorf("%s is no room", room)
		}
		for _, name := range list {
			rest, ours := strings.CutPrefix(name, module)
			if !ours {
				continue
			}
			if to := slices.Index(rooms, cmp.Or(strings.TrimPrefix(rest, "/"), ".")); to < 0 || to >= at {
				t.Errorf("%s imports %s", room, name)
			}
		}
	}
}

func TestOnlyTheDoorsImportTheSDKTheYAMLParserAndTheClock(t *testing.T) {
	for room, list := range imports(t) {
		for _, name := range list {
			longest, allowed := "", []string(nil)
			for prefix, may := range doors {
				if (name == prefix || strings.HasPrefix(name, prefix) && strings.Contains(prefix, "/")) && len(prefix) > len(longest) {
					longest, allowed = prefix, may
				}
			}
			if longest != "" && !slices.Contains(allowed, room) {
				t.Errorf("%s imports %s", room, name)
			}
		}
	}
}
