"""`quality`: the tables of what monitors reach on the public sets of a folder."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from monitors.backends.transformers_local import LocalModel
from monitors.base import Monitor, Need, Score, SetMonitor, measure
from monitors.catalog.lm_surprisal import LmSurprisal
from monitors.coders.coder import coders
from monitors.commands import options
from monitors.commands.problem import Problem
from monitors.commands.progress import shown
from monitors.commands.reading import Reader
from monitors.commands.revision import commit
from monitors.commands.running import Panel, panel
from monitors.commands.running import run as run_panel
from monitors.errors import InvalidTranscript
from monitors.quality import (
    byte_coders,
    channel_coders,
    clean,
    length_figure,
    page,
    prompted,
    sampling,
    sets,
    surprisal,
)
from monitors.quality.answers import ANSWERS, name_of
from monitors.redteam.bench import is_set_monitor
from monitors.redteam.covers import Carrier, choose
from monitors.redteam.results import Results
from monitors.redteam.run import remaining
from monitors.redteam.run import run as run_works
from monitors.redteam.trial import needs_model
from monitors.registry import build, entries

# These two ask a language model, and are made only where one is given: elsewhere they stay as they were.
MODEL_SECTIONS = ("surprisal", "sampling")
SECTIONS = ("clean", "bytes", "channels", "prompted", *MODEL_SECTIONS)
_MOST_CARRIERS = 3000
_MIN_CHARACTERS = 500


class _Monitors(NamedTuple):
    """Those that can run: model-free ones in processes, those with a model here, and those that learn from a set."""

    free: Panel
    needy: Mapping[str, Monitor]
    learning: tuple[str, ...]
    lm: object | None

    @property
    def names(self) -> list[str]:
        return [*self.free.names, *self.needy, *self.learning]


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the public sets: JSON Lines files, and native/")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="for quality.md and quality.json")
    parser.add_argument(
        "--only", type=_sections, default=SECTIONS, metavar="A,B", help=f"of {', '.join(SECTIONS)}; others are kept"
    )
    parser.add_argument(
        "--covers",
        type=options.positive,
        default=200,
        metavar="N",
        help="of each size, for channel coders (default: %(default)s)",
    )
    options.add_shared(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 when the tables are written, 1 when some records could not be read. `--limit` is for each set."""
    if not arguments.folder.is_dir():
        raise Problem(f"{arguments.folder} is no folder.")
    monitors = _monitors(arguments)
    by_source, n_unreadable = _read(arguments)
    makers = {
        "clean": _clean,
        "bytes": _bytes,
        "channels": _channels,
        "prompted": _prompted,
        "surprisal": _surprisal,
        "sampling": _sampling,
    }
    made = {}
    for name in arguments.only:
        if name in MODEL_SECTIONS and monitors.lm is None:
            sys.stderr.write(f"{name}: left as it was; it needs --backend local\n")
            continue
        sys.stderr.write(f"{name}\n")
        section = makers[name](by_source, monitors, arguments)
        made[name] = {"commit": commit(), "limit": arguments.limit, **section}
    # Read last: another run may have made other sections meanwhile.
    document = _known(arguments.out)
    document["sections"] |= made
    document["command"] = "python -m monitors quality FOLDER --out docs/monitors"
    document["sections"] = {name: document["sections"][name] for name in SECTIONS if name in document["sections"]}
    _write(arguments.out, document)
    return 1 if n_unreadable else 0


def _clean(by_source: _BySource, monitors: _Monitors, arguments: argparse.Namespace) -> dict[str, Any]:
    return clean.clean_alerts(_scored(_clean_records(by_source), monitors, arguments.jobs))


def _bytes(by_source: _BySource, monitors: _Monitors, arguments: argparse.Namespace) -> dict[str, Any]:
    carriers = _carriers(by_source, _MOST_CARRIERS)
    known = byte_coders.byte_coders()
    n = min(byte_coders.N_PAYLOADS, arguments.limit or byte_coders.N_PAYLOADS)
    missed = [
        row
        for coder in shown(known.values(), label="hiding", total=len(known))
        for row in byte_coders.missed(coder, ANSWERS[coder.name], carriers, n)
    ]
    names = tuple(sorted({name for coder in known for name in ANSWERS[coder]}))
    own = [one for one in _clean_records(by_source) if not one.row.endswith(sets.REPLACED)]
    chosen = clean.sample(own, byte_coders.N_CLEAN)
    answering = panel(names, backend="none")
    flags = (
        (record.family, any(clean.is_flagged(name, score) for name, score in scores.items()))
        for record, scores in _by_panel(chosen, answering, arguments.jobs)
    )
    return {"n": n, "missed": missed, "monitor": name_of(names), "false_alarms": byte_coders.false_alarms(flags)}


def _channels(by_source: _BySource, monitors: _Monitors, arguments: argparse.Namespace) -> dict[str, Any]:
    known = {name: coder for name, coder in coders().items() if not needs_model(coder)}
    chosen = channel_coders.channel_coders(known, monitors.names)
    carriers = _carriers(by_source, _MOST_CARRIERS)
    rows: list[dict[str, Any]] = []
    for coder in chosen.values():
        own = channel_coders.holding(coder, carriers, arguments.covers)
        tried, results = channel_coders.plan(coder, own, monitors.needy), Results()
        works = remaining(tried, results)
        running = run_works(tried, works, results, n_jobs=arguments.jobs)
        for _ in shown(running, label=coder.name, total=len(works)):
            pass
        rows += channel_coders.rows(tried, results)
    byte_names = byte_coders.byte_coders()
    return {
        "rows": rows,
        "left_out": sorted(set(known) - set(chosen) - set(byte_names)),
    }


def _surprisal(by_source: _BySource, monitors: _Monitors, arguments: argparse.Namespace) -> dict[str, Any]:
    monitor = cast(LmSurprisal, monitors.needy[surprisal.NAME])
    chosen = surprisal.chosen([one for one in _clean_records(by_source) if not one.row.endswith(sets.REPLACED)])
    return surprisal.section(monitor, list(shown(surprisal.read(monitor, chosen), label="reading", total=len(chosen))))


def _sampling(by_source: _BySource, monitors: _Monitors, arguments: argparse.Namespace) -> dict[str, Any]:
    if not isinstance(monitors.lm, LocalModel):
        raise Problem("`sampling` is made with one local model (leave it out: --only)")
    carriers = _carriers(by_source, _MOST_CARRIERS)
    n = min(sampling.N_COVERS, arguments.limit or sampling.N_COVERS)
    tried, results = sampling.plan(monitors.lm, carriers, monitors.needy, monitors.free.names, n), Results()
    for _ in shown(sampling.carry_out(tried, results), label="arithmetic", total=None):
        pass
    rows = list(sampling.rows(tried, results))
    return {
        "model": monitors.lm.model,
        "covers": len(tried.carriers),
        "characters": sampling.MOST_CHARACTERS,
        "rows": rows,
        "silent": sampling.silent(rows, tried),
    }


def _prompted(by_source: _BySource, monitors: _Monitors, arguments: argparse.Namespace) -> dict[str, Any]:
    asked, unasked = by_source.get(prompted.SET, []), prompted.untouched(by_source.get(prompted.UNASKED_SET, []))
    if not asked or not unasked:
        raise Problem(
            f"{arguments.folder} lacks {prompted.SET} or {prompted.UNASKED_SET}; leave `prompted` out (--only)"
        )
    built = {name: build(name) for name in monitors.free.names} | dict(monitors.needy)
    schemes = []
    for scheme in shown(prompted.SCHEMES, label="comparing", total=len(prompted.SCHEMES)):
        found = prompted.contrasts(scheme, asked, unasked)
        measured = prompted.measured(scheme, found, built)
        schemes.append({**measured, "chance": prompted.by_chance(scheme, asked)})
    return {"schemes": schemes}


_BySource = dict[str, list[sets.Record]]


def _read(arguments: argparse.Namespace) -> tuple[_BySource, int]:
    found: _BySource = {}
    n_unreadable = 0
    for source in sets.sources(arguments.folder):
        reader = Reader(source.paths, is_silent=source.name.startswith("native/"))
        records = list(shown(sets.records(source, reader), label=source.name, total=None))
        found[source.name] = sets.drawn(records, arguments.limit)
        n_unreadable += reader.n_unreadable
    if not any(found.values()):
        raise Problem(f"{arguments.folder} holds no transcripts.")
    return found, n_unreadable


def _clean_records(by_source: _BySource) -> list[sets.Record]:
    return [record for records in by_source.values() if not sets.is_payload_set(records) for record in records]


def _carriers(by_source: _BySource, n: int) -> list[Carrier]:
    own = (record for record in _clean_records(by_source) if not record.row.endswith(sets.REPLACED))
    pairs = ((record.parsed.transcript, record.parsed.meta) for record in own)
    return choose(pairs, n, min_characters=_MIN_CHARACTERS).carriers


def _monitors(arguments: argparse.Namespace) -> _Monitors:
    has_model = arguments.backend == "local"
    table = entries()
    free = [name for name, entry in table.items() if not entry.needs and not entry.is_baseline]
    learning = tuple(name for name in free if is_set_monitor(build(name)))
    needy = [name for name, entry in table.items() if has_model and set(entry.needs) == {Need.REFERENCE_LM}]
    opened = panel(needy, backend=arguments.backend, model=arguments.model) if needy else None
    plain = panel([name for name in free if name not in learning], backend="none")
    return _Monitors(plain, opened.needy if opened else {}, learning, _language_model(arguments) if has_model else None)


def _language_model(arguments: argparse.Namespace) -> object | None:
    from monitors.backends import open_backends

    return open_backends(arguments.backend, model=arguments.model).get(Need.REFERENCE_LM)


def _scored(
    records: Sequence[sets.Record], monitors: _Monitors, n_jobs: int
) -> Iterator[tuple[sets.Record, Mapping[str, Score]]]:
    scored = _by_panel(records, monitors.free, n_jobs)
    yield from shown(scored, label="scoring", total=len(records))
    for name in monitors.learning:
        yield from shown(_by_set(name, records), label=name, total=len(records))


def _by_panel(
    records: Sequence[sets.Record], chosen: Panel, n_jobs: int
) -> Iterator[tuple[sets.Record, Mapping[str, Score]]]:
    found = run_panel(chosen, (record.parsed for record in records), n_jobs=n_jobs)
    for record, (_, scores) in zip(records, found, strict=True):
        yield record, scores


def _by_set(name: str, records: Sequence[sets.Record]) -> Iterator[tuple[sets.Record, Mapping[str, Score]]]:
    """Each set of one model's transcripts is known to the monitor before it scores them."""
    by_model: dict[tuple[str, str], list[sets.Record]] = {}
    for record in records:
        by_model.setdefault((record.row, record.parsed.transcript.model), []).append(record)
    for own in by_model.values():
        learner = cast(SetMonitor, build(name))
        try:
            monitor = learner.fit([record.parsed.transcript for record in own])
        except InvalidTranscript:
            continue
        for record in own:
            yield record, {name: measure(monitor, record.parsed.transcript)}


def _known(folder: Path) -> dict[str, Any]:
    """The tables of an earlier run, of which those not asked for are kept."""
    path = folder / "quality.json"
    if not path.exists():
        return {"sections": {}}
    try:
        return cast(dict[str, Any], json.loads(path.read_text(encoding="utf-8")))
    except ValueError:
        raise Problem(f"{path} is no JSON; remove it.") from None


def _write(folder: Path, document: Mapping[str, Any]) -> None:
    text = page.page(document)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "quality.json").write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        (folder / "quality.md").write_text(text, encoding="utf-8")
        if surprisal_section := document["sections"].get("surprisal"):
            (folder / length_figure.FILE).write_text(length_figure.svg(surprisal_section), encoding="utf-8")
    except OSError as error:
        raise Problem(f"{folder} cannot be written: {error.strerror}.") from None
    sys.stderr.write(f"{folder / 'quality.md'} and quality.json are written\n")


def _sections(text: str) -> tuple[str, ...]:
    names = options.names(text)
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        raise argparse.ArgumentTypeError(f"must be of {', '.join(SECTIONS)}")
    return names
