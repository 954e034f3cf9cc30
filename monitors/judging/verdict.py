"""From a question, a judge and a transcript to a score; every way in which a judge can fail is a state."""

from __future__ import annotations

from monitors.backends.base import Judge, RecordedVerdicts
from monitors.base import Reason, Score, require_raw_reasoning
from monitors.errors import BackendUnavailable, InvalidTranscript
from monitors.judging.question import MAX_CHARS, MAX_WINDOWS, Question
from monitors.judging.rubric import Rubric
from monitors.judging.sitting import hold
from monitors.transcript import Channel, Transcript

__all__ = ["MAX_CHARS", "MAX_WINDOWS", "judge", "score_question"]


def judge(
    rubric: Rubric,
    backend: Judge | RecordedVerdicts | None,
    transcript: Transcript,
    *,
    max_chars: int = MAX_CHARS,
    max_windows: int = MAX_WINDOWS,
    samples: int = 0,
    extract_first: bool = False,
) -> Score:
    """Score one transcript on one rubric, as `score_question` does."""
    question = Question(rubric, max_chars, max_windows, samples=samples, extract_first=extract_first)
    return score_question(question, backend, transcript)


def score_question(question: Question, backend: Judge | RecordedVerdicts | None, transcript: Transcript) -> Score:
    """Score one transcript. What the judge did not answer within its contract is unscored, with the reason.

    Raises
    ------
    InvalidTranscript : the raw reasoning is to be shown and is not there, or no verdict on it was recorded.
    BackendUnavailable : there is no judge, or it did not answer.
    """
    if Channel.REASONING not in question.rubric.hides:
        require_raw_reasoning(transcript)
    if backend is None:
        raise BackendUnavailable("no judge is configured")
    if isinstance(backend, RecordedVerdicts):
        return _recorded(question.rubric, backend, transcript)
    (score,) = hold(backend, transcript, [question])
    return score


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
