"""A likelihood-ratio test between two classes of symbol sequences, fitted on one half and scored on the other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitors.stats.errors import UndefinedMetric
from monitors.stats.symbol_model import Alphabet, SymbolModel

Floats = NDArray[np.float64]

_COUNT_BINS = 8


class Sites(NamedTuple):
    """What was read at the sites of one text, in order, and how long the text is."""

    symbols: tuple[int, ...]
    n_characters: int


class Ratios(NamedTuple):
    """Log likelihood ratios, parallel to what was given; higher speaks for the positive class."""

    positives: Floats
    negatives: Floats


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """log p(sites | positive) - log p(sites | negative).

    p(sites) = p(how many) p(symbols | how many). The number of sites, and their number a character, are modelled by
    smoothed shares of pooled quantile bins with a bin of its own for none; the symbols by `SymbolModel`.
    """

    alphabet: Alphabet
    reach: int | None
    edges: tuple[Floats, Floats]
    counts: tuple[tuple[Floats, Floats], tuple[Floats, Floats]]
    models: tuple[SymbolModel, SymbolModel]

    @classmethod
    def fit(cls, positives: Sequence[Sites], negatives: Sequence[Sites], reach: int | None = None) -> LikelihoodRatio:
        """Raises UndefinedMetric when a class has no text.

        Parameters
        ----------
        positives, negatives : the texts of both classes.
        reach : the classes differ in at most the first so many sites; None: anywhere.
        """
        if not positives or not negatives:
            raise UndefinedMetric(f"{len(positives)} positive and {len(negatives)} negative texts to fit")
        both = (positives, negatives)
        alphabet = Alphabet.of([text.symbols for text in (*positives, *negatives)])
        edges = (_edges(_numbers(both)), _edges(_rates(both)))
        counts = tuple(
            (_bin_shares(_numbers((texts,)), edges[0]), _bin_shares(_rates((texts,)), edges[1])) for texts in both
        )
        models = tuple(
            SymbolModel.fit(alphabet.code([text.symbols for text in texts], reach), len(alphabet)) for texts in both
        )
        return cls(alphabet, reach, edges, (counts[0], counts[1]), (models[0], models[1]))

    def score(self, texts: Sequence[Sites]) -> Floats:
        """The log likelihood ratio of each text.

        Returns
        -------
        (n,) floats in nats; higher speaks for the positive class, 0 for neither.
        """
        if not texts:
            return np.zeros(0)
        coded = self.alphabet.code([text.symbols for text in texts], self.reach)
        symbols = self.models[0].log_likelihood(coded) - self.models[1].log_likelihood(coded)
        return symbols + self._count_score(texts, 0) - self._count_score(texts, 1)

    def _count_score(self, texts: Sequence[Sites], of: int) -> Floats:
        number, rate = self.counts[of]
        by_number = number[_bins(_numbers((texts,)), self.edges[0])]
        by_rate = rate[_bins(_rates((texts,)), self.edges[1])]
        return np.log((by_number + by_rate) / 2.0)


def cross_fitted(
    positives: Sequence[Sites],
    negatives: Sequence[Sites],
    *,
    positive_groups: Sequence[str],
    negative_groups: Sequence[str],
    reach: int | None = None,
) -> Ratios:
    """Each half of the groups scored by a test that was fitted on the other half.

    Parameters
    ----------
    positives, negatives : the texts of both classes.
    positive_groups, negative_groups : what stays together, one for each text; the halves are by their digest.
    reach : the classes differ in at most the first so many sites; None: anywhere.

    Returns
    -------
    Ratios of (n,) floats in nats; higher speaks for the positive class.

    Raises
    ------
    UndefinedMetric : a half lacks a class, so that there is nothing to fit.

    References
    ----------
    Neyman and Pearson, "On the problem of the most efficient tests of statistical hypotheses", Phil. Trans. 231 (1933).
    """
    halves = halves_of((*positive_groups, *negative_groups))
    of_positives = np.array([halves[group] for group in positive_groups], dtype=np.int64)
    of_negatives = np.array([halves[group] for group in negative_groups], dtype=np.int64)
    scores = Ratios(np.zeros(len(positives)), np.zeros(len(negatives)))
    for half in (0, 1):
        test = LikelihoodRatio.fit(_of(positives, of_positives != half), _of(negatives, of_negatives != half), reach)
        scores.positives[of_positives == half] = test.score(_of(positives, of_positives == half))
        scores.negatives[of_negatives == half] = test.score(_of(negatives, of_negatives == half))
    return scores


def halves_of(groups: Sequence[str]) -> dict[str, int]:
    """0 or 1 for each group, as many of one as of the other, by the order of their digests."""
    ordered = sorted(set(groups), key=lambda group: hashlib.sha256(group.encode("utf-8", "surrogatepass")).digest())
    return {group: rank % 2 for rank, group in enumerate(ordered)}


def _of(texts: Sequence[Sites], mask: NDArray[np.bool_]) -> list[Sites]:
    return [text for text, is_in in zip(texts, mask, strict=True) if is_in]


def _numbers(classes: Sequence[Sequence[Sites]]) -> Floats:
    return np.array([len(text.symbols) for texts in classes for text in texts], dtype=np.float64)


def _rates(classes: Sequence[Sequence[Sites]]) -> Floats:
    return np.array([len(t.symbols) / max(t.n_characters, 1) for texts in classes for t in texts], dtype=np.float64)


def _edges(values: Floats) -> Floats:
    """Inner edges of the bins; the first bin is for none at all."""
    some = values[values > 0]
    if not some.size:
        return np.array([0.0])
    inner = np.quantile(some, np.arange(1, _COUNT_BINS) / _COUNT_BINS)
    return np.concatenate([[0.0], np.unique(inner)])


def _bins(values: Floats, edges: Floats) -> NDArray[np.int64]:
    return np.searchsorted(edges, values, side="left").astype(np.int64)


def _bin_shares(values: Floats, edges: Floats) -> Floats:
    counts = np.bincount(_bins(values, edges), minlength=len(edges) + 1).astype(np.float64)
    shares: Floats = (counts + 0.5) / (counts.sum() + 0.5 * len(counts))
    return shares
