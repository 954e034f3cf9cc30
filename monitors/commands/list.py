"""`list`: the monitors there are."""

from __future__ import annotations

import argparse
import json
import sys

from monitors.commands import options
from monitors.registry import Entry, entries


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as a list of objects")
    options.add_shared(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    table = [_row(entry) for entry in entries().values()][: arguments.limit]
    if arguments.json:
        sys.stdout.write(json.dumps(table, indent=2) + "\n")
        return 0
    width = max((len(str(row["name"])) for row in table), default=0)
    for entry in list(entries().values())[: arguments.limit]:
        needs = ", ".join(entry.needs) or "no model"
        sys.stdout.write(f"{entry.name:<{width}}  v{entry.version}  {entry.axis:<14} {needs:<14} {entry.summary}\n")
    return 0


def _row(entry: Entry) -> dict[str, object]:
    return {
        "name": entry.name,
        "version": entry.version,
        "axis": entry.axis.value,
        "resource": entry.resource.value,
        "needs": [need.value for need in entry.needs],
        "reference": entry.reference,
        "is_baseline": entry.is_baseline,
    }
