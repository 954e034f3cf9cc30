"""A rubric before the real local model: whatever it answers is a result with its cost, or says why there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from oversight.monitoring import bench
from oversight.rubrics import execution, runs, services
from oversight.rubrics.models import Result, RubricRun
from tests import factories
from tests.oversight.rubrics.words import WORDS, make_transcripts

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.lm
def test_the_local_model_is_asked(committed_db: str, settings: Any) -> None:
    # Loading weights takes longer than the database lets a transaction idle: no test's transaction stands around it.
    project = factories.make_project()
    lead = factories.make_user("lead", project=project, role="lead")
    version = services.create_rubric(project=project, name="Secrecy", words=WORDS, why="x", by=lead)
    settings.MODEL_BACKEND, settings.MODEL_CACHE = "local", ROOT / "var" / "models"
    bench.open_model.cache_clear()
    ids = [one.pk for one in make_transcripts(project, 1, 1)]
    run = runs.try_out(version=version, backend="local", transcript_ids=ids, by=lead)
    while execution.work(run.pk):
        pass
    bench.open_model.cache_clear()
    run = RubricRun.objects.get()
    assert run.state != "paused", run.note
    assert (run.state, run.n_ended, run.n_failed) == ("done", 2, 0), run.note
    for result in Result.objects.all():
        assert result.replies
        assert result.tokens > 300
        assert result.bound >= result.tokens
        assert result.judge
        assert (result.value is None) == (result.state == "unscored")
        if result.state == "scored":
            assert set(result.outputs) == {"severity", "kept_from"}
    assert run.spent_tokens == sum(Result.objects.values_list("tokens", flat=True))
