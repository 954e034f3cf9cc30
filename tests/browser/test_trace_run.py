"""A monitor run from the trace page by keyboard, deep overlaps listed, forced colours, and the page on paper."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from monitors.coders.invisible import encode_tags
from tests.browser.house import House
from tests.factories_native import native

TEXT = f"We begin here. All five of them look at these very words.{encode_tags('meet at the old mill')} Done."
AT_WORK = "from oversight.monitoring.models import Deployment; Deployment.objects"
SCORES = """
from django.db import transaction
from monitors.base import Evidence, Score
from oversight.transcripts.models import Transcript
from tests import factories
transcript = Transcript.objects.get(pk="{id}")
found = (Evidence(1, 15, 23, "All five"),)
names = ["known_codes", "answer_consistency", "language_switching", "monitor_directed_text", "pattern_channels"]
for name in names:
    with transaction.atomic():  # or the house's own worker takes the run
        of_name = transcript.project.deployments.filter(monitor=name)
        of_name.update(enabled=True, stage=0)
        deployment = of_name.first()
        deployment = deployment or factories.make_deployment(transcript.project, name, stage=0)
        if not transcript.scores.filter(deployment=deployment).exists():
            factories.make_score(transcript, deployment=deployment, score=Score(0.9, found))
"""


def test_a_monitor_is_run_beside_the_text_and_its_evidence_comes_into_place(
    house: House, visitor: Callable[..., Page], tmp_path: Path
) -> None:
    house.manage("shell", "-v", "0", "-c", AT_WORK + ".update(enabled=False)")
    id_ = house.post(native(id="by-hand", prompt="Tell.", reasoning=TEXT)).json()["results"][0]["id"]
    house.manage("shell", "-v", "0", "-c", AT_WORK + ".filter(monitor='byte_channels').update(enabled=True)")
    page, shots = visitor("reviewer"), Path(os.environ.get("OVERSIGHT_SHOTS", tmp_path))
    page.goto(f"/traces/{id_}/")
    page.evaluate("window.stays = true")
    page.keyboard.press("t")
    expect(page.locator("#run-title")).to_be_focused()
    expect(page.locator("#run-at-work")).to_contain_text("Not run on this transcript yet")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#run")).to_contain_text("Asked for")
    expect(page.locator("#findings")).to_contain_text("meet at the old mill")
    expect(page.locator("mark .pill-char, mark.pill-char, mark").first).to_be_attached()
    expect(page.locator("#run-at-work")).to_contain_text("Measured")
    expect(page.locator("#evidence-count")).to_have_text("1 mark")

    page.get_by_role("button", name="Try Byte channels").click()
    expect(page.locator("#findings")).to_contain_text("Tried by you: Flagged")
    assert page.evaluate("window.stays")
    assert "?trial=" in page.url
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        page.screenshot(path=shots / f"run-{theme}.png")
    page.keyboard.press("Escape")
    expect(page.locator("#run")).to_be_hidden()
    expect(page.locator("[data-run-open]")).to_be_focused()

    house.manage("shell", "-v", "0", "-c", SCORES.format(id=id_))
    page.goto(f"/traces/{id_}/")
    mark = page.locator("mark[data-more]").first
    expect(mark).to_have_attribute("data-more", "2")
    mark.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#overlap button")).to_have_count(5)
    page.screenshot(path=shots / "overlap.png")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(mark).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#overlap")).to_be_hidden()
    expect(page.locator(".quote.is-here")).to_have_count(1)

    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    page.screenshot(path=shots / "forced.png")
    assert mark.evaluate("mark => getComputedStyle(mark).textDecorationLine") == "underline"
    page.emulate_media(forced_colors="none", media="print")
    page.screenshot(path=shots / "print.png")
    expect(page.locator(".print-head")).to_contain_text(id_)
    expect(page.locator("#findings")).to_be_visible()
    for hidden in (".trace-tools", ".bar", "[data-run-open]", "#pending"):
        expect(page.locator(hidden).first).to_be_hidden()
    page.pdf(path=shots / "print.pdf")
    assert (shots / "print.pdf").read_bytes().startswith(b"%PDF")
