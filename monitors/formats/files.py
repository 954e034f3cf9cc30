"""Files of transcripts, read as a stream: JSON Lines plain, .gz or .zst, a JSON array, or one JSON document."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from monitors.formats import json_exact
from monitors.formats.detect import parse
from monitors.formats.errors import FormatError
from monitors.formats.parsed import Parsed

MAX_TRANSCRIPT_BYTES = 8 * 1024 * 1024
MAX_DOCUMENT_BYTES = 512 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"

Line = tuple[int, Parsed | FormatError]


def read(path: Path | str, /) -> Iterator[Line]:
    """(line number, Parsed or what is wrong with that line). A bad line never ends the file.

    In a JSON array the number is that of the element, from 1. Raises OSError for the file itself.
    """
    path = Path(path)
    with _opened(path) as stream:
        yield from _document(stream) if _is_document(path, stream) else _lines(stream)


def _opened(path: Path) -> io.BufferedReader:
    if path.suffix == ".gz":
        return io.BufferedReader(gzip.open(path, "rb"))
    if path.suffix == ".zst":
        import zstandard

        return io.BufferedReader(zstandard.open(path, "rb"))
    return path.open("rb")


def _is_document(path: Path, stream: io.BufferedReader) -> bool:
    start = stream.peek(64).removeprefix(_BOM).lstrip()
    return start.startswith(b"[") or path.name.removesuffix(".gz").removesuffix(".zst").endswith(".json")


def _document(stream: IO[bytes]) -> Iterator[Line]:
    """One JSON value in memory. A file that is named .json and holds JSON Lines is read as lines."""
    data = stream.read(MAX_DOCUMENT_BYTES + 1)
    if len(data) > MAX_DOCUMENT_BYTES:
        yield 1, FormatError("a single document larger than 512 MiB; write it as JSON Lines", place="file")
        return
    try:
        value = json_exact.loads(data.removeprefix(_BOM))
    except FormatError as error:
        lines = tuple(_lines(io.BytesIO(data)))
        whole = len(lines) < 2 or isinstance(lines[0][1], FormatError)
        yield from ((1, error),) if whole else lines
        return
    elements = value if isinstance(value, list) else [value]
    yield from ((number, _parsed(element)) for number, element in enumerate(elements, 1))


def _lines(stream: IO[bytes]) -> Iterator[Line]:
    number = 0
    while line := stream.readline(MAX_TRANSCRIPT_BYTES + 2):
        number += 1
        if len(line) > MAX_TRANSCRIPT_BYTES and not line.endswith(b"\n"):
            _skip_line(stream)
            yield number, FormatError("larger than 8 MiB", place="line")
            continue
        if number == 1:
            line = line.removeprefix(_BOM)
        if line.strip():
            yield number, _parsed(line.rstrip(b"\r\n"))


def _skip_line(stream: IO[bytes]) -> None:
    while (rest := stream.readline(MAX_TRANSCRIPT_BYTES)) and not rest.endswith(b"\n"):
        pass


def _parsed(payload: object) -> Parsed | FormatError:
    try:
        return parse(payload)
    except FormatError as error:
        return error
