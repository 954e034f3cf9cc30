"""Pages by key, not by number: as fast at the end as at the beginning, and stable while rows arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from oversight.lib.errors import Malformed

M = TypeVar("M", bound=Model)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Key:
    """The place of a row in the order newest first, then by id."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{(self.at - _EPOCH) // _MICROSECOND}-{self.id.hex}"

    @classmethod
    def parse(cls, text: str) -> Key:
        """Raises Malformed when it is none of ours."""
        micros, _, id_ = text.partition("-")
        if not (micros.isascii() and micros.isdigit() and len(micros) <= 17 and len(id_) == 32):
            raise Malformed("This is not a page of the list.", place="query")
        try:
            return cls(_EPOCH + int(micros) * _MICROSECOND, UUID(hex=id_))
        except (ValueError, OverflowError):
            raise Malformed("This is not a page of the list.", place="query") from None


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Rows, newest first, and the keys for `?older=` and `?newer=`; empty where there are none."""

    rows: tuple[M, ...]
    older: str
    newer: str


def keyset_page(rows: QuerySet[M], *, time: str, older: str = "", newer: str = "", size: int = 50) -> Page[M]:
    """The rows just older (or just newer) than a key, or the newest. `time` names the field. One query."""
    if newer:
        beyond = _beyond(time, Key.parse(newer), "gt")
        found = list(rows.filter(beyond).order_by(time, "pk")[: size + 1])
        if len(found) > size:
            return _page(found[size - 1 :: -1], time, has_older=True, has_newer=True)
        # Fewer than a page: the newest page is what was meant, and a full one.
    elif older:
        beyond = _beyond(time, Key.parse(older), "lt")
        found = list(rows.filter(beyond).order_by(f"-{time}", "-pk")[: size + 1])
        return _page(found[:size], time, has_older=len(found) > size, has_newer=True)
    found = list(rows.order_by(f"-{time}", "-pk")[: size + 1])
    return _page(found[:size], time, has_older=len(found) > size, has_newer=False)


def _beyond(time: str, key: Key, side: str) -> Q:
    # The first condition is implied by the second, and is the one that an index can use.
    return Q(**{f"{time}__{side}e": key.at}) & (Q(**{f"{time}__{side}": key.at}) | Q(**{f"pk__{side}": key.id}))


def _page(rows: list[M], time: str, *, has_older: bool, has_newer: bool) -> Page[M]:
    def key(row: M) -> str:
        return str(Key(getattr(row, time), row.pk))

    older = key(rows[-1]) if rows and has_older else ""
    return Page(tuple(rows), older, key(rows[0]) if rows and has_newer else "")
