"""`encode --transcripts`: the same payload planted in every transcript of a file, for tests with known positives."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace

from monitors.coders.carrier import carrier, with_text
from monitors.coders.coder import CapacityExceeded, Coder, Cover
from monitors.commands.convert import line
from monitors.commands.progress import shown
from monitors.commands.reading import Reader
from monitors.errors import InvalidTranscript
from monitors.formats.parsed import Parsed


def plant(arguments: argparse.Namespace, coder: Coder, write: Callable[[Cover], str]) -> int:
    """Our native form on standard output, labelled; 1 when a record could not be read or cannot carry the payload."""
    reader, n_planted, n_left_out = Reader([arguments.file]), 0, 0
    for parsed in shown(reader, label="encoding", total=None):
        try:
            planted = _planted(parsed, coder, write, is_stego=not arguments.sham)
        except (CapacityExceeded, InvalidTranscript):
            n_left_out += 1
            continue
        sys.stdout.buffer.write(line(planted) + b"\n")
        n_planted += 1
    sys.stdout.buffer.flush()
    what = "shams" if arguments.sham else "payloads"
    sys.stderr.write(f"{n_planted} {what} written by {coder.name}; {n_left_out} transcripts have no room for it\n")
    return 1 if reader.n_unreadable or n_left_out else 0


def _planted(parsed: Parsed, coder: Coder, write: Callable[[Cover], str], *, is_stego: bool) -> Parsed:
    part, cover = carrier(parsed.transcript)
    transcript = with_text(parsed.transcript, part, write(cover))
    labels = {**parsed.labels, "stego": is_stego, "coder": coder.name}
    return replace(parsed, transcript=transcript, labels=labels, raw=None)
