package dynamorm_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm"
)

// This file has what the README shows of tables and migration.

// prepare makes the table where there is none, and refuses one that does not fit.
func prepare(ctx context.Context, client *dynamorm.Client) error {
	out, err := client.EnsureTable(ctx, []dynamorm.AnyModel{olds}, dynamorm.WithPointInTimeRecovery(), dynamorm.WithAddIndexes())
	if err == nil && out.Created {
		fmt.Println("created", out.Description.Name)
	}
	return err
}

// move copies everything into a table of another model, from where a cursor is on; "" is the beginning.
func move(ctx context.Context, client *dynamorm.Client, cursor string, keep func(cursor string) error) (dynamorm.MigrationReport, error) {
	options := []dynamorm.Option{
		dynamorm.WithBackupTable("olds-backup"), dynamorm.WithTarget(news), dynamorm.WithDataCopy(),
		dynamorm.WithTransform(func(o *Old) (*New, error) { // nil leaves the item out
			return &New{ID: o.ID, Title: o.Name, Created: o.Created, Version: o.Version}, nil
		}),
		dynamorm.WithMigrationProgress(func(p dynamorm.MigrationProgress) error { return keep(p.Cursor) }),
		dynamorm.WithMigrationFailures(func(f dynamorm.MigrationFailure) error {
			fmt.Println("left out:", f.Key, f.Reason)
			return nil
		}),
	}
	if cursor != "" {
		options = append(options, dynamorm.WithCursor(cursor))
	}
	return client.AutoMigrate(ctx, olds, options...)
}

func TestWhatTheReadmeShowsOfTablesRuns(t *testing.T) {
	m := &moving{items: 10}
	if err := prepare(ctx, m.client()); err != nil {
		t.Error(err)
	}
	kept := ""
	out, err := move(ctx, m.client(), "", func(cursor string) error { kept = cursor; return nil })
	if err != nil || !out.Done || out.Backup.Written != 10 || out.Copy.Written != 10 || kept != out.Cursor {
		t.Errorf("got %+v, %v", out, err)
	}
	if out, err = move(ctx, m.client(), kept, func(string) error { return nil }); err != nil || !out.Done || m.written != 20 {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestTheReadmeShowsTablesAsTheyAre(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	own, fail := os.ReadFile("readme_test.go")
	if err != nil || fail != nil {
		t.Fatal(err, fail)
	}
	_, section, found := strings.Cut(string(readme), "\n## Tables and migration\n")
	_, block, shown := strings.Cut(section, "```go\n")
	block, _, closed := strings.Cut(block, "```\n")
	if !found || !shown || !closed || !strings.Contains(string(own), "\n"+block) {
		t.Errorf("the README does not show a part of readme_test.go:\n%s", block)
	}
}
