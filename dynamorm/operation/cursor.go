package operation

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/canon"
)

// Cursors: where a read stopped, as text that every language reads; signed and hidden where secrets are set. The text is the unpadded
// base64url of canonical JSON. It is read strictly: what is not byte for byte what would have been written is refused, so that one place has
// one cursor (spec/60-query.md, DMS-CUR).

// Cursor is a place in a read: the key to start behind, and what kind of read it belongs to.
type Cursor struct {
	// Key has the key attributes of table and index, as DynamoDB JSON.
	Key map[string]map[string]string
	// Index is the index's name, nil for the table.
	Index *string
	// Order is "asc" or "desc" of a query, "" of a scan.
	Order string
	// Segment is a scan's segment, nil for none.
	Segment *Segment
}

// Segment is a part of a scan: its number, from 0, and how many there are.
type Segment struct{ Number, Total int }

// Bound is what a signature binds a cursor to besides its own text; empty where there is nothing.
type Bound struct {
	Table, Index, Condition, Filter, Context string
	Models                                   []string
}

// Signer writes and reads the cursors of a client.
type Signer struct {
	// Secrets sign: the first does, all are accepted.
	Secrets [][]byte
	// Encrypt hides the keys; it needs secrets.
	Encrypt bool
	// Nonce gives 12 bytes that no two cursors share.
	Nonce func() ([]byte, error)
}

const (
	cursorLabel    = "dynamorm.cursor.v1"
	cursorKeyLabel = "dynamorm.cursor.key.v1"
	nonceBytes     = 12
)

var cursorText = base64.RawURLEncoding.Strict()

// Check holds the signer against its own rules, with ValidationFailed.
func (s Signer) Check() error {
	for _, secret := range s.Secrets {
		if len(secret) == 0 {
			return errs.New(errs.CodeValidationFailed, "", "an empty cursor secret")
		}
	}
	if s.Encrypt && len(s.Secrets) == 0 {
		return errs.New(errs.CodeValidationFailed, "", "encrypted cursors need secrets")
	}
	return nil
}

// Write gives a cursor's text.
func (s Signer) Write(c Cursor, bound func() Bound) (string, error) {
	if err := s.Check(); err != nil {
		return "", err
	}
	text, ok := c.json()
	if !ok {
		return "", badCursor("the key is no key")
	}
	if len(s.Secrets) == 0 {
		return cursorText.EncodeToString(text), nil
	}
	secret := s.Secrets[0]
	if s.Encrypt {
		nonce, err := s.Nonce()
		if err != nil {
			return "", err
		}
		text = sealer(secret).Seal(nonce, nonce, text, []byte(cursorLabel))
	}
	payload := cursorText.EncodeToString(text)
	return payload + "." + cursorText.EncodeToString(sign(secret, bound().message(payload))), nil
}

// Read reads a cursor's text. It fails with InvalidCursor.
func (s Signer) Read(text string, bound func() Bound) (Cursor, error) {
	if err := s.Check(); err != nil {
		return Cursor{}, err
	}
	if len(s.Secrets) == 0 {
		return parseCursor(text)
	}
	payload, signature, _ := strings.Cut(text, ".")
	given, err := cursorText.DecodeString(signature)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return Cursor{}, badCursor("the cursor is no base64url")
	}
	message := bound().message(payload)
	for _, secret := range s.Secrets {
		if !hmac.Equal(sign(secret, message), given) {
			continue
		}
		if !s.Encrypt {
			return parseCursor(payload)
		}
		sealed, err := cursorText.DecodeString(payload)
		if err != nil || len(sealed) < nonceBytes {
			return Cursor{}, badCursor("the cursor cannot be opened")
		}
		open, err := sealer(secret).Open(nil, sealed[:nonceBytes], sealed[nonceBytes:], []byte(cursorLabel))
		if err != nil {
			return Cursor{}, badCursor("the cursor cannot be opened")
		}
		return cursorOf(open)
	}
	return Cursor{}, badCursor("the cursor has no signature of ours for this read")
}

func badCursor(reason string) error { return errs.New(errs.CodeInvalidCursor, "", reason) }

func sign(secret, message []byte) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write(message)
	return h.Sum(nil)
}

func sealer(secret []byte) cipher.AEAD {
	block, _ := aes.NewCipher(sign(secret, []byte(cursorKeyLabel))) // 32 bytes are a key
	aead, _ := cipher.NewGCM(block)
	return aead
}

// message gives the bytes that are signed: every part behind its length.
func (b Bound) message(payload string) []byte {
	models := make([]any, len(b.Models))
	for i, m := range b.Models {
		models[i] = m
	}
	list, _ := canon.AppendJSON(nil, models)
	out := []byte{}
	for _, part := range []string{cursorLabel, payload, b.Table, b.Index, string(list), b.Condition, b.Filter, b.Context} {
		out = binary.BigEndian.AppendUint32(out, uint32(len(part)))
		out = append(out, part...)
	}
	return out
}

var orders = map[string]string{"asc": "ASC", "desc": "DESC"}

// json gives the cursor's canonical JSON; false where the key is none.
func (c Cursor) json() ([]byte, bool) {
	key := map[string]any{}
	for name, value := range c.Key {
		tagged := map[string]any{}
		for tag, text := range value {
			if tag == "N" {
				number, ok := canon.AppendNumber(nil, text)
				if !ok {
					return nil, false
				}
				text = string(number)
			}
			if raw, err := base64.StdEncoding.Strict().DecodeString(text); tag == "B" {
				if err != nil {
					return nil, false
				}
				text = base64.StdEncoding.EncodeToString(raw)
			}
			tagged[tag] = text
		}
		key[name] = tagged
	}
	members := map[string]any{"v": canon.Number("1"), "k": key}
	if c.Index != nil {
		members["i"] = *c.Index
	}
	if c.Order != "" {
		members["s"] = orders[c.Order]
	}
	if s := c.Segment; s != nil {
		members["g"] = []any{canon.Number(strconv.Itoa(s.Number)), canon.Number(strconv.Itoa(s.Total))}
	}
	return canon.AppendJSON(nil, members)
}

func parseCursor(text string) (Cursor, error) {
	raw, err := cursorText.DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return Cursor{}, badCursor("the cursor is no base64url")
	}
	return cursorOf(raw)
}

// cursorOf reads a cursor's JSON; whatever would have been written otherwise is refused.
func cursorOf(raw []byte) (Cursor, error) {
	tree, err := canon.ParseExact(string(raw))
	members, ok := tree.(map[string]any)
	if err != nil || !ok {
		return Cursor{}, badCursor("the cursor cannot be read")
	}
	c := Cursor{Key: map[string]map[string]string{}}
	key, ok := members["k"].(map[string]any)
	for name, value := range key {
		tagged, _ := value.(map[string]any)
		c.Key[name] = map[string]string{}
		for tag, body := range tagged {
			text, is := body.(string)
			ok = ok && is && len(tagged) == 1
			c.Key[name][tag] = text
		}
	}
	if index, there := members["i"]; there {
		name, is := index.(string)
		ok, c.Index = ok && is, &name
	}
	for order, written := range orders {
		if members["s"] == written {
			c.Order = order
		}
	}
	if g, there := members["g"]; there {
		list, _ := g.([]any)
		ok = ok && len(list) == 2
		if ok {
			c.Segment = &Segment{whole(list[0]), whole(list[1])}
		}
	}
	again, is := c.json()
	if !ok || !is || string(again) != string(raw) {
		return Cursor{}, badCursor("the cursor is spelled otherwise than this library does")
	}
	return c, nil
}

// whole gives a whole number, -1 for anything else.
func whole(v any) int {
	n, ok := v.(canon.Number)
	i, fits := canon.Int64(string(n))
	if !ok || !fits {
		return -1
	}
	return int(i)
}
