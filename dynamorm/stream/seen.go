package stream

import (
	"container/list"
	"context"
	"sync"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
)

// Seen remembers which events were handled, by their ids. It is safe for concurrent use.
type Seen interface {
	Has(ctx context.Context, id string) (bool, error)
	Add(ctx context.Context, id string) error
}

// DefaultSeen is how many ids a Memory holds unless told otherwise.
const DefaultSeen = 10000

// Memory is a Seen in memory: it holds the last ids.
type Memory struct {
	mutex    sync.Mutex
	capacity int
	known    map[string]bool
	order    *list.List
}

// NewMemory gives an empty one that holds so many ids. It fails with ValidationFailed for less than 1.
func NewMemory(capacity int) (*Memory, error) {
	if capacity < 1 {
		return nil, errs.New(errs.CodeValidationFailed, "", "a store of seen events holds at least one")
	}
	return &Memory{capacity: capacity, known: map[string]bool{}, order: list.New()}, nil
}

// Has says whether an event was handled.
func (m *Memory) Has(_ context.Context, id string) (bool, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return m.known[id], nil
}

// Add notes that an event was handled.
func (m *Memory) Add(_ context.Context, id string) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.known[id] {
		return nil
	}
	m.known[id] = true
	m.order.PushBack(id)
	if m.order.Len() > m.capacity {
		delete(m.known, m.order.Remove(m.order.Front()).(string))
	}
	return nil
}
