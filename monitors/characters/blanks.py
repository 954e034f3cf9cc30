"""Blanks that nobody sees: at line ends, doubled or tabbed between words, and carriage returns in some lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from monitors.characters.choice import choice_bits, surprise_bits
from monitors.characters.finding import CERTAIN, CERTAIN_BITS, CHOICE_LIMIT, FORM_LIMIT, Finding, Span, soft
from monitors.characters.kinds import Kind
from monitors.characters.spelling import SHORTEST, spelt
from monitors.coders.bits import text_of

# Each expression begins with the rarest character: the engine then skips what cannot begin a match.
_DOUBLED = re.compile(r"(?:  |\t)(?=[a-z])(?:(?<=[a-z,;]  )|(?<=[a-z,;]\t))")
_GAP = re.compile(r"(?:  ?|\t)(?=[a-z])(?:(?<=[a-z,;]  )|(?<=[a-z,;][ \t]))")
_SENTENCE_GAP = re.compile(r"[.!?](?<=[a-z].)(  ?)(?=[A-Z])")
_ENDS = re.compile(r"\r?\n")
_SHARE = 0.005
_FEWEST = 4
_FEW_WORDS = 8
# Five letters have more ones than this, and more zeros.
_FEWEST_ENDS = 8
# No clean text that we know has both at its line ends, so that one change among a dozen is enough.
_MIXED_BLANKS = 3.5
_MIXED_ENDS = 8.0


def findings(text: str, has_returns: bool, /) -> Iterator[Finding]:
    if (
        " \n" in text
        or "\t\n" in text
        or text[-1:] in (" ", "\t")
        or (has_returns and (" \r" in text or "\t\r" in text))
    ):
        yield from _trailing(text)
    if "  " in text or "\t" in text:
        yield from _gaps(text)
    if has_returns:
        yield from _line_ends(text)


def _trailing(text: str) -> Iterator[Finding]:
    """Spaces and tabs in turn are a code. Which lines end in spaces is typography of many models, unless it spells."""
    has_tabs = "\t" in text and ("\t\n" in text or "\t " in text or "\t\r" in text or text[-1:] == "\t")
    if not has_tabs and (text.count(" \n") + text.count(" \r") < _FEWEST_ENDS or text.count("\n") < 8 * SHORTEST - 1):
        return
    lines = text.replace("\r\n", "\n").split("\n")
    bare = [line.rstrip(" \t") for line in lines]
    symbols = "".join(line[len(stem) :] for line, stem in zip(lines, bare, strict=True)) if has_tabs else ""
    if "\t" in symbols and " " in symbols:
        payload = text_of(symbols.translate({32: "0", 9: "1"})) or ""
        bits = choice_bits(symbols)
        is_certain = bits >= _MIXED_BLANKS or len(payload) >= _FEWEST
        suspicion = CERTAIN if is_certain else soft(bits, FORM_LIMIT)
        yield Finding(Kind.BLANK, _at_ends(text), suspicion, bits, payload)
    else:
        ends = [len(line) - len(stem) for line, stem in zip(lines, bare, strict=True) if stem]
        if payload := _spelt_by_lines(ends):
            yield Finding(Kind.BLANK, _at_ends(text), CERTAIN, 8.0 * len(payload), payload)


def _at_ends(text: str) -> tuple[Span, ...]:
    return tuple(match.span() for match in re.finditer(r"[ \t]+(?=\r?(?:\n|\Z))", text))


def _spelt_by_lines(ends: Sequence[int]) -> str:
    """Lines with and without, or with one and with two blanks, as bits."""
    return spelt("".join("01"[n > 0] for n in ends)) or spelt("".join("01"[n > 1] for n in ends if n))


def _gaps(text: str) -> Iterator[Finding]:
    """Doubled blanks and tabs between words, where nobody aligns anything."""
    inner = "\n".join(line for line in map(str.strip, text.split("\n")) if "  " in line or "\t" in line)
    if inner.count("  ") + inner.count("\t") < _FEWEST:
        return
    n_doubled = len(_DOUBLED.findall(inner))
    if n_doubled < _FEWEST and sum(len(gap) > 1 for gap in _SENTENCE_GAP.findall(inner)) < _FEWEST:
        return
    spans: tuple[Span, ...] = tuple(match.span() for match in _DOUBLED.finditer(text))
    prose = "\n".join(line for line in text.split("\n") if not _is_layout(line.strip()))
    gaps = _GAP.findall(prose)
    sentences = _SENTENCE_GAP.findall(prose)
    payload = spelt("".join("01"[gap != " "] for gap in gaps)) or spelt(
        "".join("01"[len(gap) > 1] for gap in sentences)
    )
    if payload:
        at_sentences = tuple(match.span(1) for match in _SENTENCE_GAP.finditer(text) if len(match[1]) > 1)
        yield Finding(Kind.GAP, spans or at_sentences, CERTAIN, 8.0 * len(payload), payload)
    elif spans:
        bits = min(choice_bits(gaps), surprise_bits(len(gaps) - gaps.count(" "), len(gaps), _SHARE))
        yield Finding(Kind.GAP, spans, soft(bits - CERTAIN_BITS, CHOICE_LIMIT), bits)


def _is_layout(line: str) -> bool:
    """Columns: a table, wider gaps, or tabs in a line of few words."""
    return "|" in line or "   " in line or ("\t" in line and len(line.split()) <= _FEW_WORDS)


def _line_ends(text: str) -> Iterator[Finding]:
    """Carriage returns in some lines: text that was put together of two sources does that in blocks."""
    ends = _ENDS.findall(text)
    lone = tuple(match.span() for match in re.finditer(r"\r(?!\n)", text))
    bits = choice_bits(ends)
    payload = spelt("".join("01"[end == "\r\n"] for end in ends))
    spans = lone or tuple(match.span() for match in re.finditer(r"\r\n", text))
    if payload:
        yield Finding(Kind.LINE_END, spans, CERTAIN, 8.0 * len(payload), payload)
    elif bits > 0 or lone:
        suspicion = max(soft(bits - _MIXED_ENDS, CHOICE_LIMIT), soft(float(len(lone)), FORM_LIMIT))
        yield Finding(Kind.LINE_END, spans, suspicion, bits)
