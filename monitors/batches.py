"""Which items are worked on together: as many as fit, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def batches(items: Iterable[T], size: Callable[[T], int], most: int) -> Iterator[list[T]]:
    """Runs of items whose sizes together are at most `most`; what is larger stands by itself."""
    some: list[T] = []
    room = most
    for item in items:
        own = size(item)
        if some and own > room:
            yield some
            some, room = [], most
        some.append(item)
        room -= own
    if some:
        yield some
