"""The operations of P4: envelopes by themselves, and the setting of a client that has a key."""

# ruff: noqa: D103 - a program of small functions, each named for the line of the protocol it serves

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from dynamorm import DataKeyCache, Encryption
from dynamorm.encryption import EnvelopeContext, additional_data, open_envelope, seal_value
from dynamorm.testing import CountingNonces, open_gcm, with_nonces
from values import Json, members_from_native

if TYPE_CHECKING:
    from collections.abc import Callable

CAPABILITIES = ["encryption", "encryption.rotate"]
KMS_CLIENTS: dict[tuple[str, int, int, str], Any] = {}


def kms_client(endpoint: str, retries: int, timeout_ms: int, region: str) -> Any:
    key = (endpoint, retries, timeout_ms, region)
    if key not in KMS_CLIENTS:
        config = Config(retries={"mode": "standard", "total_max_attempts": retries + 1}, read_timeout=timeout_ms / 1000 or 10, connect_timeout=5)
        session = boto3.Session("AKIDCONTRACT", "secret", region_name=region)
        KMS_CLIENTS[key] = session.client("kms", endpoint_url=endpoint, config=config)
    return KMS_CLIENTS[key]


def encryption_of(message: Json) -> Encryption | None:
    """Make the setting that `open` describes."""
    given = message.get("encryption")
    if given is None:
        return None
    options = {name: given[name] for name in ("read_keys", "context", "allow_plaintext_reads") if name in given}
    if "cache" in given:
        cache = given["cache"]
        options["cache"] = DataKeyCache(cache["max_age_ms"] / 1000, cache["max_uses"], **{name: cache[name] for name in ("max_entries",) if name in cache})
    kms = None if message.get("kms") is None else kms_client(message["kms"], message["sdk_retries"], message["sdk_timeout_ms"], message["region"])
    encryption = Encryption(given["key"], kms=kms, **options)
    return encryption if message.get("nonces") == "random" else with_nonces(encryption, CountingNonces())


def context_of(args: Json) -> EnvelopeContext:
    given = args["context"]
    return EnvelopeContext(given.get("namespace", ""), given["model"], given["attribute"], given.get("client", {}), [tuple(pair) for pair in given["key"]])


def fn_encrypt(_case: Any, _on: str | None, args: Json) -> Json:
    data_key, nonce, edk = (base64.b64decode(args[name]) for name in ("data_key", "nonce", "edk"))
    return {"envelope": seal_value(args["value"], data_key, nonce, edk, context_of(args))}


def fn_decrypt(_case: Any, _on: str | None, args: Json) -> Json:
    return {"value": open_envelope(args["envelope"], base64.b64decode(args["data_key"]), context_of(args))}


def fn_aad(_case: Any, _on: str | None, args: Json) -> Json:
    return {"aad": base64.b64encode(additional_data(context_of(args))).decode()}


def fn_gcm(_case: Any, _on: str | None, args: Json) -> Json:
    return {"plain": base64.b64encode(open_gcm(*(base64.b64decode(args[name]) for name in ("data_key", "nonce", "aad", "ct")))).decode()}


PURE: dict[str, Callable[[Any, str | None, Json], Json]] = {"fn.encrypt": fn_encrypt, "fn.decrypt": fn_decrypt, "fn.aad": fn_aad, "fn.gcm": fn_gcm}


def reencrypt(case: Any, on: str, args: Json) -> Json:
    fields, failures = case.schemas[on].fields, list[Json]()
    options: Json = {name: args[name] for name in ("all", "page_size") if name in args}
    if "segment" in args:
        options["segment"] = tuple(args["segment"])
    if args.get("on_failure"):
        options["on_failure"] = lambda failure: failures.append({"key": members_from_native(fields, failure.key), "code": failure.error.code})
    done = case.table(on).reencrypt(**options)
    out = {"read": done.read, "rewritten": done.rewritten, "current": done.current, "changed": done.changed}
    return out | ({"failed": done.failed, "failures": failures} if args.get("on_failure") else {})
