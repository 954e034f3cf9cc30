"""`redteam`: coders against monitors on real covers, as a table and a page."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from monitors.base import Axis, Monitor, Need
from monitors.coders.coder import Coder, coders
from monitors.commands import options
from monitors.commands.expression import compile_where
from monitors.commands.labelled import record_of
from monitors.commands.problem import Problem
from monitors.commands.progress import shown
from monitors.commands.reading import Reader
from monitors.commands.running import panel
from monitors.redteam import page, table
from monitors.redteam.bench import is_set_monitor
from monitors.redteam.cell import Cell, cell_data, measured
from monitors.redteam.covers import Carrier, Chosen, choose
from monitors.redteam.payload import Kind
from monitors.redteam.processes import processes
from monitors.redteam.results import Busy, Results, opened
from monitors.redteam.run import Plan, remaining
from monitors.redteam.run import run as run_works
from monitors.redteam.trial import needs_model, with_model
from monitors.registry import build, entries, params_digest

_SEEING = (Axis.STEGANOGRAPHY, Axis.LEGIBILITY)


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="real transcripts of any known format")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FOLDER", help="results, table and page; a run there is continued"
    )
    parser.add_argument(
        "--coders", type=options.names, metavar="A,B", help="coders by name (default: all that can run)"
    )
    parser.add_argument(
        "--monitors",
        type=options.names,
        metavar="A,B",
        help="monitors by name (default: those of hidden content and legibility that can run)",
    )
    parser.add_argument("--covers", type=options.positive, default=200, metavar="N", help="(default: %(default)s)")
    parser.add_argument(
        "--min-characters",
        type=options.positive,
        default=1000,
        metavar="N",
        help="leave out covers with less text (default: %(default)s)",
    )
    parser.add_argument("--sizes", type=_sizes, default=(16, 64, 256), metavar="16,64,256", help="payloads in bits")
    parser.add_argument("--kinds", type=_kinds, default=tuple(Kind), metavar="plain,uniform", help="sorts of payload")
    parser.add_argument("--where", metavar="EXPR", help="keep records for which this holds: meta.source == 'x' and ...")
    options.add_shared(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 when the page is written, 1 when some records could not be read."""
    lm = _language_model(arguments)
    chosen_coders = _coders(arguments.coders, lm)
    reader = Reader(arguments.files, arguments.limit)
    chosen = _covers(reader, arguments)
    model = str(getattr(lm, "model", ""))
    plan = _plan(arguments, chosen_coders, chosen, model)
    sys.stderr.write(_announced(chosen, plan))
    folder: Path = arguments.out
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with opened(folder / "results.jsonl") as results:
            _carry_out(plan, results, arguments.jobs)
            cells = _cells(plan, results, arguments.jobs)
    except Busy as error:
        raise Problem(f"{error}.") from None
    except OSError as error:
        raise Problem(f"{folder} cannot be written: {error.strerror}.") from None
    _write(folder, cells, plan, arguments.files, model)
    return 1 if reader.n_unreadable else 0


def _carry_out(plan: Plan, results: Results, n_jobs: int) -> None:
    works = remaining(plan, results)
    if not works:
        sys.stderr.write("everything was measured already\n")
    done = shown(run_works(plan, works, results, n_jobs=n_jobs), label="attacking", total=len(works))
    for number, _ in enumerate(done, start=1):
        _tell(number, len(works))


def _tell(number: int, total: int) -> None:
    """Every twentieth of the way, where no progress bar is drawn."""
    if not sys.stderr.isatty() and 20 * number // total > 20 * (number - 1) // total:
        sys.stderr.write(f"{100 * number // total} % attacked\n")
        sys.stderr.flush()


def _cells(plan: Plan, results: Results, n_jobs: int) -> list[Cell]:
    sets = list(cell_data(plan, results))
    with ExitStack() as stack:
        found: Iterator[Cell] = map(measured, sets)
        if n_jobs > 1:
            found = stack.enter_context(processes(n_jobs)).map(measured, sets)
        return list(shown(found, label="comparing", total=len(sets)))


def _write(folder: Path, cells: Sequence[Cell], plan: Plan, files: Sequence[Path], model: str) -> None:
    rows = list(table.rows(cells))
    facts = page.Facts.of(plan, files=[path.name for path in files], language_model=model)
    (folder / "table.csv").write_text(table.as_csv(rows), encoding="utf-8")
    (folder / "table.json").write_text(json.dumps(rows, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    (folder / "table.md").write_text(table.as_markdown(cells), encoding="utf-8")
    (folder / "redteam.html").write_text(page.page(cells, facts), encoding="utf-8")
    _print(cells)
    sys.stderr.write(f"{folder / 'redteam.html'}, table.csv, table.json and table.md are written\n")


def _print(cells: Sequence[Cell]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    grid = Table(*table.HEADINGS, box=SIMPLE_HEAD)
    for line in table.lines(cells):
        grid.add_row(*line)
    console.print(grid)


def _announced(chosen: Chosen, plan: Plan) -> str:
    models = len({carrier.model for carrier in chosen.carriers})
    return (
        f"{len(chosen.carriers)} covers of {models} models from {chosen.n_read} transcripts "
        f"({chosen.n_short} too short or empty, {chosen.n_same_group} more of the same questions); "
        f"coders: {', '.join(plan.coders)}; monitors: {', '.join(plan.monitors)}\n"
    )


def _language_model(arguments: argparse.Namespace) -> object | None:
    if arguments.backend in ("none", "recorded"):
        return None
    from monitors.backends import open_backends

    return open_backends(arguments.backend, model=arguments.model).get(Need.REFERENCE_LM)


def _coders(names: Sequence[str] | None, lm: object | None) -> dict[str, Coder]:
    known = coders()
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise Problem(f"no coder {', '.join(map(ascii, unknown))}; there are {', '.join(known)}")
    can_run = {name: coder for name, coder in known.items() if lm is not None or not needs_model(coder)}
    cannot = [name for name in names or () if name not in can_run]
    if cannot:
        raise Problem(f"{', '.join(cannot)} needs a language model: give --backend local")
    return {
        name: with_model(coder, lm) if needs_model(coder) else coder
        for name, coder in can_run.items()
        if names is None or name in names
    }


def _covers(reader: Reader, arguments: argparse.Namespace) -> Chosen:
    keeps = compile_where(arguments.where) if arguments.where else None
    kept = (parsed for parsed in reader if keeps is None or keeps(record_of(parsed)))
    pairs = ((parsed.transcript, parsed.meta) for parsed in kept)
    chosen = choose(
        shown(pairs, label="reading", total=None), arguments.covers, min_characters=arguments.min_characters
    )
    if len(chosen.carriers) < 2:
        raise Problem(
            f"{len(chosen.carriers)} of {chosen.n_read} transcripts can be covers; two are the least. "
            f"{chosen.n_short} have less than {arguments.min_characters} characters: see --min-characters."
        )
    return chosen


def _plan(arguments: argparse.Namespace, chosen_coders: Mapping[str, Coder], chosen: Chosen, model: str) -> Plan:
    names = arguments.monitors or _default_monitors(arguments.backend)
    built = panel(names, backend=arguments.backend, model=arguments.model)
    carriers = tuple(chosen.carriers)
    digests = {name: _digest(name, carriers, model if name in built.needy else "") for name in built.names}
    return Plan(carriers, chosen_coders, digests, arguments.sizes, arguments.kinds, built.needy)


def _default_monitors(backend: str) -> tuple[str, ...]:
    has_model = backend not in ("none", "recorded")
    return tuple(
        name
        for name, entry in entries().items()
        if entry.axis in _SEEING and (not entry.needs or (has_model and set(entry.needs) == {Need.REFERENCE_LM}))
    )


def _digest(name: str, carriers: Sequence[Carrier], model: str) -> str:
    """Version and parameters; with a model its name; of a monitor that learns from a set also the set."""
    monitor: Monitor = build(name)
    known = sorted(carrier.id for carrier in carriers) if is_set_monitor(monitor) else []
    return hashlib.sha256(json.dumps([params_digest(name, {}), model, known]).encode()).hexdigest()[:16]


def _sizes(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(sorted({int(size) for size in text.split(",")}))
    except ValueError:
        raise argparse.ArgumentTypeError("must be whole numbers of bits, separated by commas") from None
    if sizes[0] < 1:
        raise argparse.ArgumentTypeError("a payload has at least one bit")
    return sizes


def _kinds(text: str) -> tuple[Kind, ...]:
    try:
        return tuple(dict.fromkeys(Kind(kind.strip()) for kind in text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be of {', '.join(Kind)}") from None
