"""`admit`: a judge before the fixed cases of rubrics; it may flag with those on which it passes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict

from monitors.admission import MIN_AUROC_LOW, MIN_CASES, MIN_PARSE_RATE, Admission, examine
from monitors.commands.judged import add_judged, judged_by

_WIDTHS = (34, 8, 6, 13, 8)
_HEAD = ("rubric", "parsed", "AUROC", "95 %", "may flag")


def add_parser(parser: argparse.ArgumentParser) -> None:
    add_judged(parser, default="all that have cases")
    parser.add_argument("--json", action="store_true", help="JSON, one line for each rubric, instead of a table")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 when every rubric was put to the judge, whether it passed or not. A row is written as soon as it is known."""
    found = (examine(name, monitor) for name, monitor in judged_by(arguments))
    for line in _documents(found) if arguments.json else _table(found):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    return 0


def _documents(found: Iterable[Admission]) -> Iterable[str]:
    return (json.dumps(asdict(one), allow_nan=False) for one in found)


def _table(found: Iterable[Admission]) -> Iterable[str]:
    yield _line(_HEAD)
    one = None
    for one in found:
        interval = "-" if one.auroc_low is None else f"[{one.auroc_low:.2f}, {one.auroc_high:.2f}]"
        auroc = "-" if one.auroc is None else f"{one.auroc:.2f}"
        yield _line((one.monitor, f"{one.parse_rate:.2f}", auroc, interval, "yes" if one.admitted else "no"))
    if one is not None:
        yield ""
        yield f"Judge {one.judge}, digest {one.judge_digest[:12]}, {one.at}"
    yield (
        f"A judge may flag from {MIN_CASES} cases of each kind on, when {MIN_PARSE_RATE} of its answers could be read"
        f" and the lower end of the interval is above {MIN_AUROC_LOW}."
    )


def _line(cells: Iterable[str]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()
