"""What an event is. Each app declares its own in its `events.py`; all of them register here by action."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

REGISTRY: dict[str, type[Event]] = {}
_HEADER = ("object_id", "project_id", "outcome")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact in the past tense. Fields hold ids, digests, numbers and settings; never transcript text.

    A subclass sets `action` ("verdict.committed") and `object_type`, and adds its fields, which become the event's
    detail. `subjects` lists other objects in whose history the event belongs, as "type:id".
    """

    action: ClassVar[str] = ""
    object_type: ClassVar[str] = ""
    object_id: str
    project_id: int | None = None
    outcome: str = "ok"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if not cls.action:
            return  # a base of a family of events; `record` refuses it
        # A dataclass with slots is built twice; the second class replaces the first.
        known = REGISTRY.get(cls.action)
        if known is not None and known.__qualname__ != cls.__qualname__:
            raise TypeError(f"action {cls.action!r} is declared twice")
        REGISTRY[cls.action] = cls

    def subjects(self) -> tuple[str, ...]:
        return ()

    def detail(self) -> dict[str, Any]:
        """JSON for the ledger: every field beyond the header."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _HEADER}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDenied(Event):
    """Somebody tried what their role does not allow."""

    action: ClassVar[str] = "access.denied"
    object_type: ClassVar[str] = "url"
    permission: str
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRead(Event):
    """Somebody read the audit trail itself: the filter and the number of rows."""

    action: ClassVar[str] = "ledger.read"
    object_type: ClassVar[str] = "ledger"
    filters: dict[str, str]
    n_rows: int
    as_csv: bool = False
