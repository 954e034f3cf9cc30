"""Bodies are thin, and hold nothing that a chat could take for markup or a mention."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from pytest_django import Settings

from oversight.alerts.bodies import MAX_BYTES, Alert, body, slack_text

AT = datetime(2026, 11, 21, 12, 0, 0, 250_000, tzinfo=UTC)


def _flag(project: str = "alpha") -> Alert:
    return Alert(
        type="transcript.flagged",
        at=AT,
        project=project,
        transcript_id="0191",
        monitor="byte_channels",
        score=0.97,
        threshold=0.5,
    )


def test_a_flag_says_where_and_how_much_and_nothing_else(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://oversight.example"
    assert json.loads(body(_flag(), "standard")) == {
        "type": "transcript.flagged",
        "timestamp": "2026-11-21T12:00:00.250000Z",
        "data": {
            "id": "0191",
            "project": "alpha",
            "monitor": "byte_channels",
            "score": 0.97,
            "threshold": 0.5,
            "url": "https://oversight.example/traces/0191/",
        },
    }


def test_a_settled_verdict_says_its_label_and_severity() -> None:
    alert = Alert(type="verdict.settled", at=AT, project="alpha", transcript_id="0191", label="confirmed", severity=3)
    data = json.loads(body(alert, "standard"))["data"]
    assert (data["label"], data["severity"]) == ("confirmed", 3)
    assert "score" not in data


def test_a_slack_message_has_a_text_with_a_link(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://oversight.example"
    message = json.loads(body(_flag(), "slack"))
    assert message["text"] == (
        "Flagged in alpha: byte_channels gives 0.97 (threshold 0.50)\n"
        "<https://oversight.example/traces/0191/|Open the transcript>"
    )
    assert message["unfurl_links"] is False


def test_a_slack_message_mentions_nobody_and_carries_no_foreign_link() -> None:
    text = json.loads(body(_flag("<!channel> @everyone <https://evil.example|click> &lt;"), "slack"))["text"]
    head = text.splitlines()[0]
    assert "<" not in head
    assert "@everyone" not in head
    assert "&lt;!channel&gt;" in head
    assert "&amp;lt;" in head


def test_slack_escapes_ampersand_first() -> None:
    assert slack_text("a<b>&c") == "a&lt;b&gt;&amp;c"


def test_bodies_stay_small() -> None:
    assert len(body(_flag("x" * 40), "standard")) < MAX_BYTES
