package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"unicode/utf8"

	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

var (
	errNotJSON   = errors.New("not JSON text")
	errRepeated  = errors.New("a repeated key")
	errSurrogate = errors.New("not valid UTF-8")
)

// appendJSON appends the canonical text of a JSON value: what readJSON gives, json.RawMessage, or anything encoding/json can write.
func appendJSON(dst []byte, value any) ([]byte, error) {
	switch value := value.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, value), nil
	case string:
		if !utf8.ValidString(value) {
			return dst, errSurrogate
		}
		return schema.AppendQuoted(dst, value), nil
	case Number:
		return AppendNumber(dst, string(value))
	case json.Number:
		return AppendNumber(dst, string(value))
	case float64:
		return appendFloat(dst, value)
	case int:
		return strconv.AppendInt(dst, int64(value), 10), nil
	case int64:
		return strconv.AppendInt(dst, value, 10), nil
	case json.RawMessage:
		read, err := readJSON(string(value))
		if err != nil {
			return dst, err
		}
		return appendJSON(dst, read)
	case []any:
		return appendJSONList(dst, value)
	case map[string]any:
		return appendJSONMap(dst, value)
	case []byte:
		return dst, errors.New("bytes are no JSON value")
	}
	return appendForeignJSON(dst, value)
}

func appendJSONList(dst []byte, value []any) ([]byte, error) {
	var err error
	dst = append(dst, '[')
	for i, member := range value {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendJSON(dst, member); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func appendJSONMap(dst []byte, value map[string]any) ([]byte, error) {
	keys := make([]string, 0, len(value))
	for key := range value {
		if !utf8.ValidString(key) {
			return dst, errSurrogate
		}
		keys = append(keys, key)
	}
	sort.Strings(keys)
	var err error
	dst = append(dst, '{')
	for i, key := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(schema.AppendQuoted(dst, key), ':')
		if dst, err = appendJSON(dst, value[key]); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// appendForeignJSON goes through encoding/json for the caller's own types.
func appendForeignJSON(dst []byte, value any) ([]byte, error) {
	if kind := reflect.TypeOf(value).Kind(); kind == reflect.Func || kind == reflect.Chan {
		return dst, fmt.Errorf("a %s is no JSON value", kind)
	}
	written, err := json.Marshal(value)
	if err != nil {
		return dst, errors.New("no JSON value")
	}
	if holdsReplacement(written) {
		return dst, errSurrogate
	}
	read, err := readJSON(string(written))
	if err != nil {
		return dst, err
	}
	return appendJSON(dst, read)
}

// holdsReplacement finds the escape by which encoding/json silently replaces what is not UTF-8; a real U+FFFD it writes unescaped.
func holdsReplacement(written []byte) bool {
	for i := 0; i+1 < len(written); i++ {
		if written[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(written[i:], []byte(`\ufffd`)) {
			return true
		}
		i++ // an escaped backslash begins no other escape
	}
	return false
}

// readJSON reads JSON text to nil, bool, string, Number, []any and map[string]any; every digit is kept, a repeated key refused.
func readJSON(text string) (any, error) {
	if !json.Valid([]byte(text)) || !utf8.ValidString(text) {
		return nil, errNotJSON
	}
	s := Scan([]byte(text))
	return s.jsonValue()
}

func (s *Scanner) jsonValue() (any, error) {
	switch s.peek() {
	case '{':
		out := map[string]any{}
		err := s.Each(func(key []byte) error {
			name := string(key)
			if _, there := out[name]; there {
				return errRepeated
			}
			value, err := s.jsonValue()
			out[name] = value
			return err
		})
		return out, err
	case '[':
		out := []any{}
		err := s.elements(func(int) error {
			value, err := s.jsonValue()
			out = append(out, value)
			return err
		})
		return out, err
	case '"':
		return s.text()
	}
	raw, err := s.Raw()
	if err != nil {
		return nil, errNotJSON
	}
	switch string(raw) {
	case "null":
		return nil, nil
	case "true", "false":
		return string(raw) == "true", nil
	}
	return Canonical(string(raw))
}
