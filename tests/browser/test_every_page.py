"""Every page as a lead sees it: axe in both themes, 320 px, text at 200 %, nothing foreign, nothing hidden by a bar.

And what is common to pages: the palette, one's own settings, and a comparison by keyboard.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import screenshots_folder
from tests.browser.house import House, eventually
from tests.factories_native import native

Visitor = Callable[..., Page]
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
TAGS = "".join(chr(0xE0000 + ord(character)) for character in "meet at noon")
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
RUN = f"""async () => {{
  const found = await axe.run(document, {json.dumps(RULES)});
  return found.violations.filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => one.id + ": " + one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | "));
}}"""
OVERFLOW = """() => {
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return wide > 1 ? wide : 0;
}"""
# What has the focus must not lie under the top bar or a bar of tools (WCAG 2.4.11).
COVERED = """() => {
  const found = [];
  const all = Array.from(document.querySelectorAll("main a, main button, main summary, main input"));
  for (const one of all.slice(0, 60)) {
    if (!one.checkVisibility() || one.type === "hidden") continue;
    one.focus();
    if (document.activeElement !== one) continue;
    const box = one.getBoundingClientRect();
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const seen = x >= 0 && x < innerWidth && y >= 0 && y < innerHeight && document.elementFromPoint(x, y);
    const isOther = seen && !one.contains(seen) && !seen.contains(one);
    if (isOther && seen.closest(".bar, .compare-tools, .trace-tools, .strip")) found.push(one.outerHTML.slice(0, 80));
  }
  return found;
}"""


@pytest.fixture(scope="module")
def pair(house: House) -> tuple[str, str]:
    """An original and its rewrite, both flagged, scored."""
    steps = " ".join(f"Step number {n} of the plan is the same." for n in range(12))
    texts = (
        f"First I read the tests.{TAGS} {steps} So it ends.",
        f"First I read the checks.{TAGS} {steps} So it is done.",
    )
    answer = house.post(*(native(reasoning=text, answer="42") for text in texts))
    assert answer.status_code < 300, answer.text
    first, second = (result["id"] for result in answer.json()["results"])
    return first, second


def paths(pair: tuple[str, str]) -> list[str]:
    first, second = pair
    return [
        *("/review/", "/review/?state=decided", "/review/adjudicate/", "/review/agreement/", "/review/label-sets/"),
        *("/traces/", f"/traces/{first}/", f"/traces/{first}/origin", f"/traces/{first}/history"),
        *("/traces/upload/", "/traces/rejected/", f"/compare/?a={first}&b={second}", "/compare/"),
        *(
            f"/compare/with/{first}/",
            "/monitors/",
            "/monitors/1/",
            "/monitors/1/quality",
            "/monitors/bench/",
            "/rubrics/",
        ),
        *("/overview/", "/overview/scores", "/overview/transcripts?of=flagged", "/overview/items?of=open"),
        *("/admin/", "/alerts/", "/settings/", "/palette?q=compare"),
    ]


def ready(page: Page, path: str) -> None:
    """The page, once no worker is still at it."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200, path
    if path.startswith("/compare/?"):
        expect(page.locator(".compare-grid")).to_be_visible()


def complaints(page: Page, path: str) -> list[str]:
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        ready(page, path)
        page.evaluate(AXE)
        found += [f"{path} {theme} axe {one}" for one in page.evaluate(RUN)]
        _shoot(page, path, theme)
    found += [f"{path} under a bar: {one}" for one in page.evaluate(COVERED)]
    page.set_viewport_size({"width": 320, "height": 800})
    if over := page.evaluate(OVERFLOW):
        found.append(f"{path} is {over} px too wide at 320")
    _shoot(page, path, "320")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    if over := page.evaluate(OVERFLOW):
        found.append(f"{path} is {over} px too wide with text at 200 %")
    return found


def _shoot(page: Page, path: str, kind: str) -> None:
    if folder := screenshots_folder():
        page.screenshot(path=folder / f"every_{re.sub(r'[^a-z]+', '_', path)[:40]}_{kind}.png")


def test_every_page_is_accessible_narrow_and_large(pair: tuple[str, str], house: House, visitor: Visitor) -> None:
    page = visitor("lead")
    page.set_viewport_size({"width": 1280, "height": 900})
    found = [one for path in paths(pair) for one in complaints(page, path)]
    assert not found, "\n".join(found)


def test_two_texts_are_compared_by_keyboard_and_settings_hold(
    pair: tuple[str, str], house: House, visitor: Visitor
) -> None:
    page = visitor("lead")
    page.goto("/traces/")
    for number in (0, 1):
        page.locator("input[name=t]").nth(number).check()
    page.get_by_role("button", name="Compare two ticked").click()
    expect(page.locator(".compare-grid del").first).to_contain_text(re.compile("tests|checks"))
    expect(page.locator("details[data-fold]")).not_to_have_attribute("open", "")
    page.keyboard.press("e")
    expect(page.get_by_text("Step number 6 of the plan is the same.")).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator("#c1")).to_be_focused()
    page.keyboard.press("2")
    expect(page.locator("#c1 [data-meaning=changed]")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("n")
    expect(page.locator("#c2")).to_be_focused()
    page.reload()
    expect(page.locator("#c1 [data-meaning=changed]")).to_have_attribute("aria-pressed", "true")

    page.keyboard.press("Control+k")
    page.keyboard.type("settings")
    expect(page.locator("#palette-list [aria-selected=true]")).to_contain_text("Settings")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/")
    for label in ("Dark", "Cosy", "Fixed width"):
        page.get_by_label(label, exact=True).and_(page.locator("main input")).check()
    page.get_by_label("Single-key shortcuts").and_(page.locator("main input")).uncheck()
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_text("They hold wherever you sign in")).to_be_visible()
    other = visitor("lead")
    answer: Any = other.goto("/traces/")
    assert 'data-theme="dark" data-density="cosy" data-reading-face="mono"' in answer.text()
    other.keyboard.press("g")
    other.keyboard.press("o")
    expect(other).to_have_url(re.compile("/traces/$"))
    other.keyboard.press("Control+k")
    expect(other.locator("#palette")).to_be_visible()
    eventually(lambda: other.locator("#palette-list li").count() > 10, what="the list of pages")
