"""Choices of words: each concept has its own law in clean texts, and a code may use some of the concepts only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from monitors.patterns.choices import Concepts
from monitors.patterns.null import Floats
from monitors.patterns.room import MIN_SITES
from monitors.patterns.tables import tables
from monitors.patterns.tested import Test

Numbers = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]
# Share of the concepts that a code of words uses, and how many ends of it are tried.
CODED, _ENDS = 0.3, 12


def log_choices(one: Concepts, most: int) -> Floats:
    """`concept_logs` of the first choices; nothing where there are too few."""
    few = one.bits[:most]
    return concept_logs(one.name, one.concepts[:most], few) if len(few) >= MIN_SITES else np.zeros(0)


def concept_logs(name: str, concepts: Numbers, bits: Bits) -> Floats:
    """(n,) ln P(choice t | the choices behind it): each concept has its own beta from clean texts."""
    turned, choice = concepts[::-1], bits[::-1]
    a, b = concept_table(name)[turned].T
    seen, ones = _seen_of(turned, choice)
    p_one = (a + ones) / (a + b + seen)
    return np.asarray(np.log(np.where(choice == 1, p_one, 1 - p_one))[::-1])


def subset_tests(found: Iterable[tuple[Concepts, Floats]]) -> Iterator[Test]:
    """Any subset of the concepts at once: each is in the payload or not, up to some site."""
    for one, logs in found:
        if len(logs):
            yield Test(f"{one.name}/subset:noise", subset_ratio(one, logs), "", one.starts, one.ends)


def subset_ratio(one: Concepts, logs: Floats) -> float:
    """ln of the evidence that some of the concepts are chosen evenly; logs as `concept_logs` gives them."""
    ends = _ends_of(n := len(logs))
    _, numbers = np.unique(one.concepts[:n], return_inverse=True)
    shape = len(ends), int(numbers.max()) + 1
    cells = ends.searchsorted(np.arange(n), side="right") * shape[1] + numbers
    each = np.bincount(cells, -np.log(2.0) - logs, shape[0] * shape[1]).reshape(shape).cumsum(axis=0)
    ratios = np.log((1 - CODED) + CODED * np.exp(each)).sum(axis=1)
    return float(np.logaddexp.reduce(ratios) - np.log(len(ends)))


@cache
def _ends_of(n: int) -> Numbers:
    """Some sites up to which a code may reach, the last one among them."""
    return np.unique(np.linspace(MIN_SITES, n, _ENDS).astype(np.int64))


@cache
def concept_table(name: str) -> Floats:
    """(concepts, 2) beta parameters of an unusual form."""
    return np.array(tables()["concepts"][name], np.float64)


def _seen_of(concepts: Numbers, bits: Bits) -> tuple[Numbers, Numbers]:
    """How often each concept was named before, and how often by an unusual form."""
    order = concepts.argsort(kind="stable")
    turned, at = concepts[order], np.arange(len(concepts))
    begins = np.where(np.diff(turned, prepend=-1) != 0, at, 0)
    begins = np.maximum.accumulate(begins)
    before = np.concatenate(([0], bits[order].cumsum()))[:-1].astype(np.int64)
    seen, ones = np.empty((2, len(concepts)), np.int64)
    seen[order], ones[order] = at - begins, before - before[begins]
    return seen, ones


CACHED = (concept_table,)
