package encryption_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/quick"

	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

var (
	dataKey = bytes.Repeat([]byte{7}, 32)
	nonce   = []byte("abcdefghijkl")
	wrapped = []byte("wrapped")
	here    = encryption.Context{
		Namespace: "acme", Model: "Secret", Attribute: "note", Client: map[string]string{"tenant": "t1"},
		Key: []encryption.KeyAttribute{{Name: "id", Value: json.RawMessage(`{"S":"a"}`)}, {Name: "at", Value: json.RawMessage(`{"N":"1.50"}`)}},
	}
)

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	out, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAdditionalDataIsEachPartBehindItsLength(t *testing.T) {
	parts := []string{"dynamorm.envelope.v1", "1", "acme", "Secret", "note", `{"tenant":"t1"}`, "id", "S", "a", "at", "N", "1.5"}
	want := []byte{}
	for _, p := range parts {
		want = append(append(want, 0, 0, 0, byte(len(p))), p...)
	}
	if got, err := encryption.AdditionalData(here); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	bare := encryption.Context{Model: "M", Attribute: "a", Key: []encryption.KeyAttribute{{Name: "k", Value: json.RawMessage(`{"B":"AP8="}`)}}}
	got, err := encryption.AdditionalData(bare)
	if err != nil || !bytes.HasSuffix(got, []byte("\x00\x00\x00\x01B\x00\x00\x00\x02\x00\xff")) || !bytes.Contains(got, []byte("\x00\x00\x00\x00\x00\x00\x00\x01M")) || !bytes.Contains(got, []byte("\x00\x00\x00\x02{}")) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAdditionalDataRefusesAKeyThatIsNone(t *testing.T) {
	for _, value := range []string{`{"BOOL":true}`, `{"N":"x"}`, `{"N":1}`, `{"B":"?"}`, `x`, ``} {
		c := encryption.Context{Key: []encryption.KeyAttribute{{Name: "k", Value: json.RawMessage(value)}}}
		if _, err := encryption.AdditionalData(c); !errors.Is(err, errs.ErrValidationFailed) {
			t.Errorf("%s: got %v", value, err)
		}
	}
	if _, err := encryption.AdditionalData(encryption.Context{Client: map[string]string{"a": "\xff"}}); !errors.Is(err, errs.ErrValidationFailed) {
		t.Error(err)
	}
}

// envelope reads an envelope's members.
func envelope(t *testing.T, stored []byte) map[string]map[string]string {
	t.Helper()
	var out struct{ M map[string]map[string]string }
	if err := json.Unmarshal(stored, &out); err != nil {
		t.Fatal(err)
	}
	return out.M
}

func sealed(t *testing.T, value string) []byte {
	t.Helper()
	out, err := encryption.SealValue([]byte(value), dataKey, nonce, wrapped, here)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAnEnvelopeHasItsFourMembersAndOpens(t *testing.T) {
	stored := sealed(t, ` { "M" : {"b":{"N":"1"}, "a":{"S":"é"}}}`)
	m := envelope(t, stored)
	text, _ := base64.StdEncoding.DecodeString(m["ct"]["B"])
	plain := `{"M":{"a":{"S":"é"},"b":{"N":"1"}}}`
	if len(m) != 4 || m["v"]["N"] != "1" || m["nonce"]["B"] != base64.StdEncoding.EncodeToString(nonce) || m["edk"]["B"] != base64.StdEncoding.EncodeToString(wrapped) || len(text) != len(plain)+16 {
		t.Errorf("got %s", stored)
	}
	if got, err := encryption.OpenEnvelope(stored, dataKey, here); err != nil || string(got) != plain {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestSealValueRefusesWhatIsNoValueKeyOrNonce(t *testing.T) {
	for name, row := range map[string]struct {
		value                   string
		dataKey, nonce, wrapped []byte
	}{
		"no JSON":            {`x`, dataKey, nonce, wrapped},
		"no value":           {`{"X":"a"}`, dataKey, nonce, wrapped},
		"two values":         {`{"S":"a","N":"1"}`, dataKey, nonce, wrapped},
		"no number":          {`{"N":"a"}`, dataKey, nonce, wrapped},
		"a short data key":   {`{"S":"a"}`, dataKey[1:], nonce, wrapped},
		"a short nonce":      {`{"S":"a"}`, dataKey, nonce[1:], wrapped},
		"no wrapped key":     {`{"S":"a"}`, dataKey, nonce, nil},
		"a huge wrapped key": {`{"S":"a"}`, dataKey, nonce, make([]byte, 6145)},
	} {
		if _, err := encryption.SealValue([]byte(row.value), row.dataKey, row.nonce, row.wrapped, here); !errors.Is(err, errs.ErrValidationFailed) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAnEnvelopeOfAnotherPlaceOrKeyDoesNotOpen(t *testing.T) {
	stored := sealed(t, `{"S":"hush hush"}`)
	other := func(change func(c *encryption.Context)) encryption.Context {
		c := here
		c.Key = append([]encryption.KeyAttribute(nil), here.Key...)
		change(&c)
		return c
	}
	for name, c := range map[string]encryption.Context{
		"namespace":  other(func(c *encryption.Context) { c.Namespace = "" }),
		"model":      other(func(c *encryption.Context) { c.Model = "Other" }),
		"attribute":  other(func(c *encryption.Context) { c.Attribute = "not" }),
		"client":     other(func(c *encryption.Context) { c.Client = nil }),
		"item":       other(func(c *encryption.Context) { c.Key[0].Value = json.RawMessage(`{"S":"b"}`) }),
		"key's type": other(func(c *encryption.Context) { c.Key[0].Value = json.RawMessage(`{"B":"YQ=="}`) }),
		"key's name": other(func(c *encryption.Context) { c.Key[0].Name = "ID" }),
		"no sort":    other(func(c *encryption.Context) { c.Key = c.Key[:1] }),
	} {
		got, err := encryption.OpenEnvelope(stored, dataKey, c)
		if !errors.Is(err, errs.ErrInvalidEncryptedEnvelope) || got != nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
	for _, key := range [][]byte{nil, dataKey[:16], bytes.Repeat([]byte{8}, 32)} {
		if got, err := encryption.OpenEnvelope(stored, key, here); !errors.Is(err, errs.ErrInvalidEncryptedEnvelope) || got != nil {
			t.Errorf("got %s, %v", got, err)
		}
	}
}

func TestEveryBitOfAnEnvelopeCounts(t *testing.T) {
	for _, name := range []string{"ct", "nonce"} {
		m := envelope(t, sealed(t, `{"S":"hush"}`))
		raw, _ := base64.StdEncoding.DecodeString(m[name]["B"])
		for i := range len(raw) * 8 {
			spoilt := bytes.Clone(raw)
			spoilt[i/8] ^= 1 << (i % 8)
			m[name]["B"] = base64.StdEncoding.EncodeToString(spoilt)
			text, _ := json.Marshal(map[string]any{"M": m})
			if got, err := encryption.OpenEnvelope(text, dataKey, here); !errors.Is(err, errs.ErrInvalidEncryptedEnvelope) || got != nil {
				t.Fatalf("%s, bit %d: got %s, %v", name, i, got, err)
			}
		}
	}
}

func TestAValueOfAnotherShapeIsNoEnvelope(t *testing.T) {
	b64 := func(n int) string { return base64.StdEncoding.EncodeToString(make([]byte, n)) }
	m := func(v, edk, nonce, ct string) string {
		return `{"M":{"v":` + v + `,"edk":` + edk + `,"nonce":` + nonce + `,"ct":` + ct + `}}`
	}
	bin := func(n int) string { return `{"B":"` + b64(n) + `"}` }
	one := `{"N":"1"}`
	for name, stored := range map[string]string{
		"text":             `{"S":"x"}`,
		"no JSON":          `x`,
		"nothing":          ``,
		"an empty map":     `{"M":{}}`,
		"another version":  m(`{"N":"2"}`, bin(1), bin(12), bin(16)),
		"a version as S":   m(`{"S":"1"}`, bin(1), bin(12), bin(16)),
		"no edk":           m(one, bin(0), bin(12), bin(16)),
		"a long edk":       m(one, bin(6145), bin(12), bin(16)),
		"a short nonce":    m(one, bin(1), bin(11), bin(16)),
		"a long nonce":     m(one, bin(1), bin(13), bin(16)),
		"a short ct":       m(one, bin(1), bin(12), bin(15)),
		"a ct as S":        m(one, bin(1), bin(12), `{"S":"`+b64(16)+`"}`),
		"one too many":     strings.TrimSuffix(m(one, bin(1), bin(12), bin(16)), "}}") + `,"x":{"S":"y"}}}`,
		"one too few":      `{"M":{"v":{"N":"1"},"edk":` + bin(1) + `,"nonce":` + bin(12) + `}}`,
		"beside a map":     `{"L":[]}`,
		"not base64":       m(one, `{"B":"?"}`, bin(12), bin(16)),
		"a member as null": m(one, `null`, bin(12), bin(16)),
	} {
		if got, err := encryption.OpenEnvelope([]byte(stored), dataKey, here); !errors.Is(err, errs.ErrInvalidEncryptedEnvelope) || got != nil {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
	for _, v := range []string{"1.0", "1E0", "01"} {
		spelled := bytes.Replace(sealed(t, `{"S":"a"}`), []byte(`{"N":"1"}`), []byte(`{"N":"`+v+`"}`), 1)
		if got, err := encryption.OpenEnvelope(spelled, dataKey, here); err != nil || string(got) != `{"S":"a"}` {
			t.Errorf("version %s: got %s, %v", v, got, err)
		}
	}
}

func TestAESGCMIsThatOfTheStandard(t *testing.T) {
	// Test case 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), as NIST has it.
	key := unhex(t, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")
	plain := unhex(t, "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
	additional := unhex(t, "feedfacedeadbeeffeedfacedeadbeefabaddad2")
	want := unhex(t, "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b")
	if got := encryption.GCM(key).Seal(nil, unhex(t, "cafebabefacedbaddecaf888"), plain, additional); !bytes.Equal(got, want) {
		t.Errorf("got %x", got)
	}
}

func FuzzWhatIsNoEnvelopeIsRefused(f *testing.F) {
	stored, err := encryption.SealValue([]byte(`{"S":"hush"}`), dataKey, nonce, wrapped, here)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stored)
	f.Add([]byte(`{"M":{"v":{"N":"1"}}}`))
	f.Add([]byte(`{"M":{"v":{"N":"1"},"edk":{"B":"AA=="},"nonce":{"B":"AAAAAAAAAAAAAAAA"},"ct":{"B":"AAAAAAAAAAAAAAAAAAAAAA=="}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := encryption.OpenEnvelope(text, dataKey, here)
		if err == nil && string(got) != `{"S":"hush"}` || err != nil && (got != nil || !errors.Is(err, errs.ErrInvalidEncryptedEnvelope)) {
			t.Errorf("%q: got %s, %v", text, got, err)
		}
	})
}

func TestEveryValueComesBackAsItWas(t *testing.T) {
	law := func(text string, number int64, raw []byte, on bool, list []string) bool {
		value, err := json.Marshal(map[string]any{"M": map[string]any{
			"s": map[string]any{"S": strings.ToValidUTF8(text, "?")}, "n": map[string]any{"N": strconv.FormatInt(number, 10)}, "b": map[string]any{"B": raw}, "o": map[string]any{"BOOL": on}, "l": map[string]any{"SS": list},
		}})
		if err != nil || raw == nil || list == nil {
			return err == nil
		}
		stored, err := encryption.SealValue(value, dataKey, nonce, wrapped, here)
		if err != nil {
			return false
		}
		got, err := encryption.OpenEnvelope(stored, dataKey, here)
		var x, y any
		return err == nil && json.Unmarshal(value, &x) == nil && json.Unmarshal(got, &y) == nil && reflect.DeepEqual(x, y)
	}
	if err := quick.Check(law, nil); err != nil {
		t.Error(err)
	}
}
