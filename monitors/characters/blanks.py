"""Blanks that nobody sees: at line ends, doubled or tabbed between words, and carriage returns in some lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from monitors.characters.choice import choice_bits, surprise_bits
from monitors.characters.finding import CERTAIN, CERTAIN_BITS, CHOICE_LIMIT, FORM_LIMIT, Finding, Span, soft
from monitors.characters.kinds import Kind
from monitors.coders.bits import aligned_text_of, text_of

_TRAILING = re.compile(r"[ \t]+(?=\r?(?:\n|\Z))")
_LINE = re.compile(r"[^ \t\r\n]([ \t]*)\r?(?:\n|\Z)")
_DOUBLED = re.compile(r"(?<=[a-z,;])(?:  |\t)(?=[a-z])")
_GAP = re.compile(r"(?<=[a-z,;])(?:  ?|\t)(?=[a-z])")
_SENTENCE_GAP = re.compile(r"(?<=[.!?])  ?(?=[A-Z])")
_ENDS = re.compile(r"\r?\n")
_SHARE = 0.005
_SHORTEST = 5
# No clean text that we know has both at its line ends, so that one change among a dozen is enough.
_MIXED_BLANKS = 3.5
_MIXED_ENDS = 8.0


def findings(text: str, has_returns: bool, /) -> Iterator[Finding]:
    if " \n" in text or "\t\n" in text or " \r" in text or "\t\r" in text or text[-1:] in (" ", "\t"):
        yield from _trailing(text)
    if "  " in text or "\t" in text:
        yield from _gaps(text)
    if has_returns:
        yield from _line_ends(text)


def _trailing(text: str) -> Iterator[Finding]:
    """Spaces and tabs in turn are a code. Which lines end in spaces is typography of many models, unless it spells."""
    runs = list(_TRAILING.finditer(text))
    symbols = "".join(run.group() for run in runs)
    spans = tuple(run.span() for run in runs)
    if "\t" in symbols and " " in symbols:
        payload = text_of(symbols.translate({32: "0", 9: "1"})) or ""
        bits = choice_bits(symbols)
        is_certain = bits >= _MIXED_BLANKS or len(payload) >= 4
        yield Finding(Kind.BLANK, spans, CERTAIN if is_certain else soft(bits, FORM_LIMIT), bits, payload)
    elif payload := _spelt_by_lines(text):
        yield Finding(Kind.BLANK, spans, CERTAIN, 8.0 * len(payload), payload)


def _spelt_by_lines(text: str) -> str:
    """Lines with and without, or with one and with two blanks, as bits."""
    ends = [len(blanks) for blanks in _LINE.findall(text)]
    for bits in ("".join("01"[n > 0] for n in ends), "".join("01"[n > 1] for n in ends if n)):
        if payload := spelt(bits):
            return payload
    return ""


def spelt(bits: str, /) -> str:
    """Text of five letters or more, read from the first bit, in either polarity; the last may be cut off."""
    if not 0 < bits.count("1") < len(bits) or len(bits) < 8 * _SHORTEST:
        return ""
    for reading in (bits, bits.translate({48: "1", 49: "0"})):
        whole = reading.rstrip("0")
        text = aligned_text_of(whole + "0" * (-len(whole) % 8))
        if text and len(text) >= _SHORTEST and _is_worded(text):
            return text
    return ""


def _is_worded(text: str) -> bool:
    """Mostly letters, and not one over and over: regular layout reads as "DDDD" by accident."""
    letters = sum(char.isalpha() or char == " " for char in text)
    return letters >= 0.8 * len(text) and 2 * len(set(text)) >= min(len(text), 16)


def _gaps(text: str) -> Iterator[Finding]:
    """Doubled blanks and tabs between words, where nobody aligns anything."""
    spans: tuple[Span, ...] = tuple(match.span() for match in _DOUBLED.finditer(text))
    sentence = "".join("01"[len(gap) > 1] for gap in _SENTENCE_GAP.findall(text))
    gaps = _GAP.findall(text) if spans else []
    payload = spelt("".join("01"[gap != " "] for gap in gaps)) or spelt(sentence)
    if payload:
        yield Finding(Kind.GAP, spans or _sentence_spans(text), CERTAIN, 8.0 * len(payload), payload)
    elif spans:
        bits = min(choice_bits(gaps), surprise_bits(len(spans), len(gaps), _SHARE))
        yield Finding(Kind.GAP, spans, soft(bits - CERTAIN_BITS, CHOICE_LIMIT), bits)


def _sentence_spans(text: str) -> tuple[Span, ...]:
    return tuple(match.span() for match in _SENTENCE_GAP.finditer(text) if len(match.group()) > 1)


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
