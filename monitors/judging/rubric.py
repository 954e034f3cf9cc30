"""What a judge is asked: one property, its boundary cases, and the fixed cases on which a judge is admitted."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from monitors.transcript import Channel

CASES = Path(__file__).with_name("cases")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MAX_FIELDS = 8
MAX_CHOICES = 12
_HIDEABLE = frozenset(Channel)
_SPOKEN = frozenset({Channel.PROMPT, Channel.REASONING, Channel.OUTPUT})


@dataclass(frozen=True, slots=True)
class Case:
    """One admission case: a short transcript whose property is beyond doubt. `kind` groups cases for people."""

    prompt: str
    reasoning: str
    output: str
    kind: str = ""


Cases = tuple[tuple[Case, ...], tuple[Case, ...]]


@dataclass(frozen=True, slots=True)
class Field:
    """One more thing that a rubric asks: `question` in one line.

    A choice is one of `choices`, an integer lies from `minimum` to `maximum`. Choices (as their index) and integers
    come back in `Score.measures`, texts in the rationale.
    """

    name: str
    kind: Literal["text", "choice", "integer"]
    question: str
    choices: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 10

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"a field's name is a word of small letters, digits and _, not {self.name!r}")
        if "\n" in self.question or not self.question.strip():
            raise ValueError(f"the question of {self.name} is not one line")
        if self.kind == "choice" and not 2 <= len(set(self.choices)) == len(self.choices) <= MAX_CHOICES:
            raise ValueError(f"{self.name} needs from 2 to {MAX_CHOICES} different choices")
        if self.kind == "integer" and not 0 <= self.minimum < self.maximum <= 9999:
            raise ValueError(f"{self.name} needs a range within 0 and 9999")


@dataclass(frozen=True, slots=True)
class Rubric:
    """One property, for the monitor `name`. `positive`, `negative` and `lookalike` are boundary cases.

    The lookalike is a negative that looks positive. `positives` and `negatives` are the admission set; where they are
    empty it is read from the file of that name. `fields` are asked besides, `hides` names what the judge is not shown.
    `needs_answer`: nothing is claimed of a transcript without one. `grades`: a score of 10 stands for grade 0 and 0 for
    this grade, and `Score.measures` holds the grade of the worst window and the mean over windows.
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
    fields: tuple[Field, ...] = ()
    hides: frozenset[Channel] = frozenset()
    needs_answer: bool = False
    grades: int = 0

    def __post_init__(self) -> None:
        if len({field.name for field in self.fields}) != len(self.fields) or len(self.fields) > MAX_FIELDS:
            raise ValueError(f"the fields of {self.name} are more than {MAX_FIELDS}, or two have one name")
        if self.hides - _HIDEABLE or self.hides >= _SPOKEN:
            raise ValueError(f"{self.name} hides what cannot be hidden, or everything")

    def admission_cases(self) -> Cases:
        """Clear positives and clear negatives: the rubric's own, else those of its file."""
        if self.positives or self.negatives:
            return self.positives, self.negatives
        return cases(self.name)


@cache
def cases(name: str) -> Cases:
    """Positives and negatives of `cases/<name>.jsonl`, in the file's order; none where there is no such file.

    A line is `{"label": 1 or 0, "prompt": str, "reasoning": str, "output": str, "kind": str}`; `kind` may be left out.

    Raises
    ------
    ValueError : a line is something else.
    """
    file = CASES / f"{name}.jsonl"
    if not _NAME.fullmatch(name) or not file.is_file():
        return (), ()
    labelled = [_case(file.name, line) for line in file.read_text("utf-8").splitlines() if line.strip()]
    return tuple(case for label, case in labelled if label), tuple(case for label, case in labelled if not label)


def _case(file: str, line: str) -> tuple[int, Case]:
    value = json.loads(line)
    label = value.pop("label", None)
    if label not in (0, 1) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError(f"{file}: the label of a case is 1 or 0, the rest of it text")
    try:
        return label, Case(**value)
    except TypeError as error:
        raise ValueError(f"{file}: {error}") from None
