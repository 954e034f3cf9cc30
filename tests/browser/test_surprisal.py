"""The surprisal view in a browser: by key, values by key and pointer, in light and dark, over the text unchanged."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.house import House
from tests.factories_native import native

TEXT = "The fox ran home. xq zzv <b>blorp</b> & krell\U0001f600. Then it slept in the shade of an oak."
SCORE = """
from django.db import transaction
from monitors.base import Score
from monitors.surprisal import PartSurprisal, Surprisal
from oversight.transcripts.models import Transcript
from tests import factories
import re
transcript = Transcript.objects.get(pk="{id}")
text = {text!r}
words = [m.span() for m in re.finditer(r"\\s*\\S+", text)]
odd = {{" zzv": 13.5, " <b>blorp</b>": 16, " krell\U0001f600.": 9}}
bits = [odd.get(text[a:b], 3) for a, b in words]
part = PartSurprisal.of(1, words, [None, *bits[1:]])
with transaction.atomic():  # or the house's own worker takes the run
    # Of stage 0: a later stage waits for runs that the house's own worker may still be at.
    deployment = factories.make_deployment(transcript.project, "lm_surprisal", stage=0)
    factories.make_score(transcript, deployment=deployment, score=Score(0.7, surprisal=Surprisal((part,))))
"""


@pytest.fixture(scope="module")
def trace(house: House) -> str:
    """The address of a trace whose score keeps a profile."""
    id_ = house.post(native(id="surprising", prompt="Tell.", reasoning=TEXT)).json()["results"][0]["id"]
    house.manage("shell", "-v", "0", "-c", SCORE.format(id=id_, text=TEXT))
    return f"/traces/{id_}/"


PAINTED = "() => [1, 2, 3, 4, 5].map((n) => CSS.highlights.get(`bits-${n}`)?.size || 0)"


def test_the_key_draws_tokens_over_the_text_in_place_and_leads_from_one_to_the_next(
    trace: str, visitor: Callable[..., Page], tmp_path: Path
) -> None:
    page = visitor("reviewer")
    page.goto(trace)
    expect(page.get_by_role("heading", name="Surprisal", exact=True)).to_be_hidden()
    page.evaluate("window.stays = true")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="Surprisal", exact=True)).to_be_visible()
    page.wait_for_function(f"() => ({PAINTED})().join() === '14,0,1,1,1'")
    assert page.evaluate("window.stays")
    assert page.locator('[data-part="1"]').evaluate("part => part.textContent") == TEXT
    assert page.locator(".text .bits").count() == 0

    page.keyboard.press(">")
    value = page.locator("[data-heat-value]")
    expect(value).to_have_text("zzv: 13.5 bits")
    page.keyboard.press(">")
    expect(value).to_have_text("<b>blorp</b>: 16.0 bits")
    page.keyboard.press("<")
    expect(value).to_have_text("zzv: 13.5 bits")
    page.get_by_text("The most surprising tokens").click()
    first = page.locator("[data-heat-table] tbody tr").first
    expect(first).to_contain_text("<b>blorp</b>")
    expect(first).to_contain_text("16.0")
    page.get_by_role("button", name="Lines only").click()
    assert page.evaluate("document.documentElement.hasAttribute('data-bits-lines')")
    page.get_by_role("button", name="Lines only").click()

    shots = Path(os.environ.get("OVERSIGHT_SHOTS", tmp_path))
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        page.screenshot(path=shots / f"surprisal-{theme}.png")
    page.set_viewport_size({"width": 320, "height": 800})
    page.screenshot(path=shots / "surprisal-narrow.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    lines = page.locator("[data-heat-legend] .surprisal-legend .bits").evaluate_all(
        """spans => spans.map((span) => {
          const style = getComputedStyle(span);
          return style.borderBottomStyle + style.borderBottomWidth;
        })"""
    )
    assert len(set(lines)) == 5

    page.set_viewport_size({"width": 1280, "height": 800})
    page.keyboard.press("s")
    page.wait_for_function(f"() => ({PAINTED})().join() === '0,0,0,0,0'")


def test_where_the_browser_cannot_draw_layers_the_server_draws_the_view(
    trace: str, visitor: Callable[..., Page]
) -> None:
    page = visitor("reviewer")
    page.add_init_script("delete CSS.__proto__.highlights; delete CSS.highlights; delete window.Highlight")
    page.goto(trace)
    page.keyboard.press("s")
    expect(page.locator('.text .bits[data-b="5"]')).to_have_text(" <b>blorp</b>")
    page.keyboard.press(">")
    expect(page.locator("[data-bits-value]")).to_have_text("zzv: 13.5 bits")
    page.keyboard.press("s")
    expect(page.locator(".text .bits")).to_have_count(0)
