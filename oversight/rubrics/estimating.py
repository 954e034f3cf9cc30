"""What a run will cost, before anything is judged: from a random sample of its transcripts, with an interval."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from monitors.backends.prices import FREE, Price
from oversight.lib import clock
from oversight.rubrics import judges, planning, runs, wording
from oversight.rubrics.models import PARALLEL, Result, RubricRun, RunItem, RunState
from oversight.transcripts import selectors as transcripts

# Transcripts whose prompts are laid out, the newest of a filter that they are drawn from, and earlier results.
SAMPLE, MOST_LISTED, HISTORY = 60, 200_000, 200
# With fewer earlier results of the backend than this, its tokens are assumed and its time is unknown.
LEAST_HISTORY = 3
DRAWS = 2_000
ASSUMED_TOKENS_PER_CHAR = (0.2, 0.5)
ASSUMED_ANSWER_TOKENS = (80.0, 600.0)
_LOADED = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """What one transcript of the sample would be asked."""

    chars: int
    calls: int
    bound: int = 0


@dataclass(frozen=True, slots=True)
class Earlier:
    """What one earlier result of the same backend took."""

    chars: int
    calls: int
    prompt_tokens: int
    answer_tokens: int
    seconds: float


def work(run_id: int) -> bool:
    """Estimate a run that waits for it; False when it does not wait any more."""
    run = RubricRun.objects.select_related("project", "version").filter(pk=run_id, state=RunState.ESTIMATING).first()
    if run is None:
        return False
    n_total, ids = _population(run)
    # By its id, so that a repeat draws the same sample.
    sample = random.Random(run.pk).sample(ids, min(SAMPLE, len(ids)))
    price = judges.price_of(run.backend)
    estimate = estimated(n_total, _asked(run, sample), _earlier(run), price=price, parallel=PARALLEL[run.backend])
    _keep(run, n_total, estimate)
    return True


@transaction.atomic
def _keep(run: RubricRun, n_total: int, estimate: dict[str, Any]) -> None:
    current = runs.locked(run)
    if current.state == RunState.ESTIMATING:
        current.state, current.n_total = RunState.READY, n_total
        current.estimate = {**estimate, "at": clock.now().isoformat(timespec="seconds")}
        current.save(update_fields=["state", "n_total", "estimate"])


def _population(run: RubricRun) -> tuple[int, list[UUID]]:
    if run.is_planned:
        ids = list(RunItem.objects.filter(run=run).order_by("pk").values_list("transcript_id", flat=True))
        return len(ids), ids
    rows = planning.found(run.project, run.filters).select_related(None)
    most = MOST_LISTED if run.most is None else min(run.most, MOST_LISTED)
    ids = list(rows.order_by("-received_at", "-pk").values_list("pk", flat=True)[:most])
    n_total = len(ids) if len(ids) < most else rows.count()
    return n_total if run.most is None else min(n_total, run.most), ids


def _asked(run: RubricRun, sample: Sequence[UUID]) -> list[Asked]:
    rubric, asked = wording.rubric_of(run.version), []
    for at in range(0, len(sample), _LOADED):
        for content in transcripts.load(sample[at : at + _LOADED]).values():
            prompts = judges.prompts_of(rubric, content)
            chars = sum(len(p.system) + len(p.user) for p in prompts)
            asked.append(Asked(chars, len(prompts), judges.tokens_at_most(prompts)))
    return asked


def _earlier(run: RubricRun) -> list[Earlier]:
    """The newest results of this backend in the project, whatever the rubric."""
    results = Result.objects.filter(run__project=run.project, run__backend=run.backend, prompt_chars__gt=0)
    rows = results.order_by("-pk").values_list("prompt_chars", "cost")[:HISTORY]
    return [
        Earlier(
            chars=chars,
            calls=cost["calls"],
            prompt_tokens=cost["prompt_tokens"],
            answer_tokens=cost["completion_tokens"],
            seconds=cost["seconds"],
        )
        for chars, cost in rows
        if cost.get("calls") and cost.get("prompt_tokens")
    ]


def estimated(
    n_total: int, asked: Sequence[Asked], earlier: Sequence[Earlier], *, price: Price = FREE, parallel: int
) -> dict[str, Any]:
    """Tokens, calls, money and time of the whole run, each with a 95 % percentile interval of the bootstrap.

    The sample's means are drawn with the finite-population factor sqrt(1 - m/N), so that a sample of everything has
    no spread of its own; what a character and an answer take is drawn from earlier results of the backend.

    Returns
    -------
    dict of JSON : `tokens`, `calls`, `money` (USD, null where no price is set) and `seconds` (null without
        earlier results), each [middle, low, high]; `basis` is "earlier" or "assumed".
    """
    import numpy as np

    per_token_s: Any = None
    said: dict[str, Any] = {
        "n_sampled": len(asked),
        "n_nothing": sum(not one.calls for one in asked),
        "n_earlier": len(earlier),
        # What workers set aside for the transcripts under way: a cap leaves room for it.
        "headroom": parallel * max((one.bound for one in asked), default=0),
        "basis": "earlier" if len(earlier) >= LEAST_HISTORY else "assumed",
    }
    if not asked:
        return {**said, "tokens": [0, 0, 0], "calls": [0, 0, 0], "money": None, "seconds": None}
    rng = np.random.default_rng(0)
    factor = np.sqrt(max(0.0, 1 - len(asked) / max(n_total, 1)))

    picks = rng.integers(0, len(asked), (DRAWS, len(asked)))
    chars, calls = (_drawn(np, [getattr(one, name) for one in asked], picks, factor) for name in ("chars", "calls"))
    if said["basis"] == "assumed":
        per_char, per_call = rng.uniform(*ASSUMED_TOKENS_PER_CHAR, DRAWS), rng.uniform(*ASSUMED_ANSWER_TOKENS, DRAWS)
    else:
        again = rng.integers(0, len(earlier), (DRAWS, len(earlier)))
        taken = {name: np.asarray([getattr(one, name) for one in earlier], float)[again].sum(1) for name in _TAKEN}
        per_char, per_call = taken["prompt_tokens"] / taken["chars"], taken["answer_tokens"] / taken["calls"]
        per_token_s = taken["seconds"] / (taken["prompt_tokens"] + taken["answer_tokens"])
    prompts, answers = n_total * chars * per_char, n_total * calls * per_call
    tokens = prompts + answers
    usd = (prompts * price.prompt + answers * price.completion) / 1_000_000
    return {
        **said,
        "tokens": _interval(np, tokens),
        "calls": _interval(np, n_total * calls),
        "money": _interval(np, usd, digits=6) if price != FREE else None,
        "seconds": None if per_token_s is None else _interval(np, tokens * per_token_s / parallel, digits=1),
    }


_TAKEN = ("chars", "calls", "prompt_tokens", "answer_tokens", "seconds")


def _drawn(np: Any, values: Sequence[float], picks: Any, factor: float) -> Any:
    sample = np.asarray(values, dtype=float)
    return sample.mean() + (sample[picks].mean(axis=1) - sample.mean()) * factor


def _interval(np: Any, draws: Any, digits: int = 0) -> list[float]:
    middle, low, high = (float(round(float(q), digits)) for q in np.percentile(draws, [50, 2.5, 97.5]))
    return [middle, low, high] if digits else [int(middle), int(low), int(high)]
