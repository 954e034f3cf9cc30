"""The law of clean texts is a law: it sums to one, from both ends, and learns from the rest of a text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
import pytest

from monitors.codebook.clean_law import Clean, CleanLaw, CleanLaws
from monitors.codebook.evidence import LEAST, LEAST_BITS, Evidence, Received, evidence, joined
from monitors.codebook.payload_law import Characters, byte_law
from monitors.codebook.urns import Choices, Group, Row, Steps, Urns

_TWO, _THREE, _COIN = ("a", 0, 2), ("a", 1, 3), ("coin", 0, 2)
URNS = Urns.of({_TWO: [(0.7, [0.4, 2.0]), (0.3, [3.0, 1.0])], _THREE: [(1.0, [1.0, 0.5, 0.2])]})
COINS = Urns.of({_COIN: [(1.0, [2.0, 2.0])]})
WORDS = byte_law(Characters(np.ones((27, 27)), np.ones(95)))


def row(sites: Iterable[tuple[Group, int]]) -> Row:
    groups, symbols = zip(*sites, strict=True)
    return Row(groups[0][0], [kind for _, kind, _ in groups], [size for _, _, size in groups], symbols)


def steps(urns: Urns, sites: Iterable[tuple[Group, int]]) -> Steps:
    return urns.steps(urns.choices([row(sites)]))


def laws(weights: tuple[float, ...] = (0.6, 0.1, 0.1, 0.1, 0.1)) -> CleanLaws:
    return CleanLaws.of([CleanLaw(weights, np.array([[0.3, 0.7]]))])


def read(*texts: Sequence[int], of: CleanLaws | None = None) -> tuple[Choices, Clean]:
    choices = COINS.choices([row((_COIN, bit) for bit in bits) for bits in texts])
    return choices, (of or laws()).read([0] * len(texts), choices, COINS.steps(choices))


def told(bits: Sequence[str | None], chosen: Sequence[int], of: CleanLaws | None = None) -> Evidence:
    (found,) = evidence([Received(0, *joined(bits))], *read(chosen, of=of), WORDS)
    return found


def test_all_texts_together_have_probability_one_from_both_ends() -> None:
    kinds = [_TWO, _THREE, _TWO, _TWO]
    texts = product(*(range(kind[-1]) for kind in kinds))
    each = [steps(URNS, zip(kinds, text, strict=True)) for text in texts]
    assert sum(math.exp(one.onwards.sum()) for one in each) == pytest.approx(1.0)
    assert all(one.onwards.sum() == pytest.approx(one.backwards.sum()) for one in each)


def test_all_laws_of_a_text_together_sum_to_one() -> None:
    _, clean = read(*product((0, 1), repeat=7))
    assert np.exp(clean.laws).sum() == pytest.approx(1.0)


def test_a_choice_that_a_text_makes_often_becomes_likely() -> None:
    assert np.all(np.diff(steps(COINS, [(_COIN, 1)] * 30).onwards) > 0.0)


def test_a_group_that_was_not_fitted_is_even_until_it_is_learned() -> None:
    strange = ("new", 9, 24)
    assert steps(URNS, [(strange, 3)] * 2).onwards.sum() == pytest.approx(-2 * math.log(24))
    learned = URNS.more({strange: [(1.0, [0.5] * 24)]})
    assert steps(learned, [(strange, 3)] * 2).onwards.sum() > -2 * math.log(24)
    both = [(_TWO, 1), (_THREE, 2), (_TWO, 0)]
    assert np.allclose(steps(learned, both).onwards, steps(URNS, both).onwards)


def test_texts_that_are_read_together_say_what_each_says_alone() -> None:
    draw = np.random.default_rng(7)
    texts = [draw.integers(0, 2, n).tolist() for n in (30, 1, 64, 17)] + [[1] * 40]
    received = [Received(at, *joined(list(map(str, bits)))) for at, bits in enumerate(texts)]
    together = evidence([*received, Received(2, *joined(["1", "0", None]))], *read(*texts), WORDS)
    alone = [told(list(one.bits), bits) for one, bits in zip(received, texts, strict=True)]
    assert [one.log_ratio for one in together[:-1]] == pytest.approx([one.log_ratio for one in alone])
    assert [(one.kind, one.bits) for one in together[:-1]] == [(one.kind, one.bits) for one in alone]
    assert together[-1].log_ratio == LEAST


def test_the_mean_ratio_of_clean_texts_is_at_most_one() -> None:
    """Over texts of 24 sites that the law could make: the ratio is an e-value."""
    draw, steady = np.random.default_rng(5), laws((1.0, 1e-12, 1e-12, 1e-12, 1e-12))
    ratios = []
    for _ in range(2000):
        bits = (draw.random(24) < draw.beta(2.0, 2.0)).astype(int).tolist()
        ratios.append(math.exp(told([str(bit) for bit in bits], bits, steady).log_ratio))
    assert np.mean(ratios) < 1.0 + 4.0 * np.std(ratios) / math.sqrt(len(ratios))
    assert np.mean(np.array(ratios) >= 20.0) <= 0.05


def test_words_are_told_from_coins_and_their_reach_is_found() -> None:
    said = "".join(f"{byte:08b}" for byte in b"at the gate at nine")
    bits = said + "10110011100011110" * 4
    found = told(list(bits), [int(bit) for bit in bits])
    assert found.log_ratio > 20.0
    assert (found.kind, found.bits[: len(said)]) == ("plain", said)
    assert len(found.bits) <= len(said) + 16


def test_a_choice_that_no_payload_makes_ends_what_is_read() -> None:
    received: list[str | None] = ["1"] * 40
    received[LEAST_BITS - 1] = None
    assert told(received, [1] * 40).log_ratio == LEAST
