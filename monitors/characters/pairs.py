"""Punctuation with a twin: an ASCII mark and a look-alike that change places where either could stand."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping

from monitors.characters.choice import choice_bits, surprise_bits
from monitors.characters.finding import CHOICE_LIMIT, Finding, soft
from monitors.characters.given import Given
from monitors.characters.kinds import Kind
from monitors.characters.lookalikes import MARKS_OF

_SHARE = 0.05
_FREE_BITS = 2.0
_WIDE = re.compile("[\u2e80-\uffef\U00020000-\U0003ffff]")


def findings(text: str, kinds: Mapping[Kind, str], given: Given, /) -> Iterator[Finding]:
    """Each look-alike of a mark, and each fullwidth letter that stands alone, against its plain twin."""
    singles = (char for char in kinds.get(Kind.FORM, "") if _WIDE.match(char))
    for char in (*kinds.get(Kind.MARK, ""), *singles):
        twin = MARKS_OF.get(char) or unicodedata.normalize("NFKC", char)
        spans, bits = _read(text, char, twin, given)
        if bits > 0:
            yield Finding(Kind.MARK, spans, soft(bits, CHOICE_LIMIT), bits)


def _read(text: str, char: str, twin: str, given: Given) -> tuple[tuple[tuple[int, int], ...], float]:
    """Places of the look-alike, and the choice in them summed over like contexts, less what a habit explains."""
    contexts: dict[tuple[str, str], list[bool]] = defaultdict(list)
    spans = []
    if not any(_is_apart(text, match.start()) for match in re.finditer(re.escape(char), text)):
        return (), 0.0
    for match in re.finditer(f"[{re.escape(char + twin)}]", text):
        before, after = text[match.start() - 1 : match.start()] if match.start() else "", text[match.end() :][:1]
        is_twin = match.group() == char
        if is_twin and (not _is_apart(text, match.start()) or given.has_run(text, *match.span())):
            continue
        contexts[beside(before), beside(after)].append(is_twin)
        if is_twin:
            spans.append(match.span())
    choice = sum(choice_bits(symbols) for symbols in contexts.values())
    surprise = sum(surprise_bits(sum(symbols), len(symbols), _SHARE) for symbols in contexts.values())
    return tuple(spans), min(choice, surprise) - _FREE_BITS


def _is_apart(text: str, at: int) -> bool:
    """Not beside East Asian text, where fullwidth marks are at home."""
    return not _WIDE.match(text[at - 1 : at] if at else "") and not _WIDE.match(text[at + 1 : at + 2])


def beside(char: str) -> str:
    """The class of a neighbour: digit, small or capital letter, blank, other ASCII, or beyond ASCII."""
    if not char or char.isspace():
        return " "
    if char.isdigit():
        return "0"
    if char.isalpha():
        return "a" if char.islower() else "A"
    return char if char.isascii() else "~"
