"""Soft hyphens in words: a typesetter sets them in all long words, or one at each line's end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from monitors.characters.coin import even_bits
from monitors.characters.finding import CHOICE_LIMIT, FORM_LIMIT, Finding, form_bits, soft
from monitors.characters.given import Given
from monitors.characters.kinds import Kind
from monitors.characters.spelling import spelt

SOFT_HYPHEN = "\xad"
_FEWEST = 4
_FREE_BITS = 4.0
# Lines of a narrow column are longer than this.
_SHORT_LINE = 30
_WORD = re.compile("[^\\W\\d_](?:\xad?[^\\W\\d_])*")


def soft_hyphens(text: str, given: Given, /) -> Iterator[Finding]:
    """Which words are hyphenated, of those that are as long as the shortest that is."""
    sites = [match.span() for match in re.finditer("(?<=[^\\W\\d_])\xad(?=[^\\W\\d_])", text)]
    sites = [span for span in sites if not given.has_run(text, *span)]
    if len(sites) < _FEWEST:
        return
    words = [match.group() for match in _WORD.finditer(text)]
    lengths = [len(word) - word.count(SOFT_HYPHEN) for word in words]
    shortest = min(length for word, length in zip(words, lengths, strict=True) if SOFT_HYPHEN in word)
    long = [(SOFT_HYPHEN in word, length) for word, length in zip(words, lengths, strict=True) if length >= shortest]
    has_one = [one for one, _ in long]
    first = has_one.index(True)
    payload = spelt("".join("01"[one] for one in has_one))
    near = sum(after - before < _SHORT_LINE for (before, _), (after, _) in pairwise(sites))
    bits = even_bits(has_one[first:], _FREE_BITS, [[min(length, 9) for _, length in long[first:]]])
    is_chosen = 3 * near >= len(sites) and bits > _FREE_BITS
    suspicion = soft(bits - _FREE_BITS, CHOICE_LIMIT) if is_chosen else soft(form_bits(SOFT_HYPHEN), FORM_LIMIT)
    if payload or is_chosen:
        yield Finding(Kind.UNSEEN, tuple(sites), max(suspicion, float(bool(payload))), bits, payload)
