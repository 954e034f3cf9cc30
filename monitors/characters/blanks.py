"""Blanks that nobody sees: at line ends and in empty lines."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence

from monitors.characters.choice import choice_bits
from monitors.characters.coin import even_bits
from monitors.characters.finding import CERTAIN, CHOICE_LIMIT, FORM_LIMIT, Finding, Span, soft
from monitors.characters.habits import Habit
from monitors.characters.kinds import SPACES, Kind
from monitors.characters.spelling import SHORTEST, spelt
from monitors.coders.bits import text_of

_FEWEST = 4
# Five letters have more ones than this, and more zeros.
_FEWEST_ENDS = 8
_FEWEST_LINES = 24
# No clean text that we know has both at its line ends, so that one change among a dozen is enough.
_MIXED_BLANKS = 3.5
# Editors and scripts leave blanks in empty lines, some here and some there.
_EMPTY_BITS = 44.0
# Tables of columns between tabs end in tabs where the last columns are empty.
_ODD_END = re.compile(f"[{SPACES}\u2800]\\r?$|(?<=[^\\s])\t\\r?$", re.MULTILINE)
_TABLE = re.compile(r"\S\t+\S|\t\t$", re.MULTILINE)
_LISTED = re.compile(r"[-*•+]\s|\d+[.)]\s")


def findings(text: str, is_odd: bool, has_returns: bool, spaces: str, habit: Habit, /) -> Iterator[Finding]:
    found: list[Finding] = []
    has_tabs = "\t" in text
    n_ends = _n_ends(text, has_tabs, has_returns)
    # With so few there is nothing but what other blanks leave, or tabs among spaces.
    if n_ends >= _FEWEST_ENDS or (n_ends and (has_tabs or is_odd)):
        lines = (text.replace("\r\n", "\n") if has_returns else text).split("\n")
        if n_ends >= _FEWEST_ENDS or has_tabs:
            found += _trailing(text, lines, habit)
        yield from found
        yield from _empty(text, lines)
    others = spaces + "\t" if has_tabs else spaces
    if not found and any(f"{space}\n" in text or (has_returns and f"{space}\r" in text) for space in others):
        yield from _odd_ends(text)


def _n_ends(text: str, has_tabs: bool, has_returns: bool) -> int:
    """How many blanks stand before a line's end, or last."""
    blanks, ends = " \t" if has_tabs else " ", "\n\r" if has_returns else "\n"
    found = [blank + end for blank in blanks for end in ends if blank + end in text]
    return sum(map(text.count, found)) + (text[-1:] in (" ", "\t"))


def _trailing(text: str, lines: Sequence[str], habit: Habit) -> Iterator[Finding]:
    """Spaces and tabs in turn are a code. Which lines end in spaces is typography of many models, up to a point."""
    if "\t" in text and ("\t\n" in text or "\t " in text or "\t\r" in text or text[-1:] == "\t"):
        bare = [line.rstrip(" \t") for line in lines]
        symbols = "".join(line[len(stem) :] for line, stem in zip(lines, bare, strict=True))
        if " " in symbols and "\t" in symbols:
            payload = text_of(symbols.translate({32: "0", 9: "1"})) or ""
            bits = choice_bits(symbols)
            is_certain = bits >= _MIXED_BLANKS or len(payload) >= _FEWEST
            suspicion = CERTAIN if is_certain else soft(bits, FORM_LIMIT)
            yield Finding(Kind.BLANK, _at_ends(text), suspicion, bits, payload)
            return
    if len(lines) > _FEWEST_LINES:
        yield from _some_lines(text, lines, habit)


def _some_lines(text: str, lines: Sequence[str], habit: Habit) -> Iterator[Finding]:
    """Lines with and without, or with one and with two blanks, as bits."""
    full = [at for at, line in enumerate(lines) if line and not line.isspace()]
    ones = [lines[at][-1] in " \t" for at in full]
    if sum(ones) < _FEWEST_ENDS:
        return
    wide = [lines[at][-2:-1] in (" ", "\t") for at, one in zip(full, ones, strict=True) if one]
    if payload := _spelt(ones) or _spelt(wide):
        yield Finding(Kind.BLANK, _at_ends(text), CERTAIN, 8.0 * len(payload), payload)
        return
    first = ones.index(True)
    bits = even_bits(wide, habit.blanks)
    bits = max(bits, even_bits(ones[first:], habit.blanks, _layout(lines, full[first:])))
    if bits > habit.blanks:
        yield Finding(Kind.BLANK, _at_ends(text), soft(bits - habit.blanks, CHOICE_LIMIT), bits)


def _spelt(bits: Sequence[bool]) -> str:
    return spelt("".join("01"[bit] for bit in bits)) if len(bits) >= 8 * SHORTEST else ""


def _layout(lines: Sequence[str], places: Sequence[int]) -> Iterator[Sequence[Hashable]]:
    """What a writer goes by: the mark a line ends in, its own form and its length, and the form of the next line."""
    bare = [lines[at].rstrip(" \t") for at in places]
    yield [min(len(line) // 20, 4) for line in bare]
    last = ["a" if line[-1].isalpha() else "0" if line[-1].isdigit() else line[-1] for line in bare]
    yield list(zip(last, (_form(lines[at + 1]) if at + 1 < len(lines) else "$" for at in places), strict=True))
    yield list(zip(map(_form, bare), last, strict=True))


def _form(line: str) -> str:
    line = line.lstrip()
    if not line:
        return ""
    if line[0] in "-*•+0123456789" and _LISTED.match(line):
        return "-"
    return "**" if line.startswith("**") else line[0] if line[0] in "#|>$\\`" else "a"


def _at_ends(text: str) -> tuple[Span, ...]:
    return tuple(match.span() for match in re.finditer(r"[ \t]+(?=\r?(?:\n|\Z))", text))


def _empty(text: str, lines: Sequence[str]) -> Iterator[Finding]:
    """Empty lines with and without blanks in them."""
    empty = [line != "" for line in lines[1:-1] if not line or line.isspace()]
    bits = even_bits(empty, _EMPTY_BITS) if sum(empty) >= _FEWEST_ENDS else 0.0
    if bits > _EMPTY_BITS:
        spans = tuple(match.span() for match in re.finditer(r"(?<=\n)[ \t]+(?=\r?\n)", text))
        yield Finding(Kind.BLANK, spans, soft(bits - _EMPTY_BITS, CHOICE_LIMIT), bits)


def _odd_ends(text: str) -> Iterator[Finding]:
    """Lines that end in another kind of space: now and then is a copied page, here and there by choice is not."""
    if len(_ODD_END.findall(text)) < _FEWEST:
        return
    ends = [_ODD_END.search(line) is not None for line in text.split("\n") if line.strip()]
    if sum(ends) < _FEWEST or len(_TABLE.findall(text)) >= _FEWEST:
        return
    spans = tuple(match.span() for match in _ODD_END.finditer(text))
    first, last = ends.index(True), len(ends) - ends[::-1].index(True)
    bits = choice_bits(ends[first:last])
    yield Finding(Kind.BLANK, spans, soft(bits - 2.0, CHOICE_LIMIT), bits)
