"""The rubrics that a command puts to a judge, and the options that name both."""

from __future__ import annotations

import argparse
from typing import TypeGuard

from monitors.admission import Judged
from monitors.base import Need
from monitors.commands import options
from monitors.commands.problem import Problem
from monitors.registry import build, entries


def add_judged(parser: argparse.ArgumentParser, *, default: str | None = None) -> None:
    """`default` says in words which rubrics are meant where none is named; without it they must be."""
    more = f" (default: {default})" if default else ""
    parser.add_argument(
        "--rubric",
        required=default is None,
        type=options.names,
        metavar="R,S",
        help=f"rubrics by name, separated by commas, with or without judge_ before it{more}",
    )
    parser.add_argument(
        "--backend",
        required=True,
        type=options.backend,
        metavar="local|URL",
        help="the judge: the local small model or an OpenAI-compatible server",
    )
    parser.add_argument("--model", help="model name for the server, or a path or name for the local backend")
    options.add_server(parser)


def judged_by(arguments: argparse.Namespace) -> list[tuple[str, Judged]]:
    """The monitors of the named rubrics, or of all that have cases, by name. Nothing is asked yet."""
    from monitors.backends import open_backends

    if arguments.backend in ("none", "recorded"):
        raise Problem("--backend must be one that can be asked: local, or the URL of a server")
    opened = open_backends(
        arguments.backend, model=arguments.model, price=arguments.price, concurrency=arguments.concurrency
    )
    judge = opened[Need.JUDGE]
    if arguments.rubric is None:
        made = [(name, build(name, backends={Need.JUDGE: judge})) for name in _known()]
        return [(name, monitor) for name, monitor in made if has_cases(monitor)]
    return [(name, _judged(name, judge)) for name in map(_named, arguments.rubric)]


def has_cases(monitor: object) -> TypeGuard[Judged]:
    return isinstance(monitor, Judged) and bool(monitor.rubric.admission_cases()[0])


def _known() -> list[str]:
    return [name for name, one in entries().items() if Need.JUDGE in one.needs]


def _named(rubric: str) -> str:
    known = _known()
    found = next((name for name in (rubric, f"judge_{rubric}") if name in known), None)
    if found is None:
        raise Problem(f"no rubric {rubric!a}; there are {', '.join(known)}")
    return found


def _judged(name: str, judge: object) -> Judged:
    monitor = build(name, backends={Need.JUDGE: judge})
    if not has_cases(monitor):
        raise Problem(f"{name} has no rubric with cases of its own")
    return monitor
