"""Live hears of what pages show, and of what ends a session's rights."""

from __future__ import annotations

from oversight.audit.dispatch import subscribe
from oversight.audit.models import LedgerEvent
from oversight.live.hints import HINTS, project_topic, user_topic
from oversight.live.rights import ALL_ACTIONS


@subscribe(*ALL_ACTIONS, durable=False)
def hint(event: LedgerEvent) -> None:
    """Have the feed read for the followers of the project."""
    if event.project_id is not None:
        HINTS.give(project_topic(event.project_id), event.pk)


@subscribe("session.signed_out", "membership.changed", durable=False)
def recheck(event: LedgerEvent) -> None:
    """Have a person's sockets look at once whether they still may."""
    HINTS.give(user_topic(event.object_id), event.pk)
