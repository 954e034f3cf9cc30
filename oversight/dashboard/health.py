"""Whether the house works, measured by what has been done and not by who says that they are alive."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.models import Count, Min, Q
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from oversight.alerts import selectors as alerts
from oversight.alerts.models import Endpoint, EndpointState
from oversight.audit import bell, dispatch
from oversight.audit.models import LedgerEvent, Receipt, Subscription
from oversight.dashboard.templatetags.instruments import duration
from oversight.lib import clock
from oversight.monitoring.models import MonitorRun, RunState

QUEUES = ("default", "cpu", "judge", "model", "outbound")
# A sweep comes every 5 seconds; a run that was due for longer than this waits for a worker that is not there.
LATE_SWEEP = timedelta(seconds=30)
LATE_RUN = timedelta(seconds=60)
MOST_FAILURES = 20


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that works or does not; `tone` is ok, warn, danger, info or muted."""

    name: str
    tone: str
    word: str
    says: str


@dataclass(frozen=True, slots=True)
class QueueRow:
    """The runs of one queue, counted in PostgreSQL, beside the messages that wait in the broker."""

    name: str
    waiting: int
    queued: int
    running: int
    failed: int
    oldest: datetime | None
    messages: int | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A durable handler that has not dealt with an event yet."""

    handler: str
    event_id: int
    action: str
    attempts: int
    error: str
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class Health:
    """What the page shows."""

    checks: tuple[Check, ...]
    queues: tuple[QueueRow, ...]
    failures: tuple[FailureRow, ...]


def is_well() -> bool:
    """Whether database and broker answer: all that a stranger may learn."""
    return _database().tone == "ok" and _valkey().tone == "ok"


def health(projects: frozenset[int]) -> Health:
    """Ten queries or so, and one question to the broker for each queue."""
    valkey = _valkey()
    queues = _queues(projects, broker_answers=valkey.tone == "ok")
    checks = (_database(), valkey, _sweeps(), _workers(queues), _ledger(), _deliveries(projects), _models())
    return Health(checks, queues, _failures())


def work_checks(projects: frozenset[int]) -> tuple[Check, ...]:
    """Whether sweeps, workers and webhooks keep up: without asking the broker. Four queries."""
    return _sweeps(), _workers(_queues(projects, broker_answers=False)), _deliveries(projects)


def _answers(name: str, ask: Callable[[], object], errors: tuple[type[Exception], ...], says: str) -> Check:
    try:
        ask()
    except errors as error:
        return Check(name, "danger", "Down", f"It does not answer: {type(error).__name__}.")
    return Check(name, "ok", "Up", says)


def _database() -> Check:
    return _answers("PostgreSQL", _select, (DatabaseError,), "It answers queries.")


def _select() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _valkey() -> Check:
    errors = (RedisError, OSError)
    return _answers("Valkey", lambda: cache.get("healthz"), errors, "Broker, channel layer and cache answer.")


def _sweeps() -> Check:
    """Beat and a worker together: a sweep that ran has been sent by one and done by the other."""
    durable = [name for name, handler in dispatch.HANDLERS.items() if handler.durable]
    swept = dict(Subscription.objects.filter(handler__in=durable).values_list("handler", "swept_at"))
    oldest = min((at for at in swept.values() if at), default=None)
    if oldest is None or len(swept) < len(durable):
        return Check("Sweeps", "warn", "Not yet", "No sweep has run yet: is beat running?")
    age = clock.now() - oldest
    says = f"The last one ended {duration(age.total_seconds())} ago."
    return Check("Sweeps", "danger", "Late", says) if age > LATE_SWEEP else Check("Sweeps", "ok", "On time", says)


def _queues(projects: frozenset[int], *, broker_answers: bool) -> tuple[QueueRow, ...]:
    now = clock.now()
    counted = (
        MonitorRun.objects.filter(deployment__project_id__in=projects)
        .exclude(state=RunState.DONE)
        .values("queue")
        .annotate(
            waiting=Count("pk", filter=Q(state=RunState.WAITING)),
            queued=Count("pk", filter=Q(state=RunState.QUEUED)),
            running=Count("pk", filter=Q(state=RunState.LEASED)),
            failed=Count("pk", filter=Q(state=RunState.FAILED)),
            oldest=Min("run_at", filter=Q(state=RunState.QUEUED, run_at__lte=now)),
        )
    )
    runs: dict[str, dict[str, object]] = {row["queue"]: dict(row) for row in counted}
    messages = _depths() if broker_answers else {}
    return tuple(_queue(name, runs.get(name, {}), now, messages=messages.get(name)) for name in QUEUES)


def _queue(name: str, row: dict[str, object], now: datetime, *, messages: int | None) -> QueueRow:
    oldest = row.get("oldest")
    oldest_at = oldest if isinstance(oldest, datetime) else None
    numbers = {key: int(str(row.get(key) or 0)) for key in ("waiting", "queued", "running", "failed")}
    # A long queue is no fault while somebody works on it.
    is_late = oldest_at is not None and now - oldest_at > LATE_RUN and not numbers["running"]
    return QueueRow(name=name, **numbers, oldest=oldest_at, messages=messages, is_late=is_late)


def _depths() -> dict[str, int]:
    try:
        return bell.depths(QUEUES)
    except OperationalError:
        return {}


def _workers(queues: Iterable[QueueRow]) -> Check:
    late = [row.name for row in queues if row.is_late]
    if late:
        says = f"Runs have been due for more than a minute, and nobody works on them: {', '.join(late)}."
        return Check("Workers", "danger", "Behind", says)
    running = sum(row.running for row in queues)
    return Check("Workers", "ok", "Keeping up", f"{running} run{'' if running == 1 else 's'} under way.")


def _ledger() -> Check:
    newest = LedgerEvent.objects.order_by("-id").values_list("at", flat=True).first()
    if newest is None:
        return Check("Ledger", "muted", "Empty", "Nothing has happened yet.")
    ago = duration((clock.now() - newest).total_seconds())
    return Check("Ledger", "ok", "Written", f"The newest event is {ago} old.")


def _deliveries(projects: frozenset[int]) -> Check:
    n_dead = alerts.n_dead(projects)
    n_off = Endpoint.objects.filter(project_id__in=projects, state=EndpointState.DISABLED).count()
    if n_dead or n_off:
        says = f"{n_dead} failed for good, {n_off} endpoint{'' if n_off == 1 else 's'} disabled."
        return Check("Webhooks", "danger" if n_off else "warn", "Failing", says)
    return Check("Webhooks", "ok", "Delivered", "None has failed for good.")


def _models() -> Check:
    """What the installer of the language model says in its file."""
    try:
        state = json.loads((settings.VAR_DIR / "models-install.json").read_text())
    except (OSError, ValueError):
        return Check("Language model", "muted", "Unknown", "No installation has been noted here.")
    word, message = str(state.get("state", "unknown")), str(state.get("message") or "")
    tone = "ok" if word in ("done", "ready", "installed") else "danger" if word in ("failed", "error") else "info"
    return Check("Language model", tone, word.capitalize(), message[:200])


def _failures() -> tuple[FailureRow, ...]:
    failed = Receipt.objects.filter(done_at=None, attempts__gt=0).select_related("event").order_by("-event_id")
    return tuple(
        FailureRow(row.handler, row.event_id, row.event.action, row.attempts, row.error, row.next_at)
        for row in failed[:MOST_FAILURES]
    )
