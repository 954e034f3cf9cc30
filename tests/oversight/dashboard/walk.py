"""Every address of the house, with the objects that could stand in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


def routes(patterns: Any = None, prefix: str = "") -> Iterator[str]:
    """Every route of the resolver."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, route)
        elif isinstance(one, URLPattern):
            yield route


def filled(route: str, objects: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """The route with each object of its kind in each of its places; `objects` by the name of the path converter."""
    parts = [_choices(part, objects) for part in route.replace("^", "").replace("$", "").split("/")]
    return ("/" + "/".join(chosen) for chosen in itertools.product(*parts))


def _choices(part: str, objects: Mapping[str, Iterable[str]]) -> list[str]:
    kind = part.removeprefix("<").partition(":")[0] if part.startswith("<") else ""
    return list(objects.get(kind, ["demo"])) if kind else [part]
