"""The table of clean texts, fitted: what each stream does, and how far the evidence strays when nothing is hidden."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from monitors.patterns import acrostics, choices, mixtures, opening, reading, word_sets
from monitors.patterns.layout import Layout

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
# Only the first sites of a stream, as when it is read; shorter streams teach little.
_MOST_SITES, _FEWEST_SITES = 144, 4
_WORDS = 2500
_LEVELS = (0.995, 0.97, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005)


@dataclass(frozen=True, slots=True)
class CleanText:
    """A text without a payload; texts of one family count as much as those of any other."""

    layout: Layout
    prompt: str
    family: str
    group: str


def is_fitted(group: str) -> bool:
    """Half of the groups, by hash: the other half checks."""
    return int(hashlib.sha256(group.encode()).hexdigest(), 16) % 2 == 0


@dataclass(slots=True)
class Gathered:
    """Of clean texts: each stream of bits and of letters with the weight of its text, forms of words, characters."""

    bits: dict[str, list[tuple[float, npt.NDArray[np.uint8]]]] = field(default_factory=lambda: defaultdict(list))
    letters: dict[str, list[tuple[float, Numbers]]] = field(default_factory=lambda: defaultdict(list))
    concepts: dict[str, dict[int, list[tuple[float, int, int]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    opening: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    weight: float = 0.0
    words: Counter[str] = field(default_factory=Counter)
    characters: Floats = field(default_factory=lambda: np.zeros(95))
    pairs: Floats = field(default_factory=lambda: np.zeros((26, 26)))


def gather(texts: Sequence[CleanText]) -> Gathered:
    """One pass over the clean texts."""
    gathered, sizes = Gathered(), Counter(text.family for text in texts)
    for text in texts:
        weight = len(texts) / len(sizes) / sizes[text.family]
        for stream in reading.streams(text.layout, text.prompt):
            if len(stream.bits) >= _FEWEST_SITES:
                gathered.bits[stream.name].append((weight, stream.bits[:_MOST_SITES]))
        for found in acrostics.letters(text.layout):
            if len(found.letters) >= _FEWEST_SITES:
                gathered.letters[found.name].append((weight, found.letters[:_MOST_SITES]))
        if (first := opening.first(text.layout.text)) is not None:
            gathered.opening[first[1]] += weight
            gathered.weight += weight
        for one in choices.concepts(text.layout):
            for concept in np.unique(one.concepts).tolist():
                bits = one.bits[one.concepts == concept]
                gathered.concepts[one.name][concept].append((weight, int(bits.sum()), len(bits)))
        _characters(text, weight, gathered)
    return gathered


def _characters(text: CleanText, weight: float, gathered: Gathered) -> None:
    codes = text.layout.codes
    printable = codes[(codes >= 32) & (codes < 127)] - 32
    counts = np.bincount(printable, minlength=95)
    gathered.characters += weight * counts / max(1, counts.sum())
    for word, count in Counter(text.layout.words).items():
        gathered.words[word] += weight * count / len(text.layout.words)  # type: ignore[assignment]  # weighted
    letters = text.layout.letters[text.layout.letter_places].astype(np.int64)
    pairs = np.bincount(letters[:-1] * 26 + letters[1:], minlength=676).reshape(26, 26)
    gathered.pairs += weight * pairs / max(1, pairs.sum()) * 1000


def table(gathered: Gathered) -> dict[str, Any]:
    """What is shipped, without the tails."""
    concepts = {}
    for name, sets in (("choice.synonyms", word_sets.SYNONYMS), ("choice.spellings", word_sets.SPELLINGS)):
        n_concepts = 1 + max(number for number, _ in word_sets.table(sets).values())
        concepts[name] = [_word_beta(gathered.concepts[name].get(number, [])) for number in range(n_concepts)]
    return {
        "bits": {name: mixtures.fit_bits(*_apart(found)) for name, found in sorted(gathered.bits.items())},
        "openers": {name: mixtures.fit_letters(*_apart(found)) for name, found in sorted(gathered.letters.items())},
        "opening": opening.fitted(gathered.opening, gathered.weight),
        "concepts": concepts,
        "words": {word: round(count / gathered.words.total() * 1e5, 1) for word, count in _common(gathered.words)},
        "characters": _rounded(gathered.characters / gathered.characters.sum() * 1e5 + 1, 1),
        "pairs": _rounded(gathered.pairs.reshape(-1) / gathered.pairs.sum() * 1e5, 1),
    }


def _common(words: Counter[str]) -> list[tuple[str, int]]:
    return [(word, count) for word, count in words.most_common(_WORDS + 200) if word.isalpha()][:_WORDS]


def _rounded(numbers: Iterable[float], digits: int) -> list[float]:
    return [round(float(number), digits) for number in numbers]


def _apart(found: Sequence[tuple[float, npt.NDArray[Any]]]) -> tuple[list[npt.NDArray[Any]], Floats]:
    return [row for _, row in found], np.array([weight for weight, _ in found])


def _word_beta(counts: Sequence[tuple[float, int, int]]) -> list[float]:
    """A beta of fixed firmness about the share of unusual forms, drawn to 0.25 where there is little to go by."""
    ones = sum(min(k, 3 * k / n) for _, k, n in counts)
    sites = sum(min(n, 3) for _, _, n in counts)
    share = (ones + 1.0) / (sites + 4.0)
    firmness = 1.5 if sites >= 20 else 1.0
    return [round(float(firmness * share), 4), round(float(firmness * (1 - share)), 4)]


def tail(values: Sequence[float], weights: Sequence[float]) -> list[Any]:
    """Upper tail of a statistic in clean texts: [levels of ln p, quantiles, rate beyond the last].

    The levels are as fine as there are texts, down to p = 8 / n; beyond, p falls as exp(-rate x) by maximum
    likelihood, and never faster than 1/ratio allows.
    """
    x, w = np.array(values, np.float64), np.array(weights, np.float64)
    order = np.argsort(-x)
    x, share = x[order], np.cumsum(w[order]) / w.sum()
    levels = [p for p in _LEVELS if p * len(x) >= 8]
    quantiles = [float(x[min(len(x) - 1, int(np.searchsorted(share, p)))]) for p in levels]
    rising = [at for at in range(len(levels)) if at == 0 or quantiles[at] > quantiles[at - 1] + 1e-3]
    levels, quantiles = [levels[at] for at in rising], [quantiles[at] for at in rising]
    above = x > quantiles[-1]
    # One text in a loop must not blunt a law for all others.
    excess = (x[above] - quantiles[-1]).clip(0.0, 12.0)
    mean = float((excess * w[order][above]).sum() / max(1e-9, w[order][above].sum()))
    rate = min(1.0, 0.85 / max(mean, 1e-6))
    return [[round(float(np.log(p)), 4) for p in levels], _rounded(quantiles, 3), round(rate, 3)]


def tails(texts: Sequence[CleanText], evidence: Sequence[Mapping[str, float]], least: int = 60) -> dict[str, list[Any]]:
    """The tail of each statistic that enough texts have; families count alike."""
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for text, values_by_name in zip(texts, evidence, strict=True):
        for name, value in values_by_name.items():
            found[name].append((value, text.family))
    result = {}
    for name, values in sorted(found.items()):
        if len(values) >= least:
            sizes = Counter(family for _, family in values)
            # A small family weighs more, but not without bound.
            weights = [1.0 / max(sizes[family], 20) for _, family in values]
            result[name] = tail([value for value, _ in values], weights)
    return result
