"""What should not be in a text at all: controls, private use, unassigned code points, halves of characters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from monitors.characters.choice import choice_bits
from monitors.characters.finding import (
    CERTAIN,
    CHOICE_LIMIT,
    FORM_LIMIT,
    PRESENCE,
    Finding,
    Span,
    form_bits,
    graded,
    soft,
)
from monitors.characters.given import Given
from monitors.characters.kinds import UNESCAPED, Kind
from monitors.characters.placement import placed
from monitors.characters.runs import joined, run_choice, runs
from monitors.coders import invisible

_KINDS = (Kind.SURROGATE, Kind.ANNOTATION, Kind.UNASSIGNED, Kind.PRIVATE, Kind.CONTROL)
# So many bits of choice in icons of a font, or in text of a broken encoding, are still no message.
_FREE_BITS = 16.0
_MANY = 8
_SHORTEST_BITS = 16
# UTF-8 that was read as Latin-1 leaves C1 controls after letters; typographic marks of Windows are C1 controls.
_MOJIBAKE = re.compile("(?<=[\x80-\xf4])[\x80-\x9f]+")
_WINDOWS = re.compile(
    "\x80(?=[0-9])|(?:(?<=[\\s(])|(?<!.))[\x82\x84\x8b\x91\x93](?=\\S)|(?<=\\S)[\x85\x92\x94\x99\x9b]|[\x96\x97]"
)
# A page's end, a bell, and what becomes of "\frac" in a string that was unescaped.
_ORDINARY = re.compile(f"{UNESCAPED}|\x0c(?=\r?\n|\\Z)|(?<=\n)\x0c|\x07(?!\\w)")
_ICON = re.compile("(?<!\\S)[\ue000-\uf8ff](?!\\S)")
_ESCAPE = re.compile("\x1b\\[[0-9;:?]*[A-Za-z]|\x1b")
_CONCEAL = re.compile("\x1b\\[(?:[0-9]+;)*8m")


def findings(text: str, kinds: Mapping[Kind, str], given: Given, /) -> Iterator[Finding]:
    for kind in _KINDS:
        if kind not in kinds:
            continue
        spans = runs(text, kinds[kind], given)
        if kind is Kind.CONTROL:
            yield from _escapes(text, given)
            spans = [(start, end) for start, end in spans if text[start:end] != "\x1b"]
            spans = [(start, end) for start, end in spans if not _MOJIBAKE.fullmatch(text, start, end)]
        spans = [(start, end) for start, end in spans if not _is_split_character(text[start:end])]
        known = [span for span in spans if _is_known(kind, text, *span)]
        yield from _odd(kind, text, sorted({*spans}.difference(known)))
        yield from _broken(kind, text, known)


def _odd(kind: Kind, text: str, spans: list[Span]) -> Iterator[Finding]:
    """Nothing that writes text leaves these: a choice among them is certain, and many are flagged without one."""
    if not spans:
        return
    symbols = joined(text, spans)
    placement, said = placed(text, spans)
    choice = max(run_choice(symbols, spans), placement)
    is_code = len(symbols) >= _SHORTEST_BITS and choice_bits(symbols) > 0
    payload = said or ((invisible.decode_zero_width(symbols) or "") if is_code else "")
    suspicion = CERTAIN if payload else max(graded(choice, form_bits(symbols)), PRESENCE * (len(symbols) >= _MANY))
    yield Finding(kind, tuple(spans), suspicion, max(choice, form_bits(symbols)), payload)


def _broken(kind: Kind, text: str, spans: list[Span]) -> Iterator[Finding]:
    """Icons and broken text repeat themselves; an alphabet of such characters does not."""
    if not spans:
        return
    symbols = joined(text, spans)
    choice = choice_bits(symbols)
    # Which control it is follows from what stands beside it.
    free = choice if kind is Kind.CONTROL else _FREE_BITS
    suspicion = max(soft(choice - free, CHOICE_LIMIT), soft(form_bits(symbols), FORM_LIMIT))
    yield Finding(kind, tuple(spans), suspicion, max(choice, form_bits(symbols)))


def _is_known(kind: Kind, text: str, start: int, end: int) -> bool:
    if kind is Kind.CONTROL:
        return bool(_WINDOWS.match(text, start) or _ORDINARY.match(text, start))
    return kind is Kind.PRIVATE and _ICON.match(text, start) is not None


def _is_split_character(run: str) -> bool:
    return len(run) == 2 and "\ud800" <= run[0] <= "\udbff" and "\udc00" <= run[1] <= "\udfff"


def _escapes(text: str, given: Given) -> Iterator[Finding]:
    sequences = (match.span() for match in _ESCAPE.finditer(text))
    if escapes := tuple((start, end) for start, end in sequences if not given.has_run(text, start, end)):
        is_concealed = _CONCEAL.search(text) is not None
        suspicion = CERTAIN if is_concealed else soft(float(len(escapes)), FORM_LIMIT)
        yield Finding(Kind.ESCAPE, escapes, suspicion, float(len(escapes)))
