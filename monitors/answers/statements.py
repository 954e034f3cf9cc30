"""Where a text states its final answer: a ladder from \\boxed{...} down to a closing line, with exact offsets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from monitors.answers.expressions import NotANumber, evaluate
from monitors.answers.values import Kind, Value, same, value_of

_BOXED = re.compile(r"\\f?box(?:ed)?\s*\{")
_BRACE = re.compile(r"[{}]")
_SAID = re.compile(
    r"(?:(?<![\w-])(?:final |correct |right )?answer)"
    r"(?:(?:[ \t]+(?:that[ \t]+)?(?:we|I)[ \t]+(?:get|obtain|find|have|reach|arrive at))?"
    r"[ \t]+(?:is|would be|must be|should be|equals|=)(?:[ \t]+(?:therefore|thus|then|simply|just|indeed))?[ \t]*:?"
    r"|[ \t]*(?:\*\*|\")?[ \t]*[:=])"
    r"[ \t*#$_(\[\\\"]{0,12}?(?P<value>[^\s*#$\"].{0,100}?)(?=[.!?;]?[\s*_]*(?:\n|\Z)|[.!?;,\"]\s|\"[,}])",
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
_FINAL = re.compile(
    r"(?<![\w-])final (?:rating|result|score|grade|verdict)[ \t]*(?:[*_]{0,2}:|is\b)[ \t*_$]{0,8}"
    r"(?P<value>[^\s*#$].{0,60}?)(?=[.!?;]?[\s*_]*(?:\n|\Z)|[.!?;,]\s)",
    re.IGNORECASE,
)
# "Thus, we get 5 * 45 = 225." at the very end of a text that states its answer nowhere else.
_THEREFORE = re.compile(
    r"(?<![\w-])(?:therefore|thus|hence|so|consequently|in conclusion|to conclude|finally)\b", re.IGNORECASE
)
_ENDS = re.compile(
    r"(?:\b(?:is|are|equals|equal to)|=)[\s*$]{0,6}(?:\\[(\[])?[\s*]{0,4}"
    r"(?P<value>[^\s=*][^=\n]{0,60}?)[\s*]{0,4}(?:\\[)\]]|\$\$?)?[\s*.]{0,6}\Z",
    re.IGNORECASE,
)
_NEXT_SENTENCE = re.compile(r"[.!?]\s+[A-Z]")
_INFINITIVE = re.compile(r"to [a-z]+ ", re.IGNORECASE)
_HEDGED = re.compile(r"^(?:approximately|about|roughly|around|≈|\\approx)\s*", re.IGNORECASE)

MAX_SHORT = 60
# Conclusions stand at the end: reading no more keeps the cost of a hostile text linear.
_READ = 20_000
_LONGEST_BOX = 400
_CONCLUSION = 240


@dataclass(frozen=True, slots=True)
class Statement:
    """`text[start:end]` states this value."""

    start: int
    end: int
    value: Value


def statements(text: str, /, *, has_options: bool = False) -> tuple[Statement, ...]:
    """All explicit statements of an answer, in order. One within another (a box in a sentence) counts once."""
    # Long reasoning boxes one value again and again.
    known: dict[str, Value] = {}
    found = []
    for start, end in _spans(text):
        stated = text[start:end].strip()
        if stated not in known:
            known[stated] = _value(stated, has_options=has_options)
        found.append(Statement(start, end, known[stated]))
    explicit = tuple(item for item in found if _is_answer(item))
    return explicit or tuple(_conclusion(text))


def last_statement(text: str, /, *, has_options: bool = False) -> Statement | None:
    """The last of `statements`, without reading the values of the others."""
    found = (_statement(text, start, end, has_options=has_options) for start, end in reversed(_spans(text)))
    explicit = next((item for item in found if _is_answer(item)), None)
    return explicit or next(_conclusion(text), None)


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


def _is_answer(item: Statement) -> bool:
    """ "The right answer is to explain why" states none."""
    value = item.value
    return bool(value.text) and not (value.kind is Kind.TEXT and _INFINITIVE.match(value.text))


def _conclusion(text: str) -> Iterator[Statement]:
    """The number with which the last sentence ends, where a word such as "thus" says that it concludes."""
    tail = max(0, len(text) - _CONCLUSION)
    begin = max((word.end() for word in _THEREFORE.finditer(text, tail)), default=len(text))
    ending = _ENDS.search(text, begin)
    if ending is None or _NEXT_SENTENCE.search(text, begin, ending.start("value")):
        return
    found = _statement(text, *ending.span("value"), has_options=False)
    if found.value.kind is Kind.NUMBERS:
        yield found


def _spans(text: str) -> list[tuple[int, int]]:
    spans = list(_boxed(text))
    for match in _stated(text, max(0, len(text) - _READ)):
        start, end = match.span("value")
        if not any(start < other_end and other_start < end for other_start, other_end in spans):
            spans.append((start, end))
    return sorted(spans, key=lambda span: span[0])


def _boxed(text: str) -> Iterator[tuple[int, int]]:
    for opening in _BOXED.finditer(text, max(0, len(text) - _READ)):
        depth = 1
        for brace in _BRACE.finditer(text, opening.end(), opening.end() + _LONGEST_BOX):
            depth += 1 if brace.group() == "{" else -1
            if not depth:
                yield opening.end(), brace.start()
                break


def _stated(text: str, begin: int) -> Iterator[re.Match[str]]:
    """What the expressions find, one after another; each is tried only where a constant of it stands."""
    lower = text.lower()
    if len(lower) != len(text) or any(letter in text for letter in _OTHER_CASES):
        yield from _SAID.finditer(text, begin)
        yield from _HEADING.finditer(text, begin)
        if "final " in lower:
            yield from _FINAL.finditer(text, begin)
    else:
        if places := list(_places(lower, "answer", begin)):
            yield from _said(text, lower, begin, places)
            if any(_HEADS.match(text, place) for place in places):
                yield from _HEADING.finditer(text, begin)
        yield from _final(text, begin, _places(lower, "final ", begin))
    if "#" in text and "####" in text:
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


def _final(text: str, begin: int, places: Iterable[int]) -> Iterator[re.Match[str]]:
    done = begin
    for place in places:
        if place >= done and (match := _FINAL.match(text, place)):
            done = match.end()
            yield match


def _places(text: str, constant: str, at: int) -> Iterator[int]:
    while (at := text.find(constant, at)) >= 0:
        yield at
        at += 1


def _statement(text: str, start: int, end: int, *, has_options: bool) -> Statement:
    return Statement(start, end, _value(text[start:end].strip(), has_options=has_options))


def _value(stated: str, *, has_options: bool) -> Value:
    value = value_of(_HEDGED.sub("", stated), has_options=has_options)
    if value.kind is Kind.TEXT and (closing := _CLOSING.search(stated.strip("*. "))):
        # "The positive value of x is 66" states 66.
        inner = value_of(closing["value"], has_options=has_options)
        value = value if inner.kind is Kind.TEXT else inner
    return value


def _numbers(text: str) -> Iterator[complex]:
    for match in _NUMBER.finditer(text):
        try:
            yield evaluate(match.group().replace(",", ""))
        except NotANumber:
            continue
