"""What the ledger says of labels that leave the house."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from oversight.audit.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelsExported(Event):
    """Labels were about to be sent as a file, with the text or without. `filters`: as the address had them."""

    action: ClassVar[str] = "labels.exported"
    object_type: ClassVar[str] = "project"
    n_rows: int
    format: str
    with_text: bool
    filters: dict[str, Any]
