package operation

import (
	"slices"
	"strconv"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Page is one page of a read: the items of a response.
type Page struct {
	// Items are the items' JSON.
	Items [][]byte
	// Count is the number of items.
	Count int
	// Last is the key to go on behind, nil at the end.
	Last []byte
	// Opened has what was opened of the items.
	Opened Opened

	once
	read      *Read
	remaining *int
}

// Page builds the request of the page behind a key; remaining is what the caller's limit leaves, nil for no limit.
func (r *Read) Page(start []byte, remaining *int, segment *Segment) *Page {
	b := slices.Clone(r.body)
	if segment == nil {
		segment = r.in.Segment
	}
	if segment != nil {
		b = strconv.AppendInt(append(b, `,"Segment":`...), int64(segment.Number), 10)
		b = strconv.AppendInt(append(b, `,"TotalSegments":`...), int64(segment.Total), 10)
	}
	limit := r.in.PageSize
	if limit == nil && !r.filters {
		limit = remaining
	}
	if limit != nil {
		b = strconv.AppendInt(append(b, `,"Limit":`...), int64(*limit), 10)
	}
	if start != nil {
		b = append(append(b, `,"ExclusiveStartKey":`...), start...)
	}
	api := "Scan"
	if r.key != nil {
		api = "Query"
	}
	return &Page{once: once{request: Request{API: api, Table: r.in.Table, Body: append(b, '}')}}, read: r, remaining: remaining}
}

// Held gives the items, as far as the limit goes.
func (p *Page) Held(answer Response) (out []Held) {
	sealed := false
	for _, plan := range p.read.in.Plans {
		sealed = sealed || len(plan.Model.Sealed) > 0
	}
	if !sealed || answer.Fault != nil || p.read.in.Count {
		return nil
	}
	items, found, err := codec.Member(answer.Body, "Items")
	if err != nil || !found {
		return nil
	}
	_ = codec.Each(items, func(item []byte) error { // Receive tells what is wrong with it
		if p.remaining != nil && len(out) >= *p.remaining {
			return nil
		}
		if owner, err := p.read.Owner(item); err == nil {
			out = append(out, Held{p.read.in.Plans[owner], item, nil})
		}
		return nil
	})
	return out
}

// Receive reads the page, as far as the limit goes.
func (p *Page) Receive(answer Response) error {
	m := p.read.in.Models[0]
	p.Opened = answer.Opened
	if answer.Fault != nil {
		answer.Fault.Model = m.Name
		return answer.Fault
	}
	if err := p.parse(answer.Body); err != nil {
		return misshapen(m, err)
	}
	if n := p.remaining; n != nil && len(p.Items) > *n {
		p.Items = p.Items[:*n]
		p.Last = nil
		if !p.read.in.NoCursor {
			last, err := p.read.keyOf(p.Items[*n-1])
			if err != nil {
				return err
			}
			p.Last = last
		}
	}
	return nil
}

func (p *Page) parse(body []byte) error {
	items, found, err := codec.Member(body, "Items")
	if err == nil && found && !p.read.in.Count {
		err = codec.Each(items, func(item []byte) error {
			p.Items = append(p.Items, item)
			return nil
		})
	}
	if err != nil {
		return err
	}
	count, found, err := codec.Member(body, "Count")
	if err == nil && found {
		n, ok := canon.Int64(string(count))
		if !ok {
			return codec.ErrMalformed
		}
		p.Count = int(n)
	}
	if err == nil {
		p.Last, found, err = codec.Member(body, "LastEvaluatedKey")
	}
	switch {
	case err == nil && found && p.Last[0] != '{':
		err = codec.ErrMalformed
	case string(p.Last) == "{}":
		p.Last = nil
	}
	return err
}

// keyOf gives the key to go on behind an item.
func (r *Read) keyOf(item []byte) ([]byte, error) {
	return appendKeys(r.in.Models[0], nil, item, r.Place.cursorKeys())
}

// appendKeys appends the keys of an item that was read.
func appendKeys(m *schema.Model, out, item []byte, keys []schema.Key) ([]byte, error) {
	out = append(out, '{')
	for i, k := range keys {
		text, found, err := codec.Member(item, k.Attribute)
		if err != nil {
			return nil, misshapen(m, err)
		}
		if !found {
			return nil, failed(m, errs.CodeDecodeFailed, codec.Name(k.Attribute), "the item lacks a key")
		}
		if i > 0 {
			out = append(out, ',')
		}
		out, _ = canon.AppendString(out, k.Attribute)
		out = append(append(out, ':'), text...)
	}
	return append(out, '}'), nil
}

// Cursor gives the cursor of a key, "" at the end.
func (r *Read) Cursor(key []byte, segment *Segment) (string, error) {
	if key == nil || r.in.NoCursor {
		return "", nil
	}
	tree, err := canon.ParseJSON(string(key))
	members, ok := tree.(map[string]any)
	if err != nil || !ok {
		return "", misshapen(r.in.Models[0], codec.ErrMalformed)
	}
	c := r.cursorOf(segment)
	c.Key = map[string]map[string]string{}
	for name, v := range members {
		c.Key[name] = map[string]string{}
		tagged, _ := v.(map[string]any)
		for tag, x := range tagged {
			c.Key[name][tag], _ = x.(string)
		}
	}
	return r.in.Signer.Write(c, r.bound)
}

// misshapen turns an answer of another shape than DynamoDB's, which the transport has found to be JSON, into the library's error.
func misshapen(m *schema.Model, err error) error {
	if err != codec.ErrMalformed {
		return err
	}
	return of(otherShape(err), m)
}

// otherShape is an answer that is JSON, and not DynamoDB's.
func otherShape(cause error) *errs.Error {
	e := errs.New(errs.CodeDecodeFailed, "", "the answer has another shape than DynamoDB's")
	e.Cause = cause
	return e
}
