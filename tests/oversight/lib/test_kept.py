"""Figures are counted for every page in a small house, and now and then in a large one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oversight.lib import kept as module
from oversight.lib.kept import kept
from oversight.monitoring.models import Score
from tests.browser.house import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Nothing is kept for the next test, and no thread counts into it."""
    yield
    eventually(lambda: not module._under_way, what="the end of every count")
    module._kept.clear()


@pytest.fixture
def counts() -> list[int]:
    return []


def count(counts: list[int]) -> int:
    counts.append(len(counts))
    return len(counts)


def test_a_small_house_counts_every_time(counts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONG_S", 0.0)
    assert [kept("k", lambda: count(counts), of=Score).value for _ in range(3)] == [1, 2, 3]


def test_what_is_counted_quickly_is_counted_every_time(counts: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGE_ROWS", -1)
    monkeypatch.setattr(module, "LONG_S", 60.0)
    assert [kept("k", lambda: count(counts), of=Score).value for _ in range(3)] == [1, 2, 3]


def test_a_large_house_shows_what_it_counted_and_counts_behind(
    counts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGE_ROWS", -1)
    monkeypatch.setattr(module, "LONG_S", 0.0)
    assert [kept("k", lambda: count(counts), of=Score).value for _ in range(3)] == [1, 1, 1]
    assert kept("other", lambda: "else", of=Score).value == "else"
    monkeypatch.setattr(module, "LEAST_S", 0.0)
    assert kept("k", lambda: count(counts), of=Score).value == 1
    eventually(lambda: kept("k", lambda: count(counts), of=Score).value > 1, what="a new count")


def test_figures_that_are_too_old_are_counted_while_one_waits(
    counts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGE_ROWS", -1)
    monkeypatch.setattr(module, "LONG_S", 0.0)
    monkeypatch.setattr(module, "MOST_S", 0.0)
    assert [kept("k", lambda: count(counts), of=Score).value for _ in range(2)] == [1, 2]
