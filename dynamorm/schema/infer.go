
// Infer gives the attribute that a Go type stands for where nothing declares it: the value of an expression, an element of an untyped map.
func Infer(t reflect.Type) (*Attribute, error) {
	o, err := infer{}.value(t, tag{})
	if err != nil {
		return nil, err
	}
	r := &reader{}
	a := r.attribute(node{value: o.object()}, itemsMembers)
	return a, r.err
}
