package dynamorm_test

import (
	"errors"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

type Offer struct {
	ID    string            `dynamorm:"id,pk"`
	Total dynamorm.Number   `dynamorm:"total,decimal"`
	State string            `dynamorm:"state,enum:open|paid"`
	Names map[string]string `dynamorm:"names"`
	Extra any               `dynamorm:"extra,json"`
}

var offers = dynamorm.MustDefine[Offer](dynamorm.Declaration{Table: "offers"})

func TestWhatWasReadWithAbsentValuesIsWrittenBackWithoutThem(t *testing.T) {
	s := transport.NewScript(ok(`{"Item":{"id":{"S":"a"},"names":{"M":{"k":{"S":"v"}}}}}`), ok(`{}`))
	table := dynamorm.NewTable(dynamorm.NewClientOver(s), offers)
	offer, err := table.Get(ctx, dynamorm.Key{"a"})
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Put(ctx, offer); err != nil {
		t.Fatal(err)
	}
	same(t, body(t, s), `{"TableName":"offers","Item":{"id":{"S":"a"},"names":{"M":{"k":{"S":"v"}}}}}`)
}

func TestInvalidUTF8InAJSONAttributeIsRefused(t *testing.T) {
	table := dynamorm.NewTable(dynamorm.NewClientOver(transport.NewScript()), offers)
	if err := table.Put(ctx, &Offer{ID: "a", Extra: "\xff"}); !errors.Is(err, dynamorm.ErrValidationFailed) {
		t.Fatalf("got %v", err)
	}
}
