"""Scores beside labels, as columns: heads of scores and labels only, never evidence or text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from oversight.dashboard.thresholds import group_of
from oversight.monitoring.models import Score
from oversight.quality import labels
from oversight.quality.labels import Source
from oversight.review.models import Stream

Floats = NDArray[np.float64]
# The newest labels; more would change no figure by more than its interval, and take minutes.
MOST_LABELLED = 10_000


@dataclass(frozen=True, slots=True)
class Rows:
    """One element for each transcript that has a label and a complete score."""

    ids: tuple[UUID, ...]
    positive: NDArray[np.bool_]
    score: Floats
    groups: tuple[str, ...]
    inclusion: Floats
    models: tuple[str, ...]
    sources: tuple[str, ...]
    n_chars: Floats
    judges: frozenset[str]
    excluded: Mapping[str, int]
    n_audit: int
    n_blind: int
    is_capped: bool

    @property
    def n(self) -> int:
        return len(self.ids)

    @property
    def n_positive(self) -> int:
        return int(self.positive.sum())

    @property
    def weights(self) -> Floats:
        return np.asarray(1.0 / self.inclusion)


def labelled(deployment_id: int, params_digest: str, source: Source, *, positive: bool) -> Rows:
    """The newest score of each labelled transcript by these parameters. One query.

    What is not scored in full stays out, and is counted by its state: it is never a negative.
    """
    found = list(_found(deployment_id, params_digest, source))
    excluded = Counter(row["state"] for row in found[:MOST_LABELLED] if row["state"] != "scored")
    rows = [row for row in found[:MOST_LABELLED] if row["state"] == "scored"]
    column = labels.value_of(source)
    return Rows(
        ids=tuple(row["transcript_id"] for row in rows),
        positive=np.array([labels.is_true(source, row[column]) == positive for row in rows], dtype=bool),
        score=np.array([row["value"] for row in rows], dtype=np.float64),
        groups=tuple(row["group"] for row in rows),
        inclusion=np.array([row.get(_INCLUSION, 1.0) for row in rows], dtype=np.float64),
        models=tuple(row[_MODEL] for row in rows),
        sources=tuple(row["source"] for row in rows),
        n_chars=np.array([row[_CHARS] for row in rows], dtype=np.float64),
        judges=frozenset(row["judge"] for row in rows if row["judge"]),
        excluded=dict(excluded),
        n_audit=sum(row.get(_STREAM) == Stream.AUDIT for row in rows),
        n_blind=sum(bool(row.get(_BLINDED)) for row in rows),
        is_capped=len(found) > MOST_LABELLED,
    )


_MODEL, _CHARS, _META = "transcript__model_run__model", "transcript__n_chars", "transcript__metadata__meta"
_ITEM = "transcript__review_items"
_STREAM, _INCLUSION = f"{_ITEM}__stream", f"{_ITEM}__inclusion_prob"
_BLINDED = f"{_ITEM}__verdicts__blinded"


def _found(deployment_id: int, params_digest: str, source: Source) -> Iterator[dict[str, Any]]:
    is_review = source.kind == "review"
    scores = Score.objects.filter(deployment_id=deployment_id, params_digest=params_digest, **labels.where(source))
    # Ids sort by time; of two runs, or two verdicts, the newer one counts.
    order = ("-transcript_id", "-pk", *((f"-{_ITEM}__verdicts__pk",) if is_review else ()))
    columns = ("transcript_id", "value", "state", "judge", labels.value_of(source), _MODEL, _CHARS, _META)
    review = (_STREAM, _INCLUSION, _BLINDED) if is_review else ()
    rows = scores.order_by(*order).distinct("transcript_id").values(*columns, *review)[: MOST_LABELLED + 1]
    for row in rows.iterator(chunk_size=1000):
        meta = row.pop(_META)
        yield {**row, "group": group_of(meta, row["transcript_id"]), "source": _source(meta)}


def _source(meta: Any) -> str:
    """The repository or data set that a record names: "owner/name path" by its first word."""
    said = meta.get("source") if isinstance(meta, Mapping) else None
    first = said.partition(" ")[0][:200] if isinstance(said, str) else ""
    # A lone surrogate cannot be sent, nor a control character read.
    return "".join(character if character.isprintable() else "\ufffd" for character in first)


def aligned(rows: Rows, deployment_id: int, params_digest: str) -> Floats:
    """What another deployment, or this one by other parameters, gave the same transcripts; NaN where it gave none."""
    found: dict[UUID, float | None] = {}
    for ids in _chunks(rows.ids):
        scores = Score.objects.filter(deployment_id=deployment_id, transcript_id__in=ids)
        scores = scores.filter(params_digest=params_digest).order_by("transcript_id", "-pk").distinct("transcript_id")
        for transcript_id, value, state in scores.values_list("transcript_id", "value", "state"):
            found[transcript_id] = value if state == "scored" else None
    values = (found.get(one) for one in rows.ids)
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _chunks(ids: Sequence[UUID], size: int = 5_000) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
