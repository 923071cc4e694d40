"""dev.py: what the shell's environment holds, that the command's end is the program's, and that both servers go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import dev
import engine
import toolpaths

if TYPE_CHECKING:
    from pathlib import Path

SERVERS = dev.Servers("http://127.0.0.1:1", "http://127.0.0.1:2", "key")
PROGRAM = str(toolpaths.ROOT / "scripts/dev.py")
PYTHON = str(toolpaths.venv_python())
TALK = """
import boto3, os, pathlib, sys
dynamodb, kms = boto3.client("dynamodb"), boto3.client("kms")
dynamodb.list_tables()
boto3.client("dynamodbstreams").list_streams()
sealed = kms.generate_data_key(KeyId="alias/main", KeySpec="AES_256", EncryptionContext={"a": "b"})
opened = kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext={"a": "b"})
print(opened["Plaintext"] == sealed["Plaintext"], os.environ["DYNAMODB_ENDPOINT"], os.environ["AWS_ENDPOINT_URL_KMS"])
"""


def test_nothing_of_the_users_account_reaches_the_shell() -> None:
    inherited = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "t",
        "PATH": "/bin",
        "EDITOR": "ed",
        "MAKEFLAGS": "-j",
    }
    found = dev.environment(SERVERS, inherited)
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "MAKEFLAGS"} & set(found)
    assert found["EDITOR"] == "ed"
    assert found["AWS_CONFIG_FILE"] == found["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert found["PATH"].split(os.pathsep)[0] == str(toolpaths.venv_python().parent)
    assert found["PATH"].endswith("/bin")


def test_every_sdk_finds_all_three_endpoints() -> None:
    found = dev.ours(SERVERS)
    names = ("AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_DYNAMODB_STREAMS", "AWS_ENDPOINT_URL_KMS")
    assert [found[name][-1] for name in names] == ["1", "1", "2"]
    assert {"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} < set(found)
    assert all(f"export {name}={value}" in dev.banner(SERVERS) for name, value in found.items())


@pytest.mark.parametrize(("script", "status"), [("pass", 0), ("raise SystemExit(7)", 7)])
def test_the_commands_status_is_ours(script: str, status: int) -> None:
    assert dev.run([sys.executable, "-c", script], dict(os.environ)) == status


def test_a_command_that_a_signal_ends_has_the_status_of_a_shell() -> None:
    script = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    assert dev.run([sys.executable, "-c", script], dict(os.environ)) == 128 + signal.SIGTERM


def test_a_shell_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(dev.DevError, match="no-such-shell does not start"):
        dev.run(["no-such-shell"], dict(os.environ))


def test_an_endpoint_that_does_not_answer_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DYNAMODB_ENDPOINT", "http://127.0.0.1:1")
    assert dev.main(["--cmd", "true"]) == 1
    assert capsys.readouterr().err == "dev: no answer from http://127.0.0.1:1, which DYNAMODB_ENDPOINT names\n"


@pytest.mark.usefixtures("own_engine")
def test_a_command_talks_to_both_and_both_end_with_it(tmp_path: Path) -> None:
    (tmp_path / "talk.py").write_text(TALK)
    command = [PYTHON, PROGRAM, "--cmd", f"python '{tmp_path / 'talk.py'}' && exit 5"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 5, done.stderr
    opened, dynamodb, kms = done.stdout.split()
    assert opened == "True"
    assert not engine.answers(dynamodb)
    assert not engine.answers(kms)


@pytest.mark.usefixtures("own_engine")
def test_what_ends_us_ends_the_command_and_the_servers(tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = (
        f"echo $$ $DYNAMODB_ENDPOINT $AWS_ENDPOINT_URL_KMS > '{told}.part'; mv '{told}.part' '{told}'; exec sleep 600"
    )
    with subprocess.Popen([PYTHON, PROGRAM, "--cmd", script], stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while not told.exists():
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.1)
        process.terminate()
        assert process.wait(60) == dev.INTERRUPTED
    pid, dynamodb, kms = told.read_text().split()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    assert not engine.answers(dynamodb)
    assert not engine.answers(kms)
