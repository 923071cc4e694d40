package dynamorm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/stream"
)

// StreamEvent is a batch of records, as Lambda gives it.
type StreamEvent struct {
	Records []stream.Record `json:"Records"`
}

// StreamResponse says from where Lambda is to deliver again: its event source has ReportBatchItemFailures. It is empty where nothing failed.
type StreamResponse struct {
	BatchItemFailures []BatchItemFailure `json:"batchItemFailures"`
}

// BatchItemFailure is the record that failed.
type BatchItemFailure struct {
	ItemIdentifier string `json:"itemIdentifier"`
}

// StreamFailure is what ended a batch.
type StreamFailure struct {
	// SequenceNumber is "" where none can be read.
	SequenceNumber string
	Err            error
}

// StreamOptions are what a handler of a stream can have besides its routes; the zero value is fine.
type StreamOptions struct {
	// OnDecodeError gets a record that cannot be read; where it gives nil the batch goes on. Without it the record has failed. A record of
	// which KMS has not given the key has failed in any case: it can be read when it is delivered again.
	OnDecodeError func(ctx context.Context, r stream.Record, err error) error
	// OnUnknown gets a record whose model nobody knows; without it that is one that cannot be read.
	OnUnknown func(ctx context.Context, r stream.Record) error
	// OnFailure is told what ended a batch; without it that is logged by slog, without items.
	OnFailure func(ctx context.Context, f StreamFailure)
	// Seen remembers which events were handled, so that they are not handled again; nil for none.
	Seen stream.Seen
}

// StreamRoute handles the records of one model.
type StreamRoute struct {
	model  AnyModel
	handle func(ctx context.Context, d decodedRecord) error
}

// OnRecord gives the route of a model: its records are handled by a function.
func OnRecord[T any](m *Model[T], handle func(ctx context.Context, r Record[T]) error) StreamRoute {
	return StreamRoute{m, func(ctx context.Context, d decodedRecord) error { return handle(ctx, recordOf[T](d)) }}
}

// StreamHandler handles the batches of a stream: its method Handle is a Lambda handler.
type StreamHandler struct {
	options StreamOptions
	routes  []StreamRoute
	decoder *decoder
}

// NewStreamHandler gives the handler of a stream. Several models are each told by their own value of one discriminator; otherwise it fails
// with ValidationFailed.
func NewStreamHandler(c *Client, o StreamOptions, routes ...StreamRoute) (*StreamHandler, error) {
	models := make([]AnyModel, len(routes))
	for i, r := range routes {
		if r.model == nil || r.handle == nil {
			return nil, errs.New(errs.CodeValidationFailed, "", "a route is made by OnRecord")
		}
		models[i] = r.model
	}
	d, err := newDecoder(c, models)
	if err != nil {
		return nil, err
	}
	return &StreamHandler{o, routes, d}, nil
}

// Format gives the type's name, whatever fmt is asked for.
func (h *StreamHandler) Format(w fmt.State, _ rune) {
	_, _ = io.WriteString(w, "dynamorm.StreamHandler")
}

// Handle handles the records one after the other, up to the first that fails. It fails itself where that one has no sequence number.
func (h *StreamHandler) Handle(ctx context.Context, event StreamEvent) (StreamResponse, error) {
	for _, r := range event.Records {
		err := h.once(ctx, r)
		if err == nil {
			continue
		}
		f := StreamFailure{stream.SequenceNumber(r), err}
		h.failed(ctx, f)
		if f.SequenceNumber == "" {
			return StreamResponse{}, err
		}
		return StreamResponse{[]BatchItemFailure{{f.SequenceNumber}}}, nil
	}
	return StreamResponse{[]BatchItemFailure{}}, nil
}

// once handles a record that was not handled before.
func (h *StreamHandler) once(ctx context.Context, r stream.Record) error {
	id := stream.EventID(r)
	if id == "" {
		id = stream.SequenceNumber(r)
	}
	if h.options.Seen == nil || id == "" {
		return h.one(ctx, r)
	}
	known, err := h.options.Seen.Has(ctx, id)
	if err != nil || known {
		return err
	}
	if err := h.one(ctx, r); err != nil {
		return err
	}
	return h.options.Seen.Add(ctx, id)
}

func (h *StreamHandler) one(ctx context.Context, r stream.Record) error {
	d, err := h.decoder.decode(ctx, r)
	switch {
	case err == nil:
		return h.routes[d.owner].handle(ctx, d)
	case h.options.OnUnknown != nil && errors.Is(err, ErrUnknownRecord):
		return h.options.OnUnknown(ctx, r)
	case h.options.OnDecodeError != nil && unreadable(err):
		return h.options.OnDecodeError(ctx, r, err)
	}
	return err
}

// unreadable says whether a record cannot be read at all, and not only now.
func unreadable(err error) bool {
	return errors.Is(err, ErrDecodeFailed) || errors.Is(err, ErrInvalidEncryptedEnvelope)
}

func (h *StreamHandler) failed(ctx context.Context, f StreamFailure) {
	if h.options.OnFailure != nil {
		h.options.OnFailure(ctx, f)
		return
	}
	slog.ErrorContext(ctx, "dynamorm: a record of a stream failed", "sequence_number", f.SequenceNumber, "error", f.Err)
}
