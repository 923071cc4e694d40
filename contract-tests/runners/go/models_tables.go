package main

import (
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// The suite's models whose tables are made, and whose items move.

type Task struct {
	Board   *string    `dynamorm:"board,pk,required"`
	Number  *int64     `dynamorm:"number,sk,int,required"`
	Title   *string    `dynamorm:"title"`
	State   *string    `dynamorm:"state"`
	Due     *time.Time `dynamorm:"due,date"`
	Stamp   []byte     `dynamorm:"stamp"`
	Owner   *string    `dynamorm:"owner"`
	PurgeAt *time.Time `dynamorm:"purge_at,unix_seconds,ttl"`
}

type Sprint struct {
	Board  *string    `dynamorm:"board,pk,required"`
	Number *int64     `dynamorm:"number,sk,int,required"`
	Goal   *string    `dynamorm:"goal"`
	State  *string    `dynamorm:"state"`
	Due    *time.Time `dynamorm:"due,date"`
}

type Board struct {
	ID      *string    `dynamorm:"id,pk,required"`
	Text    *string    `dynamorm:"text"`
	WipedAt *time.Time `dynamorm:"wiped_at,unix_seconds,ttl"`
}

type Person struct {
	ID        *string    `dynamorm:"id,pk,required"`
	Name      *string    `dynamorm:"name,required"`
	Age       *int64     `dynamorm:"age,int"`
	Email     *string    `dynamorm:"email"`
	Labels    []string   `dynamorm:"labels,set"`
	CreatedAt *time.Time `dynamorm:"created_at,created_at"`
	UpdatedAt *time.Time `dynamorm:"updated_at,updated_at"`
	Version   *int64     `dynamorm:"version,version"`
}

type PersonNext struct {
	ID        *string    `dynamorm:"id,pk,required"`
	Name      *string    `dynamorm:"name,required"`
	Age       *int64     `dynamorm:"age,int"`
	Email     *string    `dynamorm:"email"`
	Labels    []string   `dynamorm:"labels,set"`
	Nickname  *string    `dynamorm:"nickname"`
	CreatedAt *time.Time `dynamorm:"created_at,created_at"`
	UpdatedAt *time.Time `dynamorm:"updated_at,updated_at"`
	Version   *int64     `dynamorm:"version,version"`
}

type Member struct {
	MemberID  *string    `dynamorm:"member_id,required"`
	FullName  *string    `dynamorm:"full_name,required"`
	Years     *int64     `dynamorm:"years,int"`
	CreatedAt *time.Time `dynamorm:"created_at,created_at"`
	UpdatedAt *time.Time `dynamorm:"updated_at,updated_at"`
	Version   *int64     `dynamorm:"version,version"`
}

type Locker struct {
	ID   *string `dynamorm:"id,pk,required"`
	Note *string `dynamorm:"note"`
	Pin  *string `dynamorm:"pin,encrypted"`
	Word *string `dynamorm:"word,encrypted:Shared|word"`
}

type LockerNext struct {
	ID   *string `dynamorm:"id,pk,required"`
	Note *string `dynamorm:"note,encrypted"`
	Pin  *string `dynamorm:"pin,encrypted"`
	Word *string `dynamorm:"word,encrypted:Shared|word"`
}

type LockerOpen struct {
	ID   *string `dynamorm:"id,pk,required"`
	Note *string `dynamorm:"note"`
	Pin  *string `dynamorm:"pin"`
	Word *string `dynamorm:"word,encrypted:Shared|word"`
}

func init() {
	key := func(name string, t schema.Type) *schema.Key { return &schema.Key{Attribute: name, Type: t} }
	declare[Task](dynamorm.Declaration{
		Table: "tasks", Namespace: "contract.tables",
		Indexes: []schema.Index{
			{Name: "by-state", Partition: key("state", schema.S), Sort: key("due", schema.S), Projection: "INCLUDE", Fields: []string{"title", "board", "owner"}},
			{Name: "by-owner", Partition: key("owner", schema.S)},
			{Name: "by-stamp", Local: true, Sort: key("stamp", schema.B), Projection: "KEYS_ONLY"},
			{Name: "by-due", Local: true, Sort: key("due", schema.S), Projection: "INCLUDE", Fields: []string{"board", "due"}},
		},
	})
	declare[Sprint](dynamorm.Declaration{
		Table: "tasks", Namespace: "contract.tables",
		Indexes: []schema.Index{
			{Name: "by-goal", Partition: key("goal", schema.S), Projection: "KEYS_ONLY"},
			{Name: "by-state", Partition: key("state", schema.S), Sort: key("due", schema.S), Projection: "INCLUDE", Fields: []string{"goal"}},
		},
	})
	declare[Board](dynamorm.Declaration{Table: "boards.main", Namespace: "contract.tables"})
	declare[Person](dynamorm.Declaration{Table: "people", Namespace: "contract.moving"})
	declare[PersonNext](dynamorm.Declaration{
		Table: "people-next", Namespace: "contract.moving", Indexes: []schema.Index{{Name: "by-email", Partition: key("email", schema.S)}},
	})
	declare[Member](dynamorm.Declaration{
		Table: "members", Namespace: "contract.moving", Partition: &dynamorm.Template{Attribute: "pk", Text: "MEMBER#{member_id}"},
		Discriminator: &dynamorm.Discriminator{Attribute: "_type", Value: "Member"},
	})
	declare[Locker](dynamorm.Declaration{Table: "lockers", Namespace: "contract.moving"})
	declare[LockerNext](dynamorm.Declaration{Table: "lockers-next", Namespace: "contract.moving"})
	declare[LockerOpen](dynamorm.Declaration{Table: "lockers-open", Namespace: "contract.moving"})
}
