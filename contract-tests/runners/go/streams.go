package main

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/schema"
	"github.com/dynamorm/dynamorm/dynamorm/stream"
	"github.com/dynamorm/dynamorm/dynamorm/stream/poll"
)

// Streams: the operations of P3.

// streamer is what a model's table does for them.
type streamer interface {
	record(ctx context.Context, r stream.Record) (object, error)
	route(handled func(model, number string) error) dynamorm.StreamRoute
	name() string
}

func (r rows[T]) name() string { return r.table.Name() }

func (r rows[T]) record(ctx context.Context, raw stream.Record) (object, error) {
	d, err := r.table.DecodeRecord(ctx, raw)
	if err != nil {
		return nil, err
	}
	return shown(d, r.model.Schema(), r.tagged(d.Old), r.tagged(d.New)), nil
}

func (r rows[T]) route(handled func(model, number string) error) dynamorm.StreamRoute {
	return dynamorm.OnRecord(r.model, func(_ context.Context, d dynamorm.Record[T]) error { return handled(d.Model, d.SequenceNumber) })
}

// shown gives a record, with its items as they are tagged.
func shown[T any](d dynamorm.Record[T], m *schema.Model, before, after any) object {
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	out := object{"kind": d.Kind, "event_id": text(d.EventID), "sequence_number": d.SequenceNumber, "created_at": nil, "expired": d.Expired,
		"keys": toTagged(item(m), reflect.ValueOf(d.Keys))["M"], "old": before, "new": after, "changed": d.Changed}
	if !d.CreatedAt.IsZero() {
		out["created_at"] = d.CreatedAt.Format(layouts[schema.Timestamp])
	}
	return out
}

// streaming has the SDK's clients of each client of ours, for the reader.
var streaming = map[string]struct {
	tables  *dynamodb.Client
	streams *dynamodbstreams.Client
}{}

func (c command) streams() {
	own := streaming[c.Client]
	own.tables = sdk(c)
	like := own.tables.Options()
	own.streams = dynamodbstreams.New(dynamodbstreams.Options{Region: like.Region, BaseEndpoint: like.BaseEndpoint, Credentials: like.Credentials, HTTPClient: like.HTTPClient, Retryer: like.Retryer})
	streaming[c.Client] = own
}

// streamed is a call of one of the operations.
type streamed struct {
	command
	client *dynamorm.Client
	on     opened
	models map[string]opened
	result object
}

func (s *streamed) run(ctx context.Context) object {
	var err error
	switch s.Do {
	case "fn.stream":
		err = s.decode(ctx, s.records(list(s.Args, "records")))
	case "stream_read":
		err = s.read(ctx)
	default:
		err = s.handle(ctx)
	}
	if err != nil {
		beside := object{}
		if handled, ok := s.result["handled"]; ok {
			beside["details"] = object{"handled": handled}
		}
		return failure(err, beside)
	}
	return object{"result": s.result}
}

// records gives records as the call says: of Lambda's form, or of the SDK's.
func (s *streamed) records(list []any) []stream.Record {
	return each(list, func(v any) stream.Record {
		text, _ := json.Marshal(v)
		if s.Args["form"] == "sdk" {
			return poll.Record(sdkRecord(v.(object)))
		}
		return text
	})
}

func (s *streamed) several() ([]dynamorm.AnyModel, bool) {
	names, several := s.Args["models"].([]any)
	return each(names, func(name any) dynamorm.AnyModel { return s.models[name.(string)].any() }), several
}

func (s *streamed) decode(ctx context.Context, records []stream.Record) error {
	out, failures, unknown := []any{}, []any{}, []any{}
	models, several := s.several()
	if several && len(records) == 0 { // refused before any record is read
		if _, err := dynamorm.NewStreamHandler(s.client, dynamorm.StreamOptions{}, s.routes(nil)...); err != nil {
			return err
		}
	}
	for _, r := range records {
		var record object
		var err error
		if several {
			record, err = s.one(ctx, models, r)
		} else {
			record, err = s.on.record(ctx, r)
		}
		var e *dynamorm.Error
		switch {
		case err == nil:
			out = append(out, record)
		case s.Args["on_unknown"] == true && errors.Is(err, dynamorm.ErrUnknownRecord):
			unknown = append(unknown, sequence(r))
		case s.Args["on_decode_error"] == true && errors.As(err, &e):
			failure := object{"sequence_number": sequence(r), "code": e.Code}
			if e.Path != "" {
				failure["path"] = e.Path
			}
			failures = append(failures, failure)
		default:
			return err
		}
	}
	s.result["records"] = out
	s.lists(map[string][]any{"failures": failures, "unknown": unknown})
	return nil
}

// lists shows what the handlers were told that the call has.
func (s *streamed) lists(all map[string][]any) {
	for name, list := range all {
		option := map[string]string{"failures": "on_decode_error", "undecoded": "on_decode_error", "unknown": "on_unknown"}[name]
		if s.Args[option] == true {
			s.result[name] = list
		}
	}
}

func sequence(r stream.Record) any {
	if n := stream.SequenceNumber(r); n != "" {
		return n
	}
	return nil
}

func (s *streamed) one(ctx context.Context, models []dynamorm.AnyModel, r stream.Record) (object, error) {
	d, err := s.client.DecodeRecord(ctx, models, r)
	if err != nil {
		return nil, err
	}
	m := s.models[d.Model].model
	tagged := func(i *dynamorm.Item) any {
		if i == nil {
			return nil
		}
		return toTagged(item(m), reflect.ValueOf(i.Value))["M"]
	}
	out := shown(d, m, tagged(d.Old), tagged(d.New))
	out["model"] = d.Model
	return out, nil
}

func (s *streamed) routes(handled func(model, number string) error) []dynamorm.StreamRoute {
	names, several := s.Args["models"].([]any)
	if !several {
		names = []any{s.On}
	}
	return each(names, func(name any) dynamorm.StreamRoute { return s.models[name.(string)].route(handled) })
}

func (s *streamed) handle(ctx context.Context) error {
	handled, failures, undecoded, unknown, responses := []any{}, []any{}, []any{}, []any{}, []any{}
	s.result["handled"] = handled
	_, several := s.Args["models"]
	fails := map[any]bool{}
	for _, n := range list(s.Args, "fail") {
		fails[n] = true
	}
	options := dynamorm.StreamOptions{OnFailure: func(_ context.Context, f dynamorm.StreamFailure) {
		failure := object{"sequence_number": f.SequenceNumber}
		if f.SequenceNumber == "" {
			failure["sequence_number"] = nil
		}
		var e *dynamorm.Error
		if errors.As(f.Err, &e) {
			failure["code"] = e.Code
		}
		failures = append(failures, failure)
	}}
	if s.Args["on_decode_error"] == true {
		options.OnDecodeError = func(_ context.Context, r stream.Record, _ error) error {
			undecoded = append(undecoded, sequence(r))
			if s.Args["fail_decode"] == true {
				return errors.New("this handler fails")
			}
			return nil
		}
	}
	if s.Args["on_unknown"] == true {
		options.OnUnknown = func(_ context.Context, r stream.Record) error {
			unknown = append(unknown, sequence(r))
			return nil
		}
	}
	if seen := s.Args["seen"]; seen != nil && seen != false {
		capacity := stream.DefaultSeen
		if n, ok := seen.(json.Number); ok {
			capacity = integer(n)
		}
		memory, err := stream.NewMemory(capacity)
		if err != nil {
			return err
		}
		options.Seen = memory
	}
	handler, err := dynamorm.NewStreamHandler(s.client, options, s.routes(func(model, number string) error {
		told := number
		if several {
			told = model + ":" + number
		}
		if handled = append(handled, told); fails[number] {
			return errors.New("this handler fails")
		}
		return nil
	})...)
	for _, event := range list(s.Args, "events") {
		if err != nil {
			break
		}
		var response dynamorm.StreamResponse
		response, err = handler.Handle(ctx, dynamorm.StreamEvent{Records: s.records(event.([]any))})
		responses = append(responses, response)
	}
	maps.Copy(s.result, object{"responses": responses, "handled": handled, "failures": failures})
	s.lists(map[string][]any{"undecoded": undecoded, "unknown": unknown})
	return err
}

func (s *streamed) read(ctx context.Context) error {
	own := streaming[s.Client]
	var records []stream.Record
	for r, err := range poll.Records(ctx, own.tables, own.streams, s.on.name(), poll.Options{FromNow: s.Args["from"] == "now", StopAtEnd: true}) {
		if err != nil {
			return err
		}
		records = append(records, r)
	}
	return s.decode(ctx, records)
}
