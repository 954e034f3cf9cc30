"""Offsets count code points on the server and on the page alike: marks stand on exactly the characters they name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.house import House, eventually
from tests.factories_native import native

# Bits spelt by two characters that are not drawn: what byte_channels finds.
HIDDEN = "".join("\u200b" if bit == "0" else "\u200c" for char in "HELLO" for bit in f"{ord(char):08b}")
TEXTS = {
    "astral": "\U0001d54f \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f600\U0001f600. Then ",
    "combining": "e\u0301a\u0300\u0301\u0302 Z\u0351\u0352\u0353 \u0928\u093f. Then ",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u202eabc\u202c \u2067x\u2069. Then ",
    "zero width": "a\u200bb\ufeffc\u2060d\u00ade\ufe0f. Then ",
    "carriage returns": "one\r\ntwo\rthree\n\nfour\r\n\r\n\tfive. Then ",
    "what postgres cannot hold": "a\x00b\ufffdc\ud800d\udc00. Then ",
}
# The part's text in code points, and where its marks stand in it, by what is before them.
READ = """() => {
  const points = (text) => [...text].map((c) => c.codePointAt(0));
  return [...document.querySelectorAll("[data-part]")].map((part) => {
    const before = (mark, atEnd) => {
      const range = document.createRange();
      range.setStart(part, 0);
      atEnd ? range.setEndAfter(mark) : range.setEndBefore(mark);
      return points(range.toString()).length;
    };
    const place = (mark) => [before(mark, false), before(mark, true), points(mark.textContent)];
    return {
      index: Number(part.dataset.part),
      length: Number(part.dataset.length),
      text: points(part.textContent),
      marks: [...part.querySelectorAll("mark")].map(place),
    };
  });
}"""
# Ids of steps, and the numbers that their lists count.
COUNTED = """steps => [
  steps.map((step) => step.id),
  steps.map((step) => step.parentElement.start + [...step.parentElement.children].indexOf(step)),
]"""
# How wide the white space at the beginning of a step is drawn.
INDENT = """(step) => {
  const range = document.createRange();
  const text = document.createTreeWalker(step, NodeFilter.SHOW_TEXT).nextNode();
  range.setStart(text, 0);
  range.setEnd(text, text.data.search(/\\S/));
  return range.getBoundingClientRect().width;
}"""
SCORES = """
import json
from oversight.monitoring.models import UNENDED, MonitorRun, Score
runs = MonitorRun.objects.filter(transcript_id="{id}")
found = Score.objects.filter(transcript_id="{id}")
print(json.dumps([list(found.values_list("evidence", flat=True)), not runs.filter(state__in=UNENDED).exists()]))
"""


def _drawn(text: str) -> list[int]:
    """Code points as a page can carry them: NUL and lone surrogates are U+FFFD there."""
    return [0xFFFD if c == "\0" or "\ud800" <= c <= "\udfff" else ord(c) for c in text]


def _evidence(house: House, id_: str) -> list[dict[str, Any]] | None:
    found, has_ended = json.loads(house.manage("shell", "-v", "0", "-c", SCORES.format(id=id_)))
    return [one for evidence in found for one in evidence] if found and has_ended else None


@pytest.fixture(scope="module")
def posted(house: House) -> dict[str, str]:
    """Transcript ids by the name of their text."""
    records = [native(id=name, prompt=text, reasoning=text + HIDDEN + " end.") for name, text in TEXTS.items()]
    results = house.post(*records).json()["results"]
    return {name: result["id"] for name, result in zip(TEXTS, results, strict=True)}


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_text_steps_and_marks_are_on_the_same_characters(
    house: House, posted: dict[str, str], visitor: Callable[..., Page], name: str
) -> None:
    id_, reasoning = posted[name], TEXTS[name] + HIDDEN + " end."
    evidence = eventually(lambda: _evidence(house, id_), within_s=60, what="the score")
    page = visitor("reviewer")
    page.goto(f"/traces/{id_}/")
    expect(page.locator("mark").first).to_be_attached()
    parts = {part["index"]: part for part in page.evaluate(READ)}
    for index, text in ((0, TEXTS[name]), (1, reasoning)):
        assert parts[index]["text"] == _drawn(text), "no character is added, lost or changed"
        assert parts[index]["length"] == len(text)
    named = [one for one in evidence if one["part"] == 1]
    assert named
    marked = {at for start, end, _ in parts[1]["marks"] for at in range(start, end)}
    assert marked == {at for one in named for at in range(one["start"], one["end"])}
    for start, end, points in parts[1]["marks"]:
        assert points == _drawn(reasoning[start:end])


def test_a_link_leads_to_its_window_of_a_very_long_text(house: House, visitor: Callable[..., Page]) -> None:
    sentences = (f"Sentence {n} of a long text goes on {'and on ' * 55}to its end. " for n in range(1400))
    [result] = house.post(native(id="long", reasoning="".join(sentences))).json()["results"]
    page = visitor("reviewer")
    page.goto(f"/traces/{result['id']}/")
    expect(page.locator("nav.windows").first).to_contain_text("Window 1 of 2")
    beyond = page.locator("[data-part='1'] .chunk li").count() + 20
    page.evaluate("hash => { location.hash = hash; }", f"p1s{beyond}")
    page.wait_for_url(f"**/?w=2#p1s{beyond}")
    expect(page.locator(f"#p1s{beyond}")).to_be_in_viewport()
    expect(page.locator(f"#p1s{beyond}")).to_be_focused()

    page.goto(f"/traces/{result['id']}/?w=2#p1c40-60")
    page.wait_for_url("**/?w=1#p1c40-60")
    page.wait_for_function("() => CSS.highlights.get('linked')?.size === 1")
    page.goto(f"/traces/{result['id']}/#p1s999999")
    page.wait_for_url("**/?w=2#p1s999999")
    expect(page.locator("nav.windows").first).to_contain_text("Window 2 of 2")


def test_steps_are_counted_by_the_list_and_a_click_on_a_number_links_to_it(
    house: House, visitor: Callable[..., Page]
) -> None:
    text = "def f(x):\n    return x\n\n" + "Then one more sentence follows. " * 50
    [result] = house.post(native(id="counted", reasoning=text)).json()["results"]
    page = visitor("reviewer")
    page.goto(f"/traces/{result['id']}/")
    steps = page.locator("[data-part='1'] .chunk li")
    ids, starts = steps.evaluate_all(COUNTED)
    assert len(ids) > 45
    assert ids == [f"p1s{number}" for number in starts] == [f"p1s{n + 1}" for n in range(len(ids))]
    assert steps.nth(1).evaluate("step => getComputedStyle(step).unicodeBidi") == "plaintext"
    assert steps.nth(1).evaluate(INDENT) > 5, "a line is indented as the text has it"

    steps.nth(29).scroll_into_view_if_needed()
    box = steps.nth(29).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 30, box["y"] + box["height"] / 2)
    assert "#" not in page.url, "a click on the text is no click on its number"
    page.mouse.click(box["x"] - 15, box["y"] + box["height"] / 2)
    page.wait_for_url("**/#p1s30")
    expect(steps.nth(29)).to_be_focused()
