package encryption

import (
	"container/list"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
)

// CacheLimits bounds what a cache of data keys does.
type CacheLimits struct {
	// MaxAge is how long a data key is used, by the client's clock; over 0.
	MaxAge time.Duration
	// MaxUses is how many envelopes are made with a data key, from 1 to 2^32.
	MaxUses int64
	// MaxEntries is how many data keys are held, 1,000 where it is 0; the one that was not used for longest goes first.
	MaxEntries int
}

const defaultEntries = 1000

// DataKeyCache holds data keys for a time, so that KMS is asked less often. It may be shared by several Encryptions and is safe for
// concurrent use. A data key serves the KMS key and the encryption context alone that it was asked for.
type DataKeyCache struct {
	limits CacheLimits
	mutex  sync.Mutex
	used   *list.List // of *cached, the last used first
	known  map[wrappedKey]*list.Element
	making map[place]*list.Element
}

// place is what a data key is asked for: a KMS key, and the canonical JSON of an encryption context.
type place struct{ key, context string }

type wrappedKey struct {
	place
	wrapped string
}

type cached struct {
	wrappedKey
	plain []byte
	since time.Time
	uses  int64
}

// NewDataKeyCache gives an empty cache. It fails with ValidationFailed for limits that are none.
func NewDataKeyCache(l CacheLimits) (*DataKeyCache, error) {
	if l.MaxEntries == 0 {
		l.MaxEntries = defaultEntries
	}
	if l.MaxAge <= 0 || l.MaxUses < 1 || l.MaxUses > schema.DataKeyUsesMax || l.MaxEntries < 1 {
		return nil, errs.New(errs.CodeValidationFailed, "", "a cache has a greatest age over 0, 1 to 2^32 uses of a data key, and at least one entry")
	}
	return &DataKeyCache{limits: l, used: list.New(), known: map[wrappedKey]*list.Element{}, making: map[place]*list.Element{}}, nil
}

// Format gives the type's name, whatever fmt is asked for: data keys stay out of logs.
func (c *DataKeyCache) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "encryption.DataKeyCache")
}

// take gives a data key for one more envelope.
func (c *DataKeyCache) take(p place, now time.Time) (DataKey, bool) {
	if c == nil {
		return DataKey{}, false
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	e := c.fresh(c.making[p], now)
	if e == nil {
		return DataKey{}, false
	}
	e.use(c)
	return DataKey{Plaintext: e.plain, Wrapped: []byte(e.wrapped)}, true
}

// use counts an envelope; behind the last one the data key only opens.
func (e *cached) use(c *DataKeyCache) {
	if e.uses++; e.uses >= c.limits.MaxUses {
		delete(c.making, e.place)
	}
}

// find gives the data key of a wrapped one.
func (c *DataKeyCache) find(w wrappedKey, now time.Time) ([]byte, bool) {
	if c == nil {
		return nil, false
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	e := c.fresh(c.known[w], now)
	if e == nil {
		return nil, false
	}
	return e.plain, true
}

// fresh gives what an element holds, and notes that it is used; nil where there is none, or it is too old.
func (c *DataKeyCache) fresh(at *list.Element, now time.Time) *cached {
	if at == nil {
		return nil
	}
	e := at.Value.(*cached)
	if now.Sub(e.since) >= c.limits.MaxAge {
		c.drop(at)
		return nil
	}
	c.used.MoveToFront(at)
	return e
}

func (c *DataKeyCache) drop(at *list.Element) {
	e := c.used.Remove(at).(*cached)
	delete(c.known, e.wrappedKey)
	if c.making[e.place] == at {
		delete(c.making, e.place)
	}
}

// put keeps a data key that KMS gave; one that was generated has made an envelope already and can make more.
func (c *DataKeyCache) put(w wrappedKey, plain []byte, now time.Time, generated bool) {
	if c == nil {
		return
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if old := c.known[w]; old != nil {
		if !generated {
			return
		}
		c.drop(old)
	}
	e := &cached{wrappedKey: w, plain: plain, since: now}
	at := c.used.PushFront(e)
	c.known[w] = at
	if generated {
		c.making[w.place] = at
		e.use(c)
	}
	for c.used.Len() > c.limits.MaxEntries {
		c.drop(c.used.Back())
	}
}
