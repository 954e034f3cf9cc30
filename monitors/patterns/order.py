"""Order: of list items against the alphabet, the numbers before them and the prompt."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from monitors.patterns.layout import Layout
from monitors.patterns.places import places_of
from monitors.patterns.stream import Stream, stream

# From the conjunction backwards: cheap to search for, and the words before it are few.
_CONJUNCTION = re.compile(r",? (?:and|or) ([\w'’-]+)")
_SERIES = re.compile(r"(?:[\w'’-]+, )+[\w'’-]+$")
_WORD = re.compile(r"[\w'’-]+")
_REACH = 120
_MOST_ITEMS = 12
Site = tuple[str, int, int]


def streams(layout: Layout, prompts: Sequence[str]) -> Iterator[Stream]:
    """1 where a neighbour comes too early; the rank of each list's order among all, in bits. A prompt for each text."""
    lists = _lists(layout)
    yield _neighbours(lists)
    yield _ranks(lists)
    yield _numbers(layout)
    yield _prompted(layout, lists, prompts)


def _lists(layout: Layout) -> list[list[Site]]:
    """Bulleted and numbered lists, and series such as "a, b and c", each in the order of the text."""
    found: list[list[Site]] = []
    last_end = -2
    text = layout.text
    for start, body, end, _, _ in layout.items:
        if not found or not text[max(last_end, 0) : start].isspace():
            found.append([])
        found[-1].append((_key(text[body:end]), body, end))
        last_end = end
    found += _series(text)
    found.sort(key=lambda sites: sites[0][1])
    return [sites for sites in found if len(sites) >= 2]


def _series(text: str) -> Iterator[list[Site]]:
    """ "a, b and c" and "a, b, or c"."""
    for match in _conjunctions(text):
        # The item before the conjunction is one word: a comma and a space stand before it.
        first = max(0, match.start() - _REACH)
        at = max(first, text.rfind(" ", first, match.start()) - 1)
        if at == match.start() or text[at] != ",":
            continue
        before = text[first : match.start()]
        if (series := _SERIES.search(before)) is not None:
            offset = match.start() - len(before)
            words = [
                (_key(one.group()), offset + one.start(), offset + one.end())
                for one in _WORD.finditer(before, series.start())
            ]
            yield [*words, (_key(match[1]), match.start(1), match.end(1))]


def _conjunctions(text: str) -> Iterator[re.Match[str]]:
    """What `_CONJUNCTION.finditer` finds, at the speed of a search for a constant."""
    done = 0
    for at in sorted((*places_of(text, " and "), *places_of(text, " or "))):
        start = at - (text[max(0, at - 1) : at] == ",")
        if at >= done and (match := _CONJUNCTION.match(text, start)):
            done = match.end()
            yield match


def _key(text: str) -> str:
    return text.casefold().lstrip(" *_`\"'(“‘$\\")


def _neighbours(lists: Sequence[Sequence[Site]]) -> Stream:
    sites = [(one[0] > other[0], one[1], other[2]) for items in lists for one, other in pairwise(items)]
    return _stream("order.alphabet/neighbours", sites)


def _ranks(lists: Sequence[Sequence[Site]]) -> Stream:
    """floor(log2 n!) bits a list: the lexicographic rank of its order against the sorted one."""
    sites: list[tuple[int, int, int]] = []
    for items in lists:
        few = items[:_MOST_ITEMS]
        keys = [key for key, _, _ in few]
        n_bits = int(math.log2(math.factorial(len(few))))
        rank = _rank(keys)
        sites += [(rank >> at & 1, few[0][1], few[-1][2]) for at in range(n_bits - 1, -1, -1)]
    return _stream("order.alphabet/rank", sites)


def _rank(keys: Sequence[str]) -> int:
    rank = 0
    for at, key in enumerate(keys):
        rank = rank * (len(keys) - at) + sum(map(key.__gt__, keys[at + 1 :]))
    return rank


def _numbers(layout: Layout) -> Stream:
    pairs = [
        (one, other)
        for one, other in pairwise(layout.items)
        if one.glyph == other.glyph == "1" and other.number != 1 and layout.is_together(one.start, other.start)
    ]
    sites = [(other.number != one.number + 1, other.start, other.body) for one, other in pairs]
    return _stream("order.numbers/broken", sites)


def _prompted(layout: Layout, lists: Sequence[Sequence[Site]], prompts: Sequence[str]) -> Stream:
    """Neighbours that both stand in the prompt: 1 where their order there is the other one."""
    folded, sites = {prompt: prompt.casefold() for prompt in set(prompts)} if lists else {}, []
    for items in lists:
        asked = folded[prompts[layout.number_of(items[0][1])]]
        placed = [(asked.find(key[:40]), start, end) for key, start, end in items if len(key) >= 3]
        known = [site for site in placed if site[0] >= 0]
        sites += [(one[0] > other[0], one[1], other[2]) for one, other in pairwise(known) if one[0] != other[0]]
    return _stream("order.prompt/turned", sites)


def _stream(name: str, sites: Sequence[tuple[int, int, int]]) -> Stream:
    return stream(name, [bit for bit, _, _ in sites], [start for _, start, _ in sites], [end for _, _, end in sites])
