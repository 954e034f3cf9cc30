"""`coders`: the coders there are, with what they edit."""

from __future__ import annotations

import argparse
import inspect
import json
import sys

from monitors.coders.coder import Coder, coders
from monitors.commands.problem import Problem
from monitors.redteam.trial import needs_model


def add_parser(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="show these in full (default: a line of each)")
    parser.add_argument("--json", action="store_true", help="as a list of objects")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    known = coders()
    if unknown := [name for name in arguments.names if name not in known]:
        raise Problem(f"no coder {', '.join(map(ascii, unknown))}; there are {', '.join(known)}")
    chosen = [coder for name, coder in known.items() if not arguments.names or name in arguments.names]
    if arguments.json:
        sys.stdout.write(json.dumps([_row(coder) for coder in chosen], indent=2) + "\n")
    elif arguments.names:
        sys.stdout.write("\n".join(f"{coder.name} ({_needs(coder)})\n\n{_doc(coder)}\n" for coder in chosen))
    else:
        width = max(map(len, known))
        sys.stdout.writelines(
            f"{coder.name:<{width}}  {coder.family:<8}  {_needs(coder):<14}  {_summary(coder)}\n" for coder in chosen
        )
    return 0


def _row(coder: Coder) -> dict[str, str]:
    return {"name": coder.name, "family": coder.family.value, "needs": _needs(coder), "doc": _doc(coder)}


def _doc(coder: Coder) -> str:
    return inspect.getdoc(coder) or ""


def _summary(coder: Coder) -> str:
    return " ".join(_doc(coder).partition("\n\n")[0].split())


def _needs(coder: Coder) -> str:
    return "language model" if needs_model(coder) else "no model"
