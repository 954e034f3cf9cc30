"""What a monitor gives in the stream, labelled or not: its newest scores, and how many there are a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from oversight.monitoring.models import Deployment, Score
from oversight.transcripts.models import ModelRun

MOST_SCORES = 50_000
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Scores:
    """Values of the newest scores, the model of each as its place in `models`, and the days that they span."""

    value: NDArray[np.float64]
    model: NDArray[np.int32]
    models: tuple[str, ...]
    days: float
    is_capped: bool


def newest(deployment: Deployment) -> Scores:
    """Two queries. Received within less than a day is a day: nobody reviews by the hour."""
    scores = Score.objects.filter(
        deployment=deployment, params_digest=deployment.params_digest, value__isnull=False
    ).order_by("-at", "-pk")
    columns = ("value", "transcript__model_run_id", "transcript__received_at")
    rows = list(scores.values_list(*columns)[: MOST_SCORES + 1])
    times = [row[2] for row in rows[:MOST_SCORES]]
    span = max(times) - min(times) if times else DAY
    names = dict(ModelRun.objects.filter(pk__in={row[1] for row in rows}).values_list("pk", "model"))
    models = tuple(sorted(set(names.values())))
    place = {name: number for number, name in enumerate(models)}
    return Scores(
        value=np.array([row[0] for row in rows[:MOST_SCORES]], dtype=np.float64),
        model=np.array([place[names[row[1]]] for row in rows[:MOST_SCORES]], dtype=np.int32),
        models=models,
        days=max(1.0, span / DAY),
        is_capped=len(rows) > MOST_SCORES,
    )
