"""A case that was chosen for a canary."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from oversight.judges.models import Kind


@dataclass(frozen=True, slots=True)
class Planned:
    """A case, as `Canary` names it."""

    kind: Kind
    number: int
    technique: str = ""
    transcript_id: UUID | None = None
