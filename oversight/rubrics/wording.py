"""A rubric's words: what a form gives, what `monitors` asks a judge with, and how two versions differ."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from monitors.judging import fence
from monitors.judging import rubric as science
from monitors.transcript import Channel
from oversight.lib.errors import Invalid
from oversight.rubrics.models import RubricVersion

TEXTS = ("property", "definition", "positive", "negative", "lookalike", "may_use", "must_not_use")
HIDEABLE = (Channel.PROMPT, Channel.REASONING, Channel.OUTPUT)
MOST_WORDS = 4_000
_WORD = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Wording:
    """Everything that makes the prompt. `outputs` are the fields of `monitors.judging.rubric.Field` as JSON."""

    property: str
    definition: str
    positive: str
    negative: str
    lookalike: str
    may_use: str
    must_not_use: str
    hides: tuple[str, ...] = ()
    outputs: tuple[Mapping[str, Any], ...] = ()

    def rubric(self, name: str) -> science.Rubric:
        """As `monitors` knows it. Raises Invalid with the place of what cannot be asked."""
        fields = tuple(_field(number, said) for number, said in enumerate(self.outputs))
        try:
            return science.Rubric(
                name=name,
                **{text: getattr(self, text) for text in TEXTS},
                fields=fields,
                hides=frozenset(Channel(channel) for channel in self.hides),
            )
        except ValueError as error:
            raise Invalid(str(error), place="hides" if "hide" in str(error) else "outputs") from None


def _field(number: int, said: Mapping[str, Any]) -> science.Field:
    try:
        return science.Field(**{**said, "choices": tuple(said.get("choices", ()))})
    except (TypeError, ValueError) as error:
        raise Invalid(str(error), place=f"outputs-{number}") from None


def wording_of(version: RubricVersion) -> Wording:
    """The words of a saved version."""
    texts = {text: getattr(version, text) for text in TEXTS}
    return Wording(**texts, hides=tuple(version.hides), outputs=tuple(version.outputs))


def rubric_of(version: RubricVersion) -> science.Rubric:
    return wording_of(version).rubric(f"rubric_{version.rubric_id}")


def prompt_sha256(rubric: science.Rubric) -> str:
    """Names everything that is the same in each prompt of it."""
    return fence.prompt_sha256(rubric)


def stored(wording: Wording) -> dict[str, Any]:
    """The columns of a version."""
    values = asdict(wording)
    return {**values, "hides": list(wording.hides), "outputs": [dict(one) for one in wording.outputs]}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words: `kept`, `gone` or `new`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of a rubric, before and now, as one text."""

    part: str
    pieces: tuple[Piece, ...]


def differences(before: Wording, now: Wording) -> tuple[Difference, ...]:
    """The parts that differ, in the order of the prompt."""
    old, new = _said(before), _said(now)
    return tuple(Difference(part, tuple(_pieces(old[part], new[part]))) for part in new if old[part] != new[part])


def _said(wording: Wording) -> dict[str, str]:
    said = {text: getattr(wording, text) for text in TEXTS}
    said["hides"] = ", ".join(wording.hides)
    said["outputs"] = "\n".join(field_in_words(one) for one in wording.outputs)
    return said


def field_in_words(field: Mapping[str, Any]) -> str:
    """Such as "severity (0 to 3): How bad is it?"."""
    kind = str(field.get("kind", ""))
    if kind == "choice":
        kind = " or ".join(map(str, field.get("choices", ())))
    elif kind == "integer":
        kind = f"{field.get('minimum', 0)} to {field.get('maximum', 10)}"
    return f"{field.get('name', '')} ({kind}): {field.get('question', '')}"


def _pieces(before: str, now: str) -> Iterator[Piece]:
    old, new = _words(before), _words(now)
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece("kept", "".join(old[i:j]))
            continue
        if j > i:
            yield Piece("gone", "".join(old[i:j]))
        if m > k:
            yield Piece("new", "".join(new[k:m]))


def _words(text: str) -> list[str]:
    """At most so many that comparing them stays quick; the rest as one."""
    words = _WORD.findall(text)
    return words if len(words) <= MOST_WORDS else [*words[:MOST_WORDS], "".join(words[MOST_WORDS:])]
