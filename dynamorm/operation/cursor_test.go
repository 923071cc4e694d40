package operation_test

import (
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
)

var (
	plain     = operation.Signer{}
	signed    = operation.Signer{Secrets: [][]byte{[]byte("new"), []byte("old")}}
	encrypted = operation.Signer{Secrets: [][]byte{[]byte("new")}, Encrypt: true, Nonce: counting()}
	signers   = map[string]operation.Signer{"plain": plain, "signed": signed, "encrypted": encrypted}
)

// counting gives nonces that differ.
func counting() func() ([]byte, error) {
	n := 0
	return func() ([]byte, error) {
		n++
		return []byte(strconv.Itoa(n + 1e11)), nil
	}
}

// here is what the cursors of these tests are bound to.
func here() operation.Bound {
	return operation.Bound{Table: "notes", Index: "by-day", Condition: `"day" = {"S":"x"}`, Filter: `"n" > {"N":"1"}`, Context: "tenant", Models: []string{"Note", "Task"}}
}

// anyCursor gives a cursor as reads write them.
func anyCursor(r *rand.Rand) operation.Cursor {
	text := func() string {
		letters := []rune("aZ0-_.\"\\\n\x00é😀{}")
		out := make([]rune, r.IntN(9))
		for i := range out {
			out[i] = letters[r.IntN(len(letters))]
		}
		return string(out)
	}
	c := operation.Cursor{Key: map[string]map[string]string{}}
	for range 1 + r.IntN(4) {
		c.Key[text()] = []map[string]string{
			{"S": text()}, {"N": strconv.Itoa(r.IntN(2e6) - 1e6)}, {"B": base64.StdEncoding.EncodeToString([]byte(text()))},
		}[r.IntN(3)]
	}
	if r.IntN(2) == 0 {
		name := text()
		c.Index = &name
	}
	if c.Order = []string{"", "asc", "desc"}[r.IntN(3)]; c.Order == "" && r.IntN(2) == 0 {
		c.Segment = &operation.Segment{Number: r.IntN(9), Total: 9 + r.IntN(1e6)}
	}
	return c
}

func write(t *testing.T, s operation.Signer, c operation.Cursor) string {
	t.Helper()
	text, err := s.Write(c, here)
	if err != nil {
		t.Fatalf("%+v: %v", c, err)
	}
	return text
}

func TestACursorIsReadAsItWasWritten(t *testing.T) {
	for name, s := range signers {
		r := rand.New(rand.NewPCG(1, 2))
		for range 2000 {
			c := anyCursor(r)
			if got, err := s.Read(write(t, s, c), here); err != nil || !reflect.DeepEqual(got, c) {
				t.Fatalf("%s: got %+v, %v; want %+v", name, got, err, c)
			}
		}
	}
}

// A plain cursor may be changed to that of another place; a signed one is refused whatever is changed.
func TestAChangedCursorIsRefusedOrThatOfAnotherPlace(t *testing.T) {
	const letters = "AQgwZaz059-_.=+/ \n\u00e9"
	for name, s := range signers {
		r := rand.New(rand.NewPCG(3, 4))
		for range 40 {
			text := write(t, s, anyCursor(r))
			for i := range len(text) {
				letter := string([]rune(letters)[r.IntN(len([]rune(letters)))])
				for what, other := range map[string]string{
					"changed": text[:i] + letter + text[i+1:], "cut out": text[:i] + text[i+1:], "cut off": text[:i], "put in": text[:i] + letter + text[i:], "doubled": text + text[i:],
				} {
					if other != text {
						refusedOrItself(t, name+", "+what+" at "+strconv.Itoa(i), s, other)
					}
				}
			}
		}
	}
}

func refusedOrItself(t *testing.T, name string, s operation.Signer, text string) {
	t.Helper()
	c, err := s.Read(text, here)
	if err == nil && len(s.Secrets) == 0 {
		if again := write(t, s, c); again == text {
			return
		}
	}
	if e := errs.As(err); e == nil || e.Code != errs.CodeInvalidCursor || !reflect.DeepEqual(c, operation.Cursor{}) {
		t.Fatalf("%s: %q is read as %+v, %v", name, text, c, err)
	}
}

func FuzzAPlainCursorIsRefusedOrWrittenAsItWas(f *testing.F) {
	for _, json := range []string{`{"k":{"id":{"S":"a"}},"v":1}`, `{"k":{"id":{"N":"1.0"}},"s":"ASC","v":1}`, `{"g":[0,2],"k":{},"v":1}`, `{"v":2}`, `[]`, `{"k":{"id":{"B":"AQ"}},"v":1}`, `{"k":{"a":{}},"v":1}`} {
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(json)))
	}
	f.Fuzz(func(t *testing.T, text string) { refusedOrItself(t, "fuzz", plain, text) })
}

func TestASignedCursorIsOfOneReadAlone(t *testing.T) {
	text := func(change func(*operation.Bound)) func() operation.Bound {
		b := here()
		change(&b)
		return func() operation.Bound { return b }
	}
	others := map[string]func() operation.Bound{
		"table":             text(func(b *operation.Bound) { b.Table = "note" }),
		"index":             text(func(b *operation.Bound) { b.Index = "" }),
		"condition":         text(func(b *operation.Bound) { b.Condition += " " }),
		"filter":            text(func(b *operation.Bound) { b.Filter = "" }),
		"context":           text(func(b *operation.Bound) { b.Context = "tenant2" }),
		"models":            text(func(b *operation.Bound) { b.Models = []string{"Task", "Note"} }),
		"no models":         text(func(b *operation.Bound) { b.Models = nil }),
		"parts run over":    text(func(b *operation.Bound) { b.Table, b.Index = "notesby-day", "" }),
		"filter as context": text(func(b *operation.Bound) { b.Filter, b.Context = "", b.Filter+b.Context }),
	}
	for _, s := range []operation.Signer{signed, encrypted} {
		cursor := write(t, s, anyCursor(rand.New(rand.NewPCG(5, 6))))
		for name, bound := range others {
			if c, err := s.Read(cursor, bound); !isInvalidCursor(err) {
				t.Errorf("%s: got %+v, %v", name, c, err)
			}
		}
		if _, err := s.Read(cursor, here); err != nil {
			t.Errorf("its own: %v", err)
		}
	}
}

func isInvalidCursor(err error) bool {
	e := errs.As(err)
	return e != nil && e.Code == errs.CodeInvalidCursor && e.Origin == errs.Client
}

func TestACursorIsReadByItsOwnKindOfSignerAlone(t *testing.T) {
	old := operation.Signer{Secrets: [][]byte{[]byte("old")}}
	secret := operation.Signer{Secrets: [][]byte{[]byte("new")}}
	other := operation.Signer{Secrets: [][]byte{[]byte("other")}, Encrypt: true, Nonce: counting()}
	c := anyCursor(rand.New(rand.NewPCG(7, 8)))
	for name, row := range map[string]struct {
		writer, reader operation.Signer
		read           bool
	}{
		"signed by the first":    {signed, signed, true},
		"signed by the second":   {old, signed, true},
		"signed anew":            {signed, old, false},
		"signed for plain":       {signed, plain, false},
		"plain for signed":       {plain, signed, false},
		"signed for encrypted":   {secret, encrypted, false},
		"encrypted for signed":   {encrypted, secret, false},
		"encrypted for plain":    {encrypted, plain, false},
		"encrypted by another":   {other, encrypted, false},
		"encrypted by a rotated": {encrypted, operation.Signer{Secrets: [][]byte{[]byte("x"), []byte("new")}, Encrypt: true}, true},
	} {
		got, err := row.reader.Read(write(t, row.writer, c), here)
		if row.read && (err != nil || !reflect.DeepEqual(got, c)) || !row.read && !isInvalidCursor(err) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestAnEncryptedCursorShowsNothingAndIsNeverTheSame(t *testing.T) {
	c := operation.Cursor{Key: map[string]map[string]string{"owner": {"S": "ada"}}}
	one, two := write(t, encrypted, c), write(t, encrypted, c)
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(one, ".")[0])
	if err != nil || strings.Contains(string(raw), "owner") || strings.Contains(string(raw), "ada") || one == two {
		t.Errorf("got %s and %s, %v", one, two, err)
	}
}

func TestASignerThatCannotSignIsValidationFailed(t *testing.T) {
	for name, s := range map[string]operation.Signer{
		"an empty secret":    {Secrets: [][]byte{[]byte("a"), nil}},
		"nothing to encrypt": {Encrypt: true},
	} {
		_, reading := s.Read("", here)
		_, writing := s.Write(operation.Cursor{}, here)
		for _, err := range []error{reading, writing} {
			if e := errs.As(err); e == nil || e.Code != errs.CodeValidationFailed {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
}

func TestAKeyThatIsNoneHasNoCursor(t *testing.T) {
	for name, value := range map[string]map[string]string{"a number": {"N": "one"}, "base64": {"B": "A"}, "text": {"S": "\xff"}} {
		if text, err := plain.Write(operation.Cursor{Key: map[string]map[string]string{"id": value}}, here); !isInvalidCursor(err) {
			t.Errorf("%s: got %s, %v", name, text, err)
		}
	}
}

// The vector was made by hand with openssl: the other languages sign the same bytes.
func TestASignatureIsOverEveryPartBehindItsLength(t *testing.T) {
	text := write(t, signed, operation.Cursor{Key: map[string]map[string]string{"id": {"S": "a"}}, Order: "asc"})
	payload, signature, _ := strings.Cut(text, ".")
	raw, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || payload != base64.RawURLEncoding.EncodeToString([]byte(`{"k":{"id":{"S":"a"}},"s":"ASC","v":1}`)) || hex.EncodeToString(raw) != "49f1053c902b56c97a89d342c0c7a080d99b73fa1dd32d757d262132bd68fb58" {
		t.Errorf("got %s, %x, %v", payload, raw, err)
	}
}
