"""Standard Webhooks 1.0, scheme v1: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

PREFIX = "whsec_"


def new_secret() -> str:
    """32 random bytes in the form that the receiver's library reads."""
    return PREFIX + base64.b64encode(os.urandom(32)).decode()


def headers(secret: str, *, message_id: str, sent_at: int, body: bytes) -> dict[str, str]:
    """`message_id` stays the same over retries; `sent_at` (Unix seconds) is the time of this attempt."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b".".join((message_id.encode(), str(sent_at).encode(), body))
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": f"v1,{signature}",
    }
