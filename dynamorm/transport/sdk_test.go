package transport_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/dynamorm/dynamorm/dynamorm/errs"
	"github.com/dynamorm/dynamorm/dynamorm/operation"
	"github.com/dynamorm/dynamorm/dynamorm/transport"
)

// service is a stub of DynamoDB: it answers each attempt in turn, the last one again and again.
type service struct {
	*httptest.Server
	attempts atomic.Int32
	bodies   []string
	headers  []http.Header
}

func serve(t *testing.T, answers ...func(w http.ResponseWriter)) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.bodies = append(s.bodies, string(body))
		s.headers = append(s.headers, r.Header.Clone())
		n := int(s.attempts.Add(1)) - 1
		answers[min(n, len(answers)-1)](w)
	}))
	t.Cleanup(s.Close)
	return s
}

func answer(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("X-Amz-Crc32", strconv.Itoa(int(crc32.ChecksumIEEE([]byte(body)))))
		w.Header().Set("X-Amzn-Requestid", "REQUEST1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// cut sends half of what it announces.
func cut(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, `{"Item":{"id":`)
}

func drop(w http.ResponseWriter) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = c.Close()
	}
}

func client(endpoint string, attempts int, change ...func(*dynamodb.Options)) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDTEST", SecretAccessKey: "secret"}, nil
		}),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = attempts
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		}),
	}, change...)
}

var (
	put = operation.Request{API: "PutItem", Table: "notes", Body: []byte(`{"TableName":"notes","Item":{"id":{"S":"a"}}}`), Write: true}
	get = operation.Request{API: "GetItem", Table: "notes", Body: []byte(`{"TableName":"notes","Key":{"id":{"S":"a"}}}`)}
)

func send(t *testing.T, c *dynamodb.Client, r operation.Request) operation.Response {
	t.Helper()
	return transport.NewSDK(c).Send(context.Background(), r)
}

func TestTheBodyIsSentAsItIsAndSigned(t *testing.T) {
	s := serve(t, answer(200, `{}`))
	r := send(t, client(s.URL, 1), put)
	if r.Fault != nil || string(r.Body) != "{}" {
		t.Fatalf("got %+v", r)
	}
	h := s.headers[0]
	if s.bodies[0] != string(put.Body) || h.Get("X-Amz-Target") != "DynamoDB_20120810.PutItem" || !strings.Contains(h.Get("Authorization"), "Credential=AKIDTEST/") {
		t.Errorf("got %s with %v", s.bodies[0], h)
	}
}

func TestARetrySendsTheSameBytes(t *testing.T) {
	s := serve(t, answer(500, `{"__type":"x#InternalServerError"}`), cut, drop, answer(400, `{"__type":"x#ThrottlingException"}`), answer(200, `{}`))
	r := send(t, client(s.URL, 5), put)
	if r.Fault != nil || !r.Unanswered || s.attempts.Load() != 5 {
		t.Fatalf("got %+v after %d attempts", r.Fault, s.attempts.Load())
	}
	for _, body := range s.bodies {
		if body != string(put.Body) {
			t.Errorf("sent %s", body)
		}
	}
}

func TestAnAnswerThatDoesNotArriveWholeIsANetworkErrorAndTheSDKRetriesIt(t *testing.T) {
	wrong := func(w http.ResponseWriter) {
		w.Header().Set("X-Amz-Crc32", "1")
		_, _ = io.WriteString(w, `{"Item":{}}`)
	}
	torn := func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"Item":{"id"`) }
	for name, bad := range map[string]func(http.ResponseWriter){"cut": cut, "dropped": drop, "checksum": wrong, "torn": torn} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, bad)
			for _, r := range []operation.Request{get, put} {
				e := send(t, client(s.URL, 1), r).Fault
				if e == nil || e.Code != errs.CodeNetworkError || !e.Retryable || e.Origin != errs.Service || e.MaybeApplied != r.Write {
					t.Errorf("%s: got %+v", r.API, e)
				}
			}
			s = serve(t, bad, answer(200, `{"Item":{"id":{"S":"a"}}}`))
			if r := send(t, client(s.URL, 2), get); r.Fault != nil || string(r.Body) != `{"Item":{"id":{"S":"a"}}}` {
				t.Errorf("the retry gave %+v", r)
			}
		})
	}
}

func TestAServiceErrorKeepsItsTypeStatusRequestIDAndCause(t *testing.T) {
	s := serve(t, answer(400, `{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no","Item":{"id":{"S":"a"}}}`))
	r := send(t, client(s.URL, 3), put)
	e := r.Fault
	if e == nil || e.Code != errs.CodeConditionFailed || e.AWS != "ConditionalCheckFailedException" || e.Status != 400 || e.RequestID != "REQUEST1" || e.MaybeApplied {
		t.Fatalf("got %+v", e)
	}
	var failed *types.ConditionalCheckFailedException
	var op *smithy.OperationError
	if !errors.As(e, &failed) || !errors.As(e, &op) || op.Operation() != "PutItem" {
		t.Errorf("the SDK's own errors are not reachable: %v", e.Cause)
	}
	if !strings.Contains(string(r.Body), `"Item"`) || s.attempts.Load() != 1 {
		t.Errorf("got %s after %d attempts", r.Body, s.attempts.Load())
	}
}

func TestARefusedConnectionLeavesNoDoubtAboutAWrite(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	e := send(t, client("http://"+address, 2), put).Fault
	if e == nil || e.Code != errs.CodeNetworkError || !e.Retryable || e.MaybeApplied {
		t.Errorf("got %+v", e)
	}
}

func TestAnEarlierAttemptThatArrivedMakesTheServiceTheOrigin(t *testing.T) {
	var s *service
	s = serve(t, func(w http.ResponseWriter) {
		answer(500, `{"__type":"InternalServerError"}`)(w)
		go s.CloseClientConnections()
		_ = s.Listener.Close() // the next attempt cannot even connect
	})
	e := send(t, client(s.URL, 2, func(o *dynamodb.Options) {
		o.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	}), put).Fault
	if e == nil || e.Code != errs.CodeNetworkError || e.Origin != errs.Service || !e.MaybeApplied {
		t.Errorf("got %+v", e)
	}
}

func TestAnEndedContextIsCanceledAndAWriteOnItsWayMayHaveHappened(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := serve(t, func(w http.ResponseWriter) {
		cancel()
		time.Sleep(50 * time.Millisecond)
	})
	e := transport.NewSDK(client(s.URL, 3)).Send(ctx, put).Fault
	if e == nil || e.Code != errs.CodeCanceled || e.Retryable || !e.MaybeApplied || !errors.Is(e, context.Canceled) {
		t.Errorf("on its way: got %+v", e)
	}
	if s.attempts.Load() != 1 {
		t.Errorf("%d attempts", s.attempts.Load())
	}
	e = transport.NewSDK(client(s.URL, 3)).Send(ctx, put).Fault
	if e == nil || e.Code != errs.CodeCanceled || e.MaybeApplied || s.attempts.Load() != 1 {
		t.Errorf("before: got %+v", e)
	}
}

func TestAContextThatEndsWhileCredentialsAreFetchedSendsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := serve(t, answer(200, `{}`))
	slow := func(o *dynamodb.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			cancel()
			return aws.Credentials{AccessKeyID: "AKIDTEST", SecretAccessKey: "secret"}, ctx.Err()
		})
	}
	e := transport.NewSDK(client(s.URL, 3, slow)).Send(ctx, put).Fault
	if e == nil || e.Code != errs.CodeCanceled || e.Origin != errs.Client || e.Retryable || e.MaybeApplied || s.attempts.Load() != 0 {
		t.Errorf("got %+v after %d attempts", e, s.attempts.Load())
	}
}

func TestMissingCredentialsAreAccessDeniedBeforeARequest(t *testing.T) {
	s := serve(t, answer(200, `{}`))
	none := func(o *dynamodb.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, errors.New("nobody is logged in")
		})
	}
	e := send(t, client(s.URL, 1, none), put).Fault
	if e == nil || e.Code != errs.CodeAccessDenied || e.Origin != errs.Client || e.MaybeApplied || s.attempts.Load() != 0 {
		t.Errorf("got %+v", e)
	}
}

// counting is an HTTP client of the user's.
type counting struct{ calls atomic.Int32 }

func (c *counting) Do(r *http.Request) (*http.Response, error) {
	c.calls.Add(1)
	return http.DefaultClient.Do(r)
}

func TestTheUsersHTTPClientAndMiddlewareStayInForce(t *testing.T) {
	s := serve(t, answer(200, `{}`))
	mine := &counting{}
	var seen *dynamodb.PutItemInput
	c := client(s.URL, 1, func(o *dynamodb.Options) {
		o.HTTPClient = mine
		o.APIOptions = append(o.APIOptions, smithyhttp.AddHeaderValue("X-Mine", "yes"), func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Mine", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				seen, _ = in.Parameters.(*dynamodb.PutItemInput)
				return next.HandleInitialize(ctx, in)
			}), middleware.Before)
		})
	})
	if r := send(t, c, put); r.Fault != nil {
		t.Fatal(r.Fault)
	}
	if mine.calls.Load() != 1 || s.headers[0].Get("X-Mine") != "yes" {
		t.Errorf("%d calls, headers %v", mine.calls.Load(), s.headers[0])
	}
	if seen == nil || *seen.TableName != "notes" || seen.Item["id"].(*types.AttributeValueMemberS).Value != "a" {
		t.Errorf("the middleware saw %+v", seen)
	}
}

// mock answers in the place of DynamoDB.
func mock(result any, fail error) func(*dynamodb.Options) {
	return func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Finalize.Add(middleware.FinalizeMiddlewareFunc("Mock", func(context.Context, middleware.FinalizeInput, middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
				return middleware.FinalizeOutput{Result: result}, middleware.Metadata{}, fail
			}), middleware.Before)
		})
	}
}

func TestAnOutputOfTheUsersMockIsReadAsAnAnswer(t *testing.T) {
	item := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: `a"`}, "n": &types.AttributeValueMemberL{Value: []types.AttributeValue{
		&types.AttributeValueMemberN{Value: "1"}, &types.AttributeValueMemberB{Value: []byte{1}}, &types.AttributeValueMemberNULL{Value: true}, &types.AttributeValueMemberBOOL{Value: true},
		&types.AttributeValueMemberSS{Value: []string{"x", "y"}}, &types.AttributeValueMemberNS{Value: []string{"1"}}, &types.AttributeValueMemberBS{Value: [][]byte{{2}}}, &types.AttributeValueMemberM{},
	}}}
	r := send(t, client("http://127.0.0.1:1", 1, mock(&dynamodb.GetItemOutput{Item: item}, nil)), get)
	const list = `{"L":[{"N":"1"},{"B":"AQ=="},{"NULL":true},{"BOOL":true},{"SS":["x","y"]},{"NS":["1"]},{"BS":["Ag=="]},{"M":{}}]}`
	one, two := `{"Item":{"id":{"S":"a\""},"n":`+list+`}}`, `{"Item":{"n":`+list+`,"id":{"S":"a\""}}}`
	if r.Fault != nil || string(r.Body) != one && string(r.Body) != two {
		t.Errorf("got %s, %v", r.Body, r.Fault)
	}
	if r := send(t, client("http://127.0.0.1:1", 1, mock(&dynamodb.GetItemOutput{}, nil)), get); string(r.Body) != "{}" {
		t.Errorf("got %s", r.Body)
	}
}

func TestAnErrorOfTheUsersMockIsMappedWithItsItem(t *testing.T) {
	failed := &types.ConditionalCheckFailedException{Item: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "a"}}}
	r := send(t, client("http://127.0.0.1:1", 1, mock(nil, failed)), put)
	if e := r.Fault; e == nil || e.Code != errs.CodeConditionFailed || string(r.Body) != `{"Item":{"id":{"S":"a"}}}` {
		t.Errorf("got %+v with %s", e, r.Body)
	}
}

func TestAnErrorOfTheUsersMockIsRetryableByWhoIsAtFault(t *testing.T) {
	for name, row := range map[string]struct {
		fault     smithy.ErrorFault
		status    int
		retryable bool
	}{"the server": {smithy.FaultServer, 500, true}, "the client": {smithy.FaultClient, 400, false}, "nobody knows": {smithy.FaultUnknown, 400, false}} {
		r := send(t, client("http://127.0.0.1:1", 1, mock(nil, &smithy.GenericAPIError{Code: "SomethingNew", Fault: row.fault})), put)
		if e := r.Fault; e == nil || e.Code != errs.CodeServiceError || e.Status != row.status || e.Retryable != row.retryable {
			t.Errorf("%s: got %+v", name, e)
		}
	}
}

func TestTheUsersOwnCallsOnTheClientAreAsBefore(t *testing.T) {
	s := serve(t, answer(200, `{"Item":{"id":{"S":"a"}}}`))
	c := client(s.URL, 1)
	_ = transport.NewSDK(c)
	name := "notes"
	out, err := c.GetItem(context.Background(), &dynamodb.GetItemInput{TableName: &name, Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "a"}}})
	if err != nil || fmt.Sprint(out.Item["id"].(*types.AttributeValueMemberS).Value) != "a" {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestAScriptPlaysItsAnswersAndKeepsTheRequests(t *testing.T) {
	s := transport.NewScript(transport.Answer{Body: `{}`}, transport.Answer{Status: 400, Body: `{"__type":"x#ThrottlingException"}`})
	if r := s.Send(context.Background(), put); r.Fault != nil || string(r.Body) != "{}" {
		t.Errorf("got %+v", r)
	}
	if r := s.Send(context.Background(), get); r.Fault == nil || r.Fault.Code != errs.CodeThrottled {
		t.Errorf("got %+v", r)
	}
	if r := s.Send(context.Background(), get); r.Fault == nil || r.Fault.Code != errs.CodeNetworkError {
		t.Errorf("got %+v", r)
	}
	if got := s.Requests(); len(got) != 3 || string(got[0].Body) != string(put.Body) {
		t.Errorf("kept %v", got)
	}
}
