// Command encrypted keeps patients whose diagnosis nobody reads in the table, and seals them anew under another key. It talks to the DynamoDB
// at DYNAMODB_ENDPOINT, a local one:
//
//	DYNAMODB_ENDPOINT=http://127.0.0.1:8000 go run ./dynamorm/samples/encrypted
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/dynamorm/dynamorm/dynamorm"
	"github.com/dynamorm/dynamorm/dynamorm/encryption"
	"github.com/dynamorm/dynamorm/dynamorm/encryption/encryptiontest"
)

// Patient has a diagnosis that is sealed before it leaves the process, and opened after it came back.
type Patient struct {
	ID        string `dynamorm:"id,pk"`
	Ward      string `dynamorm:"ward"`
	Diagnosis string `dynamorm:"diagnosis,encrypted"`
}

var Patients = dynamorm.MustDefine[Patient](dynamorm.Declaration{Table: "sample-patients", Namespace: "acme.clinic"})

func main() {
	endpoint := os.Getenv("DYNAMODB_ENDPOINT")
	if endpoint == "" {
		log.Fatal("say where DynamoDB is: DYNAMODB_ENDPOINT=http://127.0.0.1:8000")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	sdk := dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: aws.CredentialsProviderFunc(local)})
	if err := makeTable(ctx, sdk); err != nil {
		log.Fatal(err)
	}
	// Yours are those of KMS: kms.New(awskms.NewFromConfig(cfg)), of the package encryption/kms. These protect nothing.
	if err := run(ctx, sdk, &encryptiontest.InMemoryKeys{}); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, sdk *dynamodb.Client, keys encryption.KeyService) error {
	clinic, err := encryption.New(keys, "alias/clinic", encryption.Options{})
	if err != nil {
		return err
	}
	patients := dynamorm.NewTable(dynamorm.NewClient(sdk, dynamorm.WithEncryption(clinic)), Patients)
	if err := patients.Put(ctx, &Patient{ID: "ada", Ward: "north", Diagnosis: "measles"}); err != nil {
		return err
	}
	found, err := patients.Get(ctx, dynamorm.Key{"ada"}) // KMS gives the data key back
	if err != nil {
		return err
	}
	fmt.Println("read:", found.Ward, found.Diagnosis)
	if err := blind(ctx, sdk); err != nil {
		return err
	}
	return rotate(ctx, sdk, keys)
}

// blind reads what needs no key, with a client that has none.
func blind(ctx context.Context, sdk *dynamodb.Client) error {
	patients := dynamorm.NewTable(dynamorm.NewClient(sdk), Patients)
	_, err := patients.Get(ctx, dynamorm.Key{"ada"})
	fmt.Println("without a key:", errors.Is(err, dynamorm.ErrEncryptionNotConfigured))
	found, err := patients.Get(ctx, dynamorm.Key{"ada"}, dynamorm.WithSelect(dynamorm.Field("ward")))
	if err != nil {
		return err
	}
	fmt.Println("without a key:", found.Ward)
	return nil
}

// rotate seals everything under a new key; what the old one sealed is read until then.
func rotate(ctx context.Context, sdk *dynamodb.Client, keys encryption.KeyService) error {
	cache, err := encryption.NewDataKeyCache(encryption.CacheLimits{MaxAge: 5 * time.Minute, MaxUses: 1000}) // KMS is asked less often
	if err != nil {
		return err
	}
	clinic, err := encryption.New(keys, "alias/clinic-2", encryption.Options{ReadKeys: []string{"alias/clinic"}, Cache: cache})
	if err != nil {
		return err
	}
	patients := dynamorm.NewTable(dynamorm.NewClient(sdk, dynamorm.WithEncryption(clinic)), Patients)
	done, err := patients.Reencrypt(ctx)
	fmt.Println("sealed anew:", done.Rewritten)
	return err
}

// local gives the credentials that a local DynamoDB takes; yours come from the SDK's configuration.
func local(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}, nil
}

func makeTable(ctx context.Context, sdk *dynamodb.Client) error {
	_, err := sdk.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String("sample-patients"), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: "S"}},
	})
	var exists *types.ResourceInUseException
	if errors.As(err, &exists) {
		return nil
	}
	return err
}
