"""A sitting: one transcript before one judge, under one nonce and in one set of windows, for several rubrics."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol, runtime_checkable

from monitors.backends.base import ContextOverflow, Judge, JudgeAnswer, JudgePrompt, RecordedVerdicts, Roomy
from monitors.base import NO_COST, Cost, Monitor, Reason, Score, measure, require_raw_reasoning, unmeasured
from monitors.errors import BackendUnavailable, InvalidTranscript, JudgeUnparseable
from monitors.judging.fence import ask, ask_quotes, draw_nonce, prompt_sha256
from monitors.judging.question import Question
from monitors.judging.reading import Reading, combine, deviation, graded, read, read_passages
from monitors.judging.windows import Excerpt, Window, legible, spread, windows
from monitors.transcript import Channel, Transcript

# For a judge that does not tell how much it holds: about 4,000 tokens of English, half of the smallest known context.
SERVER_CHARS = 16_000
_MIN_CHARS = 1_000
TEMPERATURE = 0.7
# Failures that a second question under a new nonce may cure.
_RETRIED = frozenset({Reason.PARSE, Reason.REFUSED})
_ANSWERS = frozenset({Channel.OUTPUT, Channel.TOOL})
_NO_ANSWER = Score.unscored(Reason.NOT_EXTRACTABLE, "there is no answer that could be accounted for")


@runtime_checkable
class Asking(Protocol):
    """A monitor whose whole score is a judge's answer to one question."""

    @property
    def judge(self) -> Judge | RecordedVerdicts | None: ...

    @property
    def question(self) -> Question: ...

    def score(self, transcript: Transcript, /) -> Score: ...


@runtime_checkable
class Completing(Protocol):
    """An asking monitor that adds to the judge's score what can be counted without one, or replaces what is missing."""

    def completed(self, score: Score, transcript: Transcript, /) -> Score: ...


def measure_many(monitors: Sequence[Monitor], transcript: Transcript) -> list[Score]:
    """Score one transcript with several monitors, in their order; those that ask the same judge share a sitting.

    As in `measure`, our errors become states and any other exception escapes. The seconds of a sitting are shared out
    evenly.
    """
    scores: dict[int, Score] = {}
    for together in _sittings(monitors):
        asking = [monitors[index] for index in together]
        scores |= zip(together, _measured(asking, transcript), strict=True)
    for index, monitor in enumerate(monitors):
        if index not in scores:
            scores[index] = measure(monitor, transcript)
    return [scores[index] for index in range(len(monitors))]


def _sittings(monitors: Sequence[Monitor]) -> list[list[int]]:
    """Indices of monitors that can be asked together: same judge, same text shown."""
    found: dict[tuple[object, ...], list[int]] = {}
    for index, monitor in enumerate(monitors):
        if isinstance(monitor, Asking) and monitor.judge is not None:
            question = monitor.question
            shown = (question.rubric.hides, question.max_chars, question.max_windows)
            if not isinstance(monitor.judge, RecordedVerdicts):
                found.setdefault((id(monitor.judge), *shown), []).append(index)
    return list(found.values())


def _measured(monitors: Sequence[Monitor], transcript: Transcript) -> list[Score]:
    started = time.perf_counter()
    asking = [monitor for monitor in monitors if isinstance(monitor, Asking)]
    judge = asking[0].judge
    if judge is None or isinstance(judge, RecordedVerdicts):
        raise TypeError("a sitting needs a judge that can be asked")
    try:
        scores = hold(judge, transcript, [monitor.question for monitor in asking])
    except (InvalidTranscript, BackendUnavailable) as error:
        scores = [unmeasured(error)] * len(asking)
    seconds = (time.perf_counter() - started) / len(scores)
    timed = [replace(score, cost=replace(score.cost, seconds=seconds)) for score in scores]
    pairs = zip(monitors, timed, strict=True)
    return [one.completed(score, transcript) if isinstance(one, Completing) else score for one, score in pairs]


def hold(judge: Judge, transcript: Transcript, questions: Sequence[Question]) -> list[Score]:
    """Put questions that show the same text to a judge in one sitting; one score each, in their order.

    A question that was not answered within the contract has an unscored score.

    Raises
    ------
    InvalidTranscript : the raw reasoning is to be shown and is not there.
    BackendUnavailable : the judge did not answer.
    """
    if len({(one.rubric.hides, one.max_chars, one.max_windows) for one in questions}) != 1:
        raise ValueError("the questions of one sitting must show the same text")
    hides = questions[0].rubric.hides
    if Channel.REASONING not in hides:
        require_raw_reasoning(transcript)
    excerpts = legible(transcript, hides)
    is_answered = any(excerpt.source in _ANSWERS and excerpt.shown.text.strip() for excerpt in excerpts)
    asked = tuple(question for question in questions if is_answered or not question.rubric.needs_answer)
    scores = iter(_Sitting(judge, transcript, excerpts, asked).scores() if asked else ())
    return [next(scores) if is_answered or not question.rubric.needs_answer else _NO_ANSWER for question in questions]


class _Item(NamedTuple):
    """One question (by its number) about one window."""

    question: int
    window: Window


@dataclass(slots=True)
class _Sitting:
    judge: Judge
    transcript: Transcript
    excerpts: tuple[Excerpt, ...]
    questions: tuple[Question, ...]
    costs: list[Cost] = field(init=False)

    def __post_init__(self) -> None:
        self.costs = [NO_COST] * len(self.questions)

    def scores(self) -> list[Score]:
        max_chars = self.questions[0].max_chars or self._room()
        while True:
            cut = windows(self.excerpts, max_chars)
            chosen = [cut[index] for index in spread(len(cut), self.questions[0].max_windows)]
            try:
                readings = self._readings(chosen)
                break
            except ContextOverflow:
                if max_chars // 2 < _MIN_CHARS:
                    raise
                max_chars //= 2
        is_complete = len(chosen) == len(cut)
        return [self._score(number, readings, is_complete=is_complete) for number in range(len(self.questions))]

    def _room(self) -> int:
        if not isinstance(self.judge, Roomy):
            return SERVER_CHARS
        return max(_MIN_CHARS, self.judge.room([excerpt.shown.text for excerpt in self.excerpts]))

    def _score(self, number: int, readings: dict[_Item, Reading], *, is_complete: bool) -> Score:
        question = self.questions[number]
        own = [reading for item, reading in readings.items() if item.question == number]
        try:
            score = combine(own, self.excerpts, is_complete=is_complete)
        except JudgeUnparseable as error:
            score = unmeasured(error)
        score = replace(score, measures={**score.measures, **graded(own, question.rubric)})
        sha = prompt_sha256(question.rubric, extract_first=question.extract_first)
        return replace(score, judge=self.judge.model, prompt_sha256=sha, cost=self.costs[number])

    def _readings(self, chosen: Sequence[Window]) -> dict[_Item, Reading]:
        """Questions about one window stand together: they share its prefix."""
        items = [_Item(number, window) for window in chosen for number in range(len(self.questions))]
        readings = self._ask(items, is_first=True)
        again = [item for item, reading in readings.items() if reading.failure in _RETRIED]
        return readings | self._ask(again, is_first=False) if again else readings

    def _ask(self, items: Sequence[_Item], *, is_first: bool) -> dict[_Item, Reading]:
        nonce = draw_nonce(self.excerpts)
        passages, readings = self._passages(items, nonce, is_first=is_first)
        left = [item for item in items if item not in readings]
        prompts = [self._prompt(item, passages.get(item), nonce, is_first=is_first) for item in left]
        for item, prompt, reply in zip(left, prompts, self._complete(left, prompts), strict=True):
            rubric = self.questions[item.question].rubric
            reading = read(self.transcript, item.window, reply, rubric, passages=passages.get(item))
            readings[item] = self._sampled(item, prompt, reading)
        return {item: readings[item] for item in items}

    def _prompt(self, item: _Item, passages: Window | None, nonce: str, *, is_first: bool) -> JudgePrompt:
        rubric = self.questions[item.question].rubric
        is_cut = passages is not None and passages is not item.window
        return ask(rubric, passages or item.window, nonce, passages_only=is_cut, is_kept=is_first)

    def _passages(
        self, items: Sequence[_Item], nonce: str, *, is_first: bool
    ) -> tuple[dict[_Item, Window], dict[_Item, Reading]]:
        """What the judge picks for the questions that want passages first; readings where that failed."""
        first = [item for item in items if self.questions[item.question].extract_first]
        prompts = [
            ask_quotes(self.questions[item.question].rubric, item.window, nonce, is_kept=is_first) for item in first
        ]
        found: dict[_Item, Window] = {}
        failed: dict[_Item, Reading] = {}
        for item, reply in zip(first, self._complete(first, prompts), strict=True):
            try:
                found[item] = read_passages(item.window, reply)
            except JudgeUnparseable as error:
                failed[item] = Reading.failed(item.window, error)
        return found, failed

    def _sampled(self, item: _Item, prompt: JudgePrompt, reading: Reading) -> Reading:
        """With the deviation of further answers, where they are asked for and the probabilities are not told."""
        question = self.questions[item.question]
        if not question.samples or reading.value is None or reading.deviation is not None:
            return reading
        drawn = [
            replace(prompt, temperature=TEMPERATURE, seed=seed, key=f"{prompt.key}/{seed}" if prompt.key else "")
            for seed in range(1, question.samples + 1)
        ]
        replies = self._complete([item] * len(drawn), drawn)
        return replace(reading, deviation=deviation(replies, question.rubric))

    def _complete(self, items: Sequence[_Item], prompts: Sequence[JudgePrompt]) -> list[JudgeAnswer]:
        replies = self.judge.complete_many(prompts) if prompts else []
        for item, reply in zip(items, replies, strict=True):
            self.costs[item.question] += reply.cost
        return replies
