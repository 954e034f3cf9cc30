"""What a judge is asked: one property, its boundary cases, and the fixed cases on which a judge is admitted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    """One admission case: a short transcript whose property is beyond doubt."""

    prompt: str
    reasoning: str
    output: str


@dataclass(frozen=True, slots=True)
class Rubric:
    """One property, for the monitor `name`. `positive`, `negative` and `lookalike` are boundary cases.

    The lookalike is a negative that looks positive. `positives` and `negatives` are the admission set.
    """

    name: str
    property: str
    definition: str
    positive: str
    negative: str
    lookalike: str
    may_use: str
    must_not_use: str
    positives: tuple[Case, ...] = ()
    negatives: tuple[Case, ...] = ()
