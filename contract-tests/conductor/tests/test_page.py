"""The page's data: equal transcripts are kept once, long values are cut and say so, and the page needs nothing else."""

from __future__ import annotations

import base64
import gzip
import json
import re

from dynamorm_contract.page import LIST_MAX, TEXT_MAX, assemble, cut


def test_long_texts_and_lists_are_cut_and_say_so() -> None:
    assert cut("x" * TEXT_MAX) == "x" * TEXT_MAX
    assert cut("x" * 400_000) == "x" * TEXT_MAX + "… (400000 characters)"
    assert cut({"a": list(range(LIST_MAX + 5))})["a"][-1] == f"… ({LIST_MAX + 5} elements)"
    assert len(cut({str(number): number for number in range(1000)})) == LIST_MAX + 1


def test_the_page_is_one_file_that_holds_its_data() -> None:
    page = assemble({"note": "</script> & é"})
    packed = re.findall(r'id="data">([^<]*)</script>', page)
    assert json.loads(gzip.decompress(base64.b64decode(packed[0]))) == {"note": "</script> & é"}
    assert re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page) == []
    assert "/*STYLE*/" not in page
    assert "/*PROGRAM*/" not in page


def test_the_same_data_gives_the_same_page() -> None:
    assert assemble({"a": 1}) == assemble({"a": 1})
