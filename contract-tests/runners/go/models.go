package main

import (
	"encoding/json"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
)

// The suite's models, declared in Go; fn.dms.native proves that each equals its document.
// Optional scalars are pointers, so that absent and empty differ.

type number = dynamorm.Number

type address struct {
	City  *string `dynamorm:"city"`
	Zip   *string `dynamorm:"zip"`
	Floor *int64  `dynamorm:"floor"`
}

type line struct {
	Sku  *string  `dynamorm:"sku,required"`
	Qty  *int64   `dynamorm:"qty"`
	Tags []string `dynamorm:"tags,set"`
}

// Order is the whole of a shop's order.
type Order struct {
	CustomerID *string         `dynamorm:"customer_id,pk"`
	OrderID    *string         `dynamorm:"order_id,sk"`
	Status     *string         `dynamorm:"status,required,enum=open|paid|shipped"`
	Total      *number         `dynamorm:"total,format=decimal"`
	Quantity   *int64          `dynamorm:"quantity"`
	Urgent     *bool           `dynamorm:"urgent,format=bool_string"`
	PlacedAt   *time.Time      `dynamorm:"placed_at"`
	Labels     []string        `dynamorm:"labels,set,omitempty"`
	Address    *address        `dynamorm:"address"`
	Lines      []line          `dynamorm:"lines"`
	Notes      []string        `dynamorm:"notes"`
	Extra      json.RawMessage `dynamorm:"extra,json"`
	CreatedAt  *time.Time      `dynamorm:"created_at,created_at"`
	UpdatedAt  *time.Time      `dynamorm:"updated_at,updated_at"`
	Version    *int64          `dynamorm:"version,version"`
	ExpiresAt  *int64          `dynamorm:"expires_at,format=unix_seconds,ttl,omitempty"`
}

// stamped is embedded, to show that embedded structs flatten.
type stamped struct {
	Version *int64     `dynamorm:"version,version"`
	Created *time.Time `dynamorm:"createdAt,created_at"`
	Updated *time.Time `dynamorm:"updatedAt,updated_at"`
}

// Profile has reserved words and camelCase names.
type Profile struct {
	PK       *string  `dynamorm:"PK,pk"`
	SK       *string  `dynamorm:"SK,sk"`
	Nickname *string  `dynamorm:"nickname,omitempty"`
	Name     *string  `dynamorm:"name,omitempty"`
	Tags     []string `dynamorm:"tags,set,omitempty"`
	Score    *number  `dynamorm:"score,format=decimal,omitempty"`
	stamped
}

type row struct {
	At *time.Time `dynamorm:"at"`
	Ok *bool      `dynamorm:"ok"`
}

type deep struct {
	Blob  []byte   `dynamorm:"blob"`
	Marks []number `dynamorm:"marks,set"`
	Rows  []row    `dynamorm:"rows"`
}

type inner struct {
	Label *string `dynamorm:"label"`
	Level *int64  `dynamorm:"level"`
	Deep  *deep   `dynamorm:"deep"`
}

// Everything has every type and format once.
type Everything struct {
	ID      *string        `dynamorm:"id,pk"`
	Text    *string        `dynamorm:"text"`
	Num     *number        `dynamorm:"num"`
	Whole   *int64         `dynamorm:"whole"`
	Big     *int64         `dynamorm:"big,format=int64"`
	Ratio   *float64       `dynamorm:"ratio"`
	Price   *number        `dynamorm:"price,format=decimal"`
	Bin     []byte         `dynamorm:"bin"`
	Flag    *bool          `dynamorm:"flag"`
	Nothing any            `dynamorm:"nothing,type=NULL"`
	Items   []any          `dynamorm:"items"`
	Doc     map[string]any `dynamorm:"doc"`
	Words   []string       `dynamorm:"words,set"`
	Numbers []number       `dynamorm:"numbers,set"`
	Blobs   [][]byte       `dynamorm:"blobs,set"`
	Stamp   *time.Time     `dynamorm:"stamp"`
	Nano    *time.Time     `dynamorm:"nano,format=rfc3339nano"`
	Day     *string        `dynamorm:"day,format=date"`
	UID     *string        `dynamorm:"uid,format=uuid"`
	YesNo   *bool          `dynamorm:"yes_no,format=bool_string"`
	Seconds *int64         `dynamorm:"seconds,format=unix_seconds"`
	Millis  *time.Time     `dynamorm:"millis,format=unix_millis"`
	Data    any            `dynamorm:"data,json"`
	Inner   *inner         `dynamorm:"inner"`
}

type sparseInner struct {
	Label *string `dynamorm:"label,omitempty"`
	Level *int64  `dynamorm:"level,omitempty"`
}

// Sparse leaves out what is empty.
type Sparse struct {
	ID      *string        `dynamorm:"id,pk"`
	Text    *string        `dynamorm:"text,omitempty"`
	Whole   *int64         `dynamorm:"whole,omitempty"`
	Price   *number        `dynamorm:"price,format=decimal,omitempty"`
	Ratio   *float64       `dynamorm:"ratio,omitempty"`
	Bin     []byte         `dynamorm:"bin,omitempty"`
	Flag    *bool          `dynamorm:"flag,omitempty"`
	Items   []any          `dynamorm:"items,omitempty"`
	Doc     map[string]any `dynamorm:"doc,omitempty"`
	Stamp   *time.Time     `dynamorm:"stamp,omitempty"`
	YesNo   *bool          `dynamorm:"yes_no,format=bool_string,omitempty"`
	Seconds *int64         `dynamorm:"seconds,format=unix_seconds,omitempty"`
	Data    any            `dynamorm:"data,json,omitempty"`
	Inner   *sparseInner   `dynamorm:"inner,omitempty"`
}

// Reading has number keys.
type Reading struct {
	Sensor *int64   `dynamorm:"sensor,pk"`
	At     *number  `dynamorm:"at,sk,format=decimal"`
	Value  *float64 `dynamorm:"value"`
}

// Blob has a binary key.
type Blob struct {
	Digest []byte `dynamorm:"digest,pk"`
	Body   []byte `dynamorm:"body"`
}

// Event has a boolean and a time as keys.
type Event struct {
	Urgent *bool      `dynamorm:"urgent,pk,format=bool_string"`
	At     *time.Time `dynamorm:"at,sk"`
	Text   *string    `dynamorm:"text"`
}

// Ticket has sparse index keys.
type Ticket struct {
	ID       *string `dynamorm:"id,pk"`
	Assignee *string `dynamorm:"assignee,omitempty"`
	Queue    *string `dynamorm:"queue"`
	Priority *int64  `dynamorm:"priority"`
}

// Ledger has its lifecycle in other formats.
type Ledger struct {
	ID       *string    `dynamorm:"id,pk"`
	Owner    *string    `dynamorm:"owner,required"`
	Balance  *number    `dynamorm:"balance,format=decimal"`
	Opened   *int64     `dynamorm:"opened,format=unix_seconds,created_at"`
	Touched  *time.Time `dynamorm:"touched,format=rfc3339nano,updated_at"`
	Revision *int64     `dynamorm:"revision,format=int64,version"`
}

// Odd has names that need care.
type Odd struct {
	ID    *string        `dynamorm:"id,pk"`
	Size  *int64         `dynamorm:"size"`
	Dot   *string        `dynamorm:"odd.name"`
	Index *string        `dynamorm:"a[0]"`
	Space *string        `dynamorm:"with space"`
	Hash  *string        `dynamorm:"#hash"`
	Colon *string        `dynamorm:":colon"`
	Digit *string        `dynamorm:"0digit"`
	Dash  *string        `dynamorm:"a-b"`
	Emoji *string        `dynamorm:"😀"`
	Doc   map[string]any `dynamorm:"doc"`
}

// Secret has an encrypted attribute.
type Secret struct {
	ID   *string `dynamorm:"id,pk"`
	Hint *string `dynamorm:"hint"`
	Note *string `dynamorm:"note,encrypted"`
}

var natives = map[string]native{
	"Order": declared[Order](dynamorm.Spec{
		Table: "orders", Namespace: "acme.shop", Naming: "snake_case",
		Indexes: []dynamorm.Index{{Name: "by-status", Partition: "status", Sort: "placed_at", Projection: "INCLUDE", Fields: []string{"total", "urgent"}}},
		Views:   []dynamorm.View{{Name: "OrderSummary", Fields: []string{"customer_id", "order_id", "status", "total"}}},
	}),
	"Profile":    declared[Profile](dynamorm.Spec{Table: "profiles"}),
	"Everything": declared[Everything](dynamorm.Spec{Table: "everything"}),
	"Sparse":     declared[Sparse](dynamorm.Spec{Table: "sparse"}),
	"Reading":    declared[Reading](dynamorm.Spec{Table: "readings"}),
	"Blob":       declared[Blob](dynamorm.Spec{Table: "blobs"}),
	"Event":      declared[Event](dynamorm.Spec{Table: "events"}),
	"Ticket": declared[Ticket](dynamorm.Spec{Table: "tickets", Indexes: []dynamorm.Index{
		{Name: "by-assignee", Partition: "assignee", Sort: "priority"}, {Name: "by-queue", Partition: "queue", Projection: "KEYS_ONLY"},
	}}),
	"Ledger": declared[Ledger](dynamorm.Spec{Table: "ledgers"}),
	"Odd":    declared[Odd](dynamorm.Spec{Table: "odd"}),
	"Secret": declared[Secret](dynamorm.Spec{Table: "secrets"}),
}
