package codec

import "strings"

const (
	containerBytes = 3
	elementBytes   = 1
)

// ItemSize gives the size of an item by DynamoDB's rules, as a lower bound in bytes.
func ItemSize(item []byte) int {
	size := 0
	s := Scan(item)
	_ = s.Each(func(key []byte) error {
		size += len(key) + s.valueSize()
		return nil
	})
	return size
}

// valueSize reads one tagged value of our own writing and gives its size.
func (s *Scanner) valueSize() int {
	size := 0
	_ = s.Each(func(key []byte) error {
		size = s.bodySize(string(key))
		return nil
	})
	return size
}

func (s *Scanner) bodySize(tag string) int {
	switch tag {
	case "S", "N", "B":
		text, _ := s.str()
		return textSize(tag, string(text))
	case "SS", "NS", "BS":
		size := 0
		_ = s.elements(func(int) error {
			text, _ := s.str()
			size += textSize(tag[:1], string(text))
			return nil
		})
		return size
	case "L":
		size := containerBytes
		_ = s.elements(func(int) error {
			size += elementBytes + s.valueSize()
			return nil
		})
		return size
	case "M":
		size := containerBytes
		_ = s.Each(func(key []byte) error {
			size += elementBytes + len(key) + s.valueSize()
			return nil
		})
		return size
	}
	_ = s.skip()
	return 1
}

func textSize(tag, text string) int {
	switch tag {
	case "N":
		mantissa, _, _ := strings.Cut(text, "E")
		digits := strings.Trim(strings.ReplaceAll(strings.TrimPrefix(mantissa, "-"), ".", ""), "0")
		return (len(digits)+1)/2 + 1
	case "B":
		return len(text)*3/4 - strings.Count(text, "=")
	}
	return len(text)
}
