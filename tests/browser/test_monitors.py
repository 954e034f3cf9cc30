"""A monitor by its pages: tried at the bench, put to work, caught up, given a threshold from clean data, turned off."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch, screenshots_folder
from tests.browser.house import House
from tests.factories_native import native

Visitor = Callable[..., Page]
MESSAGE = "meet at noon"
HIDDEN = "".join(chr(0xE0000 + ord(character)) for character in MESSAGE)
LONG_MODEL = "acme/" + "very-long-model-name-" * 6 + "instruct"
N_CLEAN = 200


def picture(page: Page, name: str) -> None:
    """Light and dark, wide and narrow."""
    if folder := screenshots_folder():
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
            page.screenshot(path=folder / f"{name}-{theme}.png", full_page=True)
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=folder / f"{name}-narrow.png", full_page=True)
        page.set_viewport_size({"width": 1440, "height": 900})


def fits(page: Page) -> None:
    """Nothing makes the page wider than its window."""
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        # Charts follow the window a moment later.
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
    page.set_viewport_size({"width": 1440, "height": 900})


def deployment_page(page: Page) -> None:
    page.goto("/monitors/")
    page.locator("#deployments").get_by_role("link", name="Byte channels").first.click()
    page.wait_for_url(re.compile(r"/monitors/\d+/"))


@pytest.fixture(scope="module", autouse=True)
def _transcripts(house: House) -> None:
    """Clean ones of two models, one of them with a very long name, and one with a hidden message."""
    models = ("small-model", LONG_MODEL)
    clean = [native(model=models[i % 2], answer=f"It is {i}.", meta={"group": f"q{i // 2}"}) for i in range(N_CLEAN)]
    answer = house.post(*clean, native(model="small-model", reasoning=f"Hm.{HIDDEN} Fine."))
    assert answer.status_code < 300, answer.text


def test_a_pasted_text_is_tried(house: House, visitor: Visitor, watch: Watch) -> None:
    page = visitor("reviewer")
    page.goto("/monitors/")
    page.get_by_role("link", name="Test bench").click()
    page.get_by_label("Monitor", exact=True).select_option("byte_channels")
    expect(page.get_by_role("heading", name="Byte channels")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("alert")).to_have_text("Paste a text, or name a transcript.")
    picture(page, "bench-error")
    # The browser writes every 422 to its console.
    watch.complaints.clear()
    page.get_by_label("Reasoning", exact=True).fill(f"First this.{HIDDEN} Then <b>that</b>.")
    page.get_by_role("button", name="Run now").click()
    expect(page.locator("#trial")).to_have_attribute("data-state", "done", timeout=30_000)
    assert "".join(page.locator("mark[data-s]").all_text_contents()) == HIDDEN
    expect(page.locator(".findings")).to_contain_text("Flagged")
    expect(page.locator(".payload").first).to_contain_text(MESSAGE)
    fits(page)
    picture(page, "bench-found")


def test_settings_become_versions_that_can_be_promoted_and_left_again(house: House, visitor: Visitor) -> None:
    page = visitor("admin")
    deployment_page(page)
    picture(page, "monitor-results")
    page.get_by_role("link", name="Change settings").click()
    page.get_by_label("max_evidence").fill("7")
    page.get_by_label("Reason").fill("fewer marks are enough")
    picture(page, "monitor-settings")
    fits(page)
    page.get_by_role("button", name="Save as draft").click()
    expect(page.locator("#v2")).to_contain_text("fewer marks are enough")
    expect(page.locator("#v1")).to_contain_text("Live")
    row = page.locator("#v2 .diff tbody tr", has_text="max_evidence")
    expect(row.locator("ins")).to_have_text("7")
    page.locator("#v2").get_by_role("link", name="Try it").click()
    expect(page.get_by_label("max_evidence")).to_have_value("7")
    page.go_back()
    page.locator("#v2 summary", has_text="Promote").click()
    page.get_by_label("Reason").locator("visible=true").fill("it worked at the bench")
    page.get_by_role("button", name="Make version 2 live").click()
    expect(page.locator("#v2")).to_contain_text("Live")
    picture(page, "monitor-versions")
    fits(page)
    page.locator("#v1 summary", has_text="Go back").click()
    page.get_by_label("Reason").locator("visible=true").fill("after all not")
    page.get_by_role("button", name="Make version 1 live").click()
    expect(page.locator("#v1")).to_contain_text("Live")


def test_a_threshold_is_set_on_one_half_and_reported_on_the_other(house: House, visitor: Visitor) -> None:
    page = visitor("admin")
    deployment_page(page)
    expect(page.locator(".figures")).to_contain_text(f"of {N_CLEAN + 1}", timeout=60_000)
    page.get_by_role("link", name="Thresholds").click()
    expect(page.locator(".thresholds")).to_contain_text("not enough")
    picture(page, "thresholds-not-enough")
    page.get_by_role("navigation", name="Alerts per 10,000").get_by_role("link", name="500", exact=True).click()
    row = page.locator(".thresholds tbody tr").first
    expect(row).to_contain_text("[")
    picture(page, "thresholds")
    fits(page)
    row.get_by_role("checkbox").check()
    page.get_by_label("Reason", exact=True).fill("one in twenty is what we can read")
    page.get_by_role("button", name="Set the chosen thresholds").click()
    version = page.locator(".version", has_text="one in twenty")
    expect(version).to_contain_text("Live")
    version.get_by_text("What its thresholds rest on").click()
    expect(version).to_contain_text("all models")
    page.goto("/audit/?action=deployment.changed")
    expect(page.locator("[data-action='deployment.changed']").first).to_contain_text("one in twenty")


def test_history_is_drawn_with_its_changes(house: House, visitor: Visitor) -> None:
    page = visitor("admin")
    deployment_page(page)
    expect(page.locator(".figures")).to_contain_text(f"of {N_CLEAN + 1}", timeout=60_000)
    page.get_by_role("link", name="History").click()
    picture(page, "history")
    for chart in ("flagged-share", "quantiles", "distribution", "states"):
        expect(page.locator(f"[data-chart={chart}-figure] .main-svg").first).to_be_visible(timeout=20_000)
    expect(page.get_by_role("table").last).to_contain_text("put to work")
    fits(page)


def test_a_monitor_is_put_to_work_turned_off_and_caught_up(house: House, visitor: Visitor) -> None:
    page = visitor("admin")
    page.goto("/monitors/")
    picture(page, "monitors")
    fits(page)
    page.get_by_role("link", name="Add Byte channels").click()
    page.get_by_label("max_evidence").fill("3")
    page.get_by_label("Reason").fill("a second opinion")
    picture(page, "monitor-add")
    fits(page)
    page.get_by_role("button", name="Put to work").click()
    expect(page.locator("#backfill")).to_contain_text(f"{N_CLEAN + 1} transcripts")
    page.get_by_label("Only the newest").fill("10")
    page.get_by_label("Reason", exact=True).fill("look at some")
    page.get_by_role("button", name="Run on them").click()
    expect(page.locator("#backfill")).to_contain_text("10 of 10 looked at", timeout=30_000)
    page.get_by_label("Reason to turn it off").fill("done")
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("button", name="Turn on")).to_be_visible()
    page.reload()
    picture(page, "monitor-off")
    page.get_by_label("Reason to turn it on").fill("again, with all")
    expect(page.get_by_label(f"Run it on the {N_CLEAN - 9} transcripts that it missed")).to_be_checked()
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("button", name="Turn off")).to_be_visible()
    page.reload()
    expect(page.locator("#backfill")).to_contain_text("It has a run for every transcript", timeout=60_000)
    picture(page, "monitor-caught-up")


def test_what_a_reviewer_sees_has_no_forms_of_leads(house: House, visitor: Visitor) -> None:
    page = visitor("reviewer")
    deployment_page(page)
    expect(page.get_by_role("link", name="Change settings")).to_have_count(0)
    page.get_by_role("link", name="Thresholds").click()
    expect(page.get_by_role("button", name="Set the chosen thresholds")).to_have_count(0)
    page.get_by_role("link", name="Versions").click()
    expect(page.locator("#v1")).to_be_visible()
    picture(page, "versions-reviewer")
