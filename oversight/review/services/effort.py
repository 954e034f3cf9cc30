"""How long a reader worked on an item, and how much of its text was ever on their screen."""

from __future__ import annotations

import math
from datetime import timedelta

from django.db.models import F, Value
from django.db.models.functions import Coalesce, Greatest

from oversight.lib import clock
from oversight.review.models import Assignment


def note_effort(*, assignment: Assignment, active_ms: int | None, read_share: float | None) -> None:
    """Keep the most that was said so far. Like the heartbeat that carries it, it writes no event.

    The browser says it, so it is clipped to what can be: no more time than has passed, no share outside [0, 1].
    """
    passed_ms = (clock.now() - assignment.claimed_at) // timedelta(milliseconds=1)
    mine = Assignment.objects.filter(pk=assignment.pk)
    if active_ms is not None:
        mine.update(active_ms=Greatest(F("active_ms"), Value(max(0, min(active_ms, passed_ms)))))
    if read_share is not None and math.isfinite(read_share):
        share = max(0.0, min(read_share, 1.0))
        mine.update(read_share=Greatest(Coalesce(F("read_share"), Value(0.0)), Value(share)))
