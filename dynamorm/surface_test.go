package dynamorm_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
)

// surface is the public package as somebody chose it; ErrX and WithX are held together by the catalogue and by the options.
var surface = []string{
	"Add", "AddToSet", "And", "Append", "BinarySet", "Changes", "Client", "ClientOption", "Condition", "Copy", "Declare", "DeleteFromSet", "DynamicTable",
	"Error", "Field", "FieldName", "FieldPath", "FixedClock", "Index", "Model", "MustDeclare", "New", "Not", "Number", "NumberSet", "Option", "Or", "Prepend",
	"Remove", "ReturnNew", "ReturnNone", "ReturnOld", "ReturnUpdatedNew", "ReturnUpdatedOld", "Returns", "Set", "SetIfAbsent", "Spec", "StringSet", "Subtract",
	"Table", "TableOf", "Values", "Version", "View",
	"WithAdopt", "WithClock", "WithCondition", "WithConsistent", "WithExpectedVersion", "WithMustExist", "WithSelect", "WithTableNames", "WithTablePrefix",
	"WithTransport", "WithUpsert", "WithView",
}

// exported gives the names a package's files declare at the top, with whether each has a sentence.
func exported(t *testing.T, folder string) map[string]bool {
	t.Helper()
	keep := func(info fs.FileInfo) bool { return !strings.HasSuffix(info.Name(), "_test.go") }
	out := map[string]bool{}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || entry.IsDir() || !strings.HasSuffix(entry.Name(), ".go") || !keep(info) {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), folder+"/"+entry.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			declared(declaration, out)
		}
	}
	return out
}

func declared(declaration ast.Decl, out map[string]bool) {
	switch d := declaration.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil && d.Name.IsExported() {
			out[d.Name.Name] = d.Doc != nil
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					out[s.Name.Name] = d.Doc != nil || s.Doc != nil
				}
			case *ast.ValueSpec:
				for _, name := range s.Names {
					if name.IsExported() {
						out[name.Name] = d.Doc != nil || s.Doc != nil
					}
				}
			}
		}
	}
}

func TestThePublicNamesAreThoseChosen(t *testing.T) {
	var found []string
	for name := range exported(t, ".") {
		if !strings.HasPrefix(name, "Err") || name == "Error" {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	if !slices.Equal(found, surface) {
		t.Errorf("public are\n%v\nchosen were\n%v", found, surface)
	}
}

func TestEveryExportedNameHasASentence(t *testing.T) {
	for _, room := range []string{".", "codec", "dms", "errs", "expression", "limits", "operation", "schema", "transport"} {
		for name, has := range exported(t, room) {
			if !has {
				t.Errorf("%s: %s has none", room, name)
			}
		}
	}
}
