package expression

func (f Field) compare(sign string, v any) Condition {
	return Condition{op: opCompare, left: f, args: []any{sign, v}}
}

// Size gives the size of the attribute: an operand of comparisons.
func (f Field) Size() Field {
	f.size = true
	return f
}

// Eq holds where the attribute equals v: a value, or another Field.
func (f Field) Eq(v any) Condition { return f.compare("=", v) }

// Ne holds where the attribute is not v, or absent.
func (f Field) Ne(v any) Condition { return f.compare("<>", v) }

// Lt holds where the attribute is less than v.
func (f Field) Lt(v any) Condition { return f.compare("<", v) }

// Le holds where the attribute is at most v.
func (f Field) Le(v any) Condition { return f.compare("<=", v) }

// Gt holds where the attribute is greater than v.
func (f Field) Gt(v any) Condition { return f.compare(">", v) }

// Ge holds where the attribute is at least v.
func (f Field) Ge(v any) Condition { return f.compare(">=", v) }

// Between holds where the attribute is from low to high, both included.
func (f Field) Between(low, high any) Condition {
	return Condition{op: opBetween, left: f, args: []any{low, high}}
}

// In holds where the attribute is one of 1 to 100 values.
func (f Field) In(values ...any) Condition {
	return Condition{op: opIn, left: f, args: values}
}

// BeginsWith holds where the text or binary begins with v.
func (f Field) BeginsWith(v any) Condition {
	return Condition{op: opBeginsWith, left: f, args: []any{v}}
}

// Contains holds where the text has v in it, or the set or list has the member v.
func (f Field) Contains(v any) Condition {
	return Condition{op: opContains, left: f, args: []any{v}}
}

// Exists holds where the attribute is there.
func (f Field) Exists() Condition { return Condition{op: opExists, left: f} }

// NotExists holds where the attribute is absent.
func (f Field) NotExists() Condition { return Condition{op: opNotExists, left: f} }

// IsType holds where the attribute has one of DynamoDB's ten types ("S", "N", …).
func (f Field) IsType(tag string) Condition {
	return Condition{op: opType, left: f, args: []any{tag}}
}
