"""The likelihood-ratio test finds what differs between two classes of sequences, and nothing where nothing does."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from monitors.stats.errors import UndefinedMetric
from monitors.stats.likelihood_ratio import LikelihoodRatio, Sites, cross_fitted, halves_of
from monitors.stats.roc import auroc
from monitors.stats.symbol_model import Alphabet, SymbolModel

N = 120
GROUPS = [f"cover {i}" for i in range(N)]


def _coins(shares: NDArray[np.float64], n_sites: int, seed: int) -> list[Sites]:
    random = np.random.default_rng(seed)
    return [Sites(tuple((random.random(n_sites) < share).astype(int).tolist()), 1000) for share in shares]


def _with_prefix(texts: list[Sites], prefixes: list[Sites]) -> list[Sites]:
    return [
        Sites(prefix.symbols + text.symbols[len(prefix.symbols) :], 1000)
        for text, prefix in zip(texts, prefixes, strict=True)
    ]


def _area(positives: list[Sites], negatives: list[Sites], reach: int | None = None) -> float:
    scores = cross_fitted(positives, negatives, positive_groups=GROUPS, negative_groups=GROUPS, reach=reach)
    return auroc([1] * len(positives) + [0] * len(negatives), np.concatenate(scores))


def test_two_fair_coins_cannot_be_told_apart() -> None:
    fair = np.full(N, 0.5)
    assert 0.4 < _area(_coins(fair, 64, 1), _coins(fair, 64, 2)) < 0.6


def test_a_fair_payload_in_a_biased_channel_is_found() -> None:
    assert _area(_coins(np.full(N, 0.5), 64, 1), _coins(np.full(N, 0.8), 64, 2)) > 0.95


def test_the_rest_of_a_text_shows_what_its_first_sites_should_be() -> None:
    """Each text has its own bias, so that shares over all texts say little: the mean is a fair coin."""
    own = np.random.default_rng(3).choice([0.1, 0.9], N)
    clean = _coins(own, 128, 4)
    stego = _with_prefix(clean, _coins(np.full(N, 0.5), 24, 5))
    assert _area(stego, clean, reach=24) > 0.9


def test_plain_text_is_found_by_its_place_in_the_byte() -> None:
    fair = np.full(N, 0.5)
    clean = _coins(fair, 64, 6)
    ascii_like = [Sites(tuple(0 if i % 8 == 0 else s for i, s in enumerate(t.symbols)), 1000) for t in clean]
    assert _area(ascii_like, clean) > 0.95


def test_sites_that_only_a_payload_makes_are_found_by_their_number() -> None:
    none = [Sites((), 1000)] * N
    assert _area(_coins(np.full(N, 0.5), 8, 7), none) == 1.0


def test_the_same_texts_in_both_classes_score_zero() -> None:
    texts = _coins(np.full(N, 0.3), 16, 8)
    assert np.allclose(LikelihoodRatio.fit(texts, texts).score(texts), 0.0)


def test_unknown_symbols_share_one_number_and_have_a_probability() -> None:
    alphabet = Alphabet.of([(5, 5, 7)])
    model = SymbolModel.fit(alphabet.code([(5, 5, 7)]), len(alphabet))
    likelihood = model.log_likelihood(alphabet.code([(9,), (5,), ()]))
    assert likelihood[0] < likelihood[1] < 0.0
    assert likelihood[2] == 0.0


def test_probabilities_of_all_sequences_of_one_length_sum_to_one() -> None:
    alphabet = Alphabet.of([(0, 1, 1), (1, 1, 0)])
    model = SymbolModel.fit(alphabet.code([(0, 1, 1), (1, 1, 0)]), len(alphabet))
    every = [(a, b, c) for a in (0, 1, 2) for b in (0, 1, 2) for c in (0, 1, 2)]
    assert np.exp(model.log_likelihood(alphabet.code(every))).sum() == pytest.approx(1.0)


def test_halves_are_even_and_keep_groups_whole() -> None:
    halves = halves_of([*GROUPS, *GROUPS])
    assert sum(halves.values()) == N // 2
    assert set(halves) == set(GROUPS)


def test_a_class_without_texts_cannot_be_fitted() -> None:
    with pytest.raises(UndefinedMetric, match="to fit"):
        LikelihoodRatio.fit([], [Sites((1,), 10)])
