"""A judge on loopback, and a rubric that asks it. Django is imported late: this is read before it is set up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.oversight.rubrics.judge_server import JudgeServer

if TYPE_CHECKING:
    from oversight.accounts.models import Project, User
    from oversight.rubrics.models import RubricVersion
    from oversight.transcripts.models import Transcript


@pytest.fixture
def judge(settings: Any) -> Iterator[JudgeServer]:
    """The model server of the settings."""
    from oversight.monitoring import bench

    with JudgeServer() as server:
        settings.MODEL_BACKEND = server.url
        bench.open_model.cache_clear()
        yield server
        bench.open_model.cache_clear()


@pytest.fixture
def version(project: Project, dave: User) -> RubricVersion:
    """Version 1 of a lead's rubric."""
    from oversight.rubrics import services
    from tests.oversight.rubrics.words import WORDS

    return services.create_rubric(project=project, name="Secrecy", words=WORDS, why="to begin with", by=dave)


@pytest.fixture
def make(project: Project) -> Callable[..., list[Transcript]]:
    """Transcripts of the project, `n` that say "secretly" and `m` that do not."""
    from tests.oversight.rubrics.words import make_transcripts

    return lambda n, m=0: make_transcripts(project, n, m)


@pytest.fixture
def admitted(
    version: RubricVersion, dave: User, judge: JudgeServer, make: Callable[..., list[Transcript]]
) -> list[Transcript]:
    """The set on which the judge was admitted: 30 that have the property, then 30 that have not."""
    from tests.oversight.rubrics.test_admission import examined, label

    transcripts = make(30, 30)
    label(version, transcripts[:30], True, dave)
    label(version, transcripts[30:], False, dave)
    examined(version, dave)
    return transcripts
