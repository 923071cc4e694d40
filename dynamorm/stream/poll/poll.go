package poll

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/stream"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

// Tables is what of DynamoDB's client is called; *dynamodb.Client has it.
type Tables interface {
	DescribeTable(ctx context.Context, in *dynamodb.DescribeTableInput, options ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
}

// Streams is what of the streams client is called; *dynamodbstreams.Client has it.
type Streams interface {
	DescribeStream(ctx context.Context, in *dynamodbstreams.DescribeStreamInput, options ...func(*dynamodbstreams.Options)) (*dynamodbstreams.DescribeStreamOutput, error)
	GetShardIterator(ctx context.Context, in *dynamodbstreams.GetShardIteratorInput, options ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetShardIteratorOutput, error)
	GetRecords(ctx context.Context, in *dynamodbstreams.GetRecordsInput, options ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetRecordsOutput, error)
}

// Options are what a reading of a stream can have; the zero value reads from the oldest record, and goes on until the context ends.
type Options struct {
	// FromNow reads what comes from the beginning of the reading on.
	FromNow bool
	// StopAtEnd stops when every shard was read to its end, or gave no record.
	StopAtEnd bool
	// Wait is the time between reads that gave nothing; a second where it is 0.
	Wait time.Duration
	// Sleep waits, for tests.
	Sleep transport.Sleeper
}

// Records reads the stream of a table: a shard behind its parent, the records in the order of their shard, each once. It fails with
// ValidationFailed where the table has no stream. After an error there is nothing more.
func Records(ctx context.Context, tables Tables, streams Streams, table string, o Options) iter.Seq2[stream.Record, error] {
	if o.Wait == 0 {
		o.Wait = time.Second
	}
	if o.Sleep == nil {
		o.Sleep = transport.Sleep
	}
	return func(yield func(stream.Record, error) bool) {
		r := &reader{Options: o, streams: streams, known: map[string]*shard{}, yield: yield}
		err := r.find(ctx, tables, table)
		if err == nil {
			err = r.read(ctx)
		}
		if err != nil && !errors.Is(err, errLeft) {
			yield(nil, fault(ctx, err))
		}
	}
}

// errLeft says that nobody takes further records.
var errLeft = errors.New("left")

// shard is a part of a stream, and how far it was read.
type shard struct {
	id, parent string
	iterator   *string
	opened     bool
	last       *string // the sequence number of the last record
	// closed says that nothing more comes, so that there is an end, behind however many reads that give nothing; done that it was reached.
	closed, done bool
}

type reader struct {
	Options
	streams Streams
	arn     *string
	list    []*shard
	known   map[string]*shard
	yield   func(stream.Record, error) bool
}

// find finds the stream of a table.
func (r *reader) find(ctx context.Context, tables Tables, table string) error {
	out, err := tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil {
		return err
	}
	if out.Table == nil || out.Table.LatestStreamArn == nil || *out.Table.LatestStreamArn == "" {
		return errs.New(errs.CodeValidationFailed, "", "the table has no stream")
	}
	r.arn = out.Table.LatestStreamArn
	return nil
}

// read goes round the shards.
func (r *reader) read(ctx context.Context) error {
	if err := r.describe(ctx, r.FromNow); err != nil {
		return err
	}
	for {
		some, ended, err := r.round(ctx)
		if err != nil {
			return err
		}
		if !some && !ended {
			if r.StopAtEnd {
				return nil
			}
			if err := r.Sleep(ctx, r.Wait); err != nil {
				return err
			}
		}
		if ended || !r.StopAtEnd {
			if err := r.describe(ctx, false); err != nil {
				return err
			}
		}
	}
}

// describe notes the shards there are. From now on, those that are there are read from their present end, which is found at once.
func (r *reader) describe(ctx context.Context, now bool) error {
	in := &dynamodbstreams.DescribeStreamInput{StreamArn: r.arn}
	for {
		out, err := r.streams.DescribeStream(ctx, in)
		if err != nil || out.StreamDescription == nil {
			return err
		}
		for _, s := range out.StreamDescription.Shards {
			if s.ShardId == nil {
				continue
			}
			closed := s.SequenceNumberRange != nil && s.SequenceNumberRange.EndingSequenceNumber != nil
			if known := r.known[*s.ShardId]; known != nil {
				known.closed = closed
				continue
			}
			x := &shard{id: *s.ShardId, closed: closed}
			if s.ParentShardId != nil {
				x.parent = *s.ParentShardId
			}
			r.known[x.id], r.list = x, append(r.list, x)
			if !now {
				continue
			}
			if closed {
				x.done = true
			} else if err := r.open(ctx, x, types.ShardIteratorTypeLatest); err != nil {
				return err
			}
		}
		if in.ExclusiveStartShardId = out.StreamDescription.LastEvaluatedShardId; in.ExclusiveStartShardId == nil {
			return nil
		}
	}
}

// round reads once of each shard whose parent was read to its end.
func (r *reader) round(ctx context.Context) (some, ended bool, err error) {
	for _, s := range r.list {
		if parent := r.known[s.parent]; s.done || parent != nil && !parent.done {
			continue
		}
		n, err := r.records(ctx, s)
		if err != nil {
			return some, ended, err
		}
		some, ended = some || n > 0 || s.closed && !s.done, ended || s.done
	}
	return some, ended, nil
}

// records reads once of a shard, and gives how many there were.
func (r *reader) records(ctx context.Context, s *shard) (int, error) {
	if !s.opened {
		if err := r.open(ctx, s, types.ShardIteratorTypeTrimHorizon); err != nil {
			return 0, err
		}
	}
	if s.iterator == nil {
		s.done = true
		return 0, nil
	}
	out, err := r.streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: s.iterator})
	if again := r.lost(s, err); again != "" {
		return 1, r.open(ctx, s, again) // as if there was one: the shard is not at its end
	}
	if err != nil {
		return 0, err
	}
	for _, record := range out.Records {
		if record.Dynamodb != nil && record.Dynamodb.SequenceNumber != nil {
			s.last = record.Dynamodb.SequenceNumber
		}
		if !r.yield(Record(record), nil) {
			return 0, errLeft
		}
	}
	s.iterator = out.NextShardIterator
	s.done = s.iterator == nil
	return len(out.Records), nil
}

// lost says from where a shard is to be read whose iterator, or whose records, are gone; "" where that is not the failure.
func (r *reader) lost(s *shard, err error) types.ShardIteratorType {
	var trimmed *types.TrimmedDataAccessException
	var expired *types.ExpiredIteratorException
	switch {
	case errors.As(err, &trimmed):
		return types.ShardIteratorTypeTrimHorizon
	case !errors.As(err, &expired):
		return ""
	case s.last != nil:
		return types.ShardIteratorTypeAfterSequenceNumber
	case r.FromNow:
		return types.ShardIteratorTypeLatest
	}
	return types.ShardIteratorTypeTrimHorizon
}

func (r *reader) open(ctx context.Context, s *shard, from types.ShardIteratorType) error {
	in := &dynamodbstreams.GetShardIteratorInput{StreamArn: r.arn, ShardId: &s.id, ShardIteratorType: from}
	if from == types.ShardIteratorTypeAfterSequenceNumber {
		in.SequenceNumber = s.last
	}
	out, err := r.streams.GetShardIterator(ctx, in)
	if err != nil {
		return err
	}
	s.iterator, s.opened = out.ShardIterator, true
	return nil
}

// fault makes the library's error of the SDK's.
func fault(ctx context.Context, err error) error {
	if errs.As(err) != nil {
		return err
	}
	if ctx.Err() != nil {
		return errs.Canceled(err)
	}
	e := errs.New(errs.CodeNetworkError, "", "the stream could not be read")
	e.Origin, e.Cause = errs.Service, err
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		e.Status, e.RequestID = response.HTTPStatusCode(), response.Response.Header.Get("X-Amzn-Requestid")
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		e.AWS = api.ErrorCode()
		e.Code, e.Retryable = errs.FromAWS(e.AWS, e.Status)
	}
	return e
}
