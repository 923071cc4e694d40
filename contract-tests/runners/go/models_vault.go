package main

import (
	"encoding/json"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// The suite's models with encrypted attributes.

type Price struct {
	SKU   *string          `dynamorm:"sku,required"`
	Price *dynamorm.Number `dynamorm:"price,decimal"`
}

type Home struct {
	Street *string            `dynamorm:"street"`
	Floor  *int64             `dynamorm:"floor"`
	Marks  dynamorm.NumberSet `dynamorm:"marks"`
}

type Vault struct {
	Owner     *string            `dynamorm:"owner,pk"`
	Number    *int64             `dynamorm:"number,sk"`
	State     *string            `dynamorm:"state"`
	Pin       *string            `dynamorm:"pin,encrypted"`
	Code      *dynamorm.Number   `dynamorm:"code,encrypted"`
	Limit     *int64             `dynamorm:"limit,encrypted"`
	Amount    *dynamorm.Number   `dynamorm:"amount,decimal,encrypted"`
	Ratio     *float64           `dynamorm:"ratio,encrypted"`
	Since     *time.Time         `dynamorm:"since,encrypted"`
	Born      *time.Time         `dynamorm:"born,date,encrypted"`
	Open      *bool              `dynamorm:"open,bool_string,encrypted"`
	Seen      *time.Time         `dynamorm:"seen,unix_seconds,encrypted"`
	Doc       json.RawMessage    `dynamorm:"doc,json,encrypted"`
	Raw       []byte             `dynamorm:"raw,encrypted"`
	Active    *bool              `dynamorm:"active,encrypted"`
	Tags      []string           `dynamorm:"tags,set,encrypted"`
	Sums      dynamorm.NumberSet `dynamorm:"sums,encrypted"`
	Blobs     [][]byte           `dynamorm:"blobs,set,encrypted"`
	List      []any              `dynamorm:"list,encrypted"`
	Lines     []Price            `dynamorm:"lines,encrypted"`
	Home      *Home              `dynamorm:"home,encrypted"`
	Memo      *string            `dynamorm:"memo,omitempty,encrypted"`
	Version   *int64             `dynamorm:"version,version"`
	CreatedAt *time.Time         `dynamorm:"created_at,created_at"`
	UpdatedAt *time.Time         `dynamorm:"updated_at,updated_at"`
}

type Empty struct {
	ID      []byte  `dynamorm:"id,pk"`
	Nothing any     `dynamorm:"nothing,type:NULL,required,encrypted"`
	Need    *string `dynamorm:"need,required,encrypted"`
}

type Patient struct {
	PatientID *string `dynamorm:"patient_id,required"`
	Name      *string `dynamorm:"name,encrypted"`
	Ward      *string `dynamorm:"ward"`
}

type Exam struct {
	PatientID *string `dynamorm:"patient_id,required"`
	Number    *int64  `dynamorm:"number,required"`
	Finding   *string `dynamorm:"finding,encrypted"`
	Ward      *string `dynamorm:"ward"`
}

type Pinned struct {
	ID     *string `dynamorm:"id,pk"`
	Remark *string `dynamorm:"remark,encrypted:Secret|note"`
	Aside  *string `dynamorm:"aside,encrypted:Secret"`
}

type Bare struct {
	ID     *string        `dynamorm:"id,pk"`
	Hint   *string        `dynamorm:"hint"`
	Note   map[string]any `dynamorm:"note"`
	Remark map[string]any `dynamorm:"remark"`
}

func init() {
	state := &schema.Key{Attribute: "state", Type: schema.S}
	declare[Vault](dynamorm.Declaration{
		Table: "vaults", Namespace: "acme.vault",
		Indexes: []schema.Index{{Name: "by-state", Partition: state, Fields: []string{"pin"}}, {Name: "on-state", Partition: state, Projection: "KEYS_ONLY"}},
		Views:   []schema.View{{Name: "Pin", Fields: []string{"pin"}}, {Name: "Open", Fields: []string{"state", "owner"}}},
	})
	declare[Empty](dynamorm.Declaration{Table: "empties", Namespace: "acme.vault"})
	patient := &dynamorm.Template{Attribute: "pk", Text: "PATIENT#{patient_id}"}
	declare[Patient](dynamorm.Declaration{
		Table: "clinic", Namespace: "acme.vault", Partition: patient, Sort: &dynamorm.Template{Attribute: "sk", Text: "PROFILE"},
		Discriminator: &dynamorm.Discriminator{Attribute: "kind", Value: "Patient"},
	})
	declare[Exam](dynamorm.Declaration{
		Table: "clinic", Namespace: "acme.vault", Partition: patient, Sort: &dynamorm.Template{Attribute: "sk", Text: "EXAM#{number:04d}"},
		Discriminator: &dynamorm.Discriminator{Attribute: "kind", Value: "Exam"},
	})
	declare[Pinned](dynamorm.Declaration{Table: "secrets"})
	declare[Bare](dynamorm.Declaration{Table: "secrets"})
}
