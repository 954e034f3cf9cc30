"""The sample is fixed by a hash, of the right size, and independent between deployments."""

from __future__ import annotations

import uuid

import pytest

from oversight.monitoring.sampling import is_sampled

IDS = [uuid.UUID(int=number) for number in range(20_000)]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 1.0])
def test_the_sample_has_its_share(share: float) -> None:
    n_sampled = sum(is_sampled(id_, 7, share) for id_ in IDS)
    assert n_sampled == pytest.approx(share * len(IDS), abs=4 * (share * (1 - share) * len(IDS)) ** 0.5)


def test_a_larger_share_keeps_the_smaller_sample() -> None:
    small = {id_ for id_ in IDS if is_sampled(id_, 7, 0.1)}
    assert small <= {id_ for id_ in IDS if is_sampled(id_, 7, 0.2)}


def test_two_deployments_draw_independent_samples() -> None:
    both = sum(is_sampled(id_, 1, 0.5) and is_sampled(id_, 2, 0.5) for id_ in IDS)
    assert both == pytest.approx(len(IDS) / 4, abs=250)
