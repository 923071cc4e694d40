package codec

import (
	"bytes"
	"encoding/base64"
	"reflect"
	"slices"
	"unsafe"

	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// The sets of values that no Go type declares, so that a set is not taken for a list.
type (
	// StringSet is a set of strings (SS).
	StringSet []string
	// NumberSet is a set of numbers (NS).
	NumberSet []Number
	// BinarySet is a set of binaries (BS).
	BinarySet [][]byte
)

var emptyStruct = reflect.TypeFor[struct{}]()

// isSet says whether a Go type is a set by itself, without a tag.
func isSet(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[StringSet](), reflect.TypeFor[NumberSet](), reflect.TypeFor[BinarySet]():
		return true
	}
	return t.Kind() == reflect.Map && t.Elem() == emptyStruct
}

// setNode is the plan of a set in a slice, or in a map to struct{}.
func setNode(a *schema.Attribute, t reflect.Type) (*node, bool) {
	switch t.Kind() {
	case reflect.Slice:
		elem := t.Elem()
		switch {
		case a.Type == schema.SS && elem.Kind() == reflect.String && elem != numberType:
			return &node{encStrings, decStrings}, true
		case a.Type == schema.BS && elem == bytesType:
			return &node{encBinaries, decBinaries}, true
		case a.Type == schema.NS && t != bytesType:
			k, ok := numericOf(elem)
			return &node{encNumbers(k, elem), decNumbers(k, t)}, ok
		}
	case reflect.Map:
		if t.Elem() == emptyStruct {
			return mapSetNode(a, t)
		}
	}
	return nil, false
}

func encStrings(b []byte, p unsafe.Pointer, _ int) ([]byte, error) {
	list := *(*[]string)(p)
	if len(list) == 0 {
		return b, nil
	}
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			list = slices.Clone(list)
			slices.Sort(list)
			list = slices.Compact(list)
			break
		}
	}
	at := len(b)
	b = append(b, `{"SS":[`...)
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		var ok bool
		if b, ok = canon.AppendString(b, s); !ok {
			return b[:at], refuse("text that is not Unicode")
		}
	}
	return append(b, "]}"...), nil
}

func decStrings(d *scanner, p unsafe.Pointer) error {
	if err := d.enter(schema.SS); err != nil {
		return err
	}
	list := []string{}
	err := d.array(func(int) error {
		s, err := d.text()
		list = append(list, d.keep(s))
		return err
	})
	if err != nil {
		return err
	}
	slices.Sort(list)
	*(*[]string)(p) = slices.Compact(list)
	return d.want('}')
}

func encBinaries(b []byte, p unsafe.Pointer, _ int) ([]byte, error) {
	list := *(*[][]byte)(p)
	if len(list) == 0 {
		return b, nil
	}
	for i := 1; i < len(list); i++ {
		if bytes.Compare(list[i-1], list[i]) >= 0 {
			list = slices.Clone(list)
			slices.SortFunc(list, bytes.Compare)
			list = slices.CompactFunc(list, bytes.Equal)
			break
		}
	}
	b = append(b, `{"BS":["`...)
	for i, v := range list {
		if i > 0 {
			b = append(b, `","`...)
		}
		b = base64.StdEncoding.AppendEncode(b, v)
	}
	return append(b, `"]}`...), nil
}

func decBinaries(d *scanner, p unsafe.Pointer) error {
	if err := d.enter(schema.BS); err != nil {
		return err
	}
	list := [][]byte{}
	err := d.array(func(i int) error {
		v, err := d.base64()
		list = append(list, v)
		return err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(list, bytes.Compare)
	*(*[][]byte)(p) = slices.CompactFunc(list, bytes.Equal)
	return d.want('}')
}

func encNumbers(k numeric, elem reflect.Type) func([]byte, unsafe.Pointer, int) ([]byte, error) {
	size := elem.Size()
	return func(b []byte, p unsafe.Pointer, _ int) ([]byte, error) {
		h := (*sliceHeader)(p)
		if h.len == 0 {
			return b, nil
		}
		texts := make([]string, h.len)
		for i := range texts {
			text, ok := k.text(nil, unsafe.Add(h.data, uintptr(i)*size))
			if !ok || len(text) == 0 {
				return b, refuse("a number that cannot be stored")
			}
			texts[i] = string(text)
		}
		return appendNumbers(b, texts), nil
	}
}

// appendNumbers appends an NS of canonical texts, by value.
func appendNumbers(b []byte, texts []string) []byte {
	slices.SortFunc(texts, canon.Compare[string, string])
	texts = slices.Compact(texts)
	b = append(b, `{"NS":["`...)
	for i, s := range texts {
		if i > 0 {
			b = append(b, `","`...)
		}
		b = append(b, s...)
	}
	return append(b, `"]}`...)
}

// numbers reads the elements of an NS, by value.
func (d *scanner) numbers() ([]string, error) {
	if err := d.enter(schema.NS); err != nil {
		return nil, err
	}
	texts := []string{}
	err := d.array(func(int) error {
		r, _, err := d.raw()
		if err != nil {
			return err
		}
		text, ok := canon.AppendNumber(nil, r)
		if !ok {
			return unreadable("NS")
		}
		texts = append(texts, string(text))
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(texts, canon.Compare[string, string])
	return slices.Compact(texts), d.want('}')
}

func decNumbers(k numeric, t reflect.Type) func(*scanner, unsafe.Pointer) error {
	return func(d *scanner, p unsafe.Pointer) error {
		texts, err := d.numbers()
		if err != nil {
			return err
		}
		list := reflect.MakeSlice(t, len(texts), len(texts))
		for i, s := range texts {
			if !k.set([]byte(s), list.Index(i).Addr().UnsafePointer()) {
				return unreadable("NS of " + t.Elem().String())
			}
		}
		reflect.NewAt(t, p).Elem().Set(list)
		return nil
	}
}

// mapSetNode goes by way of the slice of the map's keys.
func mapSetNode(a *schema.Attribute, t reflect.Type) (*node, bool) {
	slice := reflect.SliceOf(t.Key())
	inner, ok := setNode(a, slice)
	if !ok {
		return nil, false
	}
	enc := func(b []byte, p unsafe.Pointer, depth int) ([]byte, error) {
		m := reflect.NewAt(t, p).Elem()
		list := reflect.New(slice)
		list.Elem().Set(reflect.MakeSlice(slice, 0, m.Len()))
		for it := m.MapRange(); it.Next(); {
			list.Elem().Set(reflect.Append(list.Elem(), it.Key()))
		}
		return inner.enc(b, list.UnsafePointer(), depth)
	}
	dec := func(d *scanner, p unsafe.Pointer) error {
		list := reflect.New(slice)
		if err := inner.dec(d, list.UnsafePointer()); err != nil {
			return err
		}
		m := reflect.MakeMap(t)
		for i := range list.Elem().Len() {
			m.SetMapIndex(list.Elem().Index(i), reflect.Zero(emptyStruct))
		}
		reflect.NewAt(t, p).Elem().Set(m)
		return nil
	}
	return &node{enc, dec}, true
}
