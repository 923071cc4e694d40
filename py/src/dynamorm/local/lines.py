"""What a user copies: the environment that points every SDK at an engine, and how a client is made in each language."""

from __future__ import annotations

REGION = "us-east-1"
_CREDENTIAL = "local"  # DynamoDB Local takes any; each access key has a database of its own
CLIENTS = {
    "python": 'client = dynamorm.Client(boto3.client("dynamodb"))',
    "typescript": "const client = new Client({ dynamodb: new DynamoDBClient({}) });",
    "go": "client := dynamorm.NewClient(dynamodb.NewFromConfig(cfg)) // cfg, err := config.LoadDefaultConfig(ctx)",
}


def environment(endpoint: str) -> dict[str, str]:
    """Give the variables, the endpoint first."""
    return {
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": _CREDENTIAL,
        "AWS_SECRET_ACCESS_KEY": _CREDENTIAL,
    }


def exports(endpoint: str) -> list[str]:
    """Give the variables as a shell takes them.

    >>> exports("http://127.0.0.1:8000")[0]
    'export AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000'
    """
    return [f"export {name}={value}" for name, value in environment(endpoint).items()]
