"""The test bench: one monitor on one text, now, and nothing of it kept.

A trial lives in the cache (Valkey) for a quarter of an hour, with the pasted text and with what was found, sealed, so
that no dump of the cache holds either. It is no transcript: it gets no run, no score and no row, and the ledger tells
that somebody tried, never the text. Losing one costs a click.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import transaction

from monitors import base, registry
from monitors.transcript import Message, Part, PartType, Role, Transcript
from oversight.accounts.models import Project, User
from oversight.audit import services as audit
from oversight.audit.actors import Actor
from oversight.lib import clock, crypto
from oversight.lib.errors import Invalid, NotFound, Unavailable
from oversight.monitoring import bench, deployments, execution, parameters, rows
from oversight.monitoring.events import MonitorTried
from oversight.monitoring.models import QUEUES, Backend, Deployment, MonitorRun, Score
from oversight.monitoring.selectors import ScoreRow, score_row_of
from oversight.monitoring.services import MAX_ATTEMPTS, Outcome
from oversight.transcripts import selectors as transcripts

TRY = "monitoring.try_out"
KEPT_S = 900
LIMIT_S = 60
MOST_CHARS = 100_000
_TOO_LONG = f"It took longer than {LIMIT_S} seconds."


@dataclass(frozen=True, slots=True)
class Pasted:
    """A text that somebody pasted, by where it would stand."""

    prompt: str = ""
    reasoning: str = ""
    output: str = ""

    @property
    def n_chars(self) -> int:
        return len(self.prompt) + len(self.reasoning) + len(self.output)

    def transcript(self) -> Transcript:
        """Empty places are left out."""
        asked = [Part(PartType.TEXT, self.prompt)] if self.prompt else []
        reply = [Part(PartType.REASONING, self.reasoning)] if self.reasoning else []
        reply += [Part(PartType.TEXT, self.output)] if self.output else []
        messages = ((Role.USER, asked), (Role.ASSISTANT, reply))
        return Transcript("pasted", tuple(Message(role, tuple(parts)) for role, parts in messages if parts))


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried, on what, for whom. `state`: queued, running or done; `found` is a score as JSON, once done."""

    id: int
    user_id: int
    project_id: int
    monitor: str
    backend: str
    threshold: float
    asked_at: float
    params: dict[str, Any] = field(default_factory=dict)
    pasted: Pasted | None = None
    transcript_id: str = ""
    state: str = "queued"
    found: dict[str, Any] | None = None

    @property
    def queue(self) -> str:
        return QUEUES[self.backend]

    @property
    def waited_s(self) -> float:
        return clock.now().timestamp() - self.asked_at

    @property
    def is_late(self) -> bool:
        """Long enough for any worker that is there to have taken it, or to have ended it."""
        return self.waited_s > (10 if self.state == "queued" else LIMIT_S + 30)

    @property
    def is_over(self) -> bool:
        """It was begun, and what ran it is gone."""
        return self.state == "running" and self.queue == "cpu" and self.is_late

    def content(self) -> Transcript:
        """The text that the monitor reads. Two queries for a stored transcript."""
        if self.pasted:
            return self.pasted.transcript()
        pk = UUID(self.transcript_id)
        found = transcripts.load([pk]).get(pk)
        if found is None:
            raise NotFound("The transcript is no longer there.")
        return found

    def score_row(self) -> ScoreRow | None:
        """As the trace page reads scores; None until it is done."""
        return score_row_of(Score(**self.found, deployment=self._deployment(), at=clock.now())) if self.found else None

    def _deployment(self) -> Deployment:
        entry = registry.entry(self.monitor)
        return Deployment(
            project_id=self.project_id,
            monitor=self.monitor,
            version=entry.version,
            params=self.params,
            params_digest=registry.params_digest(self.monitor, self.params),
            backend=self.backend,
            threshold=self.threshold,
            enabled=True,
        )


@transaction.atomic
def ask_trial(
    *,
    user: User,
    project: Project,
    monitor: str,
    backend: str,
    threshold: float,
    params: Mapping[str, Any],
    pasted: Pasted | None = None,
    transcript_id: UUID | None = None,
) -> Trial:
    """Have a worker run a monitor once. What is tried is checked as for a deployment."""
    if (pasted is None) == (transcript_id is None) or (pasted and not pasted.n_chars):
        raise Invalid("Paste a text, or name a transcript.")
    trial = Trial(
        id=secrets.randbits(52),
        user_id=user.pk,
        project_id=project.pk,
        monitor=monitor,
        backend=backend,
        threshold=threshold,
        asked_at=clock.now().timestamp(),
        params=parameters.checked(monitor, params),
        pasted=pasted,
        transcript_id=str(transcript_id or ""),
    )
    deployments.check(trial._deployment(), registry.entry(monitor))
    audit.record(
        MonitorTried(
            object_id=monitor,
            project_id=project.pk,
            params=trial.params,
            backend=backend,
            transcript_id=trial.transcript_id or None,
            n_chars=pasted.n_chars if pasted else 0,
        ),
        Actor.of(user),
    )
    _put(trial)
    audit.ring_after_commit(TRY, [trial.id], queue=trial.queue)
    return trial


def trial_of(user: User, id_: int) -> Trial:
    """Raises NotFound for another person's, and for one whose time is over."""
    trial = _get(id_)
    if trial is None or trial.user_id != user.pk:
        raise NotFound("This trial is over: nothing of it is kept for longer than a quarter of an hour.")
    return trial


def work(id_: int) -> None:
    """Run a queued trial; one that is begun, or gone, is passed by."""
    trial = _get(id_)
    if trial is None or trial.state != "queued":
        return
    _put(replace(trial, state="running"))
    _put(replace(trial, state="done", found=_found(trial)))


def give_up(id_: int) -> None:
    """End a trial without a score, since its time is over."""
    trial = _get(id_)
    if trial is not None and trial.state != "done":
        run = MonitorRun(deployment=trial._deployment(), attempt=1)
        _put(replace(trial, state="done", found=_as_json(run, base.Score.unscored(base.Reason.TIMEOUT, _TOO_LONG))))


def _found(trial: Trial) -> dict[str, Any]:
    recorded: bench.Recorded = {}
    if trial.backend == Backend.RECORDED and trial.transcript_id:
        recorded = transcripts.recorded([UUID(trial.transcript_id)])
    # At its last attempt a run is not put off: whatever happens becomes a score or a reason.
    run = MonitorRun(deployment=trial._deployment(), attempt=MAX_ATTEMPTS)
    monitor = bench.prepare(run.deployment, recorded)
    outcome = execution.execute_run(run, monitor, trial.content())
    if not isinstance(outcome, Outcome):
        raise TypeError("a trial was put off")
    if outcome.error.startswith("SoftTimeLimitExceeded"):
        return _as_json(run, base.Score.unscored(base.Reason.TIMEOUT, _TOO_LONG))
    return _as_json(run, outcome.score)


def _as_json(run: MonitorRun, score: base.Score) -> dict[str, Any]:
    row = rows.score_row(run, score)
    names = ("monitor", "version", "params_digest", "state", "reason", "value", "raw", "unit", "coverage", "threshold")
    more = ("flagged", "evidence", "channels", "measures", "rationale", "judge", "prompt_sha256", "cost")
    return {name: getattr(row, name) for name in (*names, *more)}


def _key(id_: int) -> str:
    return f"trial:{id_}"


def _put(trial: Trial) -> None:
    try:
        cache.set(_key(trial.id), crypto.seal(json.dumps(asdict(trial)).encode(), owner=_key(trial.id)), KEPT_S)
    except OSError as error:
        raise Unavailable("The broker does not answer, so nothing can be tried now.") from error


def _get(id_: int) -> Trial | None:
    sealed = cache.get(_key(id_))
    if sealed is None:
        return None
    values = json.loads(crypto.unseal(sealed, owner=_key(id_)))
    pasted = values.pop("pasted")
    return Trial(**values, pasted=Pasted(**pasted) if pasted else None)
