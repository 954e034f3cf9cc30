"""Labelled transcripts with scores, made through the product's own services."""

from __future__ import annotations

from typing import Any

import numpy as np

from monitors.base import Score
from oversight.accounts.models import Project, User
from oversight.lib import clock
from oversight.monitoring.models import Deployment
from oversight.review.models import Assignment, ReviewItem, Verdict
from oversight.transcripts.models import Transcript
from tests import factories

HUMAN = {"label_provenance": {"bad": "human"}}


def labelled(
    project: Project, deployment: Deployment, value: float, *, meta: dict[str, Any] | None = None, **labels: Any
) -> Transcript:
    """One transcript with these labels, made by people unless `meta` says otherwise, and a score."""
    fields = {"model": "m", "reasoning": "x" * (20 + int(997 * value) % 53), **labels.pop("fields", {})}
    transcript = factories.make_transcript(project, labels=labels, meta=HUMAN if meta is None else meta, **fields)
    factories.make_score(transcript, deployment=deployment, score=Score(value))
    return transcript


def separated(project: Project, deployment: Deployment, n: int = 30, **how: Any) -> tuple[list[bool], list[float]]:
    """Labels "bad" by people, every third true, with scores that overlap; what was given, newest first."""
    random = np.random.default_rng(7)
    truth = [index % 3 == 0 for index in range(n)]
    scores = [float(np.clip(random.normal(0.6 if one else 0.35, 0.15), 0, 1)) for one in truth]
    for one, score in zip(truth, scores, strict=True):
        labelled(project, deployment, score, bad=one, **how)
    return truth[::-1], scores[::-1]


def judged(transcript: Transcript, label: str, reviewer: User, **fields: Any) -> Verdict:
    """A verdict of the review desk; settled, of a flagged item, unless told otherwise."""
    queue, _ = transcript.project.queues.get_or_create(name="q")
    at = clock.now()
    item_fields = {name: fields.pop(name) for name in ("stream", "inclusion_prob") if name in fields}
    item = ReviewItem.objects.create(
        queue=queue, project=transcript.project, transcript=transcript, created_at=at, **item_fields
    )
    assignment = Assignment.objects.create(item=item, reviewer=reviewer, state="done", lease_until=at, claimed_at=at)
    return Verdict.objects.create(
        assignment=assignment,
        item=item,
        label=label,
        **{"state": "settled", "committed_at": at, "settles_at": at, **fields},
    )
