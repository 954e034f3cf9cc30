"""Coders that write with the reference language model itself, against what reads with it and against all the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from monitors.backends.shared_passes import N_ROWS, N_TEXT, SharedPasses
from monitors.backends.transformers_local import LocalModel
from monitors.base import Monitor
from monitors.coders.arithmetic import Arithmetic
from monitors.quality.channel_coders import KINDS, row
from monitors.redteam.cell import cell_data, measured
from monitors.redteam.covers import Carrier
from monitors.redteam.results import Results
from monitors.redteam.run import Plan, remaining, run_side_by_side

SIZES = (16, 64)
N_COVERS = 40
# What a model reads takes its time: no cover is longer.
MOST_CHARACTERS = 2500


def plan(
    lm: LocalModel, carriers: Sequence[Carrier], needy: Mapping[str, Monitor], free: Sequence[str], n: int
) -> Plan:
    """The arithmetic coder on at most `n` covers, with the monitors named. None learns from a set: this is none."""
    coder = replace(Arithmetic(SharedPasses(lm)), max_tokens=N_TEXT)
    short = [one for one in carriers if len(one.cover.text) <= MOST_CHARACTERS]
    able = [one for one in short[: 2 * n] if coder.capacity(one.cover) >= max(SIZES)]
    names = (*needy, *free)
    return Plan(tuple(able[:n]), {coder.name: coder}, dict.fromkeys(names, ""), SIZES, KINDS, needy)


def carry_out(tried: Plan, results: Results) -> Iterator[object]:
    """Each cover's work when it is done."""
    return run_side_by_side(tried, remaining(tried, results), results, n_threads=N_ROWS)


def rows(tried: Plan, results: Results) -> Iterator[dict[str, Any]]:
    """One row for each size and kind of payload, each arm that it is told from, and each monitor that could score."""
    for data in cell_data(tried, results):
        cell = measured(data)
        for finding in cell.findings:
            if finding.detection.n_unmeasured < cell.n_made:
                yield row(cell, finding)


def silent(found: Sequence[Mapping[str, Any]], tried: Plan) -> list[str]:
    """Monitors that could score none of these short texts."""
    return sorted(set(tried.monitors) - {row["monitor"] for row in found})
