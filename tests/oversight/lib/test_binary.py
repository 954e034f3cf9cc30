"""Values through PostgreSQL and back."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from ipaddress import ip_interface
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oversight.lib.copying import fetch

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=50)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "bytea": st.binary(max_size=50),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "int4": st.integers(-(2**31), 2**31 - 1),
    "text": TEXT,
    "float8": st.floats(allow_nan=False),
    "date": st.dates(),
    "timestamptz": st.dates(date(1, 1, 2), date(9999, 12, 30)).flatmap(
        lambda day: st.times().map(lambda time: datetime.combine(day, time, UTC))
    ),
    "uuid": st.uuids(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", VALUES)
def test_a_value_comes_back_as_it_was(kind: str) -> None:
    @given(VALUES[kind] | st.none(), st.lists(VALUES[kind] | st.none(), max_size=5))
    def check(value: Any, values: list[Any]) -> None:
        given_ = {"one": value, "many": values}
        assert fetch(f"SELECT %(one)s::{kind}, %(many)s::{kind}[]", given_) == [(value, values)]

    check()


@pytest.mark.django_db
def test_what_has_more_than_one_form() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=2)))
    given_ = {"v4": "10.0.0.7", "v6": "2001:db8::1", "json": '{"a": [1, "é"]}', "at": at}
    sql = "SELECT %(v4)s::inet, %(v6)s::inet, %(json)s::jsonb, %(at)s::timestamptz"
    [(v4, v6, json, stored)] = fetch(sql, given_)
    assert (ip_interface(v4), ip_interface(v6)) == (ip_interface("10.0.0.7"), ip_interface("2001:db8::1"))
    assert (json, stored) == ({"a": [1, "é"]}, at)


@pytest.mark.django_db
def test_a_name_that_stands_twice_is_one_parameter() -> None:
    same = uuid.UUID(int=7)
    assert fetch("SELECT %(x)s::uuid, %(x)s::uuid, %(d)s::date", {"x": same, "d": date(1999, 12, 31)}) == [
        (same, same, date(1999, 12, 31))
    ]
