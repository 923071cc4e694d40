package main

import (
	"time"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Track and Site are embedded, one in the other, and neither begins the struct that holds it.
type Track struct {
	Zone *string `dynamorm:"zone"`
	Lane *int64  `dynamorm:"lane"`
}

type Site struct {
	Where *string `dynamorm:"where"`
	Track
}

type Depot struct {
	Street string `dynamorm:"street,omitempty"`
	Floor  int32  `dynamorm:"floor,omitempty"`
}

type Halt struct {
	City string `dynamorm:"city,required"`
	Size uint8  `dynamorm:"size,omitempty"`
}

// Config is stored as JSON.
type Config struct {
	Retries int            `json:"retries"`
	Names   []string       `json:"names,omitempty"`
	Rest    map[string]any `json:"rest,omitempty"`
}

// Crate has plain values and narrow types, and fields that are no attributes.
type Crate struct {
	_      struct{} // no field of a value's
	Yard   string   `dynamorm:",pk"`
	Slot   int      `dynamorm:"slot,sk"`
	Cached string   `dynamorm:"-"`
	Site
	NetGross *string            `dynamorm:"net\\,gross"`
	Stage    string             `dynamorm:"stage,enum:new|sent\\, late"`
	Packed   string             `dynamorm:"packed,enum:by hand"`
	Day      string             `dynamorm:"day,date"`
	Ref      string             `dynamorm:"ref,uuid"`
	Weighed  string             `dynamorm:"weighed,rfc3339nano"`
	Note     string             `dynamorm:"note,omitempty"`
	Sealed   bool               `dynamorm:"sealed,omitempty"`
	Lots     uint               `dynamorm:"lots,omitempty"`
	Tiny     int8               `dynamorm:"tiny,omitempty"`
	Mid      uint32             `dynamorm:"mid,omitempty"`
	Wide     uint64             `dynamorm:"wide,int64,omitempty"`
	Share    float32            `dynamorm:"share,omitempty"`
	Ranks    []int64            `dynamorm:"ranks,set"`
	Marks    map[int16]struct{} `dynamorm:"marks"`
	Words    []string           `dynamorm:"words,set"`
	Counts   map[string]*int64  `dynamorm:"counts"`
	Config   *Config            `dynamorm:"config,json"`
	Stops    []*Halt            `dynamorm:"stops"`
	Home     Depot              `dynamorm:"home,omitempty"`
	Checked  time.Time          `dynamorm:"checked,omitempty"`
	Made     time.Time          `dynamorm:"made,unix_seconds,created_at"`
	Seen     time.Time          `dynamorm:"seen,unix_millis,updated_at"`
	Turn     int64              `dynamorm:"turn,version"`
	Until    time.Time          `dynamorm:"until,unix_seconds,ttl,omitempty"`
}

func init() {
	declare[Crate](dynamorm.Declaration{Table: "crates", Namespace: "acme.yard", Indexes: []schema.Index{
		{Name: "by-stage", Partition: &schema.Key{Attribute: "stage", Type: schema.S}, Sort: &schema.Key{Attribute: "day", Type: schema.S}},
	}})
}
