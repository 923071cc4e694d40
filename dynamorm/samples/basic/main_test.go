package main

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

func TestTheSampleRunsOnARealDynamoDB(t *testing.T) {
	if os.Getenv("SKIP_INTEGRATION") == "1" {
		t.Skip("SKIP_INTEGRATION=1")
	}
	endpoint := os.Getenv("DYNAMODB_ENDPOINT")
	if endpoint == "" {
		t.Fatal("DYNAMODB_ENDPOINT names no DynamoDB; `make engine` starts one, SKIP_INTEGRATION=1 does without")
	}
	client := dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(endpoint), Credentials: credentials.NewStaticCredentialsProvider("SAMPLETEST", "secret", ""),
	})
	if err := run(context.Background(), client); err != nil {
		t.Fatal(err)
	}
}

func TestTheReadmesExampleIsThisSample(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	sample, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, program, found := strings.Cut(string(sample), "package main\n")
	if !found || !strings.Contains(string(readme), "```go\npackage main\n"+program+"```") {
		t.Error("the README shows another program than samples/basic/main.go")
	}
}
