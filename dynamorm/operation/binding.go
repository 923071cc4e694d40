package operation

import (
	"strconv"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/expression"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// A Binding is a model bound to a table's real name.
type Binding struct {
	Model *schema.Model
	Table string
	Codec *codec.ItemCodec
	Scope expression.Scope

	created, updated, version *schema.Field
}

// Bind binds a compiled model.
func Bind(model *schema.Model, table string, compiled *codec.ItemCodec) *Binding {
	return &Binding{
		Model: model, Table: table, Codec: compiled, Scope: expression.Scope{Codec: compiled},
		created: model.Role(schema.RoleCreatedAt), updated: model.Role(schema.RoleUpdatedAt), version: model.Role(schema.RoleVersion),
	}
}

// Lifecycle gives the attributes that the library stamps.
func (b *Binding) Lifecycle() []*schema.Field {
	var out []*schema.Field
	for _, field := range []*schema.Field{b.created, b.updated, b.version} {
		if field != nil {
			out = append(out, field)
		}
	}
	return out
}

// Rewritten gives the attributes that a write may store otherwise than the caller's value holds them: those the library stamps, sets
// (sorted, duplicates collapse), times (cut), numbers and uuids (canonical text).
func (b *Binding) Rewritten() []*schema.Field {
	out := b.Lifecycle()
	for _, field := range b.Model.Fields {
		if field.IsSet() || field.Type == "N" || field.Type == "S" && field.Format != "" {
			out = append(out, field)
		}
	}
	return out
}

// protected gives the attributes that no update touches.
func (b *Binding) protected() []string {
	out := b.Model.KeyNames()
	for _, field := range b.Lifecycle() {
		out = append(out, field.Name)
	}
	return out
}

// stamp gives the clock's reading in an attribute's format, cut down, never rounded up.
func stamp(field *schema.Field, now time.Time) []byte {
	switch field.Format {
	case "unix_seconds":
		return []byte(`{"N":"` + strconv.FormatInt(now.Unix(), 10) + `"}`)
	case "unix_millis":
		return []byte(`{"N":"` + strconv.FormatInt(now.UnixMilli(), 10) + `"}`)
	}
	digits := 6
	if field.Format == "rfc3339nano" {
		digits = 9
	}
	text, _ := codec.AppendTime([]byte(`{"S":"`), now, digits)
	return append(text, `"}`...)
}

func (b *Binding) begin() []byte {
	return schema.AppendQuoted([]byte(`{"TableName":`), b.Table)
}

// keyed begins a request by table and key.
func (b *Binding) keyed(key any) ([]byte, error) {
	return b.Codec.AppendKey(append(b.begin(), `,"Key":`...), key)
}

func withText(body []byte, member, text string) []byte {
	body = append(append(append(body, `,"`...), member...), `":`...)
	return schema.AppendQuoted(body, text)
}

// member finds a top-level member of an answer; nil where it is absent.
func member(body []byte, name string) []byte {
	var out []byte
	s := codec.Scan(body)
	_ = s.Each(func(key []byte) error {
		raw, err := s.Raw()
		if string(key) == name {
			out = raw
		}
		return err
	})
	return out
}

func refused(format string, args ...any) *errs.Error {
	return errs.New(errs.ValidationFailed, format, args...)
}
