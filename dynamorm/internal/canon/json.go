package canon

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const hex = "0123456789abcdef"

var plain = func() (t [256]bool) {
	for i := 0x20; i < utf8.RuneSelf; i++ {
		t[i] = i != '"' && i != '\\'
	}
	return t
}()

// AppendString appends a JSON string that escapes only what JSON demands; false where the text is not UTF-8.
func AppendString[T ~string | ~[]byte](dst []byte, s T) ([]byte, bool) {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if r == utf8.RuneError && size < 2 {
				return dst, false
			}
			i += size
			continue
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, c)
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"'), true
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// AppendJSON appends the canonical text of a JSON value as ParseJSON gives it; false for anything else.
func AppendJSON(dst []byte, v any) ([]byte, bool) {
	switch x := v.(type) {
	case nil:
		return append(dst, "null"...), true
	case bool:
		return strconv.AppendBool(dst, x), true
	case string:
		return AppendString(dst, x)
	case Number:
		return AppendNumber(dst, x)
	case []any:
		return appendArray(dst, x)
	case map[string]any:
		return appendObject(dst, x)
	}
	return dst, false
}

func appendArray(dst []byte, list []any) ([]byte, bool) {
	dst = append(dst, '[')
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		var ok bool
		if dst, ok = AppendJSON(dst, e); !ok {
			return dst, false
		}
	}
	return append(dst, ']'), true
}

func appendObject(dst []byte, m map[string]any) ([]byte, bool) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	dst = append(dst, '{')
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		var ok bool
		if dst, ok = AppendString(dst, k); !ok {
			return dst, false
		}
		if dst, ok = AppendJSON(append(dst, ':'), m[k]); !ok {
			return dst, false
		}
	}
	return append(dst, '}'), true
}

// SyntaxError says where a text is not the JSON that the library takes; it holds nothing of the text's values.
type SyntaxError struct {
	// Pointer is the JSON Pointer of the entry.
	Pointer string
	Reason  string
}

func (e *SyntaxError) Error() string { return e.Reason }

// maxNesting keeps a hostile text from filling the stack.
const maxNesting = 10000

// ParseJSON reads one JSON text strictly: no repeated keys, no lone surrogates, numbers with all their digits.
func ParseJSON(text string) (any, error) {
	return (&parser{s: text}).parse()
}

// ParseExact reads JSON as ParseJSON does, and refuses a number that binary64 does not hold exactly.
func ParseExact(text string) (any, error) {
	return (&parser{s: text, exact: true}).parse()
}

func (p *parser) parse() (any, error) {
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.i < len(p.s) {
		return nil, &SyntaxError{Reason: "text after the value"}
	}
	return v, nil
}

type parser struct {
	s     string
	i     int
	exact bool
}

func (p *parser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

// next gives the next byte that is not white space, 0 at the end.
func (p *parser) next() byte {
	p.space()
	if p.i < len(p.s) {
		return p.s[p.i]
	}
	return 0
}

func bad(reason string) *SyntaxError { return &SyntaxError{Reason: reason} }

func (p *parser) value(depth int) (any, *SyntaxError) {
	if depth > maxNesting {
		return nil, bad("nested too deeply")
	}
	switch c := p.next(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		return p.str()
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	}
	switch {
	case p.word("true"):
		return true, nil
	case p.word("false"):
		return false, nil
	case p.word("null"):
		return nil, nil
	}
	return nil, bad("not JSON")
}

func (p *parser) word(w string) bool {
	if !strings.HasPrefix(p.s[p.i:], w) {
		return false
	}
	p.i += len(w)
	return true
}

func (p *parser) array(depth int) (any, *SyntaxError) {
	p.i++
	list := []any{}
	if p.next() == ']' {
		p.i++
		return list, nil
	}
	for {
		v, err := p.value(depth + 1)
		if err != nil {
			err.Pointer = "/" + strconv.Itoa(len(list)) + err.Pointer
			return nil, err
		}
		list = append(list, v)
		switch p.next() {
		case ',':
			p.i++
		case ']':
			p.i++
			return list, nil
		default:
			return nil, bad("not JSON")
		}
	}
}

func (p *parser) object(depth int) (any, *SyntaxError) {
	p.i++
	m := map[string]any{}
	if p.next() == '}' {
		p.i++
		return m, nil
	}
	for {
		if p.next() != '"' {
			return nil, bad("not JSON")
		}
		k, err := p.str()
		if err != nil {
			return nil, err
		}
		if p.next() != ':' {
			return nil, bad("not JSON")
		}
		p.i++
		var v any
		if _, twice := m[k]; twice {
			err = bad("a key stands twice")
		} else {
			v, err = p.value(depth + 1)
		}
		if err != nil {
			err.Pointer = Pointer(k) + err.Pointer
			return nil, err
		}
		m[k] = v
		switch p.next() {
		case ',':
			p.i++
		case '}':
			p.i++
			return m, nil
		default:
			return nil, bad("not JSON")
		}
	}
}

// Pointer gives a JSON Pointer's token, with its slash.
func Pointer(token string) string {
	return "/" + strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1")
}

func (p *parser) number() (any, *SyntaxError) {
	start := p.i
	digits := func() bool {
		from := p.i
		for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
			p.i++
		}
		return p.i > from
	}
	if p.s[p.i] == '-' {
		p.i++
	}
	whole := p.i
	ok := digits() && (p.s[whole] != '0' || p.i == whole+1)
	if ok && p.i < len(p.s) && p.s[p.i] == '.' {
		p.i++
		ok = digits()
	}
	if ok && p.i < len(p.s) && (p.s[p.i] == 'e' || p.s[p.i] == 'E') {
		p.i++
		if p.i < len(p.s) && (p.s[p.i] == '+' || p.s[p.i] == '-') {
			p.i++
		}
		ok = digits()
	}
	if !ok {
		return nil, bad("not JSON")
	}
	var buf [64]byte
	b, ok := AppendNumber(buf[:0], p.s[start:p.i])
	if !ok || p.exact && !Binary64(p.s[start:p.i]) {
		return nil, bad("a number that cannot be held exactly")
	}
	return Number(b), nil
}

func (p *parser) str() (string, *SyntaxError) {
	p.i++
	start := p.i
	for p.i < len(p.s) && p.s[p.i] != '"' && p.s[p.i] != '\\' && p.s[p.i] >= 0x20 {
		p.i++
	}
	if p.i < len(p.s) && p.s[p.i] == '"' {
		s := p.s[start:p.i]
		p.i++
		if !utf8.ValidString(s) {
			return "", bad("not UTF-8")
		}
		return s, nil
	}
	out := []byte(p.s[start:p.i])
	for p.i < len(p.s) {
		c := p.s[p.i]
		p.i++
		switch {
		case c == '"':
			if !utf8.Valid(out) {
				return "", bad("not UTF-8")
			}
			return string(out), nil
		case c < 0x20:
			return "", bad("not JSON")
		case c != '\\':
			out = append(out, c)
		default:
			var ok bool
			if out, ok = p.escape(out); !ok {
				return "", bad("not JSON")
			}
		}
	}
	return "", bad("not JSON")
}

func (p *parser) escape(out []byte) ([]byte, bool) {
	out, n := Unescape(out, p.s[p.i:])
	p.i += n
	return out, n > 0
}

// Unescape appends what the escape behind a backslash stands for, and gives its length; 0 where it is none, or a lone surrogate.
func Unescape[T ~string | ~[]byte](out []byte, s T) ([]byte, int) {
	if len(s) == 0 {
		return out, 0
	}
	const names, values = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if k := strings.IndexByte(names, s[0]); k >= 0 {
		return append(out, values[k]), 1
	}
	r, ok := hex4(s)
	if !ok {
		return out, 0
	}
	if !utf16.IsSurrogate(r) {
		return utf8.AppendRune(out, r), 5
	}
	if len(s) < 11 || s[5] != '\\' {
		return out, 0
	}
	low, ok := hex4(s[6:])
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return out, 0
	}
	return utf8.AppendRune(out, r), 11
}

// hex4 reads `uXXXX`.
func hex4[T ~string | ~[]byte](s T) (rune, bool) {
	if len(s) < 5 || s[0] != 'u' {
		return 0, false
	}
	var r rune
	for i := 1; i < 5; i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
