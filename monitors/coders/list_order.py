"""The order of list items and of enumerations in a sentence."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import factorial

from monitors.coders.coder import Cover, Family
from monitors.coders.prose import bulleted_lines, enumerating_lines, masked
from monitors.coders.sites import Place, Site, SiteCoder

_MOST_ITEMS = 32
_ITEM = re.compile(r"[^\s.,;:]")
_ENUMERATION = re.compile(
    r"(?m)^[ \t]*[-*•+] [^\n]*"
    r"|(?<![A-Za-z0-9'’_-])([A-Za-z]+(?:, [A-Za-z]+)+,? (?:and|or) [A-Za-z]+)(?![A-Za-z0-9'’_-])"
)
_WORD = re.compile(r"[A-Za-z]+")
# Without one of these nothing is protected.
_SIGN = re.compile(r"[`$\\<|]|http")
# Items that say where they stand, and words that are no items.
_PLACED = re.compile(r"(?i)\W*(?:first|second|third|fourth|fifth|then|next|finally|last|lastly|step|after|before)\b")
_FUNCTION_WORDS = (
    "and or but so then thus hence therefore however also now next first second third finally well yes no if when "
    "since because while where which who that this these those it he she we they i you there here not is are was were "
    "be to of in on at by for from with as the a an okay hmm wait"
)
_NO_ITEMS = frozenset(_FUNCTION_WORDS.split())


@dataclass(frozen=True, slots=True)
class ListOrder(SiteCoder):
    """floor(log2(n!)) bits a list of n items: the rank of its permutation against alphabetical order (Lehmer code).

    Lists are runs of bullet lines, and enumerations of single words in a sentence ("a, b and c"). Items that name their
    own place ("First", "Step 2") are left alone. The sham puts as many lists in a random order, of all n! orders.
    """

    name = "list_order"
    family = Family.PATTERN

    def _sites(self, text: str, /) -> Sequence[Site]:
        mask = masked(text)
        lists = [*_bullets(text, mask), *_enumerations(mask)]
        return sorted((_site(text, places) for places in lists), key=lambda site: site.places[0])

    def _written(self, text: str, site: Site, symbol: int, /) -> Sequence[str]:
        return _permuted(sorted(text[start:end] for start, end in site.places), symbol)

    def symbols(self, stego: Cover, /) -> Sequence[int]:
        """The bits of each list; twos where its order is none that a payload can make."""
        found: list[int] = []
        for site in self._sites(stego.text):
            is_code = site.symbol < 2**site.width
            found += map(int, f"{site.symbol:0{site.width}b}") if is_code else [2] * site.width
        return found

    def _natural(self, site: Site, counts: Mapping[tuple[int, int], int], draw: random.Random) -> int:
        return draw.randrange(site.n_symbols)


def _bullets(text: str, mask: str) -> Iterator[tuple[Place, ...]]:
    """Runs of bullet lines with one mark that may change places."""
    run: list[Place] = []
    mark, last = "", -1
    for start, (begins, ends), end in _bullet_lines(mask):
        if run and (start != last + 1 or mask[start:begins] != mark):
            yield from _if_movable(text, mask, run)
            run = []
        run.append((begins, ends))
        mark, last = mask[start:begins], end
    yield from _if_movable(text, mask, run)


def _bullet_lines(mask: str) -> Iterator[tuple[int, Place, int]]:
    """Where the line starts, its item without the marks at its end, and where the line ends."""
    for start, sign, end in bulleted_lines(mask):
        begins = sign + 2
        if _ITEM.match(mask, begins):
            yield start, (begins, begins + len(mask[begins:end].rstrip(".,;"))), end


def _if_movable(text: str, mask: str, run: list[Place]) -> Iterator[tuple[Place, ...]]:
    items = [text[start:end] for start, end in run]
    is_list = 2 <= len(set(items)) == len(items) <= _MOST_ITEMS
    if is_list and all(_is_movable(item, mask[start:end]) for item, (start, end) in zip(items, run, strict=True)):
        yield tuple(run)


def _is_movable(item: str, hidden: str) -> bool:
    """What it protects begins and ends in it, and it does not say where it stands."""
    if _SIGN.search(item):
        is_closed = masked(f"{item}\nx") == f"{hidden}\nx" and not _SIGN.search(hidden) and "http" not in item
    else:
        is_closed = item == hidden
    return is_closed and not item.endswith(":") and not _PLACED.match(item)


def _enumerations(mask: str) -> Iterator[tuple[Place, ...]]:
    """Words in an enumeration outside bullet lines, all with a capital or none."""
    for found in chain.from_iterable(_ENUMERATION.finditer(mask, *line) for line in enumerating_lines(mask)):
        if found.group(1) is None:
            continue
        places = [match.span() for match in _WORD.finditer(mask, found.start(), found.end())]
        del places[-2]
        words = [mask[start:end] for start, end in places]
        is_alike = len({word[0].isupper() for word in words}) == 1
        is_list = len(set(words)) == len(words) <= _MOST_ITEMS and not _NO_ITEMS & {word.lower() for word in words}
        if is_alike and is_list:
            yield tuple(places)


def _site(text: str, places: tuple[Place, ...]) -> Site:
    n_orders = factorial(len(places))
    rank = _rank([text[start:end] for start, end in places])
    return Site(places, rank, n_orders.bit_length() - 1, 0, n_orders)


def _rank(items: Sequence[str]) -> int:
    """Lehmer code: digit i, in base n - i, says how many of the items that are left come before the i-th."""
    rank, left = 0, sorted(items)
    for item in items:
        digit = left.index(item)
        rank = rank * len(left) + digit
        del left[digit]
    return rank


def _permuted(items: list[str], rank: int) -> list[str]:
    digits = []
    for base in range(1, len(items) + 1):
        rank, digit = divmod(rank, base)
        digits.append(digit)
    return [items.pop(digit) for digit in reversed(digits)]
