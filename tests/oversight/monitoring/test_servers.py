"""Answers that are kept in the database, and what the probe of a model server found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from monitors import base, registry
from monitors.backends.base import JudgeAnswer
from monitors.backends.openai_server import OpenAIServer
from oversight.accounts.models import Project, User
from oversight.lib import clock
from oversight.monitoring import bench, servers
from oversight.monitoring.models import Admission, Backend, Deployment, KeptAnswer, ModelServer
from tests.factories import make_deployment
from tests.monitors.backends.test_openai_server import Able, Body, reply, serving

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
ANSWER = JudgeAnswer('{"score": 1}', 1.25, 0.5)
NAME = "judge_encoded_reasoning"


def test_an_answer_comes_back_as_it_was_until_it_is_old(settings: LazySettings) -> None:
    settings.MODEL_KEEP_ANSWERS_DAYS = 3
    store = servers.Answers()
    store.write({"a": ANSWER, "b": JudgeAnswer("two")})
    store.write({"a": JudgeAnswer("newer")})
    KeptAnswer.objects.filter(pk="b").update(at=clock.now() - timedelta(days=3, minutes=1))
    assert store.read(["a", "b", "c"]) == {"a": JudgeAnswer("newer")}
    assert servers.remove_old() == 1
    assert list(KeptAnswer.objects.values_list("pk", flat=True)) == ["a"]
    store.remove(["a"])
    assert not KeptAnswer.objects.exists()


def test_an_answer_that_the_database_cannot_hold_is_not_kept() -> None:
    servers.Answers().write({"a": JudgeAnswer("\0"), "b": JudgeAnswer("\ud800")})
    assert not KeptAnswer.objects.exists()


def test_what_the_probe_found_is_shown(project: Project, alice: User, client_of: SignIn) -> None:
    with serving(Able()) as url:
        servers.note(OpenAIServer(url, "tried-model"))
        servers.note(OpenAIServer(url, "tried-model", concurrency=5))
    row = ModelServer.objects.get()
    assert (row.dialect, row.logprobs, row.context, row.concurrency) == ("response_format", True, None, 5)
    deployment = make_deployment(project, NAME, backend=Backend.SERVER)
    page = client_of(alice).get(f"/monitors/{deployment.pk}/").content.decode()
    assert "tried-model" in page
    assert "the server does not tell" in page


@pytest.fixture
def fresh_backends() -> Iterator[None]:
    """Backends are opened once per process: not here."""
    for opened in (bench.open_model, bench._open_kept):
        opened.cache_clear()
    yield
    for opened in (bench.open_model, bench._open_kept):
        opened.cache_clear()


def test_the_worker_asks_the_same_only_once(project: Project, settings: LazySettings, fresh_backends: None) -> None:
    n_asked = 0

    def handle(path: str, body: Body) -> tuple[int, dict[str, str], bytes]:
        nonlocal n_asked
        if path != "/v1/chat/completions":
            return 404, {}, b"{}"
        n_asked += "BEGIN " in body["messages"][-1]["content"]
        return reply(json.dumps({"evidence": [], "score": 1, "p": 5, "verdict": "negative"}))

    with serving(handle) as url:
        settings.MODEL_BACKEND, settings.MODEL_NAME, settings.MODEL_PRICE = url, "m", (1.0, 2.0)
        deployment = make_deployment(project, NAME, backend=Backend.SERVER)
        _admit(deployment)
        scores = [base.measure(bench.prepare(deployment, {}), _transcript()) for _ in range(2)]
    assert [score.value for score in scores] == [0.1, 0.1]
    assert n_asked == 1
    assert [score.cost.calls for score in scores] == [1, 0]
    assert scores[0].cost.money == pytest.approx((7 * 1.0 + 3 * 2.0) / 1e6)
    assert ModelServer.objects.get().price == {"prompt": 1.0, "completion": 2.0, "cached": None}


def _admit(deployment: Deployment) -> None:
    from monitors.admission import Judged, cases_sha256, judge_of
    from monitors.judging.fence import prompt_sha256

    monitor: Any = bench.build(deployment, {})
    assert isinstance(monitor, Judged)
    judge = judge_of(monitor)
    assert judge is not None
    Admission.objects.create(
        monitor=NAME,
        version=registry.entry(NAME).version,
        judge=judge.model,
        judge_digest=judge.digest,
        prompt_sha256=prompt_sha256(monitor.rubric),
        cases_sha256=cases_sha256(monitor.rubric),
        n_positive=30,
        n_negative=30,
        parse_rate=1.0,
        auroc=1.0,
        auroc_low=0.9,
        auroc_high=1.0,
        admitted=True,
        at=clock.now(),
    )


def _transcript() -> Any:
    from tests.oversight.monitoring.test_examination import TEXT

    return TEXT
