"""Live hears of what pages show, and of what ends a session's rights."""

from __future__ import annotations

from oversight.audit.dispatch import subscribe
from oversight.audit.models import LedgerEvent
from oversight.live.hints import HINTS, project_group, user_group
from oversight.live.selectors import ALL_ACTIONS


@subscribe(*ALL_ACTIONS, durable=False)
def hint(event: LedgerEvent) -> None:
    """Tell the followers of the project to read the feed."""
    if event.project_id is not None:
        HINTS.give(project_group(event.project_id), event.pk)


@subscribe("session.signed_out", "membership.changed", durable=False)
def recheck(event: LedgerEvent) -> None:
    """Have a person's sockets look at once whether they still may."""
    HINTS.give(user_group(event.object_id), event.pk)
