"""Reasoning text to steps: offset pairs over code points, so that no character is copied, changed or lost.

A step ends where white space begins that follows the end of a sentence or that holds a line break. Two ways find these
places: a loop for texts of common lengths, and arrays for long ones, where eight million characters of one-character
steps take a second and 8 bytes a step.
"""

from __future__ import annotations

import re
from array import array

import numpy as np
import numpy.typing as npt

from monitors.spans import Spans

# A sentence ends at . ! ? or their CJK forms, with closing quotes or brackets, before white space.
_ENDS, _CLOSERS = ".!?。！？", "\"'”’)]"
# It begins with one of a few characters, for which a search is fast. The empty group tells where the closing quotes and
# brackets end; it is not there at a line break.
_BOUNDARY, _ASCII_BOUNDARY = (
    re.compile(rf"[\n{ends}](?:(?<=\n)\n*+|(?<!\n)[{re.escape(_CLOSERS)}]*+()\s++)") for ends in (_ENDS, ".!?")
)
# "1. " or "b. " at the start of a line is the marker of a list item, not a sentence.
_MARKER = re.compile(r"\s*\(?(?:\d{1,3}|[A-Za-z])\.")
_MARKER_CHARS = 12
_LONG = 100_000

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
CodePoints = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]
_NEWLINE, _DOT = 10, 46
# White space beyond ASCII, as `str.isspace` and `\s` know it.
_WIDE_SPACES = np.array([0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000], np.uint32)


def segment(text: str, /) -> Spans:
    """Split at sentence ends and line breaks; (start, end) in code points, end exclusive, in order, without overlap.

    Steps hold no leading or trailing white space; what lies between two steps is white space only.
    """
    return _by_arrays(text) if len(text) >= _LONG else _by_loop(text)


def _by_loop(text: str) -> Spans:
    found: list[int] = []
    start, n_chars = 0, len(text)
    for boundary in (_ASCII_BOUNDARY if text.isascii() else _BOUNDARY).finditer(text):
        at, until = boundary.span()
        end = boundary.end(1)
        if end >= 0:
            if until - start <= _MARKER_CHARS and _is_marker(text, start, boundary):
                continue
            while start < end and text[start].isspace():
                start += 1
            found += (start, end)
        elif start < at:
            _append(text, start, at, found)
        start = until
    _append(text, start, n_chars, found)
    return Spans.from_flat(array("I", found))


def _is_marker(text: str, start: int, boundary: re.Match[str]) -> bool:
    at_line_start = start == 0 or "\n" in text[max(0, start - 2) : start]
    same_line = "\n" not in boundary.group()
    return at_line_start and same_line and _MARKER.fullmatch(text, start, boundary.start() + 1) is not None


def _append(text: str, start: int, end: int, found: list[int]) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        found += (start, end)


def _by_arrays(text: str) -> Spans:
    codes = _code_points(text)
    begins, ends = _white_runs(codes)
    if not len(begins):
        return Spans([(0, len(text))])
    first, last = (ends[0] if begins[0] == 0 else 0), (begins[-1] if ends[-1] == len(text) else len(text))
    sentence = _sentence_ends(codes, begins)
    last_newline = _last_newlines(codes, begins, ends)
    kept = np.flatnonzero((sentence >= 0) | (last_newline >= 0))
    begins, ends, sentence, last_newline = begins[kept], ends[kept], sentence[kept], last_newline[kept]
    if markers := _markers(text, codes, ends, sentence, last_newline):
        begins, ends = np.delete(begins, markers), np.delete(ends, markers)
    pairs = np.empty((len(begins) + 1, 2), np.uint32)
    pairs[0, 0], pairs[1:, 0] = first, ends
    pairs[:-1, 1], pairs[-1, 1] = begins, last
    return Spans.from_flat(array("I", pairs[pairs[:, 0] < pairs[:, 1]].tobytes()))


def _code_points(text: str) -> CodePoints:
    if text.isascii():
        return np.frombuffer(text.encode(), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _white_runs(codes: CodePoints) -> tuple[Numbers, Numbers]:
    """Where each run of white space begins and ends."""
    # Unsigned numbers wrap around, so that one comparison is a range.
    space = ((codes - np.uint8(9)) < 5) | ((codes - np.uint8(28)) < 5)
    if codes.dtype == np.uint32:
        wide = np.flatnonzero(codes >= _WIDE_SPACES[0])
        space[wide] = np.isin(codes[wide], _WIDE_SPACES)
    edges = np.flatnonzero(np.diff(space, prepend=False, append=False))
    return edges[::2], edges[1::2]


def _sentence_ends(codes: CodePoints, begins: Numbers) -> Numbers:
    """The place of the character that ends the sentence before each run; -1 where none does."""
    at = begins - 1
    if len(closing := np.flatnonzero(_is_any(codes[at], _CLOSERS) & (at >= 0))):
        others = np.concatenate(([-1], np.flatnonzero(~_is_any(codes, _CLOSERS))))
        at[closing] = others[np.searchsorted(others, at[closing]) - 1]
    at[~_is_any(codes[at], _ENDS)] = -1
    if at[0] < 0 or begins[0] == 0:
        at[0] = -1
    return at


def _is_any(codes: CodePoints, characters: str) -> Mask:
    found = np.zeros(len(codes), np.bool_)
    for character in characters:
        if codes.dtype == np.uint32 or character.isascii():
            found |= codes == ord(character)
    return found


def _last_newlines(codes: CodePoints, begins: Numbers, ends: Numbers) -> Numbers:
    """The place of the last line break in each run; -1 where there is none."""
    newlines = np.concatenate(([-1], np.flatnonzero(codes == _NEWLINE)))
    last: Numbers = newlines[np.searchsorted(newlines, ends) - 1]
    last[last < begins] = -1
    return last


def _markers(text: str, codes: CodePoints, ends: Numbers, sentence: Numbers, last_newline: Numbers) -> list[int]:
    """Runs that follow the marker of a list item."""
    # Where the line or sentence before each run starts: after the run before it, or after that one's line break.
    starts = np.concatenate(([0], np.where(sentence >= 0, ends, last_newline + 1)[:-1]))
    broken = np.concatenate(([True], (np.where(sentence >= 0, last_newline - ends + 2, 0) >= 0)[:-1]))
    short = (sentence >= 0) & (last_newline < 0) & broken & (ends - starts <= _MARKER_CHARS)
    return [
        at
        for at in np.flatnonzero(short).tolist()
        if codes[sentence[at]] == _DOT and _MARKER.fullmatch(text, int(starts[at]), int(sentence[at]) + 1)
    ]
