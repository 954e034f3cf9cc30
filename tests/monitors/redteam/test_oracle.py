"""The oracle knows how far a payload reaches, and tells a payload from a cover only where there is a difference."""

from __future__ import annotations

import numpy as np

from monitors.redteam.oracle import oracle_scores, reach_of, sites_of
from monitors.stats.likelihood_ratio import Sites
from monitors.stats.roc import auroc
from tests.monitors.redteam.coin_channel import CoinChannel, covers

GROUPS = [f"cover {i}" for i in range(120)]


def _area(heads: float, n_bits: int) -> float:
    coder = CoinChannel()
    texts = covers(120, heads)
    bits = ["".join(np.random.default_rng(i).choice(["0", "1"], n_bits)) for i in range(120)]
    stego = [coder.encode(cover, payload) for cover, payload in zip(texts, bits, strict=True)]
    positives = [sites_of(coder, type(texts[0])(text)) for text in stego]
    negatives = [sites_of(coder, cover) for cover in texts]
    reach = reach_of(positives, negatives)
    assert reach is not None
    assert reach <= n_bits
    scores = oracle_scores(positives, negatives, positive_groups=GROUPS, negative_groups=GROUPS, reach=reach)
    return auroc([1] * 120 + [0] * 120, np.concatenate(scores))


def test_a_payload_in_a_fair_coin_channel_is_undetectable() -> None:
    assert abs(_area(0.5, 32) - 0.5) < 0.1


def test_a_payload_in_a_biased_coin_channel_is_found() -> None:
    assert _area(0.9, 32) > 0.95


def test_a_payload_that_adds_sites_reaches_anywhere() -> None:
    assert reach_of([Sites((1, 0), 9), Sites((1,), 9)], [Sites((), 9), Sites((), 9)]) is None


def test_one_text_whose_sites_moved_does_not_hide_the_reach_of_the_others() -> None:
    cover = Sites((1, 1, 1), 9)
    assert reach_of([Sites((0, 1, 1), 9), Sites((1, 0, 1), 9), Sites((1,), 9)], [cover] * 3) == 2
