"""Reading the quality of a monitor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from oversight.audit.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityViewed(Event):
    """Figures made from labels were about to be sent: committed before the first of them."""

    action: ClassVar[str] = "quality.viewed"
    object_type: ClassVar[str] = "deployment"
    labels: str
    n_labels: int
