"""The Go library's generated files: the error catalogue and DynamoDB's limits."""

from __future__ import annotations

from generators import ErrorCode, Spec, header

HOUSE = "dynamorm"


def emit(spec: Spec) -> dict[str, str]:
    """Give each generated file's text, by its path from the repository's root."""
    return {
        f"{HOUSE}/errs/catalogue.go": _catalogue(spec),
        f"{HOUSE}/limits/limits.go": _limits(spec),
        f"{HOUSE}/sentinels.go": _sentinels(spec),
    }


def _catalogue(spec: Spec) -> str:
    out = [
        header("//", "spec/errors.yaml"),
        "package errs",
        "",
        "// The codes, in the order of the specification.",
        "const (",
    ]
    for code in spec.errors:
        out += [f"\t// {code.code}: {code.summary}", f'\t{code.code} Code = "{code.code}"']
    out += [")", "", "// The kinds, finer than a code.", "const ("]
    for kind in (kind for code in spec.errors for kind in code.kinds):
        out += [f"\t// {kind.kind}: {kind.summary}", f'\t{kind.kind} Kind = "{kind.kind}"']
    out += [")", "", "var defaults = map[Code]traits{"]
    out += [f"\t{code.code}: {{{_origin(code)}, {str(code.retryable).lower()}}}," for code in spec.errors]
    out += [
        "}",
        "",
        "// codeOfFault maps DynamoDB's error types to codes and to whether a later try can succeed.",
        "var codeOfFault = map[string]fault{",
    ]
    for code in spec.errors:
        for name in code.aws:
            retryable = spec.retryable_aws.get(name, code.retryable)
            out.append(f'\t"{name}": {{{code.code}, {str(retryable).lower()}}},')
    return _aligned([*out, "}", ""])


def _origin(code: ErrorCode) -> str:
    return "Service" if code.origin == "service" else "Client"


def _sentinels(spec: Spec) -> str:
    out = [
        header("//", "spec/errors.yaml"),
        "package dynamorm",
        "",
        'import "github.com/dynamorm/dynamorm/dynamorm/errs"',
        "",
    ]
    out += ["// The errors to ask for with errors.Is, one for each code and kind.", "var ("]
    for code in spec.errors:
        out += [f"\t// Err{code.code}: {code.summary}", f"\tErr{code.code} error = errs.OfCode(errs.{code.code})"]
        for kind in code.kinds:
            out += [f"\t// Err{kind.kind}: {kind.summary}", f"\tErr{kind.kind} error = errs.OfKind(errs.{kind.kind})"]
    return _aligned([*out, ")", ""])


def _limits(spec: Spec) -> str:
    out = [
        header("//", "spec/limits.yaml"),
        "// Package limits holds DynamoDB's own numbers, named.",
        "package limits",
        "",
        "const (",
    ]
    for limit in spec.limits:
        name = "".join(part.capitalize() for part in limit.name.split("_"))
        out += [f"\t// {name}: {limit.why}.", f"\t{name} = {limit.value}"]
    return _aligned([*out, ")", ""])


def _aligned(lines: list[str]) -> str:
    """Lay out the values of a block as gofmt does: runs of neighbouring entries share a column."""
    out: list[str] = []
    run: list[str] = []
    for line in [*lines, ""]:
        entry = line.startswith("\t") and not line.startswith("\t//") and ": {" in line
        if entry:
            run.append(line)
            continue
        width = max((len(one.partition(": ")[0]) for one in run), default=0)
        out += [f"{one.partition(': ')[0] + ':':<{width + 1}} {one.partition(': ')[2]}" for one in run]
        run = []
        out.append(line)
    return "\n".join(out[:-1])
