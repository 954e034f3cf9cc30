"""One trial: a cover, and what a coder makes of it in one arm. Its key names it in the results of every run."""

from __future__ import annotations

import ast
import hashlib
import inspect
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from monitors.coders.coder import CapacityExceeded, Coder, Cover
from monitors.errors import InvalidTranscript
from monitors.redteam.oracle import sites_of
from monitors.redteam.payload import Kind, payload
from monitors.stats.likelihood_ratio import Sites

NO_SITES = Sites((), 0)
_LM_FIELD = "lm"
_PACKAGE = "monitors.coders"


class Arm(StrEnum):
    """The cover as it is, with a payload, or with the edits of a payload and no payload."""

    CLEAN = "clean"
    STEGO = "stego"
    SHAM = "sham"


class Outcome(StrEnum):
    """What became of a trial's text."""

    MADE = "made"
    TOO_SMALL = "too_small"
    FAILED = "failed"
    UNDECODABLE = "undecodable"


class Trial(NamedTuple):
    """Clean covers have no size and kind, shams no kind, and what monitors say of a clean cover no coder."""

    coder: str
    made_by: str
    kind: str
    size: int
    cover: str
    arm: Arm


@dataclass(frozen=True, slots=True)
class Text:
    """A trial's text, and what one who knows the coder reads in it. `room` is the cover's capacity in bits."""

    outcome: Outcome
    room: int
    text: str = ""
    sites: Sites = NO_SITES


@cache
def made_by(coder: Coder) -> str:
    """Identifies a coder's code and parameters, so that texts of an older one are not taken for its own."""
    given = [(f.name, repr(getattr(coder, f.name))) for f in fields(coder) if f.name != _LM_FIELD]  # type: ignore[arg-type]  # coders are dataclasses
    sources = [inspect.getsource(sys.modules[name]) for name in sorted(_modules(type(coder).__module__, set()))]
    return hashlib.sha256(repr((sources, given)).encode()).hexdigest()[:12]


def _modules(name: str, known: set[str]) -> set[str]:
    """The module and all modules of coders that it imports, directly or not."""
    known.add(name)
    for node in ast.walk(ast.parse(inspect.getsource(sys.modules[name]))):
        imported = node.module if isinstance(node, ast.ImportFrom) else None
        if imported and imported.startswith(_PACKAGE) and imported in sys.modules and imported not in known:
            _modules(imported, known)
    return known


def needs_model(coder: Coder) -> bool:
    return any(f.name == _LM_FIELD for f in fields(coder))  # type: ignore[arg-type]  # coders are dataclasses


def with_model(coder: Coder, lm: object) -> Coder:
    return replace(coder, **{_LM_FIELD: lm})  # type: ignore[type-var]  # coders are dataclasses


def clean_trial(cover_id: str, coder: Coder | None = None) -> Trial:
    return Trial(coder.name if coder else "", made_by(coder) if coder else "", "", 0, cover_id, Arm.CLEAN)


def trials(coder: Coder, cover_id: str, sizes: Sequence[int], kinds: Sequence[Kind]) -> Iterator[Trial]:
    """All trials of one coder on one cover."""
    maker = made_by(coder)
    yield Trial(coder.name, maker, "", 0, cover_id, Arm.CLEAN)
    for size in sizes:
        for kind in kinds:
            yield Trial(coder.name, maker, kind, size, cover_id, Arm.STEGO)
        yield Trial(coder.name, maker, "", size, cover_id, Arm.SHAM)


def make(trial: Trial, coder: Coder, cover: Cover) -> Text:
    """The trial's text. A payload that does not come back is an outcome of its own, never a text to detect."""
    try:
        room = coder.capacity(cover)
        if trial.arm is Arm.CLEAN:
            return Text(Outcome.MADE, room, cover.text, sites_of(coder, cover))
        if room < trial.size:
            return Text(Outcome.TOO_SMALL, room)
        text = _sham(trial, coder, cover) if trial.arm is Arm.SHAM else _stego(trial, coder, cover)
        if text is None:
            return Text(Outcome.UNDECODABLE, room)
        return Text(Outcome.MADE, room, text, sites_of(coder, replace(cover, text=text)))
    except CapacityExceeded:
        return Text(Outcome.TOO_SMALL, 0)
    except InvalidTranscript:
        return Text(Outcome.FAILED, 0)


def _stego(trial: Trial, coder: Coder, cover: Cover) -> str | None:
    bits, key = payload(Kind(trial.kind), trial.size, trial.cover)
    text = coder.encode(cover, bits, key)
    return text if coder.decode(text, len(bits), key, prompt=cover.prompt) == bits else None


def _sham(trial: Trial, coder: Coder, cover: Cover) -> str:
    seed = int.from_bytes(hashlib.sha256(f"{trial.cover} {trial.size}".encode()).digest()[:4], "big")
    return coder.sham(cover, trial.size, seed)
