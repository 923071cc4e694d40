"""A place to try things: DynamoDB Local and a server of KMS's protocol, and a shell that points every SDK at them.

    dev.py              a shell; both servers end with it
    dev.py --cmd CMD    one command in that environment; its exit status is this program's

Nothing of the user's own AWS configuration reaches the shell, so nothing tried there reaches an account. The key
server is a thread of this process, and DynamoDB Local is stopped by its process id; one that DYNAMODB_ENDPOINT names
is used and left running.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import logging
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from dynamorm.local import lines
from moto.server import ThreadedMotoServer

import engine
import toolpaths

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

ALIAS = "alias/main"
HTTP_OK = 200
INTERRUPTED = 130
KEY_SECONDS = 30
# What a make that started us says to its own children.
_MAKE = {"CMD", "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS"}


class DevError(Exception):
    """A server does not do what it should; the message says which."""


@dataclass(frozen=True)
class Servers:
    """Where DynamoDB and KMS answer, and the key behind the alias."""

    dynamodb: str
    kms: str
    key: str


def environment(servers: Servers, inherited: Mapping[str, str]) -> dict[str, str]:
    """Give the whole environment of the shell."""
    kept = {name: value for name, value in inherited.items() if not name.startswith("AWS_") and name not in _MAKE}
    node = toolpaths.node()
    folders = [str(toolpaths.venv_python().parent), *([str(node.parent)] if node else []), kept.get("PATH", os.defpath)]
    return {**kept, **ours(servers), "PATH": os.pathsep.join(folders)}


def ours(servers: Servers) -> dict[str, str]:
    """Give the variables that a user may copy."""
    return {
        **lines.environment(servers.dynamodb),
        "AWS_ENDPOINT_URL_KMS": servers.kms,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "DYNAMODB_ENDPOINT": servers.dynamodb,
    }


def banner(servers: Servers) -> str:
    """Say what there is."""
    exports = "\n".join(f"export {name}={value}" for name, value in ours(servers).items())
    return (
        f"DynamoDB Local answers at {servers.dynamodb}, KMS at {servers.kms} with the key {ALIAS} ({servers.key}).\n"
        f"Both end with this shell. The same for another shell:\n\n{exports}\n"
    )


@contextlib.contextmanager
def key_server() -> Generator[tuple[str, str]]:
    """Give the endpoint of a server of KMS's protocol, and the id of a key in it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        key = make_key(host, port)
        yield f"http://{host}:{port}", key
    finally:
        server.stop()


def make_key(host: str, port: int) -> str:
    """Make a key with its alias; a server of the protocol begins with none."""
    key: str = _kms(host, port, "CreateKey", {})["KeyMetadata"]["KeyId"]
    _kms(host, port, "CreateAlias", {"AliasName": ALIAS, "TargetKeyId": key})
    return key


def _kms(host: str, port: int, operation: str, body: dict[str, str]) -> dict[str, dict[str, str]]:
    scope = f"20260101/{lines.REGION}/kms/aws4_request"
    headers = {
        "X-Amz-Target": f"TrentService.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": f"AWS4-HMAC-SHA256 Credential=local/{scope}, SignedHeaders=host, Signature=0",
    }
    connection = http.client.HTTPConnection(host, port, timeout=KEY_SECONDS)
    try:
        connection.request("POST", "/", json.dumps(body).encode(), headers)
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise DevError(f"the key server does not answer {operation}: {error}") from error
    finally:
        connection.close()
    if response.status != HTTP_OK:
        raise DevError(f"the key server refused {operation} with status {response.status}")
    parsed: dict[str, dict[str, str]] = json.loads(answer or b"{}")
    return parsed


@contextlib.contextmanager
def servers(port: int | None = None) -> Generator[Servers]:
    """Give both servers for the block."""
    # Detached: an interrupt of the terminal is for the command, not for what it talks to.
    dynamodb = engine.start(port, detached=True)
    try:
        with key_server() as (kms, key):
            yield Servers(dynamodb.endpoint, kms, key)
    finally:
        dynamodb.stop()


def run(command: list[str], variables: dict[str, str]) -> int:
    """Run a command to its end; an interrupt is its affair, an end of ours is its end."""
    try:
        child = subprocess.Popen(command, env=variables)
    except OSError as error:
        raise DevError(f"{command[0]} does not start: {error}") from error
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        status = child.wait()
    except BaseException:
        child.terminate()
        child.wait()
        raise
    finally:
        signal.signal(signal.SIGINT, before)
    return status if status >= 0 else 128 - status


def _end(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> int:
    """Bring up the servers, and a shell or a command."""
    parser = argparse.ArgumentParser(description="DynamoDB Local, KMS and a shell that knows them")
    parser.add_argument("--cmd", help="run this in a shell instead of a shell to type in")
    parser.add_argument("--port", type=int, help="of DynamoDB Local; default: any free one")
    options = parser.parse_args(arguments)
    shell = os.environ.get("SHELL", "/bin/sh")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    try:
        with servers(options.port) as found:
            # Standard output belongs to the command.
            print(banner(found), file=sys.stderr, flush=True)
            return run(["/bin/sh", "-c", options.cmd] if options.cmd else [shell], environment(found, os.environ))
    except KeyboardInterrupt:
        return INTERRUPTED
    except (engine.EngineError, DevError) as error:
        print(f"dev: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
