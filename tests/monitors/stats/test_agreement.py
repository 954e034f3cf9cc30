from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from monitors.stats.agreement import (
    agreement,
    cohen_kappa,
    dominant_share,
    gwet_ac,
    krippendorff_alpha,
    raw_agreement,
)
from monitors.stats.errors import UndefinedMetric

Unit = tuple[int | None, ...]

# Krippendorff (2011), section C: four observers, twelve units, ratings missing.
OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
UNITS: list[Unit] = list(
    zip(*[[None if c == "." else int(c) for c in line.split()] for line in OBSERVERS], strict=True)
)
# Cohen (1960), table 1, and (1968): two judges of 200 persons, three diagnoses.
DIAGNOSES = ((88, 14, 18), (10, 40, 10), (2, 6, 12))

RATINGS = st.lists(st.tuples(*[st.one_of(st.none(), st.integers(1, 4))] * 3), min_size=2, max_size=25)


def pairs(table: tuple[tuple[int, ...], ...]) -> tuple[list[int], list[int]]:
    cells = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return [i for i, _ in cells], [j for _, j in cells]


def value(statistic: Callable[[], float]) -> float | None:
    try:
        return statistic()
    except UndefinedMetric:
        return None


def all_of(ratings: list[Unit]) -> list[float | None]:
    return [
        value(lambda: raw_agreement(ratings)),
        value(lambda: gwet_ac(ratings)),
        value(lambda: krippendorff_alpha(ratings)),
    ]


def test_the_diagnoses_of_cohen_give_his_kappa() -> None:
    assert cohen_kappa(*pairs(DIAGNOSES)) == pytest.approx(0.492, abs=5e-4)


def test_the_diagnoses_of_cohen_give_his_weighted_kappa() -> None:
    disagreement = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]])
    assert cohen_kappa(*pairs(DIAGNOSES), weights=1 - disagreement / 6) == pytest.approx(0.348, abs=5e-4)


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_the_observers_of_krippendorff_give_his_alpha(level: str, alpha: float) -> None:
    assert krippendorff_alpha(UNITS, level=level) == pytest.approx(alpha, abs=5e-4)  # type: ignore[arg-type]  # literals


def test_the_diagnoses_of_gwet_give_his_coefficient_where_kappa_says_nothing() -> None:
    # Gwet (2002): 118 and 2 of 125 agreed on and mostly one category; AC1 0.941, kappa -0.023.
    first, second = pairs(((118, 5), (2, 0)))
    assert gwet_ac(list(zip(first, second, strict=True))) == pytest.approx(0.9408, abs=5e-5)
    assert cohen_kappa(first, second) == pytest.approx(-0.0234, abs=5e-5)


def test_the_same_observers_give_the_coefficient_in_gwets_handbook() -> None:
    # Gwet (2014), page 120, and his package irrCAC: AC1 of the ratings above is 0.775.
    assert gwet_ac(UNITS) == pytest.approx(0.77544, abs=5e-6)


def test_the_weighted_form_counts_near_misses() -> None:
    # By hand: linear weights 1, 1/2, 0, which sum to 5; p_a (1 + 1/2 + 1) / 3, p_e 5 / 6 x sum pi (1 - pi).
    units: list[Unit] = [(1, 1), (1, 2), (3, 3)]
    shares = np.array([3, 1, 2]) / 6
    chance = 5 / 6 * float((shares * (1 - shares)).sum())
    expected = (2.5 / 3 - chance) / (1 - chance)
    assert gwet_ac(units, weights="linear") == pytest.approx(expected)


def test_the_level_of_two_categories_does_not_matter() -> None:
    units = [(0, 0), (0, 1), (1, 1), (1, 0), (1, 1), (0, None)]
    nominal = krippendorff_alpha(units)
    assert krippendorff_alpha(units, level="ordinal") == pytest.approx(nominal)
    assert krippendorff_alpha(units, level="interval") == pytest.approx(nominal)
    assert gwet_ac(units, weights="quadratic") == pytest.approx(gwet_ac(units))


@settings(max_examples=60)
@given(RATINGS, st.permutations(range(25)), st.permutations(range(3)), st.permutations([1, 2, 3, 4]))
def test_order_of_units_and_raters_and_names_of_categories_do_not_matter(
    ratings: list[Unit], order: list[int], raters: list[int], names: list[int]
) -> None:
    units = [ratings[i] for i in order if i < len(ratings)]
    shuffled: list[Unit] = [tuple(unit[r] for r in raters) for unit in units]
    renamed: list[Unit] = [tuple(None if v is None else names[v - 1] for v in unit) for unit in shuffled]
    assert all_of(renamed) == [None if v is None else pytest.approx(v) for v in all_of(ratings)]


@settings(max_examples=60)
@given(RATINGS)
def test_units_given_twice_leave_the_shares_and_units_with_one_rating_leave_alpha(ratings: list[Unit]) -> None:
    raw = value(lambda: raw_agreement(ratings))
    assume(raw is not None)
    assert raw_agreement([*ratings, *ratings]) == pytest.approx(raw)
    assert value(lambda: gwet_ac([*ratings, *ratings])) == (
        None if (ac := value(lambda: gwet_ac(ratings))) is None else pytest.approx(ac)
    )
    alpha = value(lambda: krippendorff_alpha(ratings))
    lone: list[Unit] = [*ratings, (4, None, None)]
    assert value(lambda: krippendorff_alpha(lone)) == (None if alpha is None else pytest.approx(alpha))


@settings(max_examples=60)
@given(RATINGS)
def test_numbers_may_be_moved_and_stretched_at_the_interval_level(ratings: list[Unit]) -> None:
    before = value(lambda: krippendorff_alpha(ratings, level="interval"))
    moved: list[list[float | None]] = [[None if v is None else 7.5 * v - 3 for v in unit] for unit in ratings]
    after = value(lambda: krippendorff_alpha(moved, level="interval"))
    assert after == (None if before is None else pytest.approx(before))


def test_full_agreement_is_one_and_systematic_disagreement_is_below_zero() -> None:
    same: list[Unit] = [(1, 1), (2, 2), (3, 3)]
    assert [krippendorff_alpha(same), gwet_ac(same), cohen_kappa([1, 2, 3], [1, 2, 3])] == [1.0, 1.0, 1.0]
    assert krippendorff_alpha([(1, 2), (2, 1), (1, 2)]) < 0


def test_one_category_alone_is_not_estimable_rather_than_perfect() -> None:
    units: list[Unit] = [(1, 1)] * 20
    for statistic in (krippendorff_alpha, gwet_ac):
        with pytest.raises(UndefinedMetric, match="all ratings are the same"):
            statistic(units)
    with pytest.raises(UndefinedMetric, match="all ratings are the same"):
        cohen_kappa([1] * 20, [1] * 20)
    assert raw_agreement(units) == 1.0


def test_a_category_that_was_possible_and_never_given_makes_the_coefficient_of_gwet_estimable() -> None:
    assert gwet_ac([(1, 1)] * 20, categories=[0, 1]) == 1.0


def test_units_with_one_rating_are_no_pair() -> None:
    units: list[Unit] = [(1, None), (None, 2)]
    for statistic in (raw_agreement, gwet_ac, krippendorff_alpha):
        with pytest.raises(UndefinedMetric, match="no unit has two ratings"):
            statistic(units)
    with pytest.raises(UndefinedMetric, match="no unit has two ratings"):
        cohen_kappa([1, None], [None, 2])
    with pytest.raises(UndefinedMetric, match="no rating"):
        dominant_share([(None,)])


def test_words_have_no_interval_level_and_unknown_categories_are_refused() -> None:
    with pytest.raises(ValueError, match="needs numbers"):
        krippendorff_alpha([("a", "b"), ("a", "a")], level="interval")
    with pytest.raises(ValueError, match="of no known category"):
        gwet_ac([(1, 9)], categories=[1, 2])
    with pytest.raises(ValueError, match="weights"):
        cohen_kappa([1, 2], [1, 2], weights=[[1.0]])


def test_the_dominant_category_is_named_with_its_share() -> None:
    assert dominant_share([(1, 1), (1, 0), (None, 1)]) == (1, 0.8)
    assert dominant_share([("b", "a")]) == ("a", 0.5)


def test_all_coefficients_come_with_intervals_by_unit() -> None:
    first, second = pairs(DIAGNOSES)
    found = agreement(list(zip(first, second, strict=True)), n_draws=200)
    assert (found.n_units, found.n_paired, found.dominant.share) == (200, 200, 0.55)
    assert found.kappa.value == pytest.approx(0.492, abs=5e-4)
    for one in (found.raw, found.ac, found.alpha, found.kappa):
        assert one.low is not None
        assert one.value is not None
        assert one.high is not None
        assert one.low < one.value < one.high


def test_what_is_not_estimable_says_why() -> None:
    found = agreement([(1, 1)] * 30)
    assert (found.raw.value, found.alpha.value, found.kappa.value) == (1.0, None, None)
    assert "all ratings are the same" in found.alpha.reason
    few = agreement(UNITS[:5])
    assert few.alpha.value is not None
    assert few.alpha.low is None
    assert "clusters" in few.alpha.reason
    assert "of two raters" in few.kappa.reason
