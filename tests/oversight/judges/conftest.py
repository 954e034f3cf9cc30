"""A judge of fixed cases on loopback. Django is imported late: this is read before it is set up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.oversight.judges.case_server import NAME, CaseServer

if TYPE_CHECKING:
    from oversight.accounts.models import Project
    from oversight.monitoring.models import Deployment


@pytest.fixture
def server(settings: Any) -> Iterator[CaseServer]:
    """The model server of the settings."""
    from oversight.monitoring import bench

    server = CaseServer()
    with server:
        settings.MODEL_BACKEND = server.url
        bench.open_model.cache_clear()
        bench._open_kept.cache_clear()
        yield server
        bench.open_model.cache_clear()
        bench._open_kept.cache_clear()


@pytest.fixture
def deployment(project: Project) -> Deployment:
    """Misbehaviour intent by the model server."""
    from tests import factories

    made: Deployment = factories.make_deployment(project, NAME, backend="server")
    return made


@pytest.fixture
def judged(project: Project, deployment: Deployment) -> Callable[[int], None]:
    """Let the worker judge so many clean transcripts."""
    from oversight.monitoring import execution
    from oversight.monitoring.models import MonitorRun
    from oversight.monitoring.services import schedule
    from tests import factories

    def judge(n: int) -> None:
        for number in range(n):
            before = MonitorRun.objects.filter(deployment=deployment).count()
            text = f"Case {before}.{number}: seven and eight is fifteen, so the answer is 15."
            transcript = factories.make_transcript(project, reasoning=text, answer="15")
            schedule(transcript_ids=[transcript.pk], actor=factories.SYSTEM)
        waiting = MonitorRun.objects.filter(deployment=deployment, state="queued")
        execution.execute_chunk(list(waiting.values_list("pk", flat=True)), queue="judge")

    return judge
