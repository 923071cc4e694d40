"""Cases and models from their files: strict, expanded row by row, linted. What is wrong with a file is an error here, never a failed case."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import yaml

from .durations import UNITS, duration, milliseconds
from .envelopes import written_out
from .grouping import models_of
from .match import CaseError, is_operator
from .yamlload import load_yaml

if TYPE_CHECKING:
    from .catalogue import Catalogue


def _root() -> Path:
    """Find the folder of spec/ and contract-tests/: the repository, or what the wheel of the library brought along."""
    here = Path(__file__).resolve()
    brought = here.parent / "_suite"
    return brought if brought.is_dir() else here.parents[3]


ROOT = _root()
SUITE = ROOT / "contract-tests"
DEFAULT_NOW = "2026-01-02T03:04:05.000006Z"
INDEX, CANONICAL = "index.yaml", ".canonical.json"
WEAK = {"$$any", "$$exists", "$$type"}
# What this process has found valid: a process that loads the suite again, as its own tests do, need not ask the schema again.
VALID: set[bytes] = set()
ROW = re.compile(r"\$\{row\.([a-z0-9_]+)\}")

Document = dict[str, Any]
Model = dict[str, Any]


class LoadError(Exception):
    """A case or model file that cannot be used; says which and why."""


@dataclass(frozen=True)
class Case:
    """One execution's worth of a case: rows are filled in, targets not yet chosen."""

    id: str
    template: str
    tier: str
    body: dict[str, Any]
    models: dict[str, Model]
    documents: list[Document]
    folder: Path
    foreign: bool = False

    @property
    def covers(self) -> list[str]:
        """Give the requirement IDs."""
        return list(self.body.get("covers", []))

    @property
    def targets(self) -> list[str]:
        """Give the targets it runs on."""
        return list(self.body["targets"])

    @property
    def actors(self) -> list[str]:
        """Give the actors of a relay case, none for others."""
        return list(self.body.get("actors", []))

    def open_message(self) -> dict[str, Any]:
        """Give the members of the runner's `open` that come from the case."""
        client = self.body.get("client", {})
        extra = {name: client[name] for name in ("table_prefix", "table_names", "cursor_secrets", "encrypt_cursor") if name in client}
        if "random" in client:
            extra["random"] = [float(number) for number in client["random"]]
        if "encryption" in client:
            extra["encryption"] = _encryption(client["encryption"])
        extra |= {name: client[name] for name in ("nonces", "sleeper") if name in client}
        if "batch" in client:
            extra["batch"] = {name if name == "max_attempts" else f"{name}_ms": value if name == "max_attempts" else milliseconds(value) for name, value in client["batch"].items()}
        return {
            "documents": self.documents,
            "region": "us-east-1",
            "now_ns": str(nanoseconds(client.get("now", DEFAULT_NOW))),
            "tick_ns": str(duration(client.get("tick", "0s"))),
            "ids": client.get("ids", []),
            "sdk_retries": client.get("sdk_retries", 0),
            "sdk_timeout_ms": milliseconds(client.get("sdk_timeout", "0s")),
            **extra,
        }


def _encryption(given: dict[str, Any]) -> dict[str, Any]:
    """Give the setting of encryption as the pipe has it: the cache's age in milliseconds."""
    if "cache" not in given:
        return given
    cache = {("max_age_ms" if name == "max_age" else name): milliseconds(value) if name == "max_age" else value for name, value in given["cache"].items()}
    return {**given, "cache": cache}


def nanoseconds(text: str) -> int:
    """Turn an RFC 3339 text in UTC into nanoseconds since the epoch."""
    seconds, _, fraction = text.removesuffix("Z").partition(".")
    whole = datetime.fromisoformat(seconds + "+00:00") - datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return (whole.days * 86_400 + whole.seconds) * UNITS["s"] + int((fraction or "0").ljust(9, "0"))


@dataclass
class Models:
    """The documents of a folder, model by model."""

    models: dict[str, Model] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Models:
        """Read every document of a folder."""
        out = cls()
        for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml"), *folder.glob("*.json")]):
            document = _read(path)
            for model in document.get("models", []):
                if model["name"] in out.models:
                    raise LoadError(f"{path}: the model {model['name']} exists already")
                out.models[model["name"]] = model
                out.documents[model["name"]] = document
        return out

    def over(self, other: Models) -> Models:
        """Give the models of both, mine first."""
        return Models(other.models | self.models, other.documents | self.documents)

    def pick(self, names: list[str]) -> tuple[dict[str, Model], list[Document]]:
        """Give the named models and the documents cut down to them."""
        picked: dict[str, Model] = {}
        by_document: dict[int, Document] = {}
        for name in names:
            if name not in self.models:
                raise LoadError(f"unknown model {name}")
            picked[name] = self.models[name]
            source = self.documents[name]
            target = by_document.setdefault(id(source), {key: value for key, value in source.items() if key != "models"} | {"models": []})
            target["models"].append(self.models[name])
        return picked, list(by_document.values())


def _read(path: Path) -> Any:
    try:
        return load_yaml(path)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LoadError(f"{path}: {error}") from error


def case_schema() -> dict[str, Any]:
    """Give the JSON Schema of a case file."""
    schema: dict[str, Any] = json.loads((ROOT / "spec/schemas/case-1.0.schema.json").read_text(encoding="utf-8"))
    return schema


def substitute(value: Any, row: dict[str, Any]) -> Any:
    """Fill `${row.x}` in: a text that is nothing else takes the row's value with its type."""
    if isinstance(value, str):
        whole = ROW.fullmatch(value)
        if whole:
            return copy.deepcopy(_cell(row, whole[1]))
        return ROW.sub(lambda found: str(_cell(row, found[1])), value)
    if isinstance(value, list):
        return [substitute(member, row) for member in value]
    if isinstance(value, dict):
        return {substitute(key, row): substitute(member, row) for key, member in value.items()}
    return value


def repeat(value: Any) -> Any:
    """Write `{$$repeat: [x, n]}` out: a text n times over, anything else spliced n times into the list around it.

    `{$$count: [x, first, last]}` is spliced once for each number, which stands for `${i}` in x.
    """
    if isinstance(value, dict):
        if set(value) == {"$$count"}:
            member, first, last = value["$$count"]
            return [_numbered(repeat(member), number) for number in range(first, last + 1)]
        if set(value) == {"$$repeat"}:
            text, count = value["$$repeat"]
            return text * count if isinstance(text, str) else [repeat(text)] * count
        return {key: repeat(member) for key, member in value.items()}
    if isinstance(value, list):
        out: list[Any] = []
        for member in value:
            written = repeat(member)
            spliced = isinstance(member, dict) and set(member) in ({"$$repeat"}, {"$$count"}) and isinstance(written, list)
            out += written if spliced else [written]
        return out
    return value


def _numbered(value: Any, number: int) -> Any:
    if isinstance(value, str):
        return value.replace("${i}", str(number))
    if isinstance(value, list):
        return [_numbered(member, number) for member in value]
    return {_numbered(key, number): _numbered(member, number) for key, member in value.items()} if isinstance(value, dict) else value


def rows_of(path: Path, each: dict[str, Any]) -> list[dict[str, Any]]:
    """Make the rows that a case does not list itself: one for each file of a folder, or for each word of a file."""
    if set(each) == {"files"}:
        return file_rows(path, each)
    if set(each) == {"words"} and (ROOT / str(each["words"])).is_file():
        return [{"row": word.lower(), "word": word, "initial": word[0]} for word in (ROOT / each["words"]).read_text(encoding="utf-8").split()]
    raise LoadError(f"{path}: rows are a list, a folder of files, or the words of a file")


def file_rows(path: Path, each: dict[str, Any]) -> list[dict[str, Any]]:
    """Make a row of each file of a folder: what its `index.yaml` says of the file, the row's name, and the file's place."""
    name = each["files"]
    folder = next((parent / name for parent in path.parents if (parent / name / INDEX).is_file()), None)
    if folder is None:
        raise LoadError(f"{path}: no {name}/{INDEX}")
    listed = _read(folder / INDEX)
    there = {file.name for file in folder.iterdir() if file.name != INDEX and not file.name.endswith(CANONICAL)}
    if set(listed) != there:
        raise LoadError(f"{folder / INDEX}: listed without a file, or a file that is not listed: {', '.join(sorted(set(listed) ^ there))}")
    return [{"row": file.partition(".")[0], "file": f"{name}/{file}", "canonical": f"{name}/{file.partition('.')[0]}{CANONICAL}", **row} for file, row in listed.items()]


def _written(path: Path, template: Any, body: Any) -> Any:
    """Make the envelopes and the merged maps of a case, once its rows are filled in."""
    try:
        return merged(written_out(body))
    except (CaseError, KeyError, TypeError, ValueError) as error:
        raise LoadError(f"{path}: {template}: {error!r}") from error


def merged(value: Any) -> Any:
    """Write `{$$merge: [map, map, …]}` out, where later members stand in the place of earlier ones and null takes one away; and `{$$concat: [list, list, …]}`."""
    if isinstance(value, dict):
        if set(value) == {"$$concat"}:
            return [merged(member) for part in value["$$concat"] for member in part]
        if set(value) == {"$$merge"}:
            whole: dict[str, Any] = {}
            for part in value["$$merge"]:
                whole |= merged(part)
            return {key: member for key, member in whole.items() if member is not None}
        return {key: merged(member) for key, member in value.items()}
    return [merged(member) for member in value] if isinstance(value, list) else value


def _cell(row: dict[str, Any], name: str) -> Any:
    if name not in row:
        raise LoadError(f"the row {row.get('row')} has no {name}")
    return row[name]


class Loader:
    """Loads the case files of one folder against one set of models."""

    def __init__(self, models: Models, catalogue: Catalogue, *, foreign: bool = False, schema: dict[str, Any] | None = None) -> None:
        """Take what the cases may refer to."""
        self.models, self.catalogue, self.foreign = models, catalogue, foreign
        self.validator = jsonschema.Draft202012Validator(schema or case_schema())
        self.schema_mark = _mark(self.validator.schema)
        self.seen: dict[str, Path] = {}

    def folder(self, folder: Path) -> list[Case]:
        """Load every case of a folder, in the order of file names."""
        return [case for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]) for case in self.file(path)]

    def file(self, path: Path) -> list[Case]:
        """Load one file."""
        document = _read(path)
        if not isinstance(document, dict) or not isinstance(document.get("cases"), list) or not document["cases"]:
            self._validate(path, document)
            raise LoadError(f"{path}: no cases")
        unused = unused_definitions(path) if "defs" in document else []
        if unused:
            raise LoadError(f"{path}: nothing uses the definitions {', '.join(unused)}")
        return [case for body in document["cases"] for case in self._template(path, document, body)]

    def _template(self, path: Path, document: dict[str, Any], body: Any) -> list[Case]:
        template = body.get("id") if isinstance(body, dict) else None
        body = repeat(body)
        rows = body.get("each") if isinstance(body, dict) else None
        if isinstance(rows, dict):
            rows = rows_of(path, rows)
        if isinstance(template, str):
            if template in self.seen:
                raise LoadError(f"{path}: the case {template} exists already in {self.seen[template]}")
            self.seen[template] = path
        if not rows:
            body = _written(path, template, body)
            self._validate(path, {**document, "cases": [body]})
            return [self._case(path, document, body, None)]
        names = [row.get("row") for row in rows if isinstance(row, dict)]
        if len(set(names)) != len(rows):
            raise LoadError(f"{path}: {template}: rows without a name, or with the same one")
        out = []
        for row in rows:
            rest = {key: value for key, value in body.items() if key != "each"}
            filled = _written(path, template, substitute(rest, row))
            self._validate(path, {**document, "cases": [{**filled, "each": [row]}]})
            out.append(self._case(path, document, filled, row.get("row", "")))
        return out

    def _validate(self, path: Path, document: Any) -> None:
        mark = self.schema_mark + _mark(document)
        if mark in VALID:
            return
        errors = sorted(self.validator.iter_errors(document), key=lambda error: (-len(error.absolute_path), str(error.message)))
        if errors:
            cases = document.get("cases") if isinstance(document, dict) else None
            name = cases[0].get("id", "") if isinstance(cases, list) and cases and isinstance(cases[0], dict) else ""
            raise LoadError(f"{path}: {name}: {errors[0].json_path}: {errors[0].message[:300]}")
        VALID.add(mark)

    def _case(self, path: Path, document: dict[str, Any], body: dict[str, Any], row: str | None) -> Case:
        name = body["id"] if row is None else f"{body['id']}/{row}"
        try:
            used = _models_used(document, body)
            models, documents = self.models.pick(used)
            self._lint(body)
        except (LoadError, CaseError) as error:
            raise LoadError(f"{path}: {name}: {error}") from error
        prefix = "foreign/" if self.foreign else ""
        return Case(prefix + name, prefix + body["id"], document["tier"], body, models, documents, path.parent, self.foreign)

    def _lint(self, body: dict[str, Any]) -> None:
        self._lint_references(body)
        if "must_fail" not in body and not is_strong(body):
            raise LoadError("vacuous: nothing is asserted")
        if (
            not self.foreign
            and "live" in body["targets"]
            and any("reply" in exchange for step in body["steps"] for exchange in step.get("wire", []))
            and "wire" not in body["targets"]
        ):
            raise LoadError("a reply is scripted, but the case does not run on the wire target")
        actors = set(body.get("actors", []))
        if any(step.get("as") not in (actors or {None}) for step in body["steps"]):
            raise LoadError("in a relay case every step has an actor, in others none")

    def _lint_references(self, body: dict[str, Any]) -> None:
        # Cases from outside may cite requirements of their own, or none.
        for requirement in () if self.foreign else body.get("covers", []):
            if requirement not in self.catalogue.requirements and not requirement.startswith("DMS-ST-"):
                raise LoadError(f"unknown requirement {requirement}")
        if "covers" not in body and not self.foreign:
            raise LoadError("a case of the suite says what it covers")
        if not self.foreign and body.get("level", "must") == "must" and body.get("covers"):
            levels = {self.catalogue.requirements.get(requirement, "MUST") for requirement in body["covers"]}
            if not levels & {"MUST", "MUST NOT"}:
                raise LoadError("level must, but covers no MUST")
        for capability in body.get("requires", []):
            if capability not in self.catalogue.capabilities:
                raise LoadError(f"unknown capability {capability}")
        for step in body["steps"]:
            code = step["expect"].get("error", {}).get("code")
            if code is not None and code not in self.catalogue.codes:
                raise LoadError(f"unknown error code {code}")


def _mark(value: Any) -> bytes:
    """Give what tells one document from another, types included."""
    return hashlib.sha256(repr(value).encode()).digest()


def _models_used(document: dict[str, Any], body: dict[str, Any]) -> list[str]:
    names = [*document.get("models", []), *body.get("models", [])]
    names += [step["on"] for step in body["steps"] if "on" in step]
    names += [name for step in body["steps"] for name in step.get("args", {}).get("models", [])]
    names += [step["args"]["target"] for step in body["steps"] if "target" in step.get("args", {})]
    names += [name for step in body["steps"] for name in models_of(step.get("args", {}))]
    names += list(body.get("outcome", {})) + [name for member in ("items", "absent", "streams") for name in body.get("given", {}).get(member, [])]
    return list(dict.fromkeys(names))


def is_strong(body: dict[str, Any]) -> bool:
    """Tell whether a case asserts anything: an outcome, an error, a request, or a result beyond `$$any`."""
    if "outcome" in body or "open_error" in body:
        return True
    for step in body["steps"]:
        if "error" in step["expect"] or any("request" in exchange for exchange in step.get("wire", [])):
            return True
        if step.get("wire") == [] or "kms" in step or _strong_result(step["expect"].get("result")):
            return True
    return False


def _strong_result(result: Any) -> bool:
    if not isinstance(result, dict) or is_operator(result):
        return isinstance(result, dict) and not WEAK & set(result)
    return not result or any(not (is_operator(value) and WEAK & set(value)) for value in result.values())


def unused_definitions(path: Path) -> list[str]:
    """Name the `defs` of a file whose anchor nothing uses."""
    text = path.read_text(encoding="utf-8")
    anchors = set(re.findall(r"&([A-Za-z0-9_-]+)", text))
    return sorted(anchors - set(re.findall(r"\*([A-Za-z0-9_-]+)", text)))
