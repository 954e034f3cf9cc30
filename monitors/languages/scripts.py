"""Unicode scripts of letters, and the runs of a text in scripts beyond Latin."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

# Letters beyond Latin; mathematical letters and emoji are none.
_LETTERS = (
    "\u0370-\u03ff\u0400-\u1cff\u1f00-\u1fff\u2c00-\u2c5f\u2c80-\u2dff\u3040-\ua4cf\ua840-\ud7ff\uf900-\ufaff\ufb1d-\ufdff"
    "\ufe70-\ufefc\uff66-\uffdc\U00010800-\U00010fff\U00011000-\U00011fff\U00020000-\U0003ffff"
)
_RUN = re.compile(f"[{_LETTERS}]+(?:\\d|[^\\w\n]){{0,3}}(?:[{_LETTERS}]+(?:\\d|[^\\w\n]){{0,3}})*")
_WORD = re.compile(f"[{_LETTERS}]+")
# Most characters beyond ASCII are punctuation and symbols, which lie between these.
_FIRST, _SIGNS, _AFTER_SIGNS = 0x370, 0x2000, 0x2C00
_NAMES = {"CJK": "Han", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HALFWIDTH": "Japanese"}
# One character is a syllable or a word.
DENSE = frozenset({"Han", "Japanese", "Hangul"})
_LETTERS_PER_DENSE = 3


class Run(NamedTuple):
    """`text[start:end]` is mostly of one script. `weight` counts a Han character or a syllable as three letters."""

    start: int
    end: int
    script: str
    weight: int


def runs(text: str, /) -> Iterator[Run]:
    """Stretches in scripts beyond Latin that hold at least one word: variables and unit signs are none."""
    for found in _found(text):
        words = _WORD.findall(found.group())
        letters = "".join(words)
        counted = Counter(map(script, letters))
        counted.pop("", None)
        if not counted:
            continue
        name = counted.most_common(1)[0][0]
        is_dense = name in DENSE
        if max(map(len, words)) < (2 if is_dense else 4):
            continue
        end = found.start() + len(found.group().rstrip())
        yield Run(found.start(), end, name, counted.total() * (_LETTERS_PER_DENSE if is_dense else 1))


def _found(text: str) -> Iterator[re.Match[str]]:
    """What `_RUN.finditer` finds, tried only where a letter may stand."""
    if text.isascii():
        return
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    far = (codes >= _FIRST).nonzero()[0]
    signs = (codes[far] >= _SIGNS) & (codes[far] < _AFTER_SIGNS)
    places, done = far[~signs].tolist(), 0
    for place in places:
        if place >= done and (match := _RUN.match(text, place)):
            done = match.end()
            yield match


def without(text: str, /) -> str:
    """Words of scripts beyond Latin blanked; as long as before."""
    return text if text.isascii() else _WORD.sub(lambda found: " " * len(found.group()), text)


@lru_cache(maxsize=8192)
def script(char: str, /) -> str:
    """The script as Unicode names the letter; "" for what is no letter."""
    if not char.isalpha():
        return ""
    first = unicodedata.name(char, "").split(" ", 1)[0].split("-", 1)[0]
    return _NAMES.get(first, first.title())
