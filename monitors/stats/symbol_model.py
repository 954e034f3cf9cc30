"""Probability models of short symbol sequences that differ from text to text: what a likelihood ratio is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# How many sites of a text weigh as much as what all texts have in common; infinity: texts do not differ.
_PRIOR_SITES = np.array([1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e9])
_MOST_SYMBOLS = 256
_MOST_CONTEXT_SYMBOLS = 16
_BYTE = 8


class Coded(NamedTuple):
    """Sequences as rows of symbol numbers, -1 beyond the end. The first `reach` sites are predicted from the others."""

    codes: Integers
    reach: int


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The symbols that were seen, numbered; every other symbol has the last number."""

    numbers: dict[int, int]

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> Alphabet:
        counts = Counter(symbol for sequence in sequences for symbol in sequence)
        return cls({symbol: number for number, (symbol, _) in enumerate(counts.most_common(_MOST_SYMBOLS))})

    def __len__(self) -> int:
        return len(self.numbers) + 1

    def code(self, sequences: Sequence[Sequence[int]], reach: int | None = None) -> Coded:
        width = max((len(sequence) for sequence in sequences), default=0)
        codes = np.full((len(sequences), width), -1, dtype=np.int64)
        for row, sequence in zip(codes, sequences, strict=True):
            row[: len(sequence)] = [self.numbers.get(symbol, len(self.numbers)) for symbol in sequence]
        return Coded(codes, width if reach is None else min(reach, width))


@dataclass(frozen=True, slots=True)
class SymbolModel:
    """A mixture of context models, each a Polya urn whose first balls are what the fitted texts have in common.

    p(s | c, text) = (k p_c(s) + n_c(s)) / (k + n_c), where p_c is the smoothed frequency of symbol s in context c over
    all fitted texts, n_c(s) the count in this text so far, and k, in sites, was chosen by likelihood. The contexts are
    none (order 0), the symbol before (order 1) and the place in a byte; the three are mixed with equal weights. Sites
    beyond `reach` are counted first and not predicted, so that a text is compared with the rest of itself.

    References
    ----------
    Johnson, Kotz and Balakrishnan, "Discrete Multivariate Distributions", chapter 35 (1997).
    Krichevsky and Trofimov, "The performance of universal encoding", IEEE Trans. Inf. Theory 27 (1981).
    """

    experts: tuple[_Expert, ...]

    @classmethod
    def fit(cls, coded: Coded, n_symbols: int) -> SymbolModel:
        """Frequencies and prior strengths of one class of texts.

        Parameters
        ----------
        coded : the class's texts, coded with an alphabet that all compared classes share.
        n_symbols : size of that alphabet.
        """
        contexts = _CONTEXTS if n_symbols <= _MOST_CONTEXT_SYMBOLS else _CONTEXTS[:1]
        return cls(tuple(_Expert.fit(coded, n_symbols, context) for context in contexts))

    def log_likelihood(self, coded: Coded) -> Floats:
        """Natural logarithm of the probability of the first `reach` sites of each text, given its other sites.

        Returns
        -------
        (n,) floats, at most 0; 0 for a text without sites.
        """
        each = np.stack([expert.log_likelihood(coded) for expert in self.experts])
        top = each.max(axis=0)
        mixed: Floats = top + np.log(np.exp(each - top).mean(axis=0))
        return mixed


def _none(codes: Integers) -> Integers:
    return np.zeros_like(codes)


def _previous(codes: Integers) -> Integers:
    before = np.concatenate([np.full((len(codes), 1), -1, dtype=np.int64), codes[:, :-1]], axis=1)
    return before + 1


def _place_in_byte(codes: Integers) -> Integers:
    return np.broadcast_to(np.arange(codes.shape[1]) % _BYTE, codes.shape)


class _Context(NamedTuple):
    """The context of every site, and how many contexts there are for so many symbols."""

    of: Callable[[Integers], Integers]
    n_for: Callable[[int], int]


_CONTEXTS = (
    _Context(_none, lambda n_symbols: 1),
    _Context(_previous, lambda n_symbols: n_symbols + 1),
    _Context(_place_in_byte, lambda n_symbols: _BYTE),
)


@dataclass(frozen=True, slots=True)
class _Expert:
    context: _Context
    shares: Floats
    prior_sites: float

    @classmethod
    def fit(cls, coded: Coded, n_symbols: int, context: _Context) -> _Expert:
        first = coded.codes[:, : coded.reach]
        shares = _shares(first, context.of(first), (context.n_for(n_symbols), n_symbols))
        by_prior = _by_prior(coded, context, shares, _PRIOR_SITES).sum(axis=0)
        return cls(context, shares, float(_PRIOR_SITES[int(by_prior.argmax())]))

    def log_likelihood(self, coded: Coded) -> Floats:
        return _by_prior(coded, self.context, self.shares, np.array([self.prior_sites]))[:, 0]


def _shares(codes: Integers, contexts: Integers, shape: tuple[int, int]) -> Floats:
    """(contexts, symbols), rows sum to 1: each context is smoothed towards the shares over all contexts."""
    seen = codes >= 0
    counts = np.zeros(shape)
    np.add.at(counts, (contexts[seen], codes[seen]), 1.0)
    overall = (counts.sum(axis=0) + 0.5) / (counts.sum() + 0.5 * shape[1])
    shares: Floats = (counts + overall) / (counts.sum(axis=1, keepdims=True) + 1.0)
    return shares


def _by_prior(coded: Coded, context: _Context, shares: Floats, priors: Floats) -> Floats:
    """(n, priors) log probabilities of the first sites."""
    codes, contexts = coded.codes, context.of(coded.codes)
    counts = np.zeros((len(codes), *shares.shape))
    rows, places = np.nonzero(codes[:, coded.reach :] >= 0)
    places += coded.reach
    np.add.at(counts, (rows, contexts[rows, places], codes[rows, places]), 1.0)
    total = np.zeros((len(codes), len(priors)))
    for place in range(coded.reach):
        (rows,) = np.nonzero(codes[:, place] >= 0)
        at, symbol = contexts[rows, place], codes[rows, place]
        urn = counts[rows, at]
        balls = priors * shares[at, symbol][:, None] + urn[np.arange(len(rows)), symbol][:, None]
        total[rows] += np.log(balls / (priors + urn.sum(axis=1)[:, None]))
        counts[rows, at, symbol] += 1.0
    return total
