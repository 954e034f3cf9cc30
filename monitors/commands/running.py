"""Monitors over transcripts: model-free ones in processes, the others here, results in the order of the input."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from monitors.backends.prices import Price
from monitors.base import Monitor, Need, RecordedVerdict, Score, measure_all
from monitors.commands import sets
from monitors.commands.problem import Problem
from monitors.commands.sets import Scorer
from monitors.formats.parsed import Parsed
from monitors.registry import build, entries, entry
from monitors.transcript import Transcript

_BATCH = 32

Scores = dict[str, Score]


@dataclass(frozen=True, slots=True)
class Panel:
    """The monitors of one run, built once. `needy` are those with a backend, `learned` those that know their set."""

    names: tuple[str, ...]
    model_free: tuple[str, ...]
    needy: Mapping[str, Monitor] = field(default_factory=dict)
    is_remote: bool = False
    learned: Mapping[str, Scorer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Serving:
    """What a model server takes for its tokens, how many calls it gets at once, and where its answers are kept."""

    price: Price | None = None
    concurrency: int | None = None
    answers: Path | None = None


def panel(
    names: Sequence[str],
    *,
    backend: str,
    model: str | None = None,
    recorded: Mapping[str, tuple[RecordedVerdict, ...]] | None = None,
    known: Iterable[Parsed] = (),
    outcome: str | None = None,
    server: Serving | None = None,
) -> Panel:
    """Build the named monitors with their backends; a judge that was not admitted comes back unscored.

    `known` is read only when a monitor is named that must know a set first.

    Raises Problem for an unknown monitor and BackendUnavailable for a backend that cannot be opened.
    """
    unknown = [name for name in names if name not in entries()]
    if unknown:
        raise Problem(f"no monitor {', '.join(map(ascii, unknown))}; there are {', '.join(entries())}")
    needy = [name for name in names if entry(name).needs]
    server = server or Serving()
    opened = _opened(backend, model, recorded or {}, server) if needy else {}
    built = {name: _gated(name, build(name, backends=opened), is_open=bool(opened)) for name in needy}
    if server.answers:
        built = _remembering(built, opened, server.answers)
    is_remote = backend.startswith(("http://", "https://"))
    learned = sets.learned(learning, known, outcome) if (learning := sets.learning(names)) else {}
    model_free = tuple(name for name in names if name not in built and name not in learned)
    return Panel(tuple(names), model_free, built, is_remote, learned)


def run(chosen: Panel, parsed: Iterable[Parsed], *, n_jobs: int = 1) -> Iterator[tuple[Parsed, Scores]]:
    """Scores by monitor name for each transcript, in order. At most a few batches are held in memory.

    `n_jobs` is the number of processes for model-free monitors, and of open calls to a judge over HTTP.
    """
    source = iter(parsed)
    with ExitStack() as stack:
        pool = stack.enter_context(_pool(n_jobs)) if n_jobs > 1 and chosen.model_free else None
        calls = stack.enter_context(ThreadPoolExecutor(n_jobs if chosen.is_remote else 1))
        waiting: deque[tuple[list[Parsed], Future[list[Scores]] | None]] = deque()
        while batch := list(islice(source, _BATCH)):
            transcripts = [item.transcript for item in batch]
            waiting.append((batch, pool.submit(_score, chosen.model_free, transcripts) if pool else None))
            if len(waiting) > 2 * n_jobs or pool is None:
                yield from _finished(chosen, calls, *waiting.popleft())
        while waiting:
            yield from _finished(chosen, calls, *waiting.popleft())


def _finished(
    chosen: Panel, calls: ThreadPoolExecutor, batch: list[Parsed], future: Future[list[Scores]] | None
) -> Iterator[tuple[Parsed, Scores]]:
    done = future.result() if future else _score(chosen.model_free, [item.transcript for item in batch])
    asked = calls.map(lambda item: _ask(chosen.needy, item.transcript), batch)
    for item, scores, measured in zip(batch, done, asked, strict=True):
        learned = {name: score(item) for name, score in chosen.learned.items()}
        yield item, {name: {**scores, **measured, **learned}[name] for name in chosen.names}


def _ask(needy: Mapping[str, Monitor], transcript: Transcript) -> Scores:
    """Those that ask one judge have it read the transcript once."""
    if not needy:
        return {}
    from monitors.judging.sitting import measure_many

    return dict(zip(needy, measure_many(list(needy.values()), transcript), strict=True))


def _score(names: tuple[str, ...], transcripts: list[Transcript]) -> list[Scores]:
    monitors = {name: build(name) for name in names}
    found = {name: measure_all(monitor, transcripts) for name, monitor in monitors.items()}
    return [{name: scores[at] for name, scores in found.items()} for at in range(len(transcripts))]


def _remembering(built: Mapping[str, Monitor], opened: Mapping[Need, object], answers: Path) -> dict[str, Monitor]:
    """The same monitors with a judge that answers from a folder; only now, since an admission asks anew."""
    from monitors.admission import Withheld
    from monitors.backends.kept_answers import Folder, kept
    from monitors.backends.openai_server import OpenAIServer

    judge = opened.get(Need.JUDGE)
    if not isinstance(judge, OpenAIServer):
        return dict(built)
    backends = {**opened, Need.JUDGE: kept(judge, Folder(answers))}
    return {name: own if isinstance(own, Withheld) else build(name, backends=backends) for name, own in built.items()}


def _pool(n_jobs: int) -> ProcessPoolExecutor:
    # A fork of a process that has threads (progress display, torch) may deadlock.
    return ProcessPoolExecutor(n_jobs, mp_context=multiprocessing.get_context("spawn"))


def _opened(
    backend: str, model: str | None, recorded: Mapping[str, tuple[RecordedVerdict, ...]], server: Serving
) -> Mapping[Need, object]:
    if backend == "none":
        return {}
    from monitors.backends import open_backends

    return open_backends(backend, model=model, recorded=recorded, price=server.price, concurrency=server.concurrency)


def _gated(name: str, monitor: Monitor, *, is_open: bool) -> Monitor:
    if not is_open or Need.JUDGE not in entry(name).needs:
        return monitor
    from monitors.admission import gate

    return gate(name, monitor)
