"""The parity page: what every language did with every case, in one HTML file that needs nothing else.

The data stands in the page as compressed JSON; `assets/parity.js` draws it. Equal transcripts are kept once, long texts are cut.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .differential import normal_transcript

if TYPE_CHECKING:
    from .load import Case
    from .report import Outcome
    from .suite import LanguageRun, Result

ASSETS = Path(__file__).parent / "assets"
TEXT_MAX = 600
LIST_MAX = 120


def page(outcome: Outcome, figures: dict[str, Any], stamp: dict[str, str], selftest: str) -> str:
    """Give the whole page."""
    return assemble(data(outcome, figures, stamp, selftest))


def assemble(content: dict[str, Any]) -> str:
    """Put data, style and program into the frame."""
    packed = base64.b64encode(gzip.compress(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), mtime=0)).decode()
    frame = (ASSETS / "parity.html").read_text(encoding="utf-8")
    parts = {"/*STYLE*/": (ASSETS / "parity.css").read_text(encoding="utf-8"), "/*PROGRAM*/": (ASSETS / "parity.js").read_text(encoding="utf-8"), "<!--DATA-->": packed}
    return re.sub(r"/\*STYLE\*/|/\*PROGRAM\*/|<!--DATA-->", lambda found: parts[found[0]], frame)


def data(outcome: Outcome, figures: dict[str, Any], stamp: dict[str, str], selftest: str) -> dict[str, Any]:
    """Give what the page shows, as one JSON value."""
    kept = _Kept()
    position = {case.id: index for index, case in enumerate(outcome.cases)}
    return {
        "stamp": stamp,
        "figures": figures,
        "selftest": selftest,
        "languages": [_language(run) for run in outcome.runs],
        "requirements": [{"id": one.id, "level": one.level, "text": one.text, "reviewed": one.reviewed} for one in outcome.catalogue.sentences.values()],
        "cases": [_case(case) for case in outcome.cases],
        "results": [_result(outcome.cases[position[result.id]], run.language.key, result, kept) for run in outcome.runs for result in run.results],
        "relay": [_relay(line, outcome, position, kept) for line in outcome.relay.lines],
        "transcripts": kept.values,
    }


class _Kept:
    """Distinct values by position."""

    def __init__(self) -> None:
        """Begin with none."""
        self.values: list[Any] = []
        self._known: dict[str, int] = {}

    def put(self, value: Any) -> int:
        """Keep a value once; give its position."""
        text = json.dumps(value, sort_keys=True)
        if text not in self._known:
            self._known[text] = len(self.values)
            self.values.append(cut(value))
        return self._known[text]


def cut(value: Any) -> Any:
    """Shorten long texts and lists, saying so: nobody reads 400 KB, and the page stays small."""
    if isinstance(value, str):
        return value if len(value) <= TEXT_MAX else f"{value[:TEXT_MAX]}… ({len(value)} characters)"
    if isinstance(value, list):
        rest = [f"… ({len(value)} elements)"] if len(value) > LIST_MAX else []
        return [cut(member) for member in value[:LIST_MAX]] + rest
    if isinstance(value, dict):
        more = {"…": f"({len(value)} members)"} if len(value) > LIST_MAX else {}
        return {cut(key): cut(member) for key, member in list(value.items())[:LIST_MAX]} | more
    return value


def _language(run: LanguageRun) -> dict[str, Any]:
    return {"key": run.language.key, "name": run.language.name, "version": run.hello.get("version", ""), "seconds": round(run.seconds, 1), "problem": run.problem}


def _case(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "template": case.template,
        "tier": case.tier,
        "foreign": case.foreign,
        "relay": bool(case.actors),
        "body": cut({name: member for name, member in case.body.items() if name != "each"}),
    }


def _result(case: Case, language: str, result: Result, kept: _Kept) -> dict[str, Any]:
    verdict = result.verdict
    transcripts = {variant: kept.put(normal_transcript(case, result.target, steps)) for variant, steps in result.transcripts.items()}
    out: dict[str, Any] = {"case": case.id, "target": result.target, "language": language, "status": verdict.status, "ms": verdict.ms, "transcripts": transcripts}
    if verdict.status not in {"pass", "not_supported"}:
        out |= {"code": verdict.code, "at": verdict.at, "message": cut(verdict.message), "variant": result.variant}
    return out


def _relay(line: dict[str, Any], outcome: Outcome, position: dict[str, int], kept: _Kept) -> dict[str, Any]:
    steps = outcome.relay.transcripts.get((line["id"], line["pair"]), [])
    known = {name: line[name] for name in ("id", "pair", "status", "code", "at", "message") if name in line}
    return known | {"transcript": kept.put(normal_transcript(outcome.cases[position[line["id"]]], "live", steps))}
