"""Orders to one who judges, in the languages of the world: our own table of stems, not phrases of any one text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from collections.abc import Set as AbstractSet
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from monitors.appeals.stems import around, every
from monitors.appeals.words import Known, decoded, ordered


class Stems(NamedTuple):
    """Alternatives by what they mean: to ignore, what is ignored, to give, a score, and nought or its like."""

    ignore: str
    rules: str
    give: str
    score: str
    nought: str


@cache
def languages() -> dict[str, Stems]:
    """By name. Inflected endings are left open: a stem stands for all its forms."""
    table = files("monitors.appeals").joinpath("orders.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines()[1:]]
    return {name: Stems(*stems) for name, *stems in rows}


def orders(text: str, words: AbstractSet[bytes], /, *, without: Collection[str] = ()) -> Iterator[re.Match[str]]:
    """Where the text orders its reader to ignore rules or to give a score of nought, in other languages than these.

    `words` are its distinct words.
    """
    for name in _possible(words):
        if name not in without:
            for start, end in _ranges(name, text):
                yield from _compiled(name).finditer(text, start, end)


# Scripts that put no blanks between words.
_UNSPACED = frozenset({"Chinese", "Japanese", "Korean", "Thai"})
_GAP, _NEAR = r"[^.!?。！？\n]{0,40}?", r"[^.!?。！？\n]{0,25}?"
_KINDS = ("ignore", "rules", "give", "score")
# No order begins or ends farther from what is ignored or from the score.
REACH = 200
_ORDERS = (frozenset({"ignore", "rules"}), frozenset({"give", "score"}))
_WORD = re.compile(r"\w+")
_Needs = frozenset[tuple[str, str]]
_NOTHING: _Needs = frozenset()


def _possible(words: AbstractSet[bytes]) -> list[str]:
    """Languages of whose stems the text has those that an order needs: few texts are searched further."""
    met = _KNOWN.of(words)
    names = {name for name, _ in met}
    return [
        name
        for name in languages()
        if name in names and any(all((name, kind) in met for kind in order) for order in _ORDERS)
    ]


def _ranges(name: str, text: str) -> list[tuple[int, int]]:
    """Near what is ignored and near scores: each order names one of the two."""
    small, stems = text.casefold(), languages()[name]
    if len(small) != len(text):
        return [(0, len(text))]
    named = f"{stems.rules}|{stems.score}".casefold().split("|")
    return around([at for stem in named for at in every(stem, small)], REACH)


def _needs_met(word: bytes) -> _Needs:
    """Language and kind of every stem that may stand where this word does."""
    keys = _keys()
    text = decoded(word).casefold()
    spans = [(0, len(text))] if text.isascii() else [found.span() for found in _WORD.finditer(text)]
    if not spans:
        return _NOTHING
    met = _NOTHING.union(*(keys.whole.get(text[start:end], _NOTHING) for start, end in spans))
    beginnings = (text[start : start + length] for start, _ in spans for length in range(1, keys.longest + 1))
    met = met.union(*(keys.begins.get(beginning, _NOTHING) for beginning in beginnings))
    return met if text.isascii() else met.union(*(needs for key, needs in keys.within.items() if key in text))


_KNOWN = Known(_needs_met)


class _Keys(NamedTuple):
    """The longest word of each stem, with what needs it: as a whole word, as a beginning, or anywhere."""

    whole: dict[str, _Needs]
    begins: dict[str, _Needs]
    within: dict[str, _Needs]
    longest: int


@cache
def _keys() -> _Keys:
    tables: tuple[dict[str, set[tuple[str, str]]], ...] = tuple(defaultdict(set) for _ in range(3))
    whole, begins, within = tables
    for name, stems in languages().items():
        for kind in _KINDS:
            for stem in getattr(stems, kind).casefold().split("|"):
                *inner, last = ordered(stem)
                key = max(inner, key=len, default="")
                # A stem may go on where it ends: its last word stands for all that begin so.
                is_last = len(last) > len(key)
                table = within if name in _UNSPACED else begins if is_last else whole
                table[last if is_last else key].add((name, kind))
    return _Keys(_frozen(whole), _frozen(begins), _frozen(within), max(map(len, begins)))


def _frozen(table: dict[str, set[tuple[str, str]]]) -> dict[str, _Needs]:
    return {key: frozenset(needs) for key, needs in table.items()}


@cache
def _compiled(name: str) -> re.Pattern[str]:
    return re.compile(_phrase(languages()[name], is_spaced=name not in _UNSPACED), re.IGNORECASE)


def _phrase(stems: Stems, *, is_spaced: bool) -> str:
    ignore, rules, give, score = (rf"(?<!\w)(?:{words})\w*" for words in stems[:4])
    nought = rf"(?<![\w.,])(?:{stems.nought}|0)(?![\w.,]\d|\w{{4}})"
    if not is_spaced:
        ignore, rules, give, score = (rf"(?:{words})" for words in stems[:4])
        nought = rf"(?:{stems.nought}|0)"
    alternatives = (
        rf"{ignore}{_GAP}{rules}",
        rf"{rules}{_GAP}{ignore}",
        rf"{give}{_NEAR}{score}{_NEAR}{nought}",
        rf"{give}{_NEAR}{nought}{_NEAR}{score}",
        rf"{score}{_NEAR}{nought}{_NEAR}{give}",
        rf"{nought}{_NEAR}{score}{_NEAR}{give}",
    )
    return "|".join(alternatives)
