"""Other spaces and hyphens: what exceeds a model's own typography, and what changes where both forms could stand."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from monitors.characters.choice import choice_bits, surprise_bits
from monitors.characters.finding import CERTAIN, CHOICE_LIMIT, Finding, Span, soft
from monitors.characters.given import Given
from monitors.characters.habits import Habit
from monitors.characters.kinds import HYPHENS, SPACES, Kind
from monitors.coders import visible

_FEWEST = 4
_FEWEST_ONES = 8
_BLANK, _DIGIT, _LETTER, _WIDE, _MARK = " ", "0", "a", "~", "."
_NEIGHBOURS = {
    _DIGIT: r"\d",
    _LETTER: "[^\\W\\d_\u2e80-\uffef]",
    _MARK: "[^a-zA-Z0-9\\s\u00aa-\uffef]",
}
_OTHER_SPACE, _OTHER_HYPHEN = re.compile(f"[{SPACES}]"), re.compile(f"[{HYPHENS}]")
_HYPHEN = re.compile(rf"[\-{HYPHENS}](?=[^\W_])(?<=[^\W_].)")
# Czech, Polish and others bind a word of one letter to the next one.
_BETWEEN_WORDS = (_LETTER + _MARK, _LETTER)
_WORDS = {(before, after): _BETWEEN_WORDS for before in (_LETTER, _MARK) for after in (_LETTER, _MARK)}
# French sets such spaces after abbreviations and titles too, as it likes.
_FRENCH = re.compile(f"[{SPACES}](?=[;:!?»])")
_FRENCH_BITS = 11.0
_IDEOGRAPH = re.compile("[\u2e80-\uffef\U00020000-\U0003ffff]")


class _Site(NamedTuple):
    start: int
    key: tuple[str, str]


@cache
def _gap(key: tuple[str, str]) -> re.Pattern[str]:
    """Every space, plain or other, between two such neighbours. Few texts ask for one, and compiling them all is slow.

    The space comes first, so that the engine skips from one to the next; digits are rarer still.
    """
    before, after = key
    two_letters = f"(?<={_NEIGHBOURS[_LETTER]}{{2}}.)"
    if key == _BETWEEN_WORDS:
        opening = "[\"'(\\[*`$\\\\]"
        ends = f"(?:{two_letters}|(?<={_NEIGHBOURS[_MARK]}.))"
        return re.compile(f"[ {SPACES}](?={_NEIGHBOURS[_LETTER]}|{opening}){ends}", re.DOTALL)
    if before == _DIGIT:
        return re.compile(f"\\d([ {SPACES}])(?={_NEIGHBOURS[after]})")
    ends = two_letters if key == (_LETTER, _LETTER) else f"(?<={_NEIGHBOURS[before]}.)"
    return re.compile(f"[ {SPACES}](?={_NEIGHBOURS[after]}){ends}", re.DOTALL)


def findings(text: str, kinds: Mapping[Kind, str], given: Given, habit: Habit, /) -> Iterator[Finding]:
    if Kind.SPACE in kinds:
        yield from _spaces(text, kinds[Kind.SPACE], given, habit)
    if Kind.HYPHEN in kinds:
        yield from _hyphens(text, kinds[Kind.HYPHEN], given, habit)


def _spaces(text: str, chars: str, given: Given, habit: Habit) -> Iterator[Finding]:
    if sum(map(text.count, chars)) < _FEWEST:
        return
    sites = list(_other_sites(text, _OTHER_SPACE, given))
    if len(sites) < _FEWEST:
        return
    read = (visible.second_space(text, char) for char in chars if len(sites) >= _FEWEST_ONES)
    if payload := next((found for found in read if found), None):
        yield Finding(Kind.SPACE, _spans(sites), CERTAIN, 8.0 * len(payload.decoded), payload.decoded)
        return
    is_french = len(_FRENCH.findall(text)) >= 2
    own = habit.spaces[0] + (_FRENCH_BITS if is_french else 0.0)
    excess = {key: _excess(text, key, habit, own) for key in sorted({site.key for site in sites})}
    bits = sum(excess.values())
    if not is_french and not _WORDS.keys().isdisjoint(excess):
        others = sum(bits for key, bits in excess.items() if key not in _WORDS)
        bits = max(bits, others + _excess(text, _BETWEEN_WORDS, habit, own))
    if bits > 0:
        yield Finding(Kind.SPACE, _spans(sites), soft(bits, CHOICE_LIMIT), bits)


def _excess(text: str, key: tuple[str, str], habit: Habit, own: float) -> float:
    """Between words, from the first other form to the last: what is beyond the habit's share.

    Beside digits and marks: the choice beyond the family's own.
    """
    gaps = _gap(key).findall(text)
    n = len(gaps)
    if key in (_BETWEEN_WORDS, (_LETTER, _LETTER), (_MARK, _LETTER)):
        region = _region(gaps)
        surprise = surprise_bits(len(region) - region.count(" "), len(region), habit.share)
        return max(0.0, min(choice_bits(region), surprise) - own)
    like = _by_mark(text, key) if key[1] == _MARK else [gaps]
    return max(0.0, sum(map(choice_bits, like)) - own - habit.spaces[1] * n)


def _region(gaps: list[str]) -> list[str]:
    others = [at for at, gap in enumerate(gaps) if gap != " "]
    return gaps[others[0] : others[-1] + 1] if others else []


def _by_mark(text: str, key: tuple[str, str]) -> list[list[str]]:
    """The gaps before each mark apart: French sets a thin space before some and a wide one before others."""
    gaps: dict[str, list[str]] = defaultdict(list)
    for match in _gap(key).finditer(text):
        gaps[text[match.end()]].append(text[match.end() - 1])
    return list(gaps.values())


def _other_sites(text: str, chars: re.Pattern[str], given: Given) -> Iterator[_Site]:
    """The other forms, without those that stand in the prompt, beside blanks, or in East Asian text."""
    for match in chars.finditer(text):
        start, end = match.span()
        key = _class(text[start - 1 : start] if start else ""), _class(text[end : end + 1])
        if _BLANK not in key and _WIDE not in key and not given.has_run(text, start, end):
            yield _Site(start, key)


def _class(char: str) -> str:
    if not char or char.isspace():
        return _BLANK
    if char.isalpha():
        return _WIDE if _IDEOGRAPH.match(char) else _LETTER
    if char.isdecimal():
        return _DIGIT
    return _MARK if char < "\xaa" else _BLANK


def _hyphens(text: str, chars: str, given: Given, habit: Habit) -> Iterator[Finding]:
    if sum(map(text.count, chars)) < _FEWEST:
        return
    written = _HYPHEN.findall(text)
    n_others = len(written) - written.count("-")
    if n_others < _FEWEST:
        return
    bits = choice_bits(written) - habit.hyphens[0] - habit.hyphens[1] * len(written)
    if habit.hyphen_share < 1:
        bits = min(bits, surprise_bits(n_others, len(written), habit.hyphen_share) - habit.hyphens[0])
    if bits <= 0:
        return
    sites = [site for site in _other_sites(text, _OTHER_HYPHEN, given) if _MARK not in site.key]
    if len(sites) >= _FEWEST:
        yield Finding(Kind.HYPHEN, _spans(sites), soft(bits, CHOICE_LIMIT), bits)


def _spans(sites: list[_Site]) -> tuple[Span, ...]:
    return tuple((site.start, site.start + 1) for site in sites)
