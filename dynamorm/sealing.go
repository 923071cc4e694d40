package dynamorm

import (
	"context"
	"time"

	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

// This file drives exchanges, and stands between what they say is encrypted and the keys for it.

// WithEncryption sets how encrypted attributes are sealed and opened. Without it a call that would write or read one fails with
// EncryptionNotConfigured.
func WithEncryption(e *encryption.Encryption) ClientOption {
	return func(c *Client) { c.keys = e }
}

// keyed says whether encrypted attributes can be sealed and opened.
func (c *Client) keyed() bool { return c.keys != nil }

// run seals what an exchange is to send, and holds its conversation.
func (c *Client) run(ctx context.Context, now time.Time, x operation.Exchange) error {
	s := c.session(now)
	if err := s.seal(ctx, x); err != nil {
		return err
	}
	return s.run(ctx, x)
}

// session is one operation's work, with the data keys that it holds.
type session struct {
	client *Client
	ring   *encryption.Ring
}

func (c *Client) session(now time.Time) session {
	if c.keys == nil {
		return session{client: c}
	}
	return session{c, c.keys.Ring(now)}
}

// seal makes all envelopes of an exchange and puts them in their places, before anything of it is sent.
func (s session) seal(ctx context.Context, x operation.Exchange) error {
	sealer, ok := x.(operation.Sealer)
	if !ok || s.ring == nil || len(sealer.Seals()) == 0 {
		return nil
	}
	if err := s.envelopes(ctx, sealer); err != nil {
		return err
	}
	return sealer.Fill()
}

// envelopes makes all envelopes of an exchange.
func (s session) envelopes(ctx context.Context, x operation.Sealer) error {
	if s.ring == nil {
		return nil
	}
	return s.ring.Seal(ctx, x.Seals())
}

// run holds an exchange's conversation.
func (s session) run(ctx context.Context, x operation.Exchange) error {
	c := s.client
	holder, ok := x.(operation.Holder)
	if !ok || s.ring == nil {
		return transport.Run(ctx, c.transport, c.sleep, x, nil)
	}
	return transport.Run(ctx, c.transport, c.sleep, x, func(ctx context.Context, q operation.Request, r operation.Response) operation.Opened {
		held := holder.Held(r)
		if len(held) == 0 {
			return nil
		}
		return s.open(ctx, held, q.Write && r.Fault == nil)
	})
}

// open opens the items that an answer holds, but those of other models; applied says that they are those of a write that happened.
func (s session) open(ctx context.Context, held []operation.Held, applied bool) operation.Opened {
	items, of := make([]encryption.Item, 0, len(held)), make([]operation.Held, 0, len(held))
	for _, h := range held {
		item := encryption.Item{Model: h.Plan.Model, JSON: h.Item, Key: h.Key}
		if h.Key == nil {
			if h.Plan.CheckMark(h.Item) != nil {
				continue
			}
			item.Key = h.Item
		}
		items, of = append(items, item), append(of, h)
	}
	out := operation.Opened{}
	for i, result := range s.ring.Open(ctx, items) {
		if applied {
			result.Openings.Failures(func(e *errs.Error) { e.MaybeApplied = true })
		}
		out.Add(of[i], result.Openings)
	}
	return out
}
