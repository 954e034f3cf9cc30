"""From a rubric, a judge and a transcript to a score; every way in which a judge can fail is a state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitors.backends.base import ContextOverflow, Judge, JudgeAnswer, RecordedVerdicts
from monitors.base import NO_COST, Cost, Reason, Score, require_raw_reasoning
from monitors.errors import BackendUnavailable, InvalidTranscript
from monitors.judging.fence import ask, prompt_sha256
from monitors.judging.reading import Reading, combine, read
from monitors.judging.rubric import Rubric
from monitors.judging.windows import Window, legible, spread, windows
from monitors.transcript import Transcript

# Shown characters: about 4,000 tokens of English, half of the smallest context that we know of.
MAX_CHARS = 16_000
MAX_WINDOWS = 4
_MIN_CHARS = 1_000
# Failures that a second question under a new nonce may cure.
_RETRIED = frozenset({Reason.PARSE, Reason.REFUSED})


def judge(
    rubric: Rubric,
    backend: Judge | RecordedVerdicts | None,
    transcript: Transcript,
    *,
    max_chars: int = MAX_CHARS,
    max_windows: int = MAX_WINDOWS,
) -> Score:
    """Score one transcript on one rubric.

    Raises
    ------
    InvalidTranscript : the raw reasoning is not there, or no verdict on it was recorded.
    BackendUnavailable : there is no judge, or it did not answer.
    JudgeUnparseable : no window gave an answer within the contract.
    """
    require_raw_reasoning(transcript)
    if backend is None:
        raise BackendUnavailable("no judge is configured")
    if isinstance(backend, RecordedVerdicts):
        return _recorded(rubric, backend, transcript)
    return _Session(rubric, backend, transcript).score(max_chars, max_windows)


def _recorded(rubric: Rubric, backend: RecordedVerdicts, transcript: Transcript) -> Score:
    verdict = backend.recorded(transcript.id, rubric.name)
    if verdict is None:
        reason = Reason.NO_RECORDED_VERDICT
        raise InvalidTranscript(f"{transcript.id}: no verdict on {rubric.name} came with the data", reason=reason)
    return Score(
        verdict.p_positive,
        raw=verdict.p_positive,
        unit="probability by the recorded judge",
        rationale=" ".join(filter(None, (f"Recorded verdict ({verdict.provenance}).", verdict.rationale))),
        judge=verdict.judge,
    )


@dataclass(slots=True)
class _Session:
    """All calls about one transcript, and what they cost."""

    rubric: Rubric
    backend: Judge
    transcript: Transcript
    cost: Cost = NO_COST

    def score(self, max_chars: int, max_windows: int) -> Score:
        excerpts = legible(self.transcript)
        while True:
            cut = windows(excerpts, max_chars)
            chosen = [cut[index] for index in spread(len(cut), max_windows)]
            try:
                readings = self._readings(chosen)
                break
            except ContextOverflow:
                if max_chars // 2 < _MIN_CHARS:
                    raise
                max_chars //= 2
        score = combine(readings, excerpts, is_complete=len(chosen) == len(cut))
        return replace(score, judge=self.backend.model, prompt_sha256=prompt_sha256(self.rubric), cost=self.cost)

    def _readings(self, chosen: Sequence[Window]) -> list[Reading]:
        readings = self._ask(chosen)
        again = [index for index, reading in enumerate(readings) if reading.failure in _RETRIED]
        if again:
            retried = self._ask([chosen[index] for index in again])
            for index, reading in zip(again, retried, strict=True):
                readings[index] = reading
        return readings

    def _ask(self, chosen: Sequence[Window]) -> list[Reading]:
        replies = self.backend.complete_many([ask(self.rubric, window) for window in chosen])
        self.cost = _sum(self.cost, replies)
        return [read(self.transcript, window, reply) for window, reply in zip(chosen, replies, strict=True)]


def _sum(cost: Cost, replies: Sequence[JudgeAnswer]) -> Cost:
    return replace(
        cost,
        calls=cost.calls + len(replies),
        prompt_tokens=cost.prompt_tokens + sum(reply.cost.prompt_tokens for reply in replies),
        completion_tokens=cost.completion_tokens + sum(reply.cost.completion_tokens for reply in replies),
    )
