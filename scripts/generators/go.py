"""What the Go library reads of the spec: the error catalogue, the limits, the capability names, the versions of DMS."""

from __future__ import annotations

from generators import ErrorCode, Spec, dms_versions, header

# What is built so far; the other capabilities of the list are promises.
TIERS = ("P0", "P1", "P2", "P3", "P4", "P5")
INITIALISMS = {"gsi": "GSI", "lsi": "LSI", "kms": "KMS"}


def _pascal(name: str) -> str:
    return "".join(INITIALISMS.get(word, word.capitalize()) for word in name.split("_"))


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _sentence(text: str) -> str:
    return text[0].lower() + text[1:]


def _aligned(rows: list[tuple[str, str]]) -> list[str]:
    """Align the second column as gofmt does."""
    width = max(len(left) for left, _ in rows)
    return [f"\t{left:{width}} {right}" for left, right in rows]


def _codes(errors: tuple[ErrorCode, ...]) -> list[str]:
    lines = ["// The codes of the taxonomy.", "const ("]
    for error in errors:
        lines += [
            f"\t// Code{error.code}: {_sentence(error.summary)}",
            f"\tCode{error.code} Code = {_quote(error.code)}",
        ]
    lines += [")", "", "// The finer kinds of some codes.", "const ("]
    for error in errors:
        for kind in error.kinds:
            lines += [
                f"\t// Kind{kind.kind}: {_sentence(kind.summary)}",
                f"\tKind{kind.kind} Kind = {_quote(kind.kind)}",
            ]
    return [*lines, ")", ""]


def _sentinels(errors: tuple[ErrorCode, ...]) -> list[str]:
    lines = ["// The targets of errors.Is, one for each code and each kind.", "var ("]
    for error in errors:
        lines.append(f"\t// Err{error.code}: {_sentence(error.summary)}")
        lines.append(f"\tErr{error.code} error = &sentinel{{code: Code{error.code}}}")
        for kind in error.kinds:
            lines.append(f"\t// Err{kind.kind}: {_sentence(kind.summary)}")
            lines.append(f"\tErr{kind.kind} error = &sentinel{{code: Code{error.code}, kind: Kind{kind.kind}}}")
    return [*lines, ")", ""]


def _tables(spec: Spec) -> list[str]:
    retryable = [(f"Code{error.code}:", "true,") for error in spec.errors if error.retryable]
    aws = [
        (
            f"{_quote(name)}:",
            f"{{Code{error.code}, {str(spec.retryable_aws.get(name, error.retryable)).lower()}}},",
        )
        for error in spec.errors
        for name in error.aws
    ]
    return [
        "var retryable = map[Code]bool{",
        *_aligned(retryable),
        "}",
        "",
        "var aws = map[string]awsType{",
        *_aligned(aws),
        "}",
        "",
        "// reasons has what the reasons of a cancelled transaction stand for.",
        "var reasons = map[string]reason{",
        *_aligned(
            [
                (f"{_quote(one.name)}:", f"{{Code{one.code}, {f'Kind{one.kind}' if one.kind else _quote('')}}},")
                for one in spec.reasons
            ]
        ),
        "}",
        "",
        "// kmsRetryable has KMS's error types, and whether a later try can succeed.",
        "var kmsRetryable = map[string]bool{",
        *_aligned([(f"{_quote(name)}:", f"{str(retryable).lower()},") for name, retryable in spec.kms.items()]),
        "}",
        "",
    ]


def _catalogue(spec: Spec) -> str:
    lines = [header("//", "spec/errors.yaml"), "package errs", ""]
    lines += [*_codes(spec.errors), *_sentinels(spec.errors), *_tables(spec)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _reexports(spec: Spec) -> str:
    lines = [header("//", "spec/errors.yaml"), "package dynamorm", ""]
    lines += ['import "github.com/dynamorm/dynamorm/dynamorm/errs"', ""]
    lines += ["// The targets of errors.Is: one for each code of the taxonomy, and one for each kind.", "var ("]
    for error in spec.errors:
        lines += [f"\t// Err{error.code}: {_sentence(error.summary)}", f"\tErr{error.code} = errs.Err{error.code}"]
        for kind in error.kinds:
            lines += [f"\t// Err{kind.kind}: {_sentence(kind.summary)}", f"\tErr{kind.kind} = errs.Err{kind.kind}"]
    return "\n".join([*lines, ")"]) + "\n"


def _limits(spec: Spec) -> str:
    lines = [header("//", "spec/limits.yaml"), "package schema", "", "// DynamoDB's own numbers.", "const ("]
    for limit in spec.limits:
        lines += [f"\t// {_pascal(limit.name)}: {limit.why}.", f"\t{_pascal(limit.name)} = {limit.value}"]
    return "\n".join([*lines, ")"]) + "\n"


def _capabilities(spec: Spec) -> str:
    lines = [header("//", "spec/capabilities.yaml"), "package dynamorm", ""]
    lines += [
        "// Capabilities names what this library can do, as the contract suite knows it.",
        "var Capabilities = []string{",
    ]
    lines += [f"\t{_quote(capability.name)}," for capability in spec.capabilities if capability.tier in TIERS]
    return "\n".join([*lines, "}"]) + "\n"


def _versions(dms: str) -> str:
    listed = ", ".join(_quote(version) for version in dms_versions(dms))
    lines = [header("//", "spec/VERSION"), "package schema", ""]
    lines += [
        "// Version is the version of DMS that this library keeps, and that it writes into documents.",
        f"const Version = {_quote(dms)}",
        "",
        "// versions are those of the documents that it reads, oldest first.",
        f"var versions = []string{{{listed}}}",
    ]
    return "\n".join(lines) + "\n"


def emit(spec: Spec) -> dict[str, str]:
    """Give the Go library's generated files."""
    return {
        "dynamorm/errs/catalogue_gen.go": _catalogue(spec),
        "dynamorm/errors_gen.go": _reexports(spec),
        "dynamorm/schema/limits_gen.go": _limits(spec),
        "dynamorm/schema/version_gen.go": _versions(spec.dms),
        "dynamorm/capabilities_gen.go": _capabilities(spec),
    }
