package operation_test

import (
	"reflect"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

type ticket struct {
	ID    string `dynamorm:"id,pk"`
	Team  string `dynamorm:"team"`
	Day   string `dynamorm:"day"`
	Hours int64  `dynamorm:"hours"`
}

func tickets(t *testing.T) *schema.Model {
	t.Helper()
	team, day, hours := schema.Key{Attribute: "team", Type: schema.S}, schema.Key{Attribute: "day", Type: schema.S}, schema.Key{Attribute: "hours", Type: schema.N}
	m, err := schema.Declare(reflect.TypeFor[ticket](), schema.Declaration{Name: "Ticket", Table: "tickets", Indexes: []schema.Index{
		{Name: "by-day", Partition: &team, Sort: &day}, {Name: "by-hours", Partition: &team, Sort: &hours}, {Name: "days", Partition: &day},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAMapChoosesTheTableOrTheOneIndexThatFits(t *testing.T) {
	m := tickets(t)
	parts := func(name string, v any) *operation.Sort { return &operation.Sort{Parts: map[string]any{name: v}} }
	for name, row := range map[string]struct {
		partition any
		sort      *operation.Sort
		index     string
		want      string
	}{
		"the table":           {map[string]any{"id": "a"}, nil, "", "the table (id)"},
		"a value":             {"a", nil, "", "the table (id)"},
		"the only index":      {map[string]any{"day": "mon"}, nil, "", "days (day)"},
		"by the sort key":     {map[string]any{"team": "x"}, parts("day", "mon"), "", "by-day (team, day)"},
		"by the other":        {map[string]any{"team": "x"}, parts("hours", 1), "", "by-hours (team, hours)"},
		"by name":             {map[string]any{"team": "x"}, nil, "by-day", "by-day (team, day)"},
		"several":             {map[string]any{"team": "x"}, nil, "", "several indexes fit, name one of by-day (team, day), by-hours (team, hours)"},
		"none":                {map[string]any{"hours": 1}, nil, "", "no key fits these attributes; there are the table (id), by-day (team, day), by-hours (team, hours), days (day)"},
		"more than the key":   {map[string]any{"id": "a", "day": "mon"}, nil, "", "no key fits these attributes; there are the table (id), by-day (team, day), by-hours (team, hours), days (day)"},
		"a sort key too many": {map[string]any{"id": "a"}, parts("day", "mon"), "", "no key fits these attributes; there are the table (id), by-day (team, day), by-hours (team, hours), days (day)"},
	} {
		var index *string
		if row.index != "" {
			index = &row.index
		}
		r, err := operation.NewRead(operation.ReadInput{Table: "tickets", Models: []*schema.Model{m}, Index: index, Keys: &operation.Keys{Partition: row.partition, Sort: row.sort}})
		if err == nil {
			if got := r.Place.String(); got != row.want {
				t.Errorf("%s: read %s", name, got)
			}
			continue
		}
		if e := errs.As(err); e == nil || e.Code != errs.CodeInvalidOperator || e.Message != row.want {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
