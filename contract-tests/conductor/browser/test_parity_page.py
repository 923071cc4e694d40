"""The parity page in a browser: opened from a file, filtered, searched, drilled into; by keyboard, on a phone, in the dark."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dynamorm_contract.load import ROOT
from dynamorm_contract.page import assemble
from playwright.sync_api import ViewportSize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

REAL = ROOT / "build/contract/parity.html"
NAMES = {"py": "Python", "ts": "TypeScript", "go": "Go"}
SCREENS = ROOT / "build/contract/screens"
DESK, PHONE = ViewportSize(width=1200, height=900), ViewportSize(width=360, height=740)
ATTACK = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">"


def transcript(table: str, code: str) -> list[dict[str, Any]]:
    answer = {"error": {"code": code, "origin": "service"}}
    return [{"do": "delete", "wire": [{"op": "DeleteItem", "body": {"TableName": table, "Key": {"id": {"S": "a"}}}}], "answer": answer}]


def fixture_content() -> dict[str, Any]:
    """Two requirements and two cases in two languages; the second language sends another table and answers another code."""
    step = {
        "do": "delete",
        "on": "Note",
        "args": {"key": {"id": "a"}},
        "wire": [{"op": "DeleteItem", "request": {"TableName": "notes"}}],
        "expect": {"error": {"code": "ItemNotFound"}},
    }
    cases = [
        {"id": name, "template": name, "tier": "P0", "foreign": False, "relay": False, "body": {"title": title, "covers": covers, "targets": ["wire"], "steps": [step]}}
        for name, title, covers in (("p0-good", "all is well", ["DMS-ABC-001"]), ("p0-bad", f"this one fails {ATTACK}", ["DMS-XYZ-001"]))
    ]
    rows = [("p0-good", "py", 0), ("p0-good", "ts", 0), ("p0-bad", "py", 0), ("p0-bad", "ts", 1)]
    results = [{"case": case, "target": "wire", "language": language, "status": "pass", "ms": 1, "transcripts": {"typed": kept}} for case, language, kept in rows]
    # Two transcripts that were cut to one look.
    results += [{"case": "p0-bad", "target": "live", "language": language, "status": "pass", "ms": 1, "transcripts": {"typed": kept}} for language, kept in (("py", 0), ("ts", 2))]
    results[3] |= {"status": "fail", "code": "ERROR_MISMATCH", "at": "/steps/0/expect/error/code", "message": ATTACK, "variant": "typed"}
    return {
        "stamp": {"commit": "0123456789abcdef", "date": "2026-01-02T03:04:05Z"},
        "figures": {
            "templates": {"P0": 2},
            "requirements": {"must": 2, "covered": 1},
            "relay": {"planned": 0, "passed": 0},
            "mutants": {"planned": 0, "killed": {}},
            "differential": {"compared": 2, "different": 1, "waived": 0},
        },
        "selftest": "",
        "languages": [{"key": key, "name": name, "version": "1.2.3", "seconds": 1.0, "problem": None} for key, name in (("py", "Python"), ("ts", "TypeScript"))],
        "requirements": [{"id": name, "level": "MUST", "text": text, "reviewed": False} for name, text in (("DMS-ABC-001", "It holds `this`."), ("DMS-XYZ-001", ATTACK))],
        "cases": cases,
        "results": results,
        "relay": [],
        "transcripts": [transcript("notes", "ItemNotFound"), transcript("others", "ServiceError"), transcript("notes", "ItemNotFound")],
    }


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page from its file; an error in its program fails the test."""
    errors: list[str] = []
    pages: list[Page] = []

    def go(path: Path, address: str = "#/", *, phone: bool = False, dark: bool = False) -> Page:
        one = browser.new_page(viewport=PHONE if phone else DESK, color_scheme="dark" if dark else "light")
        one.on("pageerror", lambda error: errors.append(str(error)))
        one.goto(path.as_uri() + address)
        one.wait_for_selector("html[data-ready]")
        pages.append(one)
        return one

    yield go
    for one in pages:
        one.close()
    assert errors == []


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    path = tmp_path / "parity.html"
    path.write_text(assemble(fixture_content()), encoding="utf-8")
    return path


def shoot(page: Page, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    picture = page.screenshot(path=SCREENS / f"{name}.png")
    assert len(picture) > 1000


def colour(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_the_real_page_shows_what_the_run_did(open_page: Callable[..., Page]) -> None:
    assert REAL.exists(), "build/contract/parity.html is not there: run `make contract` first"
    figures = json.loads((ROOT / "build/contract/summary.json").read_text(encoding="utf-8"))
    page = open_page(REAL)
    head = page.inner_text("#tiers")
    for key, row in figures["languages"].items():
        # One cell a tier; its words for a reader who sees no sign begin with the language.
        cells = re.findall(rf"^{NAMES[key]} [a-z ]+(\d+) of (\d+)$", head, re.MULTILINE)
        assert [sum(map(int, numbers)) for numbers in zip(*cells, strict=True)] == [row["passed"], row["planned"]]
    assert f"{figures['requirements']['covered']} of {figures['requirements']['must']}" in page.inner_text("#figures")
    assert page.locator("main tbody tr").count() >= figures["requirements"]["must"]
    shoot(page, "requirements")
    page.click("nav a[href='#/cases']")
    page.wait_for_selector("main h2:has-text('Cases')", state="attached")
    assert page.locator("main tbody tr").count() == sum(figures["templates"].values())
    page.fill("#search", "p0-create-golden")
    assert page.locator("main tbody tr").count() >= 1
    page.locator("main tbody a").first.click()
    page.wait_for_selector("#wire-difference")
    assert "Equal in all languages" in page.inner_text("#sides")
    assert "PutItem" in page.inner_text("#sides")
    shoot(page, "case")
    page.click("nav a[href='#/relay']")
    page.wait_for_selector("h2:has-text('What one language wrote')")
    shoot(page, "relay")


def test_a_list_is_filtered_and_searched(open_page: Callable[..., Page], planted: Path) -> None:
    page = open_page(planted)
    rows = page.locator("main tbody tr")
    assert rows.count() == 2
    page.select_option("#filter-status", "fail")
    assert rows.count() == 1
    assert "DMS-XYZ-001" in rows.first.inner_text()
    page.select_option("#filter-status", "")
    page.select_option("#filter-family", "ABC")
    assert "DMS-ABC-001" in rows.first.inner_text()
    page.select_option("#filter-family", "")
    page.fill("#search", "p0-good")  # a requirement is found by its cases, too
    assert rows.count() == 1
    assert page.inner_text("#count") == "1 of 2"
    page.fill("#search", "nowhere")
    assert rows.count() == 0


def test_a_failure_is_drilled_down_to_request_expected_and_actual(open_page: Callable[..., Page], planted: Path) -> None:
    page = open_page(planted)
    page.click("main a:has-text('DMS-XYZ-001')")
    page.click("main a:has-text('p0-bad')")
    assert page.url.endswith("#/case/p0-bad")
    note = page.inner_text(".note.bad >> nth=0")
    assert "ERROR_MISMATCH" in note
    assert "/steps/0/expect/error/code" in note
    step = page.locator(".step").first
    assert [step.locator("h4").nth(position).inner_text() for position in range(1, 5)] == ["Expected on the wire", "Actual requests", "Expected answer", "Actual answer"]
    assert [line.strip() for line in page.locator("pre .here").all_inner_texts()] == ['"code": "ItemNotFound"', '"code": "ServiceError",']


def test_the_wire_difference_between_languages_is_shown(open_page: Callable[..., Page], planted: Path) -> None:
    page = open_page(planted, "#/case/p0-bad")
    assert "The runs differ on: wire, live" in page.inner_text("#sides")
    assert [line.strip() for line in page.locator("#wire-difference .removed").all_inner_texts()] == ['"TableName": "others",', '"code": "ServiceError",']
    assert [line.strip() for line in page.locator("#wire-difference .added").all_inner_texts()] == ['"TableName": "notes",', '"code": "ItemNotFound",']
    shoot(page, "difference")
    page.select_option("#left", label="Python, wire")
    page.select_option("#right", label="Python, wire")
    assert page.inner_text("#wire-difference summary") == "Both are equal"
    page.select_option("#left", label="TypeScript, live")
    page.select_option("#right", label="Python, live")
    assert "They differ in what is cut here" in page.inner_text("#wire-difference summary")
    page.goto(planted.as_uri() + "#/case/p0-good")
    page.wait_for_function("document.querySelector('main h2').textContent === 'p0-good'")
    assert "Equal in all languages" in page.inner_text("#sides")


def test_texts_of_cases_and_runs_are_never_markup(open_page: Callable[..., Page], planted: Path) -> None:
    for address in ("#/", "#/cases", "#/case/p0-bad", "#/req/DMS-XYZ-001"):
        page = open_page(planted, address)
        page.wait_for_timeout(50)
        assert page.title() != "taken"
        assert page.locator("main img, main script").count() == 0
        assert ATTACK in page.inner_text("main")


def test_the_keyboard_alone_is_enough(open_page: Callable[..., Page], planted: Path) -> None:
    page = open_page(planted)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("dms-")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "DMS-ABC-001"
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "DMS-XYZ-001"
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.tagName === 'H2' && document.activeElement.textContent === 'DMS-XYZ-001'")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.tagName === 'H2' && document.activeElement.textContent === 'p0-bad'")
    page.keyboard.press("Escape")
    page.wait_for_function("location.hash === '#/cases'")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement !== document.body")


@pytest.mark.parametrize("address", ["#/", "#/cases", "#/case/p0-bad", "#/req/DMS-XYZ-001", "#/relay"])
def test_a_phone_shows_all_without_scrolling_sideways(open_page: Callable[..., Page], planted: Path, address: str) -> None:
    page = open_page(planted, address, phone=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_real_page_fits_a_phone_in_the_dark(open_page: Callable[..., Page]) -> None:
    light = open_page(REAL, phone=True)
    dark = open_page(REAL, phone=True, dark=True)
    assert colour(light) != colour(dark)
    assert dark.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    shoot(light, "phone")
    shoot(dark, "phone-dark")


@pytest.mark.parametrize("dark", [False, True])
def test_every_colour_of_text_stands_out_from_its_ground(open_page: Callable[..., Page], planted: Path, dark: bool) -> None:
    """The contrast that WCAG AA asks of small text."""
    page = open_page(planted, "#/case/p0-bad", dark=dark)
    worst = page.evaluate((Path(__file__).parent / "contrast.js").read_text(encoding="utf-8"))
    assert worst >= 4.5
