"""The question of another judged monitor, put to a judge that sees only a part of the transcript."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from monitors.backends.base import Judge, RecordedVerdicts
from monitors.base import Score
from monitors.judging.question import MAX_CHARS, MAX_WINDOWS, Question
from monitors.judging.rubric import Rubric
from monitors.judging.verdict import score_question
from monitors.registry import entry
from monitors.transcript import Channel, Transcript

MISBEHAVIOUR = "judge_misbehaviour_intent"


def rubric_of(name: str) -> Rubric:
    """The rubric of a judged monitor of the registry. Raises ValueError where there is none."""
    try:
        rubric = getattr(entry(name).cls, "rubric", None)
    except KeyError as error:
        raise ValueError(f"of: {error.args[0]}") from None
    if not isinstance(rubric, Rubric):
        raise ValueError(f"of: {name} has no rubric of its own")
    return rubric


def examined_for(name: str, judge: Judge | RecordedVerdicts | None) -> Any:
    """The monitor that is put to the admission cases: the same judge, shown everything."""
    cls: Any = entry(name).cls
    return cls(judge=judge)


@dataclass(frozen=True, slots=True)
class PartialJudge:
    """Asks the rubric of the monitor `of` while the channels in `hides` are not shown; a subclass names both its own.

    Parameters
    ----------
    judge : a Judge, RecordedVerdicts, or None.
    max_chars : characters shown in one call, at least 500; 0: as many as the judge's context holds.
    max_windows : calls for one transcript at most; what is not shown makes the score partial.
    of : name of the judged monitor whose question is asked.

    Returns
    -------
    Score in [0, 1], higher is more suspicious; raw is E[s] on 0-10. Evidence holds the judge's quotes that were found
    word for word in what was shown.

    Raises
    ------
    InvalidTranscript : no verdict on it was recorded.
    BackendUnavailable : there is no judge, or it did not answer.

    Notes
    -----
    It is not deployed by default. A judge is admitted on the whole question of `of` (all channels, its fixed cases):
    what the part cannot tell is not the judge's fault, and a figure near chance is then the finding.

    References
    ----------
    Baker et al., "Monitoring reasoning models for misbehavior and the risks of promoting obfuscation", arXiv:2503.11926
    (2025), compares monitors of actions with monitors of reasoning.
    Guan et al., "Monitoring monitorability", arXiv:2512.18311 (2025).
    """

    judge: Judge | RecordedVerdicts | None = None
    max_chars: int = MAX_CHARS
    max_windows: int = MAX_WINDOWS
    of: str = MISBEHAVIOUR
    name: ClassVar[str]
    hides: ClassVar[frozenset[Channel]]

    def __post_init__(self) -> None:
        _ = self.question

    @property
    def rubric(self) -> Rubric:
        whole = rubric_of(self.of)
        positives, negatives = whole.admission_cases()
        return replace(
            whole,
            name=self.name,
            hides=whole.hides | self.hides,
            needs_answer=whole.needs_answer and Channel.OUTPUT not in self.hides,
            positives=positives,
            negatives=negatives,
        )

    @property
    def question(self) -> Question:
        return Question(self.rubric, max_chars=self.max_chars, max_windows=self.max_windows)

    @property
    def examined(self) -> Any:
        return examined_for(self.of, self.judge)

    def score(self, transcript: Transcript, /) -> Score:
        return score_question(self.question, self.judge, transcript)
