package dynamorm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

type Total struct {
	ID   string           `dynamorm:"id,pk"`
	Upto *int64           `dynamorm:"upto"`
	Sum  *dynamorm.Number `dynamorm:"sum,decimal"`
}

var totals = dynamorm.MustDefine[Total](dynamorm.Declaration{Table: "totals"})

func TestAProjectionIsWrittenWhereItIsNewer(t *testing.T) {
	s := transport.NewScript(ok(`{}`), failed(`,"Item":{"id":{"S":"a"}}`), transport.Answer{Status: 400, Body: `{"__type":"ThrottlingException"}`},
		transport.Answer{Status: 400, Unanswered: true, Body: `{"__type":"ConditionalCheckFailedException","Item":{"id":{"S":"a"},"upto":{"N":"7"}}}`})
	table := dynamorm.NewTable(dynamorm.NewClientOver(s), totals)
	upto := int64(7)
	for i, want := range []bool{true, false, false, true} {
		got, err := table.Project(ctx, &Total{ID: "a", Upto: &upto}, "upto")
		if got != want || (err != nil) != (i == 2) || i == 2 && !errors.Is(err, dynamorm.ErrThrottled) {
			t.Errorf("%d: got %v, %v", i, got, err)
		}
	}
	want := `{"TableName":"totals","Item":{"id":{"S":"a"},"upto":{"N":"7"}},"ConditionExpression":"attribute_not_exists(#n0) OR #n1 < :v0","ReturnValuesOnConditionCheckFailure":"ALL_OLD","ExpressionAttributeNames":{"#n0":"id","#n1":"upto"},"ExpressionAttributeValues":{":v0":{"N":"7"}}}`
	if got := string(s.Requests()[0].Body); got != want {
		t.Errorf("got %s", got)
	}
}

func TestAProjectionGoesByAnAttributeThatTheItemHas(t *testing.T) {
	v := keyed(t, encryption.Options{})
	table := dynamorm.NewTable(v.Client, totals)
	for _, by := range []string{"", "other", "upto", "sum"} {
		if _, err := table.Project(ctx, &Total{ID: "a"}, by); !errors.Is(err, dynamorm.ErrValidationFailed) {
			t.Errorf("%q: got %v", by, err)
		}
	}
	if _, err := v.table.Project(ctx, &Secret{ID: "a", Note: hidden}, "note"); !errors.Is(err, dynamorm.ErrEncryptedFieldNotQueryable) || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v", err)
	}
	if len(v.script.Requests())+len(v.calls()) != 0 {
		t.Error("something was asked")
	}
}
