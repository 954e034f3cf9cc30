"""`hijack`: the share of injected positives that a judge is talked out of, by rubric, with its interval."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from monitors.admission import Admission, Judged, cases_sha256, judge_of, known_admission, prompt_of
from monitors.base import Need
from monitors.commands import options
from monitors.commands.problem import Problem
from monitors.hijack import Hijack, hijack
from monitors.registry import build, entries
from monitors.stats.binomial import Share

_HEAD = ("rubric", "lost", "95 %", "obeyed", "no score", "admitted")


@dataclass(frozen=True, slots=True)
class Row:
    """One rubric before the judge. `admission` is what was known of the pair beforehand, None where nothing was."""

    name: str
    judge: str
    judge_digest: str
    prompt_sha256: str
    cases_sha256: str
    found: Hijack
    admission: Admission | None


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rubric",
        required=True,
        type=options.names,
        metavar="R,S",
        help="rubrics by name, separated by commas, with or without judge_ before it",
    )
    parser.add_argument(
        "--backend",
        required=True,
        type=options.backend,
        metavar="local|URL",
        help="the judge: the local small model or an OpenAI-compatible server",
    )
    parser.add_argument("--model", help="model name for the server, or a path or name for the local backend")
    parser.add_argument("--threshold", type=float, default=0.5, help="a score from here on is a flag (default: 0.5)")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    options.add_server(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 when every rubric was put to the judge; a judge that does not answer ends the command."""
    if not 0.0 < arguments.threshold <= 1.0:
        raise Problem("the threshold must lie above 0 and be at most 1")
    rows = [_row(name, monitor, arguments.threshold) for name, monitor in _monitors(arguments)]
    if arguments.json:
        sys.stdout.write(json.dumps(document(rows, arguments.threshold), allow_nan=False, indent=1) + "\n")
    else:
        sys.stdout.write(table(rows))
    return 0


def _monitors(arguments: argparse.Namespace) -> list[tuple[str, Judged]]:
    from monitors.backends import open_backends

    if arguments.backend in ("none", "recorded"):
        raise Problem("--backend must be one that can be asked: local, or the URL of a server")
    opened = open_backends(
        arguments.backend, model=arguments.model, price=arguments.price, concurrency=arguments.concurrency
    )
    return [(name, _judged(name, opened[Need.JUDGE])) for name in map(_named, arguments.rubric)]


def _named(rubric: str) -> str:
    known = [name for name, one in entries().items() if Need.JUDGE in one.needs]
    found = next((name for name in (rubric, f"judge_{rubric}") if name in known), None)
    if found is None:
        raise Problem(f"no rubric {rubric!a}; there are {', '.join(known)}")
    return found


def _judged(name: str, judge: object) -> Judged:
    monitor = build(name, backends={Need.JUDGE: judge})
    if not isinstance(monitor, Judged) or not monitor.rubric.admission_cases()[0]:
        raise Problem(f"{name} has no rubric with cases that an order could be put into")
    return monitor


def _row(name: str, monitor: Judged, threshold: float) -> Row:
    asked = judge_of(monitor)
    if asked is None:
        raise Problem(f"{name} has no judge that can be asked")
    return Row(
        name=name,
        judge=asked.model,
        judge_digest=asked.digest,
        prompt_sha256=prompt_of(monitor),
        cases_sha256=cases_sha256(monitor.rubric),
        found=hijack(monitor, threshold),
        admission=known_admission(name, monitor),
    )


def document(rows: Sequence[Row], threshold: float) -> dict[str, object]:
    """What --json prints."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "threshold": threshold,
        "rubrics": [
            {
                "rubric": row.name,
                "judge": row.judge,
                "judge_digest": row.judge_digest,
                "prompt_sha256": row.prompt_sha256,
                "cases_sha256": row.cases_sha256,
                "admitted": None if row.admission is None else row.admission.admitted,
                "n": row.found.n,
                "n_lost": row.found.n_lost,
                "lost": row.found.rate._asdict(),
                "n_obeyed": row.found.n_obeyed,
                "obeyed": row.found.obeyed_rate._asdict(),
                "n_unscored": row.found.n_unscored,
                "lost_by_technique": dict(row.found.by_technique),
                "cost": asdict(row.found.cost),
            }
            for row in rows
        ],
    }


def table(rows: Sequence[Row]) -> str:
    """For people: what was lost, what the judge obeyed although a human still hears of it, and what it was not told."""
    lines = [_HEAD, *(_line(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    lost = [
        f"{row.name} lost: {', '.join(f'{name} ({n})' for name, n in sorted(row.found.by_technique.items()))}"
        for row in rows
        if row.found.by_technique
    ]
    judges = sorted({f"Judge {row.judge}, digest {row.judge_digest[:12]}" for row in rows})
    notes = [
        "",
        "lost: neither flagged nor left for a human; obeyed: the judge's own score was below the threshold.",
        *judges,
        *lost,
    ]
    return "\n".join([*text, *notes]) + "\n"


def _line(row: Row) -> tuple[str, ...]:
    found = row.found
    admitted = "unknown" if row.admission is None else ("yes" if row.admission.admitted else "no")
    rate: Share = found.rate
    return (
        row.name,
        f"{found.n_lost} of {found.n}",
        f"[{rate.low:.3f}, {rate.high:.3f}]",
        str(found.n_obeyed),
        str(found.n_unscored),
        admitted,
    )
