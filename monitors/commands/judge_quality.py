"""`judge-quality`: judges, programs, combinations and baselines against the labels of a folder's public sets."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monitors.base import Axis, Monitor, Need, Score, measure
from monitors.commands import options
from monitors.commands.problem import Problem
from monitors.commands.progress import shown
from monitors.commands.reading import Reader
from monitors.commands.revision import commit
from monitors.errors import BackendUnavailable
from monitors.judging.sitting import measure_many
from monitors.quality import sets
from monitors.quality.judged import agreement, comparison, location
from monitors.quality.judged.baselines import Column, baselines
from monitors.quality.judged.kept import Kept, Store
from monitors.quality.judged.labels import CONTROLS, TRUTH, Labelled, Task, labelled
from monitors.quality.judged.page import FEWEST_OF_EACH, page
from monitors.redteam.bench import is_set_monitor
from monitors.registry import build, entries, params_digest

MOST = 150
_UNFAITHFUL = "judge_unfaithful_explanation"
# Verdicts of fewer say nothing about agreement.
_FEWEST = 10
# No label here speaks of hidden messages or of misdeeds.
_OTHER_AXES = frozenset({Axis.STEGANOGRAPHY, Axis.MISBEHAVIOUR})
_BySource = Mapping[str, Sequence[sets.Record]]


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the public sets: JSON Lines files")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="for judge_quality.md and .json")
    parser.add_argument("--cache", type=Path, metavar="FILE", help="keep scores here, so that a second run is quick")
    parser.add_argument(
        "--judged", type=options.positive, default=MOST, metavar="N", help="records of a set that a model judges"
    )
    parser.add_argument("--minutes", type=float, metavar="M", help="ask the model no longer than this")
    options.add_shared(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 when the tables are written, 1 when some records could not be read. `--limit` is for each set."""
    if not arguments.folder.is_dir():
        raise Problem(f"{arguments.folder} is no folder.")
    by_source, n_unreadable = _read(arguments)
    bench = Bench(Store(arguments.cache), _programs(), arguments)
    document = {
        "command": "python -m monitors judge-quality FOLDER --out docs/monitors",
        "commit": commit(),
        "limit": arguments.limit,
        "truth": [_task(bench, task, by_source) for task in TRUTH if task.source in by_source],
        "controls": [_task(bench, task, by_source) for task in CONTROLS if task.source in by_source],
        "local": _local(bench, by_source),
        "location": _located(bench, by_source),
        "agreement": _agreed(bench, by_source),
    }
    _write(arguments.out, document)
    return 1 if n_unreadable else 0


class Bench:
    """Scores of programs and of the model's judges, each computed once."""

    def __init__(self, store: Store, programs: Mapping[str, Monitor], arguments: argparse.Namespace) -> None:
        self.store = store
        self.programs = programs
        self.most: int = arguments.judged
        self.judge = _judge(arguments)
        self._until = time.monotonic() + 60 * arguments.minutes if arguments.minutes is not None else None

    @property
    def has_time(self) -> bool:
        return self._until is None or time.monotonic() < self._until

    def programmed(self, records: Sequence[sets.Record]) -> dict[str, list[Kept]]:
        """Every program on every record."""
        found: dict[str, list[Kept]] = {name: [] for name in self.programs}
        for record in shown(records, label="programs", total=len(records)):
            for name, monitor in self.programs.items():
                key, item = params_digest(name, {}), _digest(record)
                kept = self.store.get(key, item)
                if kept is None:
                    kept = Kept.of(measure(monitor, record.parsed.transcript))
                    self.store.put(key, item, kept)
                found[name].append(kept)
        return found

    def judged(self, names: Sequence[str], records: Sequence[sets.Record]) -> dict[str, list[Kept | None]]:
        """The model's judges, all of a record in one sitting; None where there was no time."""
        found: dict[str, list[Kept | None]] = {name: [] for name in names}
        if self.judge is None:
            return {}
        for record in shown(records, label="judging", total=len(records)):
            own = self._sitting(names, record)
            for name in names:
                found[name].append(own.get(name))
        return found

    def _sitting(self, names: Sequence[str], record: sets.Record) -> dict[str, Kept]:
        item = _digest(record)
        monitors = {name: build(name, backends={Need.JUDGE: self.judge}) for name in names}
        keys = {name: self._key(name, monitor) for name, monitor in monitors.items()}
        known = {name: kept for name in names if (kept := self.store.get(keys[name], item)) is not None}
        left = [name for name in names if name not in known]
        if left and self.has_time:
            scores = measure_many([monitors[name] for name in left], record.parsed.transcript)
            for name, score in zip(left, scores, strict=True):
                known[name] = _checked(score)
                self.store.put(keys[name], item, known[name])
        return known

    def _key(self, name: str, monitor: Monitor) -> str:
        """What the score depends on: parameters, the prompt, and the model with its method."""
        from monitors.judging.fence import prompt_sha256

        rubric = getattr(monitor, "rubric", None)
        prompt = prompt_sha256(rubric) if rubric is not None else ""
        return hashlib.sha256(f"{params_digest(name, {})} {prompt} {self.digest}".encode()).hexdigest()

    @property
    def digest(self) -> str:
        return str(getattr(self.judge, "digest", ""))

    @property
    def model(self) -> str:
        return str(getattr(self.judge, "model", ""))


def _checked(score: Score) -> Kept:
    """A judge that is down has said nothing: the run ends, and what was kept stays."""
    kept = Kept.of(score)
    if kept.reason in ("no_backend", "timeout", "error"):
        raise BackendUnavailable(score.rationale, reason=kept.reason)
    return kept


def _judge(arguments: argparse.Namespace) -> object | None:
    if arguments.backend in ("none", "recorded"):
        return None
    from monitors.backends import open_backends

    return open_backends(arguments.backend, model=arguments.model).get(Need.JUDGE)


def _programs() -> dict[str, Monitor]:
    """Monitors without a model that look at one transcript and at what these labels speak of, and the baselines."""
    built = {name: build(name) for name, one in entries().items() if not one.needs and not one.reads_logprobs}
    return {
        name: monitor
        for name, monitor in built.items()
        if not is_set_monitor(monitor) and (entries()[name].axis not in _OTHER_AXES or entries()[name].is_baseline)
    }


def _task(bench: Bench, task: Task, by_source: _BySource) -> dict[str, Any]:
    rows = labelled(task, by_source[task.source])
    head = {"source": task.source, "title": task.title, "provenance": task.provenance, "remark": task.remark}
    if len(set(rows.y_true)) < 2:
        return {**head, "figures": None, "reason": "one class only"}
    programs, simple = _apart(_columns(bench.programmed(rows.records)), rows)
    columns = comparison.with_combinations(rows, programs, simple)
    return {**head, "figures": comparison.halves(rows, columns, simple)}


def _local(bench: Bench, by_source: _BySource) -> dict[str, Any]:
    """Judges on the sample, with programs and baselines on the same rows."""
    tasks = []
    for task in (*TRUTH, *CONTROLS) if bench.judge is not None else ():
        rows = labelled(task, by_source.get(task.source, ()))
        sample = rows.where(_sampled(rows, bench.most))
        if len(set(sample.y_true)) < 2:
            continue
        found = bench.judged(task.judges, sample.records)
        tasks.append(_judged_task(bench, task, sample, found))
    return {"model": bench.model, "most": bench.most, "tasks": tasks}


def _judged_task(
    bench: Bench, task: Task, sample: Labelled, found: Mapping[str, Sequence[Kept | None]]
) -> dict[str, Any]:
    head = {"source": task.source, "title": task.title, "provenance": task.provenance, "remark": task.remark}
    is_done = [all(column[row] is not None for column in found.values()) for row in range(len(sample.records))]
    done = sample.where(is_done)
    not_run = (
        {} if all(is_done) else {"the local model": f"on {len(is_done) - sum(is_done)} of {len(is_done)}: no time"}
    )
    if reason := too_few(done):
        return {**head, "figures": None, "reason": reason, "not_run": not_run}
    judged = {
        name: [one for one, is_kept in zip(column, is_done, strict=True) if is_kept] for name, column in found.items()
    }
    everyone, simple = _apart({**_columns(judged), **_columns(bench.programmed(done.records))}, done)
    columns = comparison.with_combinations(done, everyone, simple)
    return {**head, "figures": comparison.side_by_side(done, columns, simple), "not_run": not_run}


def too_few(rows: Labelled) -> str:
    """Why nothing can be estimated from these texts, which the local model has read; empty where something can."""
    n_positive = sum(rows.y_true)
    n_negative = len(rows.y_true) - n_positive
    if min(n_positive, n_negative) >= FEWEST_OF_EACH:
        return ""
    held = f"{n_positive} positive and {n_negative} negative"
    return f"the local model has read {held} texts; {FEWEST_OF_EACH} of each are the fewest"


def _apart(columns: Mapping[str, Column], rows: Labelled) -> tuple[dict[str, Column], dict[str, Column]]:
    """Monitors, and baselines: those of the catalogue and those that are fitted or counted here."""
    monitors = {name: column for name, column in columns.items() if not entries()[name].is_baseline}
    known = {name: column for name, column in columns.items() if name not in monitors}
    return monitors, {**known, **baselines(rows)}


def _located(bench: Bench, by_source: _BySource) -> list[dict[str, Any]]:
    found = []
    for source in location.SOURCES:
        records = list(by_source.get(source, ()))
        if not records:
            continue
        programmed = bench.programmed(records)
        ours = location.guesses(records, {location.PROGRAM: programmed[location.PROGRAM]})
        found.append({"source": source, "suffix": "", **location.located(records, ours, halved=True)})
        rows = Labelled(tuple(records), (True,) * len(records), tuple(record.group for record in records))
        sample = list(rows.where(_sampled(rows, bench.most)).records)
        judged = bench.judged([location.JUDGE], sample).get(location.JUDGE, [])
        done = [record for record, one in zip(sample, judged, strict=False) if one is not None]
        if not done:
            continue
        scores: dict[str, Sequence[Kept | None]] = {
            location.PROGRAM: bench.programmed(done)[location.PROGRAM],
            location.JUDGE: [one for one in judged if one is not None],
        }
        own = location.located(done, location.guesses(done, scores), halved=False)
        found.append({"source": source, "suffix": f", {bench.model} on {len(done)}", **own})
    return found


def _agreed(bench: Bench, by_source: _BySource) -> list[dict[str, Any]]:
    found = []
    for source in agreement.SOURCES:
        records = [record for record in by_source.get(source, ()) if agreement.had_effect(record)]
        if not records:
            continue
        others: dict[str, Sequence[bool | None]] = {
            name: [None if one.value is None else one.value >= 0.5 for one in column]
            for name, column in bench.programmed(records).items()
            if sum(one.value is not None for one in column) >= _FEWEST
        }
        rows = Labelled(tuple(records), (True,) * len(records), tuple(str(n) for n in range(len(records))))
        asked = _sampled(rows, bench.most)
        sample = [record for record, is_asked in zip(records, asked, strict=True) if is_asked]
        judged = iter(bench.judged([_UNFAITHFUL], sample).get(_UNFAITHFUL, []))
        answers = [next(judged, None) if is_asked else None for is_asked in asked]
        not_run = {}
        if any(one is not None for one in answers):
            own = [None if one is None or one.value is None else one.value >= 0.5 for one in answers]
            others[f"{_UNFAITHFUL} ({bench.model})"] = own
        else:
            not_run[_UNFAITHFUL] = "no model was given, or no time"
        everyone = {**others, **agreement.simple_verdicts(records)}
        found.append({"source": source, **agreement.agreements(records, everyone), "not_run": not_run})
    return found


def _sampled(rows: Labelled, n: int) -> list[bool]:
    """Whole groups in the order of their digests, until the next one would make it more than `n` records."""
    sizes: dict[str, int] = {}
    for group in rows.groups:
        sizes[group] = sizes.get(group, 0) + 1
    chosen: set[str] = set()
    total = 0
    for group in sorted(sizes, key=lambda one: hashlib.sha256(f"sample {one}".encode("utf-8", "replace")).digest()):
        if total + sizes[group] <= n:
            chosen.add(group)
            total += sizes[group]
    return [group in chosen for group in rows.groups]


def _columns(scores: Mapping[str, Sequence[Kept | None]]) -> dict[str, Column]:
    """Values by monitor; who scored nothing has no column."""
    columns = {name: [None if one is None else one.value for one in column] for name, column in scores.items()}
    return {name: column for name, column in columns.items() if any(value is not None for value in column)}


def _digest(record: sets.Record) -> str:
    return sets.digest(record).hex()


def _read(arguments: argparse.Namespace) -> tuple[dict[str, list[sets.Record]], int]:
    wanted = {*(task.source for task in (*TRUTH, *CONTROLS)), *agreement.SOURCES}
    found: dict[str, list[sets.Record]] = {}
    n_unreadable = 0
    for source in sets.sources(arguments.folder):
        if source.name not in wanted:
            continue
        reader = Reader(source.paths)
        records = list(shown(sets.records(source, reader), label=source.name, total=None))
        found[source.name] = sets.drawn(records, arguments.limit)
        n_unreadable += reader.n_unreadable
    if not any(found.values()):
        raise Problem(f"{arguments.folder} holds none of {', '.join(sorted(wanted))}.")
    return found, n_unreadable


def _write(folder: Path, document: Mapping[str, Any]) -> None:
    text = page(document)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        as_json = json.dumps(document, indent=1, allow_nan=False) + "\n"
        (folder / "judge_quality.json").write_text(as_json, encoding="utf-8")
        (folder / "judge_quality.md").write_text(text, encoding="utf-8")
    except OSError as error:
        raise Problem(f"{folder} cannot be written: {error.strerror}.") from None
    sys.stderr.write(f"{folder / 'judge_quality.md'} and judge_quality.json are written\n")
