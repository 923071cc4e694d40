package poll_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/stream"
	"github.com/dynamorm/dynamorm/dynamorm/stream/poll"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

// table is a DynamoDB that knows one table.
type table struct {
	arn *string
	err error
}

func (x table) DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	return &dynamodb.DescribeTableOutput{Table: &ddb.TableDescription{LatestStreamArn: x.arn}}, x.err
}

var streamed = table{arn: aws.String("arn")}

// part is a shard: its batches, and whether it is closed behind them.
type part struct {
	parent  string
	batches [][]string
	open    bool
	ended   bool // before the reading
}

// stand is a stream of shards; it notes what it was asked.
type stand struct {
	shards map[string]part
	order  []string
	pages  int
	log    []string
	fail   map[string]error // by call, once
}

func (s *stand) note(call string) error {
	s.log = append(s.log, call)
	err := s.fail[call]
	delete(s.fail, call)
	return err
}

func (s *stand) DescribeStream(_ context.Context, in *dynamodbstreams.DescribeStreamInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.DescribeStreamOutput, error) {
	if err := s.note("describe"); err != nil {
		return nil, err
	}
	out := &types.StreamDescription{}
	begin := 0
	if in.ExclusiveStartShardId != nil {
		begin = slices.Index(s.order, *in.ExclusiveStartShardId) + 1
	}
	for i, id := range s.order[begin:] {
		if s.pages > 0 && i == s.pages {
			out.LastEvaluatedShardId = aws.String(s.order[begin+i-1])
			break
		}
		p := s.shards[id]
		shard := types.Shard{ShardId: aws.String(id), SequenceNumberRange: &types.SequenceNumberRange{}}
		if p.parent != "" {
			shard.ParentShardId = aws.String(p.parent)
		}
		if p.ended {
			shard.SequenceNumberRange.EndingSequenceNumber = aws.String("1")
		}
		out.Shards = append(out.Shards, shard)
	}
	return &dynamodbstreams.DescribeStreamOutput{StreamDescription: out}, nil
}

func (s *stand) GetShardIterator(_ context.Context, in *dynamodbstreams.GetShardIteratorInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetShardIteratorOutput, error) {
	call := *in.ShardId + " " + string(in.ShardIteratorType)
	if in.SequenceNumber != nil {
		call += " " + *in.SequenceNumber
	}
	if err := s.note(call); err != nil {
		return nil, err
	}
	at := 0
	if in.SequenceNumber != nil {
		for i, batch := range s.shards[*in.ShardId].batches {
			if slices.Contains(batch, *in.SequenceNumber) {
				at = i + 1
			}
		}
	}
	if in.ShardIteratorType == types.ShardIteratorTypeLatest {
		at = len(s.shards[*in.ShardId].batches)
	}
	return &dynamodbstreams.GetShardIteratorOutput{ShardIterator: iterator(*in.ShardId, at)}, nil
}

func iterator(id string, at int) *string { return aws.String(id + ":" + strings.Repeat("i", at)) }

func (s *stand) GetRecords(_ context.Context, in *dynamodbstreams.GetRecordsInput, _ ...func(*dynamodbstreams.Options)) (*dynamodbstreams.GetRecordsOutput, error) {
	if err := s.note("records " + *in.ShardIterator); err != nil {
		return nil, err
	}
	id, count, _ := strings.Cut(*in.ShardIterator, ":")
	p, at, out := s.shards[id], len(count), &dynamodbstreams.GetRecordsOutput{}
	if at < len(p.batches) {
		for _, n := range p.batches[at] {
			out.Records = append(out.Records, types.Record{EventName: types.OperationTypeInsert, Dynamodb: &types.StreamRecord{SequenceNumber: aws.String(n)}})
		}
		at++
	}
	if at < len(p.batches) || p.open {
		out.NextShardIterator = iterator(id, at)
	}
	return out, nil
}

func read(t *testing.T, s *stand, o poll.Options) (out []string, err error) {
	t.Helper()
	for r, fail := range poll.Records(t.Context(), streamed, s, "t", o) {
		if fail != nil {
			return out, fail
		}
		out = append(out, stream.SequenceNumber(r))
	}
	return out, nil
}

func family() *stand {
	return &stand{order: []string{"child", "parent", "other"}, fail: map[string]error{}, shards: map[string]part{
		"parent": {batches: [][]string{{"1", "2"}, {}, {"3"}}, ended: true},
		"child":  {parent: "parent", batches: [][]string{{"4"}, {"5"}}, open: true},
		"other":  {parent: "gone", batches: [][]string{{"9"}}, open: true},
	}}
}

func TestAShardIsReadBehindItsParentAndEachRecordOnce(t *testing.T) {
	for _, pages := range []int{0, 1, 2} {
		s := family()
		s.pages = pages
		got, err := read(t, s, poll.Options{StopAtEnd: true})
		if err != nil || !slices.Equal(slices.DeleteFunc(slices.Clone(got), func(n string) bool { return n == "9" }), []string{"1", "2", "3", "4", "5"}) || len(got) != 6 {
			t.Errorf("got %v, %v", got, err)
		}
	}
}

func TestFromNowOnNothingOldIsRead(t *testing.T) {
	s := family()
	got, err := read(t, s, poll.Options{StopAtEnd: true, FromNow: true})
	if err != nil || len(got) != 0 || !slices.Contains(s.log, "child LATEST") || slices.Contains(s.log, "parent TRIM_HORIZON") {
		t.Errorf("got %v, %v after %v", got, err, s.log)
	}
}

func TestAnIteratorThatIsGoneIsAskedForAgain(t *testing.T) {
	s := family()
	s.fail["records child:i"] = &types.ExpiredIteratorException{}
	s.fail["records parent:"] = &types.TrimmedDataAccessException{}
	got, err := read(t, s, poll.Options{StopAtEnd: true})
	if err != nil || len(got) != 6 || !slices.Contains(s.log, "child AFTER_SEQUENCE_NUMBER 4") {
		t.Errorf("got %v, %v after %v", got, err, s.log)
	}
}

func TestAReaderWaitsWhereThereIsNothing(t *testing.T) {
	s := family()
	var waits []time.Duration
	sleep := func(_ context.Context, d time.Duration) error {
		if waits = append(waits, d); len(waits) == 1 {
			s.shards["late"] = part{parent: "child", batches: [][]string{{"6"}}, open: true}
			s.shards["child"] = part{parent: "parent", batches: [][]string{{"4"}, {"5"}}}
			s.order = append(s.order, "late")
		}
		if len(waits) == 3 {
			return context.Canceled
		}
		return nil
	}
	got, err := read(t, s, poll.Options{Sleep: sleep})
	if err == nil || !slices.Contains(got, "6") || len(got) != 7 || !reflect.DeepEqual(waits, []time.Duration{time.Second, time.Second, time.Second}) {
		t.Errorf("got %v, %v after %v", got, err, waits)
	}
}

func TestLeavingTheLoopEndsTheReading(t *testing.T) {
	s := family()
	for range poll.Records(t.Context(), streamed, s, "t", poll.Options{}) {
		break
	}
	if last := s.log[len(s.log)-1]; !strings.HasPrefix(last, "records ") {
		t.Errorf("got %v", s.log)
	}
}

func TestAFailureEndsTheReading(t *testing.T) {
	for _, r := range []struct {
		table table
		call  string
		err   error
		want  error
	}{
		{table{}, "", nil, errs.ErrValidationFailed},
		{table{err: &ddb.ResourceNotFoundException{}}, "", nil, errs.ErrTableNotFound},
		{streamed, "describe", &types.LimitExceededException{}, errs.ErrLimitExceeded},
		{streamed, "records other:", errors.New("no route"), errs.ErrNetworkError},
		{streamed, "other TRIM_HORIZON", &types.InternalServerError{}, errs.ErrServiceError},
	} {
		s := family()
		s.fail[r.call] = r.err
		var got error
		for _, err := range poll.Records(t.Context(), r.table, s, "t", poll.Options{StopAtEnd: true}) {
			got = err
		}
		if !errors.Is(got, r.want) {
			t.Errorf("%s: got %v", r.call, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var got error
	s := family()
	s.fail["describe"] = context.Canceled
	for _, err := range poll.Records(ctx, streamed, s, "t", poll.Options{Sleep: transport.Sleep}) {
		got = err
	}
	if !errors.Is(got, errs.ErrCanceled) {
		t.Errorf("got %v", got)
	}
}

func TestARecordOfTheSDKIsThatOfLambda(t *testing.T) {
	item := map[string]types.AttributeValue{
		"s": &types.AttributeValueMemberS{Value: "é\""}, "n": &types.AttributeValueMemberN{Value: "1.50"}, "b": &types.AttributeValueMemberB{Value: []byte{0, 255}},
		"o": &types.AttributeValueMemberBOOL{Value: true}, "z": &types.AttributeValueMemberNULL{Value: true}, "ss": &types.AttributeValueMemberSS{Value: []string{"a"}},
		"ns": &types.AttributeValueMemberNS{Value: []string{"1"}}, "bs": &types.AttributeValueMemberBS{Value: [][]byte{{1}}},
		"l": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: "x"}}}, "m": &types.AttributeValueMemberM{Value: nil},
	}
	r := types.Record{EventID: aws.String("e"), EventName: types.OperationTypeRemove, UserIdentity: &types.Identity{Type: aws.String("Service"), PrincipalId: aws.String("dynamodb.amazonaws.com")},
		Dynamodb: &types.StreamRecord{SequenceNumber: aws.String("1"), Keys: item, OldImage: item, ApproximateCreationDateTime: aws.Time(time.UnixMilli(1767323045123).Add(400 * time.Microsecond))}}
	got, err := stream.Parse(poll.Record(r))
	want := `{"b":{"B":"AP8="},"bs":{"BS":["AQ=="]},"l":{"L":[{"S":"x"}]},"m":{"M":{}},"n":{"N":"1.50"},"ns":{"NS":["1"]},"o":{"BOOL":true},"s":{"S":"é\""},"ss":{"SS":["a"]},"z":{"NULL":true}}`
	if err != nil || string(got.Old) != want || string(got.Keys) != want || got.New != nil || !got.Expired || got.CreatedAt.UnixMilli() != 1767323045123 || got.EventID != "e" {
		t.Errorf("got %s, %+v, %v", got.Old, got, err)
	}
	if _, err := stream.Parse(poll.Record(types.Record{})); !errors.Is(err, errs.ErrDecodeFailed) {
		t.Errorf("got %v", err)
	}
	for instant, want := range map[time.Duration]int64{-1600 * time.Microsecond: -2, -time.Second: -1000, 1: 0, 999999999: 1000} {
		r.Dynamodb.ApproximateCreationDateTime = aws.Time(time.Unix(0, 0).Add(instant))
		if got, err := stream.Parse(poll.Record(r)); err != nil || got.CreatedAt.UnixMilli() != want {
			t.Errorf("%v: got %v, %v", instant, got.CreatedAt.UnixMilli(), err)
		}
	}
}
