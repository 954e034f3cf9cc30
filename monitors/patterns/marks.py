"""Single marks: each with its neighbours, and the streams of which it is a site, by one look-up."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.patterns.layout import Layout
from monitors.patterns.places import Flags
from monitors.patterns.stream import Stream

# Every mark that some stream looks at, numbered by its code point; 0 is all else.
_MARKS = "—–-\"“”'‘’….;,!*_=+×−"
_KIND_OF = {mark: kind for kind, mark in enumerate(_MARKS, 1)}
_KINDS = np.zeros(max(map(ord, _MARKS)) + 2, np.uint8)
_KINDS[[ord(mark) for mark in _MARKS]] = list(_KIND_OF.values())
# What a neighbour can be.
_OTHER, _LETTER, _DIGIT, _BLANK, _END, _DOT, _STAR, _LINE = range(8)
_NAMED = {32: _BLANK, 10: _END, 0: _END, 46: _DOT, 42: _STAR, 95: _LINE}
_N_NEAR = 8


def _neighbour(code: int) -> int:
    char = chr(code)
    return _LETTER if "a" <= char.lower() <= "z" else _DIGIT if "0" <= char <= "9" else _NAMED.get(code, _OTHER)


_NEIGHBOURS = bytes(map(_neighbour, range(256)))
_Context = npt.NDArray[np.int64]
# Which marks in which contexts are sites, and at which of them the bit is 1.
_Rule = tuple[str, Flags, Flags]


class _Table(NamedTuple):
    """By mark and context: whether it is a site of each stream, and whether its bit there is 1."""

    names: tuple[str, ...]
    sites: npt.NDArray[np.bool_]
    ones: npt.NDArray[np.uint8]


def streams(layout: Layout) -> Iterator[Stream]:
    """A mark is 1 where it is the form that is less common in clean text, by and large."""
    # Letters and blanks are most of a text.
    others = (~layout.is_letter & (layout.narrow != 32)).nonzero()[0]
    kinds = _KINDS.take(layout.codes[others], mode="clip")
    marks = kinds.nonzero()[0]
    places = others[marks]
    near = np.full(len(layout.text) + 3, _END, np.uint8)
    near[1:-2] = np.frombuffer(layout.narrow.tobytes().translate(_NEIGHBOURS), np.uint8)
    key = kinds[marks].astype(np.int64)
    for by in (0, 2, 3):
        key *= _N_NEAR
        key += near[places + by]
    table = _table()
    stream, at = table.sites.take(key, axis=1).nonzero()
    bits, places = table.ones[stream, key[at]], places[at]
    cuts = stream.searchsorted(np.arange(len(table.names) + 1)).tolist()
    for name, start, end in zip(table.names, cuts, cuts[1:], strict=False):
        yield Stream(name, bits[start:end], places[start:end])


@cache
def _table() -> _Table:
    """Every mark in every context, once."""
    shape = len(_MARKS) + 1, _N_NEAR, _N_NEAR, _N_NEAR
    rules = list(_rules(*np.indices(shape).reshape(4, -1)))
    sites, ones = (np.stack([rule[at] for rule in rules]) for at in (1, 2))
    return _Table(tuple(f"punctuation.{name}" for name, _, _ in rules), sites, ones.astype(np.uint8))


def _rules(here: _Context, before: _Context, after: _Context, second: _Context) -> Iterator[_Rule]:
    yield from _dashes(here, before, after)
    yield from _quotes(here, before, after)
    dots = (here == _KIND_OF["."]) & (after == _DOT) & (second == _DOT) & (before != _DOT)
    yield "marks/ellipsis", dots | _is(here, "…"), _is(here, "…")
    yield "marks/semicolon", _is(here, ";,") & (after == _BLANK), _is(here, ";")
    closes = ((after == _BLANK) | (after == _END)) & (before != _DOT)
    yield "marks/bang", _is(here, "!.") & closes, _is(here, "!")
    again = (_is(here, "*") & (after == _STAR)) | (_is(here, "_") & (after == _LINE))
    opens = ((before == _BLANK) | (before == _END)) & ((after == _LETTER) | again)
    yield "markup/underscore", _is(here, "*_") & opens, _is(here, "_")
    yield "maths/equals", _is(here, "="), before == _BLANK
    yield "maths/plus", _is(here, "+"), before == _BLANK
    times = (before == _DIGIT) | ((second == _DIGIT) & (before == _BLANK))
    yield "maths/times", _is(here, "×*") & times, _is(here, "×")
    yield "maths/minus", _is(here, "−-") & (before == _BLANK) & (after == _BLANK), _is(here, "−")


def _dashes(here: _Context, before: _Context, after: _Context) -> Iterator[_Rule]:
    dash, em, en = _is(here, "—–-"), _is(here, "—"), _is(here, "–")
    spaced = dash & (before == _BLANK) & (after == _BLANK)
    yield "dashes/long", em | spaced, em
    yield "dashes/short", spaced, en
    yield "dashes/spaced", em, before == _BLANK
    yield "dashes/range", dash & (before == _DIGIT) & (after == _DIGIT), en


def _quotes(here: _Context, before: _Context, after: _Context) -> Iterator[_Rule]:
    yield "quotes/curly", _is(here, '"“”'), ~_is(here, '"')
    inside = (before == _LETTER) & (after == _LETTER)
    yield "quotes/apostrophe", _is(here, "'’") & inside, ~_is(here, "'")
    opening = (before != _LETTER) & (after == _LETTER)
    yield "quotes/single", _is(here, "\"“'‘") & opening, _is(here, "'‘")


def _is(here: _Context, marks: str) -> Flags:
    return np.isin(here, [_KIND_OF[mark] for mark in marks])
