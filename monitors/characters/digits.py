"""Digits of another script or form among plain ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from monitors.characters.choice import choice_bits
from monitors.characters.finding import CERTAIN, CERTAIN_BITS, CHOICE_LIMIT, Finding, soft
from monitors.characters.given import Given
from monitors.characters.kinds import Kind, members

_FREE_BITS = 2.0
_FEWEST = 4
_EAST_ASIAN = re.compile("[\u2e80-\ufeff\uff65-\uffdc\U00020000-\U0003ffff]")


def findings(text: str, kinds: Mapping[Kind, str], given: Given, /) -> Iterator[Finding]:
    """Numbers that mix both, and a choice of one or the other number by number, outside text of that script."""
    chars = "".join(char for char in kinds.get(Kind.DIGIT, "") if not _is_at_home(text, char))
    if not chars:
        return
    others = members(chars)
    spans = [match.span() for match in others.finditer(text) if not given.has_run(text, *match.span())]
    if len(spans) < _FEWEST:
        return
    numbers = re.findall(rf"(?:[0-9]|{others.pattern})+", text)
    is_mixed = sum(not number.isascii() and others.sub("", number) != "" for number in numbers) >= 2
    bits = choice_bits([not char.isascii() for number in numbers for char in number])
    suspicion = CERTAIN if is_mixed and bits >= CERTAIN_BITS else soft(bits - _FREE_BITS, CHOICE_LIMIT)
    if bits > _FREE_BITS:
        yield Finding(Kind.DIGIT, tuple(spans), suspicion, bits)


def _is_at_home(text: str, char: str) -> bool:
    """Letters of the same script stand in the text, or for fullwidth forms East Asian text."""
    if unicodedata.decomposition(char).startswith("<wide>"):
        return _EAST_ASIAN.search(text) is not None
    if unicodedata.decomposition(char):
        return False
    block = ord(char) & ~0x7F
    return any(block <= ord(other) < block + 0x80 and other.isalpha() for other in set(text))
