from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dynamorm import canonical_dms
from dynamorm.documents.format import format_dms
from dynamorm.errors import InvalidModelError

NOTE: dict[str, Any] = {
    "dms_version": "1.0",
    "models": [
        {
            "name": "Note",
            "table": {"name": "notes"},
            "keys": {"partition": {"attribute": "id", "type": "S"}},
            "attributes": [{"attribute": "id", "type": "S", "required": True}],
        }
    ],
}
TEXTS = st.text(max_size=8) | st.sampled_from(
    [
        "",
        " ",
        "yes",
        "~",
        "1.0",
        "a: b",
        "a #b",
        "- a",
        "? a",
        "a:",
        "#",
        "a\nb",
        "a\nb\n",
        " a\n",
        "a\n\n",
        "<<",
        "{}",
        "a,b",
        "%YAML",
        "---",
        "...",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


@given(tags=st.dictionaries(TEXTS, JSON, max_size=4), as_json=st.booleans())
def test_what_is_under_tags_is_kept_whatever_it_is(tags: dict[str, Any], as_json: bool) -> None:  # noqa: FBT001
    text = json.dumps(NOTE | {"tags": tags})
    if not as_json:
        text = f"# a comment\n{text}"
    try:
        canonical = canonical_dms(text)
    except InvalidModelError:  # a noncharacter
        return
    once = format_dms(text)
    assert canonical_dms(once) == canonical
    assert format_dms(once) == once


@given(text=TEXTS)
def test_a_block_of_text_is_kept(text: str) -> None:
    lines = "".join(f"      {line}\n" for line in text.split("\n"))
    document = "# a comment\n" + json.dumps(NOTE)[:-1] + "}\n"
    plain = f'dms_version: "1.0"\ntags:\n    a: |\n{lines}    b: 1 # kept\nmodels: {json.dumps(NOTE["models"])}\n'
    for one in (document, plain):
        try:
            canonical = canonical_dms(one)
        except InvalidModelError:
            continue
        once = format_dms(one)
        assert canonical_dms(once) == canonical
        assert format_dms(once) == once
