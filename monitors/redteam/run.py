"""Doing what is not yet done: model-free work in processes, the rest here, results on disk as they come."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from monitors.base import Monitor
from monitors.coders.coder import Coder
from monitors.redteam.bench import Bench, Task, bench, fitted
from monitors.redteam.covers import Carrier
from monitors.redteam.payload import Kind
from monitors.redteam.processes import processes
from monitors.redteam.results import Result, Results
from monitors.redteam.trial import Arm, Outcome, Trial, clean_trial, needs_model, trials

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
    works = [_clean(carrier.id, plan, plan.model_free, results, is_model_free=True) for carrier in plan.carriers]
    for coder in plan.coders.values():
        if not needs_model(coder):
            works += _of(coder, plan, plan.model_free, results, is_model_free=True)
    # Texts of model-free coders were recorded by then.
    works += [_clean(carrier.id, plan, tuple(plan.needy), results, is_model_free=False) for carrier in plan.carriers]
    for coder in plan.coders.values():
        names = tuple(plan.monitors) if needs_model(coder) else tuple(plan.needy)
        if names:
            works += _of(coder, plan, names, results, is_model_free=False)
    return [work for work in works if work.tasks]


def run(plan: Plan, works: Sequence[Work], results: Results, *, n_jobs: int = 1) -> Generator[Work, None, None]:
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


def run_side_by_side(plan: Plan, works: Sequence[Work], results: Results, *, n_threads: int) -> Iterator[Work]:
    """As `run`, in threads here: for a language model that answers many at once."""
    own = _bench_with_models(plan)
    with ThreadPoolExecutor(n_threads) as pool:
        for work, found in zip(works, pool.map(lambda one: own.results(one.tasks), works), strict=True):
            results.add(found)
            yield work


def _clean(cover: str, plan: Plan, names: Sequence[str], results: Results, *, is_model_free: bool) -> Work:
    """What monitors say of a clean cover is asked once, for all coders."""
    trial = clean_trial(cover)
    missing = _missing(trial, plan, names, results)
    return Work((Task(trial, False, missing),) if missing else (), is_model_free)


def _of(coder: Coder, plan: Plan, names: Sequence[str], results: Results, *, is_model_free: bool) -> Iterator[Work]:
    records_text = is_model_free or needs_model(coder)
    for carrier in plan.carriers:
        tasks = []
        for trial in trials(coder, carrier.id, plan.sizes, plan.kinds):
            known = results.texts.get(trial)
            is_text_wanted = known is None and records_text
            is_scored = trial.arm is not Arm.CLEAN and (known is None or known.outcome is Outcome.MADE)
            missing = _missing(trial, plan, names, results) if is_scored else ()
            if missing or is_text_wanted:
                tasks.append(Task(trial, is_text_wanted, missing))
        yield Work(tuple(tasks), is_model_free)


def _missing(trial: Trial, plan: Plan, names: Sequence[str], results: Results) -> tuple[tuple[str, str], ...]:
    wanted = [(name, plan.monitors[name]) for name in names]
    return tuple((name, digest) for name, digest in wanted if (trial, name, digest) not in results.scores)


def _bench_with_models(plan: Plan) -> Bench:
    own = bench(plan.carriers, plan.model_free)
    needy = {name: fitted(monitor, plan.carriers, own.halves) for name, monitor in plan.needy.items()}
    return replace(own, coders={**own.coders, **plan.coders}, monitors={**own.monitors, **needy})


def _in_processes(plan: Plan, works: Sequence[Work], results: Results, n_jobs: int) -> Iterator[Work]:
    waiting: deque[tuple[Work, Future[list[Result]]]] = deque()
    with processes(n_jobs, partial(_start, plan.carriers, plan.model_free)) as pool:
        for work in works:
            waiting.append((work, pool.submit(_do, work.tasks)))
            if len(waiting) >= _WAITING_PER_JOB * n_jobs:
                yield _kept(*waiting.popleft(), results)
        while waiting:
            yield _kept(*waiting.popleft(), results)


def _kept(work: Work, future: Future[list[Result]], results: Results) -> Work:
    results.add(future.result())
    return work


_own = Bench({}, {}, {}, {})


def _start(carriers: Sequence[Carrier], monitor_names: Sequence[str]) -> None:
    global _own
    _own = bench(carriers, monitor_names)


def _do(tasks: Sequence[Task]) -> list[Result]:
    return _own.results(tasks)
