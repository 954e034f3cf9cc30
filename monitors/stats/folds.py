"""Folds by group, so that nothing is scored by what was fitted on its own group."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from monitors.stats.errors import UndefinedMetric

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


def folds_of(groups: Sequence[str], n_folds: int = 5) -> NDArray[np.int64]:
    """The fold of each row: groups dealt out in the order of their digests, so that folds are about equal.

    Parameters
    ----------
    groups : (n,) what must stay on one side.
    n_folds : at least 2.

    Returns
    -------
    (n,) integers from 0 to n_folds - 1.

    Raises
    ------
    UndefinedMetric : fewer groups than folds.
    """
    ordered = sorted(set(groups), key=lambda group: hashlib.sha256(group.encode("utf-8", "surrogatepass")).digest())
    if len(ordered) < max(2, n_folds):
        raise UndefinedMetric(f"{len(ordered)} groups for {n_folds} folds")
    fold = {group: rank % n_folds for rank, group in enumerate(ordered)}
    return np.array([fold[group] for group in groups], dtype=np.int64)


def cross_fitted(groups: Sequence[str], fit_and_score: Callable[[Rows, Rows], Floats], n_folds: int = 5) -> Floats:
    """Each fold scored by what was fitted on the others.

    Parameters
    ----------
    groups : (n,) what must stay on one side.
    fit_and_score : rows to fit on, rows to score -> a score for each of the latter.
    n_folds : at least 2.

    Returns
    -------
    (n,) floats, in the direction of the scores.

    Raises
    ------
    UndefinedMetric : fewer groups than folds, or what the fit raises when its rows lack a class.

    References
    ----------
    Stone, "Cross-validatory choice and assessment of statistical predictions", J. R. Statist. Soc. B 36 (1974).
    """
    folds = folds_of(groups, n_folds)
    scored = np.empty(len(folds))
    for fold in range(n_folds):
        inside = np.flatnonzero(folds == fold)
        scored[inside] = fit_and_score(np.flatnonzero(folds != fold), inside)
    return scored
