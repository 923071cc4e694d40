package errs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

func TestAnErrorIsFoundByItsCodeAndItsKind(t *testing.T) {
	e := errs.New(errs.ConditionFailed, "refused")
	e.Kind = errs.VersionConflict
	wrapped := fmt.Errorf("saving: %w", e)
	for target, want := range map[error]bool{
		errs.OfCode(errs.ConditionFailed): true, errs.OfKind(errs.VersionConflict): true,
		errs.OfKind(errs.AlreadyExists): false, errs.OfCode(errs.ItemNotFound): false,
	} {
		if errors.Is(wrapped, target) != want {
			t.Errorf("%v: not %v", target, want)
		}
	}
	var found *errs.Error
	if !errors.As(wrapped, &found) || found != e {
		t.Error("errors.As does not give the error itself")
	}
}

func TestTheCauseIsReachable(t *testing.T) {
	if e := errs.New(errs.Canceled, "ended").Because(context.Canceled); !errors.Is(e, context.Canceled) {
		t.Error("the cause is lost")
	}
}

func TestAPathGrowsOnItsWayUp(t *testing.T) {
	e := errs.New(errs.DecodeFailed, "expected N, found S")
	err := errs.Under(errs.UnderIndex(errs.Under(e, "odd.name"), 3), "lines")
	if e.Path != "lines[3].`odd.name`" || !strings.Contains(err.Error(), "lines[3].`odd.name`: expected N, found S") {
		t.Errorf("%s: %v", e.Path, err)
	}
	if got := errs.PathText([]any{"lines", 3, "odd.name"}); got != e.Path {
		t.Errorf("the same path is written %s", got)
	}
}

func TestNoTextHoldsTheStoredItem(t *testing.T) {
	e := errs.New(errs.ConditionFailed, "the condition was false").WithItem([]byte(`{"id":{"S":"hush"}}`), func([]byte, any) error { return nil })
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(verb, e); strings.Contains(text, "hush") || strings.Contains(text, "104, 117, 115, 104") {
			t.Errorf("%s shows the item: %s", verb, text)
		}
	}
	if !e.HasItem() || e.DecodeItem(nil) != nil {
		t.Error("the item is not there")
	}
	if err := errs.New(errs.ConditionFailed, "x").DecodeItem(nil); err == nil {
		t.Error("without an item there is nothing to decode")
	}
}

func TestEveryFaultOfTheServiceHasACode(t *testing.T) {
	for aws, want := range map[string]errs.Code{
		"ConditionalCheckFailedException": errs.ConditionFailed, "ProvisionedThroughputExceededException": errs.Throttled,
		"ResourceNotFoundException": errs.TableNotFound, "ValidationException": errs.ValidationFailed, "InternalServerError": errs.ServiceError,
	} {
		if code, _, known := errs.OfFault(aws); !known || code != want {
			t.Errorf("%s is %s", aws, code)
		}
	}
	if _, _, known := errs.OfFault("SomethingNew"); known {
		t.Error("an unknown fault is known")
	}
	if _, retryable, _ := errs.OfFault("ReplicatedWriteConflictException"); !retryable {
		t.Error("a replicated conflict can succeed later")
	}
}
