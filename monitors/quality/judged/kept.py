"""Scores that were computed before, in a file: one line each, so that a run that was cut off goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from monitors.base import Score


@dataclass(frozen=True, slots=True)
class Kept:
    """What the tables need of a score: value, the places of its evidence, and the step that a step checker named."""

    value: float | None
    reason: str = ""
    spans: tuple[tuple[int, int], ...] = ()
    step: int | None = None

    @classmethod
    def of(cls, score: Score) -> Kept:
        step = score.measures.get("step")
        return cls(
            score.value,
            score.reason.value if score.reason else "",
            tuple((item.part, item.start) for item in score.evidence),
            int(step) if step is not None and step >= 0 else None,
        )


@dataclass(slots=True)
class Store:
    """Kept scores by monitor (with its digest) and record; without a file they last as long as the run."""

    path: Path | None = None
    known: dict[tuple[str, str], Kept] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known |= dict(_lines(self.path)) if self.path and self.path.exists() else {}

    def get(self, monitor: str, record: str) -> Kept | None:
        return self.known.get((monitor, record))

    def put(self, monitor: str, record: str, kept: Kept) -> None:
        self.known[monitor, record] = kept
        if self.path:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"monitor": monitor, "record": record, **asdict(kept)}) + "\n")


def _lines(path: Path) -> Iterator[tuple[tuple[str, str], Kept]]:
    """The last line may be cut off; it is computed again."""
    for line in path.read_text("utf-8").splitlines():
        try:
            value = json.loads(line)
            spans = tuple((int(part), int(start)) for part, start in value["spans"])
            yield (value["monitor"], value["record"]), Kept(value["value"], value["reason"], spans, value["step"])
        except (ValueError, KeyError, TypeError):
            continue
