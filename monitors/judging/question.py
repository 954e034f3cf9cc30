"""What a judged monitor asks about a transcript, and how much of it may be shown for that."""

from __future__ import annotations

from dataclasses import dataclass

from monitors.judging.rubric import Rubric

# As many characters as the judge's context holds.
MAX_CHARS = 0
MAX_WINDOWS = 4
MIN_CHARS = 500
MAX_SAMPLES = 16


@dataclass(frozen=True, slots=True)
class Question:
    """A rubric, and how it is put to the judge.

    `max_chars` of shown text in one call (0: what the judge's context holds) and `max_windows` calls at most;
    `samples` further answers for the dispersion of a score whose distribution the backend does not tell;
    `extract_first`: a first call picks passages, and the score is given on those that stand in the text.
    """

    rubric: Rubric
    max_chars: int = MAX_CHARS
    max_windows: int = MAX_WINDOWS
    samples: int = 0
    extract_first: bool = False

    def __post_init__(self) -> None:
        if self.max_chars and self.max_chars < MIN_CHARS:
            raise ValueError(f"max_chars must be 0 or at least {MIN_CHARS}")
        if self.max_windows < 1:
            raise ValueError("max_windows must be at least 1")
        if not 0 <= self.samples <= MAX_SAMPLES:
            raise ValueError(f"samples must be from 0 to {MAX_SAMPLES}")
