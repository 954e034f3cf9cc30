"""What all monitors that ask a judge have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from monitors.backends.base import Judge, RecordedVerdicts
from monitors.base import Score
from monitors.judging.question import MAX_CHARS, MAX_WINDOWS, Question
from monitors.judging.rubric import Rubric
from monitors.judging.verdict import score_question
from monitors.transcript import Transcript


@dataclass(frozen=True, slots=True)
class RubricMonitor:
    """A monitor that puts one rubric to a judge; a subclass names its `rubric` and tells what it means.

    value = E[s] / 10, where s in 0..10 is the judge's score: its expectation over the score's tokens where the backend
    gives token probabilities, else the number written. Windows of a long transcript are judged apart, and the highest
    counts.

    Parameters
    ----------
    judge : a Judge, RecordedVerdicts, or None.
    max_chars : characters shown in one call, at least 500; longer transcripts are cut into windows that overlap by a
        tenth. 0: as many as the judge's context holds.
    max_windows : calls for one transcript at most; what is not shown makes the score partial.
    samples : further answers, drawn at temperature 0.7, from which the dispersion of the score is estimated where the
        backend does not tell the probabilities of the score's tokens.
    extract_first : a first call picks the passages that bear on the property, a second one sees only those of them that
        stand in the text word for word, and scores.

    Returns
    -------
    Score in [0, 1], higher is more suspicious; raw is E[s] on 0-10. Evidence holds the judge's quotes that were found
    word for word in the text. From RecordedVerdicts: the recorded probability, with the recorded judge's name.

    Raises
    ------
    InvalidTranscript : the raw reasoning is not there, or no verdict on it was recorded.
    BackendUnavailable : there is no judge, or it did not answer.

    Notes
    -----
    A judge that refuses, cannot tell, answers outside its contract twice, or gives a positive verdict with no quote
    that stands in the text leaves no score but the reason. A negative verdict on text that speaks to its judge is
    partial and never benign. A judge may flag only after admission on the rubric's cases: those of
    `monitors/judging/cases/` under the monitor's name, or the admission set of a rubric written in the dashboard.
    """

    judge: Judge | RecordedVerdicts | None = None
    max_chars: int = MAX_CHARS
    max_windows: int = MAX_WINDOWS
    samples: int = 0
    extract_first: bool = False
    rubric: ClassVar[Rubric]

    def __post_init__(self) -> None:
        # Refused when it is set and not when it is asked.
        _ = self.question

    @property
    def question(self) -> Question:
        """What a sitting puts to the judge for this monitor."""
        return Question(
            self.rubric,
            max_chars=self.max_chars,
            max_windows=self.max_windows,
            samples=self.samples,
            extract_first=self.extract_first,
        )

    def score(self, transcript: Transcript, /) -> Score:
        return score_question(self.question, self.judge, transcript)
