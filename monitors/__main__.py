"""Score, evaluate and convert transcripts in files: python -m monitors."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from monitors.commands import (
    admit,
    coders,
    convert,
    decode,
    encode,
    evaluate,
    formats,
    hijack,
    judge_quality,
    monitorability,
    quality,
    redteam,
    reference,
    score,
)
from monitors.commands import list as listing
from monitors.commands.expression import ExpressionError
from monitors.commands.problem import Problem
from monitors.errors import BackendUnavailable

_COMMANDS = (
    ("list", listing, "show the monitors"),
    ("formats", formats, "show the wire formats that are read"),
    ("score", score, "score transcripts, one JSON line for each transcript and monitor"),
    ("evaluate", evaluate, "compare scores with a label"),
    ("convert", convert, "convert transcripts of any known format to our native form, one a line"),
    ("coders", coders, "show the coders of the red team"),
    ("encode", encode, "hide a payload in a text"),
    ("decode", decode, "read a payload that was hidden in a text"),
    ("redteam", redteam, "attack monitors with coders on real covers, and compare with what an oracle finds"),
    ("reference", reference, "measure clean transcripts under a pair of language models, for cross_perplexity"),
    ("monitorability", monitorability, "g-mean2 of recorded rollouts with and without an intervention"),
    ("quality", quality, "make the tables of what monitors reach on the public sets of a folder"),
    ("admit", admit, "examine a judge on the fixed cases of rubrics: it may flag with those on which it passes"),
    ("hijack", hijack, "count how often text in a transcript talks its judge out of a finding"),
    ("judge-quality", judge_quality, "compare judges, programs and baselines with the labels of a folder's sets"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """0 when all is done, 1 when something could not be read, 2 when the request itself is wrong."""
    parser = argparse.ArgumentParser(prog="python -m monitors", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module, help_text in _COMMANDS:
        module.add_parser(commands.add_parser(name, help=help_text, description=help_text))
    arguments = parser.parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except (Problem, ExpressionError, BackendUnavailable) as error:
        sys.stderr.write(f"{error}\n")
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return 130
    return 2


if __name__ == "__main__":
    sys.exit(main())
