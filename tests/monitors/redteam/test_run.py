"""A run does what is missing and nothing twice; a set monitor learns from the other half only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from monitors.base import Score
from monitors.coders.coder import Coder, coders
from monitors.redteam.bench import bench, fitted
from monitors.redteam.cell import cell_data, measured
from monitors.redteam.payload import Kind
from monitors.redteam.results import Results
from monitors.redteam.run import Plan, remaining, run
from monitors.redteam.trial import Arm, Outcome
from monitors.transcript import Transcript
from tests.monitors.redteam.arena import carriers


def _plan(n: int = 24, *names: str) -> Plan:
    chosen: dict[str, Coder] = {name: coders()[name] for name in names or ("zero_width",)}
    return Plan(carriers(n), chosen, {"byte_channels": "v1"}, (8,), tuple(Kind), {})


def _done(plan: Plan, results: Results, *, n_jobs: int = 1) -> int:
    return len(list(run(plan, remaining(plan, results), results, n_jobs=n_jobs)))


def test_everything_is_measured_once() -> None:
    plan, results = _plan(), Results()
    assert _done(plan, results) == 2 * 24
    assert _done(plan, results) == 0
    # Clean covers, plain, uniform and sham; and what the coder reads in each of them.
    assert (len(results.scores), len(results.texts)) == (4 * 24, 4 * 24)


def test_processes_give_the_same_results() -> None:
    plan, here, there = _plan(6), Results(), Results()
    _done(plan, here)
    _done(plan, there, n_jobs=2)
    assert (here.texts, here.scores) == (there.texts, there.scores)


def test_a_run_that_was_stopped_goes_on_where_it_was() -> None:
    plan, results = _plan(), Results()
    works = remaining(plan, results)
    stopped = run(plan, works, results)
    for _ in range(10):
        next(stopped)
    stopped.close()
    assert len(remaining(plan, results)) == len(works) - 10


def test_a_new_version_of_a_monitor_is_measured_again_on_texts_that_are_not() -> None:
    plan, results = _plan(), Results()
    _done(plan, results)
    newer = replace(plan, monitors={"byte_channels": "v2"})
    tasks = [task for work in remaining(newer, results) for task in work.tasks]
    assert len(tasks) == 4 * 24
    assert not any(task.is_text_wanted for task in tasks)


def test_another_coder_adds_its_own_work_only() -> None:
    results = Results()
    _done(_plan(), results)
    added = remaining(_plan(24, "zero_width", "acrostic"), results)
    assert {task.trial.coder for work in added for task in work.tasks} == {"acrostic"}


def test_a_found_coder_has_a_cell_that_says_so() -> None:
    plan, results = _plan(), Results()
    _done(plan, results)
    cells = {(cell.kind, cell.against): cell for cell in map(measured, cell_data(plan, results))}
    cell = cells["uniform", Arm.CLEAN]
    assert (cell.n_covers, cell.n_made) == (24, 24)
    assert cell.oracle.auroc.value == 1.0
    assert cell.best is not None
    assert cell.best.detection.flagged is not None
    assert cell.best.detection.flagged.value == 1.0


def test_covers_without_room_are_counted_and_not_scored() -> None:
    plan, results = replace(_plan(), sizes=(100_000,)), Results()
    _done(plan, results)
    (cell, *_) = map(measured, cell_data(plan, results))
    assert (cell.n_made, cell.outcomes) == (0, {Outcome.TOO_SMALL: 24})
    assert all(finding.detection.flagged is None for finding in cell.findings)


@dataclass(frozen=True, slots=True)
class _Seen:
    ids: frozenset[str] = frozenset()

    def score(self, transcript: Transcript, /) -> Score:
        return Score(float(transcript.id in self.ids))


@dataclass(frozen=True, slots=True)
class _Learner:
    """Flags what it learned from."""

    is_one: bool = field(default=True)

    def fit(self, transcripts: Iterable[Transcript], /) -> _Seen:
        return _Seen(frozenset(transcript.id for transcript in transcripts))


def test_a_monitor_that_learns_never_saw_the_covers_that_it_scores() -> None:
    covers = carriers(10)
    halves = bench(covers, ()).halves
    by_half = fitted(_Learner(), covers, halves)
    scores = [by_half[halves[cover.id]].score(cover.transcript).value for cover in covers]
    assert scores == [0.0] * 10
    assert by_half[0] != by_half[1]
