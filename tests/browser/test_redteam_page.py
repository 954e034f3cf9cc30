"""The red team's page from a file in Chromium: nothing is fetched, and the choices change what is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, expect

from monitors.redteam.page import Facts
from monitors.redteam.page import page as redteam_page
from monitors.redteam.trial import Arm
from tests.monitors.redteam.cells import cell


def test_the_page_stands_alone_and_follows_the_choice(tmp_path: Path, browser: Browser) -> None:
    cells = [cell(), cell(size=64), replace(cell(flagged=0), against=Arm.SHAM)]
    facts = Facts(datetime(2026, 1, 1, tzinfo=UTC), ("a.jsonl",), (("model", 3),), ("byte_channels v1",), (16,), 60)
    file = tmp_path / "redteam.html"
    file.write_text(redteam_page(cells, facts), encoding="utf-8")
    fetched, complaints = list[str](), list[str]()
    context = browser.new_context()
    page = context.new_page()
    page.on("request", lambda request: fetched.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())
    expect(page.get_by_role("cell").filter(has_text="found").first).to_be_visible()
    expect(page.locator("#plot .scatterlayer .trace").first).to_be_visible()
    expect(page.get_by_text("gets through").first).to_be_hidden()
    page.get_by_label("sham").check()
    expect(page.get_by_role("cell").filter(has_text="gets through").first).to_be_visible()
    expect(page.get_by_role("cell").filter(has_text="found")).to_have_count(0)
    assert [url for url in fetched if not url.startswith(("file:", "data:", "blob:"))] == []
    assert complaints == []
    context.close()
