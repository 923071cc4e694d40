package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// result is one line of `dynamorm_contract stream`.
type result struct {
	ID, Target, Status, Code, At, Message, Table, Title string
}

// TestContract shows every contract case of the Go library as a test: `go test ./contract-tests/runners/go -v`, with -run as usual for what
// is shown. FILTER, TARGET and CASES narrow or widen the run as in `make contract`; SKIP_INTEGRATION=1 leaves DynamoDB Local out.
func TestContract(t *testing.T) {
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(root, ".venv", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		t.Fatal("the conductor of the contract suite has no Python environment yet: run `make setup`")
	}
	target := os.Getenv("TARGET")
	if target == "" && os.Getenv("SKIP_INTEGRATION") == "1" {
		target = "pure,wire"
	}
	arguments := []string{"-m", "dynamorm_contract", "stream", "--langs", "go"}
	for name, value := range map[string]string{"--filter": os.Getenv("FILTER"), "--target": target, "--cases": os.Getenv("CASES")} {
		if value != "" {
			arguments = append(arguments, name, value)
		}
	}
	conductor := exec.Command(python, arguments...)
	conductor.Dir = root
	var said bytes.Buffer
	conductor.Stderr = &said
	out, err := conductor.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := conductor.Start(); err != nil {
		t.Fatal(err)
	}
	shown := 0
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var r result
		if json.Unmarshal(lines.Bytes(), &r) != nil || r.ID == "" {
			said.Write(append(lines.Bytes(), '\n'))
			continue
		}
		shown++
		t.Run(r.ID+"@"+r.Target, func(t *testing.T) {
			if r.Status != "pass" {
				t.Errorf("%s\n%s at %s (%s table): %s", r.Title, r.Code, r.At, r.Table, r.Message)
			}
		})
	}
	if err := conductor.Wait(); err != nil && !t.Failed() || shown == 0 {
		t.Fatalf("the conductor ended with %v after %d cases\n%s", err, shown, said.String())
	}
}
