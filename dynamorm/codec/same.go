package codec

import "reflect"

// SameItem tells whether two items hold the same values, whatever the order of members and sets and the spelling of numbers.
// What no model knows counts too.
func SameItem(left, right []byte) bool {
	a, err := untypedItem(left)
	if err != nil {
		return false
	}
	b, err := untypedItem(right)
	return err == nil && reflect.DeepEqual(a, b)
}

func untypedItem(item []byte) (map[string]any, error) {
	out := map[string]any{}
	s := Scan(item)
	err := s.Each(func(key []byte) error {
		name := string(key)
		value, err := s.readAny()
		out[name] = value
		return err
	})
	return out, err
}
