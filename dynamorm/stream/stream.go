// Package stream reads the records of DynamoDB Streams: what they say about a change, and whose it is. Records of a Lambda event and of
// GetRecords (stream/poll) are the same here. Their images are read by the tables of a client.
package stream

import (
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Record is one change as DynamoDB tells it: the JSON of an element of `Records` of a Lambda event.
type Record json.RawMessage

// MarshalJSON gives the record as it is.
func (r Record) MarshalJSON() ([]byte, error) { return json.RawMessage(r).MarshalJSON() }

// UnmarshalJSON keeps the record as it is.
func (r *Record) UnmarshalJSON(text []byte) error {
	*r = append((*r)[:0], text...)
	return nil
}

// Format gives the type's name, whatever fmt is asked for: items stay out of logs.
func (r Record) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "stream.Record") }

// Kind says what happened to an item.
type Kind string

// The kinds.
const (
	Insert Kind = "insert"
	Modify Kind = "modify"
	Remove Kind = "remove"
)

var kinds = map[string]Kind{"INSERT": Insert, "MODIFY": Modify, "REMOVE": Remove}

// Change is what a record says, with its items as DynamoDB's JSON.
type Change struct {
	Kind Kind
	// EventID is "" where the record has none.
	EventID        string
	SequenceNumber string
	// CreatedAt is in whole milliseconds, and zero where the record has none.
	CreatedAt time.Time
	// Expired says that DynamoDB removed the item because its time to live was over.
	Expired bool
	// Keys are the table's key attributes. Old and New are the item before and after the change, nil where the record has it not.
	Keys, Old, New []byte
}

// Format gives the kind, whatever fmt is asked for: items stay out of logs.
func (c Change) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "stream.Change: "+string(c.Kind))
}

func misshapen(what string) *errs.Error {
	return errs.New(errs.CodeDecodeFailed, "", "the record has "+what)
}

// Parse reads a record. One of another shape is DecodeFailed.
func Parse(r Record) (Change, error) {
	c := Change{EventID: EventID(r), SequenceNumber: SequenceNumber(r)}
	if !json.Valid(r) || object(r) == nil {
		return c, misshapen("another shape than DynamoDB's")
	}
	change := object(member(r, "dynamodb"))
	known := false
	c.Kind, known = kinds[text(member(r, "eventName"))]
	switch {
	case change == nil:
		return c, misshapen("no dynamodb")
	case !known:
		return c, misshapen("no known eventName")
	case c.SequenceNumber == "":
		return c, misshapen("no sequence number")
	}
	for _, part := range []struct {
		name     string
		into     *[]byte
		required bool
	}{{"Keys", &c.Keys, true}, {"OldImage", &c.Old, false}, {"NewImage", &c.New, false}} {
		item := member(change, part.name)
		if item == nil && !part.required {
			continue
		}
		if !isItem(item) {
			return c, misshapen("a part " + part.name + " that is no item")
		}
		*part.into = item
	}
	var err error
	if at := member(change, "ApproximateCreationDateTime"); at != nil {
		c.CreatedAt, err = instant(at)
	}
	by := member(r, "userIdentity")
	c.Expired = c.Kind == Remove && text(member(by, "type")) == "Service" && text(member(by, "principalId")) == "dynamodb.amazonaws.com"
	return c, err
}

// SequenceNumber gives a record's sequence number, "" where none can be read.
func SequenceNumber(r Record) string { return text(member(member(r, "dynamodb"), "SequenceNumber")) }

// EventID gives a record's event id, "" where none can be read.
func EventID(r Record) string { return text(member(r, "eventID")) }

// member gives a member of a JSON object, nil for none.
func member(body []byte, name string) []byte {
	if object(body) == nil {
		return nil
	}
	found, _, err := codec.Member(body, name)
	if err != nil {
		return nil
	}
	return found
}

// object gives a JSON object, nil for anything else.
func object(body []byte) []byte {
	for i, c := range body {
		switch c {
		case ' ', '\t', '\r', '\n':
		case '{':
			return body[i:]
		default:
			return nil
		}
	}
	return nil
}

func text(body []byte) (out string) {
	if len(body) == 0 || json.Unmarshal(body, &out) != nil {
		return ""
	}
	return out
}

func isItem(body []byte) bool {
	return object(body) != nil && codec.Members(body, func(_, value []byte) error {
		if !codec.IsValue(value) {
			return codec.ErrMalformed
		}
		return nil
	}) == nil
}

// instant reads a number of seconds, rounded to milliseconds.
func instant(number []byte) (time.Time, error) {
	canonical, ok := canon.AppendNumber(nil, number)
	seconds := new(big.Rat)
	if ok {
		_, ok = seconds.SetString(string(canonical))
	}
	if !ok {
		return time.Time{}, misshapen("a time that is no number")
	}
	twice := seconds.Mul(seconds, big.NewRat(2000, 1))
	twice.Add(twice, big.NewRat(1, 1))
	millis := new(big.Int).Div(twice.Num(), new(big.Int).Mul(twice.Denom(), big.NewInt(2)))
	if !millis.IsInt64() {
		return time.Time{}, misshapen("a time that is none")
	}
	return time.UnixMilli(millis.Int64()).UTC(), nil
}

// Owner finds the model of a change, and leaves out an old image of another one. It gives false where nobody knows the model: the record has
// no image, or one of another model; a record of a sole model may have no image.
func Owner(models []*schema.Model, c *Change) (int, bool, error) {
	image := c.New
	if image == nil {
		image = c.Old
	}
	if image == nil || models[0].Discriminator == nil {
		return 0, len(models) == 1, nil
	}
	at, err := told(models, image)
	if err != nil || at < 0 {
		return 0, false, err
	}
	if c.New != nil && c.Old != nil {
		before, err := told(models, c.Old)
		if err != nil {
			return 0, false, err
		}
		if before != at {
			c.Old = nil
		}
	}
	return at, true, nil
}

// told gives the model that an item's discriminator tells, -1 for none.
func told(models []*schema.Model, item []byte) (int, error) {
	mark, err := codec.MarkOf(item, models[0].Discriminator.Attribute)
	if err != nil {
		return -1, misshapen("an image that is no item")
	}
	for i, m := range models {
		if mark == any(m.Discriminator.Value) {
			return i, nil
		}
	}
	return -1, nil
}

// Check refuses models that the same discriminator does not tell apart, with ValidationFailed.
func Check(models []*schema.Model) error {
	if len(models) == 0 {
		return errs.New(errs.CodeValidationFailed, "", "a stream of no model")
	}
	values := map[string]bool{}
	for _, m := range models {
		d, first := m.Discriminator, models[0].Discriminator
		if len(models) > 1 && (d == nil || first == nil || d.Attribute != first.Attribute || values[d.Value]) {
			e := errs.New(errs.CodeValidationFailed, "", "models of one stream have each a value of its own for the same discriminator")
			e.Model = m.Name
			return e
		}
		if d != nil {
			values[d.Value] = true
		}
	}
	return nil
}

// Changed gives the names of the declared attributes that differ, in the order of their bytes: all of an insert's new image, and of a
// removal's old one. It gives nil where an image that this needs is not there. The plan reads into maps.
func Changed(p *codec.Plan, c Change, before, after codec.Openings) ([]string, error) {
	var x, y codec.Texts
	var err error
	if c.Kind != Insert {
		if c.Old == nil {
			return nil, nil
		}
		if x, err = p.Texts(c.Old, before); err != nil {
			return nil, err
		}
	}
	if c.Kind != Remove {
		if c.New == nil {
			return nil, nil
		}
		if y, err = p.Texts(c.New, after); err != nil {
			return nil, err
		}
	}
	return codec.Differing(x, y), nil
}
