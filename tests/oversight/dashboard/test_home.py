"""The root leads everybody to a page that they may open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from oversight.accounts.models import User


@pytest.mark.parametrize(
    ("who", "where"), [("alice", "/review/"), ("dave", "/review/"), ("carol", "/review/"), ("erin", "/overview/")]
)
def test_the_root_opens_the_first_place_of_a_role(
    who: str, where: str, db: None, request: pytest.FixtureRequest, client_of: Callable[[User], Client]
) -> None:
    client = client_of(request.getfixturevalue(who))
    assert client.get("/").headers["Location"] == where
    assert client.get("/", follow=True).status_code == 200


def test_a_stranger_comes_back_to_the_root_after_signing_in(db: None) -> None:
    assert Client().get("/").headers["Location"] == "/login/?next=/"
