"""Monitors ready for work: backends opened once per process, judges behind their admission."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache

from django.conf import settings

from monitors import base, registry
from monitors.admission import Judged, Withheld, judge_of
from monitors.backends import open_backends
from monitors.backends.kept_answers import kept
from monitors.backends.openai_server import OpenAIServer
from monitors.backends.prices import Price
from monitors.errors import BackendUnavailable
from oversight.monitoring import deployments, examination, servers, sets
from oversight.monitoring.models import Admission, Backend, Deployment
from oversight.monitoring.services import WORKER

logger = logging.getLogger(__name__)
Recorded = Mapping[str, tuple[base.RecordedVerdict, ...]]


@cache
def open_model(backend: str) -> Mapping[base.Need, object]:
    """What the backend offers, opened once: all monitors of a process share one set of weights."""
    is_server = settings.MODEL_BACKEND.startswith(("http://", "https://"))
    if backend == Backend.SERVER and not is_server:
        raise BackendUnavailable("MODEL_BACKEND names no model server")
    if backend == Backend.LOCAL and is_server:
        return open_backends("local", cache_dir=settings.MODEL_CACHE)
    return open_backends(
        settings.MODEL_BACKEND if backend == Backend.SERVER else "local",
        model=settings.MODEL_NAME or None,
        cache_dir=settings.MODEL_CACHE,
        api_key=settings.MODEL_API_KEY or None,
        price=Price(*settings.MODEL_PRICE),
        concurrency=settings.MODEL_CONCURRENCY,
    )


@cache
def _open_kept(backend: str) -> Mapping[base.Need, object]:
    """The same with a judge that answers what it was asked before; what its probe found is kept for people.

    Raises
    ------
    BackendUnavailable : the server did not answer.
    """
    opened = open_model(backend)
    judge = opened.get(base.Need.JUDGE)
    if not isinstance(judge, OpenAIServer):
        return opened
    servers.note(judge)
    return {**opened, base.Need.JUDGE: kept(judge, servers.Answers())} if settings.MODEL_KEEP_ANSWERS_DAYS else opened


def build(deployment: Deployment, recorded: Recorded, *, from_kept: bool = False) -> base.Monitor:
    """The deployment's monitor, before any admission; `from_kept`: a server's answers of before are good enough.

    Raises
    ------
    BackendUnavailable : its model is not there.
    """
    backends: Mapping[base.Need, object] = {}
    if deployment.backend == Backend.RECORDED:
        backends = open_backends("recorded", recorded=recorded)
    elif deployment.backend != Backend.NONE:
        backends = (_open_kept if from_kept else open_model)(deployment.backend)
    return registry.build(deployment.monitor, deployment.params, backends)


def prepare(deployment: Deployment, recorded: Recorded) -> base.Monitor:
    """The deployment's monitor, or one whose scores say why it cannot work."""
    if registry.known(deployment.monitor) is None:
        return Withheld(base.Reason.ERROR, f"the monitor {deployment.monitor} is not installed")
    try:
        monitor = build(deployment, recorded)
        gated = examination.gated(deployment.monitor, monitor, WORKER)
        if gated is monitor and deployment.backend == Backend.SERVER:
            # Only now: an examination asks anew.
            gated = build(deployment, recorded, from_kept=True)
    except BackendUnavailable as error:
        return Withheld(base.Reason(error.reason), str(error))
    return sets.by_set(gated, deployment)


def follow_installed(deployment: Deployment) -> Deployment:
    """The deployment at the version of the monitor that is installed."""
    if registry.known(deployment.monitor) is None:
        return deployment
    return deployments.follow_version(deployment=deployment, actor=WORKER)


def examine(deployment: Deployment) -> Admission | None:
    """Examine the deployment's judge, whatever is known of it; None when there is no judge to ask, or no answer."""
    try:
        monitor = build(deployment, {})
        if not isinstance(monitor, Judged) or judge_of(monitor) is None:
            return None
        return examination.examine(name=deployment.monitor, monitor=monitor, actor=WORKER)
    except BackendUnavailable as error:
        logger.warning("a judge could not be examined", extra={"deployment": deployment.pk, "reason": error.reason})
        return None
