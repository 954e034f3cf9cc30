"""Doubled blanks and tabs where one blank is usual, and rows of blanks of several kinds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from monitors.characters.choice import choice_bits, surprise_bits
from monitors.characters.coin import even_bits
from monitors.characters.finding import CERTAIN, CERTAIN_BITS, CHOICE_LIMIT, Finding, Span, soft
from monitors.characters.given import Given
from monitors.characters.kinds import SPACES, Kind
from monitors.characters.spelling import spelt
from monitors.coders.bits import text_of

# Each expression begins with the rarest character: the engine then skips what cannot begin a match.
_DOUBLED = re.compile(r"(?:  |\t)(?=[a-z])(?:(?<=[a-z,;]  )|(?<=[a-z,;]\t))")
_GAP = re.compile(r"(?:  ?|\t)(?=[a-z])(?:(?<=[a-z,;]  )|(?<=[a-z,;][ \t]))")
_SENTENCE_GAP = re.compile(r"[.!?](?<=[a-z].)(  ?)(?=[A-Z])")
_TWO = {pair: re.compile(f"{pair}(?<=[^ \t\r\n]..)(?=[^ \t\r\n])") for pair in ("  ", " \t", "\t ", "\t\t")}
_ROW = re.compile(f"[ \\t{SPACES}\u2800]{{12,}}(?=[^ \\t{SPACES}\\n])")
_MARKER = re.compile(r"(?:[-*•+]|\d+[.)])\s+")
_SHARE = 0.005
_FEWEST = 4
_FEW_WORDS = 8
# Two authors of one text, or a page and its source, come in blocks.
_SENTENCE_BITS = 12.0
# Columns are aligned by a few changes between tabs and blanks.
_ROW_BITS = 8.0


def findings(text: str, spaces: str, given: Given, /) -> Iterator[Finding]:
    n_tabs = text.count("\t") if "\t" in text else 0
    if n_tabs >= _FEWEST or (("  " in text or n_tabs) and n_tabs + _n_two(text) >= _FEWEST):
        yield from _doubled(text)
    others = spaces + "\t" if n_tabs else spaces
    if others and any(one + other in text for one in others for other in f"{others} "):
        yield from _rows(text, given)


def _n_two(text: str) -> int:
    """How many rows of just two blanks stand within lines."""
    return sum(len(two.findall(text)) for pair, two in _TWO.items() if pair in text)


def _doubled(text: str) -> Iterator[Finding]:
    """Doubled blanks and tabs between words, where nobody aligns anything."""
    inner = "\n".join(line for line in map(str.strip, text.split("\n")) if "  " in line or "\t" in line)
    if not inner or _n_between(inner, "  ") + _n_between(inner, "\t") < _FEWEST:
        return
    n_doubled = len(_DOUBLED.findall(inner))
    if n_doubled < _FEWEST and sum(len(gap) > 1 for gap in _SENTENCE_GAP.findall(inner)) < _FEWEST:
        return
    prose = "\n".join(line for line in text.split("\n") if not _is_layout(line.strip()))
    gaps, sentences = _GAP.findall(prose), [len(gap) > 1 for gap in _SENTENCE_GAP.findall(prose)]
    spans: tuple[Span, ...] = tuple(match.span() for match in _DOUBLED.finditer(text))
    at_sentences = tuple(match.span(1) for match in _SENTENCE_GAP.finditer(text) if len(match[1]) > 1)
    if payload := spelt("".join("01"[gap != " "] for gap in gaps)):
        yield Finding(Kind.GAP, spans or at_sentences, CERTAIN, 8.0 * len(payload), payload)
    elif payload := spelt("".join("01"[is_wide] for is_wide in sentences)):
        yield Finding(Kind.GAP, at_sentences, CERTAIN, 8.0 * len(payload), payload)
    elif n_doubled >= _FEWEST and spans:
        bits = min(choice_bits(gaps), surprise_bits(len(gaps) - gaps.count(" "), len(gaps), _SHARE))
        yield Finding(Kind.GAP, spans, soft(bits - CERTAIN_BITS, CHOICE_LIMIT), bits)
    elif sum(sentences) >= _FEWEST and (bits := even_bits(sentences, _SENTENCE_BITS)) > _SENTENCE_BITS:
        yield Finding(Kind.GAP, at_sentences, soft(bits - _SENTENCE_BITS, CHOICE_LIMIT), bits)


def _n_between(text: str, gap: str) -> int:
    """How many such gaps stand between two words."""
    pieces = text.split(gap)
    return sum(one[-1:] > " " and other[:1].isalpha() for one, other in pairwise(pieces)) if len(pieces) > 1 else 0


def _is_inner(text: str, start: int) -> bool:
    return start > 0 and text[start - 1] != "\n"


def _is_layout(line: str) -> bool:
    """Columns: a table, wider gaps, or tabs in a line of few words."""
    line = _MARKER.sub("", line)
    return "|" in line or "   " in line or ("\t" in line and len(line.split()) <= _FEW_WORDS)


def _rows(text: str, given: Given) -> Iterator[Finding]:
    """Between two words of a line a row of blanks of several kinds; one kind and another in turn is an old web page."""
    found = (row for row in _ROW.finditer(text) if len(set(row.group())) > 1 and _is_inner(text, row.start()))
    rows = [row for row in found if choice_bits(row.group()) >= _ROW_BITS and not given.has(row.group())]
    if rows:
        symbols = "".join(row.group() for row in rows)
        kinds = sorted(set(symbols), key=lambda char: (char != " ", char))
        payload = text_of("".join("01"[char != kinds[0]] for char in symbols)) if len(kinds) == 2 else ""
        bits = sum(choice_bits(row.group()) for row in rows)
        yield Finding(Kind.GAP, tuple(row.span() for row in rows), CERTAIN, bits, payload or "")
