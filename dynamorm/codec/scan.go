package codec

import (
	"encoding/base64"
	"errors"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

// errSyntax is JSON that is none. The transport has checked the body, so it means an item from elsewhere.
var errSyntax = errors.New("not DynamoDB JSON")

// A Scanner reads JSON by hand, straight to values; no maps are built that nobody reads.
type Scanner struct {
	data []byte
	pos  int
}

// Scan begins at the start of a text.
func Scan(data []byte) *Scanner { return &Scanner{data: data} }

func (s *Scanner) space() {
	for s.pos < len(s.data) && (s.data[s.pos] == ' ' || s.data[s.pos] == '\n' || s.data[s.pos] == '\t' || s.data[s.pos] == '\r') {
		s.pos++
	}
}

func (s *Scanner) peek() byte {
	s.space()
	if s.pos >= len(s.data) {
		return 0
	}
	return s.data[s.pos]
}

func (s *Scanner) take(c byte) error {
	if s.peek() != c {
		return errSyntax
	}
	s.pos++
	return nil
}

// str reads a string; without escapes it is a slice of the text.
func (s *Scanner) str() ([]byte, error) {
	if err := s.take('"'); err != nil {
		return nil, err
	}
	start := s.pos
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; {
		case c == '"':
			s.pos++
			return s.data[start : s.pos-1], nil
		case c == '\\':
			return s.escaped(start)
		case c < 0x20:
			return nil, errSyntax
		}
		s.pos++
	}
	return nil, errSyntax
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (s *Scanner) escaped(start int) ([]byte, error) {
	out := append([]byte(nil), s.data[start:s.pos]...)
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		s.pos++
		switch {
		case c == '"':
			return out, nil
		case c < 0x20:
			return nil, errSyntax
		case c != '\\':
			out = append(out, c)
			continue
		case s.pos >= len(s.data):
			return nil, errSyntax
		}
		c = s.data[s.pos]
		s.pos++
		if c == 'u' {
			r, err := s.unicode()
			if err != nil {
				return nil, err
			}
			out = utf8.AppendRune(out, r)
		} else if escapes[c] != 0 {
			out = append(out, escapes[c])
		} else {
			return nil, errSyntax
		}
	}
	return nil, errSyntax
}

func (s *Scanner) hex4() (rune, bool) {
	if s.pos+4 > len(s.data) {
		return 0, false
	}
	var r rune
	for _, c := range s.data[s.pos : s.pos+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	s.pos += 4
	return r, true
}

func (s *Scanner) unicode() (rune, error) {
	r, ok := s.hex4()
	if !ok {
		return 0, errSyntax
	}
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if s.pos+2 <= len(s.data) && s.data[s.pos] == '\\' && s.data[s.pos+1] == 'u' {
		s.pos += 2
		if low, ok := s.hex4(); ok {
			if joined := utf16.DecodeRune(r, low); joined != utf8.RuneError {
				return joined, nil
			}
		}
	}
	return 0, errSyntax
}

// Each calls do for every member of an object; do reads the member's value.
func (s *Scanner) Each(do func(key []byte) error) error {
	if err := s.take('{'); err != nil {
		return err
	}
	if s.peek() == '}' {
		s.pos++
		return nil
	}
	for {
		key, err := s.str()
		if err != nil {
			return err
		}
		if err := s.take(':'); err != nil {
			return err
		}
		if err := do(key); err != nil {
			return err
		}
		if s.peek() != ',' {
			return s.take('}')
		}
		s.pos++
	}
}

// elements calls do for every element of an array.
func (s *Scanner) elements(do func(index int) error) error {
	if err := s.take('['); err != nil {
		return err
	}
	if s.peek() == ']' {
		s.pos++
		return nil
	}
	for i := 0; ; i++ {
		if err := do(i); err != nil {
			return err
		}
		if s.peek() != ',' {
			return s.take(']')
		}
		s.pos++
	}
}

// Raw reads any value and gives its text.
func (s *Scanner) Raw() ([]byte, error) {
	s.space()
	start := s.pos
	if err := s.skip(); err != nil {
		return nil, err
	}
	return s.data[start:s.pos], nil
}

func (s *Scanner) skip() error {
	switch c := s.peek(); {
	case c == '{':
		return s.Each(func([]byte) error { return s.skip() })
	case c == '[':
		return s.elements(func(int) error { return s.skip() })
	case c == '"':
		_, err := s.str()
		return err
	}
	start := s.pos
	for s.pos < len(s.data) && !isDelimiter(s.data[s.pos]) {
		s.pos++
	}
	if s.pos == start {
		return errSyntax
	}
	return nil
}

func isDelimiter(c byte) bool {
	return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ':'
}

func (s *Scanner) boolean() (bool, error) {
	raw, err := s.Raw()
	if err != nil {
		return false, err
	}
	switch string(raw) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errors.New("not a boolean")
}

func (s *Scanner) binary() ([]byte, error) {
	text, err := s.text()
	if err != nil {
		return nil, err
	}
	out, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, errors.New("not base64")
	}
	return out, nil
}

// text reads a string of its own; anything else is refused, not a syntax error.
func (s *Scanner) text() (string, error) {
	if s.peek() != '"' {
		return "", errors.New("not a string")
	}
	out, err := s.str()
	return string(out), err
}

// tagged reads one attribute value: do reads the body of its tag.
func (s *Scanner) tagged(do func(tag string) error) error {
	if s.peek() != '{' {
		return errs.New(errs.DecodeFailed, "no attribute value")
	}
	count := 0
	err := s.Each(func(key []byte) error {
		if count++; count > 1 {
			return errs.New(errs.DecodeFailed, "no attribute value")
		}
		return do(string(key))
	})
	if err == nil && count == 0 {
		return errs.New(errs.DecodeFailed, "no attribute value")
	}
	return err
}

// TagOf gives the tag of a tagged value, and the text of its body where that is a string.
func TagOf(tagged []byte) (tag, text string) {
	s := Scan(tagged)
	_ = s.Each(func(key []byte) error {
		tag = string(key)
		if s.peek() != '"' {
			return s.skip()
		}
		body, err := s.str()
		text = string(body)
		return err
	})
	return tag, text
}
