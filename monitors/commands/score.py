"""`score`: one JSON line for each transcript and monitor."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

from monitors.base import RecordedVerdict, Score, State
from monitors.commands import options
from monitors.commands.progress import Tally, shown
from monitors.commands.reading import Reader
from monitors.commands.running import Serving, panel
from monitors.commands.running import run as run_panel
from monitors.registry import entry


def add_parser(parser: argparse.ArgumentParser) -> None:
    options.add_files(parser, several=True)
    options.add_monitors(parser)
    parser.add_argument("--out", type=Path, metavar="OUT.jsonl", help="where to write (default: standard output)")
    parser.add_argument(
        "--outcome",
        metavar="PATH",
        help="how a transcript came out, such as meta.correct: monitors that know sets tell which words go with it",
    )
    options.add_shared(parser)
    options.add_server(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 1 when a line or a file could not be read; everything else is done all the same."""
    # The verdicts of the whole file first: the backend is opened once, before the first transcript.
    recorded = _recorded(arguments.files, arguments.limit) if arguments.backend == "recorded" else {}
    known = Reader(arguments.files, arguments.limit, is_silent=True)
    chosen = panel(
        arguments.monitors,
        backend=arguments.backend,
        model=arguments.model,
        recorded=recorded,
        known=known,
        outcome=arguments.outcome,
        server=Serving(arguments.price, arguments.concurrency, arguments.answers),
    )
    reader, tally = Reader(arguments.files, arguments.limit), Tally()
    with _opened(arguments.out) as out:
        results = run_panel(chosen, reader, n_jobs=arguments.jobs)
        for parsed, scores in shown(results, label="scoring", total=arguments.limit):
            tally.add(scores)
            out.writelines(line(parsed.transcript.id, name, score) + "\n" for name, score in scores.items())
    tally.write(n_read=reader.n_read, n_unreadable=reader.n_unreadable)
    return 1 if reader.n_unreadable else 0


def line(transcript_id: str, name: str, score: Score) -> str:
    """`score` is null unless the state is scored; `reason` stands beside every other state."""
    row: dict[str, object] = {
        "id": transcript_id,
        "monitor": name,
        "version": entry(name).version,
        "state": score.state.value,
        "score": score.value if score.state is State.SCORED else None,
        "raw": score.raw,
        "unit": score.unit,
        "evidence": [asdict(item) for item in score.evidence],
        "cost": asdict(score.cost),
    }
    if score.reason is not None:
        row["reason"] = score.reason.value
    if score.channels:
        row["channels"] = dict(score.channels)
    if score.measures:
        row["measures"] = dict(score.measures)
    return json.dumps(row, ensure_ascii=True, allow_nan=False)


def _recorded(paths: Sequence[Path], limit: int | None) -> Mapping[str, tuple[RecordedVerdict, ...]]:
    return {parsed.transcript.id: parsed.recorded for parsed in Reader(paths, limit, is_silent=True) if parsed.recorded}


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[str]]:
    if path is None:
        yield sys.stdout
        return
    with path.open("w", encoding="utf-8") as stream:
        yield stream
