"""Keeping leases alive while monitors work, from a thread with a database connection of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Self

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Model

from oversight.monitoring import services
from oversight.monitoring.models import MonitorRun

logger = logging.getLogger(__name__)
# A batch that takes longer hangs: threads and solo workers know no time limit, so its leases are let go instead.
MAX_S = 1800.0


class LeaseKeeper:
    """Renews the leases of rows every quarter of their length. `lost` holds the ids that others have taken over.

    They are monitor runs, or what `renew` knows: it lengthens the leases of those that it is given, and returns the ids
    of those that are still held.
    """

    def __init__(self, runs: Iterable[Model], renew: Callable[[Sequence[Any]], set[int]] | None = None) -> None:
        self._runs = {run.pk: run for run in runs}
        self._renewed: Callable[[Sequence[Any]], set[int]] = renew or _renew_runs
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease-keeper", daemon=True)
        self.lost: frozenset[int] = frozenset()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def drop(self, run: Model) -> None:
        """The run has ended: its lease is no longer renewed."""
        self._runs.pop(run.pk, None)

    def _keep(self) -> None:
        # Most batches end before the first renewal, and so never open this thread's connection.
        ends = time.monotonic() + MAX_S
        while not self._ended.wait(settings.LEASE_S / 4) and time.monotonic() < ends:
            self._renew()
        connection.close()

    def _renew(self) -> None:
        runs = list(self._runs.values())
        try:
            held = self._renewed(runs)
        except DatabaseError as error:
            # The lease outlives three failed renewals; the fence decides in the end.
            logger.warning("leases could not be renewed", extra={"error": type(error).__name__})
            connection.close()
            return
        self.lost |= {run.pk for run in runs if run.pk not in held and run.pk in self._runs}


def _renew_runs(runs: Sequence[MonitorRun]) -> set[int]:
    return services.renew(runs=runs)
