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


def test_the_key_shows_the_view_and_leads_from_one_token_to_the_next(
    trace: str, visitor: Callable[..., Page], tmp_path: Path
) -> None:
    page = visitor("reviewer")
    page.goto(trace)
    expect(page.locator(".text .bits")).to_have_count(0)
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="Surprisal", exact=True)).to_be_visible()
    expect(page.locator('.text .bits[data-b="5"]')).to_have_text(" <b>blorp</b>")
    text = page.locator('[data-part="1"]').evaluate("part => part.textContent")
    assert text == TEXT

    page.keyboard.press(">")
    value = page.locator("[data-bits-value]")
    expect(value).to_have_text("zzv: 13.5 bits")
    expect(page.locator(".text .bits:focus")).to_have_text(" zzv")
    page.keyboard.press(">")
    expect(value).to_have_text("<b>blorp</b>: 16.0 bits")
    page.keyboard.press("<")
    expect(value).to_have_text("zzv: 13.5 bits")
    page.locator('.text .bits[data-b="3"]').first.hover()
    expect(value).to_contain_text("9.0 bits")

    shots = Path(os.environ.get("OVERSIGHT_SHOTS", tmp_path))
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        page.screenshot(path=shots / f"surprisal-{theme}.png")
    lines = page.locator(".surprisal-legend .bits").evaluate_all(
        """spans => spans.map((span) => {
          const style = getComputedStyle(span);
          return style.borderBottomStyle + style.borderBottomWidth;
        })"""
    )
    assert len(set(lines)) == 5

    page.keyboard.press("s")
    expect(page.locator(".text .bits")).to_have_count(0)
