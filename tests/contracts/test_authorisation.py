"""The matrix of roles and URLs, made from the URL conf and the table of permissions: what is not in it fails."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from ninja.operation import PathView

from oversight.accounts.models import Project, Role, User
from oversight.accounts.permissions import TABLE
from oversight.api import api
from oversight.audit.models import LedgerEvent
from tests.factories import make_user

ClientOf = Callable[[User], Client]
# What needs no permission: the door, the house's pulse, one's own settings, and the root, which leads to the queue.
# The doors of OTLP need an API key, which tests/oversight/transcripts/test_otlp.py tries.
WITH_KEYS = {"otlp:traces", "otlp:logs"}
OWN = {"accounts:theme", "accounts:settings", "accounts:single-keys", "dashboard:palette"}
PUBLIC = {"home", "accounts:login", "accounts:logout", "dashboard:healthz"} | OWN | WITH_KEYS
# The API's documentation needs a signed-in user; its operations need a key.
DOCUMENTS = {"api:openapi-json", "api:openapi-view"}
ARGUMENTS = {"int": "999999999", "uuid": str(uuid.UUID(int=7)), "uuidstr": str(uuid.UUID(int=7)), "str": "nothing"}


@dataclass(frozen=True, slots=True)
class Place:
    """One URL with the arguments of things that do not exist."""

    name: str
    path: str
    view: Any

    @property
    def permission(self) -> str | None:
        return getattr(self.view, "permission", None)


def places() -> Iterator[Place]:
    yield from _walk(get_resolver().url_patterns, "/", "")


def _walk(patterns: Any, prefix: str, namespace: str) -> Iterator[Place]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, path, inner)
        elif isinstance(pattern, URLPattern):
            yield Place(f"{namespace}{pattern.name}", _filled(path), pattern.callback)


def _filled(path: str) -> str:
    while "<" in path:
        before, _, rest = path.partition("<")
        argument, _, after = rest.partition(">")
        converter = argument.partition(":")[0] if ":" in argument else "str"
        path = before + ARGUMENTS[converter] + after
    return path


PLACES = list(places())
GUARDED = [place for place in PLACES if place.permission]


def _is_of_the_api(place: Place) -> bool:
    return place.name.startswith("api:")


def _statuses(client: Client, place: Place) -> set[int]:
    return {client.get(place.path).status_code, client.post(place.path).status_code}


def test_every_url_declares_a_permission_or_is_known_to_be_public() -> None:
    silent = {place.name for place in PLACES if not place.permission and not _is_of_the_api(place)}
    assert silent == PUBLIC


def test_every_permission_guards_something_and_everything_that_guards_is_in_the_table() -> None:
    assert {place.permission for place in GUARDED} == set(TABLE)


def test_every_operation_of_the_api_needs_a_key() -> None:
    operations = [operation for _, router in api._routers for view in _views(router) for operation in view.operations]
    assert operations
    assert not [operation.operation_id for operation in operations if not operation.auth_callbacks]


def _views(router: Any) -> list[PathView]:
    return list(router.path_operations.values())


@pytest.mark.parametrize("role", list(Role))
def test_a_role_gets_in_where_the_table_says_and_nowhere_else(
    role: Role, db: None, project: Project, client_of: ClientOf
) -> None:
    client, wrong = client_of(make_user("somebody", project=project, role=role)), []
    for place in GUARDED:
        statuses = _statuses(client, place)
        if role in TABLE[place.permission or ""]:
            is_right = not statuses & {403, 500}
        else:
            refusals = LedgerEvent.objects.filter(action="access.denied", object_id=place.path)
            is_right = 403 in statuses and statuses <= {403, 405} and refusals.exists()
        if not is_right:
            wrong.append((place.name, place.permission, statuses))
    assert wrong == []


def test_a_stranger_is_sent_to_the_door(db: None) -> None:
    client = Client()
    for place in GUARDED:
        answers = [client.get(place.path), client.post(place.path)]
        assert {answer.status_code for answer in answers} <= {302, 405}, place.name
        sent_to = [answer.headers["Location"] for answer in answers if answer.status_code == 302]
        assert sent_to, place.name
        assert all(where.startswith("/login/?next=") for where in sent_to), place.name


def test_a_member_of_nothing_gets_in_nowhere(db: None, client_of: ClientOf) -> None:
    client = client_of(make_user("nobody"))
    assert [place.name for place in GUARDED if not _statuses(client, place) <= {403, 405}] == []


def test_somebody_who_left_gets_in_nowhere(db: None, project: Project, client_of: ClientOf) -> None:
    user = make_user("gone", project=project, role=Role.ADMIN)
    client = client_of(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert [place.name for place in GUARDED if not _statuses(client, place) <= {302, 403, 405}] == []


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "PUT", "DELETE", "PATCH"])
def test_other_methods_do_nothing(method: str, db: None, project: Project, client_of: ClientOf) -> None:
    client = client_of(make_user("somebody", project=project, role=Role.ADMIN))
    override = {"X-HTTP-Method-Override": "POST"}
    statuses = {place.name: client.generic(method, place.path, headers=override).status_code for place in GUARDED}
    assert {name: status for name, status in statuses.items() if status != 405} == {}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_the_apis_documents_are_for_people_who_are_signed_in(name: str, db: None) -> None:
    [place] = [place for place in PLACES if place.name == name]
    assert Client().get(place.path).status_code == 302


PATHS = ["/static../settings.py", "/media/", "/.git/config", "/metrics", "/admin/login/", "/.env"]


@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_a_url_of_ours_is_not_there(path: str, db: None) -> None:
    assert Client().get(path).status_code == 404
