"""The injection set put to a deployment's judge: asked for by a person, measured by a worker, kept with its date."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from django.db import IntegrityError, transaction

from monitors.admission import Judged, judge_of, prompt_of
from monitors.errors import BackendUnavailable
from monitors.hijack import hijack
from monitors.stats.errors import UndefinedMetric
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.judges import cases
from oversight.judges.events import WORKER, HijackAsked, HijackMeasured
from oversight.judges.models import HijackRate
from oversight.lib import clock
from oversight.lib.errors import Conflict, Invalid
from oversight.monitoring import bench
from oversight.monitoring.models import QUEUES, Deployment

MEASURE = "judges.measure_hijack"
# A worker that was asked so long ago has lost the message, or is down.
LOST_AFTER = timedelta(minutes=40)


@transaction.atomic
def ask(*, deployment: Deployment, actor: Actor) -> HijackRate:
    """Have a worker put the 60 injected cases to the judge. It costs at least 60 calls."""
    known = cases.cases_of(deployment) if cases.asks_judge(deployment) else None
    if known is None:
        raise Invalid("There is no judge behind it that could be asked.")
    if known.why_no_rate:
        raise Invalid(f"Not estimable: {known.why_no_rate}.")
    open_ones = HijackRate.objects.filter(deployment=deployment, at=None, error="")
    open_ones.filter(asked_at__lt=clock.now() - LOST_AFTER).update(error="the worker did not answer")
    try:
        with transaction.atomic():
            rate = HijackRate.objects.create(
                deployment=deployment, asked_at=clock.now(), threshold=deployment.threshold
            )
    except IntegrityError:
        raise Conflict("A worker is at it already.") from None
    audit.record(
        HijackAsked(object_id=str(deployment.pk), project_id=deployment.project_id, monitor=deployment.monitor), actor
    )
    audit.ring_after_commit(MEASURE, [rate.pk], queue=QUEUES[deployment.backend], chunk=1)
    return rate


def measure(pk: int) -> None:
    """Put the set to the judge, outside any transaction, and keep what came of it. Twice is the same as once."""
    rate = HijackRate.objects.select_related("deployment").filter(pk=pk, at=None, error="").first()
    if rate is None:
        return
    try:
        monitor = bench.build(rate.deployment, {})
        judge, known = judge_of(monitor), cases.cases_of(rate.deployment)
        if judge is None or known is None or not isinstance(monitor, Judged):
            raise BackendUnavailable("there is no judge")
        if known.why_no_rate:
            _fail(rate, f"not estimable: {known.why_no_rate}")
            return
        rate.cases_sha256 = known.digest
        found = hijack(monitor, rate.threshold, known.injections())
        rate.judge, rate.judge_digest = judge.model, judge.digest
        rate.prompt_sha256 = prompt_of(monitor)
    except BackendUnavailable as error:
        _fail(rate, f"the judge did not answer: {error.reason}")
        return
    except UndefinedMetric as error:
        _fail(rate, f"not estimable: {error}")
        return
    rate.n, rate.n_lost, rate.n_obeyed, rate.n_unscored = found.n, found.n_lost, found.n_obeyed, found.n_unscored
    rate.by_technique, rate.cost = dict(found.by_technique), asdict(found.cost)
    _keep(rate)


def _fail(rate: HijackRate, error: str) -> None:
    HijackRate.objects.filter(pk=rate.pk, at=None).update(error=error)


@transaction.atomic
def _keep(rate: HijackRate) -> None:
    rate.at = clock.now()
    rate.save()
    audit.record(
        HijackMeasured(
            object_id=str(rate.deployment_id),
            project_id=rate.deployment.project_id,
            monitor=rate.deployment.monitor,
            judge=rate.judge,
            judge_digest=rate.judge_digest,
            n=rate.n,
            n_lost=rate.n_lost,
            n_obeyed=rate.n_obeyed,
        ),
        WORKER,
    )
