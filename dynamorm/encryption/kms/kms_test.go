package kms_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"

	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/encryption/kms"
)

var plain = strings.Repeat("k", 32)

// service gives a key service over a server that answers so, and what it was asked.
func service(t *testing.T, status int, answer string) (*kms.Service, *[]string) {
	t.Helper()
	asked := &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*asked = append(*asked, r.Header.Get("X-Amz-Target")+" "+string(body))
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.Header().Set("X-Amzn-Requestid", "request-1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return over(server.URL), asked
}

func over(url string) *kms.Service {
	credentials := func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "s"}, nil
	}
	return kms.New(awskms.New(awskms.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: aws.CredentialsProviderFunc(credentials), Retryer: aws.NopRetryer{}}))
}

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func asks(t *testing.T, got []string, operation string, want map[string]any) {
	t.Helper()
	var body map[string]any
	if len(got) != 1 || !strings.HasPrefix(got[0], "TrentService."+operation+" ") || json.Unmarshal([]byte(got[0][strings.Index(got[0], " "):]), &body) != nil || !reflect.DeepEqual(body, want) {
		t.Errorf("got %v", got)
	}
}

func TestKMSIsAskedForExactlyWhatIsNeeded(t *testing.T) {
	pairs := map[string]string{"dynamorm:model": "Secret"}
	s, asked := service(t, 200, `{"CiphertextBlob":"`+b64("wrapped")+`","Plaintext":"`+b64(plain)+`"}`)
	key, err := s.GenerateDataKey(t.Context(), "alias/app", pairs)
	if err != nil || string(key.Plaintext) != plain || string(key.Wrapped) != "wrapped" {
		t.Errorf("got %v", err)
	}
	asks(t, *asked, "GenerateDataKey", map[string]any{"KeyId": "alias/app", "KeySpec": "AES_256", "EncryptionContext": map[string]any{"dynamorm:model": "Secret"}})

	s, asked = service(t, 200, `{"Plaintext":"`+b64(plain)+`"}`)
	back, err := s.Decrypt(t.Context(), "alias/app", []byte("wrapped"), pairs)
	if err != nil || string(back) != plain {
		t.Errorf("got %v", err)
	}
	asks(t, *asked, "Decrypt", map[string]any{"KeyId": "alias/app", "CiphertextBlob": b64("wrapped"), "EncryptionContext": map[string]any{"dynamorm:model": "Secret"}})
}

func TestARefusalHasItsTypeStatusAndRequest(t *testing.T) {
	for name, row := range map[string]struct {
		status       int
		answer, want string
	}{
		"plain":     {400, `{"__type":"AccessDeniedException","message":"m"}`, "AccessDeniedException"},
		"namespace": {400, `{"__type":"com.amazonaws.kms#IncorrectKeyException"}`, "IncorrectKeyException"},
		"unknown":   {500, `{"__type":"Whatever"}`, "Whatever"},
		"no type":   {503, `{}`, ""},
	} {
		s, _ := service(t, row.status, row.answer)
		_, err := s.Decrypt(t.Context(), "k", []byte("w"), nil)
		var r *encryption.Refusal
		var own *smithy.OperationError
		if !errors.As(err, &r) || r.Type != row.want || r.Status != row.status || r.RequestID != "request-1" || !errors.As(err, &own) {
			t.Errorf("%s: got %+v", name, r)
		}
	}
}

func TestAnAnswerThatCannotBeReadIsKeptOutOfTheError(t *testing.T) {
	for _, answer := range []string{`{"Plaintext":"` + b64(plain) + `","CiphertextBlob":"?"}`, `{"Plaintext":"` + b64(plain), `{"CiphertextBlob":1,"Plaintext":"` + b64(plain) + `"}`} {
		s, _ := service(t, 200, answer)
		_, err := s.GenerateDataKey(t.Context(), "k", nil)
		if err == nil {
			t.Errorf("%s is read", answer)
			continue
		}
		if !errors.Is(err, encryption.ErrUnreadable) {
			t.Errorf("got %v", err)
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if text := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(text, b64(plain)[:20]) || strings.Contains(text, plain[:20]) {
				t.Errorf("got %s", text)
			}
		}
	}
}

func TestAServiceThatIsNotReachedRefusesNothing(t *testing.T) {
	var r *encryption.Refusal
	if _, err := over("http://127.0.0.1:1").Decrypt(t.Context(), "k", []byte("w"), nil); err == nil || errors.As(err, &r) {
		t.Errorf("got %v", err)
	}
}
