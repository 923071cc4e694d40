package schema

import (
	"slices"
	"sort"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
)

// CanonicalJSON gives the document's canonical JSON: defaults filled in, lists without order sorted, the same bytes in every language.
func (d *Document) CanonicalJSON() string {
	tree := map[string]any{"dms_version": Version}
	if d.Namespace != "" {
		tree["namespace"] = d.Namespace
	}
	if d.Tags != nil {
		tree["tags"] = d.Tags
	}
	list := slices.Clone(d.Models)
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	out := []any{}
	for _, m := range list {
		out = append(out, m.tree())
	}
	tree["models"] = out
	text, _ := canon.AppendJSON(nil, tree)
	return string(text)
}

// CanonicalJSON gives the canonical JSON of a document that holds this model alone.
func (m *Model) CanonicalJSON() string {
	return (&Document{Namespace: m.Namespace, Models: []*Model{m}}).CanonicalJSON()
}

func (m *Model) tree() map[string]any {
	keys := map[string]any{"partition": m.Partition.tree()}
	if m.Sort != nil {
		keys["sort"] = m.Sort.tree()
	}
	t := map[string]any{"name": m.Name, "table": map[string]any{"name": m.Table}, "keys": keys, "attributes": attributeTrees(m.declared, top)}
	if d := m.Discriminator; d != nil {
		t["discriminator"] = map[string]any{"attribute": d.Attribute, "value": d.Value}
	}
	if m.Naming != "" {
		t["naming"] = map[string]any{"convention": m.Naming}
	}
	if m.Tags != nil {
		t["tags"] = m.Tags
	}
	indexes := slices.Clone(m.Indexes)
	sort.Slice(indexes, func(i, j int) bool { return indexes[i].Name < indexes[j].Name })
	out := []any{}
	for _, ix := range indexes {
		out = append(out, ix.tree())
	}
	t["indexes"] = out
	views := slices.Clone(m.Views)
	sort.Slice(views, func(i, j int) bool { return views[i].Name < views[j].Name })
	shown := []any{}
	for _, v := range views {
		shown = append(shown, map[string]any{"name": v.Name, "fields": texts(v.Fields)})
	}
	t["views"] = shown
	return t
}

func (k *Key) tree() map[string]any {
	return map[string]any{"attribute": k.Attribute, "type": string(k.Type)}
}

func attributeTrees(list []*Attribute, at level) []any {
	sorted := slices.Clone(list)
	slices.SortFunc(sorted, func(a, b *Attribute) int { return strings.Compare(a.Name, b.Name) })
	out := []any{}
	for _, a := range sorted {
		out = append(out, a.tree(at))
	}
	return out
}

func (a *Attribute) tree(at level) map[string]any {
	t := map[string]any{"type": string(a.Type), "json": a.JSON}
	if at != item {
		t["attribute"], t["required"], t["omit_empty"] = a.Name, a.Required, a.OmitEmpty
	}
	if at == top {
		list := []any{}
		for _, r := range a.Roles {
			list = append(list, string(r))
		}
		t["roles"] = list
	}
	if a.Format != "" {
		t["format"] = string(a.Format)
	}
	if a.Enum != nil {
		t["enum"] = texts(a.Enum)
	}
	if a.Typed {
		t["attributes"] = attributeTrees(a.Attributes, nested)
	}
	if a.Items != nil {
		t["items"] = a.Items.tree(item)
	}
	if a.Field != "" {
		t["field"] = a.Field
	}
	if a.Encryption != nil {
		t["encryption"] = a.Encryption
	}
	if a.Tags != nil {
		t["tags"] = a.Tags
	}
	if a.Template != "" {
		t["template"] = a.Template
	}
	return t
}

func (ix *Index) tree() map[string]any {
	kind := "GSI"
	if ix.Local {
		kind = "LSI"
	}
	projection := map[string]any{"type": ix.Projection}
	if ix.Fields != nil {
		fields := slices.Clone(ix.Fields)
		slices.Sort(fields)
		projection["fields"] = texts(fields)
	}
	t := map[string]any{"name": ix.Name, "type": kind, "partition": ix.Partition.tree(), "projection": projection}
	if ix.Sort != nil {
		t["sort"] = ix.Sort.tree()
	}
	if ix.Tags != nil {
		t["tags"] = ix.Tags
	}
	return t
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
