from __future__ import annotations

import pytest

from dynamorm.documents.locate import line_of

TEXT = """\
%YAML 1.2
---
# a comment
models:
  - name: A
    attributes:
      - { attribute: id,
          type: S }
      - attribute: a/b~c
    tags: { x: 1, x: 2 }
"""


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 4),
        ("/models", 4),
        ("/models/0", 5),
        ("/models/0/attributes/0/type", 8),
        ("/models/0/attributes/1/attribute", 9),
        ("/models/0/attributes/7", 6),
        ("/models/0/tags/x", 10),
        ("/models/0/name/deeper", 5),
        ("/elsewhere", 4),
    ],
)
def test_a_pointer_leads_to_its_line_or_the_nearest_around_it(pointer: str, line: int) -> None:
    assert line_of(TEXT, pointer) == line


def test_json_may_be_indented_by_tabs() -> None:
    assert line_of('{\n\t"a": {\n\t\t"b/c": 1\n\t}\n}\n', "/a/b~1c") == 3


def test_a_text_that_cannot_be_read_has_no_lines() -> None:
    assert line_of("a: [", "/a") is None
