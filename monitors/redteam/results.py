"""What was measured so far: one append-only file of JSON lines, good to go on from after any end."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

from monitors.redteam.trial import Arm, Outcome, Trial
from monitors.stats.likelihood_ratio import Sites


class TextResult(NamedTuple):
    """What a trial's text came to; the text itself is not kept, because the trial makes it again."""

    trial: Trial
    outcome: Outcome
    room: int
    sites: Sites


class ScoreResult(NamedTuple):
    """What a monitor said. `value` is None where it could not measure, and `state` with its reason says why.

    `digest` identifies the monitor's version, parameters and model: another digest is another measurement.
    """

    trial: Trial
    monitor: str
    digest: str
    value: float | None
    state: str


Result = TextResult | ScoreResult
ScoreKey = tuple[Trial, str, str]


class Busy(RuntimeError):
    """Another run writes to this folder."""


@dataclass(slots=True)
class Results:
    """Results by key; a later line replaces an earlier one of the same key."""

    texts: dict[Trial, TextResult] = field(default_factory=dict)
    scores: dict[ScoreKey, ScoreResult] = field(default_factory=dict)
    _stream: IO[bytes] | None = None

    def add(self, results: Iterable[Result]) -> None:
        """Keep them here and, when the file is open, on disk before this returns."""
        found = list(results)
        for result in found:
            self._keep(result)
        if self._stream is not None and found:
            self._stream.write(b"".join(_line(result) for result in found))
            self._stream.flush()

    def _keep(self, result: Result) -> None:
        if isinstance(result, TextResult):
            self.texts[result.trial] = result
        else:
            self.scores[result.trial, result.monitor, result.digest] = result


@contextmanager
def opened(path: Path) -> Iterator[Results]:
    """The results of this file, to be added to; one writer at a time.

    Raises Busy when another run has it open. A last line that was cut off by a kill is dropped.
    """
    with path.open("a+b") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"{path} is being written by another run") from None
        stream.seek(0)
        results, end = Results(), 0
        for line in stream:
            if not line.endswith(b"\n"):
                break
            results.add([_read(line)])
            end += len(line)
        stream.truncate(end)
        stream.seek(0, 2)
        results._stream = stream
        yield results


def _line(result: Result) -> bytes:
    trial = list(result.trial)
    if isinstance(result, TextResult):
        symbols, n_characters = result.sites
        row: list[object] = ["text", trial, result.outcome, result.room, n_characters, list(symbols)]
    else:
        row = ["score", trial, result.monitor, result.digest, result.value, result.state]
    return json.dumps(row, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _read(line: bytes) -> Result:
    sort, (coder, made_by, kind, size, cover, arm), *rest = json.loads(line)
    of = Trial(coder, made_by, kind, size, cover, Arm(arm))
    if sort == "text":
        outcome, room, n_characters, symbols = rest
        return TextResult(of, Outcome(outcome), room, Sites(tuple(symbols), n_characters))
    return ScoreResult(of, *rest)
