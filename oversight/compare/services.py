"""Comparisons asked for and worked out, and marks: the only writers of this app."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from oversight.accounts.models import User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.compare.aligning import ALGORITHM, STEPS_S, WORDS_S, align, packed
from oversight.compare.events import MeaningMarked
from oversight.compare.models import Comparison, Mark, Meaning
from oversight.compare.units import units_of
from oversight.lib import clock
from oversight.lib.errors import Invalid
from oversight.transcripts import selectors as transcripts
from oversight.transcripts.models import Transcript

COMPUTE = "compare.compute"
QUEUE = "cpu"
LIMIT_S = 120
# A worker that was asked so long ago has lost the message, was ended by the limit, or is down.
LOST_AFTER = timedelta(seconds=2 * LIMIT_S)
# After a lost attempt steps alone are compared; a text that is lost again is not tried again by itself.
MOST_ATTEMPTS = 3
MOST_KEPT = 2_000


def comparison_of(*, a: Transcript, b: Transcript) -> Comparison:
    """The comparison of two transcripts as it stands; asks a worker where there is none. Two queries, seldom five."""
    found, made = Comparison.objects.get_or_create(
        a_sha256=a.payload_sha256, b_sha256=b.payload_sha256, algorithm=ALGORITHM, defaults={"a": a, "b": b}
    )
    if made:
        _make_room()
    if found.computed_at is None and _may_ask(found):
        _ask(found)
    return found


def _may_ask(comparison: Comparison) -> bool:
    if comparison.asked_at is None:
        return True
    return comparison.attempts < MOST_ATTEMPTS and clock.now() - comparison.asked_at > LOST_AFTER


def ask_again(*, a: Transcript, b: Transcript) -> Comparison:
    """Have a comparison worked out that was given up."""
    found = comparison_of(a=a, b=b)
    if found.computed_at is None and has_failed(found):
        found.attempts = 0
        _ask(found)
    return found


def has_failed(comparison: Comparison) -> bool:
    """Whether every attempt was lost."""
    if comparison.asked_at is None or comparison.computed_at is not None:
        return False
    return comparison.attempts >= MOST_ATTEMPTS and clock.now() - comparison.asked_at > LOST_AFTER


@transaction.atomic
def _ask(comparison: Comparison) -> None:
    comparison.asked_at = clock.now()
    comparison.attempts += 1
    comparison.save(update_fields=["asked_at", "attempts"])
    audit.ring_after_commit(COMPUTE, [comparison.pk], queue=QUEUE, chunk=1)


def _make_room() -> None:
    oldest = Comparison.objects.order_by("-pk").values_list("pk", flat=True)[MOST_KEPT:][:100]
    Comparison.objects.filter(pk__in=list(oldest)).delete()


def compute(pk: int) -> None:
    """Work a comparison out, outside of any transaction, and keep it. Twice is the same as once."""
    comparison = Comparison.objects.filter(pk=pk, computed_at=None).first()
    if comparison is None:
        return
    began = time.monotonic()
    contents = transcripts.load([comparison.a_id, comparison.b_id])
    a, b = (units_of(contents[one]) for one in (comparison.a_id, comparison.b_id))
    found = align(a, b, steps_s=STEPS_S, words_s=WORDS_S if comparison.attempts < 2 else 0)
    comparison.packed, comparison.took_s = packed(found), time.monotonic() - began
    comparison.computed_at = clock.now()
    comparison.save(update_fields=["packed", "took_s", "computed_at"])


@dataclass(frozen=True, slots=True)
class Pair:
    """A step of one transcript and a step of the other; one of the spans may be empty."""

    a: Transcript
    b: Transcript
    a_span: str
    b_span: str


@transaction.atomic
def mark_meaning(*, pair: Pair, meaning: str, reviewer: User, actor: Actor) -> None:
    """Say whether a pair means the same; an empty meaning takes it back. The same again changes nothing."""
    if meaning and meaning not in Meaning.values:
        raise Invalid("Say same, changed or unsure.", place="meaning")
    if pair.a.pk == pair.b.pk or not (pair.a_span or pair.b_span):
        raise Invalid("A mark is about a pair of steps of two transcripts.", place="a_span")
    sides = sorted([(pair.a.pk, pair.a_span), (pair.b.pk, pair.b_span)])
    key: dict[str, Any] = {
        "first_id": sides[0][0],
        "second_id": sides[1][0],
        "first_span": sides[0][1],
        "second_span": sides[1][1],
        "reviewer": reviewer,
    }
    mark = Mark.objects.select_for_update().filter(**key).first()
    before = mark.meaning if mark else ""
    if before == meaning:
        return
    if mark and not meaning:
        mark.delete()
    else:
        Mark.objects.update_or_create(**key, defaults={"meaning": meaning, "at": clock.now()})
    event = MeaningMarked(
        object_id=str(pair.a.pk),
        project_id=pair.a.project_id,
        other_id=str(pair.b.pk),
        span=pair.a_span,
        other_span=pair.b_span,
        meaning=meaning,
        before=before,
    )
    audit.record(event, actor)
