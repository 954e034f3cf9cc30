"""The verbs of the review loop: queue, claim, renew, release, decide, undo, settle, expire."""

from __future__ import annotations

from oversight.review.content import Content, SpanContent
from oversight.review.services.adjudication import ask_second, claim_dispute
from oversight.review.services.audits import draw_audits, inclusion_prob
from oversight.review.services.leases import claim, claim_next, expire_due, release, renew
from oversight.review.services.planning import (
    MOST_ITEMS,
    Planned,
    assign,
    restore_assignees,
    restore_snoozes,
    snooze,
)
from oversight.review.services.queueing import is_read_blind, list_snippets, queue_flagged, release_scores
from oversight.review.services.queues import (
    DEFAULT_QUEUE,
    LEAST_AUDIT_SHARE,
    MOST_AUDIT_SHARE,
    Rules,
    change_rules,
    queue_of,
    rules_of,
)
from oversight.review.services.saved_views import delete_view, save_view
from oversight.review.services.verdicts import commit_verdict, settle_due, settle_verdict, undo_verdict

__all__ = [
    "DEFAULT_QUEUE",
    "LEAST_AUDIT_SHARE",
    "MOST_AUDIT_SHARE",
    "MOST_ITEMS",
    "Content",
    "Planned",
    "Rules",
    "SpanContent",
    "ask_second",
    "assign",
    "change_rules",
    "claim",
    "claim_dispute",
    "claim_next",
    "commit_verdict",
    "delete_view",
    "draw_audits",
    "expire_due",
    "inclusion_prob",
    "is_read_blind",
    "list_snippets",
    "queue_flagged",
    "queue_of",
    "release",
    "release_scores",
    "renew",
    "restore_assignees",
    "restore_snoozes",
    "rules_of",
    "save_view",
    "settle_due",
    "settle_verdict",
    "snooze",
    "undo_verdict",
]
