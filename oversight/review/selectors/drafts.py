"""What the verdict form holds: a draft, the words that it may use, and the guidelines that say when."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from oversight.accounts.models import User
from oversight.audit.models import LedgerEvent
from oversight.review import default_labels
from oversight.review.content import FIELDS, SpanContent, cleaned, differing
from oversight.review.models import Draft, LabelSetVersion, ReviewItem, Span, Verdict

N_STYLES = 5


@dataclass(frozen=True, slots=True)
class SpanView:
    """A span as lists show it. `style` is its label's kind of line; `json` is how forms send it back."""

    span: SpanContent
    style: int

    @property
    def json(self) -> str:
        """In ASCII: what a form sends may not depend on what browsers do to line ends."""
        return json.dumps(asdict(self.span))


@dataclass(frozen=True, slots=True)
class DraftView:
    """What was entered and not committed. `json` is the whole of it, with what can be undone."""

    revision: int
    saved_at: datetime | None
    content: Mapping[str, Any]
    spans: tuple[SpanView, ...]

    @property
    def json(self) -> str:
        return json.dumps(self.content)

    @property
    def severity(self) -> str:
        return str(self.content["severity"] or "")

    @property
    def is_empty(self) -> bool:
        return not any(self.content[name] for name in FIELDS)


@dataclass(frozen=True, slots=True)
class Words:
    """The labels and categories of a version, and whether this reader knows its guidelines."""

    label_set_id: int | None
    name: str
    version: LabelSetVersion
    read: int | None = None

    @property
    def styled(self) -> tuple[tuple[Mapping[str, str], int], ...]:
        return tuple((label, index % N_STYLES) for index, label in enumerate(self.version.labels))

    @property
    def styles(self) -> dict[str, int]:
        return {label["name"]: style for label, style in self.styled}

    @property
    def changed(self) -> bool:
        return self.read is not None and self.read < self.version.number

    @property
    def is_new(self) -> bool:
        return self.read is None


def words_of(item: ReviewItem, user: User) -> Words:
    """The latest version of the queue's label set, or the one that it will get. Three queries."""
    used = item.queue.label_set
    if used is None:
        version = LabelSetVersion(
            number=1,
            labels=list(default_labels.LABELS),
            categories=list(default_labels.CATEGORIES),
            guidelines=default_labels.GUIDELINES,
        )
        return Words(None, default_labels.NAME, version)
    return Words(used.pk, used.name, used.versions.latest("number"), last_read(used.pk, user))


def last_read(label_set_id: int, user: User) -> int | None:
    """The latest version of the guidelines that this person opened, as the ledger has it. One query."""
    reads = LedgerEvent.objects.filter(
        action="guidelines.read",
        object_type="label_set",
        object_id=str(label_set_id),
        actor_kind="user",
        actor_id=str(user.pk),
    )
    event = reads.select_related("detail_row").order_by("-pk").first()
    detail = event.detail_row.detail if event else None
    return int(detail["number"]) if detail else None


def draft_view(item: ReviewItem, user: User, words: Words) -> DraftView:
    """One query."""
    found = Draft.objects.filter(item=item, reviewer=user).first()
    content = cleaned(found.content if found else {})
    spans = [SpanContent(**span) for span in content["spans"]]
    return DraftView(
        found.revision if found else 0, found.saved_at if found else None, content, span_views(spans, words)
    )


def span_views(spans: Sequence[SpanContent | Span], words: Words) -> tuple[SpanView, ...]:
    """Spans in the order of the text."""
    ordered = sorted(spans, key=lambda span: (span.part, span.start, span.end))
    return tuple(
        SpanView(
            SpanContent(one.label, one.part, one.start, one.end, one.quote, one.note), words.styles.get(one.label, 0)
        )
        for one in ordered
    )


FIELD_NAMES = {
    "label": "Verdict",
    "severity": "Severity",
    "category": "Category",
    "confidence": "Confidence",
    "note": "Note",
    "spans": "Spans",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which two drafts differ, as lines of text. `joins`: both can be kept."""

    name: str
    title: str
    yours: tuple[str, ...]
    theirs: tuple[str, ...]
    joins: bool


@dataclass(frozen=True, slots=True)
class Merge:
    """Two drafts side by side: `yours` goes back with the form as it is; `revision` is the kept one's."""

    revision: int
    saved_at: datetime
    yours: str
    rows: tuple[Difference, ...]


def merge_of(yours: Mapping[str, Any], theirs: Draft) -> Merge:
    mine, other = cleaned(yours), cleaned(theirs.content)
    rows = tuple(
        Difference(name, FIELD_NAMES[name], _lines(mine[name]), _lines(other[name]), name in ("note", "spans"))
        for name in differing(mine, other)
    )
    return Merge(theirs.revision, theirs.saved_at, json.dumps(mine), rows)


def beside(draft: DraftView, verdict: Verdict, spans: Sequence[SpanView]) -> tuple[Difference, ...]:
    """What was entered beside what somebody else has decided."""
    said = {name: getattr(verdict, name) for name in FIELDS if name != "spans"}
    theirs = {**said, "spans": [asdict(one.span) for one in spans]}
    return tuple(
        Difference(name, FIELD_NAMES[name], _lines(draft.content[name]), _lines(theirs[name]), joins=False)
        for name in FIELDS
        if draft.content[name] or theirs[name]
    )


def _lines(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(
            f"{one['label']}, part {one['part'] + 1}, {one['start']} to {one['end']}: {one['quote'][:80]}"
            + (f" ({one['note']})" if one["note"] else "")
            for one in value
        )
    return tuple(str(value).splitlines()) if value else ()
