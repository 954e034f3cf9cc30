"""The table of monitors: one file in `monitors/catalog/` or one `oversight.monitors` entry point each."""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from monitors.base import Axis, Monitor, Need, Resource
from monitors.docstring import joined

BACKEND_FIELDS = {Need.JUDGE: "judge", Need.REFERENCE_LM: "reference_lm", Need.ACTOR: "actor"}


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a monitor before it runs. `needs` are what a backend must give.

    `is_baseline`: a floor that other monitors are compared with, not a monitor to rely on.
    """

    cls: type[Monitor]
    name: str
    version: int
    axis: Axis
    needs: tuple[Need, ...]
    reference: str
    threshold: float
    reads_logprobs: bool = False
    is_baseline: bool = False

    @property
    def doc(self) -> str:
        """The docstring, with what its base class says for all of its kind: this monitor's page in the dashboard."""
        return joined(self.cls)

    @property
    def summary(self) -> str:
        return self.doc.partition("\n")[0]

    @property
    def resource(self) -> Resource:
        """Where it runs when its backend is local; a judge over HTTP runs in the `judge` queue."""
        return Resource.MODEL if self.needs else Resource.CPU

    def parameters(self) -> dict[str, Any]:
        """Parameter names and defaults, backends excluded: what a settings form is built from."""
        slots = set(BACKEND_FIELDS.values())
        return {
            f.name: f.default if f.default_factory is MISSING else f.default_factory()
            for f in fields(self.cls)  # type: ignore[arg-type]  # monitors are dataclasses
            if f.name not in slots
        }


_TABLE: dict[str, Entry] = {}
Finder = Callable[[str], Entry | None]
_FINDERS: list[Finder] = []


def monitor(
    name: str,
    *,
    version: int,
    axis: str,
    needs: tuple[str, ...] = (),
    reference: str = "",
    threshold: float = 0.5,
    is_baseline: bool = False,
) -> Callable[[type], type]:
    """Enter a class. Every field needs a default; backends go to the fields `judge`, `reference_lm`, `actor`.

    What needs `logprobs` is given transcripts with those that the provider sent, and with the sampler's settings.
    """

    def enter(cls: type) -> type:
        if name in _TABLE and _TABLE[name].cls.__qualname__ != cls.__qualname__:
            raise ValueError(f"monitor {name!r} is registered twice: {_TABLE[name].cls!r} and {cls!r}")
        asked = tuple(need for need in map(Need, needs) if need is not Need.LOGPROBS)
        reads_logprobs = Need.LOGPROBS in needs
        _TABLE[name] = Entry(cls, name, version, Axis(axis), asked, reference, threshold, reads_logprobs, is_baseline)
        return cls

    return enter


@cache
def _discover() -> None:
    catalog = importlib.import_module("monitors.catalog")
    for module in pkgutil.iter_modules(catalog.__path__, "monitors.catalog."):
        importlib.import_module(module.name)
    for entry in entry_points(group="oversight.monitors"):
        entry.load()


def find_also(finder: Finder) -> None:
    """Have `finder` asked for names that no file has: monitors that are written elsewhere, and are in no list."""
    if finder not in _FINDERS:
        _FINDERS.append(finder)


def entries() -> dict[str, Entry]:
    """All monitors of files and entry points by name, sorted."""
    _discover()
    return dict(sorted(_TABLE.items()))


def known(name: str) -> Entry | None:
    """The monitor of this name, also one that is in no list; None where there is none."""
    _discover()
    if name in _TABLE:
        return _TABLE[name]
    return next((found for finder in _FINDERS if (found := finder(name)) is not None), None)


def entry(name: str) -> Entry:
    """Raises KeyError with the known names."""
    found = known(name)
    if found is None:
        raise KeyError(f"no monitor {name!r}; there are {', '.join(entries())}")
    return found


def build(name: str, params: Mapping[str, Any] | None = None, backends: Mapping[Need, object] | None = None) -> Monitor:
    """A monitor with its parameters, and those of the given backends that it needs. Lists become tuples."""
    found = entry(name)
    unknown = set(params or {}) - set(found.parameters())
    if unknown:
        raise ValueError(f"{name} has no parameter {', '.join(sorted(unknown))}")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in (params or {}).items()}
    for need in found.needs:
        if need in BACKEND_FIELDS and backends and backends.get(need) is not None:
            values[BACKEND_FIELDS[need]] = backends[need]
    return found.cls(**values)


def params_digest(name: str, params: Mapping[str, Any]) -> str:
    """SHA-256 over monitor, version and all effective parameters: two scores compare only when it is the same."""
    found = entry(name)
    effective = {**found.parameters(), **params}
    canonical = json.dumps([name, found.version, effective], sort_keys=True, ensure_ascii=True, default=list)
    return hashlib.sha256(canonical.encode()).hexdigest()
