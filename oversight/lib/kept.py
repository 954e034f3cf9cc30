"""Figures that take long to count: kept for a while in a large house, and counted anew behind a page's back.

A house is large when counting took long and the table says so itself; in a small one every page counts. Each process
keeps its own, so that nothing has to be told or forgotten. Counting takes at most a twentieth of a core.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

from django.db import DatabaseError, connection
from django.db.models import Model

from oversight.lib import clock

T = TypeVar("T")
LONG_S = 0.01
LARGE_ROWS = 20_000
SHARE = 20
LEAST_S, MOST_S = 5.0, 600.0
logger = logging.getLogger(__name__)
_ESTIMATE_SQL = "SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)"


@dataclass(frozen=True, slots=True)
class Counted(Generic[T]):
    """What was counted, and when."""

    value: T
    at: datetime
    began: float
    took_s: float

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.began

    @property
    def is_fresh(self) -> bool:
        return self.age_s < max(LEAST_S, self.took_s * SHARE)


_kept: dict[Hashable, Counted[Any]] = {}
_under_way: set[Hashable] = set()
_lock = threading.Lock()


def kept(key: Hashable, count: Callable[[], T], *, of: type[Model]) -> Counted[T]:
    """The figures under this key: those of before while they are young, else counted now.

    `of` is the model whose rows are counted. What has grown old is shown once more while a thread counts it anew, up
    to ten minutes; older figures are counted while one waits.
    """
    full_key = (connection.settings_dict["NAME"], key)
    found = cast("Counted[T] | None", _kept.get(full_key))
    if found is None or found.age_s > MOST_S:
        return _count(full_key, count, of)
    if not found.is_fresh:
        _count_behind(full_key, count, of)
    return found


def _count(key: Hashable, count: Callable[[], T], of: type[Model]) -> Counted[T]:
    began, at = time.monotonic(), clock.now()
    counted = Counted(count(), at, began, time.monotonic() - began)
    if counted.took_s >= LONG_S and _rows(of) >= LARGE_ROWS:
        _kept[key] = counted
    else:
        _kept.pop(key, None)
    return counted


def _rows(of: type[Model]) -> float:
    """What the planner believes: no count."""
    with connection.cursor() as cursor:
        cursor.execute(_ESTIMATE_SQL, [of._meta.db_table])
        return float((cursor.fetchone() or (0,))[0] or 0)


def _count_behind(key: Hashable, count: Callable[[], Any], of: type[Model]) -> None:
    with _lock:
        if key in _under_way:
            return
        _under_way.add(key)
    threading.Thread(target=_in_thread, args=(key, count, of), daemon=True).start()


def _in_thread(key: Hashable, count: Callable[[], Any], of: type[Model]) -> None:
    try:
        _count(key, count, of)
    except DatabaseError as error:
        logger.warning("figures could not be counted", extra={"error": type(error).__name__})
    finally:
        connection.close()
        with _lock:
            _under_way.discard(key)
