"""Verdicts that came with the data, looked up by transcript and rubric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitors.base import RecordedVerdict


@dataclass(frozen=True, slots=True)
class Recorded:
    """RecordedVerdicts over a mapping of transcript id to verdicts; the first of a rubric counts."""

    verdicts: Mapping[str, tuple[RecordedVerdict, ...]] = field(default_factory=dict)

    def recorded(self, transcript_id: str, rubric: str, /) -> RecordedVerdict | None:
        return next((v for v in self.verdicts.get(transcript_id, ()) if v.rubric == rubric), None)
