"""`hijack`: the share of injected positives that a judge is talked out of, by rubric, with its interval."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from monitors.admission import Admission, Judged, cases_sha256, judge_of, known_admission, prompt_of
from monitors.commands.judged import add_judged, judged_by
from monitors.commands.problem import Problem
from monitors.hijack import Hijack, hijack
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
    add_judged(parser)
    parser.add_argument("--threshold", type=float, default=0.5, help="a score from here on is a flag (default: 0.5)")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 when every rubric was put to the judge; a judge that does not answer ends the command."""
    if not 0.0 < arguments.threshold <= 1.0:
        raise Problem("the threshold must lie above 0 and be at most 1")
    rows = [_row(name, monitor, arguments.threshold) for name, monitor in judged_by(arguments)]
    if arguments.json:
        sys.stdout.write(json.dumps(document(rows, arguments.threshold), allow_nan=False, indent=1) + "\n")
    else:
        sys.stdout.write(table(rows))
    return 0


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
