"""One dispute: the text with both readers' marks, their two judgements without names, and what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitors.transcript import Transcript as Content
from oversight.accounts.models import User
from oversight.agreement.disputes import lanes_of
from oversight.agreement.marks import Choice, choices, step_overlap
from oversight.audit import selectors as feed
from oversight.dashboard.marks import Span as Marked
from oversight.dashboard.text_view import STEPS_PER_CHUNK, PartText
from oversight.dashboard.trace import PartView, part_views
from oversight.dashboard.windows import Slice
from oversight.lib import clock
from oversight.review.models import (
    Assignment,
    ItemState,
    LabelSetVersion,
    ReviewItem,
    Role,
    Span,
    Verdict,
    VerdictState,
)
from oversight.review.services.adjudication import agrees
from oversight.transcripts import selectors as transcripts

# A longer text is shown around the marks only; the trace page has all of it.
WHOLE_CHARS = 200_000


@dataclass(frozen=True, slots=True)
class Judgement:
    """One reader's. `name` is empty until the dispute is settled."""

    lane: str
    verdict: Verdict
    spans: tuple[Span, ...]
    name: str


@dataclass(frozen=True, slots=True)
class Case:
    """Everything its page shows. `token` names the adjudicator's own live lease."""

    item: ReviewItem
    after: str
    lanes: tuple[Judgement, ...]
    decision: Judgement | None
    choices: tuple[Choice, ...]
    parts: tuple[PartView, ...]
    is_whole: bool
    step_overlap: float | None
    is_agreeing: bool
    version: LabelSetVersion | None
    assignment: Assignment | None
    held_by: str
    may_undo: bool
    undo_until: datetime | None

    @property
    def is_settled(self) -> bool:
        return self.item.state == ItemState.DECIDED

    @property
    def lease_left_s(self) -> int:
        return max(0, int((self.assignment.lease_until - clock.now()).total_seconds())) if self.assignment else 0

    @property
    def agreed(self) -> tuple[Choice, ...]:
        return tuple(one for one in self.choices if one.mark == "both")


def case_of(item: ReviewItem, user: User) -> Case:
    """The dispute of an item with two verdicts, whose reading has been recorded. Eight queries."""
    after, now = str(feed.head()), clock.now()
    given = list(
        item.verdicts.given()
        .select_related("assignment__reviewer", "label_set_version__label_set")
        .prefetch_related("spans")
        .order_by("pk")
    )
    settled = item.state == ItemState.DECIDED
    lanes = tuple(_judgement(lane, one, named=settled) for lane, one in zip("AB", lanes_of(item, given), strict=False))
    decision = next((one for one in given if one.assignment.role == Role.ADJUDICATOR), None)
    content = transcripts.load([item.transcript_id])[item.transcript_id]
    texts = _texts(content, lanes)
    window, is_whole = _window(texts, lanes)
    live = Assignment.objects.live().filter(item=item, role=Role.ADJUDICATOR).select_related("reviewer").first()
    undoable = decision is not None and decision.state == VerdictState.PENDING and decision.settles_at > now
    a, b = (lanes[0].spans, lanes[1].spans) if len(lanes) > 1 else ((), ())
    return Case(
        item=item,
        after=after,
        lanes=lanes,
        decision=_judgement("", decision, named=True) if decision else None,
        choices=choices(a, b, content),
        parts=tuple(part_views(content, texts, window)),
        is_whole=is_whole,
        step_overlap=step_overlap(a, b, content),
        is_agreeing=len(lanes) > 1 and agrees(lanes[0].verdict, lanes[1].verdict),
        version=lanes[0].verdict.label_set_version if lanes else None,
        assignment=live if live and live.reviewer_id == user.pk else None,
        held_by=live.reviewer.name if live and live.reviewer_id != user.pk else "",
        may_undo=undoable and decision is not None and decision.assignment.reviewer_id == user.pk,
        undo_until=decision.settles_at if decision and undoable else None,
    )


def _judgement(lane: str, verdict: Verdict, *, named: bool) -> Judgement:
    spans = sorted(verdict.spans.all(), key=lambda one: (one.part, one.start, one.end))
    return Judgement(lane, verdict, tuple(spans), verdict.assignment.reviewer.name if named else "")


def _texts(content: Content, lanes: Sequence[Judgement]) -> list[PartText]:
    marked = list(_marked(lanes))
    return [
        PartText.of(part.text, part.steps or (), (one for one in marked if one.part == index))
        for index, part in enumerate(content.parts)
    ]


def _marked(lanes: Sequence[Judgement]) -> Iterator[Marked]:
    """Lane A underlined, lane B dashed: beside the tag, never by colour alone."""
    number = 0
    for style, judgement in enumerate(lanes, 1):
        for span in judgement.spans:
            number += 1
            said = f"{judgement.lane}: {span.label}"
            yield Marked(number, span.part, span.start, span.end, style, 2 * style - 1, judgement.lane, said)


def _window(texts: Sequence[PartText], lanes: Sequence[Judgement]) -> tuple[list[Slice], bool]:
    """All of a text of common length; of a longer one the chunks around what was marked, or its beginning."""
    if sum(len(text.text) for text in texts) <= WHOLE_CHARS:
        return [Slice(part, 0, len(text.steps)) for part, text in enumerate(texts)], True
    wanted: dict[int, set[int]] = {}
    for span in (span for judgement in lanes for span in judgement.spans):
        text = texts[span.part]
        touched = [n for n, (start, end) in enumerate(text.steps) if start < span.end and end > span.start]
        for step in touched[:1] + touched[-1:]:
            chunk = step // STEPS_PER_CHUNK
            wanted.setdefault(span.part, set()).update({max(0, chunk - 1), chunk, chunk + 1})
    if not wanted:
        wanted = {0: {0, 1}}
    slices = [
        Slice(part, first * STEPS_PER_CHUNK, min((last + 1) * STEPS_PER_CHUNK, len(texts[part].steps)))
        for part, chunks in sorted(wanted.items())
        for first, last in _runs(sorted(chunks))
        if first * STEPS_PER_CHUNK < len(texts[part].steps)
    ]
    return slices, False


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = last = numbers[0]
    for number in numbers[1:]:
        if number != last + 1:
            yield start, last
            start = number
        last = number
    yield start, last
