"""Choices of words: synonyms, spellings, contractions, and numbers in digits or in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from monitors.patterns import word_sets
from monitors.patterns.layout import Layout, Numbers
from monitors.patterns.stream import Bits, Stream, stream

_SYNONYMS = word_sets.table(word_sets.SYNONYMS)
_SPELLINGS = word_sets.table(word_sets.SPELLINGS)
_VERBS = frozenset(word_sets.VERBS.split())
_PRONOUNS = frozenset(word_sets.PRONOUNS.split())
_SUFFIXES = {"'s": "is", "'re": "are", "'m": "am", "'ll": "will", "'ve": "have", "'d": "would"}
_FULL = frozenset((*_SUFFIXES.values(), "has", "had", "us"))
_NUMERALS = frozenset(word_sets.NUMERALS.split())
_DIGITS = re.compile(r"(?<![\w.,$^{+\-*/=])(?:1[0-2]|\d) (?=[a-z]{3})")


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


def _concepts(name: str, table: dict[str, tuple[int, int]], layout: Layout) -> Concepts:
    known = [(at, entry) for at, word in enumerate(layout.words) if (entry := table.get(word)) is not None]
    at = np.array([at for at, _ in known], np.int64)
    return Concepts(
        name,
        np.array([entry[0] for _, entry in known], np.int64),
        np.array([entry[1] for _, entry in known], np.uint8),
        layout.word_starts[at],
        layout.word_ends[at],
    )


def _contractions(layout: Layout) -> Stream:
    words, sites = layout.words, []
    for at, word in enumerate(words):
        before = words[at - 1] if at else ""
        if "'" in word:
            if word.endswith("n't") or word == "let's" or (word[word.index("'") :] in _SUFFIXES and _is_pronoun(word)):
                sites.append((at, at, 1))
        elif word == "cannot" or (word == "not" and (before in _VERBS or before == "can")):
            sites.append((at if word == "cannot" else at - 1, at, 0))
        elif word in _FULL and before in _PRONOUNS and (word != "us" or before == "let"):
            sites.append((at - 1, at, 0))
    return _sites("choice.contractions/contracted", sites, layout)


def _is_pronoun(word: str) -> bool:
    return word.partition("'")[0] in _PRONOUNS


def _sites(name: str, sites: Sequence[tuple[int, int, int]], layout: Layout) -> Stream:
    table = np.array(sites, np.int64).reshape(-1, 3)
    return stream(name, table[:, 2], layout.word_starts[table[:, 0]], layout.word_ends[table[:, 1]])


def _numerals(layout: Layout) -> Stream:
    digits = [(match.start(), match.end() - 1, 0) for match in _DIGITS.finditer(layout.text)]
    starts, ends = layout.word_starts, layout.word_ends
    words = [(int(starts[at]), int(ends[at]), 1) for at, word in enumerate(layout.words) if word in _NUMERALS]
    table = np.array(sorted(digits + words), np.int64).reshape(-1, 3)
    return stream("choice.numerals/word", table[:, 2], table[:, 0], table[:, 1])
