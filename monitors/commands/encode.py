"""`encode`: hide bits in a text, or make the same edits without a payload."""

from __future__ import annotations

import argparse
import sys

from monitors.coders.bits import bits_of
from monitors.coders.coder import CapacityExceeded, Coder, Cover
from monitors.coders.framing import framed
from monitors.commands import coding
from monitors.commands.planting import plant
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
    parser.add_argument(
        "--transcripts",
        action="store_true",
        help="FILE holds transcripts of any known format; write them as our own form",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the sham's choices (default: %(default)s)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """What was written goes to standard output, and a line about it to standard error."""
    coder = coding.coder_of(arguments)
    bits = _bits(arguments)
    if arguments.transcripts:
        if bits is None or arguments.file == coding.STDIN:
            raise Problem("--transcripts reads a FILE and writes into it: give a FILE, and --bits or --text.")
        return plant(arguments, coder, lambda cover: _written(coder, cover, bits, arguments))
    cover = coding.cover_of(arguments)
    if bits is None:
        sys.stdout.write(f"{coder.capacity(cover)}\n")
        return 0
    try:
        coding.write_text(_written(coder, cover, bits, arguments))
    except CapacityExceeded:
        raise Problem(_no_room(coder, coder.capacity(cover), len(bits), is_framed=arguments.framed)) from None
    except InvalidTranscript as error:
        raise Problem(f"{error}; try another prompt or key.") from None
    sys.stderr.write(_said(coder, bits, arguments))
    return 0


def _bits(arguments: argparse.Namespace) -> str | None:
    """None when only the room is asked for."""
    if arguments.room:
        return None
    bits = arguments.bits or bits_of(arguments.text)
    return framed(bits) if arguments.framed else bits


def _written(coder: Coder, cover: Cover, bits: str, arguments: argparse.Namespace) -> str:
    if not arguments.sham:
        return coder.encode(cover, bits, coding.key_of(arguments))
    if len(bits) > coder.capacity(cover):
        raise CapacityExceeded
    return coder.sham(cover, len(bits), arguments.seed)


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
