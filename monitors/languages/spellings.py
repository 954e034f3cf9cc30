"""Words spelt so that a filter for words does not see them: digits for letters ("h3ll0"), pig latin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, product

from monitors.languages.english import Reading
from monitors.languages.passage import Passage

_LETTER, _DIGIT = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "0134578@$!|+"
_KINDS = bytes(
    ord("a") if chr(byte) in _LETTER else ord("d") if chr(byte) in _DIGIT else ord(".") for byte in range(256)
)
_LEET_WORD = re.compile(
    r"(?<![\w@$!|+])(?=[@$!|+0134578]*[A-Za-z])(?=[A-Za-z]*[@$!|+0134578])[A-Za-z0134578@$!|+]{3,20}(?![\w@$|+])"
)
_MEETING = re.compile(rb"ad|da")
_PLAIN = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "+": "t"}
_PLAIN_CODES = str.maketrans(_PLAIN)
_EITHER = ("i", "l")
_FEWEST_WORDS = 4
# Words of a passage lie no further apart than this.
_GAP = 30
_MOST_BITS = 4.2

_PIG_END = re.compile(r"ay\b")
_PIG_WORD = re.compile(r"\b[A-Za-z]{2,18}ay\b")
_ENGLISH_AY = (
    "day say way may pay play lay okay today stay away display always array delay monday tuesday wednesday thursday "
    "friday saturday sunday birthday holiday yesterday gray clay essay decay replay overlay relay spray tray pray "
    "bay ray hay jay ay yay hooray runway subway railway highway hallway gateway pathway anyway someday weekday "
    "everyday halfway repay portray betray sway x-ray stray display dismay astray crossway ok-ay nay"
)
_NOT_PIG = frozenset(_ENGLISH_AY.split())
_VOWELS = "aeiou"


def leet(text: str, /) -> Iterator[Passage]:
    """Four or more words close together whose digits and signs stand for letters, and which then read as English."""
    data = text.encode("ascii", "replace").translate(_KINDS)
    if b"ada" not in data or data.count(b"ad") + data.count(b"da") < _FEWEST_WORDS:
        return
    for group in _close(list(_leet_words(text, data))):
        # Mostly letters in most words: formulas like 3x and 10a are not.
        start, end = group[0].start(), group[-1].end()
        decoded = _leet_decoded(text[start:end])
        words = decoded.split()
        own = [_leet_decoded(word.group()) for word in group]
        if _reads(" ".join(own)) and _reads(decoded) and len(group) >= 0.25 * len(words):
            yield Passage(start, end, "leetspeak", decoded, 8.0 * len(group))


def _leet_words(text: str, kinds: bytes) -> Iterator[re.Match[str]]:
    """What `_LEET_WORD.finditer` finds, tried only at runs in which a letter and a digit meet."""
    done = 0
    for meeting in _MEETING.finditer(kinds):
        if meeting.start() >= done:
            start = kinds.rfind(b".", 0, meeting.start()) + 1
            if match := _LEET_WORD.match(text, start):
                yield match
            end = kinds.find(b".", start)
            done = end if end >= 0 else len(kinds)


def pig_latin(text: str, /) -> Iterator[Passage]:
    """Four or more words in a row, nearly all of which end in -ay and read as English once turned back."""
    ends = [end.start() for end in _PIG_END.finditer(text)]
    if not any(b - a <= _GAP * _FEWEST_WORDS for a, b in zip(ends, ends[_FEWEST_WORDS - 1 :], strict=False)):
        return
    found = [word for word in _PIG_WORD.finditer(text) if word.group().lower() not in _NOT_PIG]
    for group in _close(found):
        start, end = group[0].start(), group[-1].end()
        words = text[start:end].split()
        if len(group) < 0.7 * len(words):
            continue
        decoded = _PIG_WORD.sub(lambda word: _pig_decoded(word.group()), text[start:end])
        if _reads(decoded):
            yield Passage(start, end, "pig latin", decoded, 8.0 * len(group))


def _close(words: Sequence[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    group: list[re.Match[str]] = []
    for word in words:
        if group and word.start() - group[-1].end() > _GAP:
            if len(group) >= _FEWEST_WORDS:
                yield group
            group = []
        group.append(word)
    if len(group) >= _FEWEST_WORDS:
        yield group


def _leet_decoded(text: str) -> str:
    return " ".join(_leet_word(word) for word in text.split())


def _leet_word(word: str) -> str:
    bare = word.rstrip("!?.,;:")
    if not any(char.isalpha() for char in bare):
        return word
    if not any(char in "1!|" for char in bare):
        return bare.translate(_PLAIN_CODES) + word[len(bare) :]
    options = [_EITHER if char in "1!|" else (_PLAIN.get(char, char),) for char in bare]
    if sum(len(option) > 1 for option in options) > 4:
        options = [option[:1] for option in options]
    return _likeliest(["".join(choice) for choice in product(*options)]) + word[len(bare) :]


def _likeliest(words: Sequence[str]) -> str:
    """The first of those with the fewest bits a letter; read together, two blanks apart."""
    read = Reading("  ".join(words))
    ends = [length + 2 * at for at, length in enumerate(accumulate(map(len, words)))]
    bits = [read.bits(end - len(word), end) for word, end in zip(words, ends, strict=True)]
    return words[bits.index(min(bits))]


def _pig_decoded(word: str) -> str:
    stem = word[:-2]
    found = [stem[:-1]] if stem[-1:] in ("w", "y") and stem[:1].lower() in _VOWELS else []
    sizes = [size for size in (1, 2, 3) if len(stem) > size and not set(stem[-size:].lower()) & set(_VOWELS)]
    found += [stem[-size:] + stem[:-size] for size in sizes]
    return _likeliest(found) if found else word


def _reads(text: str) -> bool:
    read = Reading(text)
    return read.n_letters(0, len(text)) >= 12 and read.bits(0, len(text)) <= _MOST_BITS
