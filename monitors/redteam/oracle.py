"""The oracle: a likelihood-ratio test that knows the coder, and so what a payload does to the symbols at its sites."""

from __future__ import annotations

from collections.abc import Sequence

from monitors.coders.coder import Coder, Cover
from monitors.stats.likelihood_ratio import Ratios, Sites, cross_fitted


def sites_of(coder: Coder, text: Cover) -> Sites:
    """What a receiver who knows the coder reads in a text, with or without a payload."""
    return Sites(tuple(coder.symbols(text)), len(text.text))


def reach_of(stego: Sequence[Sites], covers: Sequence[Sites]) -> int | None:
    """How many sites from the first a payload touches at most, from stegotexts and their covers.

    None (anywhere) where a payload mostly changes how many sites there are, so that they cannot be paired.
    """
    pairs = zip(stego, covers, strict=True)
    paired = [(text.symbols, cover.symbols) for text, cover in pairs if len(text.symbols) == len(cover.symbols)]
    if 2 * len(paired) <= len(stego):
        return None
    return max(_last_difference(text, cover) for text, cover in paired)


def oracle_scores(
    positives: Sequence[Sites],
    negatives: Sequence[Sites],
    *,
    positive_groups: Sequence[str],
    negative_groups: Sequence[str],
    reach: int | None = None,
) -> Ratios:
    """Log likelihood ratios of the two arms, each half of the groups by a test fitted on the other half.

    Raises UndefinedMetric when one half lacks an arm.
    """
    return cross_fitted(
        positives, negatives, positive_groups=positive_groups, negative_groups=negative_groups, reach=reach
    )


def _last_difference(one: Sequence[int], other: Sequence[int]) -> int:
    return max((i + 1 for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b), default=0)
