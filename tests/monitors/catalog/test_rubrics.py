"""The shipped rubrics: their cases, their length, who is admitted on them, and what each makes of a judge's answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from monitors.admission import Judged, admit
from monitors.backends.base import JudgePrompt
from monitors.backends.scripted import Reply, ScriptedBackend, answer
from monitors.backends.transformers_local import LocalModel
from monitors.base import Monitor, Need, Reason, Score, State, measure
from monitors.catalog.judge_coverage import JudgeCoverage
from monitors.catalog.judge_encoded_reasoning import JudgeEncodedReasoning
from monitors.catalog.judge_first_error import JudgeFirstError
from monitors.catalog.judge_legibility import CHUNK, JudgeLegibility
from monitors.catalog.judge_non_sequitur import JudgeNonSequitur
from monitors.catalog.judge_shortcut import JudgeShortcut
from monitors.catalog.judge_unfaithful_explanation import JudgeUnfaithfulExplanation
from monitors.judging.fence import own_text
from monitors.judging.rubric import Rubric
from monitors.judging.sitting import measure_many
from monitors.judging.steps import number
from monitors.registry import build, entry
from monitors.testing import check_scores
from monitors.transcript import Message, Part, PartType, Role, Transcript

MONITORS = (
    JudgeUnfaithfulExplanation,
    JudgeEncodedReasoning,
    JudgeNonSequitur,
    JudgeShortcut,
    JudgeLegibility,
    JudgeCoverage,
    JudgeFirstError,
)
RUBRICS = tuple(monitor.rubric for monitor in MONITORS)
MOST_TOKENS = 120
SUM = "27 * 10 = 270.\n27 * 4 = 98.\n270 + 98 = 368."


def _transcript(reasoning: str, output: str = "368", prompt: str = "What is 27 * 14?") -> Transcript:
    reply = [Part(PartType.REASONING, reasoning)] + ([Part(PartType.TEXT, output)] if output else [])
    return Transcript("t", (Message(Role.USER, (Part(PartType.TEXT, prompt),)), Message(Role.ASSISTANT, tuple(reply))))


def _judged(rubric: Rubric, backend: ScriptedBackend) -> Judged:
    monitor = build(rubric.name, backends={Need.JUDGE: backend})
    assert isinstance(monitor, Judged)
    return monitor


def _fields(rubric: Rubric, value: int = 0) -> dict[str, Any]:
    return {"fields": {field.name: value for field in rubric.fields}} if rubric.fields else {}


def _knowing(rubric: Rubric) -> Callable[[JudgePrompt], Reply]:
    """A judge that recognises the positives by how their reasoning begins."""
    beginnings = [case.reasoning.partition("\n")[0] for case in rubric.admission_cases()[0]]
    questions = [case.prompt.partition("\n")[0] for case in rubric.admission_cases()[0]]

    def reply(prompt: JudgePrompt) -> Reply:
        known = any(
            one in prompt.user and asked in prompt.user for one, asked in zip(beginnings, questions, strict=True)
        )
        if known:
            return answer(score=9, quotes=prompt.quotable[:1], **_fields(rubric, 1))
        return answer(score=1, **_fields(rubric))

    return reply


@pytest.mark.parametrize("rubric", RUBRICS, ids=lambda rubric: rubric.name)
def test_the_cases_are_thirty_of_each_side_distinct_and_with_lookalikes(rubric: Rubric) -> None:
    positives, negatives = rubric.admission_cases()
    assert (len(positives), len(negatives)) == (30, 30)
    assert len({case.reasoning for case in (*positives, *negatives)}) == 60
    assert sum(case.kind == "lookalike" for case in negatives) >= 10
    assert all(case.prompt and case.reasoning and case.output for case in (*positives, *negatives))


@pytest.mark.parametrize("rubric", RUBRICS, ids=lambda rubric: rubric.name)
def test_the_cases_cannot_be_told_apart_by_their_length(rubric: Rubric) -> None:
    positives, negatives = ([len(case.reasoning) for case in side] for side in rubric.admission_cases())
    longer = sum((a > b) + 0.5 * (a == b) for a in positives for b in negatives) / (len(positives) * len(negatives))
    assert rubric.name == "judge_coverage" or 0.2 < longer < 0.8


@pytest.mark.parametrize("rubric", RUBRICS, ids=lambda rubric: rubric.name)
def test_a_judge_that_knows_is_admitted_and_a_constant_one_is_not(rubric: Rubric) -> None:
    assert admit(rubric.name, _judged(rubric, ScriptedBackend(_knowing(rubric)))).admitted
    calm = ScriptedBackend(lambda _: answer(score=1, **_fields(rubric)))
    assert not admit(rubric.name, _judged(rubric, calm)).admitted
    shrill = ScriptedBackend(lambda prompt: answer(score=9, quotes=prompt.quotable[:1], **_fields(rubric, 1)))
    assert not admit(rubric.name, _judged(rubric, shrill)).admitted


@pytest.mark.parametrize("rubric", RUBRICS, ids=lambda rubric: rubric.name)
def test_each_keeps_the_rules_of_the_catalogue_with_a_judge(rubric: Rubric) -> None:
    def reply(prompt: JudgePrompt) -> Reply:
        return answer(score=8, quotes=prompt.quotable[:1], **_fields(rubric, 1))

    monitor = build(rubric.name, backends={Need.JUDGE: ScriptedBackend(reply)})
    check_scores(rubric.name, monitor, [_transcript(SUM)], is_pickled=False)


@pytest.mark.lm
@pytest.mark.parametrize("rubric", RUBRICS, ids=lambda rubric: rubric.name)
def test_a_rubrics_own_part_of_a_prompt_is_short(rubric: Rubric, local_model: LocalModel) -> None:
    (tokens,) = local_model.tokenize([own_text(rubric)])
    assert len(tokens) <= MOST_TOKENS


@pytest.mark.parametrize("monitor", [JudgeCoverage, JudgeUnfaithfulExplanation])
def test_without_an_answer_nothing_is_claimed(
    monitor: type[JudgeCoverage] | type[JudgeUnfaithfulExplanation],
) -> None:
    backend = ScriptedBackend(lambda prompt: answer(score=9, quotes=prompt.quotable[:1]))
    score = measure(monitor(backend), _transcript(SUM, output=""))
    assert (score.value, score.state, score.reason) == (None, State.UNSCORED, Reason.NOT_EXTRACTABLE)
    assert backend.prompts == []


def test_without_an_answer_the_others_of_a_sitting_are_still_asked() -> None:
    backend = ScriptedBackend(lambda prompt: answer(score=9, quotes=prompt.quotable[:1]))
    asked: list[Monitor] = [JudgeCoverage(backend), JudgeShortcut(backend), JudgeUnfaithfulExplanation(backend)]
    assert [score.value for score in measure_many(asked, _transcript(SUM, output=" \n"))] == [None, 0.9, None]


@pytest.mark.parametrize(("written", "grade"), [(0, 4.0), (2, 3.2), (5, 2.0), (10, 0.0)])
@pytest.mark.parametrize("monitor", [JudgeCoverage, JudgeLegibility])
def test_suspicion_is_one_minus_the_grade_of_four(
    monitor: type[JudgeCoverage] | type[JudgeLegibility], written: int, grade: float
) -> None:
    backend = ScriptedBackend(lambda prompt: answer(score=written, quotes=prompt.quotable[:1]))
    score = measure(monitor(backend), _transcript(SUM))
    assert score.measures == pytest.approx({"grade": grade, "grade_mean": grade, "windows": 1})
    assert score.value == pytest.approx(1 - grade / 4)


def test_legibility_says_where_a_long_text_becomes_illegible() -> None:
    clear = "Then I add the next number to the sum and write it down. " * 150
    reasoning = clear + "glim the glam of sum not which where " * 20

    def reply(prompt: JudgePrompt) -> Reply:
        marred = [quote for quote in prompt.quotable if "glim" in quote[1]]
        return answer(score=9 if marred else 1, quotes=marred[:1])

    score = measure(JudgeLegibility(ScriptedBackend(reply)), _transcript(reasoning))
    assert score.measures["windows"] == 2
    assert score.measures["grade"] == pytest.approx(0.4)
    assert score.measures["grade_mean"] == pytest.approx(2.0)
    assert all(item.start >= len(clear) for item in score.evidence)
    assert score.evidence
    assert len(reasoning) > CHUNK


def test_legibility_and_coverage_stay_on_their_own_axes() -> None:
    assert (entry("judge_legibility").axis, entry("judge_coverage").axis) == ("legibility", "coverage")


def _first_error(reasoning: str, *, named: int, quote: str = "", score: int = 9) -> Score:
    quotes = [("reasoning", quote)] if quote else []
    backend = ScriptedBackend(answer(score=score, quotes=quotes, fields={"step": named}))
    return measure(JudgeFirstError(backend), _transcript(reasoning))


def test_the_step_that_is_numbered_is_the_evidence() -> None:
    score = _first_error(SUM, named=2, quote="27 * 4 = 98.")
    (item,) = score.evidence
    assert (score.measures["step"], item.quote) == (1.0, "27 * 4 = 98.")
    assert SUM[item.start : item.end] == item.quote


def test_a_number_that_is_no_step_gives_way_to_the_quote() -> None:
    score = _first_error(SUM, named=44, quote="270 + 98 = 368.")
    assert (score.measures["step"], [item.quote for item in score.evidence]) == (2.0, ["270 + 98 = 368."])


def test_a_step_is_named_by_its_number_even_if_another_one_is_quoted() -> None:
    score = _first_error(SUM, named=1, quote="270 + 98 = 368.")
    assert [(item.quote, item.note) for item in score.evidence] == [("27 * 10 = 270.", "step 1, by its number")]


def test_no_wrong_step_is_minus_one() -> None:
    score = _first_error(SUM, named=0, score=0)
    assert (score.value, score.measures["step"], score.evidence) == (0.0, -1.0, ())


def test_the_step_checker_sees_numbers_and_no_answer() -> None:
    backend = ScriptedBackend(answer(score=0, fields={"step": 0}))
    measure(JudgeFirstError(backend), _transcript("One is one. Two is two.", output="SECRET"))
    (prompt,) = backend.prompts
    assert "[1] One is one. [2] Two is two." in prompt.user
    assert "SECRET" not in prompt.user


def test_numbers_leave_the_text_between_steps_as_it_was() -> None:
    text = "  a = 1\n\n\tb = 2  \r\nc = 3"
    numbered = number(_transcript(text))
    assert numbered.transcript.parts[1].text == "  [1] a = 1\n\n\t[2] b = 2  \r\n[3] c = 3"
    assert [text[step.start : step.end] for step in numbered.steps] == ["a = 1", "b = 2", "c = 3"]
    assert [numbered.index_at(1, place) for place in (2, 9, 15, 30)] == [0, 0, 1, 2]
    assert numbered.index_at(0, 3) is None
