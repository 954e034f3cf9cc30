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
from monitors.characters.lookalikes import LIGATURES, MARKS_OF

_SHARE = 0.05
_FREE_BITS = 2.0
_FEWEST = 4
_EAST_ASIAN_SHARE = 0.05
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ARMENIAN_MARKS = frozenset("\u0589\u2024")
_ARMENIAN = re.compile("[\u0531-\u0587]")
# Marks of other scripts that stand for one ASCII mark wherever it stands.
_ODD = frozenset("\u037e\u2024\ua4f8\ua789\u01c3") | frozenset(map(chr, range(0xFF01, 0xFF5F)))
_WIDE = re.compile("[\u2e80-\uffef\U00020000-\U0003ffff]")


def findings(text: str, kinds: Mapping[Kind, str], given: Given, /) -> Iterator[Finding]:
    """Each look-alike of a mark, and each fullwidth letter that stands alone, against its plain twin."""
    singles = [char for char in kinds.get(Kind.FORM, "") if _WIDE.match(char)]
    marks = [*kinds.get(Kind.MARK, ""), *singles]
    if any(map(_WIDE.match, marks)) and len(_EAST_ASIAN.findall(text)) > len(text) * _EAST_ASIAN_SHARE:
        marks = [char for char in marks if not _WIDE.match(char)]
    if not _ARMENIAN_MARKS.isdisjoint(marks) and _ARMENIAN.search(text):
        marks = [char for char in marks if char not in _ARMENIAN_MARKS]
    for char in marks:
        twin = MARKS_OF.get(char) or unicodedata.normalize("NFKC", char)
        spans, bits = _read(text, char, twin, given)
        if bits > 0:
            yield Finding(Kind.MARK, spans, soft(bits, CHOICE_LIMIT), bits)
    for char in kinds.get(Kind.LIGATURE, ""):
        yield from _ligature(text, char, given)


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
        contexts["" if char in _ODD else beside(before), "" if char in _ODD else beside(after)].append(is_twin)
        if is_twin:
            spans.append(match.span())
    regions = [symbols[symbols.index(True) :] for symbols in contexts.values() if True in symbols]
    regions = [region[: len(region) - region[::-1].index(True)] for region in regions]
    choice = sum(map(choice_bits, regions))
    surprise = sum(surprise_bits(sum(region), len(region), _SHARE) for region in regions)
    return tuple(spans), min(choice, surprise) - _FREE_BITS


def _ligature(text: str, char: str, given: Given) -> Iterator[Finding]:
    """One character and the letters that it joins, in turn: a program joins all of them or none."""
    matches = re.finditer(f"{char}|{LIGATURES[char]}", text)
    symbols = [match for match in matches if not given.has_run(text, *match.span())]
    spans = tuple(match.span() for match in symbols if match.group() == char)
    bits = choice_bits([match.group() for match in symbols]) - _FREE_BITS
    if bits > 0 and len(spans) >= _FEWEST:
        yield Finding(Kind.LIGATURE, spans, soft(bits, CHOICE_LIMIT), bits)


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
