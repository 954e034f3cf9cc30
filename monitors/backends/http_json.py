"""JSON over HTTP to one server of the operator's: bounded in time, size and tries; no redirects, no proxies."""

from __future__ import annotations

import json
import random
import re
import time
import weakref
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from monitors.backends.base import ContextOverflow
from monitors.errors import BackendUnavailable

if TYPE_CHECKING:
    import httpx

TRIES = 4
MAX_REPLY_BYTES = 4 << 20
_AGAIN = frozenset({429, 500, 502, 503, 504})
_OVERFLOW = re.compile(
    rb"context.{0,20}(?:length|window|size)|maximum context|too long|too many tokens|max_model_len", re.IGNORECASE
)


class Refused(BackendUnavailable):
    """The server understood the request and declined it (4xx). The body is not kept: it may repeat a transcript."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the model server answered {status}", reason="error")
        self.status = status


class JsonClient:
    """One server's API. Waits between tries as the server asks, but never longer than `max_wait_s`."""

    def __init__(self, base: str, api_key: str | None, *, timeout_s: float, max_wait_s: float) -> None:
        self._base = base
        self._api_key = api_key
        self._timeout_s = timeout_s
        self._max_wait_s = max_wait_s

    @cached_property
    def _client(self) -> httpx.Client:
        import httpx

        headers = {"Accept-Encoding": "identity"}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        timeout = httpx.Timeout(self._timeout_s, connect=min(self._timeout_s, 10.0))
        client = httpx.Client(headers=headers, timeout=timeout, trust_env=False, follow_redirects=False)
        # Backends have no end of life of their own: the connections go with the last reference.
        weakref.finalize(self, client.close)
        return client

    def get(self, path: str) -> dict[str, Any]:
        return self._call("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._call("POST", path, body)

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        for attempt in range(TRIES):
            status, headers, content = self._once(method, path, body)
            if status not in _AGAIN:
                return _read(status, content)
            if attempt < TRIES - 1:
                time.sleep(self._wait(attempt, headers.get("retry-after")))
        raise BackendUnavailable(f"the model server answered {status} {TRIES} times", reason="error")

    def _once(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, httpx.Headers, bytes]:
        import httpx

        try:
            with self._client.stream(method, self._base + path, json=body) as response:
                return response.status_code, response.headers, _bounded(response)
        except httpx.TimeoutException as error:
            raise BackendUnavailable("the model server did not answer in time", reason="timeout") from error
        except httpx.ConnectError as error:
            raise BackendUnavailable("the model server cannot be reached") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise BackendUnavailable(f"the model server failed: {type(error).__name__}", reason="error") from error

    def _wait(self, attempt: int, asked: str | None) -> float:
        seconds = _seconds(asked)
        if seconds is None:
            seconds = 0.5 * 2**attempt * random.uniform(0.5, 1.5)
        return min(max(seconds, 0.0), self._max_wait_s)


def _bounded(response: httpx.Response) -> bytes:
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > MAX_REPLY_BYTES:
            raise BackendUnavailable(f"the reply is larger than {MAX_REPLY_BYTES} bytes", reason="error")
        chunks.append(chunk)
    return b"".join(chunks)


def _read(status: int, content: bytes) -> dict[str, Any]:
    if status in (400, 413, 422) and _OVERFLOW.search(content):
        raise ContextOverflow("the prompt is longer than the server's context")
    if 300 <= status < 400:
        raise BackendUnavailable(f"the model server redirects ({status}); redirects are not followed", reason="error")
    if status >= 400:
        raise Refused(status)
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BackendUnavailable("the model server's reply is not JSON", reason="error") from error
    if not isinstance(value, dict):
        raise BackendUnavailable("the model server's reply is not an object", reason="error")
    return value


def _seconds(asked: str | None) -> float | None:
    """Retry-After as seconds: a number or an HTTP date; None when absent or unreadable."""
    if not asked:
        return None
    if asked.strip().isdigit():
        return float(asked)
    try:
        return (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return None
