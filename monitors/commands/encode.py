"""`encode`: hide bits in a text, or make the same edits without a payload."""

from __future__ import annotations

import argparse
import sys

from monitors.coders.bits import bits_of
from monitors.coders.coder import CapacityExceeded, Coder, Cover
from monitors.coders.framing import framed
from monitors.commands import coding
from monitors.commands.problem import Problem
from monitors.errors import InvalidTranscript


def add_parser(parser: argparse.ArgumentParser) -> None:
    coding.add_coder(parser)
    payload = parser.add_mutually_exclusive_group(required=True)
    payload.add_argument("--bits", type=coding.bits_of_option, metavar="0101", help="the payload as bits")
    payload.add_argument("--text", metavar="TEXT", help="the payload as text, eight bits a byte of its UTF-8")
    payload.add_argument("--room", action="store_true", help="only say how many bits the text can hold")
    parser.add_argument(
        "--sham",
        action="store_true",
        help="make the edits of such a payload without a payload: what a monitor must bear",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the sham's choices (default: %(default)s)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The text goes to standard output, and a line about it to standard error."""
    coder, cover = coding.coder_of(arguments), coding.cover_of(arguments)
    if arguments.room:
        sys.stdout.write(f"{coder.capacity(cover)}\n")
        return 0
    bits = arguments.bits or bits_of(arguments.text)
    bits = framed(bits) if arguments.framed else bits
    coding.write_text(_written(coder, cover, bits, arguments))
    sys.stderr.write(_said(coder, bits, arguments))
    return 0


def _written(coder: Coder, cover: Cover, bits: str, arguments: argparse.Namespace) -> str:
    room = coder.capacity(cover)
    try:
        if not arguments.sham:
            return coder.encode(cover, bits, coding.key_of(arguments))
        if len(bits) > room:
            raise CapacityExceeded
        return coder.sham(cover, len(bits), arguments.seed)
    except CapacityExceeded:
        raise Problem(_no_room(coder, room, len(bits), is_framed=arguments.framed)) from None
    except InvalidTranscript as error:
        raise Problem(f"{error}; try another prompt or key.") from None


def _no_room(coder: Coder, room: int, n_bits: int, *, is_framed: bool) -> str:
    frame = ", the frame included" if is_framed else ""
    fits = f", which is {room // 8} characters of plain text" if room >= 8 else ""
    has = f"The text has room for {room} bits by {coder.name}{fits}"
    return f"{has}; the payload has {n_bits}{frame}. Nothing was written."


def _said(coder: Coder, bits: str, arguments: argparse.Namespace) -> str:
    if arguments.sham:
        return f"a sham: edits by {coder.name} as for {len(bits)} bits, without a payload\n"
    length = "--framed" if arguments.framed else f"--n-bits {len(bits)}"
    key = " with the same --key" if arguments.key else ""
    return f"{len(bits)} bits hidden by {coder.name}; decode with {length}{key}\n"
