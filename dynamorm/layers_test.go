package dynamorm_test

import (
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

// rooms stand from left to right: a room imports those left of it and no other. dms stands apart: nothing imports it.
var rooms = []string{"limits", "errs", "schema", "codec", "expression", "operation", "transport", ""}

// imports gives the imports of every source file by its path; tests are left out.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, one := range file.Imports {
			name, err := strconv.Unquote(one.Path.Value)
			if err != nil {
				return err
			}
			out[filepath.ToSlash(path)] = append(out[filepath.ToSlash(path)], name)
		}
		return nil
	})
	if err != nil || len(out) < len(rooms) {
		t.Fatalf("%d files, %v", len(out), err)
	}
	return out
}

func roomOf(path string) string {
	room, _, inside := strings.Cut(path, "/")
	if !inside {
		return ""
	}
	return room
}

func TestEveryFileImportsOnlyRoomsLeftOfItsOwn(t *testing.T) {
	for path, names := range imports(t) {
		own := roomOf(path)
		if own == "dms" || own == "samples" {
			continue
		}
		place := slices.Index(rooms, own)
		if place < 0 {
			t.Errorf("%s is in no known room", path)
		}
		for _, name := range names {
			if !strings.HasPrefix(name, module+"/") {
				continue
			}
			room := strings.TrimPrefix(name, module+"/")
			if at := slices.Index(rooms, room); at < 0 || at >= place {
				t.Errorf("%s imports %s", path, room)
			}
		}
	}
}

func TestOnlyTheTransportAndTheClientKnowTheSDK(t *testing.T) {
	allowed := []string{"client.go", "transport/fault.go", "transport/sdk.go", "transport/stub.go"}
	for path, names := range imports(t) {
		for _, name := range names {
			if strings.HasPrefix(name, "github.com/aws/") && !slices.Contains(allowed, path) && roomOf(path) != "samples" {
				t.Errorf("%s imports %s", path, name)
			}
		}
	}
}

func TestNothingLeftOfTheTransportWaits(t *testing.T) {
	for path, names := range imports(t) {
		if place := slices.Index(rooms, roomOf(path)); place < 0 || place >= slices.Index(rooms, "transport") {
			continue
		}
		for _, name := range []string{"context", "math/rand", "math/rand/v2", "crypto/rand", "net/http", "os"} {
			if slices.Contains(names, name) {
				t.Errorf("%s imports %s", path, name)
			}
		}
	}
}

func TestYAMLIsTheDocumentReadersAlone(t *testing.T) {
	for path, names := range imports(t) {
		for _, name := range names {
			first, _, _ := strings.Cut(name, "/")
			outside := strings.Contains(first, ".") && !strings.HasPrefix(name, module) && !strings.HasPrefix(name, "github.com/aws/")
			if outside && !(roomOf(path) == "dms" && strings.HasPrefix(name, "go.yaml.in/yaml/")) {
				t.Errorf("%s imports %s", path, name)
			}
		}
	}
}
