package main

import (
	"encoding/json"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// The suite's models, declared in Go. Optional scalars are pointers, so that absent and empty differ.

type Address struct {
	City  *string `dynamorm:"city"`
	Zip   *string `dynamorm:"zip"`
	Floor *int16  `dynamorm:"floor"`
}

type Line struct {
	SKU  *string  `dynamorm:"sku,required"`
	Qty  *uint64  `dynamorm:"qty"`
	Tags []string `dynamorm:"tags,set"`
}

type Order struct {
	CustomerID *string          `dynamorm:"customer_id,pk"`
	OrderID    *string          `dynamorm:"order_id,sk"`
	Status     *string          `dynamorm:"status,required,enum:open|paid|shipped"`
	Total      *dynamorm.Number `dynamorm:"total,decimal"`
	Quantity   *int64           `dynamorm:"quantity"`
	Urgent     *bool            `dynamorm:"urgent,bool_string"`
	PlacedAt   *time.Time       `dynamorm:"placed_at"`
	Labels     []string         `dynamorm:"labels,set,omitempty"`
	Address    *Address         `dynamorm:"address"`
	Lines      []Line           `dynamorm:"lines"`
	Notes      []string         `dynamorm:"notes"`
	Extra      json.RawMessage  `dynamorm:"extra,json"`
	CreatedAt  *time.Time       `dynamorm:"created_at,created_at"`
	UpdatedAt  *time.Time       `dynamorm:"updated_at,updated_at"`
	Version    *int64           `dynamorm:"version,version"`
	ExpiresAt  *time.Time       `dynamorm:"expires_at,unix_seconds,ttl,omitempty"`
}

type Profile struct {
	PK        *string             `dynamorm:"PK,pk"`
	SK        *string             `dynamorm:"SK,sk"`
	Nickname  *string             `dynamorm:"nickname,omitempty"`
	Name      *string             `dynamorm:"name,omitempty"`
	Tags      map[string]struct{} `dynamorm:"tags,omitempty"`
	Score     *dynamorm.Number    `dynamorm:"score,decimal,omitempty"`
	Version   *int32              `dynamorm:"version,version"`
	CreatedAt *time.Time          `dynamorm:"createdAt,created_at"`
	UpdatedAt *time.Time          `dynamorm:"updatedAt,updated_at"`
}

type Row struct {
	At *time.Time `dynamorm:"at"`
	OK *bool      `dynamorm:"ok"`
}

type Deep struct {
	Blob  []byte             `dynamorm:"blob"`
	Marks dynamorm.NumberSet `dynamorm:"marks"`
	Rows  []Row              `dynamorm:"rows"`
}

type Inner struct {
	Label *string `dynamorm:"label"`
	Level *int64  `dynamorm:"level"`
	Deep  *Deep   `dynamorm:"deep"`
}

type Everything struct {
	ID      *string            `dynamorm:"id,pk"`
	Text    *string            `dynamorm:"text"`
	Num     *dynamorm.Number   `dynamorm:"num"`
	Whole   *int64             `dynamorm:"whole"`
	Big     *int64             `dynamorm:"big,int64"`
	Ratio   *float64           `dynamorm:"ratio"`
	Price   *dynamorm.Number   `dynamorm:"price,decimal"`
	Bin     []byte             `dynamorm:"bin"`
	Flag    *bool              `dynamorm:"flag"`
	Nothing any                `dynamorm:"nothing,type:NULL"`
	Items   []any              `dynamorm:"items"`
	Doc     map[string]any     `dynamorm:"doc"`
	Words   dynamorm.StringSet `dynamorm:"words"`
	Numbers []dynamorm.Number  `dynamorm:"numbers,set"`
	Blobs   [][]byte           `dynamorm:"blobs,set"`
	Stamp   *time.Time         `dynamorm:"stamp"`
	Nano    *time.Time         `dynamorm:"nano,rfc3339nano"`
	Day     *time.Time         `dynamorm:"day,date"`
	UID     *string            `dynamorm:"uid,uuid"`
	YesNo   *bool              `dynamorm:"yes_no,bool_string"`
	Seconds *int64             `dynamorm:"seconds,unix_seconds"`
	Millis  *time.Time         `dynamorm:"millis,unix_millis"`
	Data    any                `dynamorm:"data,json"`
	Inner   *Inner             `dynamorm:"inner"`
}

type SparseInner struct {
	Label *string `dynamorm:"label,omitempty"`
	Level *int64  `dynamorm:"level,omitempty"`
}

type Sparse struct {
	ID      *string          `dynamorm:"id,pk"`
	Text    *string          `dynamorm:"text,omitempty"`
	Whole   *int64           `dynamorm:"whole,omitempty"`
	Price   *dynamorm.Number `dynamorm:"price,decimal,omitempty"`
	Ratio   *float64         `dynamorm:"ratio,omitempty"`
	Bin     []byte           `dynamorm:"bin,omitempty"`
	Flag    *bool            `dynamorm:"flag,omitempty"`
	Items   []any            `dynamorm:"items,omitempty"`
	Doc     map[string]any   `dynamorm:"doc,omitempty"`
	Stamp   *time.Time       `dynamorm:"stamp,omitempty"`
	YesNo   *bool            `dynamorm:"yes_no,bool_string,omitempty"`
	Seconds *time.Time       `dynamorm:"seconds,unix_seconds,omitempty"`
	Data    any              `dynamorm:"data,json,omitempty"`
	Inner   *SparseInner     `dynamorm:"inner,omitempty"`
}

// Stamps is embedded in another model, at two levels.
type Stamps struct {
	Opened  *time.Time `dynamorm:"opened,unix_seconds,created_at"`
	Touched *time.Time `dynamorm:"touched,rfc3339nano,updated_at"`
}

type Kept struct {
	Revision *int64 `dynamorm:"revision,int64,version"`
	Stamps
}

type Ledger struct {
	ID    *string `dynamorm:"id,pk"`
	Owner *string `dynamorm:"owner,required"`
	Kept
	Balance *dynamorm.Number `dynamorm:"balance,decimal"`
}

type Odd struct {
	ID        *string        `dynamorm:"id,pk"`
	Size      *int64         `dynamorm:"size"`
	OddName   *string        `dynamorm:"odd.name"`
	A0        *string        `dynamorm:"a[0]"`
	WithSpace *string        `dynamorm:"with space"`
	Hash      *string        `dynamorm:"#hash"`
	Colon     *string        `dynamorm:":colon"`
	Digit     *string        `dynamorm:"0digit"`
	AB        *string        `dynamorm:"a-b"`
	Emoji     *string        `dynamorm:"😀"`
	Doc       map[string]any `dynamorm:"doc"`
}

type Secret struct {
	ID   *string `dynamorm:"id,pk"`
	Hint *string `dynamorm:"hint"`
	Note *string `dynamorm:"note,encrypted"`
}

type Blob struct {
	Digest []byte `dynamorm:"digest,pk"`
	Body   []byte `dynamorm:"body"`
}

type Ticket struct {
	ID       *string `dynamorm:"id,pk"`
	Assignee *string `dynamorm:"assignee,omitempty"`
	Queue    *string `dynamorm:"queue"`
	Priority *int64  `dynamorm:"priority"`
}

// Reading has values instead of pointers: what a program mostly writes.
type Reading struct {
	Sensor int64           `dynamorm:"sensor,pk"`
	At     dynamorm.Number `dynamorm:"at,decimal,sk"`
	Value  *float64        `dynamorm:"value"`
}

type Event struct {
	Urgent bool      `dynamorm:"urgent,bool_string,pk"`
	At     time.Time `dynamorm:"at,sk"`
	Text   *string   `dynamorm:"text"`
}

type Customer struct {
	CustomerID *string `dynamorm:"customer_id,required"`
	Email      *string `dynamorm:"email,omitempty"`
	Name       *string `dynamorm:"name"`
}

type Purchase struct {
	CustomerID *string             `dynamorm:"customer_id,required"`
	Number     *int64              `dynamorm:"number,required"`
	Warehouse  *string             `dynamorm:"warehouse"`
	Status     *string             `dynamorm:"status,enum:open|paid|shipped"`
	Total      *dynamorm.Number    `dynamorm:"total,decimal"`
	Tags       map[string]struct{} `dynamorm:"tags"`
	CreatedAt  *time.Time          `dynamorm:"created_at,created_at"`
	UpdatedAt  *time.Time          `dynamorm:"updated_at,updated_at"`
	Version    *int64              `dynamorm:"version,version"`
}

type Visit struct {
	Page      *string          `dynamorm:"page,pk"`
	Day       *string          `dynamorm:"day,date"`
	Seq       *dynamorm.Number `dynamorm:"seq"`
	Guest     *string          `dynamorm:"guest"`
	Site      *string          `dynamorm:"site"`
	Secs      *time.Time       `dynamorm:"secs,unix_seconds"`
	Bot       *bool            `dynamorm:"bot,bool_string"`
	CreatedAt *time.Time       `dynamorm:"created_at,created_at"`
}

type Guest struct {
	Tribe *string `dynamorm:"tribe"`
	Name  *string `dynamorm:"name"`
}

type Place struct {
	City *string `dynamorm:"city"`
	Zip  *string `dynamorm:"zip,required"`
}

type Message struct {
	Room      *string             `dynamorm:"room,pk"`
	At        *int64              `dynamorm:"at,sk"`
	Author    *string             `dynamorm:"author,omitempty"`
	Text      *string             `dynamorm:"text"`
	Stars     *int64              `dynamorm:"stars"`
	Sent      *time.Time          `dynamorm:"sent,timestamp"`
	Labels    map[string]struct{} `dynamorm:"labels"`
	Place     *Place              `dynamorm:"place"`
	ExpiresAt *time.Time          `dynamorm:"expires_at,unix_seconds,ttl"`
}

type Chunk struct {
	File   []byte `dynamorm:"file,pk"`
	Digest []byte `dynamorm:"digest,sk"`
	Size   *int64 `dynamorm:"size"`
}

type Standing struct {
	CustomerID *string `dynamorm:"customer_id,required"`
	Email      *string `dynamorm:"email"`
	Rank       *int64  `dynamorm:"rank"`
}

type InnerBox struct {
	Label *string `dynamorm:"lbl,field:label_text"`
	Raw   []byte  `dynamorm:"raw,field:raw_bytes,omitempty"`
}

type OuterBox struct {
	Width  *int64    `dynamorm:"w,required,field:full_width"`
	Height *int64    `dynamorm:"h,field:height,omitempty"`
	Inner  *InnerBox `dynamorm:"in,field:inner_box"`
}

type Stop struct {
	City    *string             `dynamorm:"c,required,field:city_name"`
	Reached *time.Time          `dynamorm:"t,timestamp,field:reached_at"`
	Tags    map[string]struct{} `dynamorm:"c_t,field:city_tags"`
}

type Cell struct {
	Column *int64 `dynamorm:"x,required,field:column_number"`
	Full   *bool  `dynamorm:"y,bool_string,field:is_full,omitempty"`
}

type Parcel struct {
	Leg      *int64              `dynamorm:"leg,sk,field:leg_number"`
	Number   *string             `dynamorm:"no,required,field:parcel_number"`
	State    *string             `dynamorm:"st,field:current_state"`
	Weight   *int64              `dynamorm:"wt,field:weight"`
	Left     *string             `dynamorm:"right,field:left"`
	Right    *string             `dynamorm:"left,field:right"`
	Line2    *string             `dynamorm:"note,field:line_2_of_3c,omitempty"`
	Tags     map[string]struct{} `dynamorm:"marks,field:name_tags"`
	Box      *OuterBox           `dynamorm:"box,field:outer_box"`
	Stops    []Stop              `dynamorm:"stops,field:all_stops"`
	Plan     [][]Cell            `dynamorm:"grid,field:load_plan"`
	Created  *time.Time          `dynamorm:"made,created_at,field:created_on"`
	Seen     *time.Time          `dynamorm:"seen,updated_at,field:last_seen"`
	Revision *int64              `dynamorm:"rev,version,field:revision"`
}

type Maker struct {
	FullName *string `dynamorm:"fullName"`
	Rank     *int64  `dynamorm:"rank"`
}

type Label struct {
	Text    *string    `dynamorm:"text,required"`
	Unit    *string    `dynamorm:"unit"`
	Printed *time.Time `dynamorm:"printed"`
	MadeBy  *Maker     `dynamorm:"madeBy"`
}

type BasketLine struct {
	SKU    *string            `dynamorm:"sku,required"`
	Colour *string            `dynamorm:"colour,enum:red|blue"`
	Kinds  dynamorm.StringSet `dynamorm:"kinds"`
}

type BasketRow struct {
	Shop       *string            `dynamorm:"shopId,pk"`
	Number     *int64             `dynamorm:"number,sk"`
	State      *string            `dynamorm:"state,enum:open|paid"`
	PiecesLeft *int64             `dynamorm:"piecesLeft"`
	Layers     *int64             `dynamorm:"layers"`
	Codes      dynamorm.StringSet `dynamorm:"codes"`
	Sizes      dynamorm.NumberSet `dynamorm:"sizes"`
	Ratios     dynamorm.NumberSet `dynamorm:"ratios"`
	Marks      dynamorm.BinarySet `dynamorm:"marks"`
	Loose      []any              `dynamorm:"loose"`
	Rest       map[string]any     `dynamorm:"rest"`
	Label      *Label             `dynamorm:"label"`
	Lines      []BasketLine       `dynamorm:"lines"`
	Extra      any                `dynamorm:"extra,json"`
	Seen       *string            `dynamorm:"seen,date"`
	CreatedAt  *time.Time         `dynamorm:"createdAt,created_at"`
	UpdatedAt  *time.Time         `dynamorm:"updatedAt,updated_at"`
	Version    *int64             `dynamorm:"version,version"`
}

type Gift struct {
	Wrap *string `dynamorm:"wrap"`
	Size *int64  `dynamorm:"size"`
}

// Hamper is a basket and more.
type Hamper struct {
	Due *time.Time `dynamorm:"due,unix_seconds"`
	BasketRow
	GiftNote *string `dynamorm:"giftNote"`
	Gift     *Gift   `dynamorm:"gift"`
}

// natives has each model with what makes a table of it.
var natives = map[string]native{}

func declare[T any](d dynamorm.Declaration) {
	m := dynamorm.MustDefine[T](d)
	natives[m.Schema().Name] = native{
		schema: m.Schema(),
		open:   func(c *dynamorm.Client, maps caller) caller { return newRows(c, m, maps) },
	}
}

func init() {
	declare[Order](dynamorm.Declaration{
		Table: "orders", Namespace: "acme.shop", Naming: "snake_case",
		Indexes: []schema.Index{{
			Name: "by-status", Partition: &schema.Key{Attribute: "status", Type: schema.S}, Sort: &schema.Key{Attribute: "placed_at", Type: schema.S},
			Fields: []string{"total", "urgent"},
		}},
		Views: []schema.View{{Name: "OrderSummary", Fields: []string{"customer_id", "order_id", "status", "total"}}},
	})
	declare[Profile](dynamorm.Declaration{Table: "profiles"})
	declare[Everything](dynamorm.Declaration{Table: "everything"})
	declare[Sparse](dynamorm.Declaration{Table: "sparse"})
	declare[Ledger](dynamorm.Declaration{Table: "ledgers"})
	declare[Odd](dynamorm.Declaration{Table: "odd"})
	text := func(name string) *schema.Key { return &schema.Key{Attribute: name, Type: schema.S} }
	customer := &dynamorm.Template{Attribute: "pk", Text: "CUSTOMER#{customer_id}"}
	gsi1 := []schema.Index{{Name: "gsi1", Partition: text("gsi1pk"), Sort: text("gsi1sk")}}
	declare[Customer](dynamorm.Declaration{
		Table: "shop", Namespace: "acme.shop", Partition: customer, Sort: &dynamorm.Template{Attribute: "sk", Text: "PROFILE"}, Indexes: gsi1,
		Composed:      []dynamorm.Template{{Attribute: "gsi1pk", Text: "EMAIL#{email}"}, {Attribute: "gsi1sk", Text: "CUSTOMER"}},
		Discriminator: &dynamorm.Discriminator{Attribute: "_type", Value: "Customer"},
	})
	declare[Purchase](dynamorm.Declaration{
		Table: "shop", Namespace: "acme.shop", Partition: customer, Sort: &dynamorm.Template{Attribute: "sk", Text: "ORDER#{number:08d}"}, Indexes: gsi1,
		Composed:      []dynamorm.Template{{Attribute: "gsi1pk", Text: "STOCK#{warehouse}#{status}"}, {Attribute: "gsi1sk", Text: "{customer_id}#{number:08d}"}},
		Discriminator: &dynamorm.Discriminator{Attribute: "_type", Value: "Purchase"},
	})
	declare[Visit](dynamorm.Declaration{
		Table: "visits", Namespace: "acme.shop", Sort: &dynamorm.Template{Attribute: "sk", Text: "{day}##{seq:03d}{guest}"},
		Composed: []dynamorm.Template{{Attribute: "by_time", Text: "{site}#{created_at}"}},
		Indexes:  []schema.Index{{Name: "by-time", Partition: text("page"), Sort: text("by_time")}},
	})
	declare[Guest](dynamorm.Declaration{Table: "guests", Namespace: "acme.shop", Partition: &dynamorm.Template{Attribute: "pk", Text: "{tribe}##{name}"}})
	declare[Secret](dynamorm.Declaration{Table: "secrets"})
	declare[Reading](dynamorm.Declaration{Table: "readings"})
	declare[Event](dynamorm.Declaration{Table: "events"})
	number := func(name string) *schema.Key { return &schema.Key{Attribute: name, Type: schema.N} }
	declare[Blob](dynamorm.Declaration{Table: "blobs"})
	declare[Ticket](dynamorm.Declaration{
		Table:   "tickets",
		Indexes: []schema.Index{{Name: "by-assignee", Partition: text("assignee"), Sort: number("priority")}, {Name: "by-queue", Partition: text("queue"), Projection: "KEYS_ONLY"}},
	})
	declare[Message](dynamorm.Declaration{
		Table: "messages", Namespace: "acme.forum", Views: []schema.View{{Name: "Headline", Fields: []string{"at", "author", "text"}}},
		Indexes: []schema.Index{
			{Name: "by-stars", Local: true, Sort: number("stars"), Fields: []string{"text"}}, {Name: "by-sent", Local: true, Sort: text("sent")},
			{Name: "by-author", Partition: text("author"), Sort: number("at")},
			{Name: "by-author-stars", Partition: text("author"), Sort: number("stars"), Projection: "KEYS_ONLY"},
			{Name: "by-text", Partition: text("text"), Fields: []string{"place", "expires_at"}},
		},
	})
	declare[BasketRow](dynamorm.Declaration{
		Name: "Basket", Table: "baskets", Namespace: "acme.market", Naming: "camelCase",
		Indexes: []schema.Index{{Name: "by-left", Local: true, Sort: number("piecesLeft"), Projection: "KEYS_ONLY"}},
		Views:   []schema.View{{Name: "Short", Fields: []string{"label", "state", "piecesLeft"}}},
	})
	declare[Hamper](dynamorm.Declaration{Table: "hampers", Namespace: "acme.market", Naming: "camelCase"})
	declare[Chunk](dynamorm.Declaration{Table: "chunks", Namespace: "acme.forum"})
	declare[Parcel](dynamorm.Declaration{
		Table: "parcels", Namespace: "acme.mail", Partition: &dynamorm.Template{Attribute: "pk", Text: "PARCEL#{no}"},
		Composed:      []dynamorm.Template{{Attribute: "at_state", Text: "STATE#{st}"}},
		Discriminator: &dynamorm.Discriminator{Attribute: "kind", Value: "Parcel"},
		Indexes: []schema.Index{
			{Name: "by-state", Partition: text("at_state"), Sort: number("wt"), Fields: []string{"left", "kind"}},
			{Name: "by-weight", Local: true, Sort: number("wt"), Fields: []string{"kind", "st"}}, {Name: "by-left", Local: true, Sort: text("left")},
		},
		Views: []schema.View{{Name: "Sides", Fields: []string{"right", "no", "left"}}},
	})
	declare[Standing](dynamorm.Declaration{
		Table: "shop", Namespace: "acme.forum", Partition: customer, Sort: &dynamorm.Template{Attribute: "sk", Text: "RANK#{rank:03d}"}, Indexes: gsi1,
		Composed:      []dynamorm.Template{{Attribute: "gsi1pk", Text: "EMAIL#{email}"}, {Attribute: "gsi1sk", Text: "RANK"}},
		Discriminator: &dynamorm.Discriminator{Attribute: "_type", Value: "Standing"},
	})
}
