"""The verbs of the review loop: queue, claim, renew, release, decide, undo, settle, expire."""

from __future__ import annotations

from oversight.review.content import Content, SpanContent
from oversight.review.services.adjudication import ask_second, claim_dispute
from oversight.review.services.leases import claim, claim_next, expire_due, release, renew
from oversight.review.services.queueing import DEFAULT_QUEUE, list_snippets, queue_flagged
from oversight.review.services.verdicts import commit_verdict, settle_due, settle_verdict, undo_verdict

__all__ = [
    "DEFAULT_QUEUE",
    "Content",
    "SpanContent",
    "ask_second",
    "claim",
    "claim_dispute",
    "claim_next",
    "commit_verdict",
    "expire_due",
    "list_snippets",
    "queue_flagged",
    "release",
    "renew",
    "settle_due",
    "settle_verdict",
    "undo_verdict",
]
