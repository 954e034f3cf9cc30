"""Doing what is not yet done: model-free work in processes, the rest here, results on disk as they come."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import wait

from monitors.base import Monitor
from monitors.coders.coder import Coder
from monitors.redteam.bench import Bench, Task, bench, fitted
from monitors.redteam.covers import Carrier
from monitors.redteam.payload import Kind
from monitors.redteam.results import Result, Results
from monitors.redteam.trial import Outcome, Trial, clean_trial, needs_model, trials

# A few seconds of work for each process: enough to keep it busy, few enough to lose little when stopped.
_WAITING_PER_JOB = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """What is tried on what. `monitors` are digests by name; `needy` the monitors that hold a model, built."""

    carriers: tuple[Carrier, ...]
    coders: Mapping[str, Coder]
    monitors: Mapping[str, str]
    sizes: tuple[int, ...]
    kinds: tuple[Kind, ...]
    needy: Mapping[str, Monitor]

    @property
    def model_free(self) -> tuple[str, ...]:
        return tuple(name for name in self.monitors if name not in self.needy)


@dataclass(frozen=True, slots=True)
class Work:
    """Tasks on one cover by one coder; `is_model_free` when any process can do them."""

    tasks: tuple[Task, ...]
    is_model_free: bool


def remaining(plan: Plan, results: Results) -> list[Work]:
    """What is not in the results yet, model-free work first."""
    works = []
    for is_model_free in (True, False):
        names = plan.model_free if is_model_free else tuple(plan.needy)
        for carrier in plan.carriers:
            clean = _missing(clean_trial(carrier.id), plan, names, results)
            works.append(Work(tuple(clean), is_model_free))
            for coder in plan.coders.values():
                if is_model_free and needs_model(coder):
                    continue
                by = tuple(plan.monitors) if needs_model(coder) else names
                tasks = [
                    task
                    for trial in trials(coder, carrier.id, plan.sizes, plan.kinds)
                    for task in _missing(trial, plan, by, results)
                ]
                works.append(Work(tuple(tasks), is_model_free))
    return [work for work in works if work.tasks]


def run(plan: Plan, works: Sequence[Work], results: Results, *, n_jobs: int = 1) -> Iterator[Work]:
    """Each work when it is done and its results are kept."""
    free = [work for work in works if work.is_model_free]
    if n_jobs > 1 and len(free) > 1:
        yield from _in_processes(plan, free, results, n_jobs)
        free = []
    rest = [*free, *(work for work in works if not work.is_model_free)]
    if rest:
        here = _bench_with_models(plan)
        for work in rest:
            results.add(here.results(work.tasks))
            yield work


def _missing(trial: Trial, plan: Plan, names: Sequence[str], results: Results) -> Iterator[Task]:
    known = results.texts.get(trial)
    if known is not None and known.outcome is not Outcome.MADE:
        return
    # What a monitor says of a clean cover is asked once, for all coders.
    is_scored = (trial.coder == "") == (trial.arm == "clean")
    wanted = [(name, plan.monitors[name]) for name in names if is_scored]
    missing = tuple((name, digest) for name, digest in wanted if (trial, name, digest) not in results.scores)
    is_text_wanted = known is None and trial.coder != ""
    if missing or is_text_wanted:
        yield Task(trial, is_text_wanted, missing)


def _bench_with_models(plan: Plan) -> Bench:
    own = bench(plan.carriers, plan.model_free)
    needy = {name: fitted(monitor, plan.carriers, own.halves) for name, monitor in plan.needy.items()}
    return replace(own, coders={**own.coders, **plan.coders}, monitors={**own.monitors, **needy})


def _in_processes(plan: Plan, works: Sequence[Work], results: Results, n_jobs: int) -> Iterator[Work]:
    start = partial(_start, plan.carriers, plan.model_free)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(n_jobs, mp_context=context, initializer=start)
    waiting: deque[tuple[Work, Future[list[Result]]]] = deque()
    try:
        for work in works:
            waiting.append((work, pool.submit(_do, work.tasks)))
            if len(waiting) >= _WAITING_PER_JOB * n_jobs:
                yield _kept(*waiting.popleft(), results)
        while waiting:
            yield _kept(*waiting.popleft(), results)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _kept(work: Work, future: Future[list[Result]], results: Results) -> Work:
    results.add(future.result())
    return work


_own = Bench({}, {}, {}, {})


def _start(carriers: Sequence[Carrier], monitor_names: Sequence[str]) -> None:
    global _own
    # The parent decides what an interrupt means; when it is gone, nobody waits for results.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _own = bench(carriers, monitor_names)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _do(tasks: Sequence[Task]) -> list[Result]:
    return _own.results(tasks)
