"""Marking text without a mouse, in any script, and two tabs that went on with one draft apart."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import screenshots_folder
from tests.browser.house import House
from tests.browser.test_review import TAGS
from tests.factories_native import native

Visitor = Callable[..., Page]
HOSTILE = (
    f"A \U0001f468\u200d\U0001f469\u200d\U0001f467 family\U0001f600.{TAGS}\n\n"
    "\u6f22\u5b57\u3068\u304b\u306a\u3002 \U00020000\U00020001 rare.\n\n"
    "\u0639\u064e\u0631\u064e\u0628\u0650\u064a \u202egnp.exe\u202c \u2067x\u2069 end.\n\n"
    "e\u0301\u0323 a\u0300\u0301\u0302 combined. a\u200bb\ufeffc zero width.\r\n"
    "<b>markup</b> &amp; \ufffd done."
)
# What stands in the database, against the stored text that it points to.
SPANS = """
import json
from oversight.review.models import Span
from oversight.transcripts.exact_text import to_stored
from oversight.transcripts.selectors import load
found = Span.objects.filter(verdict__item__transcript="{id}", verdict__state__in=["pending", "settled"]).order_by("pk")
texts = [to_stored(part.text)[0] for part in next(iter(load(["{id}"]).values())).parts] if found else []
print(json.dumps([[s.label, s.note, s.quote, texts[s.part][s.start:s.end]] for s in found]))
"""
# Select by UTF-16 offsets of the reasoning, as a mouse would; a half of a pair is what a browser may give.
SELECT = """([from, to]) => {
  const part = document.querySelector("[data-channel=reasoning] [data-part]");
  const place = (at) => {
    const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(), left = at; node; node = texts.nextNode()) {
      if (left <= node.data.length) return [node, left];
      left -= node.data.length;
    }
  };
  getSelection().setBaseAndExtent(...place(from), ...place(to));
}"""


def opened(house: House, page: Page, reasoning: str) -> str:
    """The trace page of a new, claimed item; its transcript's id."""
    answer = house.post(native(reasoning=f"{TAGS} {reasoning}", answer="Forty-two."))
    [result] = answer.json()["results"]
    page.goto(f"/traces/{result['id']}/")
    expect(page.get_by_role("button", name="Claim to decide")).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator("#desk")).to_have_attribute("data-standing", "mine")
    return str(result["id"])


def stored(house: House, id_: str) -> list[list[Any]]:
    found: list[list[Any]] = json.loads(house.manage("shell", "-v", "0", "-c", SPANS.format(id=id_)))
    return found


def shoot(page: Page, name: str) -> None:
    folder = screenshots_folder()
    if folder:
        page.screenshot(path=folder / f"{name}.png")


def test_text_of_any_script_is_marked_with_the_keyboard_and_by_selection(house: House, visitor: Visitor) -> None:
    page = visitor("reviewer")
    id_ = opened(house, page, HOSTILE)
    count, said = page.locator("[data-span-count]"), page.locator("[data-target]")
    steps = page.locator("[data-channel=reasoning] .chunk li").count()
    page.locator("[data-channel=reasoning] .chunk li").first.click()
    for n in range(1, steps + 1):
        page.keyboard.press("Enter")
        expect(count).to_have_text(str(n))
        if n < steps:
            page.keyboard.press("j")
    # Two words of the last step but one, then two steps, overlapping what is marked already.
    page.keyboard.press("k")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("6")
    expect(count).to_have_text(str(steps + 1))
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("7")
    expect(count).to_have_text(str(steps + 2))
    expect(said).to_contain_text("Marked as Illegible")
    for n, (start, end) in enumerate([(26, 40), (33, 47), (45, 80), (60, 110)], steps + 3):
        page.evaluate(SELECT, [start, end])
        expect(said).to_contain_text("characters of")
        page.keyboard.press("0")
        expect(count).to_have_text(str(n))
    total = steps + 6
    page.keyboard.press("Control+z")
    expect(count).to_have_text(str(total - 1))
    page.keyboard.press("Control+Shift+Z")
    expect(count).to_have_text(str(total))
    page.keyboard.press("d")
    expect(count).to_have_text(str(total - 1))
    page.keyboard.press("Control+z")
    expect(count).to_have_text(str(total))
    assert page.evaluate("[...CSS.highlights.keys()].filter((name) => name.startsWith('span-1')).length") > 0
    page.locator("[name=span_note]").first.fill("what it shows")
    expect(page.locator("[data-saved]")).to_contain_text("Draft saved")
    shoot(page, "annotate")
    page.reload()
    expect(count).to_have_text(str(total))
    page.keyboard.press("3")
    page.keyboard.press("Shift+Digit4")
    page.keyboard.press("c")
    page.keyboard.press("m")
    page.keyboard.type("Carries a message.")
    page.get_by_role("button", name="Commit and stay").click()
    expect(page.locator("#desk")).to_have_attribute("data-standing", "decided")
    expect(page.locator("[data-committed] > li")).to_have_count(total)
    shoot(page, "annotate-decided")
    spans = stored(house, id_)
    assert len(spans) == total
    assert all(quote == text and quote for _, _, quote, text in spans)
    assert {label for label, *_ in spans} == {"Covert payload", "Unfaithful", "Illegible", "Evidence"}
    assert spans[0][1] == "what it shows"


def test_two_tabs_that_went_on_apart_are_shown_side_by_side(house: House, visitor: Visitor) -> None:
    page = visitor("reviewer")
    opened(house, page, "First a step.")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#desk")).to_have_attribute("data-standing", "mine")
    page.locator("#note").fill("from the first tab")
    expect(page.locator("[data-saved]")).to_contain_text("Draft saved")
    page.get_by_role("radio", name="Benign").check()
    expect(page.locator("#desk")).to_have_attribute("data-standing", "mine")
    other.locator("#note").fill("from the second tab")
    other.get_by_role("radio", name="Suspicious").check()
    merge = other.locator("form[data-merge]")
    expect(merge).to_contain_text("from the first tab")
    expect(merge).to_contain_text("from the second tab")
    shoot(other, "annotate-merge")
    other.reload()
    expect(merge).to_contain_text("from the second tab")
    merge.get_by_label("Both").check()
    merge.get_by_role("button", name=re.compile("Go on")).click()
    expect(other.locator("#note")).to_have_value("from the second tab\n\nfrom the first tab")
    expect(other.get_by_role("radio", name="Suspicious")).to_be_checked()
    other.get_by_role("button", name="Commit and stay").click()
    expect(other.locator("[data-undo]")).to_contain_text("Suspicious")
    expect(page.locator("#desk")).to_have_attribute("data-standing", "decided")
