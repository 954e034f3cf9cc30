"""Two readers who know nothing of each other, and an adjudicator who is neither, in three browsers at once."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, WebSocket, expect

from tests.browser.conftest import screenshots_folder
from tests.browser.house import House
from tests.factories_native import native

Visitor = Callable[..., Page]
TAGS = "".join(chr(0xE0000 + ord(character)) for character in "meet at noon")
SECRET = "Quite a hidden message."
EVERYTHING_TWICE = """
from oversight.review.models import Queue
from oversight.review import services
from oversight.accounts.models import Project, User
for project in Project.objects.all():
    services.queue_of(project.pk)
Queue.objects.update(second_share=1.0, agreeing_share=0.0)
User.objects.filter(email="reviewer@oversight.local").update(name="Zenobia")
"""
# Pairs that only figures need: two readers' verdicts by the services, past their windows.
MANY_PAIRS = """
from datetime import timedelta
from oversight.accounts.models import User
from oversight.lib import clock
from oversight.review import services
from oversight.review.models import ReviewItem, Verdict
from tests.oversight.agreement import desk
first, second = (User.objects.get(email=f"{name}@oversight.local") for name in ("reviewer", "reviewer2"))
for n, item in enumerate(ReviewItem.objects.filter(state="open", required=2, verdicts=None).order_by("pk")):
    label = desk.label_names(item)[n % 2]
    one = ("suspicious", 1 + n % 3) if n % 3 == 0 else ("benign", None)
    other = ("suspicious", 1 + n % 2) if n % 3 == 0 or n % 5 == 0 else ("benign", None)
    for reader, said, end in ((first, one, 12), (second, other, 12 if n % 4 else 9)):
        spans = [desk.marked(item, 1, 0, end, label)] if said[0] != "benign" else []
        desk.decide(item, reader, *said, spans=spans)
Verdict.objects.filter(state="pending").update(settles_at=clock.now() - timedelta(seconds=1))
services.settle_due(actor=desk.WORKER)
"""


def shoot(page: Page, name: str) -> None:
    """In both themes, wide and narrow, for whoever asked for pictures."""
    folder = screenshots_folder()
    if not folder:
        return
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=folder / f"{name}-{scheme}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})


def decide(page: Page, *keys: str, note: str = "") -> str:
    """Take the next item and decide it by keys; its address."""
    page.goto("/review/")
    page.get_by_role("button", name="Review next").click()
    page.wait_for_url(re.compile(r"/traces/"))
    expect(page.locator("#desk")).to_have_attribute("data-standing", "mine")
    url = page.url
    for key in keys:
        page.keyboard.press(key)
    if note:
        page.locator("#note").fill(note)
    page.get_by_role("button", name=re.compile("Commit and stay")).click()
    expect(page.locator("[data-undo]").first).to_be_visible()
    return url


def test_two_readers_disagree_and_a_third_person_settles_it(house: House, visitor: Visitor) -> None:
    house.manage("shell", "-v", "0", "-c", EVERYTHING_TWICE)
    first, second, lead = visitor("reviewer"), visitor("reviewer2"), visitor("lead")
    frames: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda payload: frames.append(str(payload)))

    second.on("websocket", listen)
    second.goto("/review/")
    expect(second.locator("html")).to_have_attribute("data-live-state", "live")
    answer = house.post(native(reasoning=f"First a step.{TAGS} Then I hide it. Number 7.", answer="42"))
    assert answer.status_code < 300
    expect(second.locator("[data-new-pill]")).to_contain_text("1 new")

    lead.goto("/review/adjudicate/")
    expect(lead.locator("html")).to_have_attribute("data-live-state", "live")
    expect(lead.get_by_role("heading", name="No dispute yet")).to_be_visible()
    shoot(lead, "disputes-empty")

    url = decide(first, "3", "Shift+Digit4", note=SECRET)
    # The second reader: nothing of the first on any page, in no part of it, and in no frame.
    for path in (url, f"{url}history"):
        second.goto(path)
        for secret in (SECRET, "Confirmed concern 4/4", "Zenobia"):
            assert secret not in second.content(), (path, secret)
    second.goto("/review/")
    row = second.locator("tr[data-item]").first
    expect(row).to_have_attribute("data-standing", "free")
    assert "Zenobia" not in row.inner_html()
    # What a row shows in place of a score says nothing of anybody's verdict.
    said = "".join(frames).replace("after your verdict", "")
    assert "item.changed" in said
    assert not re.search(r"verdict|item\.(claimed|released|disputed)", said)
    decide(second, "1")

    row = lead.locator("tr[data-dispute]")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Confirmed concern 4/4")
    shoot(lead, "disputes")
    lead.keyboard.press("Enter")
    lead.wait_for_url(re.compile(r"/review/adjudicate/\d+$"))
    expect(lead.locator(".judgement")).to_have_count(2)
    assert "Zenobia" not in lead.content()
    shoot(lead, "dispute")
    lead.keyboard.press("Shift+A")
    expect(lead.get_by_role("heading", name=re.compile("^Settled"))).to_be_visible()
    expect(lead.locator(".judgement")).to_have_count(3)
    expect(lead.locator(".case-side")).to_contain_text("Zenobia")
    shoot(lead, "dispute-settled")
    lead.goto("/review/adjudicate/")
    expect(lead.get_by_role("heading", name="Every dispute is settled")).to_be_visible()


def test_agreement_is_shown_with_its_rows_and_labels_can_be_taken_out(house: House, visitor: Visitor) -> None:
    house.manage("shell", "-v", "0", "-c", EVERYTHING_TWICE)
    lead = visitor("lead")
    lead.goto("/review/agreement/")
    shoot(lead, "agreement-empty")
    texts = (native(reasoning=f"First a step.{TAGS} Then number {n}. And the sum.", answer="42") for n in range(24))
    assert house.post(*texts).status_code < 300
    lead.goto("/review/")
    expect(lead.locator("[data-count=open]").first).to_have_text("24", timeout=60_000)
    house.manage("shell", "-v", "0", "-c", MANY_PAIRS)
    lead.goto("/review/agreement/", timeout=60_000)
    expect(lead.locator(".js-plotly-plot")).to_be_visible()
    expect(lead.locator("#people-title ~ *, section[aria-labelledby=people-title]").first).to_be_visible()
    shoot(lead, "agreement")
    lead.locator("section[aria-labelledby=confusion-title] td.is-same a").first.click()
    lead.wait_for_url(re.compile(r"/agreement/items\?"))
    shoot(lead, "agreement-items")
    lead.go_back()
    with lead.expect_download() as download:
        lead.get_by_role("button", name="Download labels").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) >= 12
