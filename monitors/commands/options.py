"""Options that all commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from monitors.backends.prices import Price


def add_shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backend",
        default="none",
        type=backend,
        metavar="none|local|recorded|URL",
        help="model behind the monitors that need one: the local small model, an OpenAI-compatible server, or the "
        "verdicts that came with the data (default: none)",
    )
    parser.add_argument("--model", help="model name for the server, or a path or name for the local backend")
    parser.add_argument("--limit", type=positive, help="stop after this many transcripts")
    parser.add_argument("--jobs", type=positive, default=1, help="processes for the monitors that need no model")


def add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--price",
        type=price,
        metavar="P,A[,C]",
        help="USD per million tokens that a server takes: prompt, answer, and prompt where it was cached",
    )
    parser.add_argument("--concurrency", type=positive, metavar="N", help="calls to the server at once (default: 8)")
    parser.add_argument(
        "--answers", type=Path, metavar="DIR", help="keep a server's answers here, and do not ask the same twice"
    )


def price(text: str) -> Price:
    try:
        return Price.read(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_monitors(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--monitors",
        required=True,
        type=names,
        metavar="A,B",
        help="monitors by name, separated by commas; `list` shows them",
    )


def add_files(parser: argparse.ArgumentParser, *, several: bool) -> None:
    help_text = "JSON Lines (.jsonl, also .gz or .zst), or one JSON document"
    if several:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=help_text)
    else:
        parser.add_argument("file", type=Path, metavar="FILE", help=help_text)


def backend(text: str) -> str:
    if text in ("none", "local", "recorded") or text.startswith(("http://", "https://")):
        return text
    raise argparse.ArgumentTypeError("must be none, local, recorded, or the http(s) URL of a server")


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def names(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not found:
        raise argparse.ArgumentTypeError("names no monitor")
    return found
