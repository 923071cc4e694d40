package operation

import (
	"github.com/dynamorm/dynamorm/dynamorm/expression"
)

// GetOptions are what get, find and exists may ask for.
type GetOptions struct {
	Consistent bool
	// Select are paths; nil reads the whole item.
	Select []expression.FieldPath
	View   string
}

// Get reads one item by key; its result is the item's DynamoDB JSON, nil where there is none, and partial tells whether it was selected.
func Get(b *Binding, key any, options GetOptions) (exchange Exchange[[]byte], partial bool, err error) {
	paths, partial, err := selected(b, options)
	if err == nil {
		err = b.readable(paths, partial)
	}
	if err != nil {
		return nil, false, err
	}
	exchange, err = get(b, key, options.Consistent, paths, partial)
	return exchange, partial, err
}

// readable refuses a read that would bring sealed attributes.
func (b *Binding) readable(paths []expression.Path, partial bool) error {
	if !partial {
		return b.Codec.RequireReadable()
	}
	for _, path := range paths {
		if name, ok := path[0].(string); ok {
			if err := b.Codec.RequireReadable(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Exists asks for an item's key attributes alone.
func Exists(b *Binding, key any, consistent bool) (Exchange[[]byte], error) {
	var paths []expression.Path
	for _, name := range b.Model.KeyNames() {
		paths = append(paths, expression.Path{name})
	}
	return get(b, key, consistent, paths, true)
}

func get(b *Binding, key any, consistent bool, paths []expression.Path, partial bool) (Exchange[[]byte], error) {
	places := &expression.Placeholders{}
	text := ""
	if partial {
		compiler := expression.Compiler{Scope: b.Scope, Placeholders: places}
		var err error
		if text, err = compiler.Projection(paths); err != nil {
			return nil, err
		}
	}
	body, err := b.keyed(key)
	if err != nil {
		return nil, err
	}
	if consistent {
		body = append(body, `,"ConsistentRead":true`...)
	}
	if partial {
		body = withText(body, "ProjectionExpression", text)
	}
	body = append(places.Append(body), '}')
	return &single[[]byte]{request: Request{API: "GetItem", Table: b.Table, Body: body}, read: func(response Response) ([]byte, error) {
		if response.Err != nil {
			return nil, response.Err
		}
		return member(response.Body, "Item"), nil
	}}, nil
}

func selected(b *Binding, options GetOptions) (paths []expression.Path, partial bool, err error) {
	if options.View == "" {
		for _, field := range options.Select {
			path, err := field.Path()
			if err != nil {
				return nil, false, err
			}
			paths = append(paths, path)
		}
		return paths, options.Select != nil, nil
	}
	if options.Select != nil {
		return nil, false, refused("either a selection or a view")
	}
	fields, there := b.Model.Views[options.View]
	if !there {
		return nil, false, refused("%s has no view of this name", b.Model.Name)
	}
	for _, name := range fields {
		paths = append(paths, expression.Path{name})
	}
	return paths, true, nil
}
