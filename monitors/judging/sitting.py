"""A sitting: one transcript before one judge, under one nonce and in one set of windows, for several rubrics."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class Remembering(Protocol):
    """A judge that answers what it was asked before from memory."""

    def forget(self, prompts: Sequence[JudgePrompt], /) -> None: ...


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
    return hold_many(judge, [transcript], questions)[0]


def hold_many(judge: Judge, transcripts: Sequence[Transcript], questions: Sequence[Question]) -> list[list[Score]]:
    """As `hold`, for several transcripts whose calls are made together; of each the scores of the questions."""
    if len({(one.rubric.hides, one.max_chars, one.max_windows) for one in questions}) != 1:
        raise ValueError("the questions of one sitting must show the same text")
    if Channel.REASONING not in questions[0].rubric.hides:
        for transcript in transcripts:
            require_raw_reasoning(transcript)
    try:
        return _held([_Sitting(judge, transcript, tuple(questions)) for transcript in transcripts])
    except ContextOverflow:
        if len(transcripts) == 1:
            raise
        # One at a time, so that only what is too long for the judge is cut smaller.
        return [hold(judge, transcript, questions) for transcript in transcripts]


def _held(sittings: Sequence[_Sitting]) -> list[list[Score]]:
    while True:
        try:
            readings = _readings([item for sitting in sittings for item in sitting.items()])
            return [sitting.scores(readings) for sitting in sittings]
        except ContextOverflow:
            if len(sittings) > 1 or not sittings[0].narrow():
                raise


@dataclass(slots=True, eq=False)
class _Sitting:
    """One transcript before its judge: how it is cut, and what each question has cost so far."""

    judge: Judge
    transcript: Transcript
    questions: tuple[Question, ...]
    excerpts: tuple[Excerpt, ...] = ()
    max_chars: int = 0
    is_complete: bool = True
    costs: list[Cost] = field(default_factory=list)
    nonce: str = ""

    def __post_init__(self) -> None:
        self.excerpts = legible(self.transcript, self.questions[0].rubric.hides)
        self.max_chars = self.questions[0].max_chars or self._room()
        self.costs = [NO_COST] * len(self.questions)

    def _room(self) -> int:
        if not isinstance(self.judge, Roomy):
            return SERVER_CHARS
        return max(_MIN_CHARS, self.judge.room([excerpt.shown.text for excerpt in self.excerpts]))

    def narrow(self) -> bool:
        """Halve the windows; False where they cannot be smaller."""
        if self.max_chars // 2 < _MIN_CHARS:
            return False
        self.max_chars //= 2
        return True

    def items(self) -> list[_Item]:
        """Questions about one window stand together: they share its prefix."""
        cut = windows(self.excerpts, self.max_chars)
        chosen = [cut[index] for index in spread(len(cut), self.questions[0].max_windows)]
        self.is_complete = len(chosen) == len(cut)
        numbers = [number for number in range(len(self.questions)) if self._is_asked(number)]
        return [_Item(self, number, window) for window in chosen for number in numbers]

    def _is_asked(self, number: int) -> bool:
        is_answered = any(excerpt.source in _ANSWERS and excerpt.shown.text.strip() for excerpt in self.excerpts)
        return is_answered or not self.questions[number].rubric.needs_answer

    def scores(self, readings: Mapping[_Item, Reading]) -> list[Score]:
        return [self._score(number, readings) for number in range(len(self.questions))]

    def _score(self, number: int, readings: Mapping[_Item, Reading]) -> Score:
        if not self._is_asked(number):
            return _NO_ANSWER
        question = self.questions[number]
        own = [reading for item, reading in readings.items() if item.sitting is self and item.number == number]
        try:
            score = combine(own, self.excerpts, is_complete=self.is_complete)
        except JudgeUnparseable as error:
            score = unmeasured(error)
        score = replace(score, measures={**score.measures, **graded(own, question.rubric)})
        sha = prompt_sha256(question.rubric, extract_first=question.extract_first)
        return replace(score, judge=self.judge.model, prompt_sha256=sha, cost=self.costs[number])


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    """One question (by its number) about one window of a sitting."""

    sitting: _Sitting
    number: int
    window: Window

    @property
    def question(self) -> Question:
        return self.sitting.questions[self.number]


def _readings(items: Sequence[_Item]) -> dict[_Item, Reading]:
    readings = _round(items, is_first=True)
    again = [item for item, reading in readings.items() if reading.failure in _RETRIED]
    return readings | _round(again, is_first=False)


def _round(items: Sequence[_Item], *, is_first: bool) -> dict[_Item, Reading]:
    """Ask under a new nonce for each sitting."""
    for sitting in {id(item.sitting): item.sitting for item in items}.values():
        sitting.nonce = draw_nonce(sitting.excerpts)
    passages, readings = _passages(items, is_first=is_first)
    left = [item for item in items if item not in readings]
    prompts = [_prompt(item, passages.get(item), is_first=is_first) for item in left]
    replies = _complete(left, prompts)
    for item, reply in zip(left, replies, strict=True):
        transcript, rubric = item.sitting.transcript, item.question.rubric
        readings[item] = read(transcript, item.window, reply, rubric, passages=passages.get(item))
    _forget(left, prompts, [readings[item].failure is not None for item in left])
    readings |= _sampled([(item, prompt, readings[item]) for item, prompt in zip(left, prompts, strict=True)])
    return {item: readings[item] for item in items}


def _forget(items: Sequence[_Item], prompts: Sequence[JudgePrompt], failed: Sequence[bool]) -> None:
    """An answer that cannot be read is not kept for the next time."""
    unread = [prompt for prompt, is_failed in zip(prompts, failed, strict=True) if is_failed]
    if unread and isinstance(judge := items[0].sitting.judge, Remembering):
        judge.forget(unread)


def _prompt(item: _Item, passages: Window | None, *, is_first: bool) -> JudgePrompt:
    is_cut = passages is not None and passages is not item.window
    shown = passages or item.window
    return ask(item.question.rubric, shown, item.sitting.nonce, passages_only=is_cut, is_kept=is_first)


def _passages(items: Sequence[_Item], *, is_first: bool) -> tuple[dict[_Item, Window], dict[_Item, Reading]]:
    """What the judge picks for the questions that want passages first; readings where that failed."""
    first = [item for item in items if item.question.extract_first]
    prompts = [ask_quotes(item.question.rubric, item.window, item.sitting.nonce, is_kept=is_first) for item in first]
    found: dict[_Item, Window] = {}
    failed: dict[_Item, Reading] = {}
    for item, reply in zip(first, _complete(first, prompts), strict=True):
        try:
            found[item] = read_passages(item.window, reply)
        except JudgeUnparseable as error:
            failed[item] = Reading.failed(item.window, error)
    _forget(first, prompts, [item in failed for item in first])
    return found, failed


def _sampled(answered: Sequence[tuple[_Item, JudgePrompt, Reading]]) -> dict[_Item, Reading]:
    """With the deviation of further answers, where they are asked for and the probabilities are not told."""
    wanting = [
        (item, prompt, reading)
        for item, prompt, reading in answered
        if item.question.samples and reading.value is not None and reading.deviation is None
    ]
    drawn = [(item, _draw(prompt, seed)) for item, prompt, _ in wanting for seed in range(1, item.question.samples + 1)]
    replies = iter(_complete([item for item, _ in drawn], [prompt for _, prompt in drawn]))
    return {
        item: replace(reading, deviation=deviation(list(islice(replies, item.question.samples)), item.question.rubric))
        for item, _, reading in wanting
    }


def _draw(prompt: JudgePrompt, seed: int) -> JudgePrompt:
    return replace(prompt, temperature=TEMPERATURE, seed=seed)


def _complete(items: Sequence[_Item], prompts: Sequence[JudgePrompt]) -> list[JudgeAnswer]:
    replies = items[0].sitting.judge.complete_many(prompts) if prompts else []
    for item, reply in zip(items, replies, strict=True):
        item.sitting.costs[item.number] += reply.cost
    return replies
