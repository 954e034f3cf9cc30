"""What happens to comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from oversight.audit.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MeaningMarked(Event):
    """Somebody said whether two steps mean the same; an empty `meaning` takes it back."""

    action: ClassVar[str] = "compare.marked"
    object_type: ClassVar[str] = "transcript"
    other_id: str
    span: str
    other_span: str
    meaning: str
    before: str

    def subjects(self) -> tuple[str, ...]:
        return (f"transcript:{self.other_id}",)
