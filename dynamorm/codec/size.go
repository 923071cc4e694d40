package codec

import (
	"encoding/base64"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/internal/limits"
	"github.com/dynamorm/dynamorm/dynamorm/internal/text"
)

// collectionOverhead is what a list or map costs beside its members, each of which costs memberOverhead more.
const (
	collectionOverhead = 3
	memberOverhead     = 1
)

// ItemSize gives the bytes that DynamoDB counts for an item: names, and values by their type.
func ItemSize(item []byte) (int, error) { return membersSize(newScanner(item), 0) }

// membersSize adds up names and values.
func membersSize(s *scanner, overhead int) (int, error) {
	total := 0
	err := s.members(func(name []byte) error {
		total += len(name) + overhead
		n, err := valueSize(s)
		total += n
		return err
	})
	return total, err
}

func valueSize(s *scanner) (int, error) {
	s.space()
	start := s.i
	k, err := s.open()
	if err != nil {
		return 0, err
	}
	total := 0
	switch k {
	case kindS, kindN, kindB:
		total, err = textSize(s, k)
	case kindBOOL, kindNULL:
		total, err = 1, s.skip()
	case kindSS, kindNS, kindBS:
		err = s.elements(func() error {
			n, err := textSize(s, k-kindSS+kindS)
			total += n
			return err
		})
	case kindL:
		total = collectionOverhead
		err = s.elements(func() error {
			n, err := valueSize(s)
			total += n + memberOverhead
			return err
		})
	case kindM:
		total, err = membersSize(s, memberOverhead)
		total += collectionOverhead
	default:
		s.i = start
		err = mismatch("a value", k)
	}
	if err != nil {
		return 0, err
	}
	return total, s.close()
}

func textSize(s *scanner, k kind) (int, error) {
	r, err := s.bytes()
	if err != nil {
		return 0, err
	}
	switch k {
	case kindN:
		var scratch [64]byte
		d, err := text.ParseDecimal(r, scratch[:])
		if err != nil {
			return 0, undecodable(numberFact(err))
		}
		return (len(d.Digits)+1)/2 + 1, nil
	case kindB:
		n := base64.StdEncoding.DecodedLen(len(r))
		for i := len(r) - 1; i >= 0 && r[i] == '='; i-- {
			n--
		}
		return n, nil
	}
	return len(r), nil
}

// CheckSize refuses an item that DynamoDB is sure to refuse.
func CheckSize(item []byte) error {
	if len(item) <= limits.ItemSizeMaxBytes {
		return nil // the wire form is never shorter than what is counted
	}
	n, err := ItemSize(item)
	if err != nil {
		return err
	}
	if n > limits.ItemSizeMaxBytes {
		return errs.New(errs.ItemTooLarge, "the item has more than 400 KB")
	}
	return nil
}
