"""One hidden message from the API to the audit page: every part is the real part."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect
from standardwebhooks import Webhook

from tests.browser.house import House, eventually
from tests.browser.receiver import Received, Receiver
from tests.factories_native import native

MESSAGE = "meet at noon"
HIDDEN = "".join(chr(0xE0000 + ord(character)) for character in MESSAGE)
REASONING = f"Astral 𝒳 comes first.\nThen a plain step.{HIDDEN} And the last one: 2 + 2 = 4."


def test_a_hidden_message_goes_the_whole_way(house: House, receiver: Receiver, visitor: Callable[..., Page]) -> None:
    admin = visitor("admin")
    secret = _endpoint_with_rules(admin, f"{receiver.url}/hook")
    reviewer = visitor("reviewer")
    reviewer.goto("/review/")
    expect(reviewer.locator("html")).to_have_attribute("data-live-state", "live")

    answer = house.post(native(reasoning=REASONING, answer="4"))
    assert answer.status_code < 300, answer.text
    transcript_id = answer.json()["results"][0]["id"]

    pill = reviewer.locator("[data-new-pill]")
    expect(pill).to_contain_text("1 new")
    pill.click()
    reviewer.locator("tr[data-item]").first.get_by_role("button", name="Review").click()
    reviewer.wait_for_url(lambda url: transcript_id in url)
    assert _marked(reviewer) == HIDDEN

    _decide(reviewer)
    flagged, settled = _both_webhooks(receiver)
    for received in (flagged, settled):
        Webhook(secret).verify(received.body, received.headers)
        assert json.loads(received.body)["data"]["id"] == transcript_id
        assert "plain step" not in received.body.decode()
    assert json.loads(settled.body)["data"]["label"] == "suspicious"

    admin.goto(f"/audit/?object=transcript:{transcript_id}")
    for action in (
        "transcripts.ingested",
        "transcript.scored",
        "transcript.flagged",
        "item.queued",
        "transcript.viewed",
        "item.claimed",
        "verdict.committed",
        "verdict.settled",
        "webhook.delivered",
    ):
        expect(admin.locator(f"[data-action='{action}']").first).to_be_visible()


def _endpoint_with_rules(admin: Page, url: str) -> str:
    """Make an endpoint and a rule for flags and settled verdicts on their page; the secret it shows once."""
    admin.goto("/alerts/")
    admin.get_by_role("link", name="New endpoint").first.click()
    admin.get_by_label("Name").fill("Safety channel")
    admin.get_by_label("URL").fill(url)
    admin.get_by_role("button", name="Create endpoint").click()
    secret = admin.locator("[data-secret]").inner_text()
    assert secret.startswith("whsec_")
    return secret


def _marked(page: Page) -> str:
    """The text under the highlight, as the browser holds it."""
    marks = page.locator("mark[data-s]")
    expect(marks.first).to_be_visible()
    return "".join(marks.all_text_contents())


def _decide(page: Page) -> None:
    """By keyboard: suspicious, severity 2, commit."""
    for key in ("2", "Shift+2", "Control+Enter"):
        page.keyboard.press(key)


def _both_webhooks(receiver: Receiver) -> tuple[Received, Received]:
    def found() -> tuple[Received, Received] | None:
        by_type = {json.loads(received.body)["type"]: received for received in receiver.received}
        flagged, settled = by_type.get("transcript.flagged"), by_type.get("verdict.settled")
        return (flagged, settled) if flagged and settled else None

    both = eventually(found, within_s=30, what="both webhooks")
    assert all(urlsplit(received.path).path == "/hook" for received in both)
    return both
