"""JSON over HTTP to one server of the operator's: bounded in time, size and tries; no redirects, no proxies."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import orjson

from monitors.backends.base import ContextOverflow
from monitors.backends.endpoint import TRIES, Endpoint, endpoint_of, run
from monitors.backends.tokens import replace_surrogates
from monitors.backends.wire import Reply
from monitors.errors import BackendUnavailable

Body = dict[str, Any]
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

    def __init__(
        self,
        base: str,
        api_key: str | None,
        *,
        timeout_s: float,
        max_wait_s: float,
        concurrency: int | None = None,
        tries: int = TRIES,
    ) -> None:
        self._base, self._api_key = base, api_key
        self._bounds: dict[str, Any] = {"timeout_s": timeout_s, "max_wait_s": max_wait_s, "tries": tries}
        self._concurrency = concurrency

    @cached_property
    def endpoint(self) -> Endpoint:
        endpoint = endpoint_of(self._base, self._api_key)
        if self._concurrency is not None:
            endpoint.limit(self._concurrency)
        return endpoint

    def get(self, path: str) -> dict[str, Any]:
        return _read(run(self.endpoint.ask("GET", path, b"", **self._bounds)))

    def post(self, path: str, body: Body) -> dict[str, Any]:
        return _read(run(self.endpoint.ask("POST", path, _encoded(body), **self._bounds)))

    def post_groups(self, path: str, groups: Sequence[Sequence[Body]]) -> list[list[Reply | BackendUnavailable]]:
        """Of each group the first goes ahead and the rest follow at once; groups run side by side.

        What all of a group share at their beginning is then in the server's prefix cache when the rest arrive.
        """
        return run(self._post_groups(path, groups))

    async def _post_groups(self, path: str, groups: Sequence[Sequence[Body]]) -> list[list[Reply | BackendUnavailable]]:
        return await asyncio.gather(*(self._post_group(path, group) for group in groups))

    async def _post_group(self, path: str, group: Sequence[Body]) -> list[Reply | BackendUnavailable]:
        first = await self._post(path, group[0])
        if len(group) == 1:
            return [first]
        return [first, *await asyncio.gather(*(self._post(path, body) for body in group[1:]))]

    async def _post(self, path: str, body: Body) -> Reply | BackendUnavailable:
        try:
            return await self.endpoint.ask("POST", path, _encoded(body), **self._bounds)
        except BackendUnavailable as error:
            return error


def read(reply: Reply | BackendUnavailable) -> dict[str, Any]:
    """The object in one reply of `post_groups`.

    Raises
    ------
    BackendUnavailable : there is none; Refused and ContextOverflow where the server says so.
    """
    if isinstance(reply, BackendUnavailable):
        raise reply
    return _read(reply)


def _encoded(body: Body) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:
        # A lone surrogate, which no UTF-8 holds.
        return replace_surrogates(json.dumps(body, ensure_ascii=False)).encode()


def _read(reply: Reply) -> dict[str, Any]:
    status, content = reply.status, reply.content
    if status in (400, 413, 422) and _OVERFLOW.search(content):
        raise ContextOverflow("the prompt is longer than the server's context")
    if 300 <= status < 400:
        raise BackendUnavailable(f"the model server redirects ({status}); redirects are not followed", reason="error")
    if status >= 400:
        raise Refused(status)
    try:
        value = _decoded(content)
    except (ValueError, RecursionError) as error:
        raise BackendUnavailable("the model server's reply is not JSON", reason="error") from error
    if not isinstance(value, dict):
        raise BackendUnavailable("the model server's reply is not an object", reason="error")
    return value


def _decoded(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        # Some servers write NaN and Infinity, which are no JSON, among the log-probabilities.
        return json.loads(content)
