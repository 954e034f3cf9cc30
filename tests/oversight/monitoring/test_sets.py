"""A deployment of a set monitor learns from the newest transcripts of the same project and model."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from oversight.accounts.models import Project
from oversight.monitoring import execution, services, sets
from oversight.monitoring.models import MonitorRun, Score
from oversight.transcripts.models import Transcript
from tests import factories
from tests.monitors.catalog.test_cryptic_tokens import thoughts


@pytest.fixture(autouse=True)
def _nothing_learned() -> Iterator[None]:
    sets.forget()
    yield
    sets.forget()


def make(project: Project, seed: int, model: str = "m", said: str = "") -> Transcript:
    return factories.make_transcript(
        project,
        {"id": f"{model}{seed}", "model": model, "prompt": "Add.", "reasoning": said or " ".join(thoughts(seed))},
    )


def run(*transcripts: Transcript) -> list[Score]:
    services.schedule(transcript_ids=[each.pk for each in transcripts], actor=factories.SYSTEM)
    ids = list(MonitorRun.objects.order_by("pk").values_list("pk", flat=True))
    assert execution.execute_chunk(ids, queue="cpu") == []
    return [Score.objects.get(run__transcript=each) for each in transcripts]


@pytest.mark.django_db
def test_a_transcript_is_scored_within_its_project_and_model(project: Project) -> None:
    factories.make_deployment(project, "cryptic_tokens")
    own = [make(project, seed) for seed in range(31)]
    for seed in range(33):
        make(project, seed, model="other")
    chooser = random.Random(0)
    coded = " ".join(f"{chooser.choice(('', 'Hmm, wait, okay, '))}{sentence}" for sentence in thoughts(99, 60))
    odd = make(project, 99, said=coded)
    [odd_score, first] = run(odd, own[0])
    assert (first.state, first.measures["set_transcripts"]) == ("scored", 32)
    assert first.value is not None
    assert first.value < 0.5 <= (odd_score.value or 0.0)
    assert odd_score.flagged
    assert first.rationale.endswith(f"against 32 transcripts, set {int(first.measures['set_digest']):012x}")


@pytest.mark.django_db
def test_too_small_a_set_is_no_clean_score(project: Project) -> None:
    factories.make_deployment(project, "cryptic_tokens")
    [score] = run(make(project, 1))
    assert (score.state, score.reason, score.value) == ("unscored", "too_short", None)
    assert "the set has 1 transcripts, and 30 are needed" in score.rationale


@pytest.mark.django_db
def test_another_projects_transcripts_are_no_part_of_the_set(project: Project) -> None:
    factories.make_deployment(project, "cryptic_tokens")
    elsewhere = factories.make_project("elsewhere")
    for seed in range(35):
        make(elsewhere, seed)
    [score] = run(make(project, 1))
    assert "the set has 1 transcripts" in score.rationale


@pytest.mark.django_db
def test_what_was_learned_serves_for_a_while_and_is_forgotten(project: Project) -> None:
    factories.make_deployment(project, "cryptic_tokens")
    [first, second] = run(*(make(project, seed) for seed in range(2)))
    third = run(make(project, 3))[0]
    sets.forget()
    fourth = run(make(project, 4))[0]
    told = [score.rationale.partition("the set has ")[2][:1] for score in (first, second, third, fourth)]
    assert told == ["2", "2", "2", "4"]
