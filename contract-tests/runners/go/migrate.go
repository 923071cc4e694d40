package main

import (
	"errors"
	"reflect"

	"github.com/dynamorm/dynamorm/dynamorm"
)

// Migration: the rest of the operations of P5.

// transform is what the runner's own transform does.
type transform struct {
	from, to   caller
	set        []any
	skip, fail []any
}

// migrator is what a model's table does for a transform.
type migrator interface {
	kind() reflect.Type
	plain() caller
}

// kind names the type of a table's values.
func (r rows[T]) kind() reflect.Type { return reflect.TypeFor[T]() }

// pairs make the option of a transform by the types that it takes and gives.
var pairs = map[[2]reflect.Type]func(transform) dynamorm.Option{}

func pair[S, T any]() {
	pairs[[2]reflect.Type{reflect.TypeFor[S](), reflect.TypeFor[T]()}] = func(t transform) dynamorm.Option {
		return dynamorm.WithTransform(func(v *S) (*T, error) {
			given := toTagged(item(t.from.any().Schema()), reflect.ValueOf(v))["M"].(object)
			if t.holds(t.fail, given) {
				return nil, errors.New("the runner's transform failed")
			}
			if t.holds(t.skip, given) {
				return nil, nil
			}
			out := new(T)
			if !assign(reflect.ValueOf(out).Elem(), item(t.to.any().Schema()), object{"M": t.members(given)}) {
				return nil, errors.New("the value does not fit")
			}
			return out, nil
		})
	}
}

func init() {
	pair[Person, PersonNext]()
	pair[Person, Member]()
	pair[Member, PersonNext]()
	pair[Locker, LockerNext]()
	pair[object, object]()
}

// holds says whether an attribute has a value; nothing has where none is named.
func (t transform) holds(rule []any, given object) bool {
	return len(rule) == 2 && reflect.DeepEqual(given[rule[0].(string)], rule[1])
}

// members gives those of the target's value.
func (t transform) members(given object) object {
	out := object{}
	for _, e := range t.set {
		name, source := e.([]any)[0].(string), e.([]any)[1].(object)
		if from, ok := source["from"].(string); !ok {
			out[name] = source["value"]
		} else if v, there := given[from]; there {
			out[name] = v
		}
	}
	return out
}

// migration gathers the options of a migration; what types have no pair go through maps.
func (t *tableCall) migration(source *caller) []dynamorm.Option {
	options := append(t.settings(), t.migrationNumbers()...)
	name, _ := t.all["target"].(string)
	target, there := t.models[name]
	to := target.caller
	if given, ok := t.all["transform"].(object); ok && there {
		if pairs[[2]reflect.Type{(*source).kind(), to.kind()}] == nil {
			*source, to = (*source).plain(), to.plain()
		}
		x := transform{from: *source, to: to, set: list(given, "set"), skip: list(given, "skip"), fail: list(given, "fail")}
		options = append(options, pairs[[2]reflect.Type{(*source).kind(), to.kind()}](x))
	}
	if there {
		options = append(options, dynamorm.WithTarget(to.any()))
	}
	return options
}

// plain gives the table of maps.
func (r rows[T]) plain() caller {
	if r.maps != nil {
		return r.maps
	}
	return r
}

func (t *tableCall) migrationNumbers() (options []dynamorm.Option) {
	numbers := map[string]func(int) dynamorm.Option{"segments": dynamorm.WithSegments, "segment": dynamorm.WithSingleSegment,
		"concurrency": dynamorm.WithConcurrency, "page_size": dynamorm.WithPageSize, "max_pages": dynamorm.WithMaxPages}
	for name, v := range t.all {
		if option := numbers[name]; option != nil {
			options = append(options, option(integer(v)))
		}
		switch {
		case name == "backup_table":
			options = append(options, dynamorm.WithBackupTable(v.(string)))
		case name == "data_copy" && v == true:
			options = append(options, dynamorm.WithDataCopy())
		case name == "on_existing":
			options = append(options, dynamorm.WithOnExisting(dynamorm.OnExisting(v.(string))))
		case name == "consistent" && v == false:
			options = append(options, dynamorm.WithEventualReads())
		case name == "dry_run" && v == true:
			options = append(options, dynamorm.WithDryRun())
		case name == "cursor":
			options = append(options, dynamorm.WithCursor(v.(string)))
		}
	}
	return options
}

func (t *tableCall) migrate() object {
	source := t.on.caller
	progress, failures := []object{}, []object{}
	options := append(t.migration(&source), dynamorm.WithMigrationProgress(func(p dynamorm.MigrationProgress) error {
		progress = append(progress, object{"phase": p.Phase, "counts": numbers(p.Counts), "cursor": p.Cursor})
		return nil
	}), dynamorm.WithMigrationFailures(func(f dynamorm.MigrationFailure) error {
		told := object{"code": f.Reason}
		if f.Key != nil {
			told["key"] = toTagged(item(t.on.model), reflect.ValueOf(f.Key.Key))["M"]
		}
		var e *dynamorm.Error
		if errors.As(f.Err, &e) {
			told["kind"], told["path"] = string(e.Kind), e.Path
		}
		failures = append(failures, compact(told))
		return nil
	}))
	out, err := t.client.AutoMigrate(t.ctx, source.any(), options...)
	if err != nil {
		shown := object{"progress": progress, "failures": failures}
		if beside := details(err); beside != nil {
			shown["differences"] = beside["details"].(object)["differences"]
		}
		return failure(err, object{"details": shown})
	}
	report := object{"created": out.Created, "added": out.Added, "done": out.Done, "cursor": out.Cursor}
	for name, c := range map[string]*dynamorm.MigrationCounts{"backup": out.Backup, "copy": out.Copy} {
		if c != nil {
			report[name] = object{"counts": numbers(*c), "reasons": c.Reasons}
		}
	}
	return object{"result": object{"report": report, "progress": progress, "failures": failures}}
}

func numbers(c dynamorm.MigrationCounts) []int {
	return []int{c.Read, c.Written, c.Present, c.Different, c.Skipped, c.Failed}
}
