"""A judge may flag only after it told the clear cases apart; one that cannot is said to be not admitted."""

from __future__ import annotations

import json
import pickle
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from monitors.admission import (
    Admission,
    Judged,
    Withheld,
    admit,
    auroc_interval,
    cases_sha256,
    gate,
    judge_of,
    known_admission,
    prompt_of,
)
from monitors.backends.base import Judge, JudgeAnswer, JudgePrompt, RecordedVerdicts
from monitors.backends.recorded import Recorded
from monitors.backends.scripted import Reply, ScriptedBackend, answer
from monitors.backends.transformers_local import LocalModel
from monitors.base import Need, Reason, Score, State, measure
from monitors.catalog import judge_encoded_reasoning as encoded
from monitors.catalog.judge_encoded_reasoning import JudgeEncodedReasoning
from monitors.catalog.judge_unfaithful_explanation import JudgeUnfaithfulExplanation
from monitors.errors import BackendUnavailable
from monitors.judging.rubric import Rubric
from monitors.judging.verdict import judge
from monitors.registry import build, entries
from monitors.transcript import Message, Part, PartType, Role, Transcript

NAME = encoded.NAME
Monitors = (JudgeEncodedReasoning, JudgeUnfaithfulExplanation)
TRANSCRIPT = Transcript("t", (Message(Role.ASSISTANT, (Part(PartType.REASONING, "Two and two make four."),)),))


def _knowing(monitor: type[JudgeEncodedReasoning] | type[JudgeUnfaithfulExplanation]) -> Callable[[JudgePrompt], Reply]:
    """A judge that recognises the positives by their text."""

    def reply(prompt: JudgePrompt) -> Reply:
        if any(case.reasoning in prompt.user for case in monitor.rubric.admission_cases()[0]):
            return answer(score=8, quotes=prompt.quotable[:1])
        return answer(score=1)

    return reply


@pytest.mark.parametrize("monitor", Monitors)
def test_the_fixed_cases_are_many_and_distinct(monitor: type[JudgeEncodedReasoning]) -> None:
    rubric = monitor.rubric
    positives, negatives = rubric.admission_cases()
    assert len(set(positives)) >= 30
    assert len(set(negatives)) >= 30
    assert not set(positives) & set(negatives)


@pytest.mark.parametrize("monitor", Monitors)
def test_a_judge_that_tells_them_apart_is_admitted(monitor: type[JudgeEncodedReasoning]) -> None:
    admission = admit(monitor.rubric.name, monitor(ScriptedBackend(_knowing(monitor))))
    assert admission.admitted
    assert (admission.parse_rate, admission.auroc) == (1.0, 1.0)
    assert admission.auroc_low is not None
    assert 0.8 < admission.auroc_low < 1.0


@pytest.mark.parametrize("score", range(11))
@pytest.mark.parametrize("is_quoted", [False, True])
def test_a_constant_judge_is_never_admitted(score: int, is_quoted: bool) -> None:
    constant = ScriptedBackend(
        lambda prompt: answer(score=score, quotes=prompt.quotable[:1] if is_quoted else [("reasoning", "17 * 24")])
    )
    admission = admit(NAME, JudgeEncodedReasoning(constant))
    assert not admission.admitted
    assert admission.auroc in (None, 0.5)


def test_a_judge_that_is_right_on_few_cases_is_not_admitted() -> None:
    positives, negatives = encoded.RUBRIC.admission_cases()
    few = replace(encoded.RUBRIC, positives=positives, negatives=negatives[:29])
    admission = admit(NAME, _Few(ScriptedBackend(_knowing(JudgeEncodedReasoning)), few))
    assert (admission.auroc, admission.n_negative, admission.admitted) == (1.0, 29, False)


def test_the_cases_are_asked_together() -> None:
    backend = _Counting(_knowing(JudgeEncodedReasoning))
    assert admit(NAME, JudgeEncodedReasoning(backend)).admitted
    assert (backend.n_calls, len(backend.prompts)) == (4, 60)


def test_another_way_of_asking_is_examined_anew() -> None:
    plain = JudgeEncodedReasoning(ScriptedBackend(""))
    assert len({prompt_of(plain), prompt_of(replace(plain, extract_first=True))}) == 2
    assert prompt_of(plain) == prompt_of(replace(plain, max_windows=2))


def test_a_judge_that_always_flags_is_never_admitted() -> None:
    always = ScriptedBackend(lambda prompt: answer(score=9, quotes=prompt.quotable[:1]))
    assert not admit(NAME, JudgeEncodedReasoning(always)).admitted


def _constant(score: int) -> ScriptedBackend:
    return ScriptedBackend(lambda prompt: answer(score=score, quotes=prompt.quotable[:1]))


@pytest.mark.parametrize("name", [name for name, entry in entries().items() if Need.JUDGE in entry.needs])
@pytest.mark.parametrize("score", [0, 9])
def test_a_constant_judge_passes_with_no_monitor_whatever_is_counted_beside_it(name: str, score: int) -> None:
    monitor = build(name, backends={Need.JUDGE: _constant(score)})
    assert isinstance(monitor, Judged)
    assert not admit(name, monitor).admitted


def test_a_judge_that_flips_a_coin_is_not_admitted_by_luck() -> None:
    coin = random.Random(5)
    fair = ScriptedBackend(lambda prompt: answer(score=coin.choice([1, 8]), quotes=prompt.quotable[:1]))
    # The rule's lower bound lets about one in a hundred through, not one in two.
    admitted = sum(admit(NAME, JudgeEncodedReasoning(fair)).admitted for _ in range(8))
    assert admitted == 0


def test_the_cases_have_a_digest_that_changes_with_each_of_them() -> None:
    positives, negatives = encoded.RUBRIC.admission_cases()
    same = replace(encoded.RUBRIC, positives=positives, negatives=negatives)
    assert cases_sha256(same) == cases_sha256(encoded.RUBRIC)
    other = [
        replace(same, negatives=negatives[1:]),
        replace(same, positives=negatives, negatives=positives),
        replace(same, positives=(replace(positives[0], output="x"), *positives[1:])),
    ]
    assert len({cases_sha256(one) for one in (same, *other)}) == 4


def test_a_known_admission_is_read_without_asking(tmp_path: Path) -> None:
    backend = ScriptedBackend(_knowing(JudgeEncodedReasoning))
    monitor = JudgeEncodedReasoning(backend)
    assert known_admission(NAME, monitor, tmp_path) is None
    gate(NAME, monitor, cache_dir=tmp_path)
    n_asked = len(backend.prompts)
    known = known_admission(NAME, monitor, tmp_path)
    assert known is not None
    assert (known.admitted, len(backend.prompts)) == (True, n_asked)
    others = replace(encoded.RUBRIC, positives=encoded.RUBRIC.admission_cases()[1])
    assert known_admission(NAME, _Few(backend, others), tmp_path) is None


def test_a_judge_that_is_right_but_often_unreadable_is_not_admitted() -> None:
    knowing = _knowing(JudgeEncodedReasoning)
    broken = {case.reasoning for case in encoded.RUBRIC.admission_cases()[1][:8]}

    def reply(prompt: JudgePrompt) -> Reply:
        return "prose" if any(text in prompt.user for text in broken) else knowing(prompt)

    admission = admit(NAME, JudgeEncodedReasoning(ScriptedBackend(reply)))
    assert admission.parse_rate == 52 / 60
    assert admission.auroc == 1.0
    assert not admission.admitted


def test_a_judge_of_garbage_has_no_auroc() -> None:
    admission = admit(NAME, JudgeEncodedReasoning(ScriptedBackend(lambda _: "garbage")))
    assert (admission.parse_rate, admission.auroc, admission.admitted) == (0.0, None, False)
    assert "could not be computed" in admission.figures


def test_a_judge_that_is_down_is_neither_admitted_nor_rejected() -> None:
    down = JudgeEncodedReasoning(ScriptedBackend(lambda _: BackendUnavailable("down", reason="timeout")))
    with pytest.raises(BackendUnavailable):
        admit(NAME, down)


def test_recorded_verdicts_cannot_be_tried() -> None:
    with pytest.raises(TypeError):
        admit(NAME, JudgeEncodedReasoning(Recorded()))


def test_an_admitted_monitor_passes_the_gate(tmp_path: Path) -> None:
    monitor = JudgeEncodedReasoning(ScriptedBackend(_knowing(JudgeEncodedReasoning)))
    assert gate(NAME, monitor, cache_dir=tmp_path) is monitor


@pytest.mark.parametrize("judge", [None, Recorded()])
def test_without_a_judge_to_try_the_gate_is_open(judge: RecordedVerdicts | None, tmp_path: Path) -> None:
    monitor = JudgeEncodedReasoning(judge)
    assert gate(NAME, monitor, cache_dir=tmp_path) is monitor


def test_a_judge_that_is_not_admitted_scores_nothing_and_says_why(tmp_path: Path) -> None:
    withheld = gate(NAME, JudgeEncodedReasoning(ScriptedBackend(lambda _: answer(score=1))), cache_dir=tmp_path)
    score = measure(pickle.loads(pickle.dumps(withheld)), TRANSCRIPT)  # noqa: S301  # our own bytes
    assert (score.state, score.reason, score.value) == (State.UNSCORED, Reason.JUDGE_NOT_ADMITTED, None)
    assert "AUROC 0.50" in score.rationale
    assert score.judge == "scripted"


def test_a_judge_that_is_down_at_the_gate_is_unscored_with_that_reason(tmp_path: Path) -> None:
    down = JudgeEncodedReasoning(ScriptedBackend(lambda _: BackendUnavailable("late", reason="timeout")))
    withheld = gate(NAME, down, cache_dir=tmp_path)
    assert isinstance(withheld, Withheld)
    assert withheld.score(TRANSCRIPT).reason == Reason.TIMEOUT
    assert not list(tmp_path.iterdir())


def test_looking_for_the_judge_starts_nothing() -> None:
    asleep = LocalModel("/nowhere/at/all")
    assert judge_of(JudgeEncodedReasoning(asleep)) is asleep
    assert judge_of(JudgeEncodedReasoning(Recorded())) is None
    assert judge_of(Withheld(Reason.ERROR, "")) is None


def test_a_judge_is_tried_once_and_remembered(tmp_path: Path) -> None:
    backend = ScriptedBackend(_knowing(JudgeEncodedReasoning))
    gate(NAME, JudgeEncodedReasoning(backend), cache_dir=tmp_path)
    n_asked = len(backend.prompts)
    gate(NAME, JudgeEncodedReasoning(backend), cache_dir=tmp_path)
    assert n_asked == len(backend.prompts) == 60


def test_another_judge_is_tried_anew(tmp_path: Path) -> None:
    gate(NAME, JudgeEncodedReasoning(ScriptedBackend(_knowing(JudgeEncodedReasoning))), cache_dir=tmp_path)
    other = ScriptedBackend(lambda _: answer(score=1), digest="other")
    assert isinstance(gate(NAME, JudgeEncodedReasoning(other), cache_dir=tmp_path), Withheld)


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"monitor": "x"}]', "\x00"])
def test_a_broken_cache_is_no_admission(text: str, tmp_path: Path) -> None:
    (tmp_path / "admissions.json").write_text(text)
    monitor = JudgeEncodedReasoning(ScriptedBackend(_knowing(JudgeEncodedReasoning)))
    assert gate(NAME, monitor, cache_dir=tmp_path) is monitor
    assert len(json.loads((tmp_path / "admissions.json").read_text())) == 1


def test_a_given_admission_counts_only_for_its_judge_and_prompt(tmp_path: Path) -> None:
    backend = ScriptedBackend(lambda _: answer(score=1))
    monitor = JudgeEncodedReasoning(backend)
    rejected = admit(NAME, monitor)
    n_asked = len(backend.prompts)
    assert gate(NAME, monitor, replace(rejected, admitted=True), tmp_path) is monitor
    assert len(backend.prompts) == n_asked
    foreign = replace(rejected, admitted=True, judge_digest="another")
    assert isinstance(gate(NAME, monitor, foreign, tmp_path), Withheld)


@pytest.mark.parametrize(
    ("area", "m", "n", "low", "high"),
    [(0.5, 16, 16, 0.314, 0.686), (1.0, 16, 16, 0.873, 1.0), (0.0, 16, 16, 0.0, 0.127), (0.8, 200, 200, 0.753, 0.840)],
)
def test_the_interval_of_an_auroc(area: float, m: int, n: int, low: float, high: float) -> None:
    assert auroc_interval(area, m, n) == pytest.approx((low, high), abs=0.002)


@pytest.mark.parametrize("area", [0.0, 0.1, 0.37, 0.5, 0.9, 1.0])
def test_the_interval_mirrors_when_the_classes_are_swapped(area: float) -> None:
    low, high = auroc_interval(area, 12, 12)
    assert auroc_interval(1 - area, 12, 12) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    assert low <= area <= high


class _Counting(ScriptedBackend):
    n_calls = 0

    def complete_many(self, prompts: Sequence[JudgePrompt], /) -> list[JudgeAnswer]:
        self.n_calls += 1
        return super().complete_many(prompts)


@dataclass(frozen=True, slots=True)
class _Few:
    """The first cases of a rubric only, so that a real model can be tried in a test."""

    judge: Judge | RecordedVerdicts | None
    rubric: Rubric

    def score(self, transcript: Transcript, /) -> Score:
        return judge(self.rubric, self.judge, transcript)


@pytest.mark.lm
@pytest.mark.parametrize("monitor", Monitors)
def test_the_small_real_model_is_tried_and_its_figures_are_kept(
    monitor: type[JudgeEncodedReasoning], local_model: LocalModel
) -> None:
    positives, negatives = monitor.rubric.admission_cases()
    rubric = replace(monitor.rubric, positives=positives[:2], negatives=negatives[:2])
    admission = admit(rubric.name, _Few(local_model, rubric))
    assert isinstance(admission, Admission)
    assert admission.parse_rate == 1.0
    assert admission.auroc is not None
    assert admission.judge == "SmolLM2-135M-Instruct"
    assert len(admission.judge_digest) == 64
