package transport

import (
	"context"
	"sync"
	"time"
)

// This file has what stands in for chance and time in tests, the library's and yours.

// Sleeps is a sleeper that waits for nothing and keeps what it was asked for.
type Sleeps struct {
	mutex sync.Mutex
	list  []time.Duration
}

// Sleep keeps the time; it gives the context's error where that has ended.
func (s *Sleeps) Sleep(ctx context.Context, d time.Duration) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.list = append(s.list, d)
	return ctx.Err()
}

// All gives the times so far.
func (s *Sleeps) All() []time.Duration {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]time.Duration(nil), s.list...)
}

// FixedTokens is a source of tokens that gives these in order, the last one again and again.
func FixedTokens(first string, more ...string) func() string { return fixed(first, more) }

// FixedRandom is a source of numbers from 0 to below 1 that gives these in order, the last one again and again.
func FixedRandom(first float64, more ...float64) func() float64 { return fixed(first, more) }

func fixed[T any](next T, more []T) func() T {
	var mutex sync.Mutex
	return func() T {
		mutex.Lock()
		defer mutex.Unlock()
		out := next
		if len(more) > 0 {
			next, more = more[0], more[1:]
		}
		return out
	}
}
