"""Mixtures of laws by maximum likelihood: the weights of laws of bits on a grid, and styles of letters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from monitors.patterns.letter_laws import N_LAWS, law_steps
from monitors.patterns.null import Floats

Numbers = npt.NDArray[np.int64]
# Laws of bits: the mean share of ones and how many sites of prior; chains by the means after a zero and after a one.
_MEANS = (0.01, 0.04, 0.1, 0.2, 0.32, 0.44, 0.5, 0.56, 0.68, 0.8, 0.9, 0.96, 0.99)
_SITES = (1.0, 4.0, 16.0, 60.0)
_CHAIN_MEANS, _CHAIN_SITES = (0.04, 0.2, 0.5, 0.8, 0.96), 6.0
_GRID: tuple[tuple[float, ...], ...] = (
    *((mean * sites, (1 - mean) * sites) for sites, mean in product(_SITES, _MEANS)),
    *(
        (p * _CHAIN_SITES, (1 - p) * _CHAIN_SITES, q * _CHAIN_SITES, (1 - q) * _CHAIN_SITES)
        for p, q in product(_CHAIN_MEANS, _CHAIN_MEANS)
    ),
)
_LAWS_KEPT = 5
# Styles of letters; no style is firmer than so many sites: other models are not in the table.
_STYLES, _FIRMEST, _ROUNDS = 6, 80.0, 60


def fit_bits(rows: Sequence[npt.NDArray[np.uint8]], weights: Floats) -> list[list[float]]:
    """[weight, beta parameters ...] of the laws that explain clean streams best: two parameters, or four of a chain."""
    from scipy.special import betaln

    counts = np.array([_counts(row) for row in rows], np.float64)
    ones, zeros, n01, n00, n11, n10 = counts.T
    logs = np.empty((len(rows), len(_GRID)))
    for at, (a, b, *more) in enumerate(_GRID):
        if more:
            c, d = more
            after = betaln(c + n11, d + n10) - betaln(c, d)
            logs[:, at] = np.log(0.5) + betaln(a + n01, b + n00) - betaln(a, b) + after
        else:
            logs[:, at] = betaln(a + ones, b + zeros) - betaln(a, b)
    kept = np.argsort(-weigh(logs, weights, 80))[:_LAWS_KEPT]
    shares = weigh(logs[:, kept], weights, 40)
    return [[_short(share), *map(_short, _GRID[law])] for share, law in zip(shares, kept.tolist(), strict=True)]


def weigh(logs: Floats, weights: Floats, n_rounds: int) -> Floats:
    """Weights of laws by expectation maximisation. logs : (texts, laws) ln P of each text under each law."""
    n_laws = logs.shape[1]
    shares = np.full(n_laws, 1 / n_laws)
    for _ in range(n_rounds):
        parts = _parts(logs + np.log(shares))
        shares = ((weights[:, None] * parts).sum(axis=0) + 1 / n_laws) / (weights.sum() + 1)
    return shares


def fit_letters(rows: Sequence[Numbers], weights: Floats) -> dict[str, list[float] | list[list[float]]]:
    """Styles of the letters of clean streams, and the weights of the laws beside them."""
    counts = np.stack([np.bincount(row, minlength=26) for row in rows]).astype(np.float64)
    each = counts / counts.sum(axis=1, keepdims=True)
    base = (weights[:, None] * each).sum(axis=0) + 0.5
    base /= base.sum()
    styles, shares = _fit_styles(counts, weights, base)
    logs = np.stack([law_steps(row[None], styles[None], shares[None])[0].sum(axis=1) for row in rows])
    return {
        "styles": [[_short(value) for value in style] for style in styles],
        "style_weights": [_short(share) for share in shares],
        "law_weights": [_short(share) for share in weigh(logs, weights, 60)] or [1 / N_LAWS] * N_LAWS,
        "shares": [_short(share) for share in base],
    }


def _fit_styles(counts: Floats, weights: Floats, base: Floats) -> tuple[Floats, Floats]:
    """Dirichlet-multinomial mixture by expectation maximisation, each step by Minka's fixed point."""
    from scipy.special import digamma, gammaln

    draw, sizes = np.random.default_rng(0), counts.sum(axis=1)
    own = (counts + base) / (sizes + 1)[:, None]
    styles = 10 * (0.5 * base + 0.5 * own[draw.choice(len(counts), min(_STYLES, len(counts)), replace=False)])
    shares = np.full(len(styles), 1 / len(styles))
    for _ in range(_ROUNDS):
        logs = [
            gammaln(a.sum()) - gammaln(a.sum() + sizes) + (gammaln(a + counts) - gammaln(a)).sum(axis=1) for a in styles
        ]
        parts = _parts(np.stack(logs, axis=1) + np.log(shares)) * weights[:, None]
        shares = (parts.sum(axis=0) + 1) / (parts.sum() + len(styles))
        for at, a in enumerate(styles):
            rise = (parts[:, at, None] * (digamma(a + counts) - digamma(a))).sum(axis=0) + 0.3 * base
            fall = (parts[:, at] * (digamma(a.sum() + sizes) - digamma(a.sum()))).sum() + 0.3 / max(a.sum(), 1.0)
            moved = np.clip(a * rise / fall, 0.003, 60.0)
            styles[at] = moved * min(1.0, _FIRMEST / moved.sum())
    return styles, shares


def _parts(logs: Floats) -> Floats:
    parts = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(parts / parts.sum(axis=1, keepdims=True))


def _counts(row: npt.NDArray[np.uint8]) -> tuple[int, ...]:
    """Ones, zeros, and turns 01, 00, 11, 10."""
    bits = row.astype(np.int64)
    before, after = bits[:-1], bits[1:]
    ones, n11, n01 = int(bits.sum()), int((before & after).sum()), int(((1 - before) & after).sum())
    n10 = int((before & (1 - after)).sum())
    return ones, len(bits) - ones, n01, len(bits) - 1 - n11 - n01 - n10, n11, n10


def _short(value: float) -> float:
    return float(f"{value:.4g}")
