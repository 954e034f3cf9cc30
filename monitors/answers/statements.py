"""Where a text states its final answer: a ladder from \\boxed{...} down to a closing line, with exact offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitors.answers.expressions import NotANumber, evaluate
from monitors.answers.values import Kind, Value, same, value_of

_BOXED = re.compile(r"\\f?box(?:ed)?\s*\{")
_SAID = re.compile(
    r"(?:(?<![\w-])(?:final |correct |right )?answer)"
    r"(?:[ \t]+(?:is|would be|must be|should be|equals|=)(?:[ \t]+(?:therefore|thus|then|simply|just|indeed))?[ \t]*:?"
    r"|[ \t]*(?:\*\*)?[ \t]*[:=])"
    r"[ \t*#$_(\[\\]{0,12}?(?P<value>[^\s*#$].{0,100}?)(?=[.!?;]?[\s*_]*(?:\n|\Z)|[.!?;,]\s)",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^\W*(?:final )?answer\W*\n\s*(?P<value>\S.{0,100}?)\s*$", re.IGNORECASE | re.MULTILINE)
_HEADS = re.compile(r"answer\W*\n", re.IGNORECASE)
_BEFORE = ("final ", "correct ", "right ")
# Letters that an expression takes for an s or an i when it ignores case.
_OTHER_CASES = "\u017f\u0131"
_HASHES = re.compile(r"^.{0,20}####\s*(?P<value>\S.{0,60}?)\s*$", re.MULTILINE)
_LETTER_A = re.compile(r"^A:\s*(?P<value>\S.{0,60}?)\s*$", re.MULTILINE)
_NUMBER = re.compile(
    r"\\[dt]?frac\s*\{[^{}]{1,20}\}\s*\{[^{}]{1,20}\}|\d[\d,]*\s*/\s*\d+|\d[\d,]*(?:\.\d+)?(?:\s*\\?pi)?"
)
_CLOSING = re.compile(r"\b(?:is|are|equals|=)\s+(?P<value>[^\s=].{0,60})$", re.IGNORECASE)
_HEDGED = re.compile(r"^(?:approximately|about|roughly|around|≈|\\approx)\s*", re.IGNORECASE)

MAX_SHORT = 60
# Conclusions stand at the end: reading no more keeps the cost of a hostile text linear.
_READ = 20_000
_LONGEST_BOX = 400


@dataclass(frozen=True, slots=True)
class Statement:
    """`text[start:end]` states this value."""

    start: int
    end: int
    value: Value


def statements(text: str, /, *, has_options: bool = False) -> tuple[Statement, ...]:
    """All explicit statements of an answer, in order. One within another (a box in a sentence) counts once."""
    found = (_statement(text, start, end, has_options=has_options) for start, end in _spans(text))
    return tuple(item for item in found if item.value.text)


def last_statement(text: str, /, *, has_options: bool = False) -> Statement | None:
    """The last of `statements`, without reading the values of the others."""
    found = (_statement(text, start, end, has_options=has_options) for start, end in reversed(_spans(text)))
    return next((item for item in found if item.value.text), None)


def whole(text: str, /, *, has_options: bool = False) -> Statement | None:
    """A text of at most 60 characters is taken as an answer and nothing else."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    return _statement(text, start, end, has_options=has_options) if 0 < end - start <= MAX_SHORT else None


def mentions(text: str, value: Value, /) -> bool:
    """Whether the value stands near the end of the text, as a number or as it was written."""
    text = text[-_READ:]
    if value.kind is not Kind.NUMBERS:
        return value.text.lower() in text.lower()
    written = re.escape(re.sub(r"\s", "", value.text))
    if written and re.search(rf"(?<![\d.]){written}(?!\.?\d)", re.sub(r"\s", "", text)):
        return True
    targets = [Value(Kind.NUMBERS, "", (abs(number),), value.decimals) for number in value.numbers]
    return any(same(target, Value(Kind.NUMBERS, "", (number,))) for number in _numbers(text) for target in targets)


def _spans(text: str) -> list[tuple[int, int]]:
    spans = list(_boxed(text))
    for match in _stated(text, max(0, len(text) - _READ)):
        start, end = match.span("value")
        if not any(start < other_end and other_start < end for other_start, other_end in spans):
            spans.append((start, end))
    return sorted(spans, key=lambda span: span[0])


def _boxed(text: str) -> Iterator[tuple[int, int]]:
    for opening in _BOXED.finditer(text, max(0, len(text) - _READ)):
        depth, end = 1, opening.end()
        while depth and end < min(len(text), opening.end() + _LONGEST_BOX):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        if not depth:
            yield opening.end(), end - 1


def _stated(text: str, begin: int) -> Iterator[re.Match[str]]:
    """What the expressions find, one after another; each is tried only where a constant of it stands."""
    lower = text.lower()
    if len(lower) != len(text) or any(letter in text for letter in _OTHER_CASES):
        yield from _SAID.finditer(text, begin)
        yield from _HEADING.finditer(text, begin)
    elif places := list(_places(lower, "answer", begin)):
        yield from _said(text, lower, begin, places)
        if any(_HEADS.match(text, place) for place in places):
            yield from _HEADING.finditer(text, begin)
    if "####" in text:
        yield from _HASHES.finditer(text, begin)
    if text.startswith("A:") or "\nA:" in text:
        yield from _LETTER_A.finditer(text, begin)


def _said(text: str, lower: str, begin: int, places: Sequence[int]) -> Iterator[re.Match[str]]:
    done = begin
    for place in places:
        starts = [place - len(word) for word in _BEFORE if lower.endswith(word, 0, place)]
        for start in (*starts, place):
            if start >= done and (match := _SAID.match(text, start)):
                done = match.end()
                yield match
                break


def _places(text: str, constant: str, at: int) -> Iterator[int]:
    while (at := text.find(constant, at)) >= 0:
        yield at
        at += 1


def _statement(text: str, start: int, end: int, *, has_options: bool) -> Statement:
    stated = text[start:end].strip()
    value = value_of(_HEDGED.sub("", stated), has_options=has_options)
    if value.kind is Kind.TEXT and (closing := _CLOSING.search(stated.strip("*. "))):
        # "The positive value of x is 66" states 66.
        inner = value_of(closing["value"], has_options=has_options)
        value = value if inner.kind is Kind.TEXT else inner
    return Statement(start, end, value)


def _numbers(text: str) -> Iterator[complex]:
    for match in _NUMBER.finditer(text):
        try:
            yield evaluate(match.group().replace(",", ""))
        except NotANumber:
            continue
