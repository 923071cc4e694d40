package operation

import (
	"strconv"
	"strings"
	"unicode"
)

// This file says what a table is in the words of CloudFormation and Terraform.

// CloudFormation gives the resource that makes the table, as JSON.
func (t *Table) CloudFormation() ([]byte, error) {
	properties := t.tree()
	if t.settings.Stream != nil {
		properties["StreamSpecification"] = object{"StreamViewType": *t.settings.Stream}
	}
	if sse, ok := properties["SSESpecification"].(object); ok {
		delete(sse, "Enabled")
		sse["SSEEnabled"] = true
	}
	if t.settings.PointInTimeRecovery {
		properties["PointInTimeRecoverySpecification"] = object{"PointInTimeRecoveryEnabled": true}
	}
	if t.TTL != "" {
		properties["TimeToLiveSpecification"] = object{"AttributeName": t.TTL, "Enabled": true}
	}
	return t.text(object{"Type": "AWS::DynamoDB::Table", "Properties": properties})
}

// argument is a line of a block: its name, and its value as Terraform reads it.
type argument struct{ name, value string }

// arguments gathers lines; those without a value are left out.
type arguments []argument

func (a *arguments) text(name, value string) {
	if value != "" {
		*a = append(*a, argument{name, quoted(value)})
	}
}

func (a *arguments) on(name string, on bool) {
	if on {
		*a = append(*a, argument{name, "true"})
	}
}

func (a *arguments) units(u *Throughput) {
	if u != nil {
		*a = append(*a, argument{"read_capacity", strconv.FormatInt(u.Read, 10)}, argument{"write_capacity", strconv.FormatInt(u.Write, 10)})
	}
}

func (a *arguments) keys(keys []TableKey) {
	for i, k := range keys {
		a.text([...]string{"hash_key", "range_key"}[i], k.Attribute)
	}
}

// Terraform gives the block that makes the table, formatted as `terraform fmt` does; its label is made of the table's name where none is
// given.
func (t *Table) Terraform(label string) (string, error) {
	if _, err := t.Request(); err != nil {
		return "", err // of text that is not Unicode
	}
	if label == "" {
		label = t.label()
	}
	var b strings.Builder
	b.WriteString(`resource "aws_dynamodb_table" ` + quoted(label) + " {\n")
	writeArguments(&b, "  ", t.own())
	for _, block := range t.blocks() {
		b.WriteString("\n  " + block.opening + "\n")
		writeArguments(&b, "    ", block.arguments)
		b.WriteString("  }\n")
	}
	b.WriteString("}\n")
	return b.String(), nil
}

// own has the arguments of the table itself.
func (t *Table) own() arguments {
	var out arguments
	s := t.settings
	out.text("name", t.Name)
	billing := onDemand
	if s.Throughput != nil {
		billing = provisioned
	}
	out.text("billing_mode", billing)
	out.units(s.Throughput)
	out.keys(t.keys)
	out.on("stream_enabled", s.Stream != nil)
	if s.Stream != nil {
		out.text("stream_view_type", *s.Stream)
	}
	if s.TableClass != nil && *s.TableClass != standardClass {
		out.text("table_class", *s.TableClass)
	}
	out.on("deletion_protection_enabled", s.DeletionProtection != nil && *s.DeletionProtection)
	return out
}

// block is a block within the table's, or its map of tags.
type block struct {
	opening string
	arguments
}

func (t *Table) blocks() (out []block) {
	add := func(name string, fill func(a *arguments)) {
		b := block{opening: name + " {"}
		fill(&b.arguments)
		out = append(out, b)
	}
	for _, d := range definitions(t.allKeys()) {
		add("attribute", func(a *arguments) {
			a.text("name", d.(object)["AttributeName"].(string))
			a.text("type", d.(object)["AttributeType"].(string))
		})
	}
	for _, kind := range []struct{ name, typ string }{{"global_secondary_index", global}, {"local_secondary_index", local}} {
		for _, ix := range t.indexes {
			if ix.Type == kind.typ {
				add(kind.name, func(a *arguments) { a.index(ix, t.indexUnits(ix, nil)) })
			}
		}
	}
	if t.TTL != "" {
		add("ttl", func(a *arguments) { a.text("attribute_name", t.TTL); a.on("enabled", true) })
	}
	if t.settings.PointInTimeRecovery {
		add("point_in_time_recovery", func(a *arguments) { a.on("enabled", true) })
	}
	if t.settings.SSE {
		add("server_side_encryption", func(a *arguments) {
			a.on("enabled", true)
			if t.settings.SSEKey != nil {
				a.text("kms_key_arn", *t.settings.SSEKey)
			}
		})
	}
	if names := t.tagNames(); len(names) > 0 {
		add("tags =", func(a *arguments) {
			for _, name := range names {
				*a = append(*a, argument{quoted(name), quoted(t.settings.Tags[name])})
			}
		})
	}
	return out
}

func (a *arguments) index(ix TableIndex, u *Throughput) {
	a.text("name", ix.Name)
	if ix.Type == global {
		a.keys(ix.Keys)
	} else {
		a.text("range_key", ix.Keys[len(ix.Keys)-1].Attribute)
	}
	a.text("projection_type", ix.Projection.Type)
	if len(ix.Projection.Fields) > 0 {
		list := make([]string, len(ix.Projection.Fields))
		for i, name := range ix.Projection.Fields {
			list[i] = quoted(name)
		}
		*a = append(*a, argument{"non_key_attributes", "[" + strings.Join(list, ", ") + "]"})
	}
	a.units(u)
}

// writeArguments writes lines whose values stand below one another.
func writeArguments(b *strings.Builder, indent string, list arguments) {
	widest := 0
	for _, a := range list {
		widest = max(widest, columns(a.name))
	}
	for _, a := range list {
		b.WriteString(indent + a.name + strings.Repeat(" ", widest-columns(a.name)) + " = " + a.value + "\n")
	}
}

// columns counts characters as they are seen: a mark stands upon the one before it.
func columns(text string) (n int) {
	for _, r := range text {
		if !unicode.Is(unicode.Mn, r) {
			n++
		}
	}
	return n
}

// label makes a label of the table's name.
func (t *Table) label() string {
	label := strings.ReplaceAll(t.Name, ".", "_") // the one character of a table's name that a label has not
	if first := label[0]; first == '-' || first >= '0' && first <= '9' {
		label = "_" + label
	}
	return label
}

var escapes = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

// quoted gives a text as Terraform writes it.
func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range text {
		escaped, known := escapes[r]
		switch {
		case known:
			b.WriteString(escaped)
		case unicode.IsControl(r):
			b.WriteString(`\u` + leftPadded(strconv.FormatInt(int64(r), 16)))
		case (r == '$' || r == '%') && strings.HasPrefix(text[i+1:], "{"):
			b.WriteString(string(r) + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}

func leftPadded(hex string) string { return strings.Repeat("0", 4-len(hex)) + hex }
