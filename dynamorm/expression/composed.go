package expression

import (
	"maps"
	"slices"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// follow adds what follows from the changes: parts of the key and discriminator of an upsert, composed keys of indexes.
func (c *Compiler) follow(out *clauses, actions []action, own *Owned) error {
	touched := map[string]bool{}
	for _, a := range actions {
		touched[a.field.path[0].name] = true
	}
	known := maps.Clone(own.Key)
	if known == nil {
		known = codec.Texts{}
	}
	maps.Copy(known, out.assigned)
	if own.Upsert {
		for _, name := range c.model.KeyFields {
			if !c.model.IsTableKey(name) {
				out.put(c, Path(name), own.Key[name])
			}
		}
	}
	for _, k := range c.model.Composed {
		if c.model.IsTableKey(k.Name) {
			continue
		}
		if err := c.indexKey(out, k, touched, known, own.Upsert); err != nil {
			return err
		}
	}
	if d := c.model.Discriminator; d != nil && own.Upsert {
		out.put(c, Path(d.Attribute), codec.Mark(d))
	}
	return nil
}

// indexKey recomputes a composed key of an index, or removes it.
func (c *Compiler) indexKey(out *clauses, k *schema.Composed, touched map[string]bool, known codec.Texts, upsert bool) error {
	changed := slices.ContainsFunc(k.Parts, func(p string) bool { return touched[p] })
	if slices.ContainsFunc(k.Parts, func(p string) bool { return out.removed[p] }) {
		out.drop(c, Path(k.Name))
		return nil
	}
	missing := k.Missing(func(p string) bool { return known.Has(p) && (!touched[p] || out.assigned.Has(p)) })
	for _, p := range k.Parts {
		if touched[p] && !out.assigned.Has(p) { // before one that is merely absent
			missing = p
			break
		}
	}
	if a := c.model.Role(schema.RoleCreatedAt); upsert && a != nil && slices.Contains(k.Parts, a.Name) {
		missing = a.Name // the stored item's stays, where there is one
	} else if !changed && (!upsert || missing != "") {
		return nil
	}
	if missing != "" {
		return c.fail(errs.CodeValidationFailed, Path(missing), k.Name+" is composed of it: its parts are set together")
	}
	text, err := codec.Compose(c.model, k, known)
	if err != nil {
		if e := errs.As(err); e != nil {
			e.Model = c.model.Name
		}
		return err
	}
	out.put(c, Path(k.Name), text)
	return nil
}
