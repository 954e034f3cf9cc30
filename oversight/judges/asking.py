"""Put canaries to their judge, outside any transaction, by the very way that transcripts go."""

from __future__ import annotations

from collections.abc import Sequence

from monitors import base
from monitors.admission import Represented, Withheld, judge_of
from monitors.errors import BackendUnavailable
from oversight.judges import cases, planting
from oversight.judges.models import Canary
from oversight.judges.planting import MAX_ATTEMPTS, Answered
from oversight.monitoring import bench, examination
from oversight.monitoring.execution import TRANSIENT
from oversight.monitoring.leases import LeaseKeeper
from oversight.monitoring.services import WORKER


def ask(canary_ids: Sequence[int]) -> None:
    """Claim those that are due, one by one, and keep what the judge says."""
    for canary_id in canary_ids:
        canary = planting.claim(canary_id)
        if canary is not None:
            with LeaseKeeper([canary], planting.renew):
                _end(canary, _answered(canary))


def _end(canary: Canary, answered: Answered) -> None:
    """What may pass is tried again, as with transcripts."""
    if answered.score.reason in TRANSIENT | {base.Reason.NO_BACKEND} and canary.attempt < MAX_ATTEMPTS:
        planting.postpone(canary)
    else:
        planting.end(canary, answered)


def _answered(canary: Canary) -> Answered:
    canary.deployment = bench.follow_installed(canary.deployment)
    deployment = canary.deployment
    try:
        # Not from kept answers: a canary asks what the judge says today.
        monitor = bench.build(deployment, {})
        gated = examination.gated(deployment.monitor, monitor, WORKER)
        judge = judge_of(monitor)
        if isinstance(gated, Withheld):
            return Answered(gated.said)
        known = cases.cases_of(deployment)
        transcript = known.transcript_for(canary) if known else None
        if transcript is None or judge is None:
            return Answered(base.Score.unscored(base.Reason.INVALID))
        asked = monitor.examined if isinstance(monitor, Represented) else gated
        return Answered(base.measure(asked, transcript), judge.model, judge.digest)
    except BackendUnavailable as error:
        return Answered(base.Score.unscored(base.Reason(error.reason), str(error)))
