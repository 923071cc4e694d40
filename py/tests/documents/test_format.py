from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from dynamorm import canonical_dms
from dynamorm.documents import format as formatting
from dynamorm.documents.format import format_dms, is_json
from dynamorm.documents.tree import all_comments, parse
from dynamorm.errors import InvalidModelError

from .corpus import FILES, text_of

if TYPE_CHECKING:
    from pathlib import Path

WILD = """\
# Head of the file,
# two lines.


models:   # all of them

  # The order.
  - name: 'Order'   # the name
    # keys come late
    table: {name: orders}


    attributes:
      - {type: S, attribute: id, required: true} # the id
      # A list
      - attribute: lines
        type: L
        items: { type: M, attributes: [ # inside
           {attribute: sku, type: S}, # sku
           # last
           ] } # end
      # at the end of attributes
    keys: # keys
      partition:
          attribute: id
          # before the type
          type: S
    tags:
      text: |  # a block
        several

        lines
      folded: >
        a
        b
      note: "a: b"
      num: 1e3
      word: 'yes'
      empty:
      list:
        -
          # in a list
          one: 1
        - [ ]
dms_version: "1.0" # version
# the very end
"""
TAME = """\
# Head of the file,
# two lines.

dms_version: "1.0" # version
models: # all of them
  # The order.
  - name: Order # the name
    # keys come late
    table: { name: orders }
    keys: # keys
      partition:
        attribute: id
        # before the type
        type: S

    attributes:
      - { attribute: id, type: S, required: true } # the id
      # A list
      - attribute: lines
        type: L
        items: # end
          type: M
          attributes: # inside
            - { attribute: sku, type: S } # sku
            # last
      # at the end of attributes
    tags:
      text: | # a block
        several

        lines
      folded: |
        a b
      note: "a: b"
      num: 1e3
      word: "yes"
      empty: null
      list:
        # in a list
        - one: 1
        - []
# the very end
"""


def test_a_document_gets_one_style_and_keeps_every_comment() -> None:
    assert format_dms(WILD) == TAME


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_document_of_the_suite_keeps_its_meaning_and_is_done_after_one_time(path: Path) -> None:
    text = text_of(path)
    once = format_dms(text)
    assert format_dms(once) == once
    assert canonical_dms(once) == canonical_dms(text)
    json_like = is_json(text)
    before, after = (Counter(all_comments(parse(one, is_json=json_like))) for one in (text, once))
    assert before == after
    assert is_json(once) == json_like


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_comment_of_a_documents_lines_is_lost(path: Path) -> None:
    once = format_dms(text_of(path))
    if is_json(once):
        return
    commented = "".join(
        f"{line} # c{number}\n" if line.rstrip().endswith((":", "}", "]")) and "#" not in line else f"{line}\n"
        for number, line in enumerate(once.splitlines())
    )
    try:
        canonical = canonical_dms(commented)
    except InvalidModelError:  # the line was one of a block of text
        return
    again = format_dms(commented)
    assert again.count(" # c") == commented.count(" # c")
    assert canonical_dms(again) == canonical
    assert format_dms(again) == again


def test_a_result_that_means_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting, "render", lambda _: TAME.replace("sku", "ski"))
    with pytest.raises(InvalidModelError, match="would not mean the same"):
        format_dms(WILD)


def test_a_result_without_a_comment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatting, "render", lambda _: TAME.replace(" # sku", ""))
    with pytest.raises(InvalidModelError, match="would lose a comment"):
        format_dms(WILD)


def test_json_stays_json() -> None:
    text = (
        '{"models":[{"table":{"name":"abc"},"name":"A","keys":{"partition":{"attribute":"id","type":"S"}},\t'
        '"attributes":[{"attribute":"id","type":"S","required":true}],'
        '"tags":{"n":1.50,"t":"\\ud83d\\ude00\\u007f"}}],"dms_version":"1.0"}'
    )
    assert (
        format_dms(text)
        == """\
{
  "dms_version": "1.0",
  "models": [
    {
      "name": "A",
      "table": { "name": "abc" },
      "keys": { "partition": { "attribute": "id", "type": "S" } },
      "attributes": [{ "attribute": "id", "type": "S", "required": true }],
      "tags": { "n": 1.50, "t": "\U0001f600\x7f" }
    }
  ]
}
"""
    )


def test_an_invalid_document_is_refused() -> None:
    with pytest.raises(InvalidModelError):
        format_dms("dms_version: '1.0'\n")
