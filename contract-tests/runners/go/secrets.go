package main

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	awskms "github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/encryption/encryptiontest"
	"github.com/dynamorm/dynamorm/dynamorm/encryption/kms"
)

// Encryption: the operations of P4.

// ciphering is what `open` says for it.
type ciphering struct {
	Encryption *struct {
		Key       string
		ReadKeys  []string `json:"read_keys"`
		Context   map[string]string
		Plaintext bool `json:"allow_plaintext_reads"`
		Cache     *struct {
			MaxAgeMS   int64 `json:"max_age_ms"`
			MaxUses    int64 `json:"max_uses"`
			MaxEntries *int  `json:"max_entries"`
		}
	}
	KMS    string // null on the pure target
	Nonces string
}

var keyServices = map[string]*awskms.Client{}

// keys gives the client's option for its encryption, none where the case has none.
func (c command) keys() ([]dynamorm.ClientOption, error) {
	given := c.Encryption
	if given == nil {
		return nil, nil
	}
	options := encryption.Options{ReadKeys: given.ReadKeys, Context: given.Context, AllowPlaintextReads: given.Plaintext}
	if cache := given.Cache; cache != nil {
		limits := encryption.CacheLimits{MaxAge: time.Duration(cache.MaxAgeMS) * time.Millisecond, MaxUses: cache.MaxUses}
		if cache.MaxEntries != nil {
			limits.MaxEntries = cmp.Or(*cache.MaxEntries, -1) // 0 is Go's way to leave it out
		}
		var err error
		if options.Cache, err = encryption.NewDataKeyCache(limits); err != nil {
			return nil, err
		}
	}
	e, err := encryption.New(kms.New(keyService(c)), given.Key, options)
	if err != nil {
		return nil, err
	}
	if c.Nonces != "random" {
		encryptiontest.SetNonces(e, encryptiontest.Counted())
	}
	return []dynamorm.ClientOption{dynamorm.WithEncryption(e)}, nil
}

// keyService keeps the SDK's clients of KMS, which have the settings of those of DynamoDB.
func keyService(c command) *awskms.Client {
	endpoint := cmp.Or(c.KMS, "http://127.0.0.1:9")
	key := fmt.Sprint(endpoint, c.Retries, c.TimeoutMS)
	if keyServices[key] == nil {
		like := sdk(c).Options()
		keyServices[key] = awskms.New(awskms.Options{Region: like.Region, BaseEndpoint: &endpoint, Credentials: like.Credentials, HTTPClient: like.HTTPClient, Retryer: like.Retryer})
	}
	return keyServices[key]
}

func bytesOf(all object, name string) []byte {
	text, _ := all[name].(string)
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

func envelopeContext(all object) (c encryption.Context) {
	given, _ := all["context"].(object)
	c.Namespace, _ = given["namespace"].(string)
	c.Model, _ = given["model"].(string)
	c.Attribute, _ = given["attribute"].(string)
	pairs, _ := given["client"].(object)
	c.Client = map[string]string{}
	for name, v := range pairs {
		c.Client[name], _ = v.(string)
	}
	for _, part := range list(given, "key") {
		text, _ := json.Marshal(part.([]any)[1])
		c.Key = append(c.Key, encryption.KeyAttribute{Name: part.([]any)[0].(string), Value: text})
	}
	return c
}

// envelope makes a call of one of the functions for those who read or write envelopes elsewhere.
func envelope(do string, all object) object {
	result, err := object{}, error(nil)
	var out []byte
	context := envelopeContext(all)
	switch do {
	case "fn.gcm":
		out, err = encryptiontest.OpenGCM(bytesOf(all, "data_key"), bytesOf(all, "nonce"), bytesOf(all, "aad"), bytesOf(all, "ct"))
		result["plain"] = out
	case "fn.aad":
		out, err = encryption.AdditionalData(context)
		result["aad"] = out
	case "fn.encrypt":
		value, _ := json.Marshal(all["value"])
		out, err = encryption.SealValue(value, bytesOf(all, "data_key"), bytesOf(all, "nonce"), bytesOf(all, "edk"), context)
		result["envelope"] = json.RawMessage(out)
	case "fn.decrypt":
		stored, _ := json.Marshal(all["envelope"])
		out, err = encryption.OpenEnvelope(stored, bytesOf(all, "data_key"), context)
		result["value"] = json.RawMessage(out)
	}
	if err != nil {
		return failure(err, nil)
	}
	return object{"result": result}
}

// reencrypt seals a table's items anew, and shows what became of them.
func (r rows[T]) reencrypt(a args) object {
	var options []dynamorm.Option
	failures, told := []object{}, a.all["on_failure"] == true
	for name, v := range a.all {
		switch name {
		case "page_size":
			options = append(options, dynamorm.WithPageSize(integer(v)))
		case "segment":
			options = append(options, dynamorm.WithSegment(integer(v.([]any)[0]), integer(v.([]any)[1])))
		case "all":
			if v == true {
				options = append(options, dynamorm.WithAll())
			}
		}
	}
	if told {
		options = append(options, dynamorm.WithOnFailure(func(f dynamorm.BulkFailure) {
			var e *dynamorm.Error
			errors.As(f.Err, &e)
			failures = append(failures, object{"key": toTagged(r.item(), reflect.ValueOf(f.Key.Key))["M"], "code": e.Code})
		}))
	}
	out, err := r.table.Reencrypt(a.ctx, options...)
	if err != nil {
		return failure(err, nil)
	}
	result := object{"read": out.Read, "rewritten": out.Rewritten, "current": out.Current, "changed": out.Changed}
	if told {
		result["failed"], result["failures"] = out.Failed, failures
	}
	return object{"result": result}
}
