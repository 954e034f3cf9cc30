"""Orders to one who judges, in the languages of the world: our own table of stems, not phrases of any one text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple


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


def orders(text: str, /, *, without: Collection[str] = ()) -> Iterator[re.Match[str]]:
    """Where the text orders its reader to ignore rules or to give a score of nought, in other languages than these."""
    for name in _possible(text.casefold()):
        if name not in without:
            yield from _compiled(name).finditer(text)


# Scripts that put no blanks between words.
_UNSPACED = frozenset({"Chinese", "Japanese", "Korean", "Thai"})
_GAP, _NEAR = r"[^.!?。！？\n]{0,40}?", r"[^.!?。！？\n]{0,25}?"
_WORD = re.compile(r"\w+")
_ORDERS = (frozenset({"ignore", "rules"}), frozenset({"give", "score"}))


def _possible(folded: str) -> list[str]:
    """Languages of whose stems the text has those that an order needs: few texts are searched further."""
    present: dict[str, set[str]] = defaultdict(set)
    for word in set(_WORD.findall(folded)):
        for name, kind in _stems_of(word):
            present[name].add(kind)
    if not folded.isascii():
        for name in _UNSPACED:
            stems = languages()[name]
            present[name] = {
                kind for kind in Stems._fields if any(stem in folded for stem in getattr(stems, kind).split("|"))
            }
    return [name for name, kinds in present.items() if any(order <= kinds for order in _ORDERS)]


# The words of texts are few, and the same again and again.
@lru_cache(1 << 16)
def _stems_of(word: str) -> tuple[tuple[str, str], ...]:
    begins, firsts, longest = _beginnings()
    of_length = (begins.get(word[:length], ()) for length in range(1, min(len(word), longest) + 1))
    return (*(pair for pairs in of_length for pair in pairs), *firsts.get(word, ()))


_Pairs = tuple[tuple[str, str], ...]


@cache
def _beginnings() -> tuple[dict[str, _Pairs], dict[str, _Pairs], int]:
    """Language and kind by how a stem of one word begins, and by the first word of longer ones; the longest of both."""
    begins: dict[str, list[tuple[str, str]]] = defaultdict(list)
    firsts: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, stems in languages().items():
        for kind in ("ignore", "rules", "give", "score"):
            for stem in getattr(stems, kind).casefold().split("|"):
                first = _WORD.match(stem)
                if name not in _UNSPACED and first:
                    (firsts if " " in stem else begins)[first.group()].append((name, kind))
    return _frozen(begins), _frozen(firsts), max(map(len, begins))


def _frozen(table: dict[str, list[tuple[str, str]]]) -> dict[str, _Pairs]:
    return {word: tuple(pairs) for word, pairs in table.items()}


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
