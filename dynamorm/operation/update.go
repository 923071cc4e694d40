package operation

import (
	"math"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/expression"
)

// Returns says what an update gives back.
type Returns string

// What an update may give back; the new item is the default.
const (
	ReturnNew        Returns = "ALL_NEW"
	ReturnOld        Returns = "ALL_OLD"
	ReturnUpdatedNew Returns = "UPDATED_NEW"
	ReturnUpdatedOld Returns = "UPDATED_OLD"
	ReturnNone       Returns = "NONE"
)

// Partial tells whether only what changed comes back.
func (r Returns) Partial() bool { return r == ReturnUpdatedNew || r == ReturnUpdatedOld }

// UpdateOptions are what update may ask for.
type UpdateOptions struct {
	Guard   Guard
	Upsert  bool
	Returns Returns
}

// Update changes parts of an item by key; its result is what came back, nil where nothing did.
func Update(b *Binding, key any, changes []expression.Change, now time.Time, options UpdateOptions) (Exchange[[]byte], error) {
	body, err := b.keyed(key)
	if err != nil {
		return nil, err
	}
	plan, err := expression.PlanUpdate(b.Scope, changes, b.protected())
	if err != nil {
		return nil, err
	}
	if expected := options.Guard.Expected; expected != nil && *expected == math.MaxInt64 && b.version != nil {
		return nil, refused("the version after this one is beyond 64 bits").At(b.version.Name)
	}
	guard := options.Guard
	guard.MustExist = !options.Upsert
	places := &expression.Placeholders{}
	if body, err = guard.add(b, body, places); err != nil {
		return nil, err
	}
	text, err := plan.Text(places, b.owned(now, options.Upsert))
	if err != nil {
		return nil, err
	}
	body = withText(body, "UpdateExpression", text)
	if options.Returns == "" {
		options.Returns = ReturnNew
	}
	if options.Returns == ReturnNew || options.Returns == ReturnOld {
		if err := b.Codec.RequireReadable(); err != nil {
			return nil, err
		}
	}
	if options.Returns != ReturnNone {
		body = withText(body, "ReturnValues", string(options.Returns))
	}
	body = append(places.Append(body), '}')
	return guarded("UpdateItem", b, guard, body), nil
}

// guarded is a conditional write whose result is the item that came back.
func guarded(api string, b *Binding, guard Guard, body []byte) Exchange[[]byte] {
	return &single[[]byte]{request: Request{API: api, Table: b.Table, Body: body, Write: true}, read: func(response Response) ([]byte, error) {
		if response.Err != nil {
			return nil, guard.failure(b, response)
		}
		item := member(response.Body, "Attributes")
		if string(item) == "{}" || string(item) == "null" {
			return nil, nil
		}
		return item, nil
	}}
}

func (b *Binding) owned(now time.Time, upsert bool) expression.Owned {
	var out expression.Owned
	if upsert && b.created != nil {
		out.IfAbsent = []expression.NamedValue{{Name: b.created.Name, Value: stamp(b.created, now)}}
	}
	if b.updated != nil {
		out.Sets = []expression.NamedValue{{Name: b.updated.Name, Value: stamp(b.updated, now)}}
	}
	if b.version != nil {
		out.Version = b.version.Name
	}
	return out
}

// Delete removes an item by key; its result is the item it was, where that was asked for and there was one.
func Delete(b *Binding, key any, guard Guard, returnOld bool) (Exchange[[]byte], error) {
	body, err := b.keyed(key)
	if err != nil {
		return nil, err
	}
	places := &expression.Placeholders{}
	if body, err = guard.add(b, body, places); err != nil {
		return nil, err
	}
	if returnOld {
		if err := b.Codec.RequireReadable(); err != nil {
			return nil, err
		}
		body = withText(body, "ReturnValues", "ALL_OLD")
	}
	return guarded("DeleteItem", b, guard, append(places.Append(body), '}')), nil
}
