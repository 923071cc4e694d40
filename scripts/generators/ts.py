"""TypeScript's generated files: the error catalogue, DynamoDB's limits, the capabilities and the version."""

from __future__ import annotations

import json

from generators import ErrorCode, Limit, Spec, dms_versions, header

ERRORS = "spec/errors.yaml"
LIMITS = "spec/limits.yaml"
CAPABILITIES = "spec/capabilities.yaml"

PARENTS = {"BatchIncomplete": "PartialError", "TableMismatch": "MismatchError", "TransactionCanceled": "CanceledError"}
"""The classes of codes whose errors say more than others (`ts/src/errors/{parts,mismatch}.ts`)."""


def emit(spec: Spec) -> dict[str, str]:
    """Give each generated file's text, by its path from the repository's root."""
    return {
        "ts/src/errors/catalogue.ts": _catalogue(spec),
        "ts/src/generated/limits.ts": _limits(spec.limits),
        "ts/src/generated/capabilities.ts": _capabilities(spec),
        "ts/src/generated/version.ts": _version(spec),
    }


def _catalogue(spec: Spec) -> str:
    blocks = [
        header("//", ERRORS),
        (
            'import { DynamORMError, type ErrorFields, type ErrorInit } from "./error.ts";\n'
            'import { MismatchError } from "./mismatch.ts";\n'
            'import { CanceledError, PartialError } from "./parts.ts";\n'
        ),
        _union("ErrorCode", "A stable, portable name of what went wrong.", [entry.code for entry in spec.errors]),
        _union("ErrorKind", "A finer kind of a code.", [kind.kind for entry in spec.errors for kind in entry.kinds]),
        *(_class(entry) for entry in spec.errors),
        _table(
            "ERROR_CLASSES",
            "The class of each code.",
            "Record<ErrorCode, ErrorInit>",
            [(entry.code, entry.code) for entry in spec.errors],
        ),
        _table(
            "CODE_OF_AWS_TYPE",
            "What DynamoDB's own error types stand for, without their name space.",
            "Record<string, ErrorCode>",
            [(aws, _quoted(entry.code)) for entry in spec.errors for aws in entry.aws],
        ),
        _table(
            "RETRYABLE_OF_AWS_TYPE",
            "DynamoDB's error types whose retryability differs from that of their code.",
            "Record<string, boolean>",
            [(aws, str(retryable).lower()) for aws, retryable in spec.retryable_aws.items()],
        ),
        _table(
            "CODE_OF_REASON",
            "What the reasons of a cancelled transaction stand for.",
            "Record<string, { code: ErrorCode; kind?: ErrorKind }>",
            [
                (one.name, f"{{ code: {_quoted(one.code)}{f', kind: {_quoted(one.kind)}' if one.kind else ''} }}")
                for one in spec.reasons
            ],
        ),
        _table(
            "RETRYABLE_OF_KMS_TYPE",
            "KMS's error types: whether a later try can succeed.",
            "Record<string, boolean>",
            [(name, str(retryable).lower()) for name, retryable in spec.kms.items()],
        ),
    ]
    return "\n".join(blocks)


def _class(entry: ErrorCode) -> str:
    return (
        f"/** {entry.summary} */\n"
        f"export class {entry.code} extends {PARENTS.get(entry.code, 'DynamORMError')} {{\n"
        f"  declare readonly code: {_quoted(entry.code)};\n"
        "\n"
        "  constructor(fact: string, fields?: ErrorFields) {\n"
        f"    super({_quoted(entry.code)}, {str(entry.retryable).lower()}, fact, fields);\n"
        "  }\n"
        "}\n"
    )


def _union(name: str, summary: str, members: list[str]) -> str:
    head = f"/** {summary} */\nexport type {name} ="
    line = f"{head} {' | '.join(_quoted(member) for member in members)};"
    if len(line.rsplit("\n", 1)[-1]) <= 110:  # noqa: PLR2004 - prettier's width, as in ts/.prettierrc.json
        return line + "\n"
    return head + "".join(f"\n  | {_quoted(member)}" for member in members) + ";\n"


def _table(name: str, summary: str, kind: str, rows: list[tuple[str, str]]) -> str:
    body = "".join(f"  {key},\n" if key == value else f"  {key}: {value},\n" for key, value in rows)
    return f"/** {summary} */\nexport const {name}: Readonly<{kind}> = {{\n{body}}};\n"


def _limits(limits: tuple[Limit, ...]) -> str:
    lines = [f"/** {_sentence(limit.why)} */\nexport const {limit.name.upper()} = {limit.value};\n" for limit in limits]
    return header("//", LIMITS) + "\n" + "\n".join(lines)


def _capabilities(spec: Spec) -> str:
    rows = "".join(f"  {_quoted(entry.name)},\n" for entry in spec.capabilities)
    return (
        header("//", CAPABILITIES)
        + "\n/** What a library can do: the closed list of the specification. */\n"
        + f"export const CAPABILITIES = [\n{rows}] as const;\n"
    )


def _version(spec: Spec) -> str:
    return (
        header("//", "VERSION", "spec/VERSION")
        + f"\n/** This library's version. */\nexport const VERSION = {_quoted(spec.version)};\n"
        + "\n/** The version of DMS that this library keeps, and that it writes into documents. */\n"
        + f"export const DMS_VERSION = {_quoted(spec.dms)};\n"
        + "\n/** The versions of DMS documents that this library reads, oldest first. */\n"
        + f"export const DMS_VERSIONS = [{', '.join(map(_quoted, dms_versions(spec.dms)))}] as const;\n"
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
