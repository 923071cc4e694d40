"""The samples, against a real DynamoDB at DYNAMODB_ENDPOINT; SKIP_INTEGRATION=1 goes without."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "samples"
PRINTED = {
    "basic": """\
created o-1 version 1
read 19.9 True
updated paid version 2
refused VersionConflict stored 2 ours 1
deleted True
""",
    "pages": """\
message 2 by bob
message 3 by eve
message 4 by ada
by ada: 3
scanned: [('garden', 7), ('kitchen', 7)]
page: number=7 author='ada' number=6 author='eve' number=5 author='bob'
page: number=4 author='ada' number=3 author='eve' number=2 author='bob'
page: number=1 author='ada'
""",
    "transaction": """\
written: 60 failed: 0
found: ['a-7'] missing: [{'article': 'a-61'}]
sold: True
refused: ConditionFailed left: 1
sold: False
refused: AlreadyExists
sold: False
left: 1 ordered: 2
left: 2
""",
    "encrypted": """\
read: allergic to penicillin
wards, without a key: {'ward': '7'}
refused: EncryptedFieldNotQueryable note
sealed anew: 1 of 1
read: no allergies
stored: ['ct', 'edk', 'nonce', 'v']
""",
    "stream-handler": """\
insert o-1 open written: True
modify o-1 paid written: True
remove o-1 by somebody
answer: {'batchItemFailures': []}
again: {'batchItemFailures': []}
summary: paid
""",
}

pytestmark = pytest.mark.skipif(os.environ.get("SKIP_INTEGRATION") == "1", reason="SKIP_INTEGRATION=1")


@pytest.mark.parametrize("name", PRINTED)
def test_a_sample_does_what_it_says(name: str) -> None:
    endpoint = os.environ.get("DYNAMODB_ENDPOINT")
    assert endpoint, "DYNAMODB_ENDPOINT is not set: start a DynamoDB (`make engine`), or set SKIP_INTEGRATION=1"
    # A key and region of its own, so that a shared DynamoDB Local keeps its tables apart from others' tables.
    settings = {
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
        "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": endpoint,
        "AWS_ACCESS_KEY_ID": "samplepy",
        "AWS_SECRET_ACCESS_KEY": "sample",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    ran = subprocess.run(  # noqa: S603 - our own sample
        [sys.executable, SAMPLES / name / "main.py"],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, PRINTED[name], "")
