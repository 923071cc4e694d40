package transport_test

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

// answer is what the scripted HTTP client does with one request.
type answer struct {
	status  int
	body    string
	crc     string // the header; "right" is computed
	cut     bool   // the body ends early
	fail    error
	blocked bool // until the context ends
}

// wire is the caller's own HTTP client; the last answer repeats.
type wire struct {
	answers []answer
	sent    []*http.Request
	bodies  []string
}

func (w *wire) Do(request *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	w.sent, w.bodies = append(w.sent, request), append(w.bodies, string(body))
	a := w.answers[min(len(w.sent), len(w.answers))-1]
	switch {
	case a.blocked:
		<-request.Context().Done()
		return nil, request.Context().Err()
	case a.fail != nil:
		return nil, a.fail
	}
	header := http.Header{"X-Amzn-Requestid": {"REQ1"}}
	if a.crc == "right" {
		header.Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(a.body))), 10))
	} else if a.crc != "" {
		header.Set("X-Amz-Crc32", a.crc)
	}
	var reader io.Reader = strings.NewReader(a.body)
	if a.cut {
		reader = io.MultiReader(strings.NewReader(a.body[:len(a.body)/2]), broken{})
	}
	return &http.Response{StatusCode: a.status, Header: header, ContentLength: int64(len(a.body)), Body: io.NopCloser(reader), Request: request}, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func clientOver(w *wire, attempts int, options ...func(*dynamodb.Options)) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://dynamodb.test"), HTTPClient: w,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = attempts
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		}),
	}, options...)
}

var (
	read  = operation.Request{API: "GetItem", Table: "notes", Body: []byte(`{"TableName":"notes","Key":{"id":{"S":"a"}}}`)}
	write = operation.Request{API: "PutItem", Table: "notes", Body: []byte(`{"TableName":"notes","Item":{"id":{"S":"a"}}}`), Write: true}
)

const found = `{"Item":{"id":{"S":"a"}}}`

func fault(name string) string {
	return `{"__type":"com.amazonaws.dynamodb.v20120810#` + name + `","message":"m"}`
}

func TestTheBodyIsOursAndTheSignatureTheSDKs(t *testing.T) {
	w := &wire{answers: []answer{{status: 200, body: found, crc: "right"}}}
	response := transport.NewSDK(clientOver(w, 1)).Send(context.Background(), read)
	if response.Err != nil || string(response.Body) != found {
		t.Fatalf("got %s, %v", response.Body, response.Err)
	}
	if w.bodies[0] != string(read.Body) {
		t.Errorf("sent %s", w.bodies[0])
	}
	header := w.sent[0].Header
	if header.Get("X-Amz-Target") != "DynamoDB_20120810.GetItem" || !strings.HasPrefix(header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKID/") {
		t.Errorf("headers %v", header)
	}
}

func TestEveryAPIOfP0GoesThroughItsOwnCall(t *testing.T) {
	for _, api := range []string{"GetItem", "PutItem", "UpdateItem", "DeleteItem"} {
		w := &wire{answers: []answer{{status: 200, body: "{}"}}}
		response := transport.NewSDK(clientOver(w, 1)).Send(context.Background(), operation.Request{API: api, Table: "notes", Body: []byte("{}")})
		if response.Err != nil || w.sent[0].Header.Get("X-Amz-Target") != "DynamoDB_20120810."+api {
			t.Errorf("%s: %v", api, response.Err)
		}
	}
}

func TestAnswersBecomeCodes(t *testing.T) {
	reset := &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	rows := []struct {
		name      string
		request   operation.Request
		answers   []answer
		attempts  int
		code      errs.Code
		origin    errs.Origin
		sent      int
		maybe     bool
		retryable bool
	}{
		{"a success on the third attempt", write, []answer{{status: 500, body: fault("InternalServerError")}, {status: 400, body: fault("ThrottlingException")}, {status: 200, body: "{}"}}, 3, "", "", 3, false, false},
		{"a throttle that stays", write, []answer{{status: 400, body: fault("ThrottlingException")}}, 2, errs.Throttled, errs.Service, 2, false, true},
		{"a server error of a write", write, []answer{{status: 500, body: fault("InternalServerError")}}, 1, errs.ServiceError, errs.Service, 1, true, true},
		{"a server error of a read", read, []answer{{status: 500, body: fault("InternalServerError")}}, 1, errs.ServiceError, errs.Service, 1, false, true},
		{"an error page", read, []answer{{status: 503, body: "<html>"}}, 1, errs.ServiceError, errs.Service, 1, false, true},
		{"an unknown client error", read, []answer{{status: 400, body: fault("SomethingNew")}}, 1, errs.ServiceError, errs.Service, 1, false, false},
		{"the size of an item", write, []answer{{status: 400, body: `{"__type":"x#ValidationException","message":"Item size has exceeded the maximum allowed size"}`}}, 1, errs.ItemTooLarge, errs.Service, 1, false, false},
		{"a wrong checksum, then a right one", read, []answer{{status: 200, body: found, crc: "1"}, {status: 200, body: found, crc: "right"}}, 2, "", "", 2, false, false},
		{"a wrong checksum that stays", write, []answer{{status: 200, body: "{}", crc: "1"}}, 2, errs.NetworkError, errs.Service, 2, true, true},
		{"a torn body", write, []answer{{status: 200, body: found, cut: true}}, 1, errs.NetworkError, errs.Service, 1, true, true},
		{"a torn body of a read", read, []answer{{status: 200, body: found, cut: true}}, 1, errs.NetworkError, errs.Service, 1, false, true},
		{"a success that is no JSON", write, []answer{{status: 200, body: "<html>", crc: "right"}}, 1, errs.NetworkError, errs.Service, 1, true, true},
		{"a reset", write, []answer{{fail: reset}}, 1, errs.NetworkError, errs.Service, 1, true, true},
		{"no connection", write, []answer{{fail: refused}}, 1, errs.NetworkError, errs.Client, 1, false, true},
		{"a reset, then a refusal for certain", write, []answer{{fail: reset}, {status: 400, body: fault("ConditionalCheckFailedException")}}, 2, errs.ConditionFailed, errs.Service, 2, true, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			w := &wire{answers: row.answers}
			response := transport.NewSDK(clientOver(w, row.attempts)).Send(context.Background(), row.request)
			if len(w.sent) != row.sent {
				t.Errorf("sent %d times, not %d", len(w.sent), row.sent)
			}
			for _, body := range w.bodies {
				if body != string(row.request.Body) {
					t.Errorf("an attempt sent %s", body)
				}
			}
			if row.code == "" {
				if response.Err != nil {
					t.Errorf("got %v", response.Err)
				}
				return
			}
			e := response.Err
			if e == nil || e.Code != row.code || e.Origin != row.origin || e.MaybeApplied != row.maybe || e.Retryable != row.retryable {
				t.Fatalf("got %+v", e)
			}
			var operationError *smithy.OperationError
			if !errors.As(e, &operationError) {
				t.Error("the SDK's own error is not the cause")
			}
		})
	}
}

func TestAnUnansweredAttemptBeforeTheLastIsTold(t *testing.T) {
	reset := answer{fail: &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}}
	w := &wire{answers: []answer{reset, {status: 400, body: fault("ConditionalCheckFailedException")}}}
	if response := transport.NewSDK(clientOver(w, 2)).Send(context.Background(), write); !response.Unanswered {
		t.Error("the first attempt went unanswered")
	}
	w = &wire{answers: []answer{reset}}
	if response := transport.NewSDK(clientOver(w, 1)).Send(context.Background(), write); response.Unanswered {
		t.Error("there was no attempt before the last")
	}
}

func TestTheRequestIDAndStatusAreCarried(t *testing.T) {
	w := &wire{answers: []answer{{status: 400, body: fault("ResourceNotFoundException")}}}
	e := transport.NewSDK(clientOver(w, 1)).Send(context.Background(), read).Err
	if e.RequestID != "REQ1" || e.Status != 400 || e.AWS != "ResourceNotFoundException" || !errors.Is(e, errs.OfCode(errs.TableNotFound)) {
		t.Errorf("got %+v", e)
	}
}

func TestACancelledContextIsCanceled(t *testing.T) {
	t.Run("before anything is sent", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		w := &wire{answers: []answer{{status: 200, body: "{}"}}}
		e := transport.NewSDK(clientOver(w, 3)).Send(ctx, write).Err
		if e == nil || e.Code != errs.Canceled || len(w.sent) > 0 && e.Origin == errs.Client {
			t.Errorf("got %+v after %d requests", e, len(w.sent))
		}
	})
	t.Run("while the answer is awaited", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		w := &wire{answers: []answer{{blocked: true}}}
		e := transport.NewSDK(clientOver(w, 3)).Send(ctx, write).Err
		if e == nil || e.Code != errs.Canceled || e.Origin != errs.Service || !e.MaybeApplied || len(w.sent) != 1 {
			t.Errorf("got %+v after %d requests", e, len(w.sent))
		}
		if !errors.Is(e, context.DeadlineExceeded) {
			t.Error("the context's own error is not the cause")
		}
	})
}

func TestMissingCredentialsAreAccessDenied(t *testing.T) {
	w := &wire{answers: []answer{{status: 200, body: "{}"}}}
	client := clientOver(w, 1, func(o *dynamodb.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, errors.New("nobody here")
		})
	})
	e := transport.NewSDK(client).Send(context.Background(), write).Err
	if e == nil || e.Code != errs.AccessDenied || e.Origin != errs.Client || e.MaybeApplied || len(w.sent) != 0 {
		t.Errorf("got %+v after %d requests", e, len(w.sent))
	}
}

func TestTheCallersMiddlewareStaysInForce(t *testing.T) {
	w := &wire{answers: []answer{{status: 200, body: found}}}
	seen := ""
	client := clientOver(w, 1, func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return errors.Join(
				stack.Initialize.Add(middleware.InitializeMiddlewareFunc("watch", func(
					ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
				) (middleware.InitializeOutput, middleware.Metadata, error) {
					seen = aws.ToString(in.Parameters.(*dynamodb.GetItemInput).TableName)
					return next.HandleInitialize(ctx, in)
				}), middleware.Before),
				stack.Build.Add(middleware.BuildMiddlewareFunc("header", func(
					ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler,
				) (middleware.BuildOutput, middleware.Metadata, error) {
					in.Request.(*smithyhttp.Request).Header.Set("X-Tenant", "acme")
					return next.HandleBuild(ctx, in)
				}), middleware.After),
			)
		})
	})
	if response := transport.NewSDK(client).Send(context.Background(), read); response.Err != nil {
		t.Fatal(response.Err)
	}
	if seen != "notes" || w.sent[0].Header.Get("X-Tenant") != "acme" {
		t.Errorf("table %q, headers %v", seen, w.sent[0].Header)
	}
	if !strings.Contains(w.sent[0].Header.Get("Authorization"), "x-tenant") {
		t.Error("the caller's header is not signed")
	}
}

// answeredBy makes a client whose middleware answers, or fails, in place of the service.
func answeredBy(result any, err error) *dynamodb.Client {
	return clientOver(&wire{}, 1, func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("stub", func(
				context.Context, middleware.InitializeInput, middleware.InitializeHandler,
			) (middleware.InitializeOutput, middleware.Metadata, error) {
				return middleware.InitializeOutput{Result: result}, middleware.Metadata{}, err
			}), middleware.Before)
		})
	})
}

func TestAStubsAnswerIsReadAsTheServices(t *testing.T) {
	item := map[string]types.AttributeValue{
		"b": &types.AttributeValueMemberB{Value: []byte{1}}, "bs": &types.AttributeValueMemberBS{Value: [][]byte{{1}, {2}}},
		"f": &types.AttributeValueMemberBOOL{Value: true}, "n": &types.AttributeValueMemberN{Value: "1"},
		"ns": &types.AttributeValueMemberNS{Value: []string{"1", "2"}}, "nu": &types.AttributeValueMemberNULL{Value: true},
		"s": &types.AttributeValueMemberS{Value: "a\"<"}, "ss": &types.AttributeValueMemberSS{Value: []string{"a"}},
		"l": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberN{Value: "1"}, &types.AttributeValueMemberS{Value: "x"}}},
		"m": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"k": &types.AttributeValueMemberS{Value: "v"}}},
	}
	want := `{"Item":{"b":{"B":"AQ=="},"bs":{"BS":["AQ==","Ag=="]},"f":{"BOOL":true},"l":{"L":[{"N":"1"},{"S":"x"}]},"m":{"M":{"k":{"S":"v"}}},` +
		`"n":{"N":"1"},"ns":{"NS":["1","2"]},"nu":{"NULL":true},"s":{"S":"a\"<"},"ss":{"SS":["a"]}}}`
	response := transport.NewSDK(answeredBy(&dynamodb.GetItemOutput{Item: item}, nil)).Send(context.Background(), read)
	if response.Err != nil || string(response.Body) != want {
		t.Errorf("got %s, %v", response.Body, response.Err)
	}
	response = transport.NewSDK(answeredBy(&dynamodb.GetItemOutput{}, nil)).Send(context.Background(), read)
	if response.Err != nil || string(response.Body) != "{}" {
		t.Errorf("an empty stub gave %s, %v", response.Body, response.Err)
	}
}

func TestWhatTheCallersMiddlewareRefusesWasNotSent(t *testing.T) {
	policy := errors.New("policy")
	e := transport.NewSDK(answeredBy(nil, policy)).Send(context.Background(), write).Err
	if e == nil || e.Origin != errs.Client || e.MaybeApplied || !errors.Is(e, policy) {
		t.Errorf("got %+v", e)
	}
}

func TestOtherCallsOnTheSameClientAreLeftAlone(t *testing.T) {
	w := &wire{answers: []answer{{status: 200, body: found}}}
	client := clientOver(w, 1)
	if response := transport.NewSDK(client).Send(context.Background(), read); response.Err != nil {
		t.Fatal(response.Err)
	}
	out, err := client.GetItem(context.Background(), &dynamodb.GetItemInput{
		TableName: aws.String("notes"), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "z"}},
	})
	if err != nil || len(out.Item) != 1 || !bytes.Contains([]byte(w.bodies[1]), []byte(`"z"`)) {
		t.Errorf("the user's own call gave %v, %v after sending %s", out, err, w.bodies[1])
	}
}
