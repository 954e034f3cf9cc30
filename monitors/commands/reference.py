"""`reference`: what clean transcripts measure under a pair of language models, for `cross_perplexity`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean, stdev
from typing import cast

from monitors.catalog.cross_perplexity import CrossPerplexity
from monitors.commands import options
from monitors.commands.problem import Problem
from monitors.commands.progress import shown
from monitors.commands.reading import Reader
from monitors.commands.running import panel
from monitors.errors import InvalidTranscript

_NAME = "cross_perplexity"
# A spread of fewer says little: of 30 its 95 % interval is 0.80 to 1.34 of it.
_FEWEST = 30


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="clean transcripts of the monitored model")
    options.add_shared(parser)
    parser.set_defaults(run=run, backend="local")


def run(arguments: argparse.Namespace) -> int:
    """0 when the parameters are printed, 1 when some records could not be read."""
    monitor = cast(CrossPerplexity, panel([_NAME], backend=arguments.backend, model=arguments.model).needy[_NAME])
    reader = Reader(arguments.files, arguments.limit)
    found = list(shown(_ratios(monitor, reader), label="measuring", total=arguments.limit))
    if len(found) < _FEWEST:
        raise Problem(f"{len(found)} of {reader.n_read} transcripts could be measured; {_FEWEST} are the least.")
    document = {
        "monitor": _NAME,
        "pair": arguments.model,
        "n": len(found),
        "parameters": {"location": round(fmean(found), 4), "spread": round(stdev(found), 4)},
    }
    sys.stdout.write(json.dumps(document) + "\n")
    return 1 if reader.n_unreadable else 0


def _ratios(monitor: CrossPerplexity, reader: Reader) -> Iterator[float]:
    for parsed in reader:
        try:
            yield monitor.ratio(parsed.transcript).value
        except InvalidTranscript:
            continue
