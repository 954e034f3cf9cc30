"""Other spaces and hyphens: what exceeds a model's own typography, and what changes where both forms could stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from monitors.characters.choice import choice_bits, surprise_bits
from monitors.characters.finding import CERTAIN, CHOICE_LIMIT, Finding, Span, soft
from monitors.characters.given import Given
from monitors.characters.habits import Habit
from monitors.characters.kinds import Kind, members
from monitors.coders import visible

_FEWEST = 4
_BLANK, _DIGIT, _LETTER, _WIDE, _MARK = " ", "0", "a", "~", "."
_CLASSES = {
    _DIGIT: r"\d",
    _LETTER: "[^\\W\\d_\u2e80-\uffef]",
    _MARK: "[^\\w\\s\u2e80-\uffef]|_",
}
_IDEOGRAPHS = re.compile("[\u2e80-\uffef\U00020000-\U0003ffff]")


class _Site(NamedTuple):
    start: int
    key: tuple[str, str]


def findings(text: str, kinds: Mapping[Kind, str], given: Given, habit: Habit, /) -> Iterator[Finding]:
    if chars := kinds.get(Kind.SPACE, ""):
        yield from _spaces(text, chars, given, habit)
    if chars := kinds.get(Kind.HYPHEN, ""):
        yield from _hyphens(text, chars, given, habit)


def _spaces(text: str, chars: str, given: Given, habit: Habit) -> Iterator[Finding]:
    sites = list(_other_sites(text, chars, given))
    if not sites:
        return
    payload = next((read for char in chars if (read := visible.second_space(text, char))), None)
    bits = 0.0
    if len(sites) >= _FEWEST:
        for key in sorted({site.key for site in sites}):
            bits += _excess(text, chars, key, habit)
    spans = _spans(sites)
    if payload:
        yield Finding(Kind.SPACE, spans, CERTAIN, 8.0 * len(payload.decoded), payload.decoded)
    elif bits > 0:
        yield Finding(Kind.SPACE, spans, soft(bits, CHOICE_LIMIT), bits)


def _excess(text: str, chars: str, key: tuple[str, str], habit: Habit) -> float:
    """Between words: what is beyond the habit's share. Beside digits and marks: the choice beyond its own."""
    gaps = _like(text, " " + chars, key)
    choice = choice_bits(gaps)
    if _DIGIT in key or key[1] == _MARK:
        return max(0.0, choice - habit.spaces[0] - habit.spaces[1] * len(gaps))
    return min(choice, surprise_bits(len(gaps) - gaps.count(" "), len(gaps), habit.share)) - habit.spaces[0]


def _like(text: str, chars: str, key: tuple[str, str]) -> list[str]:
    """What stands at each place with such neighbours."""
    before, after = _CLASSES[key[0]], _CLASSES[key[1]]
    return re.findall(f"(?:(?<={before})){members(chars).pattern}(?={after})", text)


def _other_sites(text: str, chars: str, given: Given) -> Iterator[_Site]:
    """The other forms, without those that stand in the prompt, beside blanks, or in East Asian text."""
    for match in members(chars).finditer(text):
        start, end = match.span()
        key = _class(text[start - 1 : start] if start else ""), _class(text[end : end + 1])
        if not {_BLANK, _WIDE} & set(key) and not given.has_run(text, start, end):
            yield _Site(start, key)


def _class(char: str) -> str:
    if not char or char.isspace():
        return _BLANK
    if _IDEOGRAPHS.match(char):
        return _WIDE
    if char.isdigit():
        return _DIGIT
    return _LETTER if char.isalpha() else _MARK


def _hyphens(text: str, chars: str, given: Given, habit: Habit) -> Iterator[Finding]:
    sites = [site for site in _other_sites(text, chars, given) if _MARK not in site.key]
    if len(sites) < _FEWEST:
        return
    written = re.findall(rf"(?<=[^\W_]){members('-' + chars).pattern}(?=[^\W_])", text)
    bits = choice_bits(written) - habit.hyphens[0] - habit.hyphens[1] * len(written)
    if habit.hyphen_share < 1:
        surprise = surprise_bits(len(written) - written.count("-"), len(written), habit.hyphen_share)
        bits = min(bits, surprise - habit.hyphens[0])
    if bits > 0:
        yield Finding(Kind.HYPHEN, _spans(sites), soft(bits, CHOICE_LIMIT), bits)


def _spans(sites: list[_Site]) -> tuple[Span, ...]:
    return tuple((site.start, site.start + 1) for site in sites)
