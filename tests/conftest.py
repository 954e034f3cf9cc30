"""Real PostgreSQL and Valkey for every test that needs Django; tests of `monitors` alone start neither."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoDbBlocker

    from oversight.accounts.models import Project, User
    from oversight.embedded.cluster import Temporary

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE, WORKING = "oversight_template", "oversight_test"
# Machines do other work as well: how long an example takes says nothing.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")
_stack = ExitStack()
_services: list[Temporary] = []


def _without_django(config: pytest.Config) -> bool:
    arguments = [Path(str(argument).partition("::")[0]).resolve() for argument in config.args]
    return bool(arguments) and all(path.is_relative_to(ROOT / "tests" / "monitors") for path in arguments)


def _environment(services: Temporary, database: str) -> dict[str, str]:
    addresses = services.urls(database)
    return {
        "DATABASE_URL": addresses.database_url,
        "DATABASE_OWNER_URL": addresses.database_owner_url,
        "REDIS_URL": addresses.redis_url,
    }


def pytest_configure(config: pytest.Config) -> None:
    """Start the services and migrate one template database, before pytest-django looks for settings."""
    starts_workers = getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput")
    if starts_workers or _without_django(config):
        return
    from oversight.embedded import cluster

    services = _stack.enter_context(cluster.temporary())
    _services.append(services)
    services.create(TEMPLATE)
    os.environ.update(_environment(services, TEMPLATE))
    os.environ.update(
        DJANGO_SETTINGS_MODULE="oversight.settings",
        VAR_DIR=str(services.var / "house"),
        SECRET_KEY=secrets.token_urlsafe(64),
        FIELD_KEY=secrets.token_urlsafe(64),
        LOG_LEVEL="WARNING",
        # A transcript that the draw takes is read blind: which one that is would differ from run to run.
        REVIEW_AUDIT_PERCENT="0",
    )
    # WhiteNoise warns of a missing STATIC_ROOT, and warnings are errors here.
    (services.var / "house" / "static").mkdir(parents=True)
    import django

    django.setup()
    _migrate(services)


def _migrate(services: Temporary) -> None:
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0)
    connections.close_all()
    services.clone(TEMPLATE, WORKING)
    _point_to(services, WORKING)


def _point_to(services: Temporary, database: str) -> None:
    """Every new connection, of this process and of those that it starts, goes to this database."""
    from django.db import connections

    connections.close_all()
    for alias in connections:
        connections.settings[alias]["NAME"] = database
    os.environ.update(_environment(services, database))


def pytest_unconfigure() -> None:
    _stack.close()


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """The working database stands already; pytest-django must not make one as the app role."""


@pytest.fixture(scope="session")
def services() -> Temporary:
    """The session's PostgreSQL and Valkey."""
    return _services[0]


@pytest.fixture
def committed_db(services: Temporary, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database of the test's own, where commits, threads and other processes are real; yields its name."""
    from django.db import connections

    name = f"committed_{secrets.token_hex(6)}"
    services.clone(TEMPLATE, name)
    with django_db_blocker.unblock():
        _point_to(services, name)
        try:
            yield name
        finally:
            connections.close_all()
            _point_to(services, WORKING)
            services.drop(name)


class Clock:
    """A clock that stands still until it is advanced."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Freezes `oversight.lib.clock.now`."""
    from oversight.lib import clock as real

    frozen = Clock(real.now())
    monkeypatch.setattr(real, "now", lambda: frozen.now)
    return frozen


@pytest.fixture
def project() -> Project:
    from tests import factories

    return factories.make_project("alpha")


@pytest.fixture
def other_project() -> Project:
    from tests import factories

    return factories.make_project("beta")


def _member(name: str, project: Project, role: str) -> User:
    from tests import factories

    return factories.make_user(name, project=project, role=role)


@pytest.fixture
def alice(project: Project) -> User:
    """A reviewer."""
    return _member("alice", project, "reviewer")


@pytest.fixture
def bob(other_project: Project) -> User:
    """A reviewer of another project."""
    return _member("bob", other_project, "reviewer")


@pytest.fixture
def carol(project: Project) -> User:
    """An admin."""
    return _member("carol", project, "admin")


@pytest.fixture
def dave(project: Project) -> User:
    """A lead."""
    return _member("dave", project, "lead")


@pytest.fixture
def erin(project: Project) -> User:
    """An auditor."""
    return _member("erin", project, "auditor")


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A signed-in test client."""
    from django.test import Client

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
