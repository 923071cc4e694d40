package dynamorm_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

// What bugs that were planted blind have shown to be held by nothing else, where only this language can say it.

type deepest struct {
	Pad  string `dynamorm:"pad"`
	Deep string `dynamorm:"deep"`
}

type middle struct {
	Mid string `dynamorm:"mid"`
	deepest
}

type embedding struct {
	ID string `dynamorm:"id,pk"`
	middle
	Last string `dynamorm:"last"`
}

func TestFieldsOfStructsEmbeddedTwoDeepAreTheirOwn(t *testing.T) {
	m, err := dynamorm.Define[embedding](dynamorm.Declaration{Name: "Embedding", Table: "embeddings"})
	if err != nil {
		t.Fatal(err)
	}
	given := embedding{ID: "i", middle: middle{Mid: "m", deepest: deepest{Pad: "p", Deep: "d"}}, Last: "l"}
	text, err := m.Marshal(&given)
	if want := `{"id":{"S":"i"},"mid":{"S":"m"},"pad":{"S":"p"},"deep":{"S":"d"},"last":{"S":"l"}}`; err != nil || string(text) != want {
		t.Fatalf("stored %s, %v", text, err)
	}
	if read, err := m.Unmarshal(text); err != nil || *read != given {
		t.Errorf("read %+v, %v", read, err)
	}
}

type narrow struct {
	ID  string  `dynamorm:"id,pk"`
	I8  int8    `dynamorm:"i8"`
	I16 int16   `dynamorm:"i16"`
	I32 int32   `dynamorm:"i32"`
	U8  uint8   `dynamorm:"u8"`
	U16 uint16  `dynamorm:"u16"`
	U32 uint32  `dynamorm:"u32"`
	L   []int16 `dynamorm:"l"`
}

func TestNumbersThatANarrowIntegerCannotHoldAreRefused(t *testing.T) {
	m, err := dynamorm.Define[narrow](dynamorm.Declaration{Name: "Narrow", Table: "narrows"})
	if err != nil {
		t.Fatal(err)
	}
	for name, bounds := range map[string][2]int64{
		"i8": {-128, 127}, "i16": {-32768, 32767}, "i32": {-1 << 31, 1<<31 - 1},
		"u8": {0, 255}, "u16": {0, 65535}, "u32": {0, 1<<32 - 1},
	} {
		for _, fits := range bounds {
			item := fmt.Sprintf(`{"id":{"S":"n"},%q:{"N":"%d"}}`, name, fits)
			read, err := m.Unmarshal([]byte(item))
			if err != nil {
				t.Errorf("%s: %v", item, err)
				continue
			}
			if held := map[string]int64{"i8": int64(read.I8), "i16": int64(read.I16), "i32": int64(read.I32), "u8": int64(read.U8), "u16": int64(read.U16), "u32": int64(read.U32)}[name]; held != fits {
				t.Errorf("%s read as %d", item, held)
			}
		}
		for _, beyond := range []int64{bounds[0] - 1, bounds[1] + 1, 1<<40 + 3} {
			item := fmt.Sprintf(`{"id":{"S":"n"},%q:{"N":"%d"}}`, name, beyond)
			_, err := m.Unmarshal([]byte(item))
			if e := (*dynamorm.Error)(nil); !errors.Is(err, dynamorm.ErrDecodeFailed) || !errors.As(err, &e) || e.Path != name {
				t.Errorf("%s: %v", item, err)
			}
		}
	}
	if _, err := m.Unmarshal([]byte(`{"id":{"S":"n"},"l":{"L":[{"N":"1"},{"N":"32768"}]}}`)); !errors.Is(err, dynamorm.ErrDecodeFailed) {
		t.Errorf("in a list: %v", err)
	}
}

type remembering struct {
	ID   string  `dynamorm:"id,pk"`
	Text *string `dynamorm:"text"`
	Mine string  `dynamorm:"-"`
}

func TestAWriteLeavesFieldsThatAreNoAttributesAlone(t *testing.T) {
	m, err := dynamorm.Define[remembering](dynamorm.Declaration{Name: "Remembering", Table: "remembered"})
	if err != nil {
		t.Fatal(err)
	}
	table := dynamorm.NewTable(dynamorm.NewClientOver(transport.NewScript(transport.Answer{Body: "{}"})), m)
	v := remembering{ID: "i", Mine: "m"}
	if err := table.Put(t.Context(), &v); err != nil || v != (remembering{ID: "i", Mine: "m"}) {
		t.Errorf("left %+v, %v", v, err)
	}
}

type bagged struct {
	ID    string   `dynamorm:"id,pk"`
	Words []string `dynamorm:"words,set"`
}

func TestASetThatIsASliceStaysInTheCallersOrder(t *testing.T) {
	m, err := dynamorm.Define[bagged](dynamorm.Declaration{Name: "Bagged", Table: "bags"})
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]transport.Answer{
		"written": {Body: "{}"},
		"refused": {Status: 400, Body: `{"__type":"ValidationException","message":"no"}`},
	} {
		table := dynamorm.NewTable(dynamorm.NewClientOver(transport.NewScript(answer)), m)
		mine := []string{"b", "a", "a"}
		v := bagged{ID: "i", Words: mine}
		if err := table.Put(t.Context(), &v); (err == nil) != (name == "written") {
			t.Fatal(err)
		}
		if !slices.Equal(mine, []string{"b", "a", "a"}) {
			t.Errorf("%s: left %v", name, mine)
		}
	}
}
