"""Attach to the embedded PostgreSQL and Valkey of a state folder, starting what does not run."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from psycopg import sql

from oversight.embedded import process, roles
from oversight.embedded.errors import ServiceFailed
from oversight.embedded.places import Places
from oversight.embedded.postgres import Postgres
from oversight.embedded.valkey import Valkey

LOCK_S = 300.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the services are. An address is empty if its service was not asked for."""

    database_url: str = field(default="", repr=False)
    database_owner_url: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)


def ensure(var: Path, *, postgres: bool = True, valkey: bool = True) -> Addresses:
    """The services of this state folder, running. They stay up when we end; `stop` ends them."""
    places = Places(var.absolute())
    found = _attach(places, postgres=postgres, valkey=valkey)
    if found is not None:
        return found
    places.make()
    with _lock(places):
        # Somebody else may have started them while we waited.
        if postgres and Postgres(places).socket_folder() is None:
            Postgres(places).start()
        if valkey and not Valkey(places).running():
            Valkey(places).start()
    found = _attach(places, postgres=postgres, valkey=valkey)
    if found is None:
        raise ServiceFailed(f"the services in {places.var} ended right after their start; see {places.log}")
    return found


def is_up(var: Path, *, postgres: bool = True, valkey: bool = True) -> bool:
    return _attach(Places(var.absolute()), postgres=postgres, valkey=valkey) is not None


def stop(var: Path) -> None:
    """End the services of this state folder. Nothing happens if none runs."""
    places = Places(var.absolute())
    if not places.run.is_dir():
        return
    with _lock(places):
        Valkey(places).stop()
        Postgres(places).stop()


@dataclass(frozen=True, slots=True)
class Temporary:
    """A cluster that a test session throws away; nothing in it survives a power cut."""

    addresses: Addresses
    var: Path
    _postgres: Postgres

    def urls(self, database: str) -> Addresses:
        """The same services with another database."""
        return Addresses(
            database_url=self._postgres.url(roles.APP, database),
            database_owner_url=self._postgres.url(roles.OWNER, database),
            redis_url=self.addresses.redis_url,
        )

    def create(self, database: str) -> Addresses:
        with self._postgres.superuser("postgres") as connection:
            roles.ensure_database(connection, database)
        return self.urls(database)

    def clone(self, template: str, database: str) -> Addresses:
        """A copy of a database to which nobody is connected."""
        with self._postgres.superuser("postgres") as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY").format(
                    sql.Identifier(database), sql.Identifier(template), sql.Identifier(roles.OWNER)
                )
            )
            roles.close_to_others(connection, database)
        return self.urls(database)

    def drop(self, database: str) -> None:
        """Remove a database, ending the sessions in it."""
        with self._postgres.superuser("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


@contextmanager
def temporary(*, valkey: bool = True) -> Iterator[Temporary]:
    """A fresh cluster in a folder of its own; it ends with the block, and also if this process is killed."""
    var = Path(tempfile.mkdtemp(prefix="oversight-"))
    places = Places(var)
    postgres, broker = Postgres(places, durable=False), Valkey(places, durable=False)
    lifelines: list[subprocess.Popen[bytes] | None] = []
    try:
        places.make()
        lifelines.append(postgres.start())
        if valkey:
            lifelines.append(broker.start())
        found = _attach(places, postgres=True, valkey=valkey)
        if found is None:
            raise ServiceFailed(f"the temporary services in {var} ended right after their start")
        yield Temporary(found, var, postgres)
    finally:
        broker.stop()
        postgres.stop()
        for lifeline in filter(None, lifelines):
            lifeline.communicate()
        shutil.rmtree(var, ignore_errors=True)


def _attach(places: Places, *, postgres: bool, valkey: bool) -> Addresses | None:
    server = Postgres(places)
    if (postgres and server.socket_folder() is None) or (valkey and not Valkey(places).running()):
        return None
    return Addresses(
        database_url=server.url(roles.APP) if postgres else "",
        database_owner_url=server.url(roles.OWNER) if postgres else "",
        redis_url=Valkey(places).url() if valkey else "",
    )


@contextmanager
def _lock(places: Places) -> Iterator[None]:
    """One starter at a time. The lock ends with its process, so a killed starter leaves none behind."""
    with (places.run / "cluster.lock").open("a") as file:
        os.chmod(file.fileno(), 0o600)
        for _ in process.deadline(LOCK_S):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                continue
        else:
            raise ServiceFailed(f"another process holds {file.name} for over {LOCK_S:.0f} s; end it and try again")
        yield
