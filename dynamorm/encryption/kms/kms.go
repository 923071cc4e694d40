// Package kms asks the KMS of AWS for data keys, through your own SDK client: its credentials, retries, endpoint and middleware stay in
// force. It is the only package that imports the SDK's KMS.
package kms

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/internal/unsent"
)

// API is what of the SDK's client is called; *kms.Client has it.
type API interface {
	GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput, options ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error)
	Decrypt(ctx context.Context, in *kms.DecryptInput, options ...func(*kms.Options)) (*kms.DecryptOutput, error)
}

// Service is KMS as a key service.
type Service struct{ api API }

// New gives the key service of an SDK client of yours.
func New(client API) *Service { return &Service{client} }

// GenerateDataKey gives a new data key.
func (s *Service) GenerateDataKey(ctx context.Context, keyID string, encryptionContext map[string]string) (encryption.DataKey, error) {
	out, err := s.api.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: &keyID, KeySpec: types.DataKeySpecAes256, EncryptionContext: encryptionContext})
	if err != nil {
		return encryption.DataKey{}, explain(err)
	}
	return encryption.DataKey{Plaintext: out.Plaintext, Wrapped: out.CiphertextBlob}, nil
}

// Decrypt gives a data key back.
func (s *Service) Decrypt(ctx context.Context, keyID string, wrapped []byte, encryptionContext map[string]string) ([]byte, error) {
	out, err := s.api.Decrypt(ctx, &kms.DecryptInput{KeyId: &keyID, CiphertextBlob: wrapped, EncryptionContext: encryptionContext})
	if err != nil {
		return nil, explain(err)
	}
	return out.Plaintext, nil
}

// explain tells a refusal from an answer that did not come, or could not be read. The SDK's error of the last holds the answer, in which a
// data key may be: it is left out.
func explain(err error) error {
	var unreadable *smithy.DeserializationError
	var api smithy.APIError
	var response *smithyhttp.ResponseError
	status, id := 0, ""
	if errors.As(err, &response) {
		status, id = response.HTTPStatusCode(), response.Response.Header.Get("X-Amzn-Requestid")
	}
	switch {
	case errors.As(err, &unreadable) || status >= 200 && status < 300:
		return encryption.ErrUnreadable
	case errors.As(err, &api):
		name := api.ErrorCode()
		if i := strings.LastIndexByte(name, '#'); i >= 0 {
			name = name[i+1:]
		}
		name, _, _ = strings.Cut(name, ":")
		if name == "UnknownError" {
			name = ""
		}
		return &encryption.Refusal{Type: name, Status: status, RequestID: id, Err: err}
	case status != 0:
		return &encryption.Refusal{Status: status, RequestID: id, Err: err}
	case unsent.Connection(err):
		return fmt.Errorf("%w: %w", encryption.ErrNotSent, err)
	case unsent.Credentials(err):
		return fmt.Errorf("%w: %w", encryption.ErrNoCredentials, err)
	}
	return err
}
