"""The queue in Chromium: rows that others change while one looks, blind rows, and planning by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import screenshots_folder
from tests.browser.house import House
from tests.factories_native import native

Visitor = Callable[..., Page]
TAGS = "".join(chr(0xE0000 + ord(character)) for character in "meet at noon")
# As the draw for audits would have it, had it taken this item.
BLIND = "from oversight.review.models import ReviewItem; ReviewItem.objects.filter(pk={}).update(stream='audit')"


def post_flagged(house: House, n: int) -> None:
    answer = house.post(*(native(reasoning=f"First a step.{TAGS} Number {k}.", answer="42") for k in range(n)))
    assert answer.status_code < 300, answer.text


def rows(page: Page) -> Locator:
    return page.locator("tr[data-item]")


def top_of(row: Locator) -> float:
    box = row.bounding_box()
    assert box is not None
    return box["y"]


def shoot(page: Page, name: str) -> None:
    folder = screenshots_folder()
    if folder:
        page.screenshot(path=folder / f"{name}.png")


def shows(page: Page, n: int) -> None:
    """The queue, live, with so many rows."""
    page.goto("/review/")
    expect(page.locator("html")).to_have_attribute("data-live-state", "live")
    if rows(page).count() < n:
        expect(page.locator("[data-new-pill]")).to_contain_text(f"{n - rows(page).count()} new")
        page.keyboard.press(".")
    expect(rows(page)).to_have_count(n)


def test_rows_are_planned_by_keyboard_alone_and_others_see_it_at_once(house: House, visitor: Visitor) -> None:
    ana, ben = visitor("reviewer"), visitor("reviewer2")
    post_flagged(house, 5)
    shows(ana, 5)
    shows(ben, 5)
    ids = [str(row.get_attribute("data-item")) for row in rows(ben).all()]
    theirs = ana.locator(f"#item-{ids[1]}")
    before = top_of(theirs)

    for key in ("j", "x", "j", "j", "X"):
        ben.keyboard.press(key)
    expect(ben.locator("[data-chosen]")).to_have_text("3 chosen")
    ben.keyboard.press("z")
    shoot(ben, "queue-snooze")
    ben.keyboard.press("2")
    expect(ben.locator(".banner-ok")).to_contain_text("3 items snoozed until")
    expect(rows(ben)).to_have_count(2)
    expect(ben.locator("tr:focus")).to_have_attribute("data-item", ids[3])
    # Ana's rows stay where they are, say what happened, and are skipped.
    expect(theirs).to_contain_text("snoozed until")
    assert abs(top_of(theirs) - before) <= 1
    ana.keyboard.press("j")
    expect(ana.locator("tr:focus")).to_have_attribute("data-item", ids[3])

    ben.keyboard.press("u")
    expect(ben.locator("#messages")).to_contain_text("Taken back for 3 items")
    expect(theirs).not_to_contain_text("snoozed until")

    ben.keyboard.press("j")
    ben.keyboard.press("e")
    ben.get_by_role("button", name=re.compile(r"\(you\)")).click()
    expect(ben.locator(f"#item-{ids[0]}")).to_contain_text("for you")
    expect(ana.locator(f"#item-{ids[0]}")).to_contain_text("for ")

    ben.goto("/review/?assignee=me&due=ahead")
    expect(rows(ben)).to_have_count(1)
    ben.keyboard.press("v")
    ben.get_by_label("Name of the view").fill("Mine in time")
    ben.keyboard.press("Enter")
    ben.goto("/review/")
    ben.keyboard.press("v")
    ben.get_by_role("link", name="Mine in time").click()
    ben.wait_for_url(re.compile("assignee=me&due=ahead"))
    expect(rows(ben)).to_have_count(1)


def test_a_blind_row_tells_nothing_and_a_clear_negative_takes_three_keys(house: House, visitor: Visitor) -> None:
    page = visitor("reviewer")
    post_flagged(house, 2)
    page.goto("/review/")
    expect(rows(page).nth(1)).to_be_attached()
    item = str(rows(page).first.get_attribute("data-item"))
    house.manage("shell", "-v", "0", "-c", BLIND.format(item))
    page.goto("/review/")
    row = page.locator(f"#item-{item}")
    expect(row).to_contain_text("Read blind")
    told = row.inner_html() + page.request.get(f"/review/changes?ids={item}").text()
    assert [word for word in ("1.00", "tag", "byte_channels", "<mark>", "audit") if word in told] == []
    shoot(page, "queue-blind")

    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/traces/"))
    decided = page.locator("#desk[data-standing=mine]")
    expect(decided).to_be_visible()
    number = str(decided.get_attribute("data-item"))
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-undo]").first).to_contain_text(f"#{number}")
    page.goto("/review/?state=decided")
    expect(page.locator(f"#item-{number}")).to_contain_text("Benign")
