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
    """One property. `name` is its monitor's; `positive`, `negative`, `lookalike` are boundary cases, the last only looks positive."""

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
