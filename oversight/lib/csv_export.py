"""CSV that opens as text: RFC 4180 quoting, and no cell that a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

# Also in full width, which some spreadsheets fold; tab and return can stand before any of them.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
LINES = 200


def cell(value: object) -> str:
    """The value as text, with an apostrophe before what would be run."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" \"'").startswith(_FORMULA) or text.startswith(_FORMULA) else text


def lines(rows: Iterable[Iterable[object]]) -> Iterator[bytes]:
    """Chunks of lines, ended by CRLF."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for n, row in enumerate(rows, 1):
        writer.writerow([cell(value) for value in row])
        if n % LINES == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def attachment(request: HttpRequest, rows: Iterable[Iterable[object]], *, name: str) -> StreamingHttpResponse:
    """Sent while it is read; `name` is ours, never a user's."""
    return streamed(request, lines(rows), name=name, content_type="text/csv; charset=utf-8")


def streamed(request: HttpRequest, chunks: Iterator[bytes], *, name: str, content_type: str) -> StreamingHttpResponse:
    """Any file that is sent while it is read; `name` is ours, never a user's."""
    content = _asynchronously(chunks) if isinstance(request, ASGIRequest) else chunks
    response = StreamingHttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


async def _asynchronously(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    def following() -> bytes | None:
        return next(chunks, None)

    # Django would collect a synchronous iterator whole before it sends the first byte.
    while (chunk := await sync_to_async(following)()) is not None:
        yield chunk
