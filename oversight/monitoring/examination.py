"""Judge admission: a judge may flag with a rubric only after it passed that rubric's fixed cases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime

from django.db import transaction

from monitors import admission as science
from monitors import registry
from monitors.backends.base import Judge
from monitors.base import Monitor, Reason
from monitors.errors import BackendUnavailable
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.monitoring.events import JudgeExamined
from oversight.monitoring.models import Admission

# The threads of a worker meet an unknown judge at the same time; one examines it.
_ONE = threading.Lock()


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another room's word on whether a judge may flag, for monitors whose cases and costs are its own.

    `gate` gives back the monitor, or one whose scores say why not; `url` is the page on which judges are examined.
    """

    gate: Callable[[str, science.Judged, Judge], Monitor]
    url: Callable[[str], str]


# By how the names of such monitors begin.
ELSEWHERE: dict[str, Elsewhere] = {}


def elsewhere(name: str) -> Elsewhere | None:
    """The room that examines this monitor's judges, if it is another one."""
    return next((room for beginning, room in ELSEWHERE.items() if name.startswith(beginning)), None)


def gated(name: str, monitor: Monitor, actor: Actor) -> Monitor:
    """The monitor if its judge may flag, else one whose scores say why not. An unknown judge is examined now.

    Monitors without a judge pass, and so do recorded verdicts, whose judge cannot be asked again.
    """
    if not isinstance(monitor, science.Judged) or (judge := science.judge_of(monitor)) is None:
        return monitor
    try:
        if room := elsewhere(name):
            return room.gate(name, monitor, judge)
        with _ONE:
            row = _known(name, monitor, judge) or examine(name=name, monitor=monitor, actor=actor)
    except BackendUnavailable as error:
        return science.Withheld(Reason(error.reason), str(error))
    return science.gate(name, monitor, as_admission(row))


def _known(name: str, monitor: science.Judged, judge: Judge) -> Admission | None:
    return Admission.objects.filter(
        judge_digest=judge.digest,
        prompt_sha256=science.prompt_of(monitor),
        cases_sha256=science.cases_sha256(monitor.rubric),
        version=registry.entry(name).version,
    ).first()


def examine(*, name: str, monitor: science.Judged, actor: Actor) -> Admission:
    """Put the judge to the fixed cases, outside any transaction, and keep the result.

    Raises
    ------
    BackendUnavailable : the judge did not answer; nothing is kept.
    TypeError : there is no judge that can be asked.
    """
    return _keep(science.admit(name, monitor), actor)


@transaction.atomic
def _keep(result: science.Admission, actor: Actor) -> Admission:
    values = {field.name: getattr(result, field.name) for field in fields(result)}
    key = {name: values.pop(name) for name in ("judge_digest", "prompt_sha256", "cases_sha256")}
    values["at"] = datetime.fromisoformat(result.at)
    row, _ = Admission.objects.update_or_create(**key, defaults=values)
    audit.record(
        JudgeExamined(
            object_id=str(row.pk),
            monitor=row.monitor,
            judge=row.judge,
            admitted=row.admitted,
            parse_rate=f"{row.parse_rate:.4f}",
            auroc_low=None if row.auroc_low is None else f"{row.auroc_low:.4f}",
        ),
        actor,
    )
    return row


def as_admission(row: Admission) -> science.Admission:
    """The row as `monitors` knows it."""
    values = {field.name: getattr(row, field.name) for field in fields(science.Admission)}
    return science.Admission(**{**values, "at": row.at.isoformat(timespec="seconds")})
