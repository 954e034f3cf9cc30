"""Pages by key, not by number: as fast at the end as at the beginning, and stable while rows arrive."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import DateTimeField, F, Field, FloatField, Func, Model, OuterRef, Q, QuerySet, UUIDField, Value
from django.db.models.lookups import GreaterThan, LessThan

from oversight.lib.errors import Malformed

M = TypeVar("M", bound=Model)
NEWEST = ("-received_at", "-pk")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FLOAT = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?(e-?[0-9]{1,3})?", re.ASCII)
_MOST_MICROS, _MOST_ID = 10**17, 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Rows in their order, and the keys for `?older=` and `?newer=`; empty where there are none."""

    rows: tuple[M, ...]
    older: str
    newer: str


@dataclass(frozen=True, slots=True)
class Order:
    """Two fields that order the rows of a model, as Django names them: one that may tie, and the primary key."""

    model: type[Model]
    first: str
    last: str

    def of(self, *, back: bool) -> tuple[str, str]:
        return (_turned(self.first), _turned(self.last)) if back else (self.first, self.last)

    def beyond(self, key: str, *, back: bool) -> Q:
        """The rows after a key, or before it. Raises Malformed when the key is none of ours."""
        name, last = self.first.removeprefix("-"), self.last.removeprefix("-")
        text, _, id_ = key.rpartition("-")
        at, pk = _read(self._field(name), text), _read(self._field(last), id_)
        side, last_side = _side(self.first, back=back), _side(self.last, back=back)
        if side == last_side:
            # An index takes rows whole, and a plan knows how many they are; of an "or" it knows neither.
            beyond = GreaterThan if side == "gt" else LessThan
            given = (Value(at, self._field(name)), Value(pk, self._field(last)))
            return Q(beyond(_row(F(name), F(last)), _row(*given)))
        # The first condition is implied by the second, and is the one that an index can use.
        return Q(**{f"{name}__{side}e": at}) & (Q(**{f"{name}__{side}": at}) | Q(**{f"{last}__{last_side}": pk}))

    def key(self, row: Model) -> str:
        """The place of a row."""
        return f"{_said(getattr(row, self.first.removeprefix('-')))}-{_said(row.pk)}"

    def _field(self, name: str) -> Field[Any, Any]:
        field: Field[Any, Any] = self.model._meta.pk if name == "pk" else self.model._meta.get_field(name)  # type: ignore[assignment]
        return field


class _Unnest(Func):
    function = "unnest"
    set_returning = True


@dataclass(frozen=True, slots=True)
class Groups(Generic[M]):
    """Rows that one foreign key parts into few groups, each with an index in the order of the page.

    `shown` is every row, as the page wants it.
    """

    of: QuerySet[Any]
    field: str
    shown: QuerySet[M]

    def first(self, rows: QuerySet[M], order: tuple[str, str], n: int) -> QuerySet[M]:
        """The first `n` of every group: among them are the first `n` of all."""
        own = rows.filter(**{self.field: OuterRef("pk")}).select_related(None).order_by(*order).values("pk")[:n]
        pk: Any = rows.model._meta.pk
        each = self.of.order_by().values_list(_Unnest(ArraySubquery(own), output_field=type(pk)()), flat=True)
        # What makes these the wanted rows is not said again: a plan could begin there, and go through all groups a row.
        return self.shown.filter(pk__in=each)


def keyset_page(
    rows: QuerySet[M],
    *,
    by: tuple[str, str] = NEWEST,
    older: str = "",
    newer: str = "",
    size: int = 50,
    groups: Groups[M] | None = None,
    shown: QuerySet[M] | None = None,
) -> Page[M]:
    """The rows just after (`older`) or just before (`newer`) a key, or the first ones.

    `shown` is every row as the page wants it, joined to others: the few are found first, and then joined. One query,
    seldom two.
    """
    order = Order(rows.model, *by)

    def take(some: QuerySet[M], *, back: bool = False) -> list[M]:
        way = order.of(back=back)
        if groups:
            some = groups.first(some, way, size + 1)
        elif shown is not None:
            some = shown.filter(pk__in=some.order_by(*way).values("pk")[: size + 1])
        return list(some.order_by(*way)[: size + 1])

    if newer:
        found = take(rows.filter(order.beyond(newer, back=True)), back=True)
        if len(found) > size:
            return _page(found[size - 1 :: -1], order, has_older=True, has_newer=True)
        # Fewer than a page: the first page is what was meant, and a full one.
    elif older:
        found = take(rows.filter(order.beyond(older, back=False)))
        return _page(found[:size], order, has_older=len(found) > size, has_newer=True)
    found = take(rows)
    return _page(found[:size], order, has_older=len(found) > size, has_newer=False)


def _page(rows: list[M], order: Order, *, has_older: bool, has_newer: bool) -> Page[M]:
    older = order.key(rows[-1]) if rows and has_older else ""
    return Page(tuple(rows), older, order.key(rows[0]) if rows and has_newer else "")


def _row(*values: F | Value) -> Func:
    return Func(*values, function="ROW", output_field=Field())


def _turned(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _side(name: str, *, back: bool) -> str:
    return "gt" if back == name.startswith("-") else "lt"


def _said(value: object) -> str:
    if isinstance(value, datetime):
        return str((value - _EPOCH) // _MICROSECOND)
    return value.hex if isinstance(value, UUID) else str(value)


def _read(field: Field[Any, Any], text: str) -> Any:
    try:
        if isinstance(field, FloatField):
            return float(text) if _FLOAT.fullmatch(text) else _refuse()
        if isinstance(field, UUIDField):
            return UUID(hex=text) if len(text) == 32 else _refuse()
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else _refuse()
        if isinstance(field, DateTimeField):
            return _EPOCH + number * _MICROSECOND if number < _MOST_MICROS else _refuse()
        return number if number <= _MOST_ID else _refuse()
    except (ValueError, OverflowError):
        return _refuse()


def _refuse() -> Any:
    raise Malformed("This is not a page of the list.", place="query")
