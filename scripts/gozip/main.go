// Command gozip makes the zip of the module at the root of a repository's commit, as a module proxy makes it, and prints
// its hash, as go.sum has it.
//
// It is a module of its own, so that the library's go.mod names nothing that only its release needs.
package main

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

func main() {
	if len(os.Args) != 6 {
		fmt.Fprintln(os.Stderr, "usage: gozip GO.MOD REPOSITORY COMMIT VERSION FILE")
		os.Exit(2)
	}
	sum, err := write(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5])
	if err != nil {
		fmt.Fprintln(os.Stderr, "gozip:", err)
		os.Exit(1)
	}
	fmt.Println(sum)
}

// write makes the file and gives its hash.
func write(gomod, repository, commit, version, name string) (string, error) {
	text, err := os.ReadFile(gomod)
	if err != nil {
		return "", err
	}
	path := modfile.ModulePath(text)
	if path == "" {
		return "", fmt.Errorf("%s names no module", gomod)
	}
	file, err := os.Create(name)
	if err != nil {
		return "", err
	}
	err = zip.CreateFromVCS(file, module.Version{Path: path, Version: version}, repository, commit, "")
	if err := errors.Join(err, file.Close()); err != nil {
		return "", err
	}
	return dirhash.HashZip(name, dirhash.Hash1)
}
