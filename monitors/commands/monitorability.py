"""`monitorability`: g-mean2 of recorded rollouts."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from monitors.commands.problem import Problem
from monitors.stats.errors import UndefinedMetric
from monitors.stats.monitorability import Monitorability, monitorability

_COLUMNS = ("instance_id", "x", "y", "z")
_BINARY = {"0": 0, "0.0": 0, "false": 0, "1": 1, "1.0": 1, "true": 1}


class _Rollouts(NamedTuple):
    instances: list[str]
    x: list[int]
    y: list[int]
    z: list[int]


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="CSV with a header and a rollout a line: instance_id (the question), x (1 with the intervention), y (1 "
        "when the outcome appears), z (1 when the monitor flags it); other columns are passed over",
    )
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 also when there is nothing to estimate: then the figures are null, with the reason."""
    rollouts = _read(arguments.file)
    try:
        found, reason = monitorability(*rollouts), None
    except UndefinedMetric as error:
        found, reason = None, str(error)
    if arguments.json:
        sys.stdout.write(json.dumps(_document(found, reason), allow_nan=False) + "\n")
    else:
        sys.stdout.write(_table(rollouts, found, reason))
    return 0


def _read(path: Path) -> _Rollouts:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return _parsed(path, csv.DictReader(lines, strict=True))
    except OSError as error:
        raise Problem(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Problem(f"{path}: is not UTF-8") from None


def _parsed(path: Path, reader: csv.DictReader[str]) -> _Rollouts:
    rollouts = _Rollouts([], [], [], [])
    try:
        missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise Problem(f"{path}:1: the header lacks {', '.join(missing)}; it must name {', '.join(_COLUMNS)}")
        for row in reader:
            _add(rollouts, row, f"{path}:{reader.line_num}")
    except csv.Error as error:
        raise Problem(f"{path}:{reader.line_num}: is no CSV: {error}") from None
    if not rollouts.x:
        raise Problem(f"{path}: holds no rollouts")
    return rollouts


def _add(rollouts: _Rollouts, row: Mapping[str | None, str | None], place: str) -> None:
    # A cell's text is never repeated: it may be anything.
    instance = (row["instance_id"] or "").strip()
    if not instance:
        raise Problem(f"{place}: instance_id is empty")
    if None in row:
        raise Problem(f"{place}: has more cells than the header")
    values = [_BINARY.get((row[name] or "").strip().lower()) for name in _COLUMNS[1:]]
    for name, value in zip(_COLUMNS[1:], values, strict=True):
        if value is None:
            raise Problem(f"{place}: {name} must be 0 or 1")
    rollouts.instances.append(instance)
    for column, value in zip(rollouts[1:], values, strict=True):
        column.append(int(value or 0))


def _document(found: Monitorability | None, reason: str | None) -> dict[str, object]:
    if found is None:
        empty = dict.fromkeys(("value", "sd", "low", "high"))
        return {"g_mean2": empty, "eligible": 0.0, "q": None, "chance": None, "reason": reason}
    document: dict[str, object] = {
        "g_mean2": {"value": found.value, "sd": found.sd, "low": found.low, "high": found.high},
        "eligible": found.eligible,
        "q": found.q,
        "chance": found.chance,
    }
    return document if found.reason is None else {**document, "reason": found.reason}


def _table(rollouts: _Rollouts, found: Monitorability | None, reason: str | None) -> str:
    size = f"{len(rollouts.x)} rollouts of {len(set(rollouts.instances))} instances"
    if found is None:
        return f"{size}\nno g-mean2: {reason}\n"
    lines: Sequence[tuple[str, str]] = (
        ("g-mean2", f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}], sd {found.sd:.3f}"),
        ("eligible", f"{found.eligible:.3f} of the instances show an effect"),
        ("q", f"{found.q:.3f} of their outcomes under the intervention are due to it"),
        ("chance", f"{found.chance:.3f} is the most that flagging at random can reach"),
    )
    return "\n".join([size, "", *_aligned(lines), *([f"\n{found.reason}"] if found.reason else [])]) + "\n"


def _aligned(lines: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{name:10}{text}" for name, text in lines]
