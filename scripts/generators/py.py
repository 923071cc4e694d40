"""The Python library's generated files: error classes, DynamoDB's limits, the versions of DMS."""

from __future__ import annotations

import json
import re

from generators import ErrorCode, ErrorKind, Spec, dms_versions, header

HOUSE = "py/src/dynamorm"
# The codes whose errors carry more than every error does; `errors/parts.py` says what.
BASES = {"BatchIncomplete": "Incomplete", "TableMismatch": "Mismatched", "TransactionCanceled": "Reasoned"}


def emit(spec: Spec) -> dict[str, str]:
    """Give each generated file's text, by its path from the repository's root."""
    return {
        f"{HOUSE}/errors/__init__.py": _exports(spec),
        f"{HOUSE}/errors/catalogue.py": _catalogue(spec),
        f"{HOUSE}/limits.py": _limits(spec),
        f"{HOUSE}/schema/versions.py": _versions(spec.dms),
    }


def _exports(spec: Spec) -> str:
    """Write the room's face: every class, by name."""
    classes = sorted(
        [_name(code.code) for code in spec.errors]
        + [f"{kind.kind}Error" for code in spec.errors for kind in code.kinds]
    )
    out = [
        header("#", "spec/errors.yaml"),
        '"""The errors: one base, a class for each code of spec/errors.yaml."""',
        "",
    ]
    out += [
        "from __future__ import annotations",
        "",
        "from .base import DynamORMError, Origin",
        "from .catalogue import (",
    ]
    out += [*(f"    {name}," for name in classes), ")", "", "__all__ = ["]
    out += [*(f'    "{name}",' for name in sorted([*classes, "DynamORMError", "Origin"])), "]", ""]
    return "\n".join(out)


def _catalogue(spec: Spec) -> str:
    out = [
        header("#", "spec/errors.yaml"),
        '"""The error codes, a class each."""',
        "",
        "from __future__ import annotations",
        "",
    ]
    out += ["from .base import DynamORMError", f"from .parts import {', '.join(sorted(BASES.values()))}", ""]
    for code in spec.errors:
        out += ["", *_class(code), ""]
        for kind in code.kinds:
            out += ["", *_kind(code, kind), ""]
    out += ["", "# DynamoDB's error types: the class they become, and whether a later try can succeed."]
    out += ["CODE_OF_FAULT: dict[str, tuple[type[DynamORMError], bool]] = {"]
    for code in spec.errors:
        for name in code.aws:
            retryable = spec.retryable_aws.get(name, code.retryable)
            out.append(f'    "{name}": ({_name(code.code)}, {retryable}),')
    out += ["}", "", "# The reasons of a cancelled transaction: the class each becomes."]
    out += ["CODE_OF_REASON: dict[str, type[DynamORMError]] = {"]
    out += [f'    "{one.name}": {f"{one.kind}Error" if one.kind else _name(one.code)},' for one in spec.reasons]
    out += ["}", "", "# KMS's error types: whether a later try can succeed."]
    out += ["RETRYABLE_OF_KMS_TYPE: dict[str, bool] = {"]
    out += [f'    "{name}": {retryable},' for name, retryable in spec.kms.items()]
    out += ["}", ""]
    return "\n".join(out)


def _name(code: str) -> str:
    """Give the class's name: `NetworkError` has its suffix already."""
    return code if code.endswith("Error") else f"{code}Error"


def _class(code: ErrorCode) -> list[str]:
    origin = "client" if code.origin == "client" else "service" if code.origin == "service" else "client"
    base = BASES.get(code.code, "DynamORMError")
    lines = [f"class {_name(code.code)}({base}):", f'    """{code.summary}"""', "", f'    code = "{code.code}"']
    if origin != "client":
        lines.append(f'    default_origin = "{origin}"')
    if code.retryable:
        lines.append("    default_retryable = True")
    return lines


def _kind(code: ErrorCode, kind: ErrorKind) -> list[str]:
    return [
        f"class {kind.kind}Error({_name(code.code)}):",
        f'    """{kind.summary}"""',
        "",
        f'    kind = "{kind.kind}"',
    ]


def _limits(spec: Spec) -> str:
    out = [
        header("#", "spec/limits.yaml"),
        '"""DynamoDB\'s own numbers, named."""',
        "",
        "from __future__ import annotations",
        "",
    ]
    for limit in spec.limits:
        name = re.sub(r"[^A-Z0-9]", "_", limit.name.upper())
        out += [f"{name} = {limit.value}", f'"""{limit.why[0].upper()}{limit.why[1:]}."""']
    return "\n".join([*out, ""])


def _versions(dms: str) -> str:
    """Write the pin of the specification: what the library was built to."""
    listed = dms_versions(dms)
    comma = "," if len(listed) == 1 else ""
    out = [
        header("#", "spec/VERSION") + '"""The versions of DMS."""',
        "",
        "from __future__ import annotations",
        "",
        f'DMS_VERSION = "{dms}"',
        '"""The version of DMS that this library keeps, and that it writes into documents."""',
        f"DMS_VERSIONS = ({', '.join(json.dumps(version) for version in listed)}{comma})",
        '"""The versions of documents that it reads, oldest first."""',
        "",
    ]
    return "\n".join(out)
