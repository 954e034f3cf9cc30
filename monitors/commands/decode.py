"""`decode`: read what a coder hid in a text."""

from __future__ import annotations

import argparse
import sys

from monitors.coders.bits import aligned_text_of
from monitors.coders.coder import Coder, Cover
from monitors.coders.framing import LONGEST_HEADER, frame_length, unframed
from monitors.commands import coding, options
from monitors.commands.problem import Problem


def add_parser(parser: argparse.ArgumentParser) -> None:
    coding.add_coder(parser)
    parser.add_argument("--n-bits", type=options.positive, metavar="N", help="how many bits to read; not with --framed")
    parser.add_argument("--as-bits", action="store_true", help="never show the payload as text")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The payload as text where it is printable text, else as bits."""
    if arguments.framed == (arguments.n_bits is not None):
        raise Problem("Say how much to read: --n-bits N, or --framed when it was encoded with --framed.")
    coder, cover = coding.coder_of(arguments), coding.cover_of(arguments)
    key = coding.key_of(arguments)
    bits = _framed(coder, cover, key) if arguments.framed else _first(coder, cover, arguments.n_bits, key)
    text = None if arguments.as_bits or len(bits) % 8 else aligned_text_of(bits)
    sys.stdout.write(f"{bits if text is None else text}\n")
    return 0


def _first(coder: Coder, cover: Cover, n_bits: int, key: bytes) -> str:
    bits = coder.decode(cover.text, n_bits, key, prompt=cover.prompt)
    if len(bits) < n_bits:
        raise Problem(f"The text has only {len(bits)} bits by {coder.name}, not {n_bits}.")
    return bits


def _framed(coder: Coder, cover: Cover, key: bytes) -> str:
    """Read twice: the header says how much there is, and reading on costs model-based coders a token each bit."""
    header = coder.decode(cover.text, LONGEST_HEADER, key, prompt=cover.prompt)
    length = frame_length(header)
    bits = unframed(coder.decode(cover.text, length, key, prompt=cover.prompt)) if length else None
    if bits is None:
        raise Problem(
            f"No framed payload by {coder.name} was found; is the key right, and was it encoded with --framed?"
        )
    return bits
