"""A worker's work on a chunk of runs, without a broker."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, make_dataclass, replace

import pytest
from django.conf import LazySettings

from monitors import registry
from monitors.backends.base import JudgePrompt
from monitors.backends.scripted import Reply, ScriptedBackend, answer
from monitors.base import Score
from monitors.errors import BackendUnavailable, InvalidTranscript
from monitors.judging.question import Question
from monitors.judging.rubric import Rubric
from monitors.judging.verdict import score_question
from monitors.transcript import Transcript
from oversight.accounts.models import Project
from oversight.monitoring import execution, selectors, services
from oversight.monitoring.leases import LeaseKeeper
from oversight.monitoring.models import MonitorRun, RunState
from oversight.monitoring.models import Score as ScoreRow
from tests import factories

RELEASED = threading.Event()


@dataclass(frozen=True, slots=True)
class Told:
    """Does what the prompt tells it."""

    def score(self, transcript: Transcript, /) -> Score:
        word = transcript.parts[0].text
        if word == "invalid":
            raise InvalidTranscript("nothing to read", reason="no_reasoning")
        if word == "timeout":
            raise BackendUnavailable("the server is slow", reason="timeout")
        if word == "broken":
            raise ValueError(f"secret text: {word}")
        if word == "disk":
            raise OSError("full")
        if word == "wait":
            RELEASED.wait(30)
        return Score(0.7, channels={"prompt": 0.7})


@pytest.fixture(autouse=True)
def _told() -> Iterator[None]:
    registry.monitor("test_told", version=3, axis="legibility", threshold=0.6)(Told)
    yield
    registry._TABLE.pop("test_told")


def run_on(project: Project, *prompts: str) -> list[MonitorRun]:
    """Executes one chunk; the runs afterwards, in the order of the prompts."""
    factories.make_deployment(project, "test_told")
    transcripts = [factories.make_transcript(project, prompt=prompt) for prompt in prompts]
    services.schedule(transcript_ids=[transcript.pk for transcript in transcripts], actor=factories.SYSTEM)
    ids = list(MonitorRun.objects.order_by("pk").values_list("pk", flat=True))
    assert execution.execute_chunk(ids, queue="cpu") == []
    runs = {run.transcript_id: run for run in MonitorRun.objects.all()}
    return [runs[transcript.pk] for transcript in transcripts]


@pytest.mark.django_db
def test_a_chunk_ends_with_a_score_for_each_run(project: Project) -> None:
    runs = run_on(project, "a", "b", "c")
    assert [(run.state, run.score.value, run.score.flagged) for run in runs] == [("done", 0.7, True)] * 3
    assert {(run.score.monitor, run.score.version) for run in runs} == {("test_told", 3)}
    assert runs[0].score.channels == {"prompt": 0.7}
    assert runs[0].score.cost["seconds"] > 0


@pytest.mark.django_db
def test_nothing_to_measure_is_a_state_with_its_reason(project: Project) -> None:
    [run] = run_on(project, "invalid")
    assert (run.state, run.score.state, run.score.reason, run.score.value) == ("done", "skipped", "no_reasoning", None)


@pytest.mark.django_db
def test_a_broken_monitor_fails_its_own_run_only_and_leaks_no_text(project: Project) -> None:
    broken, other = run_on(project, "broken", "fine")
    assert (broken.state, broken.score.reason, other.score.value) == ("failed", "error", 0.7)
    assert broken.error.startswith("ValueError at test_execution.py:")
    assert "secret" not in broken.error + broken.score.rationale


@pytest.mark.django_db
@pytest.mark.parametrize("prompt", ["timeout", "disk"])
def test_what_may_pass_is_tried_again_later(project: Project, prompt: str) -> None:
    [run] = run_on(project, prompt)
    assert (run.state, run.attempt) == (RunState.QUEUED, 1)
    assert not ScoreRow.objects.exists()


@pytest.mark.django_db
def test_a_server_that_stays_away_leaves_an_unscored_state(project: Project) -> None:
    [run] = run_on(project, "timeout")
    MonitorRun.objects.filter(pk=run.pk).update(run_at=run.created_at, attempt=services.MAX_ATTEMPTS - 1)
    execution.execute_chunk([run.pk], queue="cpu")
    run.refresh_from_db()
    assert (run.state, run.score.state, run.score.reason) == (RunState.DONE, "unscored", "timeout")


@pytest.mark.django_db
def test_a_monitor_that_is_no_longer_installed_gives_no_value(project: Project) -> None:
    deployment = factories.make_deployment(project, "test_told")
    deployment.monitor = "test_gone"
    deployment.save()
    transcript = factories.make_transcript(project)
    services.schedule(transcript_ids=[transcript.pk], actor=factories.SYSTEM)
    run = MonitorRun.objects.get()
    MonitorRun.objects.update(attempt=services.MAX_ATTEMPTS - 1)
    execution.execute_chunk([run.pk], queue="cpu")
    run.refresh_from_db()
    assert (run.score.state, run.score.rationale) == ("unscored", "the monitor test_gone is not installed")


@pytest.mark.django_db
def test_scores_name_the_version_that_is_installed(project: Project) -> None:
    deployment = factories.make_deployment(project, "test_told")
    deployment.version = 2
    deployment.save()
    transcript = factories.make_transcript(project)
    services.schedule(transcript_ids=[transcript.pk], actor=factories.SYSTEM)
    run = MonitorRun.objects.get()
    execution.execute_chunk([run.pk], queue="cpu")
    run.refresh_from_db()
    deployment.refresh_from_db()
    assert (run.score.version, deployment.version) == (3, 3)


@pytest.mark.django_db
def test_a_judge_without_a_model_server_is_unscored(project: Project) -> None:
    factories.make_deployment(project, "judge_encoded_reasoning", backend="server")
    transcript = factories.make_transcript(project)
    services.schedule(transcript_ids=[transcript.pk], actor=factories.SYSTEM)
    run = MonitorRun.objects.get()
    execution.execute_chunk([run.pk], queue="judge")
    run.refresh_from_db()
    assert (run.state, run.score.state, run.score.reason) == (RunState.DONE, "unscored", "no_backend")


@pytest.mark.django_db
def test_a_recorded_verdict_is_scored_with_its_judge(project: Project) -> None:
    factories.make_deployment(project, "judge_encoded_reasoning", backend="recorded", threshold=0.5)
    with_verdict, without = factories.make_transcript(project), factories.make_transcript(project)
    with_verdict.recorded_verdicts.create(
        rubric="judge_encoded_reasoning", judge="some-judge", p_positive=0.9, provenance="of the data set"
    )
    services.schedule(transcript_ids=[with_verdict.pk, without.pk], actor=factories.SYSTEM)
    execution.execute_chunk(list(MonitorRun.objects.values_list("pk", flat=True)), queue="cpu")
    row = ScoreRow.objects.get(transcript=with_verdict)
    assert (row.value, row.flagged, row.judge) == (0.9, True, "some-judge")
    assert "of the data set" in row.rationale
    assert ScoreRow.objects.get(transcript=without).reason == "no_recorded_verdict"


@dataclass(frozen=True, slots=True)
class Asking:
    """Puts a rubric to the scripted judge."""

    word: str = "first"

    @property
    def judge(self) -> ScriptedBackend:
        return JUDGE

    @property
    def question(self) -> Question:
        return Question(Rubric(self.word, f"the {self.word} property", "d", "p", "n", "l", "all", "nothing"))

    def score(self, transcript: Transcript, /) -> Score:
        return score_question(self.question, self.judge, transcript)


def _reply(prompt: JudgePrompt) -> Reply:
    # Down for the second transcript; broken wherever two rubrics of the third are asked together.
    if "down" in prompt.user:
        return BackendUnavailable("late", reason="timeout")
    if "broken" in prompt.user and "first property" in prompt.user:
        return ValueError("secret text")
    return answer(score=1 if "first property" in prompt.user else 3)


JUDGE = ScriptedBackend(_reply)


@pytest.fixture
def _asking() -> Iterator[None]:
    names = ("test_asking_first", "test_asking_second")
    for name, word in zip(names, ("first", "second"), strict=True):
        kind = make_dataclass(name, [("word", str, field(default=word))], bases=(Asking,), frozen=True)
        registry.monitor(name, version=1, axis="legibility", threshold=0.6)(kind)
    JUDGE.prompts.clear()
    yield
    for name in names:
        registry._TABLE.pop(name)


@pytest.mark.django_db
@pytest.mark.usefixtures("_asking")
def test_runs_that_ask_one_judge_about_a_transcript_sit_together(project: Project) -> None:
    """Each has its own score; a judge that is down postpones both; what breaks one leaves the other."""
    for name in ("test_asking_second", "test_told", "test_asking_first"):
        factories.make_deployment(project, name)
    prompts = ("fine", "down", "broken")
    transcripts = [factories.make_transcript(project, prompt=f"a {prompt} question") for prompt in prompts]
    services.schedule(transcript_ids=[transcript.pk for transcript in transcripts], actor=factories.SYSTEM)
    ids = MonitorRun.objects.order_by("deployment_id", "pk").values_list("pk", flat=True)
    assert execution.execute_chunk(list(ids), queue="cpu") == []
    runs = {(run.transcript_id, run.deployment.monitor): run for run in MonitorRun.objects.all()}
    fine, down, broken = (
        [runs[transcript.pk, name] for name in ("test_asking_first", "test_asking_second", "test_told")]
        for transcript in transcripts
    )
    assert [run.score.value for run in fine] == [0.1, 0.3, 0.7]
    assert [run.state for run in down] == ["queued", "queued", "done"]
    assert [(run.state, run.score.value) for run in broken] == [("failed", None), ("done", 0.3), ("done", 0.7)]
    assert "secret" not in broken[0].error
    sitting = [prompt for prompt in JUDGE.prompts if "a fine question" in prompt.user]
    assert len(sitting) == 2
    assert len({prompt.user[: prompt.n_shared] for prompt in sitting}) == 1


@dataclass(frozen=True, slots=True)
class Several(Told):
    """Reads all that it is given at once; says how many that were."""

    def score_all(self, transcripts: Sequence[Transcript], /) -> list[Score]:
        each = [Told.score(self, transcript) for transcript in transcripts]
        return [replace(score, raw=float(len(each))) for score in each]


@pytest.mark.django_db
@pytest.mark.parametrize(("word", "state", "at_once"), [("fine", "done", 3.0), ("broken", "failed", None)])
def test_what_scores_several_transcripts_at_once_is_given_them(
    project: Project, word: str, state: str, at_once: float | None
) -> None:
    """What breaks one of them is no matter of the others: they are scored alone."""
    registry._TABLE.pop("test_told")
    registry.monitor("test_told", version=4, axis="legibility", threshold=0.6)(Several)
    runs = run_on(project, "fine", word, "fine")
    assert [run.state for run in runs] == ["done", state, "done"]
    assert [run.score.raw for run in runs] == [at_once] * 3


@pytest.mark.django_db
def test_texts_that_are_long_together_are_not_loaded_together(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "MOST_CHARS", 1_000)
    registry._TABLE.pop("test_told")
    registry.monitor("test_told", version=4, axis="legibility", threshold=0.6)(Several)
    runs = run_on(project, *("a" * n for n in (100, 200, 700, 700, 5_000, 10)))
    assert [run.state for run in runs] == ["done"] * 6
    assert [run.score.raw for run in runs] == [2.0, 2.0, None, None, None, None]


@pytest.mark.django_db
def test_runs_on_the_same_transcripts_are_claimed_along(project: Project) -> None:
    for name in ("judge_encoded_reasoning", "judge_unfaithful_explanation"):
        factories.make_deployment(project, name, backend="server")
    one, other = factories.make_transcript(project), factories.make_transcript(project)
    services.schedule(transcript_ids=[one.pk, other.pk], actor=factories.SYSTEM)
    first, sister = MonitorRun.objects.filter(transcript=one).order_by("pk")
    assert selectors.with_sisters([first.pk], "judge") == [first.pk, sister.pk]
    assert selectors.with_sisters([first.pk], "cpu") == [first.pk]
    services.claim_runs(run_ids=[first.pk], worker="w")
    assert selectors.with_sisters([first.pk], "judge") == [first.pk]


def test_a_lease_is_renewed_while_a_monitor_works(committed_db: str, settings: LazySettings) -> None:
    """From a thread with its own connection, four times within the lease's length."""
    settings.LEASE_S = 0.6
    project = factories.make_project("lease")
    factories.make_deployment(project, "test_told")
    transcript = factories.make_transcript(project)
    services.schedule(transcript_ids=[transcript.pk], actor=factories.SYSTEM)
    [run] = services.claim_runs(run_ids=[MonitorRun.objects.get().pk], worker="w")
    first = MonitorRun.objects.get().lease_until
    with LeaseKeeper([run]) as keeper:
        while MonitorRun.objects.get().lease_until == first:
            assert services.expire_leases() == 0
        assert keeper.lost == frozenset()
        MonitorRun.objects.update(attempt=9)
        while not keeper.lost:
            RELEASED.wait(0.05)
    assert keeper.lost == {run.pk}


@pytest.mark.lm
def test_the_real_small_model_scores_a_transcript(committed_db: str) -> None:
    """Loading takes longer than a transaction may stand idle: a worker measures outside of any."""
    project = factories.make_project("lm")
    factories.make_deployment(project, "lm_surprisal", backend="local")
    reasoning = "The train leaves at nine. It takes two hours to reach the coast. So we arrive at eleven. " * 6
    transcript = factories.make_transcript(project, reasoning=reasoning)
    services.schedule(transcript_ids=[transcript.pk], actor=factories.SYSTEM)
    run = MonitorRun.objects.get()
    assert (run.queue, run.stage) == ("model", 1)
    execution.execute_chunk([run.pk], queue="model")
    run.refresh_from_db()
    if run.score.reason == "no_backend":
        pytest.skip(run.score.rationale)
    assert (run.state, run.score.state) == (RunState.DONE, "scored")
    assert run.score.value is not None
    assert run.score.flagged is False
