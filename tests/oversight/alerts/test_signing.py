"""Our signatures under the reference verifier of Standard Webhooks."""

from __future__ import annotations

import base64
import time

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from oversight.alerts import signing

BODY = b'{"type":"transcript.flagged"}'


def _headers(secret: str, *, sent_at: int | None = None) -> dict[str, str]:
    return signing.headers(secret, message_id="msg_1", sent_at=sent_at or int(time.time()), body=BODY)


def test_the_reference_verifier_accepts_our_signature() -> None:
    secret = signing.new_secret()
    assert Webhook(secret).verify(BODY, _headers(secret)) == {"type": "transcript.flagged"}


def test_a_secret_holds_32_random_bytes() -> None:
    first, second = signing.new_secret(), signing.new_secret()
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32
    assert first != second


@pytest.mark.parametrize("change", ["body", "id", "time", "key", "old"])
def test_the_reference_verifier_refuses_what_was_changed(change: str) -> None:
    secret, body = signing.new_secret(), BODY
    headers = _headers(secret)
    if change == "body":
        body = BODY.replace(b"flagged", b"cleared")
    elif change == "id":
        headers["webhook-id"] = "msg_2"
    elif change == "time":
        headers["webhook-timestamp"] = str(int(time.time()) + 5)
    elif change == "key":
        secret = signing.new_secret()
    else:
        headers = _headers(secret, sent_at=int(time.time()) - 301)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)
