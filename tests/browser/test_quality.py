"""How good a monitor is on the demo's labelled transcripts: drawn, chosen, compared, and a threshold made live."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.house import ROOT, House
from tests.browser.test_monitors import picture

Visitor = Callable[..., Page]
BUNDLE = ROOT / "oversight" / "demo" / "data" / "transcripts.jsonl.gz"
CHARTS = ("roc", "precision-recall", "scores", "reliability")


def records() -> list[dict[str, Any]]:
    """Those of the demo that say whether the answer is right, and those that we planted."""
    with gzip.open(BUNDLE, "rt") as lines:
        found = [json.loads(line) for line in lines]
    return [one for one in found if "correct" in one["labels"] or one["meta"].get("planted")]


@pytest.fixture(scope="module", autouse=True)
def _transcripts(house: House) -> None:
    answer = house.post(*records())
    assert answer.status_code < 300, answer.text


def quality_page(page: Page, monitor: str) -> None:
    """Once it has measured all and a worker has computed."""
    page.goto("/monitors/")
    page.get_by_role("link", name=f"Quality of {monitor}").first.click()
    page.wait_for_url(re.compile(r"/monitors/\d+/quality"))


def computed(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name)).to_be_visible(timeout=120_000)


def fits(page: Page) -> None:
    for width in (1440, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
    page.set_viewport_size({"width": 1440, "height": 900})


def all_measured(page: Page, monitor: str) -> None:
    page.goto("/monitors/")
    row = page.locator("#deployments tr", has_text=monitor)
    expect(row).to_contain_text(f"{len(records())} ended", timeout=300_000)


def test_quality_is_drawn_chosen_and_made_live(house: House, visitor: Visitor, watch: Watch) -> None:
    page = visitor("admin")
    all_measured(page, "Answer consistency")
    quality_page(page, "Answer consistency")
    computed(page, "What a review budget buys")
    expect(page.locator(".figures")).to_contain_text("detection")
    for chart in CHARTS:
        expect(page.locator(f"[data-chart={chart}-figure] .main-svg").first).to_be_visible(timeout=20_000)
    expect(page.locator("#baselines")).to_contain_text("Length")
    picture(page, "quality")
    fits(page)
    page.get_by_label("Reviews a day").fill("12")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tr.asked")).to_contain_text("12 a day")
    # Labels by a judge are agreed with, never detected.
    haiku = page.locator("#id_labels option", has_text=re.compile("^correct, by the judge claude-haiku"))
    page.get_by_label("Labels", exact=True).select_option(haiku.get_attribute("value"))
    page.get_by_role("button", name="Show").click()
    computed(page, "Agreement with the judge claude-haiku, flag by flag")
    expect(page.locator("main")).not_to_contain_text("Recall ")
    picture(page, "quality-agreement")


def test_a_budget_becomes_the_live_threshold(house: House, visitor: Visitor) -> None:
    page = visitor("admin")
    all_measured(page, "Byte channels")
    quality_page(page, "Byte channels")
    computed(page, "What a review budget buys")
    expect(page.locator("main")).to_contain_text("What we planted is positive for certain")
    page.get_by_label("Reviews a day").fill("40")
    page.get_by_label("Compare with").select_option(index=1)
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#versus")).to_contain_text("scored by both", timeout=60_000)
    picture(page, "quality-planted")
    page.get_by_label("Reason", exact=True).fill("as many as we can read")
    page.get_by_role("button", name="Make this the live threshold").click()
    version = page.locator(".version", has_text="as many as we can read")
    expect(version).to_contain_text("Live")
    version.get_by_text("What its thresholds rest on").click()
    expect(version).to_contain_text("40 a day by detection")
    page.goto("/audit/?action=quality.viewed")
    expect(page.locator("[data-action='quality.viewed']").first).to_contain_text("looked at the quality")
