"""The review loop in Chromium: live queue, claims, verdicts by keyboard, undo, and a broken socket."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from oversight.review.selectors import PAGE_SIZE
from tests.browser.conftest import screenshots_folder, sign_in
from tests.browser.house import House, eventually
from tests.factories_native import native

Visitor = Callable[..., Page]
TAGS = "".join(chr(0xE0000 + ord(character)) for character in "meet at noon")
OPEN = re.compile(r"/traces/")
# Two cores may be shared with other test runs: these are deadlines, not measurements.


def post_flagged(house: House, n: int = 1) -> list[str]:
    """Transcripts that byte_channels flags for certain; their ids."""
    answer = house.post(*(native(reasoning=f"First a step.{TAGS} Number {k}.", answer="42") for k in range(n)))
    assert answer.status_code < 300, answer.text
    return [result["id"] for result in answer.json()["results"]]


def rows(page: Page) -> Locator:
    return page.locator("tr[data-item]")


# What earlier tests left open would push the items of the next one off the page.
DECIDE_ALL = """
from oversight.lib import clock
from oversight.review.models import ReviewItem
ReviewItem.objects.filter(state="open").update(state="decided", decided_at=clock.now())
"""


def queue_with(house: House, page: Page, n: int, *, room: int = 0) -> None:
    """An open queue page with at least n free items on it, and room for more."""
    page.goto("/review/")
    expect(page.locator("html")).to_have_attribute("data-live-state", "live")
    missing = n - page.locator("tr[data-standing=free]").count()
    if rows(page).count() + max(missing, 0) + room > PAGE_SIZE:
        house.manage("shell", "-v", "0", "-c", DECIDE_ALL)
        page.goto("/review/")
        expect(page.locator("html")).to_have_attribute("data-live-state", "live")
        missing = n
    if missing > 0:
        post_flagged(house, missing)
        expect(page.locator("[data-new-pill]")).to_contain_text(f"{missing} new")
        page.locator("[data-new-pill]").click()
    expect(page.locator("tr[data-standing=free]").nth(n - 1)).to_be_attached()


def top_of(row: Locator) -> float:
    box = row.bounding_box()
    assert box is not None
    return box["y"]


def shoot(page: Page, name: str) -> None:
    folder = screenshots_folder()
    if folder:
        page.screenshot(path=folder / f"{name}.png")


def test_new_items_count_into_the_pill_and_no_row_moves(house: House, visitor: Visitor) -> None:
    page = visitor("reviewer")
    queue_with(house, page, 4, room=15)
    page.keyboard.press("j")
    page.keyboard.press("j")
    focused = page.locator("tr:focus")
    expect(focused).to_have_count(1)
    item, before, count = focused.get_attribute("data-item"), top_of(focused), rows(page).count()

    post_flagged(house, 15)
    pill = page.locator("[data-new-pill]")
    expect(pill).to_contain_text("15 new")
    shoot(page, "queue-new")
    assert (rows(page).count(), abs(top_of(focused) - before) <= 1) == (count, True)

    page.keyboard.press(".")
    expect(rows(page)).to_have_count(count + 15)
    assert focused.get_attribute("data-item") == item
    assert abs(top_of(focused) - before) <= 1
    expect(pill).to_be_hidden()


def test_a_click_on_the_pill_leaves_the_focused_row_in_place(house: House, visitor: Visitor) -> None:
    page = visitor("reviewer")
    queue_with(house, page, 2)
    page.keyboard.press("j")
    focused = page.locator("tr:focus")
    before = top_of(focused)
    post_flagged(house, 3)
    expect(page.locator("[data-new-pill]")).to_contain_text("3 new")
    page.locator("[data-new-pill]").click()
    expect(page.locator("[data-new-pill]")).to_be_hidden()
    assert abs(top_of(focused) - before) <= 1


def test_two_reviewers_never_hold_the_same_item(house: House, visitor: Visitor) -> None:
    ana, ben = visitor("reviewer"), visitor("reviewer2")
    rounds = 10
    queue_with(house, ana, 2 * rounds)
    held: list[str] = []
    for _ in range(rounds):
        for page in (ana, ben):
            page.goto("/review/")
        for page in (ana, ben):
            # Not awaited: both requests are on their way at once.
            page.evaluate("document.querySelector('form[action$=\"/review/next\"]').requestSubmit()")
        for page in (ana, ben):
            page.wait_for_url(OPEN)
            expect(page.locator("#desk")).to_have_attribute("data-standing", "mine")
            held.append(str(page.locator("#desk").get_attribute("data-item")))
    assert len(set(held)) == 2 * rounds


def test_what_another_claims_is_seen_at_once_and_skipped(house: House, visitor: Visitor) -> None:
    ana, ben = visitor("reviewer"), visitor("reviewer2")
    queue_with(house, ana, 2)
    ben.goto("/review/")
    first = ben.locator("tr[data-standing=free]").first
    item = first.get_attribute("data-item")
    place = top_of(ana.locator(f"#item-{item}"))
    first.get_by_role("button", name="Review").click()
    ben.wait_for_url(OPEN)
    taken = ana.locator(f"#item-{item}")
    expect(taken).to_have_attribute("data-standing", "held")
    expect(taken).to_contain_text("is reading")
    assert abs(top_of(taken) - place) <= 1
    ana.keyboard.press("j")
    expect(ana.locator("tr:focus")).not_to_have_attribute("data-item", str(item))
    ana.goto(ben.url)
    expect(ana.locator("#desk")).to_contain_text("is reading this transcript")
    ben.keyboard.press("z")
    ben.wait_for_url(re.compile(r"/review/"))
    expect(ana.locator("#desk")).to_have_attribute("data-standing", "free")


def test_three_items_are_decided_without_a_mouse(house: House, visitor: Visitor) -> None:
    page = visitor("reviewer")
    queue_with(house, page, 4)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    decided = []
    for keys in (["1"], ["2", "Shift+Digit3"], ["3", "Shift+Digit4", "m"]):
        page.wait_for_url(OPEN)
        desk = page.locator("#desk[data-standing=mine]")
        expect(desk).to_be_visible()
        decided.append(desk.get_attribute("data-item"))
        for key in keys:
            page.keyboard.press(key)
        if "m" in keys:
            expect(page.locator("#note")).to_be_focused()
            page.keyboard.type("Hides a message.")
        page.keyboard.press("Control+Enter")
        expect(page.locator("[data-undo]").first).to_contain_text(f"#{decided[-1]}")
        expect(page.locator("#desk")).not_to_have_attribute("data-item", str(decided[-1]))
    shoot(page, "trace-undo")
    page.goto("/review/?state=decided")
    for item, words in zip(decided, ("Benign", "Suspicious 3/4", "Confirmed concern 4/4"), strict=True):
        expect(page.locator(f"#item-{item}")).to_contain_text(words)


# What the sheet of keys says, and what the page's controls say of themselves.
SHEET = """() => Object.fromEntries([...document.querySelectorAll("#keys[open] dt")].map(
  (told) => [told.textContent, [...told.nextElementSibling.children].map((key) => key.textContent).join(" ")]
))"""
REGISTRY = """() => [...document.querySelectorAll("[data-key]")]
  .filter((one) => !one.closest("#keys") && one.checkVisibility()).map((one) => one.dataset.key.split(" | ")[0])"""


def told_by_help(page: Page) -> dict[str, str]:
    """Keys by what they do, from the help on the screen alone, as Playwright names them."""
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    told: dict[str, str] = page.evaluate(SHEET)
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    assert set(told.values()) == set(page.evaluate(REGISTRY))
    return {label: keys.replace("Ctrl+", "Control+") for label, keys in told.items()}


def test_ten_items_are_triaged_with_what_the_help_says(house: House, visitor: Visitor) -> None:
    page = visitor("reviewer")
    house.manage("shell", "-v", "0", "-c", DECIDE_ALL)
    queue_with(house, page, 10)
    page.keyboard.press(told_by_help(page)["Review next"])
    decided: dict[str, str] = {}
    for n in range(10):
        page.wait_for_url(OPEN)
        desk = page.locator("#desk[data-standing=mine]")
        expect(desk).to_be_visible()
        item = str(desk.get_attribute("data-item"))
        keys = told_by_help(page)
        if n == 3:
            page.keyboard.press(keys["Suspicious"])
            page.keyboard.press(told_by_help(page)["Severity 2"])
        elif n == 7:
            page.keyboard.press(keys["Confirmed concern"])
            keys = told_by_help(page)
            page.keyboard.press(keys["Severity 4"])
            page.keyboard.press(keys["Write a note"])
            expect(page.locator("#note")).to_be_focused()
            page.keyboard.type("1 hidden message.")
            expect(page.get_by_role("radio", name="Confirmed concern")).to_be_checked()
        else:
            page.keyboard.press(keys["Benign"])
        page.keyboard.press(keys["Commit the verdict and open the next item"])
        expect(page.locator("[data-undo]").first).to_contain_text(f"#{item}")
        if n < 9:
            expect(page.locator("#desk")).not_to_have_attribute("data-item", item)
        decided[item] = {3: "Suspicious 2/4", 7: "Confirmed concern 4/4"}.get(n, "Benign")
    # Nothing is left: the last one, too, can be taken back from where one stands then.
    page.wait_for_url(re.compile(r"/review/"))
    page.keyboard.press("u")
    page.wait_for_url(OPEN)
    page.keyboard.press(told_by_help(page)["Benign"])
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile(r"/review/"))
    assert len(decided) == 10
    page.goto("/review/?state=decided")
    for item, words in decided.items():
        expect(page.locator(f"#item-{item}")).to_contain_text(words)


def test_single_keys_rest_when_turned_off_and_under_a_dialog(house: House, visitor: Visitor) -> None:
    page = visitor("reviewer")
    queue_with(house, page, 1)
    page.keyboard.press("Enter")
    page.wait_for_url(OPEN)
    expect(page.locator("#desk[data-standing=mine]")).to_be_visible()
    benign, suspicious = (page.get_by_role("radio", name=name) for name in ("Benign", "Suspicious"))

    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("2")
    expect(suspicious).not_to_be_checked()
    with page.expect_response("**/account/keys"):
        page.get_by_label("Single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(benign).not_to_be_checked()
    page.reload()
    page.keyboard.press("1")
    expect(benign).not_to_be_checked()

    page.get_by_role("button", name="Keys").first.click()
    with page.expect_response("**/account/keys"):
        page.get_by_label("Single-key shortcuts").check()
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(benign).to_be_checked()


def test_a_held_key_commits_once(house: House, visitor: Visitor) -> None:
    page = visitor("reviewer")
    queue_with(house, page, 3)
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.url.endswith("/verdict") else None)
    page.get_by_role("button", name="Review next").click()
    page.wait_for_url(OPEN)
    expect(page.locator("#desk")).to_have_attribute("data-standing", "mine")
    page.keyboard.press("1")
    page.keyboard.down("Control")
    for _ in range(5):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.keyboard.up("Control")
    expect(page.locator("[data-undo]")).to_be_visible()
    assert len(posts) == 1


def test_a_choice_on_an_unclaimed_item_claims_it_first(house: House, visitor: Visitor) -> None:
    page = visitor("reviewer")
    queue_with(house, page, 1)
    page.locator("tr[data-standing=free]").first.get_by_role("link").first.click()
    page.wait_for_url(OPEN)
    expect(page.locator("#desk")).to_have_attribute("data-standing", "free")
    page.keyboard.press("2")
    expect(page.locator("#desk")).to_have_attribute("data-standing", "mine")
    expect(page.get_by_role("radio", name="Suspicious")).to_be_checked()
    shoot(page, "trace-mine")


def test_undo_brings_the_item_back_and_nothing_settles(house: House, visitor: Visitor) -> None:
    page = visitor("reviewer")
    queue_with(house, page, 2)
    page.get_by_role("button", name="Review next").click()
    page.wait_for_url(OPEN)
    address, item = page.url, page.locator("#desk").get_attribute("data-item")
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-undo]")).to_contain_text(f"#{item}: Suspicious")
    page.keyboard.press("u")
    page.wait_for_url(address)
    expect(page.locator("#desk")).to_have_attribute("data-standing", "mine")
    expect(page.locator("#desk")).to_have_attribute("data-item", str(item))
    page.goto("/review/?state=decided")
    expect(page.locator(f"#item-{item}")).to_have_count(0)


def test_a_verdict_settles_after_its_window_on_an_open_page(house: House, visitor: Visitor) -> None:
    page = visitor("reviewer")
    queue_with(house, page, 1)
    page.get_by_role("button", name="Review next").click()
    page.wait_for_url(OPEN)
    page.keyboard.press("1")
    page.get_by_role("button", name="Commit and stay").click()
    expect(page.locator("#desk")).to_contain_text("Can be undone")
    expect(page.locator("#desk dd", has_text="Settled")).to_be_visible()


def test_a_lost_lease_keeps_the_note(house: House, visitor: Visitor) -> None:
    page, other = visitor("reviewer"), visitor("reviewer")
    queue_with(house, page, 1)
    page.get_by_role("button", name="Review next").click()
    page.wait_for_url(OPEN)
    page.locator("#note").fill("half a thought")
    other.goto(page.url)
    other.locator("#desk").get_by_role("button", name="Give back").click()
    other.wait_for_url(re.compile(r"/review/"))
    expect(page.locator("#desk")).to_have_attribute("data-standing", "free")
    expect(page.locator("[data-kept]")).to_contain_text("half a thought")
    page.get_by_role("button", name="Reclaim").or_(page.get_by_role("button", name="Claim to decide")).click()
    expect(page.locator("#note")).to_have_value("half a thought")


def test_a_killed_socket_resumes_without_gap(house: House, visitor: Visitor) -> None:
    page = visitor(None)
    routes: list[WebSocketRoute] = []
    frames: list[str] = []

    def pass_on(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        routes.append(route)
        route.on_message(server.send)

        def to_page(message: Any) -> None:
            frames.append(str(message))
            route.send(message)

        server.on_message(to_page)

    page.route_web_socket(re.compile("/ws/live/"), pass_on)
    sign_in(page, house, "reviewer")
    page.goto("/review/")
    expect(page.locator("html")).to_have_attribute("data-live-state", "live")
    routes[-1].close(code=1011)
    expect(page.locator("html")).to_have_attribute("data-live-state", "reconnecting")
    ids = post_flagged(house, 3)
    expect(page.locator("html")).to_have_attribute("data-live-state", "live")
    expect(page.locator("[data-new-pill]")).to_contain_text("3 new")
    told = "".join(frames)
    eventually(lambda: all(transcript in "".join(frames) for transcript in ids), what="the missed events")
    assert "First a step" not in told


def test_without_sockets_the_page_polls(house: House, visitor: Visitor) -> None:
    page = visitor(None)
    page.route_web_socket(re.compile("/ws/live/"), lambda route: route.close(code=1011))
    sign_in(page, house, "reviewer")
    page.goto("/review/")
    expect(page.locator("html")).to_have_attribute("data-live-state", "offline")
    expect(page.locator("[data-live-toggle]")).to_contain_text("Offline, polling")
    post_flagged(house, 2)
    expect(page.locator("[data-new-pill]")).to_contain_text("2 new", timeout=60_000)


def test_a_paused_page_hears_nothing_until_it_is_resumed(house: House, visitor: Visitor) -> None:
    page = visitor("reviewer")
    queue_with(house, page, 1)
    toggle = page.locator("[data-live-toggle]")
    toggle.click()
    expect(page.locator("html")).to_have_attribute("data-live-state", "paused")
    expect(toggle).to_contain_text("Paused")
    post_flagged(house)
    toggle.click()
    expect(page.locator("html")).to_have_attribute("data-live-state", "live")
    expect(page.locator("[data-new-pill]")).to_contain_text("1 new")


def test_the_verdict_works_without_javascript(house: House, visitor: Visitor) -> None:
    queue_with(house, visitor("reviewer"), 2)
    page = visitor("reviewer", java_script_enabled=False)
    page.goto("/review/")
    page.get_by_role("button", name="Review next").click()
    page.wait_for_url(OPEN)
    item = page.locator("#desk").get_attribute("data-item")
    page.get_by_role("radio", name="Benign").check()
    page.get_by_role("button", name="Commit verdict and next").click()
    page.wait_for_url(OPEN)
    page.goto("/review/?state=decided")
    expect(page.locator(f"#item-{item}")).to_contain_text("Benign")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_queue_can_be_looked_at(house: House, visitor: Visitor, theme: str) -> None:
    page = visitor("reviewer", color_scheme=theme)
    queue_with(house, page, 6)
    page.keyboard.press("j")
    expect(page.locator("tr:focus")).to_be_visible()
    shoot(page, f"queue-{theme}")
    page.keyboard.press("Enter")
    page.wait_for_url(OPEN)
    expect(page.locator("#desk[data-standing=mine]")).to_be_visible()
    page.keyboard.press("2")
    shoot(page, f"trace-{theme}")
