"""Characters that are not drawn: zero width, marks of direction, fillers, joiners of graphemes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitors.characters import context, oddities, selectors
from monitors.characters.choice import choice_bits
from monitors.characters.finding import CERTAIN, CERTAIN_BITS, PRESENCE, Finding, Span, form_bits, graded
from monitors.characters.given import Given
from monitors.characters.hyphenation import SOFT_HYPHEN, soft_hyphens
from monitors.characters.kinds import Kind
from monitors.characters.placement import placed
from monitors.characters.runs import joined, run_choice, runs
from monitors.coders import invisible

_POOL = (Kind.ZERO_WIDTH, Kind.DIRECTION, Kind.UNSEEN)
_SHORTEST_BITS = 16
_LONG_RUN, _LONGEST_RUN = 8, 16
_MANY = 8
# Web pages, mathematical markup, phones and chat programs leave one of these everywhere.
_COPIED = frozenset("\xad\u034f\u061c\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\u2800\u3164\ufeff")
_BRACKETS = frozenset("\u202a\u202b\u202c\u2066\u2067\u2068\u2069")


def findings(text: str, kinds: Mapping[Kind, str], given: Given, /) -> Iterator[Finding]:
    """One finding for each kind; zero-width, direction and other invisible characters are read as one alphabet."""
    if Kind.TAG in kinds:
        yield from selectors.tags(text, runs(text, kinds[Kind.TAG], given))
    if Kind.SELECTOR in kinds:
        yield from selectors.selectors(text, runs(text, kinds[Kind.SELECTOR], given))
        yield from selectors.emoji_forms(text)
    if Kind.OVERRIDE in kinds and (spans := runs(text, kinds[Kind.OVERRIDE], given)):
        yield Finding(Kind.OVERRIDE, tuple(spans), CERTAIN, float(len(spans)))
    if pool := "".join(kinds.get(kind, "") for kind in _POOL):
        yield from _pool(text, kinds, runs(text, pool, given), given)
    if SOFT_HYPHEN in pool:
        yield from soft_hyphens(text, given)
    yield from oddities.findings(text, kinds, given)


def _pool(text: str, kinds: Mapping[Kind, str], spans: list[Span], given: Given) -> Iterator[Finding]:
    spans = [(start, end) for start, end in spans if not _is_ordinary(text, start, end)]
    symbols = joined(text, spans)
    choice = run_choice(symbols, spans)
    if not spans or given.has_sequence(symbols) or (not choice and given.has_characters(symbols)):
        return
    chosen = [span for span in spans if not context.is_break(text, *span)]
    placement, said = placed(text, chosen)
    payload = _payload(symbols, kinds) or said
    is_certain = bool(payload) or placement >= CERTAIN_BITS or any(_is_certain_run(text, *span) for span in spans)
    form = form_bits(symbols)
    suspicion = CERTAIN if is_certain else max(graded(choice, form), PRESENCE * _is_never_written(symbols, spans))
    yield Finding(_kind(symbols, kinds), tuple(spans), suspicion, max(choice, placement, form), payload)


def _is_ordinary(text: str, start: int, end: int) -> bool:
    if text[start:end] == SOFT_HYPHEN:
        return text[start - 1 : start].isalpha() and text[end : end + 1].isalpha() and start > 0
    return context.is_ordinary_unseen(text, start, end)


def _is_never_written(symbols: str, spans: list[Span]) -> bool:
    """Many of two kinds in turn, or of one that nothing leaves behind, or a long row: no choice, and no habit."""
    rest = [char for char in symbols if char not in _BRACKETS]
    is_many = len(rest) >= _MANY and (len(set(rest)) > 1 or not _COPIED.issuperset(rest))
    return is_many or any(end - start >= _LONGEST_RUN for start, end in spans)


def _kind(symbols: str, kinds: Mapping[Kind, str]) -> Kind:
    return max(_POOL, key=lambda kind: sum(map(symbols.count, kinds.get(kind, ""))))


def _payload(symbols: str, kinds: Mapping[Kind, str]) -> str:
    """What zero-width characters alone spell, or all of them together."""
    zero_width = "".join(char for char in symbols if char in kinds.get(Kind.ZERO_WIDTH, ""))
    for read in dict.fromkeys((zero_width, symbols)):
        # Two in turn would read as "UU".
        if len(read) >= _SHORTEST_BITS and choice_bits(read) and (payload := invisible.decode_zero_width(read)):
            return payload
    return ""


def _is_certain_run(text: str, start: int, end: int) -> bool:
    if end - start < 2:
        return False
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    is_in_word = before.isascii() and before.isalpha() and after.isascii() and after.isalpha()
    return is_in_word or (end - start >= _LONG_RUN and len(set(text[start:end])) > 1)
