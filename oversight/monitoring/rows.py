"""A monitor's score as a row: what PostgreSQL cannot hold is replaced one for one, so that offsets stay true."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice

from monitors import base
from oversight.lib import clock
from oversight.monitoring.models import MonitorRun, Score, SurprisalProfile

MAX_EVIDENCE = 300
MAX_TEXT = 8_000
MAX_PAYLOAD = 2_000
MAX_MEASURES = 100
# NUL and lone surrogates.
_UNHOLDABLE = re.compile("[\x00\ud800-\udfff]")


def holdable(text: str) -> str:
    """The text with each character that jsonb refuses as U+FFFD."""
    return _UNHOLDABLE.sub("\ufffd", text)


def is_flagged(score: base.Score, threshold: float) -> bool:
    """Whether a person is to see it. Text that speaks to its judge escalates: there the judge's "benign" is void."""
    if score.value is None:
        return False
    return score.value >= threshold or score.reason is base.Reason.ADDRESSED_TO_JUDGE


def score_row(run: MonitorRun, score: base.Score, model: str = "") -> Score:
    """Not yet saved. `run.deployment` is loaded; `model` wrote the transcript, where a threshold may depend on it."""
    deployment = run.deployment
    threshold = deployment.model_thresholds.get(model, deployment.threshold)
    return Score(
        run=run,
        transcript_id=run.transcript_id,
        deployment=deployment,
        attempt=run.attempt,
        monitor=deployment.monitor,
        version=deployment.version,
        params_digest=deployment.params_digest,
        state=score.state.value,
        reason=score.reason.value if score.reason else "",
        value=score.value,
        raw=score.raw if score.raw is not None and math.isfinite(score.raw) else None,
        unit=holdable(score.unit),
        coverage=score.coverage,
        threshold=threshold,
        flagged=is_flagged(score, threshold),
        evidence=[_evidence(entry) for entry in score.evidence[:MAX_EVIDENCE]],
        channels=_finite(score.channels),
        measures=_finite(score.measures),
        rationale=_rationale(score),
        judge=holdable(score.judge),
        prompt_sha256=score.prompt_sha256,
        cost=asdict(score.cost),
        at=clock.now(),
    )


def profile_row(row: Score, score: base.Score) -> SurprisalProfile | None:
    """The profile beside a saved score, if its monitor gave one."""
    if score.surprisal is None:
        return None
    return SurprisalProfile(score=row, n_tokens=score.surprisal.n_tokens, packed=score.surprisal.pack())


def _evidence(entry: base.Evidence) -> dict[str, object]:
    return {
        "part": entry.part,
        "start": entry.start,
        "end": entry.end,
        "quote": holdable(entry.quote),
        "note": holdable(entry.note),
        **({"payload": holdable(entry.payload)[:MAX_PAYLOAD]} if entry.payload else {}),
    }


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    kept = ((holdable(name), float(value)) for name, value in values.items() if math.isfinite(value))
    return dict(islice(kept, MAX_MEASURES))


def _rationale(score: base.Score) -> str:
    text = holdable(score.rationale)[:MAX_TEXT]
    more = len(score.evidence) - MAX_EVIDENCE
    return f"{text} ({more} more places are not kept.)".strip() if more > 0 else text
