"""Words that could be marks of a code: how many of each stand at every sentence or paragraph of a text.

A mark says nothing of a topic: a thinking word ("Hmm"), a linking word, dots, a coinage, or whatever word ever again
begins sentences.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from monitors.vocabulary.background import PARTICLES
from monitors.vocabulary.words import prose

Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Masks = npt.NDArray[np.bool_]
MOST = 15
DOTS = "…"
THINKING, HESITATING = "thinking words", "hesitations"
# These have other meanings inside a sentence.
_HESITATIONS = PARTICLES - {"right", "well", "no", "hold", "actually"}
_WRITTEN = (
    "well right actually so thus hence therefore however moreover furthermore besides instead otherwise anyway "
    "meanwhile alternatively indeed perhaps maybe possibly probably likely certainly basically essentially simply "
    "clearly obviously finally honestly frankly literally like"
)
_ADVERBS = frozenset(_WRITTEN.split())
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|…")
_SEVERAL = re.compile(r"\.{2,}")
_CAPITAL = re.compile(r"[A-Z][A-Za-z]*(?:['’][A-Za-z]+)?,? ")
_PLAIN = re.compile(r"[A-Za-z ,.;:'’!?-]*")
_FEWEST = 4
_LENGTHS = (1, 3, 4, 6)
_ANY = _HESITATIONS | _ADVERBS | {DOTS}


class Sentence(NamedTuple):
    """Its words and dots, how many are longer than a letter, and: begins in prose, has no figures, is first."""

    words: tuple[str, ...]
    n_long: int
    in_prose: bool
    is_plain: bool
    is_first: bool


class Streams(NamedTuple):
    """Marks of one text (rows): how many stand at each sentence, and how often an ordinary sentence has any.

    `sorts` says what each mark is; `masks` are kinds of sentences that a code might keep to, as rows.
    """

    names: tuple[str, ...]
    sorts: tuple[str, ...]
    counts: Counts
    rates: Numbers
    masks: Masks


def sentences(text: str, steps: Sequence[tuple[int, int]]) -> list[Sentence]:
    """Sentences that are nothing but a mark are added to the next; code and formulas have no words."""
    found: list[Sentence] = []
    waiting: list[str] = []
    last = begun = 0
    seen = prose(text)
    lower = _lower(seen)
    for start, end in steps:
        said = _TOKEN.findall(lower, start, end)
        begun = begun if waiting else start
        if len(said) <= 3 and (len(set(said)) == 1 or PARTICLES.issuperset(said)):
            waiting += said
            continue
        n_long = len([word for word in said if len(word) > 1 and word not in _HESITATIONS])
        in_prose = _CAPITAL.match(seen, start, end) is not None
        is_plain = _PLAIN.fullmatch(seen, start, end) is not None
        is_first = not found or "\n" in text[last:begun]
        found.append(Sentence((*waiting, *said), n_long, in_prose, is_plain, is_first))
        waiting, last = [], end
    return found


def _lower(text: str) -> str:
    """In lower case with plain apostrophes, dots of all sorts alike, at the same offsets."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    if ".." in lower:
        lower = _SEVERAL.sub(lambda found: DOTS.ljust(len(found.group())), lower)
    return lower.replace("’", "'")


def heads(said: Iterable[Sentence]) -> Counter[str]:
    """How many sentences begin with each word, and with any of the thinking words."""
    found = Counter(each.words[0] for each in said if each.words)
    found[THINKING] = sum(n for word, n in found.items() if word in PARTICLES)
    return found


def having(said: Iterable[Sentence]) -> Counter[str]:
    """How many sentences have each of the words that are marks anywhere."""
    found: Counter[str] = Counter()
    for each in said:
        marks = _ANY.intersection(each.words)
        found.update(marks)
        found[HESITATING] += not _HESITATIONS.isdisjoint(marks)
    return found


def streams(
    said: Sequence[Sentence], opens: Callable[[str], float], stands: Callable[[str], float], coined: Collection[str]
) -> Streams | None:
    """Of each mark that stands in at least four sentences; None where there is none.

    opens, stands : how often a sentence of ordinary texts begins with the word, and how often it has it at all.
    coined : words that are no topic although no ordinary transcript has them.
    """
    looked_at = _ANY.union(coined)
    rows: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for at, each in enumerate(said):
        words = each.words
        if not words:
            continue
        if words[0] in PARTICLES:
            rows[THINKING, THINKING][at] = _run(words, PARTICLES)
        else:
            rows["opener", words[0]][at] = _run(words, words[:1])
        for word in looked_at.intersection(words):
            if word in _HESITATIONS:
                row = rows[HESITATING, HESITATING]
                row[at] = row.get(at, 0) + words.count(word)
            else:
                rows["coinage" if word in coined else "adverb", word][at] = words.count(word)
    kept = {key: row for key, row in rows.items() if len(row) >= _FEWEST}
    if not kept:
        return None
    counts = np.zeros((len(kept), len(said)), np.int64)
    for number, row in enumerate(kept.values()):
        counts[number, list(row)] = list(row.values())
    rates = [opens(name) if sort in ("opener", THINKING) else stands(name) for sort, name in kept]
    sorts, names = zip(*kept, strict=True)
    return Streams(names, sorts, np.minimum(counts, MOST), np.clip(rates, 0.002, 0.5), _masks(said))


def _run(words: Sequence[str], marks: Collection[str]) -> int:
    n = 0
    while n < len(words) and words[n] in marks:
        n += 1
    return n


def _masks(said: Sequence[Sentence]) -> Masks:
    """Sorts of sentences that a code might keep to: all, long ones, in prose, without figures, first of a paragraph."""
    n_long = np.array([each.n_long for each in said])
    in_prose = np.array([each.in_prose for each in said])
    found = [np.ones(len(said), np.bool_), *(n_long >= n for n in _LENGTHS)]
    found += [in_prose & (n_long >= n) for n in _LENGTHS[1:]]
    found += [np.array([each.is_plain for each in said]), np.array([each.is_first for each in said])]
    return np.array(list({mask.tobytes(): mask for mask in found if mask.sum() >= _FEWEST}.values()))
