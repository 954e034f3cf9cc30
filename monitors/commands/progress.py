"""A progress line and a closing summary, on standard error."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from monitors.base import NO_COST, Cost, Score, State

Item = TypeVar("Item")


def shown(items: Iterable[Item], *, label: str, total: int | None) -> Iterator[Item]:
    """The items unchanged, counted on a line that is drawn only where somebody can see it."""
    console = Console(stderr=True)
    left = () if total is None else (TextColumn("left"), TimeRemainingColumn())
    columns = (SpinnerColumn(), TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), *left)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(items, total=total)


class Tally:
    """How many transcripts each monitor scored, and why it did not score the others."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}
        self._costs: dict[str, Cost] = {}

    def add(self, scores: Mapping[str, Score]) -> None:
        for name, score in scores.items():
            outcome = "scored" if score.state is State.SCORED else f"{score.state}: {score.reason}"
            self._counts.setdefault(name, Counter())[outcome] += 1
            self._costs[name] = self._costs.get(name, NO_COST) + score.cost

    def write(self, *, n_read: int, n_unreadable: int) -> None:
        sys.stderr.write(f"{n_read} transcripts read, {n_unreadable} unreadable\n")
        for name, outcomes in self._counts.items():
            n_scored = outcomes.pop("scored", 0)
            reasons = ", ".join(f"{reason} {n}" for reason, n in outcomes.most_common())
            sys.stderr.write(
                f"{name}: scored {n_scored}, unscored {outcomes.total()}" + (f" ({reasons})\n" if reasons else "\n")
            )
        called = {name: cost for name, cost in self._costs.items() if cost.calls}
        for name, cost in called.items():
            sys.stderr.write(f"{name}: {_spent(cost)}\n")
        if len(called) > 1:
            sys.stderr.write(f"together: {_spent(sum(called.values(), NO_COST))}\n")


def _spent(cost: Cost) -> str:
    cached = f" ({cost.cached_tokens:,} of them cached)" if cost.cached_tokens else ""
    money = f", {cost.money:.4f} USD" if cost.money else ""
    return (
        f"{cost.calls:,} model calls, {cost.prompt_tokens:,} prompt tokens{cached}"
        f" and {cost.completion_tokens:,} of answers{money}"
    )
