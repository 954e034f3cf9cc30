"""`evaluate`: how well scores tell the positives of a label from its negatives, beside two baselines."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence

from monitors.base import Need, Score, State
from monitors.commands import options, report
from monitors.commands.discrimination import Discrimination, discriminate
from monitors.commands.expression import compile_where
from monitors.commands.labelled import Labelled, Question, select
from monitors.commands.problem import Problem
from monitors.commands.progress import Tally, shown
from monitors.commands.reading import Reader
from monitors.commands.running import Panel, panel
from monitors.commands.running import run as run_panel
from monitors.formats.parsed import Parsed
from monitors.registry import entry
from monitors.transcript import Channel


def add_parser(parser: argparse.ArgumentParser) -> None:
    options.add_files(parser, several=False)
    parser.add_argument("--label", required=True, metavar="PATH", help="label to compare with, such as labels.stego")
    options.add_monitors(parser)
    parser.add_argument("--positive", metavar="VALUE", help="value that counts as positive (default: true)")
    parser.add_argument("--negative", metavar="VALUE", help="value that counts as negative (default: all others)")
    parser.add_argument("--where", metavar="EXPR", help="keep records for which this holds: labels.kind == 'x' and ...")
    parser.add_argument(
        "--group",
        default="meta.group",
        metavar="PATH",
        help="what stays together when resampling (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    options.add_shared(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 1 when a line could not be read; the rest is evaluated all the same."""
    where = compile_where(arguments.where) if arguments.where else None
    question = Question(arguments.label, arguments.positive, arguments.negative, where, arguments.group)
    reader = Reader([arguments.file], arguments.limit)
    labelled = select(reader, question)
    recorded = {parsed.transcript.id: parsed.recorded for parsed in labelled.records if parsed.recorded}
    for name in arguments.monitors:
        _refuse_own_label(name, labelled, arguments.backend, arguments.model)
    chosen = panel(
        arguments.monitors,
        backend=arguments.backend,
        model=arguments.model,
        recorded=recorded,
        known=labelled.records,
    )
    columns = _columns(chosen, labelled, n_jobs=arguments.jobs, reader=reader)
    result = _result(labelled, question, columns, arguments)
    sys.stdout.write(json.dumps(result, indent=2) + "\n" if arguments.json else report.table(result))
    return 1 if reader.n_unreadable else 0


def _columns(chosen: Panel, labelled: Labelled, *, n_jobs: int, reader: Reader) -> dict[str, list[Score]]:
    tally = Tally()
    columns: dict[str, list[Score]] = {name: [] for name in chosen.names}
    scored = run_panel(chosen, labelled.records, n_jobs=n_jobs)
    for _, scores in shown(scored, label="scoring", total=len(labelled.records)):
        tally.add(scores)
        for name, score in scores.items():
            columns[name].append(score)
    tally.write(n_read=reader.n_read, n_unreadable=reader.n_unreadable)
    return columns


def _refuse_own_label(name: str, labelled: Labelled, backend: str, model: str | None) -> None:
    """A label that a judge made says nothing about that judge."""
    makers = {maker.removeprefix("judge:") for maker in labelled.provenance.split(", ") if maker.startswith("judge:")}
    if backend == "recorded":
        judges = {v.judge for parsed in labelled.records for v in parsed.recorded if v.rubric == name}
    else:
        judges = {model} if model and Need.JUDGE in entry(name).needs else set()
    if own := makers & judges:
        raise Problem(
            f"the label was derived from {', '.join(sorted(own))}, which is the judge behind {name}: their agreement "
            "would measure nothing. Choose a label of another provenance, or another judge"
        )


def _result(
    labelled: Labelled, question: Question, columns: dict[str, list[Score]], arguments: argparse.Namespace
) -> dict[str, object]:
    lengths = [_length(parsed) for parsed in labelled.records]
    everything = range(len(labelled.records))
    baselines = {"length": lengths, "majority": [0.0] * len(lengths)}
    return {
        "file": str(arguments.file),
        "label": question.label,
        "label_provenance": labelled.provenance,
        "where": arguments.where,
        "group": question.group,
        "backend": arguments.backend,
        "n": len(labelled.records),
        "positives": labelled.n_positives,
        "clusters": len(set(labelled.groups)),
        "unlabelled": labelled.n_unlabelled,
        "monitors": [_monitor_row(name, scores, labelled, lengths) for name, scores in columns.items()],
        "baselines": [
            {"monitor": name, **_measured(labelled, everything, values).as_json()} for name, values in baselines.items()
        ],
    }


def _monitor_row(name: str, scores: list[Score], labelled: Labelled, lengths: list[float]) -> dict[str, object]:
    rows = [index for index, score in enumerate(scores) if score.state is State.SCORED]
    reasons = Counter(str(score.reason) for score in scores if score.state is not State.SCORED)
    own = _measured(labelled, rows, [float(scores[row].value or 0.0) for row in rows])
    same_rows = _measured(labelled, rows, [lengths[row] for row in rows])
    return {
        "monitor": name,
        "version": entry(name).version,
        **own.as_json(),
        "unscored": len(scores) - len(rows),
        "unscored_by_reason": dict(reasons.most_common()),
        "length_auroc_on_the_same_rows": same_rows.metrics["auroc"].value,
    }


def _measured(labelled: Labelled, rows: Sequence[int], values: Sequence[float]) -> Discrimination:
    return discriminate([labelled.y_true[row] for row in rows], values, [labelled.groups[row] for row in rows])


def _length(parsed: Parsed) -> float:
    """Code points of the reasoning, or of the output where there is no reasoning."""
    transcript = parsed.transcript
    return float(len(transcript.text(Channel.REASONING)) or len(transcript.text(Channel.OUTPUT)))
