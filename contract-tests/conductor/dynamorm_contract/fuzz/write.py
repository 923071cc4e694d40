"""A finding as a case file: what most languages did is what the others are held to, so the file fails until they agree."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import yaml

from dynamorm_contract.load import is_strong

if TYPE_CHECKING:
    from pathlib import Path

    from .hunt import Transcripts
    from .steps import Program


def case_file(program: Program, transcripts: Transcripts, seed: str) -> dict[str, Any]:
    """Give the case file of a program, with the answers and requests of the majority."""
    steps = [_step(step, [transcript[index] for transcript in transcripts.values() if index < len(transcript)]) for index, step in enumerate(program.steps)]
    body: dict[str, Any] = {"id": "fuzz-finding", "title": f"the languages agree where the fuzzer found them differ (seed {seed})", "targets": [program.target]}
    body |= ({"client": program.client} if program.client else {}) | {"models": [program.document["models"][0]["name"]], "steps": steps}
    if not is_strong(body):
        steps[0]["expect"] = {"result": {}}
    return {"schema_version": "1.0", "suite": "fuzz.finding", "tier": "P0", "cases": [body]}


def _step(step: dict[str, Any], entries: list[dict[str, Any]]) -> dict[str, Any]:
    out = {name: value for name, value in step.items() if name != "expect"}
    if not entries:
        return {**out, "expect": {"result": {"$$any": True}}}
    texts = Counter(json.dumps({"wire": entry.get("wire", []), "answer": _asserted(entry["answer"])}, sort_keys=True) for entry in entries)
    chosen = json.loads(texts.most_common(1)[0][0])
    replies = [{name: exchange[name] for name in ("reply",) if name in exchange} for exchange in step.get("wire", [])]
    wire = [{"op": one["op"], "request": {"$$exact": one["body"]}, **(replies[index] if index < len(replies) else {})} for index, one in enumerate(chosen["wire"])]
    return {**out, **({} if step["do"].startswith("fn.") else {"wire": wire}), "expect": chosen["answer"]}


def _asserted(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        error = answer["error"]
        members = {name: error[name] for name in ("code", "kind", "origin", "path") if name in error}
        return {"error": members if "path" in error else {**members, "path": {"$$exists": False}}}
    return {"result": answer.get("result", {})}


def write_case(folder: Path, program: Program, transcripts: Transcripts, seed: str) -> str:
    """Write the model and the case into a folder for `CASES=`; give the texts of both."""
    parts = {"models/fuzz.dms.yaml": program.document, "cases/finding.yaml": case_file(program, transcripts, seed)}
    out = []
    for name, value in parts.items():
        text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=180, default_flow_style=None)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        out.append(f"# {name}\n{text}")
    return "\n".join(out)
