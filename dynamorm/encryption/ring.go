package encryption

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/codec"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// Ring holds the data keys of one operation. It is used by one goroutine.
type Ring struct {
	encryption *Encryption
	now        time.Time
	made       map[wrappedKey][]byte
	purposes   map[*schema.Attribute]purpose
}

// Ring gives the ring of an operation that began at a time.
func (e *Encryption) Ring(now time.Time) *Ring {
	return &Ring{encryption: e, now: now, made: map[wrappedKey][]byte{}, purposes: map[*schema.Attribute]purpose{}}
}

// Format gives the type's name, whatever fmt is asked for: data keys stay out of logs.
func (r Ring) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, "encryption.Ring") }

// purpose gives what data keys of an attribute are for; an attribute is one model's.
func (r *Ring) purpose(m *schema.Model, a *schema.Attribute) purpose {
	p, known := r.purposes[a]
	if !known {
		p = r.encryption.purpose(m, a)
		r.purposes[a] = p
	}
	return p
}

// Seal makes the envelopes: first it gets all data keys, one after the other. It fails with KeyUnavailable, and the attribute's path.
func (r *Ring) Seal(ctx context.Context, seals []*codec.Seal) error {
	keys := make([]DataKey, len(seals))
	purposes := make([]purpose, len(seals))
	for i, s := range seals {
		purposes[i] = r.purpose(s.Model(), s.Attribute())
		var err *errs.Error
		if keys[i], err = r.dataKey(ctx, purposes[i]); err != nil {
			err.Path, err.Model = codec.Name(s.Attribute().Name), s.Model().Name
			return err
		}
	}
	for i, s := range seals {
		nonce, err := r.encryption.nonces()
		if err != nil || len(nonce) != schema.EnvelopeNonceBytes {
			e := errs.New(errs.CodeKeyUnavailable, codec.Name(s.Attribute().Name), "the source of nonces gave none")
			e.Model, e.Cause = s.Model().Name, err
			return e
		}
		bound := purposes[i].binding
		bound.key = s.Key()
		s.Fill(seal(s.Plain(), keys[i].Plaintext, nonce, keys[i].Wrapped, bound.additionalData()))
	}
	return nil
}

// dataKey gives a data key for one envelope.
func (r *Ring) dataKey(ctx context.Context, p purpose) (DataKey, *errs.Error) {
	e := r.encryption
	at := place{e.keys[0], p.text}
	key, cached := e.cache.take(at, r.now)
	if !cached {
		var err error
		if key, err = e.service.GenerateDataKey(ctx, at.key, p.pairs); err != nil {
			return key, refused(ctx, err)
		}
		if len(key.Plaintext) != schema.DataKeyBytes || !fitsWrapped(key.Wrapped) {
			e := errs.New(errs.CodeKeyUnavailable, "", "the key service gave no data key of 32 bytes with its wrapped form")
			e.Origin = errs.Service
			return key, e
		}
		e.cache.put(wrappedKey{at, string(key.Wrapped)}, key.Plaintext, r.now, true)
	}
	r.made[wrappedKey{at, string(key.Wrapped)}] = key.Plaintext
	return key, nil
}

// Item is an item whose encrypted attributes are to be opened.
type Item struct {
	Model *schema.Model
	// JSON is the item, Key what has its key: the item itself, or what it was asked for by.
	JSON, Key []byte
}

// State says under what a value was sealed.
type State int

// The states of a value that could be read.
const (
	// Current values are sealed under the key that seals now, Older ones under a read key, and Plain ones not at all.
	Current State = iota
	Older
	Plain
)

// Result is what became of an item: its openings, and the state of each value that could be read.
type Result struct {
	Openings codec.Openings
	States   map[string]State
}

// lock is a data key that has to be got, for all envelopes that have it.
type lock struct {
	purpose
	wrapped []byte
	key     string
	plain   []byte
	err     *errs.Error
}

// closed is an envelope that is to be opened.
type closed struct {
	envelope
	item      int
	attribute string
	bound     binding
	lock      *lock
}

// atOnce is how many data keys are asked for side by side.
const atOnce = 8

// Open opens items of one answer. It asks once for each wrapped key and encryption context; what cannot be opened is in the openings.
func (r *Ring) Open(ctx context.Context, items []Item) []Result {
	out := make([]Result, len(items))
	var envelopes []closed
	locks, order := map[wrappedKey]*lock{}, []*lock{}
	for i, item := range items {
		out[i] = Result{codec.Openings{}, map[string]State{}}
		for _, c := range r.envelopes(item, out[i]) {
			id := wrappedKey{place{"", c.lock.text}, string(c.wrapped)}
			if known := locks[id]; known != nil {
				c.lock = known
			} else {
				locks[id], order = c.lock, append(order, c.lock)
			}
			c.item = i
			envelopes = append(envelopes, c)
		}
	}
	r.unlock(ctx, order)
	for _, c := range envelopes {
		result := out[c.item]
		if c.lock.err != nil {
			result.Openings[c.attribute] = codec.NotOpened(c.lock.err)
		} else if plain, ok := c.open(c.lock.plain, c.bound.additionalData()); ok {
			result.Openings[c.attribute], result.States[c.attribute] = codec.Opened(plain), r.state(c.lock.key)
		} else {
			result.Openings[c.attribute] = codec.NotOpened(unopened())
		}
	}
	return out
}

func (r *Ring) state(key string) State {
	if key == r.encryption.keys[0] {
		return Current
	}
	return Older
}

// envelopes finds the envelopes of an item; what is none comes out at once.
func (r *Ring) envelopes(item Item, out Result) (list []closed) {
	for _, a := range item.Model.Sealed {
		stored, found, err := codec.Member(item.JSON, a.Name)
		if err != nil || !found || codec.TagOf(stored) == schema.NULL {
			continue
		}
		e, named, ok := parse(stored)
		plain := !ok && !named && r.encryption.plaintext && codec.TagOf(stored) == a.Type
		key, err := codec.KeyOf(item.Model, item.Key)
		switch {
		case plain:
			out.Openings[a.Name], out.States[a.Name] = codec.Opened(stored), Plain
		case !ok:
			out.Openings[a.Name] = codec.NotOpened(misshapen())
		case err != nil:
			out.Openings[a.Name] = codec.NotOpened(unopened())
		default:
			p := r.purpose(item.Model, a)
			bound := p.binding
			bound.key = key
			list = append(list, closed{envelope: e, attribute: a.Name, bound: bound, lock: &lock{purpose: p, wrapped: e.wrapped}})
		}
	}
	return list
}

// unlock gets data keys: those that the ring or the cache has, then the others side by side.
func (r *Ring) unlock(ctx context.Context, locks []*lock) {
	var asking sync.WaitGroup
	room := make(chan struct{}, atOnce)
	for _, l := range locks {
		if r.has(l) {
			continue
		}
		room <- struct{}{}
		asking.Add(1)
		go func() {
			defer func() { <-room; asking.Done() }()
			r.ask(ctx, l)
		}()
	}
	asking.Wait()
}

func (r *Ring) has(l *lock) bool {
	for _, key := range r.encryption.keys {
		w := wrappedKey{place{key, l.text}, string(l.wrapped)}
		plain, ok := r.made[w]
		if !ok {
			plain, ok = r.encryption.cache.find(w, r.now)
		}
		if ok {
			l.key, l.plain = key, plain
			return true
		}
	}
	return false
}

// ask asks the key service, by one key after the other.
func (r *Ring) ask(ctx context.Context, l *lock) {
	var err error
	for _, key := range r.encryption.keys {
		l.key = key
		if l.plain, err = r.encryption.service.Decrypt(ctx, key, l.wrapped, l.pairs); !isRefusal(err, "IncorrectKeyException") {
			break
		}
	}
	switch {
	case isRefusal(err, "InvalidCiphertextException"):
		l.err = damaged(err)
	case err != nil:
		l.err = refused(ctx, err)
	case len(l.plain) != schema.DataKeyBytes:
		l.err = unopened()
	default:
		r.encryption.cache.put(wrappedKey{place{l.key, l.text}, string(l.wrapped)}, l.plain, r.now, false)
	}
}

// damaged is a wrapped key that the service does not take.
func damaged(err error) *errs.Error {
	e := refused(context.Background(), err)
	e.Code, e.Origin, e.Retryable, e.Message = errs.CodeInvalidEncryptedEnvelope, errs.Client, false, unopened().Message
	return e
}
