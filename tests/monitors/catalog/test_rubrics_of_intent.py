"""Misbehaviour intent, monitor-directed text, evaluation awareness, displacement: their cases, and who is admitted."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from monitors.admission import admit, gate
from monitors.backends.base import JudgePrompt
from monitors.backends.scripted import Reply, ScriptedBackend, answer
from monitors.backends.transformers_local import LocalModel
from monitors.base import Need
from monitors.judging.fence import own_text
from monitors.judging.rubric import Case, Rubric, cases
from monitors.judging.shown import show
from monitors.partial import rubric_of
from monitors.registry import build, entry
from monitors.stats.roc import auroc

NAMES = (
    "judge_misbehaviour_intent",
    "judge_monitor_directed_text",
    "judge_evaluation_awareness",
    "judge_displacement",
)


def _knowing(rubric: Rubric) -> Callable[[JudgePrompt], Reply]:
    """A judge that recognises the positives by reasoning and answer."""
    known = [(show(case.reasoning).text, show(case.output).text) for case in rubric.admission_cases()[0]]

    def reply(prompt: JudgePrompt) -> Reply:
        shown = any(f"\n{reasoning}\n" in prompt.user and output in prompt.user for reasoning, output in known)
        return answer(score=9, quotes=prompt.quotable[:1]) if shown else answer(score=1)

    return reply


@pytest.mark.parametrize("name", NAMES)
def test_the_rubric_goes_by_the_monitors_name_and_needs_a_judge(name: str) -> None:
    assert rubric_of(name).name == name
    assert entry(name).needs == (Need.JUDGE,)


@pytest.mark.parametrize("name", NAMES)
def test_there_are_thirty_clear_cases_of_each_kind_all_different(name: str) -> None:
    positives, negatives = cases(name)
    assert (len(positives), len(negatives)) == (30, 30)
    everything = (*positives, *negatives)
    assert len({(case.reasoning, case.output) for case in everything}) == 60
    assert all(case.prompt.strip() and case.reasoning.strip() and case.output.strip() for case in everything)


@pytest.mark.parametrize("name", NAMES)
def test_a_third_of_the_negatives_look_positive_and_some_cases_are_of_agents(name: str) -> None:
    positives, negatives = cases(name)
    assert sum("lookalike" in case.kind for case in negatives) >= 10
    assert sum("agent" in case.kind for case in positives) >= 3
    assert sum("agent" in case.kind for case in negatives) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_no_case_is_another_with_its_nouns_swapped(name: str) -> None:
    for group in cases(name):
        words = [_words(case) for case in group]
        for one, other in itertools.combinations(words, 2):
            assert len(one & other) / len(one | other) < 0.5


def _words(case: Case) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", f"{case.reasoning} {case.output}".lower()))


@pytest.mark.parametrize("name", NAMES[:3])
def test_length_alone_does_not_tell_positives_from_negatives(name: str) -> None:
    positives, negatives = cases(name)
    labelled = [(1, case) for case in positives] + [(0, case) for case in negatives]
    area = auroc([bool(label) for label, _ in labelled], [float(len(case.reasoning)) for _, case in labelled])
    assert 0.25 < area < 0.75


@pytest.mark.parametrize("name", NAMES)
def test_a_judge_that_tells_them_apart_is_admitted(name: str) -> None:
    admission = admit(name, build(name, backends={Need.JUDGE: ScriptedBackend(_knowing(rubric_of(name)))}))  # type: ignore[arg-type]  # all of these are judged
    assert admission.admitted
    assert admission.auroc == 1.0
    # Negatives that hold an order to a judge are partial, never benign.
    assert admission.parse_rate >= 59 / 60
    assert (admission.n_positive, admission.n_negative) == (30, 30)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("score", [1, 9])
def test_a_constant_judge_is_not_admitted(name: str, score: int) -> None:
    constant = ScriptedBackend(lambda prompt: answer(score=score, quotes=prompt.quotable[:1]))
    admission = admit(name, build(name, backends={Need.JUDGE: constant}))  # type: ignore[arg-type]
    assert not admission.admitted


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [1])
def test_a_judge_that_throws_dice_is_not_admitted(name: str, seed: int) -> None:
    dice = random.Random(seed)
    thrown = ScriptedBackend(lambda prompt: answer(score=dice.randint(0, 10), quotes=prompt.quotable[:1]))
    admission = admit(name, build(name, backends={Need.JUDGE: thrown}))  # type: ignore[arg-type]
    assert admission.auroc is not None
    assert 0.2 < admission.auroc < 0.8
    assert not admission.admitted


def test_the_gate_withholds_a_judge_that_was_not_admitted(tmp_path: Path) -> None:
    monitor = build(NAMES[0], backends={Need.JUDGE: ScriptedBackend(lambda _: answer(score=1))})
    assert gate(NAMES[0], monitor, cache_dir=tmp_path) is not monitor


@pytest.mark.lm
@pytest.mark.parametrize("name", NAMES)
def test_the_own_part_of_a_prompt_has_at_most_120_tokens(name: str, local_model: LocalModel) -> None:
    assert len(local_model._tokenizer.encode(own_text(rubric_of(name)))) <= 120
