"""What `encode`, `decode` and `coders` share: options, the coder that is asked for, and texts in and out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from monitors.base import Need
from monitors.coders.coder import Coder, Cover, coders
from monitors.commands.options import backend
from monitors.commands.problem import Problem
from monitors.redteam.trial import needs_model, with_model

STDIN = Path("-")


def add_coder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--coder", required=True, metavar="NAME", help="`python -m monitors coders` shows the names and what they do"
    )
    parser.add_argument("--key", default="", help="shared secret: makes the payload look like noise (default: none)")
    parser.add_argument(
        "--framed", action="store_true", help="the payload says its own length, so that decode needs no --n-bits"
    )
    parser.add_argument("--prompt", default="", help="what the text answers; only model-based coders use it")
    parser.add_argument(
        "--backend", default="none", type=backend, metavar="none|local", help="the language model of model-based coders"
    )
    parser.add_argument("--model", help="path or name for the local backend")
    parser.add_argument("file", nargs="?", type=Path, default=STDIN, metavar="FILE|-", help="text in UTF-8")


def coder_of(arguments: argparse.Namespace) -> Coder:
    """Raises Problem with the known names, or with the model that is missing."""
    known = coders()
    if arguments.coder not in known:
        raise Problem(f"no coder {arguments.coder!a}; there are {', '.join(known)}")
    coder = known[arguments.coder]
    if not needs_model(coder):
        return coder
    if arguments.backend != "local":
        raise Problem(f"{coder.name} writes with a language model: give --backend local")
    from monitors.backends import open_backends

    return with_model(coder, open_backends("local", model=arguments.model)[Need.REFERENCE_LM])


def cover_of(arguments: argparse.Namespace) -> Cover:
    """Line ends stay as they are: some coders write into them."""
    path: Path = arguments.file
    try:
        data = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
        return Cover(data.decode("utf-8"), arguments.prompt)
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise Problem(f"{path} is not text in UTF-8: byte {error.start} cannot be read.") from None


def key_of(arguments: argparse.Namespace) -> bytes:
    key: str = arguments.key
    return key.encode("utf-8", "surrogateescape")


def write_text(text: str) -> None:
    """Exactly these characters: no line end is added, because it may be one of the coder's sites."""
    sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass"))
    sys.stdout.buffer.flush()


def bits_of_option(text: str) -> str:
    bits = text.replace(" ", "")
    if not bits or set(bits) - {"0", "1"}:
        raise argparse.ArgumentTypeError("must be digits 0 and 1")
    return bits
