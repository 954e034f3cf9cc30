"""Choices of words: synonyms, spellings, contractions, and numbers in digits or in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

import numpy as np
import numpy.typing as npt

from monitors.patterns import known_words, word_sets
from monitors.patterns.layout import Layout, Numbers
from monitors.patterns.stream import Bits, Stream, stream

_SYNONYMS = known_words.concepts(word_sets.SYNONYMS)
_SPELLINGS = known_words.concepts(word_sets.SPELLINGS)
_PRONOUNS = frozenset(word_sets.PRONOUNS.split())
_SUFFIXES = frozenset(("'s", "'re", "'m", "'ll", "'ve", "'d"))
_IS_NEGATED = known_words.marked((*word_sets.VERBS.split(), "can"))
_IS_PRONOUN = known_words.marked(_PRONOUNS)
_IS_FULL = known_words.marked(word_sets.FULL.split())
_IS_NUMERAL = known_words.marked(word_sets.NUMERALS.split())
_CANNOT, _NOT, _US, _LET = (known_words.NUMBERS[word] for word in ("cannot", "not", "us", "let"))
_DIGITS = re.compile(r"(?<![\w.,$^{+\-*/=])(?:1[0-2]|\d) (?=[a-z]{3})")
Known = tuple[npt.NDArray[np.int64], Bits]


@dataclass(frozen=True, slots=True)
class Concepts:
    """Which concept is named at each site, and whether by its usual form (0) or by another (1)."""

    name: str
    concepts: Numbers
    bits: Bits
    starts: Numbers
    ends: Numbers


def concepts(layout: Layout) -> Iterator[Concepts]:
    """Sites where a word of a set stands."""
    yield _concepts("choice.synonyms", _SYNONYMS, layout)
    yield _concepts("choice.spellings", _SPELLINGS, layout)


def streams(layout: Layout) -> Iterator[Stream]:
    """1 for a contraction ("can't", "it's") where 0 is the full form; 1 for a number in a word."""
    yield _contractions(layout)
    yield _numerals(layout)


def _concepts(name: str, known: Known, layout: Layout) -> Concepts:
    which, form = known[0][layout.word_numbers], known[1][layout.word_numbers]
    at = np.flatnonzero(which >= 0)
    return Concepts(name, which[at], form[at], layout.word_starts[at], layout.word_ends[at])


def _contractions(layout: Layout) -> Stream:
    numbers, words = layout.word_numbers, layout.words
    short = [at for at in layout.apostrophe_words.tolist() if _is_contracted(words[at])]
    before = np.append(np.zeros(1, np.int16), numbers[:-1])[: len(numbers)]
    is_full = _IS_FULL[numbers] & _IS_PRONOUN[before] & ((numbers != _US) | (before == _LET))
    full = np.flatnonzero(is_full | ((numbers == _NOT) & _IS_NEGATED[before]))
    cannot = np.flatnonzero(numbers == _CANNOT)
    first, last = np.concatenate((short, cannot, full - 1)), np.concatenate((short, cannot, full))
    order = np.argsort(last)
    first, last = first[order].astype(np.int64), last[order].astype(np.int64)
    bits = order < len(short)
    return stream("choice.contractions/contracted", bits, layout.word_starts[first], layout.word_ends[last])


def _is_contracted(word: str) -> bool:
    head, _, _ = word.partition("'")
    return word.endswith("n't") or word == "let's" or (word[len(head) :] in _SUFFIXES and head in _PRONOUNS)


def _numerals(layout: Layout) -> Stream:
    at = np.flatnonzero(_IS_NUMERAL[layout.word_numbers])
    words = zip(layout.word_starts[at].tolist(), layout.word_ends[at].tolist(), repeat(1))
    table = np.array(sorted((*_digits(layout), *words)), np.int64).reshape(-1, 3)
    return stream("choice.numerals/word", table[:, 2], table[:, 0], table[:, 1])


def _digits(layout: Layout) -> Iterator[tuple[int, int, int]]:
    """Numbers up to twelve before a word."""
    starts, ends = layout.digit_runs
    kept = np.flatnonzero((ends - starts <= 2) & (ends < len(layout.codes)))
    for start in starts[kept[layout.codes[ends[kept]] == 32]].tolist():
        if match := _DIGITS.match(layout.text, start):
            yield start, match.end() - 1, 0
